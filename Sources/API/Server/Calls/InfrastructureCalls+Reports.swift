import Authorization
import Foundation
import InfrastructureModel
import Orchestration

/// Calls that IM does not have: what `gantry --server` needs to show the same as over a state folder of its own.
extension InfrastructureCalls {
    /// - Parameters:
    ///   - word: An id or a name.
    ///   - includingDestroyed: Whether a name may mean the one that was destroyed last.
    func summary(_ word: String, includingDestroyed: Bool, caller: Caller) async throws -> InfrastructureSummary {
        let id = try await manager.find(word, caller: caller, includingDestroyed: includingDestroyed)
        return try await manager.summary(of: id, caller: caller)
    }

    /// Events after a sequence number, also of a destroyed infrastructure: a part of them, none at the end.
    func events(_ id: String, after sequence: Int64, caller: Caller) async throws -> [EventReport] {
        try await manager.events(
            of: InfrastructureID(rawValue: id), after: sequence, limit: Self.mostEvents, caller: caller
        ).map(EventReport.init)
    }

    private static let mostEvents = 1000

    /// What a document would do to the infrastructure of this name.
    func plan(_ document: SentDocument, name: String, login: Login) async throws -> PlanReport {
        var request = login.deployment(document)
        request.name = name
        return PlanReport(try await manager.plan(request))
    }

    /// Makes an infrastructure of this name, or has the one that there is become as the document says. Returns when that
    /// is on record. Idempotent.
    ///
    /// - Parameters:
    ///   - removals: Machines that may go for it; with others it is refused.
    ///   - newHostKeys: Numbers of machines that may show another host key.
    func converge(
        _ document: SentDocument, name: String, removals: Set<MachineID>, newHostKeys: Set<Int>, login: Login
    ) async throws -> InfrastructureID {
        try require(.changing)
        var request = login.deployment(document)
        request.name = name
        request.agreedRemovals = removals
        request.newHostKeys = newHostKeys
        let others = try await login.others(access)
        let id = try await manager.deploy(request).infrastructure
        if !others.isEmpty { try await manager.share(id, with: others, caller: login.caller) }
        return id
    }
}
