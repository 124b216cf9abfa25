package import ContextualizationAPI

/// A ``Communicator`` over one SSH connection. Made by ``SSHCommunicatorFactory``.
///
/// Concurrent use is allowed: programs queue up. Cancelling a call closes the connection; the machine then kills the
/// program that runs. All work is done on a shared event loop.
package final class SSHCommunicator: Communicator {
    private let link: SSHLink
    private let bastion: SSHLink?
    private let jumps: [JumpHost]
    private let bastions: BastionPool

    init(_ dialed: SSHDialer.Dialed, jumps: [JumpHost], bastions: BastionPool) {
        link = dialed.link
        bastion = dialed.bastion
        self.jumps = jumps
        self.bastions = bastions
    }

    package func run(_ program: ShellProgram) async throws -> ProgramOutput {
        try await link.run(program)
    }

    package func close() async {
        guard await link.close(), let bastion else { return }
        await bastions.release(jumps, bastion)
    }
}
