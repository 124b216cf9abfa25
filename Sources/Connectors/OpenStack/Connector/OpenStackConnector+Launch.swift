package import ConnectorAPI
import HTTPTransport

/// Nova knows no client token. A server of the batch is found by its tags before one is made, and each is made on a
/// port of its own that was there before and that no second server can use: of two requests for one machine that reach
/// Nova at the same time, at most one gives a server that runs.
extension OpenStackConnector {
    /// One machine of a batch on its way.
    private struct Pending: Sendable {
        var index: Int
        var body: LaunchBody
        var choice: NetworkChoice
        var ports: [NeutronPort] = []
        /// Ids of ports that this call made, to which nothing can lead yet.
        var newPorts: Set<String> = []
    }

    package func launch(_ request: LaunchRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        guard !request.batchToken.isEmpty, request.batchToken.unicodeScalars.count <= 255 else {
            throw ConnectorError(
                code: .invalidArgument, message: "the batch token must have 1 to 255 characters", field: "batchToken")
        }
        return try await exclusion.hold("\(session.project.id)/launch/\(request.batchToken)", "this batch") {
            () async throws(ConnectorError) -> [Outcome<Machine>] in
            try await launch(request, try LaunchIdentity.items(request.items), session, budget)
        }
    }

    private func launch(
        _ request: LaunchRequest, _ digest: String, _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> [Outcome<Machine>] {
        var outcomes = [Outcome<Machine>?](repeating: nil, count: request.items.count)
        let there = try await batch(request.batchToken, digest, session, budget)
        for (index, server) in there where index < outcomes.count { outcomes[index] = .done(Machine(server)) }
        var bodies: [Int: LaunchBody] = [:]
        for (index, item) in request.items.enumerated() where outcomes[index] == nil {
            do throws(ConnectorError) {
                bodies[index] = try body(item, request, index, session)
            } catch {
                outcomes[index] = .failed(error)
            }
        }
        guard !bodies.isEmpty else { return Self.all(outcomes) }
        let site = try await networks(session, budget)
        var pending: [Pending] = []
        for (index, body) in bodies.sorted(by: { $0.key < $1.key }) {
            do throws(ConnectorError) {
                let choice = try NetworkChoice(request.items[index].interfaces, site, field: "items[\(index)]")
                pending.append(Pending(index: index, body: body, choice: choice))
            } catch {
                outcomes[index] = .failed(error)
            }
        }
        let ported = try await withPorts(pending, request, digest, session, budget)
        let version = try await version(of: ported.compactMap { try? $0.get().body }, session, budget)
        let results = await each(Array(zip(pending, ported))) { machine, ported throws(ConnectorError) in
            try await self.launch(try ported.get(), request, digest, version, session, budget)
        }
        for (machine, result) in zip(pending, results) {
            switch result {
            case .success(let made): outcomes[machine.index] = .done(made)
            case .failure(let error):
                outcomes[machine.index] = .failed(Self.explained(error, request.items[machine.index], machine.index))
            }
        }
        return Self.all(outcomes)
    }

    private static func all(_ outcomes: [Outcome<Machine>?]) -> [Outcome<Machine>] {
        outcomes.map { $0 ?? .failed(ConnectorError(code: .internal, message: "an item of the batch was lost")) }
    }

    private func body(
        _ item: MachineSpec, _ request: LaunchRequest, _ index: Int, _ session: OpenStackSession
    ) throws(ConnectorError) -> LaunchBody {
        let body = try LaunchBody(item, host: session.host, tags: request.tags, at: index)
        guard !body.hasVolumes || session.client.catalog.has(.volume) else {
            throw ConnectorError(
                code: .invalidArgument,
                message:
                    "disks of '\(item.name)' need volumes, but this cloud has no Cinder; leave out disk.0.size and "
                    + "disk.N.size, or choose a larger flavor",
                field: "items[\(index)].disks")
        }
        return body
    }

    /// The servers of the batch by their places. Of several at one place the one that is not in error counts; the
    /// others came of requests whose answer was lost, never ran, and are removed.
    ///
    /// - Throws: ``ConnectorError/Code/alreadyExists`` where the token stands for other items.
    private func batch(
        _ token: String, _ digest: String, _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> [Int: NovaServer] {
        let found = try await servers(tags: [LaunchRequest.batchTag: token], session, budget)
            .filter { Machine.state($0) != .terminated }
        var byPlace: [Int: [NovaServer]] = [:]
        for server in found {
            guard server.metadata[LaunchIdentity.itemsKey] == digest,
                let index = server.metadata[LaunchIdentity.indexKey].flatMap({ Int($0) })
            else {
                throw ConnectorError(
                    code: .alreadyExists,
                    message: "batch token '\(token)' was used for other items: server '\(server.id)' is of it")
            }
            byPlace[index, default: []].append(server)
        }
        let chosen = byPlace.compactMapValues { servers in
            servers.min { (Self.isFailed($0) ? 1 : 0, $0.id) < (Self.isFailed($1) ? 1 : 0, $1.id) }
        }
        let kept = Set(chosen.values.map(\.id))
        let surplus = found.filter { Self.isFailed($0) && !kept.contains($0.id) }.map(\.id)
        // What is not removed now is in the list.
        if !surplus.isEmpty { _ = try? await terminate(surplus, session, budget) }
        return chosen
    }

    private static func isFailed(_ server: NovaServer) -> Bool {
        Machine.state(server) == .failed
    }

    /// The version of the requests, so that Nova knows what is in them.
    private func version(
        of bodies: [LaunchBody], _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> Microversion? {
        guard bodies.contains(where: \.hasVolumeTypes) else {
            return try await session.microversion(.tagsAtCreation, budget)
        }
        guard let version = try await session.microversion(.volumeTypes, budget) else {
            throw ConnectorError(
                code: .unsupported,
                message:
                    "this cloud's Nova is too old to be told types of disks (it needs \(Microversion.volumeTypes)); "
                    + "leave out disk.N.type")
        }
        return version
    }

    // MARK: - Ports

    /// Gives each machine a port for each of its networks: those that an earlier call made, else new ones, all in one
    /// request.
    private func withPorts(
        _ pending: [Pending], _ request: LaunchRequest, _ digest: String, _ session: OpenStackSession,
        _ budget: CallBudget
    ) async throws(ConnectorError) -> [Result<Pending, ConnectorError>] {
        let name = try LaunchIdentity.portName(request.batchToken)
        let known = try await ports([("name", name)], session, budget)
        var bySlot: [String: NeutronPort] = [:]
        for port in known.sorted(by: { $0.id > $1.id }) {
            guard let tags = port.label?.tags, tags[LaunchRequest.batchTag] == request.batchToken else { continue }
            guard tags[LaunchIdentity.itemsKey] == digest, let slot = tags[LaunchIdentity.slotKey] else {
                throw ConnectorError(
                    code: .alreadyExists,
                    message: "batch token '\(request.batchToken)' was used for other items: port '\(port.id)' is of it")
            }
            bySlot[slot] = port
        }
        var missing: [(slot: String, body: JSONValue)] = []
        for machine in pending {
            for (place, attachment) in machine.choice.attachments.enumerated() {
                let slot = "\(machine.index).\(place)"
                guard bySlot[slot] == nil else { continue }
                let label = try label(of: machine.index, slot: slot, request, digest)
                missing.append((slot, try Self.port(attachment, name: name, label: label)))
            }
        }
        let knownIDs = Set(known.map(\.id))
        var failures: [String: ConnectorError] = [:]
        if !missing.isEmpty {
            do throws(ConnectorError) {
                let made: NeutronPorts = try await session.client.call(
                    OpenStackRequest(.network, .post, "ports", body: ["ports": .array(missing.map(\.body))]), budget)
                for port in made.ports {
                    if let slot = port.label?.tags[LaunchIdentity.slotKey] { bySlot[slot] = port }
                }
            } catch {
                // All or none are made. One that cannot be must not keep the others from it.
                let isOfOne = [.invalidArgument, .notFound, .quotaExceeded].contains(error.code)
                guard isOfOne, missing.count > 1 else {
                    for (slot, _) in missing { failures[slot] = error }
                    return Self.assemble(pending, bySlot, known: knownIDs, failures)
                }
                for (slot, body) in missing {
                    do throws(ConnectorError) {
                        let made: NeutronPorts = try await session.client.call(
                            OpenStackRequest(.network, .post, "ports", body: ["ports": [body]]), budget)
                        bySlot[slot] = made.ports.first
                    } catch {
                        failures[slot] = error
                    }
                }
            }
        }
        return Self.assemble(pending, bySlot, known: knownIDs, failures)
    }

    private static func assemble(
        _ pending: [Pending], _ bySlot: [String: NeutronPort], known: Set<String>, _ failures: [String: ConnectorError]
    ) -> [Result<Pending, ConnectorError>] {
        pending.map { machine in
            var machine = machine
            for place in machine.choice.attachments.indices {
                let slot = "\(machine.index).\(place)"
                if let port = bySlot[slot] {
                    machine.ports.append(port)
                    if !known.contains(port.id) { machine.newPorts.insert(port.id) }
                } else {
                    return .failure(
                        failures[slot]
                            ?? ConnectorError(code: .internal, message: "Neutron answered POST /ports without a port"))
                }
            }
            return .success(machine)
        }
    }

    /// What belongs to a machine carries its tags.
    private func label(
        of index: Int, slot: String, _ request: LaunchRequest, _ digest: String
    ) throws(ConnectorError) -> String {
        let item = request.items[index]
        var tags = request.tags.merging(item.tags) { _, own in own }
        tags[LaunchRequest.batchTag] = request.batchToken
        tags[LaunchIdentity.machineKey] = item.machineID
        tags[LaunchIdentity.itemsKey] = digest
        tags[LaunchIdentity.slotKey] = slot
        return try ResourceLabel(tags).description(field: "items[\(index)].tags")
    }

    private static func port(
        _ attachment: NetworkChoice.Attachment, name: String, label: String
    ) throws(ConnectorError) -> JSONValue {
        var port: [String: JSONValue] = [
            "name": .string(name), "description": .string(label), "network_id": .string(attachment.network),
        ]
        if attachment.takesGroups, !attachment.groups.isEmpty {
            port["security_groups"] = .array(attachment.groups.map { .string($0) })
        }
        if let address = attachment.fixedAddress {
            var fixed: [String: JSONValue] = ["ip_address": .string(address)]
            fixed["subnet_id"] = attachment.subnet.map { .string($0) }
            port["fixed_ips"] = [.object(fixed)]
        }
        return .object(port)
    }

    // MARK: - One machine

    private func launch(
        _ machine: Pending, _ request: LaunchRequest, _ digest: String, _ version: Microversion?,
        _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> Machine {
        do throws(ConnectorError) {
            if !machine.choice.pools.isEmpty {
                try await float(machine, request, digest, session, budget)
            }
            return try await make(machine, request, digest, version, session, budget)
        } catch {
            // Where surely no server is, what was made for it goes too. What cannot be removed is in the list.
            let isRefused: Set<ConnectorError.Code> = [
                .invalidArgument, .notFound, .permissionDenied, .quotaExceeded, .unsupported,
            ]
            if isRefused.contains(error.code) {
                try? await removePorts(machine.ports, session, budget)
            }
            throw error
        }
    }

    private func make(
        _ machine: Pending, _ request: LaunchRequest, _ digest: String, _ version: Microversion?,
        _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> Machine {
        let item = request.items[machine.index]
        var tags = request.tags.merging(item.tags) { _, own in own }
        tags[LaunchRequest.batchTag] = request.batchToken
        tags[LaunchIdentity.machineKey] = item.machineID
        var metadata = tags
        metadata[LaunchIdentity.indexKey] = String(machine.index)
        metadata[LaunchIdentity.itemsKey] = digest
        metadata[LaunchIdentity.interfacesKey] = InterfaceNames(machine.choice).text
        let words = version == nil ? [] : try LaunchIdentity.serverTags(tags)
        let body = machine.body.json(ports: machine.ports.map(\.id), metadata: metadata, tags: words)
        do throws(ConnectorError) {
            let made: NovaServerMade = try await session.client.call(
                OpenStackRequest(.compute, .post, "servers", body: body, microversion: version), budget)
            return Machine(
                id: made.server.id, machineID: item.machineID, batchToken: request.batchToken, state: .pending,
                flavor: item.flavor, image: machine.body.image.id, zone: item.zone, tags: tags)
        } catch {
            // A port in use is that of a server which an earlier request made.
            guard error.code == .aborted else { throw error }
            let there = try await batch(request.batchToken, digest, session, budget)
            if let server = there[machine.index] { return Machine(server) }
            throw error
        }
    }

    /// A floating address that leads to the machine's first private port, from the first pool that can be reached from
    /// there. It is there before the server is, so that nobody needs to wait for the server.
    private func float(
        _ machine: Pending, _ request: LaunchRequest, _ digest: String, _ session: OpenStackSession,
        _ budget: CallBudget
    ) async throws(ConnectorError) {
        let place = machine.choice.attachments.firstIndex { !$0.isPublic } ?? 0
        guard machine.ports.indices.contains(place) else { return }
        let port = machine.ports[place].id
        if !machine.newPorts.contains(port), try await !addresses([("port_id", port)], session, budget).isEmpty {
            return
        }
        let label = try label(of: machine.index, slot: "\(machine.index).\(place)", request, digest)
        var last: ConnectorError?
        for pool in machine.choice.pools {
            do throws(ConnectorError) {
                _ = try await allocateAddress(pool: pool, port: port, label: label, session, budget)
                return
            } catch {
                // Another pool may be reached, or have addresses left.
                guard [.notFound, .invalidArgument, .quotaExceeded].contains(error.code) else { throw error }
                last = error
            }
        }
        if var error = last {
            if error.code == .notFound { error.code = .invalidArgument }
            error.message = "Error adding a floating IP: \(error.message)"
            throw error
        }
    }

    /// For a launch, what OpenStack does not know was named by the request; the message says by which field.
    private static func explained(_ error: ConnectorError, _ item: MachineSpec, _ index: Int) -> ConnectorError {
        var error = error
        guard error.field == nil, [.invalidArgument, .notFound].contains(error.code) else { return error }
        error.code = .invalidArgument
        let text = error.message.lowercased()
        let names: [(word: String, field: String)] = [
            ("flavor", "flavor"), ("image", "image"), ("keypair", "keyPair"), ("key_name", "keyPair"),
            ("security group", "interfaces"), ("network", "interfaces"), ("subnet", "interfaces"),
            ("floating", "interfaces"), ("availability zone", "zone"), ("volume", "disks"), ("block device", "disks"),
            ("user_data", "userData"), ("metadata", "tags"),
        ]
        if let found = names.first(where: { text.contains($0.word) }) { error.field = "items[\(index)].\(found.field)" }
        return error
    }
}
