import Foundation
import InfrastructureModel
import JSONCoding
import Operations
import Persistence
import RADL
import Support

/// The one transaction that records a plan: infrastructure, machines, document and operation together.
///
/// A change by parts may come while another operation is carried out, which alone writes what there is: of such a change
/// only new machines and the document are written at once, the rest is its operation's wish.
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
        record.configured = nil
        record.failure = nil
        record.nextNumber = max(record.nextNumber, (prepared.existing?.machines.last?.id.number ?? -1) + 1)

        if let name = prepared.templateName { record.templateName = name }
        let hosts = Self.hosts(prepared)
        record.cloudHosts = (record.cloudHosts ?? [:]).merging(hosts) { $1 }

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
        // All of an infrastructure is asked for: what there is is as it shall be from now on.
        for machine in request.update == nil ? plan.kept : [] {
            var machine = machine
            machine.configuration = configuration(machine.system)
            machine.power = nil
            if request.newHostKeys.contains(machine.id.number) {
                machine.hostKeys = []
                // It may be the one in between that is new.
                let networks = index.system(machine.system).map { index.networks(of: $0) } ?? []
                for proxy in networks.compactMap({ ProxyHost($0.features) }) {
                    record.proxyKeys?[proxy.endpoint.place] = nil
                }
            }
            machines.append(machine)
        }
        for machine in request.update == nil ? prepared.forgotten : [] {
            var machine = machine
            machine.goal = .absent
            machines.append(machine)
        }
        for (machine, reason) in request.update == nil ? plan.removed : [] {
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
        if let update = request.update, let existing = prepared.existing {
            let before = try DocumentCache.shared.index(existing.secrets.document.expose())
            switch update.kind {
            case .add: secrets.keepDefinitions(of: existing.machines, before: before, after: index)
            case .reconfigure: secrets.reconfigureDefinitions(of: existing.machines, before: before, after: index)
            case .remove: break
            }
        } else {
            // The document says how all of them shall be.
            secrets.definitions = [:]
        }
        if let token = request.token { secrets.token = token }
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
        var parameters = DeploymentParameters(contextualizes: request.update?.contextualizes)
        if let update = request.update {
            var wish = Self.wish(update, prepared, nextNumber: record.nextNumber)
            wish.clouds = record.clouds
            wish.cloudHosts = hosts
            parameters.update = wish
        }
        operation = DurableOperation(
            id: .random(), subject: OperationSubject(record.id), kind: kind, dueAt: now, createdAt: now,
            parameters: try parameters.text())
        precedence = request.update != nil ? .queues : kind == .create ? .exclusive : .takeover
        change = InfrastructureChange(
            infrastructure: record.id, record: request.update == nil ? record : nil, secrets: secrets,
            machines: machines, events: events)
    }

    /// Servers of the clouds that machines come to, by the clouds' ids.
    private static func hosts(_ prepared: Planner.Prepared) -> [String: String] {
        let used = Set(prepared.summary.added.map(\.placement.cloud.credential))
        return prepared.credentials.filter { used.contains($0.id) }.reduce(into: [:]) { hosts, lent in
            let server = lent.credential.endpoint.server
            if !server.isEmpty { hosts[lent.credential.id] = server }
        }
    }

    /// What a change by parts asks of the machines that there are.
    private static func wish(
        _ update: InfrastructureUpdate, _ prepared: Planner.Prepared, nextNumber: Int
    ) -> UpdateWish {
        var wish = UpdateWish(contextualizes: update.contextualizes, nextNumber: nextNumber)
        wish.removed = prepared.summary.removed.map { .init(number: $0.machine.id.number, reason: $0.reason) }
        wish.forgotten = Set(prepared.forgotten.map(\.id.number))
        for machine in prepared.summary.kept where isConfigured(machine, update) {
            if prepared.index.isContextualized(machine.system) {
                wish.configured.insert(machine.id.number)
            } else {
                wish.unconfigured.insert(machine.id.number)
            }
        }
        return wish
    }

    /// Whether a machine that stays is configured again.
    private static func isConfigured(_ machine: MachineRecord, _ update: InfrastructureUpdate) -> Bool {
        guard update.contextualizes else { return false }
        if case .reconfigure(let numbers?) = update.kind { return numbers.contains(machine.id.number) }
        return true
    }
}

/// What a `create` or `converge` keeps beside its document.
struct DeploymentParameters: Codable {
    /// nil: yes.
    var contextualizes: Bool?
    /// What a change by parts asks of the machines that there are.
    var update: UpdateWish?

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
