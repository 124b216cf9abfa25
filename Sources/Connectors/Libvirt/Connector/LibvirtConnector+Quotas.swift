package import ConnectorAPI

/// What a host has and what of it is in use. Values, so that the decision is one of numbers alone.
struct HostRoom: Sendable, Hashable {
    var cpus: Int
    var memoryBytes: Int64
    var availableMemory: Int64
    var pool: String
    var poolBytes: Int64
    var availableDisk: Int64

    /// Beside its memory a machine needs some for its hypervisor process.
    static let overhead: Int64 = 32 << 20
    /// A disk laid over an image grows as it is written to: this much must be there to begin with.
    static let leastDisk: Int64 = 64 << 20

    /// - Parameter sizes: Of the machines that are to start; with the largest disk that each asks for.
    /// - Throws: ``ConnectorError/Code/quotaExceeded`` with the numbers.
    func check(_ sizes: [(size: MachineSize, largestDisk: Int64)]) throws(ConnectorError) {
        guard !sizes.isEmpty else { return }
        func refused(_ reason: String) -> ConnectorError {
            ConnectorError(code: .quotaExceeded, message: reason)
        }
        if let large = sizes.map(\.size.cpus).max(), large > cpus {
            throw refused("a machine of \(large) processors is asked for; the host has \(cpus)")
        }
        // The sum of what documents may ask for has no limit.
        let memory = Int64(
            clamping: sizes.reduce(Int128(0)) { $0 + Int128($1.size.memoryBytes) + Int128(Self.overhead) })
        guard memory <= availableMemory else {
            let need =
                sizes.count == 1
                ? "the machine needs \(Bytes.text(sizes[0].size.memoryBytes)) of memory and "
                    + "\(Bytes.text(Self.overhead)) for its hypervisor process"
                : "\(sizes.count) machines need \(Bytes.text(memory)) of memory"
            throw refused(
                "\(need); \(Bytes.text(availableMemory)) of the host's "
                    + "\(Bytes.text(memoryBytes)) are available")
        }
        let disk = Int64(sizes.count) * Self.leastDisk
        guard disk <= availableDisk else {
            throw refused(
                "\(sizes.count == 1 ? "the machine needs" : "\(sizes.count) machines need") at least "
                    + "\(Bytes.text(disk)) of disk; storage pool '\(pool)' has \(Bytes.text(availableDisk)) of "
                    + "\(Bytes.text(poolBytes)) left")
        }
        if let large = sizes.map(\.largestDisk).max(), large > poolBytes {
            throw refused(
                "a disk of \(Bytes.text(large)) is asked for; storage pool '\(pool)' has \(Bytes.text(poolBytes)) in all"
            )
        }
    }
}

extension HostRoom {
    /// - Parameter size: Of the disk that an image is.
    /// - Throws: ``ConnectorError/Code/quotaExceeded`` where it is larger than the pool that machines' disks are in.
    func check(image: String, _ size: Int64) throws(ConnectorError) {
        guard size > poolBytes else { return }
        throw ConnectorError(
            code: .quotaExceeded,
            message:
                "image '\(image)' is a disk of \(Bytes.text(size)), which each machine's is at least; storage pool "
                + "'\(pool)' has \(Bytes.text(poolBytes)) in all: take a smaller image (qemu-img resize --shrink), or "
                + "another pool")
    }
}

extension Hypervisor {
    /// Size of the disk that an image is; nil: not known, such as of one that is yet to be fetched.
    private func virtualSize(of image: String) -> Int64? {
        switch try? ImageReference(image) {
        case .file(let path): try? ImageFile(path).disk().virtualSize
        case .volume(let pool, let name): (try? self.image(pool: pool, name))?.virtualSize
        case .download, nil: nil
        }
    }

    func room(_ session: LibvirtSession) throws(ConnectorError) -> HostRoom {
        let host = try host()
        let pool = try session.pool(self)
        let space = try pool.space()
        return HostRoom(
            cpus: host.cpus, memoryBytes: host.memoryBytes, availableMemory: host.availableBytes, pool: pool.name,
            poolBytes: space.capacity, availableDisk: space.available)
    }

