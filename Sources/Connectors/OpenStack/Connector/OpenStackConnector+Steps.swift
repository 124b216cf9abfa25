package import ConnectorAPI
import HTTPTransport

extension OpenStackConnector {
    package func resume(_ request: ContinueRequest, context: CallContext) async throws -> Outcome<StepResult> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        switch try OpenStackStep(request.state) {
        case .ensureVolume(let spec, let tags):
            return try await ensureVolume(spec, tags: tags, session, budget).step { StepResult(resource: $0) }
        case .ensureAddress(let spec, let tags):
            return try await ensurePublicAddress(spec, tags: tags, session, budget).step { StepResult(resource: $0) }
        case .delete(let kind, let id):
            return try await delete(kind, id, session, budget).step { _ in StepResult() }
        case .resize(let id, let flavor):
            return try await resize(id, to: flavor, session, budget).step { StepResult(machine: $0) }
        case .snapshot(let id, let name):
            return try await snapshot(of: id, name: name, session, budget).step { StepResult(image: $0) }
        }
    }

    // MARK: - Resize

    /// Nova moves the machine and waits for a confirmation, which is given here.
    package func resize(_ request: ResizeRequest, context: CallContext) async throws -> Outcome<Machine> {
        try await resize(
            request.id, to: request.flavor, try sessions.session(request.session), CallBudget(context))
    }

    private func resize(
        _ id: String, to flavor: String, _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Machine> {
        guard let server = try await server(id, session, budget), Machine.state(server) != .terminated else {
            throw Self.unknown(id, session)
        }
        let again = OpenStackStep.resize(id, flavor: flavor)
        switch (server.status, server.taskState) {
        case ("VERIFY_RESIZE", nil):
            do throws(ConnectorError) {
                try await session.client.call(Self.action(id, ["confirmResize": .null]), budget)
            } catch {
                // For a moment Nova shows the server as moved before it lets that be confirmed (400).
                guard error.code == .aborted || error.code == .invalidArgument else { throw error }
            }
            return try .waiting(again, 2_000)
        case ("ERROR", _):
            throw ConnectorError(
                code: .unavailable,
                message: "server '\(id)' is in error: \(server.fault?.message ?? "Nova says no more")")
        case ("ACTIVE", nil), ("SHUTOFF", nil):
            if server.flavor == flavor { return .done(Machine(server)) }
            do throws(ConnectorError) {
                try await session.client.call(Self.action(id, ["resize": ["flavorRef": .string(flavor)]]), budget)
            } catch {
                if error.code == .aborted { return try .waiting(again, 2_000) }
                guard error.code == .invalidArgument || error.code == .notFound else { throw error }
                throw ConnectorError(
                    code: .invalidArgument, message: "Error resizing VM: \(error.message)", provider: error.provider,
                    field: "flavor")
            }
            return try .waiting(again, 3_000)
        default:
            return try .waiting(again, 3_000)
        }
    }

    // MARK: - Snapshot

    /// The image is found by its name and by the server that stands in its properties, so that it is made once.
    package func snapshot(_ request: SnapshotRequest, context: CallContext) async throws -> Outcome<Image> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        guard request.disk == 0 else {
            throw ConnectorError(
                code: .unsupported, message: "Nova makes images of root disks only; disk \(request.disk) is none",
                field: "disk")
        }
        guard try await server(request.id, session, budget) != nil else { throw Self.unknown(request.id, session) }
        if try await snapshots(request.id, name: request.name, session, budget).isEmpty {
            // A server hands the properties of its image on to images of its own: what is ours is written each time.
            let label = try ResourceLabel(request.tags).description()
            let metadata = request.tags.merging([Self.snapshotKey: request.id, Self.labelKey: label]) { _, own in own }
            let body: JSONValue = [
                "createImage": [
                    "name": .string(request.name), "metadata": .object(metadata.mapValues { .string($0) }),
                ]
            ]
            try await session.client.call(Self.action(request.id, body), budget)
        }
        return try await snapshot(of: request.id, name: request.name, session, budget)
    }

    private static let snapshotKey = "gantry:snapshot-of"
    /// Of all of its tags.
    private static let labelKey = "gantry:snapshot-tags"

    private func snapshots(
        _ id: String, name: String, _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> [GlanceImage] {
        try await allImages([("name", name), ("owner", session.project.id)], session, budget)
            .filter { $0.properties[Self.snapshotKey] == id && $0.status != "deleted" }
    }

    /// Images that were made of disks here, with these tags.
    func ownImages(
        tags: [String: String], _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> [Resource] {
        try await allImages([("owner", session.project.id), ("visibility", "private")], session, budget)
            .compactMap { image in
                guard let label = ResourceLabel(description: image.properties[Self.labelKey]),
                    label.tags.contains(all: tags), !["deleted", "pending_delete", "killed"].contains(image.status)
                else { return nil }
                return Resource(kind: .image, id: image.id, name: image.name, tags: label.tags)
            }
    }

    private func snapshot(
        of id: String, name: String, _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Image> {
        let found = try await snapshots(id, name: name, session, budget)
        guard let image = found.min(by: { $0.id < $1.id }) else {
            throw ConnectorError(
                code: .unavailable, message: "the snapshot '\(name)' of server '\(id)' is gone: Nova could not make it")
        }
        if image.status == "active" { return .done(Image(image, host: session.host)) }
        guard ["queued", "saving", "importing"].contains(image.status) else {
            throw ConnectorError(code: .unavailable, message: "the snapshot '\(name)' is \(image.status)")
        }
        return try .waiting(.snapshot(id, name: name), 3_000)
    }

    // MARK: - Delete

    package func delete(_ request: DeleteResourceRequest, context: CallContext) async throws -> Outcome<Empty> {
        try await delete(request.kind, request.id, try sessions.session(request.session), CallBudget(context))
    }

    private func delete(
        _ kind: Resource.Kind, _ id: String, _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Empty> {
        if kind == .keyPair {
            try await session.client.remove(OpenStackRequest(.compute, .delete, "os-keypairs", id), budget)
            return .done(Empty())
        }
        guard OpenStackID.isValid(id) else { return .done(Empty()) }
        switch kind {
        case .machine:
            if case .failed(let error)? = try await terminate([id], session, budget).first { throw error }
            return .done(Empty())
        case .volume: return try await deleteVolume(id, session, budget)
        case .publicAddress: return try await remove(kind, .network, "floatingips", id, session, budget)
        case .securityGroup: return try await remove(kind, .network, "security-groups", id, session, budget)
        case .other:
            do throws(ConnectorError) {
                try await removePort(id, session, budget)
                return .done(Empty())
            } catch {
                guard error.code == .aborted else { throw error }
                return try .waiting(.delete(kind, id), 3_000)
            }
        case .image: return try await remove(kind, .image, "images", id, session, budget)
        default:
            throw ConnectorError(
                code: .unsupported, message: "the connector makes no '\(kind.rawValue)' and so deletes none")
        }
    }

    /// Deletes a thing that is gone at once, unless others still need it: then it is tried again later.
    private func remove(
        _ kind: Resource.Kind, _ service: OpenStackService, _ path: String, _ id: String, _ session: OpenStackSession,
        _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Empty> {
        do throws(ConnectorError) {
            try await session.client.remove(OpenStackRequest(service, .delete, path, id), budget)
            return .done(Empty())
        } catch {
            guard error.code == .aborted else { throw error }
            return try .waiting(.delete(kind, id), 3_000)
        }
    }
}
