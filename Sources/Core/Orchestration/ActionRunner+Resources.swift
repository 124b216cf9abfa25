import ConnectorAPI
import Foundation
import InfrastructureModel

/// What machines need beside themselves, and what goes when they go.
extension ActionRunner {
    // MARK: Removal

    func terminate(_ cloud: CloudReference, _ machines: [MachineID]) async throws -> InfrastructureInput {
        let known = providerIDs(machines)
        var gone: [MachineID] = []
        var problems: [MachineID: String] = [:]
        do {
            let outcomes = try await call(cloud, patience: .seconds(120)) {
                connector, session, context in
                try await connector.terminate(
                    MachinesRequest(session: session, ids: known.map(\.1)), context: context)
            }
            for ((id, _), outcome) in zip(known, outcomes) {
                switch outcome {
                case .done:
                    gone.append(id)
                case .failed(let error) where error.code == .notFound:
                    gone.append(id)
                case .failed(let error):
                    problems[id] = error.description
                case .inProgress(let progress):
                    do {
                        _ = try await continued(progress, cloud)
                        gone.append(id)
                    } catch let error as ConnectorError {
                        problems[id] = error.description
                    }
                }
            }
            for (id, _) in known.dropFirst(outcomes.count) { problems[id] = "the connector gave no result" }
        } catch let error as ConnectorError {
            for (id, _) in known { problems[id] = error.description }
        }
        return .terminated(
            cloud, gone: gone, disks: try await removeDisks(of: gone, at: cloud), problems: problems)
    }

    /// Deletes all that carries the infrastructure's tag: machines that nobody knew of first, then what others depend on
    /// last. What a provider refuses for now is left for the next try.
    func sweep(_ cloud: CloudReference) async throws -> InfrastructureInput {
        let tags = ResourceTags.infrastructure(infrastructure)
        var deleted: [ResourceRecord] = []
        var left: [ResourceRecord] = []
        var mayPass = false
        func keep(_ resource: Resource, _ error: ConnectorError) {
            let isFinal = Self.isFinal(error, of: resource)
            mayPass = mayPass || !isFinal
            left.append(record(resource, cloud, problem: isFinal ? error.message : error.description))
        }
        do {
            let connector = try await manager.sessions.connector(of: cloud)
            if connector.description.capabilities[.existingMachines] != nil {
                return .swept(cloud, deleted: [], left: [])
            }
            let found = try await list(cloud, tags: tags, kinds: nil)
            let machines = found.filter { $0.kind == .machine && $0.machine?.state != .terminated }
            if !machines.isEmpty {
                _ = try await call(cloud) { connector, session, context in
                    try await connector.terminate(
                        MachinesRequest(session: session, ids: machines.map(\.id)), context: context)
                }
                left += machines.map { record($0, cloud, problem: "a machine that was not on record") }
                mayPass = true
            }
            for resource in DeletionOrder.sorted(found.filter { $0.kind != .machine }) {
                let outcome: Outcome<Empty>
                do {
                    outcome = try await call(cloud, patience: .seconds(5)) {
                        connector, session, context in
                        try await connector.delete(
                            DeleteResourceRequest(session: session, kind: resource.kind, id: resource.id),
                            context: context)
                    }
                } catch let error as ConnectorError {
                    keep(resource, error)
                    continue
                }
                switch outcome {
                case .done: deleted.append(record(resource, cloud))
                case .inProgress(let progress):
                    do {
                        // What others are in the way of is tried again with them, after the next look.
                        _ = try await continued(progress, cloud, limit: Self.deletionPatience)
                        deleted.append(record(resource, cloud))
                    } catch let error as ConnectorError where error.code == .notFound {
                        deleted.append(record(resource, cloud))
                    } catch let error as ConnectorError {
                        let problem = error.code == .timeout ? "still in use" : error.description
                        left.append(record(resource, cloud, problem: problem))
                        mayPass = true
                    }
                case .failed(let error) where error.code == .notFound: deleted.append(record(resource, cloud))
                case .failed(let error): keep(resource, error)
                }
            }
            return .swept(cloud, deleted: deleted, left: left, mayPass: mayPass)
        } catch let error as ConnectorError {
            return .sweepFailed(cloud, message: error.description)
        }
    }

    /// Whether another try in the same operation says the same: machines that are laid over an image are those of others.
    /// What else is in use is often so for a moment only.
    private static func isFinal(_ error: ConnectorError, of resource: Resource) -> Bool {
        resource.kind == .image && [.invalidArgument, .permissionDenied].contains(error.code)
    }

