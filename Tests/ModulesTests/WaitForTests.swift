import Foundation
import Jinja
import Modules
import Testing

@Suite struct WaitForTests {
    @Test("a server that keeps the connection open is heard", arguments: TestShell.allCases)
    func banner(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let server = try TestBanner("SSH-2.0-OpenSSH_9.2\r\n")
        defer { server.stop() }
        let start = ContinuousClock.now
        let found = try await box.run(
            "wait_for", ["port": .int(server.port), "search_regex": "SSH-2", "timeout": 8])
        #expect(!found.failed, "\(found)")
        #expect(found["search_regex"] == "SSH-2" && found["state"] == "started")
        #expect(start.duration(to: .now) < .seconds(5))
    }

    @Test("the timeout is the longest that is waited", arguments: TestShell.allCases)
    func timeout(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let server = try TestBanner("220 ready\r\n")
        defer { server.stop() }
        let start = ContinuousClock.now
        let missed = try await box.run(
            "wait_for", ["port": .int(server.port), "search_regex": "SSH-2", "timeout": 2])
        #expect(missed.failed)
        #expect(
            missed.message == "Timeout when waiting for search string SSH-2 in 127.0.0.1:\(server.port)",
            "\(missed.message ?? "")")
        #expect(start.duration(to: .now) < .seconds(4.5))
        #expect((missed["elapsed"]?.intValue ?? 99) <= 3)
    }
}
