package import InfrastructureModel
import Operations
import Persistence
import Support

/// What was read of infrastructures, so that who asks again and again does not read it all again.
///
/// Whoever asks sees everything that this process wrote before, and what others wrote ``freshness`` ago. Those who ask at
/// the same time share one reading. Safe from several tasks.
final class OverviewCache: Sendable {
    /// How old an answer may be about what other processes write.
    static let freshness = Duration.milliseconds(50)
    /// Machines that are kept, of all infrastructures together. One infrastructure alone may have more.
    private static let mostMachines = 20_000
    /// What nobody asked for in this time is forgotten when another one is kept.
    private static let patience = Duration.seconds(30)

    private struct Entry: Sendable {
        var stored: StoredOverview
        var reading: Reading
        var used: ContinuousClock.Instant
    }

    private struct Reading: Sendable {
        /// nil: there is none of that id.
        var shared: SharedOverview?
        /// Writes of this process before.
        var writes: Int
        /// When it began.
        var time: ContinuousClock.Instant

        func isGood(for writes: Int, at now: ContinuousClock.Instant) -> Bool {
            self.writes >= writes && time >= now - OverviewCache.freshness
        }
    }

    private struct State: Sendable {
        var entries: [InfrastructureID: Entry] = [:]
        /// Who reads it now, for those who came meanwhile.
        var readings: [InfrastructureID: Task<Reading, any Error>] = [:]
    }

    private let store: any StateStore
    /// Counts what this process has written.
    private let writes: @Sendable () -> Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = LockedValue(State())

    init(
        store: any StateStore, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        writes: @escaping @Sendable () -> Int
    ) {
        self.store = store
        self.now = now
        self.writes = writes
    }

    /// - Returns: nil: there is none of that id.
    func overview(_ id: InfrastructureID) async throws -> SharedOverview? {
        let writes = writes()
        let now = now()
        while true {
            let (reading, task) = state.withLock { state -> (Reading?, Task<Reading, any Error>?) in
                if let reading = state.entries[id]?.reading, reading.isGood(for: writes, at: now) {
                    state.entries[id]?.used = now
                    return (reading, nil)
                }
                if let task = state.readings[id] { return (nil, task) }
                let known = state.entries[id]?.stored
                // Unstructured: it is for others, too, and goes on where the first who asked goes away.
                let task = Task { try await self.read(id, since: known) }
                state.readings[id] = task
                return (nil, task)
            }
            if let reading { return reading.shared }
            if let reading = try await task?.value, reading.isGood(for: writes, at: now) { return reading.shared }
        }
    }

    /// What was read of it last, however old, for who reads what was written since.
    func known(_ id: InfrastructureID) -> StoredOverview? {
        state.withLock { $0.entries[id]?.stored }
    }

    private func read(_ id: InfrastructureID, since known: StoredOverview?) async throws -> Reading {
        var reading = Reading(writes: writes(), time: now())
        do {
            let stored = try await store.overview(id, since: known)
            reading.shared = try stored.map { try SharedOverview($0) }
            return state.withLock { state in
                state.readings[id] = nil
                guard let stored else {
                    state.entries[id] = nil
                    return reading
                }
                if let entry = state.entries[id], entry.stored.commits == stored.commits {
                    // Nothing changed: what was made of it is still good.
                    reading.shared = entry.reading.shared
                }
                state.entries[id] = Entry(stored: stored, reading: reading, used: reading.time)
                Self.forget(&state, but: id, now: reading.time)
                return reading
            }
        } catch {
            state.withLock { $0.readings[id] = nil }
            throw error
        }
    }

    private static func forget(_ state: inout State, but id: InfrastructureID, now: ContinuousClock.Instant) {
        for (other, entry) in state.entries where other != id && entry.used < now - patience {
            state.entries[other] = nil
        }
        var machines = state.entries.values.reduce(0) { $0 + $1.stored.overview.machines.count }
        while machines > mostMachines,
            let oldest = state.entries.filter({ $0.key != id }).min(by: { $0.value.used < $1.value.used })
        {
            machines -= oldest.value.stored.overview.machines.count
            state.entries[oldest.key] = nil
        }
    }
}

/// An overview that several requests read, with what is made of it for them.
package final class SharedOverview: Sendable {
    /// As it will be when the changes have begun that wait for their turn.
    package let overview: InfrastructureOverview
    private let made = LockedValue<[String: any Sendable]>([:])
    /// Forms that are kept; clients name some of them.
    private static let mostForms = 8

    init(_ stored: StoredOverview) throws {
        var overview = stored.overview
        for operation in stored.unfinished {
            try overview.foresee(operation)
            if operation.kind == .destroy { overview.infrastructure.goal = .destroyed }
        }
        self.overview = overview
    }

    /// What `make` makes of the overview, which is done once for each name. Two who come at the same time may both do it.
    package func form<Form: Sendable>(_ name: String, _ make: (InfrastructureOverview) throws -> Form) rethrows -> Form
    {
        if let known = made.withLock({ $0[name] }) as? Form { return known }
        let form = try make(overview)
        made.withLock { made in
            if made.count >= Self.mostForms { made = [:] }
            made[name] = form
        }
        return form
    }
}
