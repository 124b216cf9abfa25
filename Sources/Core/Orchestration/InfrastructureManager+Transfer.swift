import ConnectorAPI
import Foundation
package import InfrastructureModel
import JSONCoding
import Operations
import Persistence
import Support

/// Infrastructures that go from one service to another, machines untouched.
extension InfrastructureManager {
    /// An infrastructure as a JSON text that this service and IM read. It holds passwords and keys of machines; credentials
    /// of clouds are not in it.
    ///
    /// - Parameters:
    ///   - handsOver: Whether it is forgotten here: everything at the providers stays.
    ///   - earlier: What was exported before: unless that is still true, nothing is forgotten. Nil: does not matter.
    /// - Throws: ``ManagerError``, `busy` where it is to be handed over while an operation is under way.
    package func export(
        _ id: InfrastructureID, handsOver: Bool = false, ifStill earlier: String? = nil, caller: Caller
    ) async throws -> String {
        let snapshot = try await self.snapshot(id, caller: caller)
        guard snapshot.infrastructure.goal == .present else {
            throw ManagerError(code: .busy, message: "the infrastructure is being destroyed")
        }
        let template = try await self.template(of: id, caller: caller)
        return try await ManagerError.convertingErrors {
            let text = try InfrastructureExport(snapshot, template: template).text()
            guard handsOver else { return text }
            guard try earlier.map({ try Self.isSame($0, text) }) ?? true else {
                throw ManagerError(
                    code: .busy, message: "the infrastructure has changed since it was exported; export it again")
            }
            try await forget(snapshot)
            return text
        }
    }

    /// Whether two texts hold the same; members may come in any order.
    private static func isSame(_ one: String, _ other: String) throws -> Bool {
        try JSONText.decode(JSONValue.self, from: one) == JSONText.decode(JSONValue.self, from: other)
    }

    /// What is exported is what there is when it is forgotten: nothing may be under way.
    private func forget(_ snapshot: InfrastructureSnapshot) async throws {
        var snapshot = snapshot
        snapshot.infrastructure.phase = .destroyed
        snapshot.infrastructure.goal = .destroyed
        for index in snapshot.machines.indices where snapshot.machines[index].isAlive {
            snapshot.machines[index].goal = .absent
            snapshot.machines[index].phase = .vanished
        }
        let id = snapshot.infrastructure.id
        let event = InfrastructureEvent(
            infrastructure: id, time: now(), kind: .message,
            text: "handed over to another service: everything at its clouds stays")
        let newest = try await store.newestOperation(subject: OperationSubject(id))
        try await store.submit(
            OperationSubmission(ended("export", id), precedence: .exclusive, follows: newest),
            with: InfrastructureChange(
                infrastructure: id, record: snapshot.infrastructure, machines: snapshot.machines,
                removedResources: snapshot.resources, events: [event]),
            credentials: [])
        commits.ring()
    }

    /// An operation that is over as soon as it is on record: others are not under way meanwhile.
    private func ended(_ kind: String, _ id: InfrastructureID) -> DurableOperation {
        DurableOperation(
            id: .random(), subject: OperationSubject(id), kind: OperationKind(rawValue: kind), dueAt: now(),
            createdAt: now(), status: .succeeded, finishedAt: now())
    }

