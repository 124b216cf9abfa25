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
        let found = try await box.run(
            "wait_for", ["port": .int(server.port), "search_regex": "SSH-2", "timeout": 30])
        #expect(!found.failed, "\(found)")
        #expect((found["elapsed"]?.intValue ?? 99) < 25)
        #expect(found["search_regex"] == "SSH-2" && found["state"] == "started")
    }

    @Test("the timeout is the longest that is waited", arguments: TestShell.allCases)
    func timeout(shell: TestShell) async throws {
        let box = try Sandbox(shell)
        let server = try TestBanner("220 ready\r\n")
        defer { server.stop() }
        let missed = try await box.run(
            "wait_for", ["port": .int(server.port), "search_regex": "SSH-2", "timeout": 2, "connect_timeout": 60])
        #expect(missed.failed)
        #expect(
            missed.message == "Timeout when waiting for search string SSH-2 in 127.0.0.1:\(server.port)",
            "\(missed.message ?? "")")
        // Whoever waits to the end of the connection, or for the whole of connect_timeout, needs far longer.
        #expect((missed["elapsed"]?.intValue ?? 99) < 20)
    }
}
