package import ConnectorAPI
import Foundation

extension LibvirtConnector {
    package func ensureVolume(
        _ request: EnsureRequest<VolumeSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        let session = try sessions.session(request.session)
        try Self.check(tags: request.tags)
        let budget = CallBudget(context)
        let lock = lock
        return try await session.connection.run("volume '\(request.spec.name)'", budget) {
            host throws(ConnectorError) in
            let tags = request.tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            return try lock.hold("volume \(tags)", budget) { () throws(ConnectorError) in
                .done(try host.ensureVolume(request.spec, request.tags, session))
            }
        }
    }

    package func delete(_ request: DeleteResourceRequest, context: CallContext) async throws -> Outcome<Empty> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        switch request.kind {
        case .network:
            return try await session.connection.run("the removal of network '\(request.id)'", budget) {
                host throws(ConnectorError) in
                // What others have made is not touched.
                guard let network = try host.network(request.id), NetworkLabel(try network.xml()) != nil else {
                    return .done(Empty())
                }
                try network.remove()
                return .done(Empty())
            }
        case .image:
            return try await session.connection.run("the removal of image '\(request.id)'", budget) {
                host throws(ConnectorError) in
                try host.deleteImage(request.id, session)
                return .done(Empty())
            }
        case .volume:
            return try await session.connection.run("the removal of \(request.kind.rawValue) '\(request.id)'", budget) {
                host throws(ConnectorError) in
                try host.deleteVolume(request.id, session)
                return .done(Empty())
            }
        case .securityGroup:
            return try await session.connection.run("the removal of security group '\(request.id)'", budget) {
                host throws(ConnectorError) in
                try host.deleteFilter(request.id, session)
                return .done(Empty())
            }
        default:
            throw ConnectorError(
                code: .unsupported, message: "libvirt has no resources of the kind \(request.kind.rawValue)")
        }
    }
}

extension Hypervisor {
    /// Serial numbers of disks have 20 characters.
    private static func serial(_ volume: String) throws(ConnectorError) -> String {
        "gantry-" + (try LaunchIdentity.word(volume, 12))
    }

    /// Volumes that `volume.ensure` has made.
    func ownVolumes(_ session: LibvirtSession) throws(ConnectorError) -> [(volume: Volume, name: TaggedName)] {
        try named(session, kind: "volume")
    }

    /// Volumes of the pool whose name says a kind and tags.
    ///
    /// - Parameter ending: Of their names.
    func named(
        _ session: LibvirtSession, kind: String, ending: String = ".qcow2"
    ) throws(ConnectorError) -> [(volume: Volume, name: TaggedName)] {
        guard let pool = try pool(session.settings.pool ?? LibvirtSession.ownPool), pool.isActive else { return [] }
        var found: [(Volume, TaggedName)] = []
        for volume in try pool.volumes() {
            guard let name = TaggedName(volume.name, ending: ending), name.kind == kind else { continue }
            found.append((volume, name))
        }
        return found
    }

    func ensureVolume(
        _ spec: VolumeSpec, _ tags: [String: String], _ session: LibvirtSession
    ) throws(ConnectorError) -> Resource {
        let name: String
        let path: String
        if let there = try ownVolumes(session).first(where: { $0.name.tags.contains(all: tags) }) {
            (name, path) = (there.volume.name, try there.volume.path())
        } else {
            let pool = try session.pool(self)
            let available = try pool.space().capacity
            guard spec.sizeBytes > 0, uri.isTest || spec.sizeBytes <= available else {
                throw ConnectorError(
                    code: spec.sizeBytes > 0 ? .quotaExceeded : .invalidArgument,
                    message: "a volume of \(Bytes.text(spec.sizeBytes)) is asked for; storage pool '\(pool.name)' has "
                        + "\(Bytes.text(available)) in all", field: "spec.sizeBytes")
            }
            name = try TaggedName(kind: "volume", name: spec.name, tags: tags).text(ending: ".qcow2")
            var xml = VolumeXML.plain(name, size: spec.sizeBytes, format: "qcow2")
            if let source = spec.source {
                guard case .volume(let from, let image) = try ImageReference(source) else {
                    throw ConnectorError(
                        code: .invalidArgument, message: "a volume can be laid over one of a pool only, not \(source)",
                        field: "spec.source")
                }
                let base = try self.image(pool: from, image)
                xml = VolumeXML.overlay(name, size: max(spec.sizeBytes, base.virtualSize), on: base)
            }
            path = try pool.makeVolume(xml, name).path()
        }
        let serial = if let number = spec.disk { DomainDefinition.serial(number) } else { try Self.serial(name) }
        let disk = DomainDefinition.Disk(path: path, serial: serial)
        if let machine = spec.machine { try attach(disk, to: machine) }
        return Resource(
            kind: .volume, id: name, name: spec.name, tags: tags,
            provider: ["libvirt": ["serial": .string(disk.serial), "path": .string(path)]])
    }

