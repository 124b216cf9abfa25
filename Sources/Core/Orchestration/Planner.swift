import ConnectorAPI
import ContextualizationAPI
import Foundation
import InfrastructureModel
import Operations
import Persistence
import RADL
import Support
import TOSCA

/// From a request to a plan, and from a plan to the one transaction that records it.
struct Planner: Sendable {
    let manager: InfrastructureManager

    /// A plan with what its submission needs.
    struct Prepared: Sendable {
        var index: RADLIndex
        var existing: InfrastructureSnapshot?
        var summary: DeploymentPlan
        /// Machines that are no longer there nor wanted.
        var forgotten: [MachineRecord]
        /// The template that the document is made of, to be kept.
        var template: Secret<String>?
        /// What the template calls itself.
        var templateName: String?
        var credentials: [LentCredential]
    }

    /// Credentials of the request under the id that the plan's placements have.
    struct LentCredential: Sendable {
        var id: CredentialID
        var credential: CloudCredential
    }

    // MARK: Planning

    /// Computes what a request would do. No side effects.
    func plan(_ request: DeploymentRequest) async throws -> Prepared {
        if let problem = request.name.flatMap(DeploymentRequest.problem(withName:)) {
            throw ManagerError(code: .invalidDocument, message: problem)
        }
        let existing = try await existing(request)
        var translated: Translated?
        if let template = request.template { translated = try await translate(template, request, existing) }
        let read = await read(request, existing, translated)
        let document = try read.check.valid()
        guard !document.systems.isEmpty || !document.deploys.isEmpty || request.name == nil else {
            throw ManagerError(
                code: .invalidDocument,
                message: "\(request.documentName) describes nothing; to remove an infrastructure use `gantry destroy`")
        }
        let index = RADLIndex(document)
        let credentials = await self.credentials(request, document)
        let difference: Difference
        if let update = request.update, let existing {
            difference = try Self.difference(update, read.deploys, translated?.update, existing)
        } else {
            difference = try Difference(
                index: index, existing: existing, vanished: await vanished(existing),
                leaving: translated?.translation.removalLists ?? [:])
        }
        var rejections = Rejections()
        // What an update does not add needs no place.
        let assignments =
            request.update != nil && difference.missing.isEmpty
            ? [:]
            : try await assign(
                index, credentials, kept: difference.kept,
                LaunchPreview(index: index, existing: existing, difference), &rejections)
        let added = try difference.missing.map { item -> DeploymentPlan.Machine in
            guard let placements = assignments[item.deploy], let first = placements.first else {
                throw noCloud(item.system, rejections)
            }
            return DeploymentPlan.Machine(
                system: item.system, placement: first, alternatives: Array(placements.dropFirst()))
        }
        try Self.refuseSharedAddresses(added, difference.kept, index)
        var summary = DeploymentPlan(
            existing: existing?.infrastructure.id, added: added, removed: difference.removed,
            kept: difference.kept, networks: try Self.networkChanges(document, existing), rejections: rejections.all,
            recipes: recipeNames(index),
            warnings: (translated.map { $0.translation.warnings + ($0.update?.warnings ?? []) } ?? []).map(
                \.description)
                + read.check.warnings.map(\.description) + (await keyWarnings(request.clouds))
                + Self.unused(in: document))
        if let existing {
            summary.difference = RADLDifference(from: try MachineDocument.document(of: existing), to: document)
        }
        return Prepared(
            index: index, existing: existing, summary: summary, forgotten: difference.forgotten,
            template: translated?.stored,
            templateName: translated?.translation.template.metadata["template_name"]?.scalarText,
            credentials: credentials)
    }

    /// A machine that already runs is one machine.
    private static func refuseSharedAddresses(
        _ added: [DeploymentPlan.Machine], _ kept: [MachineRecord], _ index: RADLIndex
    ) throws {
        let systems =
            added.filter(\.placement.isExisting).map(\.system) + kept.filter(\.placement.isExisting).map(\.system)
        let addressed = systems.compactMap { name in
            index.system(name)?.features.string("net_interface.0.ip").map { (address: $0, system: name) }
        }
        for (address, machines) in Dictionary(grouping: addressed, by: \.address) where machines.count > 1 {
            let names = Set(machines.map { "'\($0.system)'" }).sorted().joined(separator: " and ")
            throw ManagerError(
                code: .invalidDocument,
                message: "\(machines.count) machines of system \(names) would be the one at \(address): deploy one, "
                    + "and give each system an address of its own")
        }
    }

