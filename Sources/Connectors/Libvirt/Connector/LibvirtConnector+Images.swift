package import ConnectorAPI
import Foundation

/// Images of machines' disks.
extension LibvirtConnector {
    package func snapshot(_ request: SnapshotRequest, context: CallContext) async throws -> Outcome<Image> {
        let session = try sessions.session(request.session)
        let order = SnapshotOrder(id: request.id, disk: request.disk, name: request.name, tags: request.tags)
        return try await snapshot(order, session, CallBudget(context))
    }

    /// The copy of a running machine is a job of its hypervisor process, that of a stopped one is made by libvirt's storage.
    func snapshot(
        _ order: SnapshotOrder, _ session: LibvirtSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Image> {
        let isRunning = try await session.connection.run("the look at machine '\(order.id)'", budget) {
            host throws(ConnectorError) in
            guard let domain = try host.domain(order.id), try domain.label() != nil else {
                throw Self.unknown(order.id, session)
            }
            return try host.copiesByJob(domain)
        }
        let lock = lock
        guard isRunning else {
            // As long as the disk is large.
            var context = CallContext()
            context.deadlineMs = 24 * 3_600_000
            let patient = CallBudget(context)
            let made = try await copies.result(
                "\(session.settings.uri) \(order.id) \(order.name)", patience: .seconds(10)
            ) {
                () async throws(ConnectorError) in
                try await session.connection.run("the image '\(order.name)'", patient) {
                    host throws(ConnectorError) in
                    try lock.hold("snapshot \(order.id)", patient) { () throws(ConnectorError) in
                        try host.snapshot(order, session)
                    }
                }
            }
            guard let made, let image = made else { return try .waiting(.snapshot(order), 2_000) }
            return .done(image)
        }
        return try await session.connection.run("the image '\(order.name)'", budget) { host throws(ConnectorError) in
            try lock.hold("snapshot \(order.id)", budget) { () throws(ConnectorError) in
                guard let image = try host.snapshot(order, session) else {
                    return try .waiting(.snapshot(order), 1_000)
                }
                return .done(image)
            }
        }
    }
}

extension Hypervisor {
    /// libvirt's test driver has no jobs.
    func copiesByJob(_ domain: Domain) throws(ConnectorError) -> Bool {
        try domain.state().isActive && !uri.isTest
    }

    /// The next step of a copy; nil while it goes on. What is being copied stands in the machine's label, so that a copy
    /// that was cut off is told from one that is whole.
    func snapshot(_ order: SnapshotOrder, _ session: LibvirtSession) throws(ConnectorError) -> Image? {
        guard let domain = try domain(order.id), var label = try domain.label() else {
            throw LibvirtConnector.unknown(order.id, session)
        }
        let definition = try XMLNode.parse(try domain.xml(), "machine '\(domain.name)'")
        guard let pool = try pool(label.pool), let attached = AttachedDisk(order.disk, of: definition),
            let disk = try volume(at: attached.path)
        else {
            throw ConnectorError(
                code: .invalidArgument, message: "machine '\(domain.name)' has no disk \(order.disk)", field: "disk")
        }
        let target = attached.target
        let isRunning = try copiesByJob(domain)
        if label.snapshots?[order.name] == nil {
            // Also without tags: by its name it is known as one of ours when it is to be deleted.
            let name = try TaggedName(kind: "image", name: order.name, tags: order.tags).text(ending: ".qcow2")
            if try pool.volume(name) != nil {
                throw Self.otherImage(order.name, "libvirt://\(pool.name)/\(name)")
            }
            label.snapshots = (label.snapshots ?? [:]).merging([order.name: name]) { $1 }
            label.copying = (label.copying ?? []).union([order.name])
            try domain.setLabel(label)
        }
        let name = label.snapshots?[order.name] ?? ""
        let wasThere = label.copying?.contains(order.name) != true
        if label.copying?.contains(order.name) == true {
            if isRunning, let job = try domain.job(target) {
                guard job.isWhole else { return nil }
                try domain.endJob(target)
            } else {
                // Not begun, or cut off.
                if let rest = try pool.volume(name) { try rest.remove() }
                let size = try disk.space().capacity
                let xml = VolumeXML.plain(name, size: size, format: "qcow2")
                if isRunning {
                    let copy = try pool.makeVolume(xml, name)
                    try domain.copy(target, to: Self.destination(try copy.path()))
                    return nil
                }
                _ = try pool.makeVolume(xml, name, from: disk)
            }
            label.copying?.remove(order.name)
            try domain.setLabel(label)
        }
        guard let made = try pool.volume(name) else {
            // Somebody has removed it: it is made anew.
            label.snapshots?[order.name] = nil
            try domain.setLabel(label)
            return nil
        }
        var image = Image(pool: pool.name, volume: name, size: try made.space().capacity, session)
        if wasThere {
            let written = try made.xml().child("target")?.child("timestamps")?.child("mtime")?.text
            image.provider = [
                "libvirt": ["madeEarlier": .integer(written.flatMap { Double($0) }.map { Int64($0) } ?? 0)]
            ]
        }
        return image
    }

    /// A disk that a machine got later may be in another pool than its own.
    private func volume(at path: String) throws(ConnectorError) -> Volume? {
        let name = (path as NSString).lastPathComponent
        for pool in try pools() where pool.isActive {
            if let volume = try pool.volume(name), try volume.path() == path { return volume }
        }
        return nil
    }

    /// Of a machine that is gone, or of another one.
    static func otherImage(_ name: String, _ url: String) -> ConnectorError {
        ConnectorError(
            code: .alreadyExists,
            message:
                "there is an image '\(name)' of another machine, \(url); `gantry image delete \(url)` removes it, or "
                + "give this one another name")
    }

    private static func destination(_ path: String) -> String {
        XMLNode(
            name: "disk", attributes: ["type": "file"],
            children: [
                .init(name: "source", attributes: ["file": path]),
                .init(name: "driver", attributes: ["type": "qcow2"]),
            ]
        ).xml
    }
}
