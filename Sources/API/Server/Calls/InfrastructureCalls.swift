import Authorization
import Foundation
import InfrastructureModel
import Orchestration
import RADL
import TOSCA

/// The calls of IM's API, whatever interface they came by: what takes more than one call of the manager, and IM's texts.
/// Interfaces decode, call, and encode. Holds no state.
///
/// Every call throws ``ManagerError``, or ``FailedCall`` for what was begun and failed.
struct InfrastructureCalls: Sendable {
    let manager: InfrastructureManager
    /// Who may do what.
    var access = AccessRules()

    /// Refuses what the service's mode does not allow (im.md 4.1, "Boot mode").
    func require(_ deed: AccessRules.Deed) throws(ManagerError) {
        guard access.allows(deed) else {
            throw ManagerError(code: .accessDenied, message: "Function currently disabled.")
        }
    }

    // MARK: Infrastructures

    /// The caller's infrastructures, oldest first.
    /// - Parameter filter: A regular expression that is found in their RADL or TOSCA; empty: all of them.
    func list(filter: String = "", caller: Caller) async throws -> [InfrastructureID] {
        let ids = try await manager.infrastructures(caller: caller).map(\.id)
        guard !filter.isEmpty else { return ids }
        guard let pattern = LinearPattern(filter, instructions: 300) else {
            throw ManagerError(
                code: .invalidDocument,
                message: "the filter is no regular expression that is read here: a short one, without references to "
                    + "groups and without looking around")
        }
        var found: [InfrastructureID] = []
        for id in ids {
            do {
                let radl = try await radl(id.rawValue, caller: caller)
                var isFound = pattern.isFound(in: radl)
                if !isFound, let template = try await manager.template(of: id, caller: caller) {
                    isFound = pattern.isFound(in: template)
                }
                if isFound { found.append(id) }
            } catch let error as ManagerError where [.destroyed, .notFound].contains(error.code) {
                // It went meanwhile.
                continue
            }
        }
        return found
    }

    func snapshot(_ id: String, caller: Caller) async throws -> InfrastructureSnapshot {
        try await manager.snapshot(InfrastructureID(rawValue: id), caller: caller)
    }

    /// For what is asked again and again.
    func overview(_ id: String, caller: Caller) async throws -> SharedOverview {
        try await manager.overview(InfrastructureID(rawValue: id), caller: caller)
    }

    /// The stored document.
    func radl(_ id: String, caller: Caller) async throws -> String {
        try MachineDocument.document(of: try await snapshot(id, caller: caller)).text(style: .im)
    }

    func contextualizationMessage(_ id: String, headerOnly: Bool, caller: Caller) async throws -> String {
        let snapshot = try await snapshot(id, caller: caller)
        var events = try await events(snapshot.infrastructure.id, caller)
        if let event = snapshot.overview.withoutDeploy(after: events.last?.time) { events.append(event) }
        let logs = headerOnly ? nil : try await manager.contextualizationLogs(of: snapshot)
        let listed = snapshot.machines.filter(\.isListed)
        let isDisabled = !listed.isEmpty && listed.allSatisfy { $0.configuration == .disabled }
        return (isDisabled ? ContextualizationMessage.disabled : "") + ContextualizationMessage.text(events, logs: logs)
    }

    /// Names of the users that an infrastructure belongs to.
    func owners(_ id: String, caller: Caller) async throws -> [String] {
        try await overview(id, caller: caller).overview.infrastructure.owners.map(\.username)
    }

    // MARK: Machines

    func machine(
        _ id: String, _ number: String, caller: Caller
    ) async throws -> (snapshot: InfrastructureSnapshot, machine: MachineRecord) {
        let snapshot = try await snapshot(id, caller: caller)
        guard let number = Self.number(number) else { throw Self.noMachine }
        return (snapshot, try Self.machine(number, of: snapshot))
    }

    /// The number of a machine that is there.
    func number(_ id: String, _ number: String, caller: Caller) async throws -> Int {
        let overview = try await overview(id, caller: caller).overview
        guard let number = Self.number(number) else { throw Self.noMachine }
        return try Self.machine(number, of: overview).id.number
    }

    /// As it stands in a path: with blanks around it, where a client joined a list so.
    private static func number(_ text: String) -> Int? {
        Int((text.removingPercentEncoding ?? text).trimmingCharacters(in: .whitespaces))
    }

    static func machine(_ number: Int, of snapshot: InfrastructureSnapshot) throws(ManagerError) -> MachineRecord {
        try machine(number, of: snapshot.overview)
    }

    /// A machine that is there.
    static func machine(_ number: Int, of overview: InfrastructureOverview) throws(ManagerError) -> MachineRecord {
        guard let machine = overview.machines.first(where: { $0.id.number == number }) else { throw noMachine }
        guard machine.isListed else { throw ManagerError(code: .notFound, message: "Deleted VM.") }
        return machine
    }

    private static let noMachine = ManagerError(code: .notFound, message: "Invalid VM ID")

    /// A machine's networks and system.
    func machineDocument(_ id: String, _ number: String, caller: Caller) async throws -> RADLDocument {
        let (snapshot, machine) = try await machine(id, number, caller: caller)
        return try MachineDocument.make(machine, of: snapshot)
    }

    /// A feature of a machine's system; nil where there is none of that name.
    func property(_ id: String, _ number: String, _ name: String, caller: Caller) async throws -> PropertyValue? {
        let features = try await machineDocument(id, number, caller: caller).systems.first?.features
        return features.flatMap { PropertyValue(name, in: $0) }
    }

    func machineContextualizationMessage(_ id: String, _ number: String, caller: Caller) async throws -> String {
        let (snapshot, machine) = try await machine(id, number, caller: caller)
        let events = try await events(snapshot.infrastructure.id, caller).filter { $0.machine == machine.id }
        let logs = try await manager.contextualizationLogs(of: snapshot, machine: machine.id)
        return ContextualizationMessage.machineText(events, logs: logs)
            + (machine.configuration == .disabled ? ContextualizationMessage.disabledMachine : "")
    }

    private func events(_ id: InfrastructureID, _ caller: Caller) async throws -> [InfrastructureEvent] {
        var events: [InfrastructureEvent] = []
        while true {
            let page = try await manager.events(of: id, after: events.last?.sequence ?? 0, caller: caller)
            events += page
            if page.isEmpty { return events }
        }
    }
}

/// What was begun and failed: IM's text of the call with the reason.
struct FailedCall: Error, Sendable, CustomStringConvertible {
    var message: String

    var description: String { message }
}
