import Foundation
import InfrastructureModel
import Orchestration

/// Calls about clouds, and about what a document would need of them.
extension InfrastructureCalls {
    func images(of cloud: String, filters: [String: String], login: Login) async throws -> [CloudImage] {
        try await manager.images(of: cloud, among: login.clouds, filters: filters)
    }

    /// Filters as IM's clients write them, `distribution=ubuntu,version=22.04`; nil where it is something else.
    static func filters(_ text: String) -> [String: String]? {
        var filters: [String: String] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { return nil }
            filters[pair[0].trimmingCharacters(in: .whitespaces)] = pair[1].trimmingCharacters(in: .whitespaces)
        }
        return filters
    }

    /// Limits and use of an account, sizes in GiB as IM has them.
    func quotas(of cloud: String, login: Login) async throws -> [CloudQuota] {
        try await manager.quotas(of: cloud, among: login.clouds).map { quota in
            guard quota.isSize else { return quota }
            func gibibytes(_ bytes: Int64) -> Int64 { bytes < 0 ? bytes : bytes >> 30 }
            return CloudQuota(name: quota.name, used: gibibytes(quota.used), limit: gibibytes(quota.limit))
        }
    }

    /// What a new infrastructure would use, by the ids of its clouds.
    func estimate(_ document: SentDocument, login: Login) async throws -> [String: EstimateBody] {
        let estimates = try await manager.estimate(login.deployment(document))
        return Dictionary(estimates.map { ($0.cloudID, EstimateBody($0)) }) { $1 }
    }

    // MARK: Statistics

    /// A day as IM's clients write it, with `-` or `/`; nil where it is something else.
    static func day(_ text: String) -> Date? {
        let parts = text.split(whereSeparator: { $0 == "-" || $0 == "/" }).map { Int($0) }
        guard parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2],
            (1...9999).contains(year)
        else { return nil }
        let components = DateComponents(
            calendar: Self.calendar, timeZone: .gmt, year: year, month: month, day: day)
        return components.isValidDate ? components.date : nil
    }

    private static var calendar: Calendar { Calendar(identifier: .gregorian) }

    /// Figures of the caller's infrastructures that were made on these days, both included; nil: any.
    func statistics(from start: Date?, through end: Date?, caller: Caller) async throws -> [StatisticsRow] {
        try await manager.statistics(from: start, before: end?.addingTimeInterval(86_400), caller: caller)
            .map(StatisticsRow.init)
    }
}
