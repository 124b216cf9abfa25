package import ConnectorAPI
import Foundation
import Support

extension LibvirtConnector {
    /// How long a launch waits for an image before it answers that it goes on.
    static let imagePatience = Duration.seconds(15)
    /// Starts at the same time: more gain nothing, since libvirt makes them one after the other for the most part.
    private static let startsAtOnce = 4

    package func launch(_ request: LaunchRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        try Self.check(batchToken: request.batchToken)
        let digest = try LaunchIdentity.items(request.items)
        let items = request.items.enumerated().map { index, spec in
            LaunchItem(token: request.batchToken, index: index, items: digest, tags: request.tags, spec: spec)
        }
        try await session.connection.run("the look for machines of this launch", budget) {
            host throws(ConnectorError) in
            let fresh = try host.missing(items)
            try host.checkRoom(for: fresh, session)
        }
        return await withTaskGroup(of: (Int, Outcome<Machine>).self) { tasks in
            var outcomes: [Int: Outcome<Machine>] = [:]
            for (place, item) in items.enumerated() {
                if place >= Self.startsAtOnce, let (index, outcome) = await tasks.next() { outcomes[index] = outcome }
                tasks.addTask { (item.index, await launched(item, session, budget)) }
            }
            for await (index, outcome) in tasks { outcomes[index] = outcome }
            return items.map { item in
                outcomes[item.index] ?? .failed(ConnectorError(code: .internal, message: "the item was left out"))
            }
        }
    }

    private func launched(
        _ item: LaunchItem, _ session: LibvirtSession, _ budget: CallBudget
    ) async -> Outcome<Machine> {
        do throws(ConnectorError) {
            return try await launch(item, session, budget)
        } catch {
            return .failed(Self.explained(error, item))
        }
    }

    func launch(
        _ item: LaunchItem, _ session: LibvirtSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Machine> {
        let reference = try ImageReference(item.spec.image)
        // What cannot be is refused before an image is brought for it.
        try await session.connection.run("the launch of '\(item.spec.name)'", budget) { host throws(ConnectorError) in
            try host.check(item.spec, session)
        }
        guard let image = try await images.prepare(reference, session, patience: Self.imagePatience, budget) else {
            return try .waiting(.launch(item), 2_000)
        }
        let lock = lock
        return try await session.connection.run("the launch of '\(item.spec.name)'", budget) {
            host throws(ConnectorError) in
            // A second call for the same machine finds what the first one has made.
            try lock.hold("launch \(item.token)/\(item.index)", budget) { () throws(ConnectorError) in
                .done(try host.launch(item, on: image, session, lock: lock, budget))
            }
        }
    }

    /// The message says of which machine it is, the field which item.
    static func explained(_ error: ConnectorError, _ item: LaunchItem) -> ConnectorError {
        var error = error
        error.message = "machine '\(item.spec.name)': \(error.message)"
        if let field = error.field { error.field = "items[\(item.index)].\(field)" }
        return error
    }

    private static func check(batchToken: String) throws(ConnectorError) {
        guard batchToken.wholeMatch(of: /[A-Za-z0-9-]{1,64}/) != nil else {
            throw ConnectorError(
                code: .invalidArgument, message: "a batch token has 1 to 64 characters of A-Z, a-z, 0-9 and -",
                field: "batchToken")
        }
    }
}

extension Hypervisor {
    /// Those of the items whose machines are not there.
    ///
    /// - Throws: ``ConnectorError/Code/alreadyExists`` when the token was used for other items.
    func missing(_ items: [LaunchItem]) throws(ConnectorError) -> [LaunchItem] {
        var missing: [LaunchItem] = []
        for item in items {
            guard let domain = try domain(try LaunchIdentity.uuid(item.token, item.index)) else {
                missing.append(item)
                continue
            }
            guard let label = try domain.label(), label.items == item.items else {
                throw ConnectorError(
                    code: .alreadyExists,
                    message: "batch token '\(item.token)' was used for other machines (domain '\(domain.name)')")
            }
        }
        return missing
    }

    /// Makes one machine and starts it. What is there of it from an earlier try is taken.
    func launch(
        _ item: LaunchItem, on image: PreparedImage, _ session: LibvirtSession, lock: KeyedLock, _ budget: CallBudget
    ) throws(ConnectorError) -> Machine {
        let uuid = try LaunchIdentity.uuid(item.token, item.index)
        let earlier = try domain(uuid)
        let label = try earlier?.label()
        if let earlier, let label, label.launchedAt != nil { return try machine(uuid, label, earlier.state(), earlier) }
        if !uri.isTest { try room(session).check(image: item.spec.image, image.virtualSize) }
        var definition = try self.definition(item, uuid, image, session)
        definition.label.hostKey = label?.hostKey
        let domain = try define(definition)
        Failpoint.reached("libvirt.defined")
        do throws(ConnectorError) {
            try makeVolumes(definition, item, image, session)
            try seed(&definition, item, domain, session)
            Failpoint.reached("libvirt.volumes")
            try budget.check("the start of '\(definition.name)'")
            try reserveAddresses(definition.label)
            Failpoint.reached("libvirt.addresses")
            try start(domain, &definition)
            Failpoint.reached("libvirt.started")
        } catch {
            // In doubt it stays, and the same launch goes on with it.
            if ![.timeout, .unavailable, .cancelled].contains(error.code) {
                try? remove(domain, definition.label, session, lock: lock, budget)
            }
            throw error
        }
        definition.label.launchedAt = Date().timeIntervalSince1970.rounded()
        try domain.setLabel(definition.label)
        Failpoint.reached("libvirt.launched")
        return try machine(uuid, definition.label, domain.state(), domain)
    }