    func record(_ resource: Resource, _ cloud: CloudReference, problem: String? = nil) -> ResourceRecord {
        ResourceRecord(
            infrastructure: infrastructure.id, cloud: cloud, kind: resource.kind.rawValue, id: resource.id,
            name: resource.name, dependsOn: resource.dependsOn.map(\.id), problem: problem)
    }

    /// How long a resource is waited for that is being deleted, before the next one has its turn.
    private static let deletionPatience = Duration.seconds(10)

    // MARK: What machines need

    func prepare(_ cloud: CloudReference) async throws -> InfrastructureInput {
        do {
            let connector = try await manager.sessions.connector(of: cloud)
            let capabilities = connector.description.capabilities
            // Where no session opens, other candidates at this cloud need not be tried.
            try await call(cloud) { _, _, _ in }
            var resources: [ResourceRecord] = []
            if capabilities[.networks] != nil {
                resources += try await makeNetworks(try LaunchPlan(snapshot: snapshot).networks(at: cloud), cloud)
            }
            // Groups are made in the networks that are made.
            var known = snapshot
            known.resources += resources
            let plan = try LaunchPlan(snapshot: known)
            if capabilities[.securityGroups] != nil {
                resources += try await makeGroups(plan.securityGroups(at: cloud), cloud)
            }
            if capabilities[.keyPairs] != nil, let key = snapshot.secrets.publicKey {
                let name = "gantry-\(infrastructure.id)"
                let tags = ResourceTags.infrastructure(infrastructure).merging([ResourceTags.role: name]) { $1 }
                let outcome = try await call(cloud) { connector, session, context in
                    try await connector.ensureKeyPair(
                        EnsureRequest(session: session, spec: KeyPairSpec(name: name, publicKey: key), tags: tags),
                        context: context)
                }
                resources.append(record(try await settled(outcome, cloud), cloud))
            }
            return .prepared(cloud, resources)
        } catch let error as ConnectorError {
            return .preparationFailed(cloud, message: error.description)
        } catch let error as ManagerError {
            return .preparationFailed(cloud, message: error.description)
        }
    }

    /// Networks with `create = 'yes'`. Where a connector lists networks but makes none, machines are on those that are there.
    private func makeNetworks(_ networks: [NetworkSpec], _ cloud: CloudReference) async throws -> [ResourceRecord] {
        var made: [ResourceRecord] = []
        for network in networks {
            let tags = ResourceTags.infrastructure(infrastructure).merging([ResourceTags.role: network.name]) { $1 }
            let outcome: Outcome<Resource>
            do {
                outcome = try await call(cloud) { connector, session, context in
                    try await connector.ensureNetwork(
                        EnsureRequest(session: session, spec: network, tags: tags), context: context)
                }
                // Unsupported may be said of the call or in its outcome.
                var resource = record(try await settled(outcome, cloud), cloud)
                // By its name the launch finds it.
                resource.name = network.name
                made.append(resource)
            } catch let error as ConnectorError where error.code == .unsupported {
                reported(cloud, "it makes no networks; machines of '\(network.name)' are on one that is there")
            }
        }
        return made
    }

    /// What lets others reach the ports of machines. Where a connector has groups but this cloud of it has none, that is told.
    private func makeGroups(
        _ groups: [SecurityGroupSpec], _ cloud: CloudReference
    ) async throws -> [ResourceRecord] {
        var made: [ResourceRecord] = []
        for group in groups {
            let tags = ResourceTags.infrastructure(infrastructure).merging([ResourceTags.role: group.name]) { $1 }
            do {
                let outcome = try await call(cloud) { connector, session, context in
                    try await connector.ensureSecurityGroup(
                        EnsureRequest(session: session, spec: group, tags: tags), context: context)
                }
                var resource = record(try await settled(outcome, cloud), cloud)
                // By its name the launch finds the group of each network.
                resource.name = group.name
                made.append(resource)
            } catch let error as ConnectorError where error.code == .unsupported {
                reported(cloud, error.message)
                return made
            }
        }
        return made
    }

    func settled(_ outcome: Outcome<Resource>, _ cloud: CloudReference) async throws -> Resource {
        guard case .inProgress(let progress) = outcome else { return try outcome.get() }
        guard let resource = try await continued(progress, cloud).resource else {
            throw ConnectorError(code: .protocolViolation, message: "the connector ended the call without a resource")
        }
        return resource
    }
}
