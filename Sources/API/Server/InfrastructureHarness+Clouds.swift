import Foundation
import Hummingbird
import Orchestration

/// Requests about clouds and statistics.
extension InfrastructureHarness {
    private static let cloudPrefix = "Error getting cloud info"

    func images(_ request: Request, cloud: String) async throws -> Response {
        let login = try await login(request, Self.cloudPrefix)
        try Accept.requireJSON(request)
        var filters: [String: String] = [:]
        if let text = request.uri.queryParameters["filters"] {
            guard let read = InfrastructureCalls.filters(String(text)) else {
                throw RESTError(.badRequest, "Invalid format in filters parameter.")
            }
            filters = read
        }
        return try await failing(Self.cloudPrefix) {
            .json(["images": try await calls.images(of: cloud, filters: filters, login: login)])
        }
    }

    func quotas(_ request: Request, cloud: String) async throws -> Response {
        let login = try await login(request, Self.cloudPrefix)
        try Accept.requireJSON(request)
        return try await failing(Self.cloudPrefix) {
            let quotas = try await calls.quotas(of: cloud, login: login)
            let values = Dictionary(quotas.map { ($0.name, Quota(used: $0.used, limit: $0.limit)) }) { $1 }
            return .json(["quotas": values])
        }
    }

    private struct Quota: Encodable {
        var used: Int64
        var limit: Int64
    }

    /// JSON, or a table where the caller rather reads that.
    func statistics(_ request: Request) async throws -> Response {
        let prefix = "Error getting stats"
        let caller = try await caller(request, prefix)
        let start = try day(request, "init_date")
        let end = try day(request, "end_date")
        let isTable = try Accept.prefersTable(request)
        return try await failing(prefix) {
            let rows = try await calls.statistics(from: start, through: end, caller: caller)
            return isTable ? .text(StatisticsRow.table(rows), type: "text/csv") : .json(["stats": rows])
        }
    }

    private func day(_ request: Request, _ name: String) throws -> Date? {
        guard let text = request.uri.queryParameters[Substring(name)], !text.isEmpty else { return nil }
        guard let day = InfrastructureCalls.day(String(text)) else {
            throw RESTError(.badRequest, "Incorrect format in \(name) parameter: YYYY/MM/dd")
        }
        return day
    }
}
