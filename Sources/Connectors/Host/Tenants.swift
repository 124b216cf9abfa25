import ConnectorAPI
import Support

/// The processes of one connector: one for all, or one for each user (``ProcessConnector/Isolation``). Started when they are
/// needed; what a user has not used for long is ended.
final class Tenants: Sendable {
    /// Whose process it is; nil: of all.
    typealias Tenant = Credentials?

    private struct Entry {
        var supervisor: ConnectorSupervisor
        var lastUsed: ContinuousClock.Instant
    }

    private struct State {
        var entries: [Tenant: Entry] = [:]
        var isStopped = false
    }

    private let make: @Sendable () -> ConnectorSupervisor
    private let idleAfter: Duration
    private let state = LockedValue(State())

    /// - Parameters:
    ///   - idleAfter: A user's process without calls for so long is ended when the next user comes.
    ///   - make: Makes a supervisor; starts nothing.
    init(idleAfter: Duration, make: @escaping @Sendable () -> ConnectorSupervisor) {
        self.idleAfter = idleAfter
        self.make = make
    }

    /// The supervisor of a user's process.
    ///
    /// - Throws: ``ConnectorError/Code/unavailable`` after ``stop()``.
    func supervisor(of tenant: Tenant, name: String) throws -> ConnectorSupervisor {
        let (found, idle) = state.withLock { state -> (ConnectorSupervisor?, [ConnectorSupervisor]) in
            guard !state.isStopped else { return (nil, []) }
            let now = ContinuousClock.now
            if let known = state.entries[tenant]?.supervisor {
                state.entries[tenant]?.lastUsed = now
                return (known, [])
            }
            let idle = state.entries.filter { $0.key != nil && $0.value.lastUsed.advanced(by: idleAfter) <= now }
            for key in idle.keys { state.entries[key] = nil }
            let new = make()
            state.entries[tenant] = Entry(supervisor: new, lastUsed: now)
            return (new, idle.values.map(\.supervisor))
        }
        guard let found else {
            throw ConnectorError(code: .unavailable, message: "connector '\(name)' is stopped")
        }
        for supervisor in idle {
            // Unstructured: who comes need not wait for the end of who left.
            Task { await supervisor.stop() }
        }
        return found
    }

    /// All that exist now, that of all users first.
    var all: [ConnectorSupervisor] {
        state.withLock { state in
            state.entries.sorted { $0.key == nil && $1.key != nil }.map(\.value.supervisor)
        }
    }

    /// Ends all processes for good. Idempotent.
    func stop() async {
        let supervisors = state.withLock { state in
            state.isStopped = true
            return state.entries.values.map(\.supervisor)
        }
        await withTaskGroup(of: Void.self) { group in
            for supervisor in supervisors { group.addTask { await supervisor.stop() } }
        }
    }
}
