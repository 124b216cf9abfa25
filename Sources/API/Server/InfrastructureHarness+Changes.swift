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
        let prefix = "Error Adding resources"
        let login = try await login(request, prefix)
        let contextualizes = try flag(request, "context", default: true)
        let form = try Accept.form(request, own: "text/uri-list")
        let document = try await DocumentBody(logger: logger).read(request, prefix: prefix)
        return try await failing(prefix) {
            let added = try await calls.add(document, to: id, contextualizes: contextualizes, login: login)
            // IM sends it to what its balancer sends to the server that configures the machines.
            return links(
                request, form, added.map { "\(base(request))/infrastructures/\(id)/vms/\($0.number)" },
                headers: contextualizes ? [.infrastructureID: id] : [:])
        }
    }

    /// - Parameter numbers: Of machines, with commas.
    func remove(_ request: Request, id: String, numbers: String) async throws -> Response {
        let prefix = "Error Removing resources"
        let login = try await login(request, prefix)
        let contextualizes = try flag(request, "context", default: true)
        return try await failing(prefix) {
            guard let numbers = InfrastructureCalls.numbers(numbers.removingPercentEncoding ?? numbers) else {
                throw RESTError(.notFound, "\(prefix): Invalid VM ID")
            }
            try await calls.remove(numbers, of: id, contextualizes: contextualizes, login: login)
            return .text("")
        }
    }

    /// Takes recipes, applications and credentials of a document that may be empty, and has machines configured again.
    func reconfigure(_ request: Request, id: String) async throws -> Response {
        let prefix = "Error reconfiguring infrastructure"
        let login = try await login(request, prefix)
        var numbers: Set<Int>?
        if let list = request.uri.queryParameters["vm_list"] {
            numbers = InfrastructureCalls.numbers(String(list))
            if numbers == nil { throw RESTError(.badRequest, "Incorrect vm_list format.") }
        }
        let document = try await DocumentBody(logger: logger).read(request, prefix: prefix)
        return try await failing(prefix) {
            try await calls.reconfigure(document, id, numbers: numbers, login: login)
            return .text("", headers: [.infrastructureID: id])
        }
    }

    // MARK: Power

    /// Starts, stops or reboots, and answers when it is done.
    ///
    /// - Parameter number: Of the machine; nil: all.
    func change(_ call: PowerCall, _ request: Request, id: String, number: String? = nil) async throws -> Response {
        let prefix = number == nil ? "Error in \(call.rawValue) operation" : "Error in \(call.rawValue) op in VM"
        let login = try await login(request, prefix)
        return try await failing(prefix) {
            try await calls.change(call, id, number: number, login: login)
            return .text("")
        }
    }
}
