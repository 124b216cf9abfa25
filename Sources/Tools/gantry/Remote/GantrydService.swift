import Foundation
import HTTPTransport
import InfrastructureModel
import Operations
import Orchestration
import Support

/// A gantryd: it has names, plans, summaries and events as a state folder has them, beside IM's interface.
struct GantrydService: RemoteService {
    let server: RemoteServer
    let words: [String]

    private struct Summary: Decodable { var summary: InfrastructureSummary }
    private struct Summaries: Decodable { var summaries: [InfrastructureSummary] }
    private struct Events: Decodable { var events: [EventReport] }
    private struct Plan: Decodable { var plan: PlanReport }

    // MARK: Reading

    func summaries(includingDestroyed: Bool) async throws -> [InfrastructureSummary] {
        try await server.ask(
            .init(.get, ["summaries"], query: includingDestroyed ? [("destroyed", "yes")] : []), for: Summaries.self
        ).summaries
    }

    func find(_ word: String, includingDestroyed: Bool) async throws -> InfrastructureSummary {
        try await server.ask(
            .init(
                .get, ["infrastructures", word, "summary"], query: includingDestroyed ? [("destroyed", "yes")] : []),
            for: Summary.self
        ).summary
    }

    func summary(of id: InfrastructureID) async throws -> InfrastructureSummary {
        try await find(id.rawValue, includingDestroyed: true)
    }

    func events(of id: InfrastructureID, after sequence: Int64) async throws -> [InfrastructureEvent] {
        try await server.ask(
            .init(.get, ["infrastructures", id.rawValue, "events"], query: [("after", String(sequence))]),
            for: Events.self
        ).events.map { $0.event(of: id) }
    }

    func plan(_ request: DeploymentRequest) async throws -> PlanReport {
        let call = RemoteServer.Call(
            .post, ["infrastructures"], query: [("name", request.name ?? ""), ("dry_run", "yes")],
            body: try RemoteDocument.body(request), isRepeatable: true, limit: .seconds(600))
        return try await server.ask(call, for: Plan.self).plan
    }

    // MARK: Changing

    func submit(_ request: InfrastructureRequest) async throws -> SubmittedChange? {
        var since: Int64 = 0
        var machines: Set<Int> = []
        if let id = request.infrastructure {
            let before = try await summary(of: id)
            since = before.lastEvent ?? 0
            machines = Set(before.machines.filter(\.isPresent).map(\.number))
        }
        if case .deploy(let document, let existing) = request {
            let id = try await deploy(document, existing, since)
            return SubmittedChange(infrastructure: id, kind: request.kind, machines: machines, since: since)
        }
        guard let id = request.infrastructure else { return nil }
        var change = SubmittedChange(infrastructure: id, kind: request.kind, machines: machines, since: since)
        if let call = try call(request) {
            change.call = { [server] in _ = try await server.ask(call) }
        } else if case .power(let call, _, let numbers) = request {
            let numbers = numbers ?? machines
            change.call = { try await self.change(call, id, numbers) }
        }
        if case .power(.reboot, _, nil) = request {
            // IM's interface reboots single machines only.
            let numbers = machines
            change.call = { try await self.change(.reboot, id, numbers) }
        }
        return change
    }

    /// Has a document with a name on record. A lost answer is looked for: its name says whether it was carried out.
    private func deploy(
        _ request: DeploymentRequest, _ existing: InfrastructureID?, _ since: Int64
    ) async throws -> InfrastructureID {
        let name = request.name ?? ""
        var query = [("name", name), ("async", "yes")]
        var removals = request.agreedRemovals ?? []
        if request.agreedRemovals == nil { removals = Set(try await plan(request).removed.map(\.id)) }
        if !removals.isEmpty {
            query.append(("removes", removals.map(\.rawValue).sorted().joined(separator: ",")))
        }
        if !request.newHostKeys.isEmpty { query.append(("new_host_keys", Self.list(request.newHostKeys))) }
        let call = RemoteServer.Call(
            .post, ["infrastructures"], query: query, body: try RemoteDocument.body(request), limit: .seconds(600))
        var attempts = 0
        while true {
            do {
                return try Self.id(try await server.ask(call, for: RemoteLink.self).uri)
            } catch let lost as RemoteServer.LostAnswer {
                Terminal.note("  \(lost); looking whether it was carried out")
                if let found = try await known(name), found.id != existing || isChanged(found, since) {
                    Terminal.note("  it was: '\(name)' is \(found.id)")
                    return found.id
                }
                attempts += 1
                guard attempts < 3 else {
                    throw ManagerError(
                        code: .unavailable,
                        message: "\(lost), three times; nothing is on record there. The same command asks again, and "
                            + "never makes a second '\(name)'")
                }
                Terminal.note("  nothing is on record there; asking again")
            }
        }
    }

    private func known(_ name: String) async throws -> InfrastructureSummary? {
        do {
            return try await find(name, includingDestroyed: false)
        } catch let error as ManagerError where error.code == .notFound {
            return nil
        }
    }

    private func isChanged(_ summary: InfrastructureSummary, _ since: Int64) -> Bool {
        (summary.lastEvent ?? 0) > since || !(summary.underWay ?? []).isEmpty
    }

    func finish(_ change: SubmittedChange) async throws -> ChangeEnding {
        let id = change.infrastructure
        do {
            try await change.call?()
        } catch let lost as RemoteServer.LostAnswer {
            let now = try await summary(of: id)
            guard now.isDestroyed || isChanged(now, change.since) else {
                throw ManagerError(
                    code: .unavailable,
                    message: "\(lost), and nothing new is on record there: the same command asks again")
            }
            Terminal.note("  \(lost), and something new is on record there: going on with that")
        } catch let error as ManagerError {
            let now = try await summary(of: id)
            if change.kind == .destroy, now.isDestroyed { return ChangeEnding(status: .succeeded) }
            // What was begun and failed is told as what was refused.
            guard [.invalidDocument, .unavailable].contains(error.code), (now.lastEvent ?? 0) > change.since,
                (now.underWay ?? []).isEmpty
            else { throw error }
            return ChangeEnding(status: .failed, error: now.lastFailure ?? error.message)
        }
        while true {
            let now = try await summary(of: id)
            if now.isDestroyed {
                return ChangeEnding(status: change.kind == .destroy ? .succeeded : .cancelled)
            }
            if (now.underWay ?? []).isEmpty {
                return now.lastFailure.map { ChangeEnding(status: .failed, error: $0) }
                    ?? ChangeEnding(status: .succeeded)
            }
            try await Task.sleep(for: pace)
        }
    }
}
