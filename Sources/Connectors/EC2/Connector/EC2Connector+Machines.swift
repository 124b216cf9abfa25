package import ConnectorAPI

extension EC2Connector {
    /// Most ids that EC2 takes in one request.
    static let idsPerRequest = 1_000
    /// Most values of a filter.
    static let valuesPerFilter = 200

    package func describe(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        let session = try sessions.session(request.session)
        return try await machines(request.ids, session, CallBudget(context))
    }

    /// The machines of the ids, in their order.
    func machines(
        _ ids: [String], _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> [Outcome<Machine>] {
        let known = try await instances(ids, session, budget)
        return ids.map { id in
            guard let instance = known[id] else { return .failed(Self.unknown(id, session)) }
            return .done(Machine(instance, region: session.region))
        }
    }

    static func unknown(_ id: String, _ session: EC2Session) -> ConnectorError {
        ConnectorError(
            code: .notFound, message: "region \(session.region) has no instance '\(id)'",
            provider: .init(code: "InvalidInstanceID.NotFound"))
    }

    /// Those of the instances that exist: one request for a thousand, two when some do not exist.
    func instances(
        _ ids: [String], _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> [String: EC2Instance] {
        var found: [String: EC2Instance] = [:]
        for chunk in Self.valid(ids).chunked(Self.idsPerRequest) {
            let instances = try await withoutUnknown(chunk, session, budget) { ids throws(ConnectorError) in
                try await session.client.call(.describeInstances(ids: ids), budget, EC2Instances.init).items
            }
            for instance in instances ?? [] { found[instance.id] = instance }
        }
        return found
    }

    /// Ids that may exist, each once: EC2 refuses a whole request for one that cannot.
    private static func valid(_ ids: [String]) -> [String] {
        var seen: Set<String> = []
        return ids.filter { EC2ID.isValid($0, "i") && seen.insert($0).inserted }
    }

    /// Makes a request with those of the ids that exist; nil when none does.
    ///
    /// EC2 refuses a request with an unknown id and names it, so the second request leaves the named ones out. Where it
    /// names none that was asked for, those that exist are asked for by filter.
    private func withoutUnknown<Value>(
        _ ids: [String], _ session: EC2Session, _ budget: CallBudget,
        _ request: ([String]) async throws(ConnectorError) -> Value
    ) async throws(ConnectorError) -> Value? {
        var left = ids
        for _ in 0..<2 {
            guard !left.isEmpty else { return nil }
            do throws(ConnectorError) {
                return try await request(left)
            } catch {
                guard error.provider?.code?.hasPrefix("InvalidInstanceID") == true else { throw error }
                let named = Self.ids(in: error.message)
                let rest = left.filter { !named.contains($0) }
                if rest.count == left.count { break }
                left = rest
            }
        }
        var existing: [String] = []
        for chunk in left.chunked(Self.valuesPerFilter) {
            existing += try await session.client.call(
                .describeInstances(known: chunk), budget, EC2Instances.init
            ).items.map(\.id)
        }
        return existing.isEmpty ? nil : try await request(existing)
    }

    /// Ids of instances that a text mentions.
    private static func ids(in message: String) -> Set<String> {
        Set(message.matches(of: /i-[0-9a-f]{8,17}/).map { String($0.0) })
    }

    package func terminate(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Empty>] {
        let session = try sessions.session(request.session)
        try await terminate(request.ids, session, CallBudget(context))
        return request.ids.map { _ in .done(Empty()) }
    }

    /// Ends those of the machines that exist.
    func terminate(_ ids: [String], _ session: EC2Session, _ budget: CallBudget) async throws(ConnectorError) {
        for chunk in Self.valid(ids).chunked(Self.idsPerRequest) {
            _ = try await withoutUnknown(chunk, session, budget) { ids throws(ConnectorError) in
                try await session.client.call(.change("TerminateInstances", ids: ids), budget)
            }
        }
    }

    // MARK: - Power

    package func start(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await change(request, "StartInstances", from: [.stopped], reached: [.running, .pending], context)
    }

    package func stop(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await change(
            request, "StopInstances", from: [.running, .pending], reached: [.stopped, .stopping], context)
    }

    package func reboot(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await change(request, "RebootInstances", from: [.running], reached: [], context)
    }

    /// Brings machines into a state: one request to see them, one for those that are not yet there.
    ///
    /// What EC2 does next is seen by `describe`; a machine in between, such as one that is still stopping, is `aborted`.
    private func change(
        _ request: MachinesRequest, _ action: String, from: Set<Machine.State>, reached: Set<Machine.State>,
        _ context: CallContext
    ) async throws -> [Outcome<Machine>] {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        var outcomes = try await machines(request.ids, session, budget)
        var pending: [String] = []
        for (index, outcome) in outcomes.enumerated() {
            guard case .done(let machine) = outcome, !reached.contains(machine.state) else { continue }
            if from.contains(machine.state) {
                pending.append(machine.id)
            } else {
                outcomes[index] = .failed(
                    ConnectorError(
                        code: machine.state == .terminated ? .notFound : .aborted,
                        message: "\(action) of '\(machine.id)' must wait: it is \(machine.state.rawValue)"))
            }
        }
        guard !pending.isEmpty else { return outcomes }
        for chunk in pending.chunked(Self.idsPerRequest) {
            try await session.client.call(.change(action, ids: chunk), budget)
        }
        let target: Machine.State? =
            switch action {
            case "StartInstances": .pending
            case "StopInstances": .stopping
            default: nil
            }
        return outcomes.map { outcome in
            guard case .done(var machine) = outcome, pending.contains(machine.id), let target else { return outcome }
            machine.state = target
            return .done(machine)
        }
    }
}

extension Array {
    /// The elements in pieces of at most `count`.
    func chunked(_ count: Int) -> [[Element]] {
        stride(from: 0, to: self.count, by: count).map { Array(self[$0..<Swift.min($0 + count, self.count)]) }
    }
}
