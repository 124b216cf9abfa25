import Authorization
import Foundation
import HTTPTypes
import Hummingbird
import InfrastructureModel
import Operations
import Orchestration

/// Requests that change what is there.
extension InfrastructureHarness {
    // MARK: Machines that come and go

    /// Adds what a document deploys, and answers with the new machines when they are launched.
    func add(_ request: Request, id: String) async throws -> Response {
        let (caller, items) = try caller(request)
        let prefix = "Error Adding resources"
        let contextualizes = try flag(request, "context", default: true)
        let form = try Accept.form(request, own: "text/uri-list")
        let document = try await DocumentBody(logger: logger).read(request, prefix: prefix)
        return try await failing(prefix) {
            let submitted = try await manager.deploy(
                deployment(
                    document, items, caller,
                    InfrastructureUpdate(InfrastructureID(rawValue: id), .add, contextualizes: contextualizes)))
            try await manager.waitUntilLaunched(submitted, caller: caller)
            return links(
                request, form, submitted.added.map { "\(base(request))/infrastructures/\(id)/vms/\($0.number)" })
        }
    }

    /// - Parameter numbers: Of machines, with commas.
    func remove(_ request: Request, id: String, numbers: String) async throws -> Response {
        let (caller, items) = try caller(request)
        let prefix = "Error Removing resources"
        let contextualizes = try flag(request, "context", default: true)
        return try await failing(prefix) {
            guard let numbers = Self.numbers(numbers) else { throw RESTError(.notFound, "\(prefix): Invalid VM ID") }
            let submitted = try await manager.deploy(
                deployment(
                    .document(""), items, caller,
                    InfrastructureUpdate(
                        InfrastructureID(rawValue: id), .remove(numbers), contextualizes: contextualizes)))
            try await manager.waitUntilRemoved(submitted, numbers, caller: caller)
            return .text("")
        }
    }

    /// Takes recipes, applications and credentials of a document that may be empty, and has machines configured again.
    func reconfigure(_ request: Request, id: String) async throws -> Response {
        let (caller, items) = try caller(request)
        let prefix = "Error reconfiguring infrastructure"
        var numbers: Set<Int>?
        if let list = request.uri.queryParameters["vm_list"] {
            numbers = Self.numbers(String(list))
            if numbers == nil { throw RESTError(.badRequest, "Incorrect vm_list format.") }
        }
        let document = try await DocumentBody(logger: logger).read(request, prefix: prefix)
        return try await failing(prefix) {
            let submitted = try await manager.deploy(
                deployment(
                    document, items, caller,
                    InfrastructureUpdate(InfrastructureID(rawValue: id), .reconfigure(numbers))))
            return .text("", headers: [.infrastructureID: submitted.infrastructure.rawValue])
        }
    }

    /// Numbers with commas between; nil where it is something else.
    private static func numbers(_ text: String) -> Set<Int>? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map {
            Int($0.trimmingCharacters(in: .whitespaces))
        }
        guard !parts.contains(nil), !parts.isEmpty else { return nil }
        return Set(parts.compactMap(\.self))
    }

    // MARK: Power

    /// Starts, stops or reboots, and answers when it is done.
    ///
    /// - Parameter number: Of the machine; nil: all.
    func change(_ call: PowerCall, _ request: Request, id: String, number: String? = nil) async throws -> Response {
        let caller = try caller(request).caller
        let prefix = number == nil ? "Error in \(call.rawValue) operation" : "Error in \(call.rawValue) op in VM"
        return try await failing(prefix) {
            var machines: Set<Int>?
            if let number { machines = [try await find(id, number, caller).1.id.number] }
            let submitted = try await manager.change(
                call, InfrastructureID(rawValue: id), machines: machines, caller: caller)
            let operation = try await manager.waitForEnd(of: submitted)
            if operation.status != .succeeded {
                throw RESTError(.badRequest, "\(prefix): \(operation.error ?? "it was ended")")
            }
            return .text("")
        }
    }
}
