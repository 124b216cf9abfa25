import CProcess
import ConnectorAPI
import Foundation
import Glibc
import Synchronization

/// A started process with its three pipes, and how it ended. Reaps itself by a thread that waits for it.
final class ChildProcess: Sendable {
    /// How a process ended.
    enum Ending: Sendable, Hashable, CustomStringConvertible {
        case exited(Int32)
        case signalled(Int32)

        init(status: Int32) {
            let signal = status & 0x7F
            self = signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)
        }

        var description: String {
            switch self {
            case .exited(let status): "exited with status \(status)"
            case .signalled(let signal): "was killed by signal \(signal)"
            }
        }
    }

    private struct State {
        var hasEnded = false
        var ending: Ending?
    }

    let id: pid_t
    /// Writing end of its standard input; owned by whoever takes it.
    let input: Int32
    /// Reading ends of its output and error; owned by whoever takes them.
    let output: Int32
    let error: Int32
    private let state = Mutex(State())

    var ending: Ending? { state.withLock { $0.ending } }

    /// Starts a process.
    ///
    /// - Parameter onEnd: Called once, from the waiting thread, when the process is over and reaped.
    /// - Throws: ``ConnectorError/Code/unavailable`` with the system's reason.
    init(_ command: ConnectorCommand, _ verb: String, onEnd: @escaping @Sendable () -> Void) throws {
        var pipes: [[Int32]] = []
        func closeAll() {
            for end in pipes.joined() { close(end) }
        }
        for _ in 0..<3 {
            var ends: [Int32] = [-1, -1]
            guard gantry_pipe(&ends) == 0 else {
                let reason = String(cString: strerror(errno))
                closeAll()
                throw ConnectorError(code: .unavailable, message: "no pipe for '\(command.path)': \(reason)")
            }
            pipes.append(ends)
        }
        var limits = gantry_process_limits(
            memory_bytes: command.memoryBytes ?? 0, open_files: command.openFiles ?? 0)
        let variables = command.childEnvironment().map { "\($0.key)=\($0.value)" }
        let process = Self.withCStrings([command.path] + command.arguments + [verb]) { arguments in
            Self.withCStrings(variables) { environment in
                gantry_process_start(
                    command.path, arguments, environment, command.directory, pipes[0][0], pipes[1][1], pipes[2][1],
                    &limits)
            }
        }
        guard process > 0 else {
            let code: ConnectorError.Code = Self.isLasting(errno) ? .unsupported : .unavailable
            let reason = String(cString: strerror(errno))
            closeAll()
            throw ConnectorError(
                code: code,
                message: "'\(command.path)' cannot be started: \(reason); check its path and permissions")
        }
        for end in [pipes[0][0], pipes[1][1], pipes[2][1]] { close(end) }
        for end in [pipes[1][0], pipes[2][0]] { _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK) }
        id = process
        input = pipes[0][1]
        output = pipes[1][0]
        error = pipes[2][0]
        let thread = Thread { [self] in
            gantry_thread_name("connector-wait")
            gantry_process_wait(process)
            state.withLock { $0.hasEnded = true }
            // What it started ends with it; its id is still its own.
            kill(-process, SIGKILL)
            let ending = Ending(status: gantry_process_reap(process))
            state.withLock { $0.ending = ending }
            onEnd()
        }
        thread.stackSize = 128 << 10
        thread.start()
    }

    /// Sends a signal to the process and what it started, unless it is over.
    func signal(_ number: Int32) {
        state.withLock { state in
            if !state.hasEnded { kill(-id, number) }
        }
    }

    /// Whether an executable that does not start for this reason will not start a moment later either.
    private static func isLasting(_ reason: Int32) -> Bool {
        [EACCES, EPERM, ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, ENOEXEC, EISDIR].contains(reason)
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = strings.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers)
    }
}