    private func attach(_ disk: DomainDefinition.Disk, to machine: String) throws(ConnectorError) {
        guard let domain = try domain(machine), try domain.label() != nil else {
            throw ConnectorError(code: .notFound, message: "there is no machine '\(machine)' of Gantry's")
        }
        let devices = try XMLNode.parse(try domain.xml(), "machine '\(machine)'").child("devices")
        let disks = devices?.children("disk") ?? []
        if disks.contains(where: { $0.child("source")?.attributes["file"] == disk.path }) { return }
        guard !disks.contains(where: { $0.child("serial")?.text == disk.serial }) else {
            throw ConnectorError(
                code: .alreadyExists, message: "machine '\(domain.name)' has another disk '\(disk.serial)'")
        }
        for other in try users(of: disk.path) where other.uuid != machine {
            throw ConnectorError(
                code: .alreadyExists, message: "the volume is attached to machine '\(other.name)' already")
        }
        let used = Set(disks.compactMap { $0.child("target")?.attributes["dev"] })
        guard let target = (1..<24).map(DomainDefinition.target).first(where: { !used.contains($0) }) else {
            throw ConnectorError(
                code: .quotaExceeded, message: "machine '\(domain.name)' has no place for another disk")
        }
        try domain.attach(DomainDefinition.device(disk, target).xml, live: domain.state().isActive)
    }

    /// Machines of ours that have a disk.
    private func users(of path: String) throws(ConnectorError) -> [Domain] {
        var users: [Domain] = []
        for domain in try domains() {
            guard let text = try Self.optional({ () throws(ConnectorError) in try domain.xml() }), text.contains(path),
                try domain.label() != nil
            else { continue }
            users.append(domain)
        }
        return users
    }

    /// Deletes an image that was made here, unless a disk is laid over it.
    ///
    /// - Parameter id: `libvirt://POOL/VOLUME`, or the name of a volume in the pool of the session.
    /// - Throws: ``ConnectorError/Code/permissionDenied`` for what others have made,
    ///   ``ConnectorError/Code/invalidArgument`` while it is in use.
    func deleteImage(_ id: String, _ session: LibvirtSession) throws(ConnectorError) {
        guard case .volume(let named, let name) = try ImageReference(id) else {
            throw ConnectorError(
                code: .permissionDenied, message: "'\(id)' is not in a storage pool; it is left alone", field: "id")
        }
        guard let pool = try pool(named ?? session.settings.pool ?? LibvirtSession.ownPool), pool.isActive,
            let volume = try pool.volume(name)
        else { return }
        if let owner = try MachineVolume.machine(name).flatMap({ uuid throws(ConnectorError) in try domain(uuid) }),
            let label = try owner.label()
        {
            throw Self.ownDisk(id, of: owner.name, label)
        }
        guard TaggedName(name, ending: ".qcow2")?.kind == "image" else {
            throw ConnectorError(
                code: .permissionDenied,
                message: "'\(id)' is no image that `gantry snapshot` made; it is left alone. Remove it with: virsh -c "
                    + "\(session.settings.uri) vol-delete \(name) --pool \(pool.name)", field: "id")
        }
        let path = try volume.path()
        if let user = try overlay(of: path) {
            throw ConnectorError(
                code: .invalidArgument,
                message: "the image is in use: \(user) is laid over it; remove that first", field: "id")
        }
        try volume.remove()
    }

    /// A disk of a machine is no image, and nothing that somebody should remove under it.
    static func ownDisk(_ id: String, of machine: String, _ label: MachineLabel) -> ConnectorError {
        let infrastructure = label.tags["gantry:infrastructure"]
        return ConnectorError(
            code: .permissionDenied,
            message: "'\(id)' is a disk of machine '\(machine)'; it is left alone, and goes with that: `gantry destroy "
                + (infrastructure.map {
                    "\($0)` removes all of its infrastructure, `gantry remove \($0) NUMBER` it alone"
                }
                    ?? "NAME` removes its infrastructure"),
            field: "id")
    }

    /// Who is laid over a file, in words; nil: nobody is.
    func overlay(of path: String) throws(ConnectorError) -> String? {
        for pool in try pools() where pool.isActive {
            for volume in try pool.volumes() {
                let xml = try Self.optional { () throws(ConnectorError) in try volume.xml() }
                guard xml?.backingPath == path else { continue }
                let name = volume.name
                let owner = try MachineVolume.machine(name).flatMap { uuid throws(ConnectorError) in try domain(uuid) }
                return "the disk '\(name)'" + (owner.map { " of machine '\($0.name)'" } ?? "")
            }
        }
        return nil
    }

    /// Takes a volume of ours from who has it, and deletes it. Others are not touched.
    func deleteVolume(_ id: String, _ session: LibvirtSession) throws(ConnectorError) {
        let name = String(id.split(separator: "/").last ?? "")
        guard TaggedName(name, ending: ".qcow2") != nil,
            let pool = try pool(session.settings.pool ?? LibvirtSession.ownPool), pool.isActive,
            let volume = try pool.volume(name)
        else { return }
        let path = try volume.path()
        for domain in try users(of: path) {
            let isLive = try domain.state().isActive
            let devices = try XMLNode.parse(try domain.xml(), "machine '\(domain.name)'").child("devices")
            for disk in devices?.children("disk") ?? [] where disk.child("source")?.attributes["file"] == path {
                try domain.detach(disk.xml, live: isLive)
            }
        }
        try volume.remove()
    }
}