    private func define(_ definition: DomainDefinition) throws(ConnectorError) -> Domain {
        do throws(ConnectorError) {
            return try define(try definition.xml(), "machine '\(definition.name)'")
        } catch {
            guard let other = try domain(named: definition.name), other.uuid != definition.uuid else { throw error }
            throw ConnectorError(
                code: .alreadyExists,
                message: "the domain '\(definition.name)' is there already and is not ours; it is left alone")
        }
    }

    /// Starts it, by emulation where KVM was chosen and does not come up.
    private func start(_ domain: Domain, _ definition: inout DomainDefinition) throws(ConnectorError) {
        do throws(ConnectorError) {
            try domain.start()
        } catch {
            let state = try domain.state()
            // Another call was faster.
            if state.isActive { return }
            guard definition.label.acceleration.kind == .kvm else { throw Self.explained(error) }
            definition.label.acceleration = .fallback(Self.end(of: error.message))
            let again = try define(definition)
            do throws(ConnectorError) {
                try again.start()
            } catch {
                throw Self.explained(error)
            }
        }
    }

    /// The last words of a message, whole ones.
    private static func end(of message: String) -> String {
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard line.count > 160 else { return line }
        return "… " + line.suffix(160).drop { $0 != " " }.dropFirst()
    }

    /// A start that failed, with what to do about it.
    private static func explained(_ error: ConnectorError) -> ConnectorError {
        var error = error
        if error.code == .internal || error.code == .unavailable, error.message.contains("Permission denied") {
            error.code = .permissionDenied
            error.message +=
                "; the user that libvirt runs machines as may not read a file: see user in /etc/libvirt/qemu.conf"
        }
        return error
    }

    private func makeVolumes(
        _ definition: DomainDefinition, _ item: LaunchItem, _ image: PreparedImage, _ session: LibvirtSession
    ) throws(ConnectorError) {
        let uuid = definition.uuid
        let pool = try session.pool(self)
        let root = item.spec.disks.first { $0.index == 0 }?.sizeBytes ?? 0
        let rootName = MachineVolume.root(uuid)
        _ = try pool.makeVolume(
            VolumeXML.overlay(rootName, size: max(root, image.virtualSize), on: image), rootName)
        for disk in item.spec.disks where disk.index > 0 {
            let name = MachineVolume.disk(uuid, disk.index)
            let size = disk.sizeBytes ?? (1 << 30)
            if let base = try base(of: disk) {
                _ = try pool.makeVolume(VolumeXML.overlay(name, size: max(size, base.virtualSize), on: base), name)
            } else {
                _ = try pool.makeVolume(VolumeXML.plain(name, size: size, format: "qcow2"), name)
            }
        }
    }

    /// What another disk than the root is laid over; nil: nothing.
    func base(of disk: MachineSpec.Disk) throws(ConnectorError) -> PreparedImage? {
        guard disk.index > 0, let source = disk.source else { return nil }
        do throws(ConnectorError) {
            guard case .volume(let pool, let volume) = try ImageReference(source) else {
                throw ConnectorError(
                    code: .invalidArgument,
                    message: "it can be laid over a volume of a pool only (libvirt://POOL/VOLUME), not over \(source)")
            }
            return try image(pool: pool, volume)
        } catch {
            var error = error
            error.message = "disk \(disk.index) (disk.\(disk.index).image.url): \(error.message)"
            error.field = "disks"
            throw error
        }
    }

    /// Writes what cloud-init reads, with a new host key, and then tells the key. One that was told is the machine's, which
    /// may have been started with it.
    private func seed(
        _ definition: inout DomainDefinition, _ item: LaunchItem, _ domain: Domain, _ session: LibvirtSession
    ) throws(ConnectorError) {
        guard let seed = definition.seed, definition.label.hostKey == nil else { return }
        // Those of the document are its own.
        let hasOwn = item.spec.userData.map { String(decoding: $0, as: UTF8.self).contains("ssh_keys") } ?? false
        let key = hasOwn ? nil : try HostKey.generate()
        let content = SeedImage.iso(
            SeedFiles.files(
                uuid: definition.uuid, hostName: LaunchIdentity.hostName(item.spec.name),
                userData: item.spec.userData.map { Array($0) }, hostKey: key, interfaces: definition.label.interfaces))
        let name = MachineVolume.seed(definition.uuid)
        let volume = try session.pool(self).makeVolume(
            VolumeXML.plain(name, size: Int64(content.count), format: seed.format), name)
        // The test driver keeps no content, and its machines have no SSH.
        if uri.isTest { return }
        var isSent = false
        try volume.upload(self, length: UInt64(content.count)) { () throws(ConnectorError) -> [UInt8]? in
            defer { isSent = true }
            return isSent ? nil : content
        }
        guard let key else { return }
        definition.label.hostKey = key.publicKey
        try domain.setLabel(definition.label)
        Failpoint.reached("libvirt.seeded")
    }
}
