package import ConnectorAPI
import Foundation
import HTTPTransport

extension EC2Connector {
    package func ensureVolume(
        _ request: EnsureRequest<VolumeSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        try Self.check(tags: request.tags)
        return try await ensureVolume(
            request.spec, tags: request.tags, try sessions.session(request.session), CallBudget(context))
    }

    /// Goes as far as EC2 lets it now: creates, and attaches when the volume is ready.
    func ensureVolume(
        _ spec: VolumeSpec, tags: [String: String], _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Resource> {
        let found = try await volumes(.describeVolumes(tags: tags), session, budget)
            .filter { $0.state != "deleting" && $0.state != "deleted" }
        guard let volume = found.min(by: { $0.id < $1.id }) else {
            let volume = try await createVolume(spec, tags: tags, session, budget)
            return spec.machine == nil ? .done(Resource(volume)) : try .waiting(.ensureVolume(spec, tags), 2_000)
        }
        guard volume.state != "error" else {
            throw ConnectorError(
                code: .unavailable, message: "EC2 could not make volume '\(volume.id)'; delete it and try again")
        }
        guard let machine = spec.machine else { return .done(Resource(volume)) }
        if let attachment = volume.attachments.first(where: { $0.state != "detached" }) {
            guard attachment.instance == machine else {
                throw ConnectorError(
                    code: .alreadyExists,
                    message: "volume '\(volume.id)' is attached to '\(attachment.instance)', not to '\(machine)'")
            }
            return attachment.state == "attached"
                ? .done(Resource(volume)) : try .waiting(.ensureVolume(spec, tags), 2_000)
        }
        guard volume.state == "available" else { return try .waiting(.ensureVolume(spec, tags), 2_000) }
        let letter = spec.device?.last(where: \.isLetter) ?? "f"
        do throws(ConnectorError) {
            try await session.client.call(
                .attachVolume(volume.id, to: machine, device: "/dev/sd\(letter)"), budget)
        } catch {
            // The machine is still starting, or an earlier call attached the volume: seen in the next step.
            guard error.code == .aborted else { throw error }
        }
        return try .waiting(.ensureVolume(spec, tags), 2_000)
    }

    private func createVolume(
        _ spec: VolumeSpec, tags: [String: String], _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> EC2Volume {
        let zone = try await zone(of: spec, session, budget)
        let identity = tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")
        let token: String
        do throws(HTTPError) {
            token = Digest.hexadecimal(try Digest.sha256(Array("volume\n\(identity)".utf8)))
        } catch {
            throw ConnectorError(code: .internal, message: error.message)
        }
        let snapshot = try EC2BlockDevice(
            MachineSpec.Disk(index: 1, sizeBytes: spec.sizeBytes, source: spec.source), region: session.region,
            field: "spec.source"
        ).snapshot
        return try await session.client.call(
            .createVolume(spec, zone: zone, snapshot: snapshot, clientToken: token, tags: tags), budget
        ) { reader in
            var volume = try EC2Volume(reader)
            volume.tags = tags
            return volume
        }
    }

    /// A volume of EC2 is in one zone: the one that is asked for, else its machine's, else the first of the region by name,
    /// so that a call that is repeated asks for the same.
    private func zone(
        of spec: VolumeSpec, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> String {
        if let zone = spec.zone { return zone }
        if let machine = spec.machine {
            guard let zone = try await instances([machine], session, budget)[machine]?.zone else {
                throw ConnectorError(
                    code: .notFound, message: "machine '\(machine)', which the volume is for, does not exist",
                    field: "spec.machine")
            }
            return zone
        }
        let zones = try await session.client.call(.describeZones(), budget) { reader in
            try EC2Page(reader, set: "availabilityZoneInfo", EC2Zone.init)
        }.items
        guard let zone = zones.filter({ $0.state == "available" }).map(\.name).min() else {
            throw ConnectorError(code: .unavailable, message: "region \(session.region) has no zone that is available")
        }
        return zone
    }

    /// Detaches the volume where it is attached, and deletes it.
    func deleteVolume(
        _ id: String, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Empty> {
        do throws(ConnectorError) {
            try await session.client.call(.act("DeleteVolume", "VolumeId", id), budget)
            return .done(Empty())
        } catch {
            switch error.provider?.code {
            case "InvalidVolume.NotFound": return .done(Empty())
            case "VolumeInUse": break
            default: throw error
            }
        }
        do throws(ConnectorError) {
            try await session.client.call(.act("DetachVolume", "VolumeId", id), budget)
        } catch {
            // It is being detached, or went with its machine.
            guard error.code == .aborted || error.code == .notFound else { throw error }
        }
        return try .waiting(.delete(.volume, id), 3_000)
    }

    func volumes(
        _ request: EC2Request, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> [EC2Volume] {
        try await session.client.call(request, budget) { reader in
            try EC2Page(reader, set: "volumeSet", EC2Volume.init)
        }.items
    }
}
