import ContextualizationAPI

/// Opens connections, directly or through others.
enum SSHDialer {
    /// An open connection and the one it goes through, to be given back after it.
    struct Dialed: Sendable {
        var link: SSHLink
        var bastion: SSHLink?
    }

    /// Connects to one peer. Cancelling stops it.
    static func open(
        _ peer: SSHLink.Peer, through jumps: [JumpHost], patience: Duration, deadline: ContinuousClock.Instant,
        bastions: BastionPool
    ) async throws -> Dialed {
        guard jumps.isEmpty else {
            return try await open(peer, behind: jumps, deadline: deadline, bastions: bastions)
        }
        var last: CommunicatorError?
        for address in try await HostResolver.addresses(of: peer.endpoint.host) {
            let link = SSHLink(peer: peer)
            do {
                try await interruptible(link, peer) {
                    try await link.open(address: address, patience: patience, deadline: deadline)
                }
                return Dialed(link: link, bastion: nil)
            } catch let error as CommunicatorError where error.code == .unreachable || error.code == .refused {
                last = last?.code == .refused ? last : error
            }
        }
        throw last ?? CommunicatorError(code: .unreachable, message: "\(peer.endpoint) has no address")
    }

    private static func open(
        _ peer: SSHLink.Peer, behind jumps: [JumpHost], deadline: ContinuousClock.Instant, bastions: BastionPool
    ) async throws -> Dialed {
        let bastion: SSHLink
        do {
            bastion = try await bastions.lease(jumps, deadline: deadline)
        } catch var error as CommunicatorError {
            let ways = jumps.map { "\($0.endpoint)" }.joined(separator: ", ")
            error.message = "\(peer.endpoint) is reached through \(ways), which fails: \(error.message)"
            throw error
        }
        do {
            let socket = try await bastion.openForward(to: peer.endpoint, deadline: deadline)
            let link = SSHLink(peer: peer)
            try await interruptible(link, peer) { try await link.open(socket: socket, deadline: deadline) }
            return Dialed(link: link, bastion: bastion)
        } catch {
            await bastions.release(jumps, bastion)
            throw error
        }
    }

    private static func interruptible(
        _ link: SSHLink, _ peer: SSHLink.Peer, _ body: () async throws -> Void
    ) async throws {
        let cancelled = CommunicatorError(code: .cancelled, message: "connecting to \(peer.name) was cancelled")
        try await withTaskCancellationHandler {
            try await body()
        } onCancel: {
            link.interrupt(cancelled)
        }
    }
}
