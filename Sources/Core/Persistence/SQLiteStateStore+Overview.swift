import Foundation
import GRDB
package import InfrastructureModel
import Operations

extension SQLiteStateStore {
    package func overview(_ id: InfrastructureID, since known: StoredOverview?) async throws -> StoredOverview? {
        // Infrastructure and machines are never deleted, so what was known is still there.
        let seen = known?.commits ?? -1
        let rows = try await read { database -> OverviewRows? in
            let commits = try Self.commits(database)
            if commits == seen { return OverviewRows(commits: commits) }
            let record = try String.fetchOne(
                database.cachedStatement(sql: "SELECT record FROM infrastructure WHERE id = ?"),
                arguments: [id.rawValue])
            guard let record else { return nil }
            return OverviewRows(
                commits: commits, record: record,
                machines: try String.fetchAll(
                    database.cachedStatement(
                        sql: "SELECT record FROM machine WHERE infrastructure = ? AND written > ?"),
                    arguments: [id.rawValue, seen]),
                unfinished: try Self.unfinished(subject: id.subject, in: database))
        }
        guard let rows else { return nil }
        guard let record = rows.record else { return known }
        let changed = try RecordCoding.machines(rows.machines, of: id)
        var machines = known?.overview.machines ?? []
        machines.take(changed)
        return StoredOverview(
            overview: InfrastructureOverview(
                infrastructure: try RecordCoding.value(
                    InfrastructureRecord.self, from: record, row: "infrastructure \(id)"),
                machines: machines),
            unfinished: rows.unfinished, commits: rows.commits)
    }
}

/// What was written since the commit that is known; without a record: nothing.
private struct OverviewRows: Sendable {
    var commits: Int64
    var record: String?
    var machines: [String] = []
    var unfinished: [DurableOperation] = []
}

extension [MachineRecord] {
    /// Puts these in the place of those with the same ids, and new ones where their numbers belong.
    mutating func take(_ changed: [MachineRecord]) {
        guard !isEmpty else {
            self = changed.inOrderOfNumbers()
            return
        }
        guard !changed.isEmpty else { return }
        var new = Dictionary(uniqueKeysWithValues: changed.map { ($0.id, $0) })
        for index in indices where !new.isEmpty {
            guard let machine = new.removeValue(forKey: self[index].id) else { continue }
            self[index] = machine
        }
        if !new.isEmpty { self = (self + new.values).inOrderOfNumbers() }
    }
}
