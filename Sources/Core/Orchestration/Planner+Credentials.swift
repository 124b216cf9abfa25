import ConnectorAPI
import InfrastructureModel
import Persistence
import Support

extension Planner {
    /// Credentials to be stored, by the ids that they have in the plan: those that new machines need, and those that renew
    /// what the infrastructure has. The account decides: an id that means another account now renews nothing.
    func credentials(
        of prepared: Prepared, for caller: Caller
    ) async throws -> [CredentialID: CredentialRecord] {
        let used = prepared.summary.added.flatMap { [$0.placement] + $0.alternatives }.map(\.cloud)
        let known = prepared.existing?.infrastructure.clouds ?? []
        var records: [CredentialID: CredentialRecord] = [:]
        for lent in prepared.credentials {
            let credential = lent.credential
            func record(account: String) -> CredentialRecord {
                CredentialRecord(
                    key: CredentialKey(
                        owner: caller.username, cloudID: credential.id, type: credential.type, account: account),
                    values: credential.values)
            }
            if let cloud = used.first(where: { $0.credential == lent.id }) {
                do {
                    records[lent.id] = record(account: try await manager.sessions.account(of: cloud))
                } catch let error as ConnectorError {
                    throw ManagerError(code: .unavailable, message: "cloud '\(cloud.id)': \(error.message)")
                }
            } else if var cloud = known.first(where: { $0.id == credential.id && $0.type == credential.type }) {
                cloud.credential = lent.id
                // Credentials that open no session renew none that do. A cloud that is slow gets time, since without this
                // its machines would be asked for by what may be refused now.
                guard
                    let account = try? await manager.sessions.account(of: cloud, patience: ConnectorSessions.planning)
                else { continue }
                let renewed = record(account: account)
                let id = manager.store.credentialID(of: renewed.key)
                if known.contains(where: { $0.credential == id }) { records[lent.id] = renewed }
            }
        }
        return records
    }
}

extension Planner {
    /// Keys of auth lines that nothing reads: mistyped, or another type's. Never their values.
    func keyWarnings(_ clouds: [CloudCredential]) async -> [String] {
        var warnings: [String] = []
        for cloud in clouds {
            guard let connector = await manager.connectors.connector(forType: cloud.type) else { continue }
            let description = connector.description
            let schemas = [description.configSchema, description.credentialSchema]
            // A connector that describes no keys, or takes any, is not second-guessed.
            let isOpen = schemas.contains { $0["additionalProperties"] == .bool(true) }
            var known = Self.commonKeys
            for case .object(let properties)? in schemas.map({ $0["properties"] }) { known.formUnion(properties.keys) }
            guard !isOpen, known != Self.commonKeys else { continue }
            let unknown = cloud.values.expose().keys.filter { !known.contains($0) }.sorted()
            guard !unknown.isEmpty else { continue }
            warnings.append(
                "the cloud '\(cloud.id)': nothing reads \(unknown.map { "'\($0)'" }.joined(separator: ", ")); keys of "
                    + "type \(cloud.type) are \(known.sorted().joined(separator: ", "))")
        }
        return warnings
    }

    private static let commonKeys: Set<String> = ["id", "type", "host", "endpoint"]
}
