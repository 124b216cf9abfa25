package import ContextualizationAPI

/// Opens SSH connections through libssh, all of them on a few event-loop threads.
///
/// Machines in between are connected once for all machines behind them, as long as one is open.
package struct SSHCommunicatorFactory: CommunicatorFactory {
    private let hostKeyAdvice: String
    private let bastions: BastionPool

    /// - Parameter hostKeyAdvice: Ends the message about a changed host key: how to forget the pinned one.
    package init(
        hostKeyAdvice: String = "if the machine was reinstalled on purpose, forget its pinned key and connect again"
    ) {
        self.hostKeyAdvice = hostKeyAdvice
        bastions = BastionPool(hostKeyAdvice: hostKeyAdvice)
    }

    package func connect(to target: ConnectionTarget, timeout: Duration) async throws -> Connection {
        let deadline = ContinuousClock.now.advanced(by: timeout)
        var failure = CommunicatorError(
            code: .unreachable, message: "the machine of user \"\(target.user)\" has no address to connect to")
        for (index, endpoint) in target.endpoints.enumerated() {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { break }
            let others = target.endpoints.count - index
            let peer = SSHLink.Peer(
                endpoint: endpoint, user: target.user, authentications: target.authentications,
                hostKey: target.hostKey, hostKeyAdvice: target.hostKeyAdvice ?? hostKeyAdvice,
                shellTimeout: target.shellTimeout)
            do {
                // An address that never answers must leave time for the next ones.
                let dialed = try await SSHDialer.open(
                    peer, through: target.jumps, patience: others > 1 ? left / others : left, deadline: deadline,
                    bastions: bastions)
                let key = await dialed.link.hostKey
                let jumpKeys = target.jumps.isEmpty ? [] : await bastions.hostKeys(target.jumps)
                return Connection(
                    communicator: SSHCommunicator(dialed, jumps: target.jumps, bastions: bastions),
                    endpoint: endpoint, hostKey: key, jumpKeys: jumpKeys)
            } catch let error as CommunicatorError {
                guard error.code != .cancelled, !Task.isCancelled else { throw error }
                if index == 0 || error.code.weight >= failure.code.weight { failure = error }
            }
        }
        throw failure
    }

    package func executor() -> (any TaskExecutor)? {
        EventLoops.nextExecutor()
    }
}

extension CommunicatorError.Code {
    /// How much an error tells about a machine with several addresses: the greatest is reported.
    fileprivate var weight: Int {
        switch self {
        case .hostKeyChanged: 5
        case .authenticationFailed: 4
        case .timeout: 3
        case .refused: 2
        case .unreachable: 1
        default: 3
        }
    }
}
