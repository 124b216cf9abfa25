import ContextualizationAPI
import Foundation
import Glibc
import Support
import Testing

@testable import SSHTransport

/// Programs and what may happen to them, against a real sshd on loopback.
@Suite(
    "SSH programs", .timeLimit(.minutes(3)),
    .enabled(if: TestServer.obstacle == nil, "needs /usr/sbin/sshd, root and mount namespaces"))
struct SSHProgramTests {
    static let server = Result { try TestServer() }

    @Test("50 MB on each stream, and input of 20 MB, byte for byte")
    func flood() async throws {
        try await Self.server.get().withConnection { communicator in
            let input = (0..<20_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 / 251) }
            let echo = try await communicator.run(
                ShellProgram(script: "cat", standardInput: input, outputLimit: 64 << 20))
            #expect(echo.standardOutput == input)
            let flood = try await communicator.run(
                ShellProgram(
                    script: "head -c 52428800 /dev/zero & head -c 52428800 /dev/zero >&2; wait",
                    outputLimit: 64 << 20))
            #expect(flood.standardOutput.count == 50 << 20)
            #expect(flood.standardError.count == 50 << 20)
            let limited = try await communicator.run(
                ShellProgram(script: "head -c 52428800 /dev/zero; exit 5", outputLimit: 100))
            #expect(limited.standardOutput.count == 100)
            #expect(limited.truncated)
            #expect(limited.status == 5)
        }
    }

    @Test("64 connections at a time on two threads")
    func manyConnections() async throws {
        let server = try Self.server.get()
        let factory = SSHCommunicatorFactory()
        let before = try Self.threads()
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<64 {
                group.addTask {
                    let connection = try await factory.connect(to: server.target(), timeout: .seconds(60))
                    let first = try await connection.communicator.run(ShellProgram(script: "sleep 0.5; echo \(number)"))
                    let second = try await connection.communicator.run(
                        ShellProgram(script: "id -u", escalation: Escalation()))
                    await connection.communicator.close()
                    return SSHLoginTests.text(first.standardOutput + second.standardOutput)
                }
            }
            var answers: Set<String> = []
            for try await answer in group { answers.insert(answer) }
            return answers
        }
        #expect(answers == Set((0..<64).map { "\($0)\n0\n" }))
        // The loops' two, and what Swift's pool and the test itself may have started meanwhile; not one a connection.
        #expect(try Self.threads() < before + 16)
    }

    static func threads() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
    }

    @Test("A program over its time is killed, also as root, and the shell goes on", arguments: [false, true])
    func timeout(asRoot: Bool) async throws {
        try await Self.server.get().withConnection { communicator in
            let mark = "33\(Int.random(in: 100_000...999_999))"
            let escalation = asRoot ? Escalation() : nil
            let error = await #expect(throws: CommunicatorError.self) {
                try await communicator.run(
                    ShellProgram(
                        script: "(sleep \(mark) & sleep \(mark)) & wait", escalation: escalation,
                        timeout: .milliseconds(500)))
            }
            #expect(error?.code == .timeout)
            #expect(error?.message.contains("admin@127.0.0.1") == true)
            try await LocalCommunicatorTests.waitUntilGone("sleep\0\(mark)")
            let next = try await communicator.run(ShellProgram(script: "exit 4", escalation: escalation))
            #expect(next.status == 4)
        }
    }

    @Test("Cancelling closes the connection and ends the program, also as root", arguments: [false, true])
    func cancellation(asRoot: Bool) async throws {
        let server = try Self.server.get()
        try await server.withConnection { communicator in
            let mark = "34\(Int.random(in: 100_000...999_999))"
            let task = Task {
                try await communicator.run(
                    ShellProgram(
                        script: "sleep \(mark); cat \"$GANTRY_FILES/f\"", files: ["f": [1]],
                        escalation: asRoot ? Escalation() : nil))
            }
            try await Self.waitUntilRunning("sleep\0\(mark)")
            task.cancel()
            let error = await #expect(throws: CommunicatorError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            try await LocalCommunicatorTests.waitUntilGone("sleep\0\(mark)")
            let after = await #expect(throws: CommunicatorError.self) {
                try await communicator.run(ShellProgram(script: ":"))
            }
            #expect(after?.code == .connectionLost)
        }
    }

    @Test("A connection that is cut in the middle is reported, the program ends and its files are gone")
    func cutConnection() async throws {
        let server = try TestServer()
        let connection = try await SSHCommunicatorFactory().connect(to: server.target(), timeout: .seconds(20))
        let mark = "35\(Int.random(in: 100_000...999_999))"
        let folder = "\(server.folder)/home/admin/tmp"
        let task = Task {
            try await connection.communicator.run(
                ShellProgram(
                    script: "mkdir -p ~/tmp; echo \"$GANTRY_FILES\" >~/tmp/place; sleep \(mark)", files: ["f": [1]]))
        }
        try await Self.waitUntilRunning("sleep\0\(mark)")
        server.cutConnections()
        let error = await #expect(throws: CommunicatorError.self) { try await task.value }
        #expect(error?.code == .connectionLost)
        #expect(error?.message.contains("admin@\(server.endpoint)") == true)
        try await LocalCommunicatorTests.waitUntilGone("sleep\0\(mark)")
        let place = try String(contentsOfFile: folder + "/place", encoding: .utf8).trimmingCharacters(in: .newlines)
        #expect(place.contains("/gantry-"))
        for _ in 0..<100 where FileManager.default.fileExists(atPath: place) {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(!FileManager.default.fileExists(atPath: place))
        await connection.communicator.close()
        server.stop()
    }

    @Test("A server that is killed while nothing runs is noticed by the next program")
    func killedServer() async throws {
        let server = try TestServer()
        let connection = try await SSHCommunicatorFactory().connect(to: server.target(), timeout: .seconds(20))
        _ = try await connection.communicator.run(ShellProgram(script: ":"))
        server.stop()
        let error = await #expect(throws: CommunicatorError.self) {
            try await connection.communicator.run(ShellProgram(script: ":"))
        }
        #expect(error?.code == .connectionLost)
        await connection.communicator.close()
    }

    @Test("After a program that kills its shell the next one gets a new shell")
    func killedShell() async throws {
        try await Self.server.get().withConnection { communicator in
            // The program's own end may still be told by what supervises it, or only be seen as the end of the shell.
            let first = try? await communicator.run(ShellProgram(script: "kill -9 $$; sleep 1"))
            #expect(first == nil || first?.status == 0)
            try await Task.sleep(for: .seconds(1))
            let next = try await communicator.run(ShellProgram(script: "exit 6"))
            #expect(next.status == 6)
        }
    }

    @Test("A process that a program leaves behind does not hold up the next one")
    func daemon() async throws {
        try await Self.server.get().withConnection { communicator in
            let mark = "36\(Int.random(in: 100_000...999_999))"
            let first = try await communicator.run(
                ShellProgram(script: "(sleep 1; echo late; exec sleep \(mark)) & echo started"))
            #expect(SSHLoginTests.text(first.standardOutput) == "started\n")
            try await Task.sleep(for: .milliseconds(1500))
            let second = try await communicator.run(ShellProgram(script: "echo second; pkill -f '[s]leep \(mark)'"))
            #expect(SSHLoginTests.text(second.standardOutput) == "second\n")
        }
    }

    @Test("A full disk is told with place and free space, and nothing is left there", arguments: [false, true])
    func diskFull(asRoot: Bool) async throws {
        var options = TestServer.Options()
        let small = "/tmp/gantry-small-\(UUID().uuidString.prefix(8))"
        options.smallFolder = small
        options.lines = ["SetEnv TMPDIR=\(small)"]
        let server = try TestServer(options)
        // sudo drops TMPDIR, so root logs in for it.
        try await server.withConnection(asRoot ? .root : .admin) { communicator in
            let escalation = asRoot ? Escalation() : nil
            for size in [3_000_000, 1_200_000] {
                let error = await #expect(throws: CommunicatorError.self) {
                    try await communicator.run(
                        ShellProgram(
                            script: ":", files: ["big": [UInt8](repeating: 1, count: size)], escalation: escalation))
                }
                #expect(error?.code == .noSpace)
                for word in [small, "no space left", "bytes are free"] {
                    #expect(error?.message.contains(word) == true, "\(word) in \(error?.message ?? "")")
                }
                let left = try await communicator.run(
                    ShellProgram(script: "ls -A \"$TMPDIR\"", escalation: escalation))
                #expect(left.standardOutput.isEmpty, "\(SSHLoginTests.text(left.standardOutput))")
            }
            let fits = try await communicator.run(
                ShellProgram(script: "wc -c <$GANTRY_FILES/f", files: ["f": [UInt8](repeating: 1, count: 500_000)]))
            #expect(SSHLoginTests.text(fits.standardOutput) == "500000\n")
        }
        server.stop()
        try? FileManager.default.removeItem(atPath: small)
    }

    @Test("No secret stands in arguments or environment of any process")
    func secrets() async throws {
        let server = try Self.server.get()
        try await server.withConnection(.asker) { communicator in
            let marker = "Marker\(Int.random(in: 100_000_000...999_999_999))"
            let mark = "37\(Int.random(in: 100_000...999_999))"
            let task = Task {
                try await communicator.run(
                    ShellProgram(
                        script: "password='\(marker)'; cat >/dev/null; sleep \(mark) & wait",
                        files: ["\(mark)": Array(marker.utf8)], standardInput: Array(marker.utf8),
                        escalation: Escalation(password: "asker-pw")))
            }
            try await Self.waitUntilRunning("sleep\0\(mark)")
            var seen = 0
            for process in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int(process) != nil {
                for name in ["cmdline", "environ"] {
                    guard let data = FileManager.default.contents(atPath: "/proc/\(process)/\(name)") else { continue }
                    seen += 1
                    let text = String(decoding: data, as: UTF8.self)
                    #expect(!text.contains(marker), "\(name) of \(process)")
                    #expect(!text.contains("asker-pw"), "\(name) of \(process)")
                }
            }
            #expect(seen > 20)
            task.cancel()
            _ = await task.result
        }
    }

    @Test("The login shell's own words and rc files are no part of any output")
    func chattyLogin() async throws {
        let server = try TestServer()
        try "echo hello from bashrc; echo and error >&2\n".write(
            toFile: "\(server.folder)/home/admin/.bashrc", atomically: true, encoding: .utf8)
        try await server.withConnection { communicator in
            let result = try await communicator.run(ShellProgram(script: "echo mine"))
            #expect(SSHLoginTests.text(result.standardOutput) == "mine\n")
            #expect(result.standardError.isEmpty)
        }
        server.stop()
    }

    @Test("No descriptor and no file is left after connections")
    func leaks() async throws {
        let server = try TestServer()
        let factory = SSHCommunicatorFactory()
        func once() async throws {
            let connection = try await factory.connect(to: server.target(jumps: [server.jump()]), timeout: .seconds(20))
            _ = try await connection.communicator.run(
                ShellProgram(script: "cat $GANTRY_FILES/f", files: ["f": [1]], escalation: Escalation()))
            await connection.communicator.close()
            var wrong = server.target()
            wrong.authentications = [.password("wrong")]
            _ = try? await factory.connect(to: wrong, timeout: .seconds(20))
        }
        try await once()
        let process = "/proc/self/fd"
        let sockets = { () throws -> Int in
            try FileManager.default.contentsOfDirectory(atPath: process).filter {
                let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(process)/\($0)")) ?? ""
                return target.hasPrefix("socket:") && Self.isConnected(Int32($0) ?? -1, to: server.port)
            }.count
        }
        for _ in 0..<5 { try await once() }
        for _ in 0..<50 where try sockets() > 0 { try await Task.sleep(for: .milliseconds(50)) }
        #expect(try sockets() == 0)
        server.stop()
    }

    static func isConnected(_ descriptor: Int32, to port: Int) -> Bool {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isInternet = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) == 0 }
        }
        return isInternet && address.sin_family == sa_family_t(AF_INET)
            && Int(UInt16(bigEndian: address.sin_port)) == port
    }

    static func waitUntilRunning(_ commandLine: String) async throws {
        for _ in 0..<200 {
            if LocalCommunicatorTests.processExists(commandLine) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("\(commandLine) was never started")
    }
}