    /// The same as it is, with nothing made for it: a storage pool that is yet to be made has no limit.
    ///
    /// - Parameter isEmptied: As if nothing of it was in use.
    private func presentRoom(_ session: LibvirtSession, isEmptied: Bool) throws(ConnectorError) -> HostRoom {
        let host = try host()
        var room = HostRoom(
            cpus: host.cpus, memoryBytes: host.memoryBytes,
            availableMemory: isEmptied ? host.memoryBytes : host.availableBytes, pool: LibvirtSession.ownPool,
            poolBytes: .max,
            availableDisk: .max)
        guard let pool = try session.presentPool(self) else { return room }
        room.pool = pool.name
        if pool.isActive {
            let space = try pool.space()
            (room.poolBytes, room.availableDisk) = (space.capacity, isEmptied ? space.capacity : space.available)
        }
        return room
    }

    /// Processors of a domain; none of one that has ended since.
    func cpus(of domain: Domain) throws(ConnectorError) -> Int {
        guard let text = try Self.optional({ () throws(ConnectorError) in try domain.xml() }) else { return 0 }
        let node = try XMLNode.parse(text, "machine '\(domain.name)'").child("vcpu")
        return Int(node?.attributes["current"] ?? node?.text ?? "") ?? 0
    }

    /// Whether there is room for machines that are to be launched. Makes nothing.
    ///
    /// - Parameter count: nil: how many, and who leaves before them, is not known.
    func foreseeRoom(
        for item: MachineSpec, _ size: MachineSize, count: Int?, _ session: LibvirtSession
    ) throws(ConnectorError) {
        guard !uri.isTest else {
            _ = try session.presentPool(self)
            return
        }
        let sizes = Array(repeating: (size, item.disks.compactMap(\.sizeBytes).max() ?? 0), count: count ?? 1)
        let imageSize = virtualSize(of: item.image) ?? 0
        func check() throws(ConnectorError) {
            let room = try presentRoom(session, isEmptied: count == nil)
            try room.check(sizes)
            try room.check(image: item.image, imageSize)
        }
        do throws(ConnectorError) {
            try check()
        } catch {
            guard error.code == .quotaExceeded else { throw error }
            try? session.presentPool(self)?.refresh()
            try check()
        }
    }

    /// Whether the host has room for machines that are not there yet.
    func checkRoom(for items: [LaunchItem], _ session: LibvirtSession) throws(ConnectorError) {
        guard !uri.isTest else { return }
        var sizes: [(MachineSize, Int64)] = []
        for item in items {
            // One that cannot be fails by itself.
            guard let size = try? MachineSize(item.spec, host: session.abilities.architecture) else { continue }
            sizes.append((size, item.spec.disks.compactMap(\.sizeBytes).max() ?? 0))
        }
        guard !sizes.isEmpty else { return }
        do throws(ConnectorError) {
            try room(session).check(sizes)
        } catch {
            // Others may have made room: libvirt knows what there was when it looked last.
            guard error.code == .quotaExceeded else { throw error }
            try? session.pool(self).refresh()
            try room(session).check(sizes)
        }
    }
}

extension LibvirtConnector {
    package func quotas(_ request: CatalogRequest, context: CallContext) async throws -> Page<Quota> {
        let session = try sessions.session(request.session)
        let items = try await session.connection.run("the room of the host", CallBudget(context)) {
            host throws(ConnectorError) in
            let room = try host.room(session)
            let running = try host.states().filter { $0.value.isActive }.keys
            var cpus = 0
            for domain in try host.domains() where running.contains(domain.uuid) { cpus += try host.cpus(of: domain) }
            return [
                Quota(
                    name: "ram", used: room.memoryBytes - room.availableMemory, limit: room.memoryBytes),
                Quota(name: "instances", used: Int64(running.count), limit: -1),
                // Processors are shared: the limit is that of one machine, and all together may have more.
                Quota(name: "cores", used: Int64(cpus), limit: Int64(room.cpus)),
                Quota(name: "pool_storage", used: room.poolBytes - room.availableDisk, limit: room.poolBytes),
            ]
        }
        return Page(items: items.filter { request.ids?.contains($0.name) ?? true })
    }
}
