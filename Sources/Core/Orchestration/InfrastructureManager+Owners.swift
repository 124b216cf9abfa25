import Foundation
package import InfrastructureModel
import Persistence

/// Whom an infrastructure belongs to.
extension InfrastructureManager {
    /// Shares an infrastructure with others, also while something is carried out on it. Their credentials of clouds never
    /// take the place of what others have given.
    ///
    /// - Parameters:
    ///   - users: Who come to the owners. Those who are owners already stay as they are.
    ///   - replacing: Whether nobody else is an owner from now on; the caller may lose access by that.
    /// - Throws: ``ManagerError``, `invalidDocument` for nobody.
    package func share(
        _ id: InfrastructureID, with users: [Caller], replacing: Bool = false, caller: Caller
    ) async throws {
        guard !users.isEmpty else {
            throw ManagerError(
                code: .invalidDocument,
                message: "Invalid new infrastructure data provided: "
                    + "No credentials provided for the InfrastructureManager.")
        }
        _ = try await snapshot(id, caller: caller)
        let store = store
        let new = users.map { Owner(username: $0.username, verifier: $0.verifier(store)) }
        try await ManagerError.convertingErrors {
            try await store.changeOwners(of: id) { owners in
                // Who asked may have lost access meanwhile.
                var record = InfrastructureRecord(id: id, name: nil, owners: owners, createdAt: .distantPast)
                guard caller.mayAccess(record, store) else {
                    throw ManagerError(code: .accessDenied, message: "Access to this infrastructure not granted.")
                }
                if replacing { record.owners = [] }
                for owner in new where !record.owners.contains(owner) { record.owners.append(owner) }
                return record.owners
            }
            commits.ring()
        }
    }
}
