package import ConnectorAPI
import HTTPTransport

extension OpenStackConnector {
    package func describe(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await machines(request.ids, try sessions.session(request.session), CallBudget(context))
    }

    /// The machines of the ids, in their order.
    func machines(
        _ ids: [String], _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> [Outcome<Machine>] {
        let known = try await servers(ids, session, budget)
        return ids.map { id in
            guard let server = known[id] else { return .failed(Self.unknown(id, session)) }
            return .done(Machine(server))
        }
    }

    // MARK: - The end

    package func terminate(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Empty>] {
        try await terminate(request.ids, try sessions.session(request.session), CallBudget(context))
    }

    /// Ends machines: first their floating addresses, then the servers, then their ports, which Nova does not remove
    /// since it did not make them. A port that stays behind is in the list.
    func terminate(
        _ ids: [String], _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> [Outcome<Empty>] {
        let valid = Set(ids.filter { OpenStackID.isValid($0) }).sorted()
        var ports: [NeutronPort] = []
        for chunk in valid.chunked(Self.idsPerQuery) {
            ports += try await self.ports(chunk.map { ("device_id", $0) }, session, budget)
                .filter { $0.label?.tags[LaunchIdentity.slotKey] != nil }
        }
        try await removeAddresses(of: ports, session, budget)
        let results = await each(valid) { id throws(ConnectorError) in
            try await session.client.remove(OpenStackRequest(.compute, .delete, "servers", id), budget)
        }
        var failures: [String: ConnectorError] = [:]
        for (id, result) in zip(valid, results) {
            if case .failure(let error) = result { failures[id] = error }
        }
        // A server that may have been ended all the same must not leave its ports behind.
        let ended = ports.filter { port in
            port.device.flatMap { failures[$0] }.map { $0.code == .timeout } ?? true
        }
        do throws(ConnectorError) {
            try await removePorts(ended, session, budget)
        } catch {
            guard error.code == .aborted else { throw error }
        }
        return ids.map { id in failures[id].map { .failed($0) } ?? .done(Empty()) }
    }

    // MARK: - Power

    package func start(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await change(request, "start", reached: [.running, .pending], target: .pending, context) { server in
            switch server.status {
            case "PAUSED": ["unpause": .null]
            case "SUSPENDED": ["resume": .null]
            case "SHELVED", "SHELVED_OFFLOADED": ["unshelve": .null]
            case "SHUTOFF": ["os-start": .null]
            default: nil
            }
        }
    }

    package func stop(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await change(request, "stop", reached: [.stopped, .stopping], target: .stopping, context) { server in
            server.status == "ACTIVE" ? ["os-stop": .null] : nil
        }
    }

    /// Hard, as IM does it: a guest that does not listen is what one reboots.
    package func reboot(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await change(request, "reboot", reached: [], target: nil, context) { server in
            server.status == "ACTIVE" ? ["reboot": ["type": "HARD"]] : nil
        }
    }

    /// Brings machines into a state: one request to see them, one for each that is not yet there.
    ///
    /// - Parameter action: What Nova is asked for; nil where the server is in between, which is `aborted`.
    private func change(
        _ request: MachinesRequest, _ name: String, reached: Set<Machine.State>, target: Machine.State?,
        _ context: CallContext, _ action: @escaping @Sendable (NovaServer) -> JSONValue?
    ) async throws -> [Outcome<Machine>] {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        let known = try await servers(request.ids, session, budget)
        let results = await each(request.ids) { id throws(ConnectorError) -> Machine in
            guard let server = known[id] else { throw Self.unknown(id, session) }
            var machine = Machine(server)
            if reached.contains(machine.state) { return machine }
            guard let body = action(server), server.taskState == nil else {
                throw ConnectorError(
                    code: machine.state == .terminated ? .notFound : .aborted,
                    message: "\(name) of '\(id)' must wait: it is \(server.status)"
                        + (server.taskState.map { ", \($0)" } ?? ""))
            }
            try await session.client.call(Self.action(id, body), budget)
            if let target { machine.state = target }
            return machine
        }
        return results.map { result in
            switch result {
            case .success(let machine): .done(machine)
            case .failure(let error): .failed(error)
            }
        }
    }

    static func action(_ id: String, _ body: JSONValue, _ version: Microversion? = nil) -> OpenStackRequest {
        OpenStackRequest(.compute, .post, "servers", id, "action", body: body, microversion: version)
    }
}