    /// Ports that networks of an infrastructure gain and lose, in words.
    private static func networkChanges(
        _ document: RADLDocument, _ existing: InfrastructureSnapshot?
    ) throws -> [String] {
        guard let existing else { return [] }
        let before = RADLIndex(try MachineDocument.document(of: existing))
        return document.networks.compactMap { network in
            let old = Set(before.network(network.id)?.outports ?? [])
            let new = Set(network.outports)
            var parts: [String] = []
            if new != old {
                let opened = new.subtracting(old).map(\.text).sorted().joined(separator: ", ")
                let closed = old.subtracting(new).map(\.text).sorted().joined(separator: ", ")
                if !opened.isEmpty { parts.append("opens \(opened)") }
                if !closed.isEmpty { parts.append("closes \(closed)") }
            }
            return parts.isEmpty ? nil : "network \(network.id) \(parts.joined(separator: ", "))"
        }
    }

    private func existing(_ request: DeploymentRequest) async throws -> InfrastructureSnapshot? {
        if let update = request.update {
            let snapshot = try await manager.snapshot(update.infrastructure, caller: request.caller)
            let unfinished = try await manager.store.unfinishedOperations(
                subject: OperationSubject(update.infrastructure))
            guard snapshot.infrastructure.goal == .present, !unfinished.contains(where: { $0.kind == .destroy }) else {
                throw ManagerError(code: .busy, message: "Infrastructure deleted. Do not add resources.")
            }
            return snapshot
        }
        guard let name = request.name,
            let id = try await manager.store.infrastructure(named: name, owner: request.caller.username)
        else { return nil }
        guard var snapshot = try await manager.stored(id) else { return nil }
        guard request.caller.mayAccess(snapshot.infrastructure, manager.store) else {
            throw ManagerError(code: .accessDenied, message: "the infrastructure '\(name)' belongs to somebody else")
        }
        let unfinished = try await manager.store.unfinishedOperations(subject: OperationSubject(id))
        let destroying = unfinished.contains { $0.kind == .destroy }
        if snapshot.infrastructure.goal == .destroyed || destroying {
            throw ManagerError(
                code: .busy,
                message: "the infrastructure '\(name)' is being destroyed; finish that with `gantry destroy \(name)`")
        }
        // Of changes that nobody came to carry out, the document says nothing of sizes and disks of single machines: the
        // deployment ends them and does that itself.
        try snapshot.changeOverview { overview in
            for operation in unfinished where operation.kind == .alter { try overview.foresee(operation) }
        }
        return snapshot
    }

    /// Clouds of the request, and the machines that already run, which need no credentials of a cloud.
    private func credentials(_ request: DeploymentRequest, _ document: RADLDocument) async -> [LentCredential] {
        var clouds = request.clouds
        if document.systems.contains(where: { $0.features.contains("net_interface.0.ip") }) {
            let description = await manager.connectors.descriptions().first {
                $0.capabilities[.existingMachines] != nil
            }
            let types = description?.providerTypes ?? []
            let isNamed = clouds.contains { cloud in types.contains { $0.lowercased() == cloud.type.lowercased() } }
            if !isNamed, let type = types.first {
                clouds.append(CloudCredential(id: "existing", type: type, values: Secret([:])))
            }
        }
        var lent: [LentCredential] = []
        for cloud in clouds {
            lent.append(LentCredential(id: await manager.sessions.lend(cloud), credential: cloud))
        }
        return lent
    }

