import Foundation
import Glibc
import Support
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ChildCommandTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func runsToItsEnd() throws {
        let input = [UInt8](repeating: 65, count: 300_000) + [10]
        let completed = try ChildCommand(["sh", "-c", "cat; echo no >&2; exit 3"]).run(input: input)
        #expect(completed.ending == .exited(3))
        #expect(completed.output == input)
        #expect(text(completed.errors) == "no\n")
    }

    @Test func givesWhatWasSaidAndNothingElse() throws {
        // A descriptor that is not closed on exec.
        let kept = dup2(2, 177)
        try #require(kept == 177)
        defer { close(kept) }
        let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path
        // Builtins only: while the shell starts a program, it blocks signals itself.
        let script = """
            pwd; echo $A $B
            for number in 0 1 2 3 4 5 6 7 8 9 177; do [ -e /proc/$$/fd/$number ] && echo $number; done
            while read name mask; do [ "$name" != SigBlk: ] || echo "$name $mask"; done </proc/$$/status
            """
        let completed = try ChildCommand(
            ["/bin/sh", "-c", script], environment: ["A": "1", "PATH": "/usr/bin:/bin"], directory: folder
        ).run()
        #expect(text(completed.output) == "\(folder)\n1\n0\n1\n2\nSigBlk: 0000000000000000\n")
    }

    @Test func confinement() throws {
        let script = "ulimit -c; ulimit -n; grep NoNewPrivs /proc/$$/status"
        var command = ChildCommand(["sh", "-c", script])
        command.openFiles = 64
        command.isConfined = true
        #expect(text(try command.run().output) == "0\n64\nNoNewPrivs:\t1\n")
        command.isConfined = false
        #expect(text(try command.run().output).hasSuffix("\n64\nNoNewPrivs:\t0\n"))
    }

    @Test(arguments: [ChildCommand.Group.parents, .own, .session])
    func groups(_ group: ChildCommand.Group) throws {
        var command = ChildCommand(["sh", "-c", "cut -d ' ' -f 1,5,6 /proc/$$/stat"])
        command.group = group
        let numbers = text(try command.run().output).split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
        try #require(numbers.count == 3)
        let (process, itsGroup, itsSession) = (numbers[0], numbers[1], numbers[2])
        #expect(itsGroup == (group == .parents ? getpgrp() : process))
        #expect(itsSession == (group == .session ? process : getsid(0)))
    }

    @Test func aProgramThatCannotBeStartedIsNamed() throws {
        for (words, reason, isLasting) in [
            (["no-such-program"], "No such file or directory", true),
            (["/etc/passwd"], "Permission denied", true),
            ([], "No such file or directory", true),
        ] {
            let problem = #expect(throws: StartProblem.self) { try ChildCommand(words).run() }
            #expect(problem?.description == "'\(words.first ?? "")' cannot be started: \(reason)")
            #expect(problem?.isLasting == isLasting)
        }
        #expect(throws: StartProblem.self) { try ChildCommand(["true"], directory: "/no/such/folder").start() }
    }

    @Test func isCollectedOnce() async throws {
        let process = try ChildCommand(["sleep", "60"]).start()
        #expect(process.isRunning && process.ending == nil && process.collect() == nil)
        let waiters = (0..<4).map { _ in Task.detached { process.wait() } }
        process.signal(SIGTERM)
        for waiter in waiters { #expect(await waiter.value == .signalled(SIGTERM)) }
        #expect(process.ending == .signalled(SIGTERM) && process.ending?.status == 128 + SIGTERM)
        #expect(!process.isRunning && process.collect() == .signalled(SIGTERM))
        process.signal(SIGKILL)
    }

    @Test func itsGroupEndsWithIt() throws {
        var command = ChildCommand(["sh", "-c", "sleep 60 & echo $!; exit 0"])
        command.group = .own
        let (process, pipes) = try command.startWithPipes()
        defer { for end in [pipes.input, pipes.output, pipes.error] { close(end) } }
        #expect(process.wait(endingGroup: true) == .exited(0))
        var polled = pollfd(fd: pipes.error, events: Int16(POLLIN), revents: 0)
        // Nobody is left who holds the pipe.
        #expect(poll(&polled, 1, 10_000) == 1 && polled.revents & Int16(POLLHUP) != 0)
    }

    @Test func limitsEndAProgram() throws {
        let limits = ChildCommand.Limits(time: .milliseconds(200), outputBytes: 4096)
        #expect(throws: ChildCommand.Excess.time) { try ChildCommand(["sleep", "60"]).run(within: limits) }
        let patient = ChildCommand.Limits(time: .seconds(30), outputBytes: 4096)
        #expect(throws: ChildCommand.Excess.output) { try ChildCommand(["yes"]).run(within: patient) }
        #expect(throws: ChildCommand.Excess.output) {
            try ChildCommand(["head", "-c", "5000", "/dev/zero"]).run(within: patient)
        }
        let completed = try ChildCommand(["sh", "-c", "echo yes; exit 4"]).run(within: patient)
        #expect(completed.ending == .exited(4) && text(completed.output) == "yes\n")
    }

    @Test func leavesNoDescriptor() throws {
        func count() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
        let before = try count()
        for _ in 0..<200 { _ = try ChildCommand(["true"]).run() }
        for _ in 0..<200 { _ = try? ChildCommand(["no-such-program"]).startWithPipes() }
        // A leak would add 1,800; other tests of this process open some of their own.
        #expect(try count() < before + 500)
    }
}
