package import ConnectorAPI

/// Images of machines. EC2 makes them of all disks at once, and a name has one image in an account and region, so that one
/// is made once.
extension EC2Connector {
    private static let snapshotKey = "gantry:snapshot-of"

    package func snapshot(_ request: SnapshotRequest, context: CallContext) async throws -> Outcome<Image> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        // One that stays has none.
        if !request.tags.isEmpty { try Self.check(tags: request.tags) }
        guard request.disk == 0 else {
            throw ConnectorError(
                code: .unsupported,
                message: "EC2 makes one image of all disks of a machine; ask for disk 0, not \(request.disk)",
                field: "disk")
        }
        guard try await instances([request.id], session, budget)[request.id] != nil else {
            throw Self.unknown(request.id, session)
        }
        if let made = try await images(named: request.name, session, budget).first {
            return try snapshot(made, of: request.id, session)
        }
        let tags = request.tags.merging([Self.snapshotKey: request.id]) { _, own in own }
        do throws(ConnectorError) {
            try await session.client.call(.createImage(request.id, name: request.name, tags: tags), budget)
        } catch {
            // An earlier call made it, which EC2 does not list yet.
            guard error.provider?.code == "InvalidAMIName.Duplicate" else { throw error }
        }
        return try await snapshot(of: request.id, name: request.name, session, budget)
    }

    func snapshot(
        of id: String, name: String, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Image> {
        guard let image = try await images(named: name, session, budget).first else {
            return try .waiting(.snapshot(id, name: name), 3_000)
        }
        return try snapshot(image, of: id, session)
    }

    private func snapshot(
        _ image: EC2Image, of id: String, _ session: EC2Session
    ) throws(ConnectorError) -> Outcome<Image> {
        guard image.tags[Self.snapshotKey] == id else {
            throw ConnectorError(
                code: .alreadyExists,
                message: "the account has another image '\(image.name)' (\(image.id)); give this one another name")
        }
        switch image.state {
        case "available": return .done(Image(image, region: session.region))
        case "pending", "transient": return try .waiting(.snapshot(id, name: image.name), 5_000)
        default:
            throw ConnectorError(
                code: .unavailable, message: "the image '\(image.name)' (\(image.id)) is \(image.state ?? "broken")")
        }
    }

    private func images(
        named name: String, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> [EC2Image] {
        try await session.client.call(.describeImages(name: name), budget) { reader in
            try EC2Page(reader, set: "imagesSet", EC2Image.init)
        }.items.filter { $0.name == name && $0.state != "deregistered" }
    }

    /// Images that were made here with these tags.
    func ownImages(
        tags: [String: String], _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> [Resource] {
        try await session.client.call(.describeOwnImages(tags: tags), budget) { reader in
            try EC2Page(reader, set: "imagesSet", EC2Image.init)
        }.items.filter { $0.tags[Self.snapshotKey] != nil && $0.state != "deregistered" }.map {
            Resource(kind: .image, id: $0.id, name: $0.name.nonEmpty, tags: $0.tags)
        }
    }

    // MARK: - Delete

    /// The first answer only looks: which snapshots an image is made of nobody can tell when it is gone.
    func deleteImage(
        _ id: String, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Empty> {
        let found = try await session.client.call(.describeImages(ids: [id]), budget) { reader in
            try EC2Page(reader, set: "imagesSet", EC2Image.init)
        }.items.first { $0.state != "deregistered" }
        guard let found else { return .done(Empty()) }
        return try .waiting(.deleteImage(id, snapshots: found.snapshots), 0)
    }

    func deleteImage(
        _ id: String, snapshots: [String], _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> Outcome<Empty> {
        try await ignoringUnknown(.act("DeregisterImage", "ImageId", id), session, budget)
        for snapshot in snapshots {
            try await ignoringUnknown(.act("DeleteSnapshot", "SnapshotId", snapshot), session, budget)
        }
        return .done(Empty())
    }

    private func ignoringUnknown(
        _ request: EC2Request, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) {
        do throws(ConnectorError) {
            try await session.client.call(request, budget)
        } catch {
            guard error.code == .notFound || error.provider?.code == "InvalidAMIID.Unavailable" else { throw error }
        }
    }
}
