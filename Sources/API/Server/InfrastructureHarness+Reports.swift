import Foundation
import Hummingbird
import InfrastructureModel
import Orchestration

/// Requests that IM does not have.
extension InfrastructureHarness {
    private static let prefix = "Error Getting Inf. prop"

    func summary(_ request: Request, id: String) async throws -> Response {
        let caller = try await login(request, Self.prefix).caller
        try Accept.requireJSON(request)
        let includesDestroyed = try flag(request, "destroyed")
        // A name may have any character.
        let id = id.removingPercentEncoding ?? id
        return try await failing(Self.prefix) {
            .report(
                Summary(summary: try await calls.summary(id, includingDestroyed: includesDestroyed, caller: caller)))
        }
    }

    func summaries(_ request: Request) async throws -> Response {
        let caller = try await login(request, "Error Getting Inf. List").caller
        try Accept.requireJSON(request)
        let includesDestroyed = try flag(request, "destroyed")
        return try await failing("Error Getting Inf. List") {
            .report(
                Summaries(
                    summaries: try await calls.manager.summaries(
                        caller: caller, includingDestroyed: includesDestroyed)))
        }
    }

    func events(_ request: Request, id: String) async throws -> Response {
        let caller = try await login(request, Self.prefix).caller
        try Accept.requireJSON(request)
        let after = request.uri.queryParameters["after"].map { Int64($0) } ?? 0
        guard let after, after >= 0 else {
            throw RESTError(.badRequest, "\(Self.prefix): 'after' is the sequence number of an event")
        }
        return try await failing(Self.prefix) {
            .report(Events(events: try await calls.events(id, after: after, caller: caller)))
        }
    }

    /// What a request of a name asks for.
    func plan(_ request: Request, _ document: SentDocument, name: String, login: Login) async throws -> Response {
        .report(Plan(plan: try await calls.plan(document, name: name, login: login)))
    }

    /// Numbers of machines in a parameter of the query.
    func numbers(_ request: Request, _ name: String) throws -> Set<Int> {
        guard let list = request.uri.queryParameters[Substring(name)], !list.isEmpty else { return [] }
        guard let numbers = InfrastructureCalls.numbers(String(list)) else {
            throw RESTError(.badRequest, "Incorrect value in \(name) parameter")
        }
        return numbers
    }

    /// Machines in a parameter of the query, by their ids: of which infrastructure they are is part of what was agreed to.
    func machines(_ request: Request, _ name: String) -> Set<MachineID> {
        let list = request.uri.queryParameters[Substring(name)] ?? ""
        return Set(list.split(separator: ",").map { MachineID(rawValue: String($0)) })
    }

    private struct Summary: Encodable { var summary: InfrastructureSummary }
    private struct Summaries: Encodable { var summaries: [InfrastructureSummary] }
    private struct Events: Encodable { var events: [EventReport] }
    private struct Plan: Encodable { var plan: PlanReport }
}

extension Response {
    /// JSON with times as ISO 8601 has them.
    fileprivate static func report(_ value: some Encodable) -> Response {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        let data = (try? encoder.encode(value)) ?? Data("null".utf8)
        return .rawJSON(String(decoding: data, as: UTF8.self))
    }
}
