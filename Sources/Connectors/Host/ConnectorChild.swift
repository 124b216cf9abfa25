import CProcess
import ConnectorAPI
import Foundation
import Glibc
import Support

/// A started process of a connector with its three pipes. Reaps itself, and ends what it started, by a thread that waits
/// for it.
final class ConnectorChild: Sendable {
    private let process: ChildProcess
    /// Ends of its pipes; owned by whoever takes them.
    private let pipes: ChildCommand.Pipes

    var id: pid_t { process.id }
    var input: Int32 { pipes.input }
    var output: Int32 { pipes.output }
    var error: Int32 { pipes.error }
    var ending: ChildProcess.Ending? { process.ending }

    /// Starts a process.
    ///
    /// - Parameter onEnd: Called once, from the waiting thread, when the process is over and reaped.
    /// - Throws: ``ConnectorError/Code/unavailable`` with the system's reason.
    init(_ command: ConnectorCommand, _ verb: String, onEnd: @escaping @Sendable () -> Void) throws {
        var child = ChildCommand(
            [command.path] + command.arguments + [verb], environment: command.childEnvironment(),
            directory: command.directory)
        child.group = .own
        child.isConfined = true
        child.memoryBytes = command.memoryBytes
        child.openFiles = command.openFiles
        do {
            (process, pipes) = try child.startWithPipes()
        } catch {
            throw ConnectorError(
                code: error.isLasting ? .unsupported : .unavailable,
                message: "\(error); \(StartHint.text(of: error.number, path: command.path))")
        }
        Self.running.withLock { $0[process.id] = process }
        let thread = Thread { [process] in
            gantry_thread_name("connector-wait")
            process.wait(endingGroup: true)
            Self.running.withLock { $0[process.id] = nil }
            onEnd()
        }
        thread.stackSize = 128 << 10
        thread.start()
    }

    /// Those of this process that run, by id.
    private static let running = LockedValue<[pid_t: ChildProcess]>([:])

    /// Kills all that this process started, with what they started: its last act, where nobody waits any more.
    static func killAll() {
        for process in running.withLock({ Array($0.values) }) { process.signal(SIGKILL, toGroup: true) }
    }

    /// Sends a signal to the process and what it started, unless it is over.
    func signal(_ number: Int32) {
        process.signal(number, toGroup: true)
    }
}
