import ContextualizationAPI
import Glibc
import Support

/// A child process with three non-blocking pipes.
struct LocalProcess {
    let process: ChildProcess
    let input: Int32
    let output: Int32
    let error: Int32

    /// Starts a process in a session of its own.
    static func spawn(_ words: [String], environment: [String: String]?) throws(CommunicatorError) -> LocalProcess {
        var command = ChildCommand(words, environment: environment)
        command.group = .session
        do {
            let (process, pipes) = try command.startWithPipes()
            _ = fcntl(pipes.input, F_SETFL, fcntl(pipes.input, F_GETFL) | O_NONBLOCK)
            return LocalProcess(process: process, input: pipes.input, output: pipes.output, error: pipes.error)
        } catch {
            throw CommunicatorError(
                code: .protocolViolation,
                message: "\(error.program) cannot be started on \(LocalProcesses.machine)"
                    + " (\(error.reason)): name a POSIX shell that is installed")
        }
    }
}
