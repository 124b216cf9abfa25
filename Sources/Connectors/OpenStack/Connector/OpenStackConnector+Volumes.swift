package import ConnectorAPI
import HTTPTransport

extension OpenStackConnector {
    package func ensureVolume(
        _ request: EnsureRequest<VolumeSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try Self.check(tags: request.tags)
        return try await ensureVolume(
            request.spec, tags: request.tags, try sessions.session(request.session), CallBudget(context))
    }

    func ensureVolume(
        _ spec: VolumeSpec, tags: [String: String], _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Resource> {
        let again = OpenStackStep.ensureVolume(spec, tags)
        let key = tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ";")
        let volume = try await exclusion.hold("\(session.project.id)/volume/\(key)", "this volume") {
            () async throws(ConnectorError) -> CinderVolume in
            let found = try await volumes(tags: tags, session, budget).filter { $0.status != "deleting" }
            if let volume = found.min(by: { $0.id < $1.id }) { return volume }
            return try await create(spec, tags: tags, session, budget)
        }
        guard let machine = spec.machine else {
            switch volume.status {
            case "creating", "downloading": return try .waiting(again, 2_000)
            case "error": throw Self.broken(volume)
            default: return .done(Resource(volume))
            }
        }
        switch volume.status {
        case "available":
            var attachment: [String: JSONValue] = ["volumeId": .string(volume.id)]
            if let letter = spec.device?.last(where: \.isLetter) { attachment["device"] = .string("/dev/vd\(letter)") }
            try await session.client.call(
                OpenStackRequest(
                    .compute, .post, "servers", machine, "os-volume_attachments",
                    body: ["volumeAttachment": .object(attachment)]), budget)
            return try .waiting(again, 2_000)
        case "in-use":
            let servers = (volume.attachments ?? []).map(\.server)
            guard servers.contains(machine) else {
                throw ConnectorError(
                    code: .alreadyExists,
                    message: "volume '\(volume.id)' is attached to '\(servers.first ?? "")', not to '\(machine)'")
            }
            return .done(Resource(volume))
        case "error", "error_extending", "error_restoring": throw Self.broken(volume)
        default: return try .waiting(again, 2_000)
        }
    }

    private static func broken(_ volume: CinderVolume) -> ConnectorError {
        ConnectorError(
            code: .unavailable, message: "volume '\(volume.id)' is in \(volume.status); Cinder could not make it")
    }

    private func create(
        _ spec: VolumeSpec, tags: [String: String], _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> CinderVolume {
        var volume: [String: JSONValue] = [
            "name": .string(spec.name), "size": .integer(LaunchBody.gibibytes(spec.sizeBytes)),
            "metadata": .object(tags.mapValues { .string($0) }),
        ]
        volume["volume_type"] = spec.type.map { .string($0) }
        volume["availability_zone"] = spec.zone.map { .string($0) }
        if let source = spec.source {
            let name = try ImageName(source, host: session.host, field: "spec.source")
            volume[name.isVolume ? "source_volid" : "imageRef"] = .string(name.id)
        }
        let answer: CinderVolumeAnswer = try await session.client.call(
            OpenStackRequest(.volume, .post, "volumes", body: ["volume": .object(volume)]), budget)
        return answer.volume
    }

    /// Volumes of the project that carry the tags; none where there is no Cinder.
    func volumes(
        tags: [String: String], _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> [CinderVolume] {
        var found: [CinderVolume] = []
        var marker: String?
        repeat {
            var query = [("limit", String(Self.pageSize))]
            if let marker { query.append(("marker", marker)) }
            let page: CinderVolumes = try await session.client.call(
                OpenStackRequest(.volume, .get, "volumes", "detail", query: query), budget)
            found += page.volumes.filter { ($0.metadata ?? [:]).contains(all: tags) }
            marker = page.marker
        } while marker != nil
        return found
    }

    /// Takes the volume from its machine and deletes it.
    func deleteVolume(
        _ id: String, _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Empty> {
        let volume: CinderVolume
        do throws(ConnectorError) {
            let answer: CinderVolumeAnswer = try await session.client.call(
                OpenStackRequest(.volume, .get, "volumes", id), budget)
            volume = answer.volume
        } catch {
            guard error.code == .notFound else { throw error }
            return .done(Empty())
        }
        let again = OpenStackStep.delete(.volume, id)
        switch volume.status {
        case "deleting": return .done(Empty())
        case "in-use":
            for attachment in volume.attachments ?? [] {
                try await session.client.remove(
                    OpenStackRequest(.compute, .delete, "servers", attachment.server, "os-volume_attachments", id),
                    budget)
            }
            return try .waiting(again, 2_000)
        case "attaching", "detaching", "creating", "downloading", "reserved": return try .waiting(again, 2_000)
        default:
            do throws(ConnectorError) {
                try await session.client.remove(OpenStackRequest(.volume, .delete, "volumes", id), budget)
                return .done(Empty())
            } catch {
                // Nova has not let it go yet.
                guard error.code == .aborted || error.code == .invalidArgument else { throw error }
                return try .waiting(again, 3_000)
            }
        }
    }
}
