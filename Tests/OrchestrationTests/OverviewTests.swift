import Foundation
import InfrastructureModel
import Operations
import Persistence
import Support
import Testing

@testable import Orchestration

/// What is kept between requests, and is never older than what was done.
@Suite struct OverviewTests {
    /// As a client that asks after each change of its own.
    @Test func whatThisProcessDidIsSeenAtOnce() async throws {
        let fixture = try Fixture()
        let (created, _) = try await fixture.deploy(Fixture.document(3))
        let id = created.infrastructure
        func states() async throws -> [MachineState] {
            let shared = try await fixture.manager.overview(id, caller: .local)
            let snapshot = try await fixture.manager.snapshot(id, caller: .local)
            #expect(shared.overview == snapshot.overview)
            return shared.overview.machines.map(\.state)
        }
        #expect(try await states() == [.configured, .configured, .configured])
        for round in 0..<20 {
            let call: PowerCall = round.isMultiple(of: 2) ? .stop : .start
            let change = try await fixture.manager.change(call, id, machines: [1], caller: .local)
            _ = try await fixture.manager.follow(change)
            #expect(try await states()[1] == (round.isMultiple(of: 2) ? .stopped : .configured))
        }
        // Queued, not begun: told as it will be.
        var request = fixture.request("")
        request.update = InfrastructureUpdate(id, .remove([0]))
        let removal = try await fixture.manager.deploy(request)
        #expect(try await states()[0] == .deleting)
        #expect(try await fixture.manager.follow(removal).status == .succeeded)
        #expect(try await states()[0] == .off)
        _ = try await fixture.destroy(id)
        await #expect {
            try await fixture.manager.overview(id, caller: .local)
        } throws: {
            ($0 as? ManagerError)?.code == .destroyed
        }
    }

    @Test func formsAreMadeOnceForEachState() async throws {
        let fixture = try Fixture()
        let (created, _) = try await fixture.deploy(Fixture.document(2))
        let made = LockedValue(0)
        func form() async throws -> Int {
            try await fixture.manager.overview(created.infrastructure, caller: .local).form("count") { overview in
                made.withLock { $0 += 1 }
                return overview.machines.count
            }
        }
        for _ in 0..<5 { #expect(try await form() == 2) }
        #expect(made.withLock { $0 } == 1)
        _ = try await fixture.manager.change(.stop, created.infrastructure, caller: .local)
        #expect(try await form() == 2)
        #expect(made.withLock { $0 } == 2)
    }

    @Test func whatAnotherProcessDidIsSeenWhenItIsTime() async throws {
        let fixture = try Fixture()
        let (created, _) = try await fixture.deploy(Fixture.document(1))
        let id = created.infrastructure
        let clock = LockedValue(ContinuousClock.now)
        let cache = OverviewCache(store: fixture.store, now: { clock.withLock { $0 } }, writes: { 0 })
        func state() async throws -> MachineState? {
            try await cache.overview(id)?.overview.machines.first?.state
        }
        #expect(try await state() == .configured)
        _ = try await fixture.manager.follow(try await fixture.manager.change(.stop, id, caller: .local))
        #expect(try await state() == .configured)
        clock.withLock { $0 += OverviewCache.freshness }
        #expect(try await state() == .configured)
        clock.withLock { $0 += .milliseconds(1) }
        #expect(try await state() == .stopped)
    }

    /// Of a hundred who ask at the same time one reads.
    @Test func oneReadsForAll() async throws {
        let fixture = try Fixture()
        let (created, _) = try await fixture.deploy(Fixture.document(1))
        let id = created.infrastructure
        let seen = try await withThrowingTaskGroup(of: ObjectIdentifier.self) { group in
            for _ in 0..<100 {
                group.addTask { ObjectIdentifier(try await fixture.manager.overview(id, caller: .local)) }
            }
            return try await group.reduce(into: Set<ObjectIdentifier>()) { $0.insert($1) }
        }
        #expect(seen.count == 1)
    }

    @Test func othersAreRefused() async throws {
        let fixture = try Fixture()
        let (created, _) = try await fixture.deploy(Fixture.document(1))
        _ = try await fixture.manager.overview(created.infrastructure, caller: .local)
        for (id, code) in [(created.infrastructure, ManagerError.Code.accessDenied), (.random(), .notFound)] {
            await #expect {
                try await fixture.manager.overview(id, caller: .user("eve", .password(Secret("x"))))
            } throws: {
                ($0 as? ManagerError)?.code == code
            }
        }
    }
}
