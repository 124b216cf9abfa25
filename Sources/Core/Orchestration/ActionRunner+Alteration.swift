import ConnectorAPI
import InfrastructureModel

extension ActionRunner {
    /// Makes and attaches the disks that a machine lacks, then gives it the size that it is to have. All of it may be done
    /// again after a crash: disks are found by their tags.
    func alter(_ cloud: CloudReference, _ id: MachineID) async throws -> InfrastructureInput {
        var result = AlterResult()
        guard let machine = snapshot.machines.first(where: { $0.id == id }), let provider = machine.providerID else {
            return .altered(cloud, id, result)
        }
        do {
            for disk in machine.disks ?? [] where !disk.isAttached {
                result.volumes.append(try await volume(disk, of: machine, provider, cloud))
                result.attached.append(disk.index)
            }
            if let size = machine.resize {
                let outcome = try await call(cloud) { connector, session, context in
                    try await connector.resize(
                        ResizeRequest(session: session, id: provider, flavor: size.flavor), context: context)
                }
                if case .inProgress(let progress) = outcome {
                    _ = try await continued(progress, cloud)
                } else {
                    _ = try outcome.get()
                }
                result.isResized = true
            }
        } catch let error as ConnectorError {
            result.problem = error.description
        }
        return .altered(cloud, id, result)
    }

    private func volume(
        _ disk: MachineRecord.Disk, of machine: MachineRecord, _ provider: String, _ cloud: CloudReference
    ) async throws -> ResourceRecord {
        let name = machine.volumeName(ofDisk: disk.index)
        let tags = ResourceTags.infrastructure(infrastructure)
            .merging([ResourceTags.machine: machine.id.rawValue, ResourceTags.role: name]) { $1 }
        var spec = VolumeSpec(
            name: name, sizeBytes: disk.sizeBytes, type: disk.type, zone: machine.placement.zone, machine: provider,
            device: disk.device)
        spec.disk = disk.index
        let outcome = try await call(cloud) { [spec] connector, session, context in
            try await connector.ensureVolume(
                EnsureRequest(session: session, spec: spec, tags: tags), context: context)
        }
        return record(try await settled(outcome, cloud), cloud)
    }

    /// Deletes the disks that machines got after their launch and that nobody needs any more. What cannot be deleted now is
    /// on record, and goes with the infrastructure.
    func removeDisks(of machines: [MachineID], at cloud: CloudReference) async throws -> [ResourceRecord] {
        let gone = Set(machines)
        let names = Set(
            snapshot.machines.filter { gone.contains($0.id) }.flatMap { machine in
                (machine.disks ?? []).map { machine.volumeName(ofDisk: $0.index) }
            })
        var removed: [ResourceRecord] = []
        for volume in snapshot.resources where volume.cloud.site == cloud.site && names.contains(volume.name ?? "") {
            do {
                let outcome = try await call(cloud, patience: .seconds(30)) { connector, session, context in
                    try await connector.delete(
                        DeleteResourceRequest(session: session, kind: .volume, id: volume.id), context: context)
                }
                if case .inProgress(let progress) = outcome { _ = try await continued(progress, cloud) }
                if case .failed(let error) = outcome, error.code != .notFound { throw error }
                removed.append(volume)
            } catch is ConnectorError {
                continue
            }
        }
        return removed
    }
}

extension MachineRecord {
    /// Name of the volume of a disk that it got after its launch.
    func volumeName(ofDisk index: Int) -> String { "gantry-\(id)-disk-\(index)" }
}
