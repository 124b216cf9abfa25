import CLibSSH
import ContextualizationAPI
import Glibc

/// A child process with three non-blocking pipes.
struct LocalProcess {
    let pid: pid_t
    let input: Int32
    let output: Int32
    let error: Int32

    /// Starts a process in a session of its own, with default signals.
    static func spawn(_ words: [String], environment: [String: String]?) throws(CommunicatorError) -> LocalProcess {
        // The C strings live until they are freed below, after the child has its copy.
        let arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        let variables = unsafe (environment ?? [:]).map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        var pipes: [Int32] = [-1, -1, -1]
        let pid = unsafe gantry_spawn(arguments, environment == nil ? nil : variables, &pipes)
        unsafe (arguments + variables).forEach { unsafe free($0) }
        guard pid > 0 else {
            throw CommunicatorError(
                code: .protocolViolation,
                message: "\(words.first ?? "") cannot be started on \(LocalProcesses.machine)"
                    + " (\(unsafe String(cString: strerror(-pid)))): name a POSIX shell that is installed")
        }
        return LocalProcess(pid: pid, input: pipes[0], output: pipes[1], error: pipes[2])
    }
}
