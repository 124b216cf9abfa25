import Foundation
import InfrastructureModel
import JSONCoding
import Operations
import Persistence
import RADL
import Support

/// The one transaction that records a plan: infrastructure, machines, document and operation together.
struct Submission {
    let change: InfrastructureChange
    let operation: DurableOperation
    let kind: OperationKind
    let precedence: OperationSubmission.Precedence
    /// Machines that are to be made.
    private(set) var added: [MachineID] = []

    /// - Parameters:
    ///   - credentials: Ids under which the credentials of the plan were stored.
    ///   - wasInterrupted: The last operation did not come to its end. If it was for the same document, what it did on
    ///     machines counts, and recipes go on where they were.
    init(
        prepared: Planner.Prepared, request: DeploymentRequest, credentials: [CredentialID: CredentialID],
        wasInterrupted: Bool, now: Date, owner: Owner, makeKeyPair: () throws -> InfrastructureManager.KeyPair
    ) throws {
        let index = prepared.index
        let plan = prepared.summary
        var record =
            prepared.existing?.infrastructure
            ?? InfrastructureRecord(id: .random(), name: request.name, owners: [owner], createdAt: now)
        kind = prepared.existing == nil ? .create : .converge
        let text = Secret(index.document.text())
        if !wasInterrupted || prepared.existing?.secrets.document != text { record.generation += 1 }
        if request.update?.contextualizes ?? true { record.configured = nil }
        record.failure = nil

        func stored(_ placement: Placement) -> Placement {
            var placement = placement
            placement.cloud.credential = credentials[placement.cloud.credential] ?? placement.cloud.credential
            return placement
        }
        func configuration(_ system: String) -> MachineRecord.Configuration {
            index.isContextualized(system) ? .pending : .disabled
        }

        var machines: [MachineRecord] = []
        var events: [InfrastructureEvent] = []
        for machine in plan.kept {
            var machine = machine
            if Self.isConfigured(machine, request.update) { machine.configuration = configuration(machine.system) }
            // Whoever asks for the whole infrastructure wants it to run.
            if request.update == nil { machine.power = nil }
            if request.newHostKeys.contains(machine.id.number) { machine.hostKeys = [] }
            machines.append(machine)
        }
        for machine in prepared.forgotten {
            var machine = machine
            machine.goal = .absent
            machines.append(machine)
        }
        for (machine, reason) in plan.removed {
            var machine = machine
            machine.goal = .absent
            machines.append(machine)
            events.append(
                InfrastructureEvent(
                    infrastructure: record.id, machine: machine.id, time: now, kind: .message,
                    text: "\(machine.system) will be removed: \(reason)"))
        }
        // Why a system cannot run at a cloud is told by the plan; that a cloud cannot be used at all is told here too.
        for rejection in plan.rejections where rejection.system == "*" && !plan.added.isEmpty {
            events.append(
                InfrastructureEvent(
                    infrastructure: record.id, time: now, kind: .message,
                    text: "\(rejection.cloud) is not used: \(rejection.reason)"))
        }
        var specifications: [String: String] = [:]
        for added in plan.added {
            let id = MachineID(infrastructure: record.id, number: record.nextNumber)
            record.nextNumber += 1
            self.added.append(id)
            let specification =
                specifications[added.system]
                ?? index.system(added.system).map { Requirements(system: $0).specification } ?? ""
            specifications[added.system] = specification
            let machine = MachineRecord(
                id: id, system: added.system, placement: stored(added.placement),
                alternatives: added.alternatives.map(stored), createdAt: now, specification: specification,
                configuration: configuration(added.system))
            if !record.clouds.contains(machine.placement.cloud) { record.clouds.append(machine.placement.cloud) }
            machines.append(machine)
            events.append(
                InfrastructureEvent(
                    infrastructure: record.id, machine: id, time: now, kind: .machinePlanned,
                    text: "\(added.system) planned at \(machine.placement.cloud.id)"))
        }

        var secrets = prepared.existing?.secrets ?? InfrastructureSecrets(document: Secret(""))
        // As it was understood: `random(N)` is drawn once.
        secrets.document = text
        // What is made of a document alone from now on has no template.
        if prepared.template != nil || request.update == nil { secrets.template = prepared.template }
        let needsKey = plan.added.contains { added in
            guard let login = index.system(added.system)?.credentials else { return true }
            return login.password == nil && login.privateKey == nil
        }
        if needsKey, secrets.privateKey == nil {
            let pair = try makeKeyPair()
            secrets.privateKey = pair.privateKey
            secrets.publicKey = pair.publicKey
        }
        operation = DurableOperation(
            id: .random(), subject: OperationSubject(record.id), kind: kind, dueAt: now, createdAt: now,
            parameters: try DeploymentParameters(contextualizes: request.update?.contextualizes).text())
        precedence = kind == .create ? .exclusive : .takeover
        change = InfrastructureChange(
            infrastructure: record.id, record: record, secrets: secrets, machines: machines, events: events)
    }

    /// Whether a machine that stays is configured again.
    private static func isConfigured(_ machine: MachineRecord, _ update: InfrastructureUpdate?) -> Bool {
        guard let update else { return true }
        guard update.contextualizes else { return false }
        if case .reconfigure(let numbers?) = update.kind { return numbers.contains(machine.id.number) }
        return true
    }
}

/// What a `create` or `converge` keeps beside its document.
struct DeploymentParameters: Codable {
    /// nil: yes.
    var contextualizes: Bool?

    init(contextualizes: Bool?) {
        self.contextualizes = contextualizes
    }

    init(of operation: DurableOperation) throws {
        self = try JSONText.decode(DeploymentParameters.self, from: operation.parameters)
    }

    func text() throws -> String {
        String(decoding: try JSONText.encode(self), as: UTF8.self)
    }
}
