import Authorization
import Foundation
import InfrastructureModel
import Operations
import Orchestration

/// Calls that change what is there.
extension InfrastructureCalls {
    /// Makes an infrastructure, and returns when its machines are launched. It belongs to every user that the request names.
    /// - Parameter isAsynchronous: Return when it is on record.
    func create(_ document: SentDocument, isAsynchronous: Bool, login: Login) async throws -> InfrastructureID {
        try require(.changing)
        let others = try await login.others(access)
        let submitted = try await manager.deploy(login.deployment(document))
        if !others.isEmpty {
            try await manager.share(submitted.infrastructure, with: others, caller: login.caller)
        }
        if !isAsynchronous { try await manager.waitUntilLaunched(submitted, caller: login.caller) }
        return submitted.infrastructure
    }

    /// Adds what a document deploys, and returns the new machines when they are launched, or soon where others come
    /// first.
    func add(
        _ document: SentDocument, to id: String, contextualizes: Bool, login: Login
    ) async throws -> [MachineID] {
        try require(.changing)
        let update = InfrastructureUpdate(InfrastructureID(rawValue: id), .add, contextualizes: contextualizes)
        let submitted = try await manager.deploy(login.deployment(document, update))
        try await manager.waitUntilLaunched(submitted, caller: login.caller)
        return submitted.added
    }

    /// Removes machines, and returns when they are gone, or soon where others come first.
    func remove(_ numbers: Set<Int>, of id: String, contextualizes: Bool, login: Login) async throws {
        try require(.changing)
        let snapshot = try await snapshot(id, caller: login.caller)
        for number in numbers.sorted() { _ = try Self.machine(number, of: snapshot) }
        let update = InfrastructureUpdate(
            InfrastructureID(rawValue: id), .remove(numbers), contextualizes: contextualizes)
        let submitted = try await manager.deploy(login.deployment(.radl(""), update))
        try await manager.waitUntilRemoved(submitted, numbers, caller: login.caller)
    }

    /// Takes recipes, applications and credentials of a document that may be empty, and has machines configured again.
    /// Returns when that is on record.
    /// - Parameter numbers: Of machines; nil: all.
    func reconfigure(_ document: SentDocument, _ id: String, numbers: Set<Int>?, login: Login) async throws {
        try require(.changing)
        let update = InfrastructureUpdate(InfrastructureID(rawValue: id), .reconfigure(numbers))
        _ = try await manager.deploy(login.deployment(document, update))
    }

    /// Starts, stops or reboots, and returns when it is done, or soon where others come first.
    /// - Parameter number: Of the machine; nil: all.
    func change(_ call: PowerCall, _ id: String, number: String? = nil, login: Login) async throws {
        try require(.changing)
        try await renewCredentials(id, login: login)
        var machines: Set<Int>?
        if let number { machines = [try await self.number(id, number, caller: login.caller)] }
        let submitted = try await manager.change(
            call, InfrastructureID(rawValue: id), machines: machines, caller: login.caller, queues: true)
        guard try await manager.waitForTurn(of: submitted) else { return }
        let operation = try await manager.waitForEnd(of: submitted)
        guard operation.status != .succeeded else { return }
        let what = number == nil ? "the infrastructure" : "the VM"
        throw FailedCall(message: "Error \(call.participle) \(what): \(operation.error ?? "it was ended")")
    }

    /// Destroys, and returns when everything is gone.
    /// - Parameter isAsynchronous: Return when it is on record.
    func destroy(_ id: String, isAsynchronous: Bool, login: Login) async throws {
        try require(.destroying)
        try await renewCredentials(id, login: login)
        guard let submitted = try await manager.destroy(InfrastructureID(rawValue: id), caller: login.caller) else {
            // As for one that never was.
            throw ManagerError(code: .destroyed, message: "Invalid infrastructure ID or access not granted.")
        }
        if isAsynchronous { return }
        let operation = try await manager.waitForEnd(of: submitted)
        if operation.status != .succeeded {
            throw FailedCall(message: "Error destroying the infrastructure: \n\(operation.error ?? "")")
        }
    }

    /// Numbers of machines with commas between; nil where it is something else.
    static func numbers(_ text: String) -> Set<Int>? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map {
            Int($0.trimmingCharacters(in: .whitespaces))
        }
        guard !parts.contains(nil), !parts.isEmpty else { return nil }
        return Set(parts.compactMap(\.self))
    }
}

extension PowerCall {
    fileprivate var participle: String {
        switch self {
        case .start: "starting"
        case .stop: "stopping"
        case .reboot: "rebooting"
        }
    }
}