    /// Takes an infrastructure over that was exported here, by IM 1.19 or by IM 2.0, under its id. It belongs to the caller.
    ///
    /// - Parameters:
    ///   - text: The export; also a JSON string that holds it.
    ///   - clouds: Have to have one of the type of each cloud that its machines are at, by id where there are several.
    ///   - name: What it is called here; nil: as in the export.
    ///   - keepsOwners: It belongs to the users that the export names, where it names any.
    /// - Throws: ``ManagerError``: `invalidDocument` for what is no export and for an id that is in use, `noCloud` where
    ///   credentials are missing, `unavailable`.
    package func importInfrastructure(
        _ text: String, clouds: [CloudCredential], name: String? = nil, caller: Caller, keepsOwners: Bool = false
    ) async throws -> InfrastructureID {
        try await ManagerError.convertingErrors {
            let export = try InfrastructureExport(reading: text)
            let exported = keepsOwners ? export.owners.map { Caller.user($0.username, .password($0.password)) } : []
            let owners = exported.isEmpty ? [caller] : exported
            var names: [String: String] = [:]
            for description in await connectors.descriptions() {
                for type in description.providerTypes { names[type.lowercased()] = description.name }
            }
            var new = try ImportedInfrastructure(export, connectors: names, now: now())
            guard !new.record.id.rawValue.isEmpty else {
                throw ManagerError(
                    code: .invalidDocument, message: "Error importing the infrastructure, incorrect data: 'id'")
            }
            guard new.record.id.canBePartOfPath else {
                throw ManagerError(
                    code: .invalidDocument,
                    message:
                        "Error importing the infrastructure, incorrect data: 'id' has to be of letters, digits and "
                        + "the characters . _ -")
            }
            let existing = ManagerError(
                code: .invalidDocument, message: "Trying to add an existing infrastructure ID.")
            let newest = try await store.newestOperation(subject: OperationSubject(new.record.id))
            if let known = try await store.infrastructure(new.record.id), known.phase != .destroyed { throw existing }
            // That it can be read is known before it is taken over.
            _ = try DocumentCache.shared.index(new.secrets.document.expose())
            let credentials = try await credentials(of: new.record.clouds, among: clouds, for: owners[0])
            new.bind(credentials.mapValues { store.credentialID(of: $0.key) })
            new.record.owners = owners.map { Owner(username: $0.username, verifier: $0.verifier(store)) }
            new.record.name = name ?? new.record.name
            new.record.goal = .present
            new.record.phase = .active
            new.record.generation += 1
            var submission = OperationSubmission(
                ended("import", new.record.id), precedence: .exclusive, follows: newest)
            submission.isFirst = newest == nil
            do {
                try await store.submit(
                    submission,
                    with: InfrastructureChange(
                        infrastructure: new.record.id, record: new.record, secrets: new.secrets,
                        machines: new.machines, resources: new.resources,
                        events: events(of: export, at: new.record.createdAt)),
                    credentials: Array(Set(credentials.values)))
            } catch let error as OperationError where error.code == .outdated {
                // Somebody else was first.
                throw existing
            }
            commits.ring()
            return new.record.id
        }
    }

    /// What the contextualization said at IM, as far as people read, and that it came here.
    private func events(of export: InfrastructureExport, at time: Date) -> [InfrastructureEvent] {
        let id = InfrastructureID(rawValue: export.id)
        let lines = (export.output ?? "").split(whereSeparator: \.isNewline).suffix(1000)
        return lines.map {
            InfrastructureEvent(infrastructure: id, time: time, kind: .message, text: String($0.prefix(2000)))
        } + [
            InfrastructureEvent(
                infrastructure: id, time: now(), kind: .message, text: "taken over from another service")
        ]
    }

    /// Credentials of the caller for clouds of an export, by the clouds as they stand in it.
    private func credentials(
        of exported: [CloudReference], among clouds: [CloudCredential], for caller: Caller
    ) async throws -> [CloudReference: CredentialRecord] {
        var records: [CloudReference: CredentialRecord] = [:]
        for cloud in exported {
            let same = clouds.filter { $0.type.lowercased() == cloud.type.lowercased() }
            var credential = same.first { $0.id == cloud.id } ?? (same.count == 1 ? same[0] : nil)
            let connector = try await sessions.connector(of: cloud)
            if credential == nil, connector.description.capabilities[.existingMachines] != nil {
                credential = CloudCredential(id: cloud.id, type: cloud.type, values: Secret([:]))
            }
            guard let credential else {
                throw ManagerError(
                    code: .noCloud,
                    message: "machines are at cloud '\(cloud.id)' of type \(cloud.type): credentials of it are needed; "
                        + configuration.advice.nameCloud)
            }
            var lent = cloud
            lent.credential = await sessions.lend(credential)
            do {
                records[cloud] = CredentialRecord(
                    key: CredentialKey(
                        owner: caller.username, cloudID: credential.id, type: credential.type,
                        account: try await sessions.account(of: lent)),
                    values: credential.values)
            } catch let error as ConnectorError {
                throw ManagerError(code: .unavailable, message: "cloud '\(cloud.id)': \(error.message)")
            }
        }
        return records
    }
}
