import CProcess
import Foundation
import Glibc

/// Why a program cannot be started.
package struct StartProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package var program: String
    /// The system's number of the error.
    package var number: Int32

    package var reason: String { String(cString: strerror(number)) }

    package var description: String { "'\(program)' cannot be started: \(reason)" }

    /// Whether it will not start a moment later either.
    package var isLasting: Bool {
        [EACCES, EPERM, ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, ENOEXEC, EISDIR].contains(number)
    }
}

/// A program to be started as a child process. The child inherits three descriptors and nothing else; its signals are at
/// their defaults and unblocked, so that it can be interrupted whatever thread starts it.
///
/// Foundation's `Process` is not used: it starts children with the signals of the pool's threads blocked, and its `run()`
/// reads behind the entries of `/proc/self/fd`, which can crash (swift-corelibs-foundation issue 5472).
package struct ChildCommand: Sendable {
    /// Who gets the signals of a terminal.
    package enum Group: Sendable {
        /// It belongs to its parent's group: Ctrl-C ends both.
        case parents
        /// A group of its own.
        case own
        /// A session of its own, without a terminal.
        case session
    }

    /// The program and its arguments; a name without a slash is looked for in the `PATH` of its environment.
    package var words: [String]
    /// All its variables; nil: those of this process.
    package var environment: [String: String]?
    /// Its working folder; nil: the present one.
    package var directory: String?
    package var group = Group.parents
    /// No core dumps, and no privileges by setuid programs.
    package var isConfined = false
    /// Most bytes of address space.
    package var memoryBytes: UInt?
    /// Most open files.
    package var openFiles: UInt?

    package init(_ words: [String], environment: [String: String]? = nil, directory: String? = nil) {
        self.words = words
        self.environment = environment
        self.directory = directory
    }

    /// Starts it with these descriptors, which stay open here, as its input, output and error.
    package func start(input: Int32 = 0, output: Int32 = 1, error: Int32 = 2) throws(StartProblem) -> ChildProcess {
        let environment = environment ?? ProcessInfo.processInfo.environment
        let name = words.first ?? ""
        guard let path = Self.find(name, in: environment["PATH"]) else {
            throw StartProblem(program: name, number: ENOENT)
        }
        let process = Self.withCStrings(words) { arguments in
            Self.withCStrings(environment.map { "\($0.key)=\($0.value)" }) { variables in
                Self.withCStrings(directory.map { [$0] } ?? []) { directory in
                    var settings = gantry_process_settings()
                    settings.directory = UnsafePointer(directory.pointee)
                    settings.group =
                        switch group {
                        case .parents: gantry_process_group_parents
                        case .own: gantry_process_group_own
                        case .session: gantry_process_group_session
                        }
                    settings.is_confined = isConfined
                    settings.memory_bytes = memoryBytes ?? 0
                    settings.open_files = openFiles ?? 0
                    return gantry_process_start(path, arguments, variables, input, output, error, &settings)
                }
            }
        }
        guard process > 0 else { throw StartProblem(program: name, number: errno) }
        return ChildProcess(id: process)
    }

    /// Our ends of the pipes of a child: to its input, from its output and its error. Those we read do not block.
    package struct Pipes: Sendable {
        package var input: Int32
        package var output: Int32
        package var error: Int32
    }

    /// Starts it with a pipe at each descriptor.
    package func startWithPipes() throws(StartProblem) -> (process: ChildProcess, pipes: Pipes) {
        var pipes: [[Int32]] = []
        defer { for end in [pipes.first?.first] + pipes.dropFirst().map(\.last) { if let end { close(end) } } }
        func closeOurs() {
            for end in [pipes.first?.last] + pipes.dropFirst().map(\.first) { if let end { close(end) } }
        }
        for _ in 0..<3 {
            var ends: [Int32] = [-1, -1]
            guard gantry_pipe(&ends) == 0 else {
                let number = errno
                closeOurs()
                throw StartProblem(program: words.first ?? "", number: number)
            }
            pipes.append(ends)
        }
        do {
            let process = try start(input: pipes[0][0], output: pipes[1][1], error: pipes[2][1])
            let ours = Pipes(input: pipes[0][1], output: pipes[1][0], error: pipes[2][0])
            for end in [ours.output, ours.error] { _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK) }
            return (process, ours)
        } catch {
            closeOurs()
            throw error
        }
    }

    /// How long a program may run, and how much it may print.
    package struct Limits: Sendable {
        package var time: Duration
        package var outputBytes: Int

        package init(time: Duration, outputBytes: Int) {
            self.time = time
            self.outputBytes = outputBytes
        }
    }

    /// Which limit ended a program.
    package enum Excess: Error, Sendable {
        case time, output
    }

    /// What a program that was run to its end has left.
    package struct Completed: Sendable {
        package var ending: ChildProcess.Ending
        package var output: [UInt8]
        /// Empty where its standard error is ours.
        package var errors: [UInt8]
    }

    /// Runs it to its end. Blocks; what it leaves running in the background is not waited for.
    ///
    /// - Parameters:
    ///   - input: All of its standard input.
    ///   - errorsAreOurs: Its standard error is that of this process.
    package func run(input: [UInt8] = [], errorsAreOurs: Bool = false) throws(StartProblem) -> Completed {
        try runFiles(input, errorsAreOurs) { process, _ in process.wait() }
    }

    /// Runs it as ``run(input:errorsAreOurs:)`` does, within limits; then it is killed, with its group where it has its own.
    ///
    /// - Throws: ``Excess`` where a limit ended it, ``StartProblem``.
    package func run(within limits: Limits, errorsAreOurs: Bool = false) throws -> Completed {
        let hasGroup = group != .parents
        let deadline = ContinuousClock.now + limits.time
        var excess: Excess?
        let completed = try runFiles([], errorsAreOurs) { process, output in
            while process.isRunning {
                if ContinuousClock.now >= deadline { excess = .time }
                var status = stat()
                if fstat(output, &status) == 0, status.st_size > limits.outputBytes { excess = .output }
                if excess != nil {
                    process.signal(SIGKILL, toGroup: hasGroup)
                    break
                }
                usleep(2_000)
            }
            return process.wait(endingGroup: hasGroup)
        }
        if let excess { throw excess }
        if completed.output.count > limits.outputBytes { throw Excess.output }
        return completed
    }

    private func runFiles(
        _ input: [UInt8], _ errorsAreOurs: Bool, _ wait: (ChildProcess, _ output: Int32) -> ChildProcess.Ending
    ) throws(StartProblem) -> Completed {
        // Files in memory and not pipes: none of the three can block it or us.
        let files = (0..<3).map { _ in gantry_memory_file() }
        defer { for file in files where file >= 0 { close(file) } }
        guard files.allSatisfy({ $0 >= 0 }), Self.write(input, to: files[0]) else {
            throw StartProblem(program: words.first ?? "", number: errno)
        }
        let process = try start(input: files[0], output: files[1], error: errorsAreOurs ? 2 : files[2])
        let ending = wait(process, files[1])
        return Completed(ending: ending, output: Self.read(files[1]), errors: Self.read(files[2]))
    }

    // MARK: Parts

    private static func find(_ name: String, in path: String?) -> String? {
        guard !name.contains("/") else { return name }
        guard !name.isEmpty else { return nil }
        return (path ?? "/usr/bin:/bin").split(separator: ":", omittingEmptySubsequences: false)
            .map { ($0.isEmpty ? "." : $0) + "/" + name }.first { access($0, X_OK) == 0 }
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let pointers = strings.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers)
    }

    /// Leaves the file at its beginning.
    private static func write(_ bytes: [UInt8], to file: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let place = off_t(rest.startIndex)
            let count = rest.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, place) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func read(_ file: Int32) -> [UInt8] {
        let size = Int(lseek(file, 0, SEEK_END))
        guard size > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            while filled < size {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<size])
                let count = pread(file, rest.baseAddress, rest.count, off_t(filled))
                guard count > 0 else { return }
                filled += count
            }
        }
    }
}