    /// Placements of every deploy sentence, best first.
    ///
    /// - Parameter kept: Machines that stay: what shares a private network with them goes where they are.
    private func assign(
        _ index: RADLIndex, _ credentials: [LentCredential], kept: [MachineRecord], _ preview: LaunchPreview,
        _ rejections: inout Rejections
    ) async throws -> [Int: [Placement]] {
        var clouds: [CloudReference] = []
        for lent in credentials {
            let credential = lent.credential
            guard let connector = await manager.connectors.connector(forType: credential.type) else {
                rejections.add(
                    DeploymentPlan.Rejection(
                        system: "*", cloud: credential.id,
                        reason: "no connector serves type '\(credential.type)'; "
                            + manager.configuration.advice.findConnector))
                continue
            }
            clouds.append(
                CloudReference(
                    id: credential.id, type: credential.type, connector: connector.description.name,
                    credential: lent.id))
        }
        var finder = CandidateFinder(sessions: manager.sessions, preview: preview)
        let homes = PrivateNetworkHomes(index, kept)
        var assignments: [Int: [Placement]] = [:]
        for group in index.document.deployGroups() {
            var seen: Set<String> = []
            let systems = group.deploys.compactMap { index.system($0.system) }.filter { seen.insert($0.id).inserted }
            var fitting: [Fitting] = []
            let homes = homes.clouds(of: systems)
            for cloud in try allowed(group, clouds) {
                if !homes.isEmpty, !homes.contains(cloud.id) {
                    rejections.add(
                        DeploymentPlan.Rejection(
                            system: systems.first?.id ?? "*", cloud: cloud.id,
                            reason: "machines of its private network are at \(homes.sorted().joined(separator: ", "))"))
                    continue
                }
                var placements: [String: [Placement]] = [:]
                for system in systems {
                    do {
                        placements[system.id] = try await finder.placements(
                            of: system, at: cloud,
                            byCloudInit: index.contextualizationItems(of: system.id).contains(where: \.isCloudInit))
                    } catch let unfit as CandidateFinder.Unfit {
                        rejections.add(
                            DeploymentPlan.Rejection(
                                system: unfit.isOfCloud ? "*" : system.id, cloud: cloud.id, reason: unfit.reason))
                        if let outage = unfit.outage { rejections.outages[cloud.id] = outage }
                    }
                }
                guard placements.count == systems.count else { continue }
                let score = group.deploys.reduce(0) { sum, deploy in
                    guard let best = placements[deploy.system]?.first else { return sum }
                    return sum + Double(deploy.count) * (index.system(deploy.system)?.concrete(at: best).score ?? 0)
                }
                fitting.append(Fitting(order: fitting.count, score: score, placements: placements))
            }
            fitting.sort { $0.score == $1.score ? $0.order < $1.order : $0.score > $1.score }
            for (deploy, position) in zip(group.deploys, group.positions) {
                // Machines that share a private network stay together; a lone one may go to the next cloud.
                let usable = group.staysTogether ? Array(fitting.prefix(1)) : fitting
                assignments[position] = usable.flatMap { $0.placements[deploy.system] ?? [] }
            }
        }
        return assignments
    }

    /// Each once.
    private struct Rejections {
        private(set) var all: [DeploymentPlan.Rejection] = []
        /// What failed at clouds that cannot be used now, by their ids.
        var outages: [String: String] = [:]
        private var known: Set<DeploymentPlan.Rejection> = []

        mutating func add(_ rejection: DeploymentPlan.Rejection) {
            if known.insert(rejection).inserted { all.append(rejection) }
        }
    }

    /// A cloud that runs all systems of a group. The one that grants most wishes wins, then the one named first.
    private struct Fitting {
        var order: Int
        var score: Double
        var placements: [String: [Placement]]
    }

    /// Clouds that the deploy sentences of a group allow.
    private func allowed(_ group: DeployGroup, _ clouds: [CloudReference]) throws -> [CloudReference] {
        let named: String?
        do throws(RADLError) {
            named = try group.cloud()
        } catch {
            throw ManagerError(code: .invalidDocument, message: error.description)
        }
        guard let named else { return clouds }
        let found = clouds.filter { $0.id == named }
        guard !found.isEmpty else {
            throw ManagerError(
                code: .noCloud,
                message: "No auth data for cloud with ID: \(named)"
                    + (clouds.isEmpty ? "" : "; known are \(clouds.map(\.id).joined(separator: ", "))"))
        }
        return found
    }

