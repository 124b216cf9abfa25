import ContextualizationAPI

/// Keeps one connection for each way through machines in between, however many machines are behind them: a bastion's sshd
/// limits logins at a time (MaxStartups), not forwards in a login.
actor BastionPool {
    private struct Entry {
        let dialed: Task<SSHDialer.Dialed, any Error>
        var users = 0
        /// Who waits for the connection.
        var waiters: Set<Int> = []
    }

    private var entries: [[JumpHost]: Entry] = [:]
    private let advice: String
    private var nextWaiter = 0

    init(hostKeyAdvice: String) {
        advice = hostKeyAdvice
    }

    /// The open connection to the last of the jumps. Each lease is given back with ``release(_:)``.
    func lease(_ jumps: [JumpHost], deadline: ContinuousClock.Instant) async throws -> SSHLink {
        if let entry = entries[jumps] {
            // A connection that was lost is replaced; those who still hold it lose their own with it.
            if let link = try? await entry.dialed.value.link, await !link.isOpen { entries[jumps] = nil }
        }
        if entries[jumps] == nil {
            // Not structured: the connection belongs to all who wait for it, and is not to fail when the first gives up.
            // It ends by the deadline, or when all have given up.
            let dialed = Task { [advice] in try await Self.open(jumps, deadline: deadline, advice: advice, pool: self) }
            entries[jumps] = Entry(dialed: dialed)
        }
        guard let entry = entries[jumps] else { throw CancellationError() }
        let waiter = nextWaiter
        nextWaiter += 1
        entries[jumps]?.waiters.insert(waiter)
        do {
            let link = try await withTaskCancellationHandler {
                try await entry.dialed.value.link
            } onCancel: {
                // Not structured: there is nothing to wait for.
                Task { await self.abandon(jumps, entry.dialed, waiter) }
            }
            if entries[jumps]?.dialed == entry.dialed {
                entries[jumps]?.waiters.remove(waiter)
                entries[jumps]?.users += 1
            }
            return link
        } catch {
            if entries[jumps]?.dialed == entry.dialed { entries[jumps] = nil }
            throw error
        }
    }

    /// The host keys that machines in between showed, as far as their connections are still there.
    func hostKeys(_ jumps: [JumpHost]) async -> [String] {
        var keys: [String] = []
        for count in 1...max(1, jumps.count) where count <= jumps.count {
            guard let entry = entries[Array(jumps.prefix(count))], let link = try? await entry.dialed.value.link
            else { return keys }
            keys.append(await link.hostKey)
        }
        return keys
    }

    /// One of those who wait has given up; the last one ends the attempt.
    private func abandon(_ jumps: [JumpHost], _ dialed: Task<SSHDialer.Dialed, any Error>, _ waiter: Int) {
        guard let entry = entries[jumps], entry.dialed == dialed, entry.waiters.contains(waiter) else { return }
        entries[jumps]?.waiters.remove(waiter)
        guard entry.waiters.count == 1, entry.users == 0 else { return }
        entries[jumps] = nil
        dialed.cancel()
    }

    /// Gives a lease back; the last one closes the connection.
    func release(_ jumps: [JumpHost], _ link: SSHLink) async {
        guard let entry = entries[jumps], let dialed = try? await entry.dialed.value, dialed.link === link else {
            // It was lost and replaced.
            _ = await link.close()
            return
        }
        entries[jumps]?.users -= 1
        guard let left = entries[jumps]?.users, left <= 0 else { return }
        entries[jumps] = nil
        _ = await link.close()
        if let below = dialed.bastion { await release(Array(jumps.dropLast()), below) }
    }

    private static func open(
        _ jumps: [JumpHost], deadline: ContinuousClock.Instant, advice: String, pool: BastionPool
    ) async throws -> SSHDialer.Dialed {
        guard let last = jumps.last else {
            throw CommunicatorError(code: .protocolViolation, message: "a way through no machine was asked for")
        }
        let peer = SSHLink.Peer(
            endpoint: last.endpoint, user: last.user, authentications: last.authentications, hostKey: last.hostKey,
            hostKeyAdvice: last.hostKeyAdvice ?? advice)
        return try await SSHDialer.open(
            peer, through: Array(jumps.dropLast()), patience: .seconds(30), deadline: deadline, bastions: pool)
    }
}
