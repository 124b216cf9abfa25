package import ContextualizationAPI
import Glibc
import Support

/// A communicator whose machine is this one: the same loop and framing as over SSH, in a local `sh`.
///
/// For tests of modules and recipes under different shells without a network.
package actor LocalCommunicator: Communicator {
    private let loop: EventLoop
    private let processes: LocalProcesses

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - shell: The words that start a POSIX shell, such as `["/bin/busybox", "sh"]`.
    ///   - environment: Environment of the shell, and nothing else; nil: ours.
    package init(shell: [String] = ["/bin/sh"], environment: [String: String]? = nil) {
        let loop = EventLoops.next()
        self.loop = loop
        processes = LocalProcesses(loop: loop, shell: shell, environment: environment)
    }

    isolated deinit {
        // Who forgets to close loses the shells too.
        processes.shutDown(CommunicatorError(code: .connectionLost, message: "the local shell was dropped"))
    }

    package func run(_ program: ShellProgram) async throws -> ProgramOutput {
        processes.owner = self
        return try await withTaskCancellationHandler {
            guard !Task.isCancelled else { throw CommunicatorError.cancelled(on: LocalProcesses.machine) }
            return try await processes.pool.run(program)
        } onCancel: {
            loop.call { [self] in
                assumeIsolated { actor in
                    actor.processes.shutDown(.cancelled(on: LocalProcesses.machine))
                }
            }
        }
    }

    package func close() async {
        processes.shutDown(
            CommunicatorError(
                code: .connectionLost, message: "the shell on \(LocalProcesses.machine) is closed: open a new one"))
    }
}

extension LocalCommunicator: EventHandler {
    nonisolated func descriptorReady(_ descriptor: Int32) {
        assumeIsolated { $0.processes.descriptorReady(descriptor) }
    }

    nonisolated func timerFired(_ token: UInt64) {
        assumeIsolated { $0.processes.timerFired(token) }
    }
}

/// Makes ``LocalCommunicator``s whatever the target is.
package struct LocalCommunicatorFactory: CommunicatorFactory {
    /// The words that start the shell.
    package var shell: [String]
    /// Environment of the shells; nil: ours.
    package var environment: [String: String]?

    package init(shell: [String] = ["/bin/sh"], environment: [String: String]? = nil) {
        self.shell = shell
        self.environment = environment
    }

    package func connect(to target: ConnectionTarget, timeout: Duration) async throws -> Connection {
        Connection(
            communicator: LocalCommunicator(shell: shell, environment: environment),
            endpoint: target.endpoints.first ?? Endpoint(host: "localhost"), hostKey: "")
    }
}