    private func noCloud(_ system: String, _ rejections: Rejections) -> ManagerError {
        let relevant = rejections.all.filter { $0.system == system || $0.system == "*" }
        let outages = relevant.compactMap { rejection in
            rejections.outages[rejection.cloud].map { "cloud '\(rejection.cloud)': \($0)" }
        }
        if !outages.isEmpty, outages.count == relevant.count {
            return ManagerError(code: .unavailable, message: outages.joined(separator: "\n"))
        }
        let reasons = relevant.map { "  \($0.cloud): \($0.reason)" }
        let text =
            reasons.isEmpty
            ? "no cloud is given; \(manager.configuration.advice.nameCloud), or address machines that already run"
            : "no cloud can run it:\n" + reasons.joined(separator: "\n")
        return ManagerError(code: .noCloud, message: "system '\(system)': \(text)")
    }

    private func recipeNames(_ index: RADLIndex) -> [String] {
        index.document.systems.flatMap { system in
            index.contextualizationItems(of: system.id).filter { !$0.isCloudInit }.map {
                "step \($0.step ?? 0): \($0.configure) on \(system.id)"
            }
        }
    }

    // MARK: Submission

    /// The store knows ids; whoever asks knows a name.
    private func busy(
        _ error: OperationError, _ id: InfrastructureID, _ request: DeploymentRequest
    ) async throws -> ManagerError {
        let unfinished = try await manager.store.unfinishedOperations(subject: OperationSubject(id))
        guard let name = request.name, let other = unfinished.last(where: { $0.isHeld(at: manager.now()) }),
            let lease = other.lease
        else { return ManagerError(error) }
        return ManagerError(
            code: .busy,
            message: "'\(name)' is busy: \(lease.holder.forPeople) carries out \(other.kind); wait until it ends, or "
                + "remove it with `gantry destroy \(name)`")
    }

    /// Whether the last deployment did not come to its end, as far as it is on record.
    private func wasInterrupted(_ existing: InfrastructureSnapshot?) async throws -> Bool {
        guard let existing else { return false }
        return try await manager.store.unfinishedOperations(
            subject: OperationSubject(existing.infrastructure.id)
        ).contains {
            $0.kind == .create || $0.kind == .converge
        }
    }

    /// Records a plan and its operation in one transaction. A change of what there is is planned anew while others come
    /// before it: it takes over what they ask for.
    func submit(_ request: DeploymentRequest) async throws -> SubmittedOperation {
        var attempt = 1
        while true {
            guard let subject = try await subject(of: request) else { return try await submit(request, after: nil) }
            let newest = try await manager.store.newestOperation(subject: subject)
            do {
                return try await submit(request, after: newest)
            } catch let error as OperationError where error.code == .outdated && attempt < Self.mostAttempts {
                attempt += 1
            }
        }
    }

    private static let mostAttempts = 100

    private func submit(_ request: DeploymentRequest, after newest: OperationID?) async throws -> SubmittedOperation {
        let prepared = try await plan(request)
        if let agreed = request.agreedRemovals {
            let more = prepared.summary.removed.filter { !agreed.contains($0.machine.id) }
            guard more.isEmpty else {
                let machines = more.map { "machine \($0.machine.id.number) (\($0.machine.system)): \($0.reason)" }
                throw ManagerError(
                    code: .busy,
                    message: "since the plan was shown, more is to be removed; nothing was done, run it again:\n  "
                        + machines.joined(separator: "\n  "))
            }
        }
        let credentials = try await credentials(of: prepared, for: request.caller)
        let stored = credentials.mapValues { manager.store.credentialID(of: $0.key) }
        let submission = try Submission(
            prepared: prepared, request: request, credentials: stored,
            wasInterrupted: request.update == nil ? try await wasInterrupted(prepared.existing) : false,
            now: manager.now(),
            owner: Owner(
                username: request.caller.username,
                verifier: request.caller.verifier(manager.store)),
            makeKeyPair: manager.makeKeyPair)
        do {
            try await manager.store.submit(
                OperationSubmission(submission.operation, precedence: submission.precedence, follows: newest),
                with: submission.change, credentials: Array(credentials.values))
        } catch let error as OperationError where error.code == .busy {
            throw try await busy(error, submission.change.infrastructure, request)
        }
        Failpoint.reached("deploy.recorded")
        return SubmittedOperation(
            infrastructure: submission.change.infrastructure, operation: submission.operation.id,
            kind: submission.kind, added: submission.added)
    }
}
