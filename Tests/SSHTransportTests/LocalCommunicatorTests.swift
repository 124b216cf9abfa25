import ContextualizationAPI
import Foundation
import Glibc
import Support
import Testing

@testable import SSHTransport

@Suite("Local communicator", .timeLimit(.minutes(2)))
struct LocalCommunicatorTests {
    static let shells = [["/bin/dash"], ["/bin/bash"], ["/bin/bash", "--posix"], ["/bin/busybox", "sh"]]

    /// As the shell knows it, which need not be that of the list of users.
    private let home = ProcessInfo.processInfo.environment["HOME"] ?? NSHomeDirectory()

    static func withShell(
        _ shell: [String], environment: [String: String]? = nil, _ body: (LocalCommunicator) async throws -> Void
    ) async throws {
        let communicator = LocalCommunicator(shell: shell, environment: environment)
        do {
            try await body(communicator)
        } catch {
            await communicator.close()
            throw error
        }
        await communicator.close()
    }

    @Test("Both streams and the status come back byte for byte", arguments: shells)
    func programKeepsItsStreams(shell: [String]) async throws {
        try await Self.withShell(shell) { communicator in
            let result = try await communicator.run(
                ShellProgram(script: #"printf 'a\0b'; printf 'x\n\n' >&2; exit 3"#))
            #expect(result.status == 3)
            #expect(result.standardOutput == [0x61, 0, 0x62])
            #expect(result.standardError == Array("x\n\n".utf8))
            #expect(!result.truncated)
        }
    }

    @Test("Files and standard input arrive as they are, and are gone afterwards", arguments: shells)
    func filesArrive(shell: [String]) async throws {
        let binary = (0..<200_001).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 256) }
        try await Self.withShell(shell) { communicator in
            let result = try await communicator.run(
                ShellProgram(
                    script: #"""
                        echo "$GANTRY_FILES"; ls -ld "$GANTRY_FILES" | cut -c1-10
                        cat "$GANTRY_FILES/big one"; cat "$GANTRY_FILES/empty"; cat >&2
                        """#,
                    files: ["big one": binary, "empty": []], standardInput: [0, 1, 2, 0x0a, 0xff]))
            #expect(result.status == 0)
            #expect(result.standardError == [0, 1, 2, 0x0a, 0xff])
            let lines = result.standardOutput.split(separator: 0x0a, maxSplits: 2, omittingEmptySubsequences: false)
            try #require(lines.count == 3)
            #expect(Array(lines[2]) == binary)
            #expect(String(decoding: lines[1], as: UTF8.self) == "drwx------")
            let folder = String(decoding: lines[0], as: UTF8.self)
            #expect(folder.contains("/gantry-"))
            #expect(!FileManager.default.fileExists(atPath: folder))
        }
    }

    @Test("A long script, odd bytes and a syntax error", arguments: shells)
    func scripts(shell: [String]) async throws {
        try await Self.withShell(shell) { communicator in
            let padding = String(repeating: "# padding for length\n", count: 500)
            let text = "printf '%s' 'ünïcode \\ \"quotes\" $HOME `x`\ttab'"
            let short = try await communicator.run(ShellProgram(script: text))
            let long = try await communicator.run(ShellProgram(script: padding + text))
            #expect(String(decoding: short.standardOutput, as: UTF8.self) == "ünïcode \\ \"quotes\" $HOME `x`\ttab")
            #expect(long.standardOutput == short.standardOutput)
            let broken = try await communicator.run(ShellProgram(script: "if then ( ;;"))
            #expect(broken.status != 0)
            #expect(!broken.standardError.isEmpty)
            let next = try await communicator.run(ShellProgram(script: "pwd; cat; exit 0"))
            #expect(String(decoding: next.standardOutput, as: UTF8.self) == home + "\n")
        }
    }

    @Test("A command that kills its parent ends its program alone", .timeLimit(.minutes(1)), arguments: shells)
    func parentIsKilled(shell: [String]) async throws {
        try await Self.withShell(shell) { communicator in
            let result = try await communicator.run(ShellProgram(script: "exec /bin/sh -c 'kill -9 $PPID'"))
            #expect(result.status == 137)
            #expect(result.standardError.isEmpty)
            let next = try await communicator.run(ShellProgram(script: "echo there"))
            #expect(next.standardOutput == Array("there\n".utf8))
        }
    }

    @Test("The folder of a program is gone where nobody hears that it begins", arguments: shells)
    func folderIsRemovedWhenNobodyListens(shell: [String]) async throws {
        let folder = NSTemporaryDirectory() + "gantry-loop-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var environment = ProcessInfo.processInfo.environment
        environment["TMPDIR"] = folder
        let (process, pipes) = try ChildCommand(
            shell + ["-c", ShellLoop.reader], environment: environment
        ).startWithPipes()
        let input = FileHandle(fileDescriptor: pipes.input, closeOnDealloc: false)
        try input.write(contentsOf: Data(ShellLoop.text(nonce: "n0")))
        var greeting = pollfd(fd: pipes.output, events: Int16(POLLIN), revents: 0)
        #expect(poll(&greeting, 1, 10_000) == 1)
        // The connection breaks between the request and its beginning.
        close(pipes.output)
        close(pipes.error)
        let request = try ShellProtocol.encode(
            ShellProgram(script: "true", files: ["f": Array("secret".utf8)]), nonce: "n1")
        try input.write(contentsOf: Data(request))
        close(pipes.input)
        process.wait(endingGroup: false)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    }

    @Test("A program leaves nothing behind in the shell", arguments: shells)
    func programsAreIsolated(shell: [String]) async throws {
        try await Self.withShell(shell) { communicator in
            _ = try await communicator.run(
                ShellProgram(
                    script: "cd /tmp; x=1; export y=2; set -eu; trap 'echo trap' EXIT; umask 0; false"))
            let result = try await communicator.run(
                ShellProgram(
                    script: #"case $- in *e*|*u*) exit 9;; esac; echo "${x-}${y-}:$(pwd):""#))
            #expect(String(decoding: result.standardOutput, as: UTF8.self) == ":\(home):\n")
            #expect(result.status == 0)
        }
    }

    @Test("Large outputs on both streams do not block, and limits hold", arguments: shells)
    func largeOutput(shell: [String]) async throws {
        try await Self.withShell(shell) { communicator in
            let script = "head -c 8388608 /dev/zero; (dd if=/dev/zero bs=1048576 count=8 >&3 2>/dev/null) 3>&2"
            let whole = try await communicator.run(ShellProgram(script: script))
            #expect(whole.standardOutput.count == 8 << 20)
            #expect(whole.standardError.count == 8 << 20)
            let limited = try await communicator.run(ShellProgram(script: script, outputLimit: 1000))
            #expect(limited.standardOutput.count == 1000)
            #expect(limited.standardError.count == 1000)
            #expect(limited.truncated)
        }
    }

    @Test("A program over its time is killed with its children", arguments: shells)
    func timeoutKills(shell: [String]) async throws {
        try await Self.withShell(shell) { communicator in
            let mark = "31\(Int.random(in: 100_000...999_999))"
            let error = await #expect(throws: CommunicatorError.self) {
                try await communicator.run(
                    ShellProgram(
                        script: "(sleep \(mark) & sleep \(mark)) & wait; sleep \(mark)", timeout: .milliseconds(300)))
            }
            #expect(error?.code == .timeout)
            let left = try await communicator.run(
                ShellProgram(script: "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c '[s]leep \(mark)'"))
            #expect(String(decoding: left.standardOutput, as: UTF8.self) == "0\n")
        }
    }

    @Test("A program that ignores the first signal is killed by the second", arguments: shells)
    func stubbornProgram(shell: [String]) async throws {
        try await Self.withShell(shell) { communicator in
            let error = await #expect(throws: CommunicatorError.self) {
                try await communicator.run(
                    ShellProgram(script: "trap '' TERM; while :; do sleep 1; done", timeout: .milliseconds(200)))
            }
            #expect(error?.code == .timeout)
            let next = try await communicator.run(ShellProgram(script: "exit 7"))
            #expect(next.status == 7)
        }
    }

    @Test("Cancelling ends the program and closes the communicator", arguments: shells)
    func cancellation(shell: [String]) async throws {
        try await Self.withShell(shell) { communicator in
            let mark = "32\(Int.random(in: 100_000...999_999))"
            let task = Task { try await communicator.run(ShellProgram(script: "sleep \(mark)")) }
            try await Task.sleep(for: .milliseconds(200))
            task.cancel()
            let error = await #expect(throws: CommunicatorError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            try await Self.waitUntilGone("sleep\0\(mark)")
            await #expect(throws: CommunicatorError.self) { try await communicator.run(ShellProgram(script: ":")) }
        }
    }

    @Test("Programs queue up", arguments: shells)
    func queue(shell: [String]) async throws {
        try await Self.withShell(shell) { communicator in
            let sum = try await withThrowingTaskGroup(of: Int32.self) { group in
                for number in 1...20 {
                    group.addTask { try await communicator.run(ShellProgram(script: "exit \(number)")).status }
                }
                var sum: Int32 = 0
                for try await status in group { sum += status }
                return sum
            }
            #expect(sum == 210)
        }
    }

    static func waitUntilGone(_ commandLine: String) async throws {
        for _ in 0..<100 {
            guard processExists(commandLine) else { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("\(commandLine) still runs")
    }

    static func processExists(_ commandLine: String) -> Bool {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.contains { process in
            guard Int(process) != nil, let data = FileManager.default.contents(atPath: "/proc/\(process)/cmdline")
            else {
                return false
            }
            return String(decoding: data, as: UTF8.self).hasPrefix(commandLine)
        }
    }
}
