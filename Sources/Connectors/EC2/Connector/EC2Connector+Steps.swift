package import ConnectorAPI

extension EC2Connector {
    package func resume(_ request: ContinueRequest, context: CallContext) async throws -> Outcome<StepResult> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        switch try EC2Step(request.state) {
        case .ensureVolume(let spec, let tags):
            return try await ensureVolume(spec, tags: tags, session, budget).step { StepResult(resource: $0) }
        case .ensureAddress(let spec, let tags):
            return try await ensurePublicAddress(spec, tags: tags, session, budget).step { StepResult(resource: $0) }
        case .delete(let kind, let id):
            return try await delete(kind, id, session, budget).step { _ in StepResult() }
        case .resize(let id, let flavor, let restart):
            return try await resize(id, to: flavor, restart: restart, session, budget)
                .step { StepResult(machine: $0) }
        case .snapshot(let id, let name):
            return try await snapshot(of: id, name: name, session, budget).step { StepResult(image: $0) }
        case .deleteImage(let id, let snapshots):
            return try await deleteImage(id, snapshots: snapshots, session, budget).step { _ in StepResult() }
        }
    }

    // MARK: - Resize

    /// EC2 changes the type of stopped machines only. The first answer only looks: that the machine ran, and so must be
    /// started again, is stored by the host before anything is stopped.
    package func resize(_ request: ResizeRequest, context: CallContext) async throws -> Outcome<Machine> {
        let session = try sessions.session(request.session)
        let machine = try await machine(request.id, session, CallBudget(context))
        if machine.flavor == request.flavor { return .done(machine) }
        switch machine.state {
        case .running, .pending: return try .waiting(.resize(request.id, flavor: request.flavor, restart: true), 0)
        case .stopped, .stopping: return try .waiting(.resize(request.id, flavor: request.flavor, restart: false), 0)
        default: throw Self.unknown(request.id, session)
        }
    }

    func resize(
        _ id: String, to flavor: String, restart: Bool, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Machine> {
        let machine = try await machine(id, session, budget)
        let again = EC2Step.resize(id, flavor: flavor, restart: restart)
        if machine.flavor == flavor {
            guard restart, machine.state == .stopped || machine.state == .stopping else { return .done(machine) }
            if machine.state == .stopped {
                try await session.client.call(.change("StartInstances", ids: [id]), budget)
            }
            return try .waiting(again, 3_000)
        }
        switch machine.state {
        case .running:
            try await session.client.call(.change("StopInstances", ids: [id]), budget)
            return try .waiting(again, 5_000)
        case .pending, .stopping: return try .waiting(again, 3_000)
        case .stopped:
            try await session.client.call(.setType(id, flavor), budget)
            return try .waiting(again, 0)
        default: throw Self.unknown(id, session)
        }
    }

    private func machine(
        _ id: String, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> Machine {
        guard let instance = try await instances([id], session, budget)[id] else { throw Self.unknown(id, session) }
        return Machine(instance, region: session.region)
    }

    // MARK: - Delete

    package func delete(_ request: DeleteResourceRequest, context: CallContext) async throws -> Outcome<Empty> {
        try await delete(request.kind, request.id, try sessions.session(request.session), CallBudget(context))
    }

    func delete(
        _ kind: Resource.Kind, _ id: String, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Empty> {
        switch kind {
        case .machine:
            try await terminate([id], session, budget)
            return .done(Empty())
        case .volume:
            return EC2ID.isValid(id, "vol") ? try await deleteVolume(id, session, budget) : .done(Empty())
        case .image: return EC2ID.isValid(id, "ami") ? try await deleteImage(id, session, budget) : .done(Empty())
        case .publicAddress:
            return EC2ID.isValid(id, "eipalloc") ? try await releaseAddress(id, session, budget) : .done(Empty())
        case .keyPair: return try await remove(kind, .act("DeleteKeyPair", "KeyName", id), id, session, budget)
        case .securityGroup:
            guard EC2ID.isValid(id, "sg") else { return .done(Empty()) }
            return try await remove(kind, .act("DeleteSecurityGroup", "GroupId", id), id, session, budget)
        case .network:
            guard EC2ID.isValid(id, "subnet") else { return .done(Empty()) }
            return try await remove(kind, .act("DeleteSubnet", "SubnetId", id), id, session, budget)
        case .router: return EC2ID.isValid(id, "igw") ? try await deleteGateway(id, session, budget) : .done(Empty())
        case .other:
            guard EC2ID.isValid(id, "vpc") else { return .done(Empty()) }
            return try await remove(kind, .act("DeleteVpc", "VpcId", id), id, session, budget)
        default:
            throw ConnectorError(
                code: .unsupported, message: "the connector makes no '\(kind.rawValue)' and so deletes none")
        }
    }

    /// Deletes a thing that is gone at once, unless others still need it: then it is tried again later.
    func remove(
        _ kind: Resource.Kind, _ request: EC2Request, _ id: String, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Empty> {
        do throws(ConnectorError) {
            try await session.client.call(request, budget)
            return .done(Empty())
        } catch {
            if error.code == .notFound { return .done(Empty()) }
            guard ["DependencyViolation", "InvalidGroup.InUse"].contains(error.provider?.code) else { throw error }
            return try .waiting(.delete(kind, id), 5_000)
        }
    }
}
