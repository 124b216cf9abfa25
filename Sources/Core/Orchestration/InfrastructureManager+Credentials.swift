import ConnectorAPI
package import InfrastructureModel
import Persistence

extension InfrastructureManager {
    /// Takes newer credentials of the caller over for what already runs: those for a cloud of an infrastructure under the same
    /// id and type, where they are of the account that the caller gave before. Those of other owners stay. What opens no
    /// session changes nothing.
    ///
    /// Asks a cloud only where its credentials differ from those on record.
    /// - Throws: ``ManagerError``.
    package func renewCredentials(
        of id: InfrastructureID, with clouds: [CloudCredential], caller: Caller
    ) async throws {
        let record = try await overview(id, caller: caller).overview.infrastructure
        try await ManagerError.convertingErrors {
            for known in record.clouds {
                guard let credential = clouds.first(where: { $0.id == known.id && $0.type == known.type }),
                    let stored = try await store.credential(known.credential),
                    stored.key.owner == caller.username, stored.values != credential.values
                else { continue }
                var lent = known
                lent.credential = await sessions.lend(credential)
                guard let account = try? await sessions.account(of: lent), account == stored.key.account else {
                    continue
                }
                try await store.renew(CredentialRecord(key: stored.key, values: credential.values))
                await sessions.forget(known.site)
            }
        }
    }
}
