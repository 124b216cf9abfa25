import ConnectorAPI
import Foundation

/// What `POST /servers` needs of a specification, checked before anything is sent.
struct LaunchBody: Sendable, Hashable {
    static let maximumUserData = 16 << 10
    /// Most entries of metadata that Nova allows by default, less those of this connector.
    static let maximumTags = 120

    let image: ImageName
    private let spec: MachineSpec
    private let disks: [JSONValue]
    private let isRootVolume: Bool
    /// Whether Nova must know types of volumes.
    let hasVolumeTypes: Bool
    /// Whether it makes volumes, for which there must be a Cinder.
    let hasVolumes: Bool

    /// - Throws: ``ConnectorError/Code/invalidArgument`` that names the field.
    init(_ spec: MachineSpec, host: String, tags: [String: String], at index: Int) throws(ConnectorError) {
        let field = "items[\(index)]"
        image = try ImageName(spec.image, host: host, field: "\(field).image")
        guard !spec.flavor.isEmpty else {
            throw ConnectorError(
                code: .invalidArgument, message: "machine '\(spec.name)' has no flavor", field: "\(field).flavor")
        }
        if let size = spec.userData?.count, size > Self.maximumUserData {
            throw ConnectorError(
                code: .invalidArgument,
                message: "user data of machine '\(spec.name)' has \(size) bytes, \(Self.maximumUserData) are allowed",
                field: "\(field).userData")
        }
        guard spec.spot == nil else {
            throw ConnectorError(
                code: .invalidArgument, message: "OpenStack has no spot machines; leave spot out of '\(spec.name)'",
                field: "\(field).spot")
        }
        try Self.check(tags.merging(spec.tags) { _, own in own }, field: "\(field).tags")
        self.spec = spec
        var disks: [JSONValue] = []
        let root = spec.disks.first { $0.index == 0 }
        let others = spec.disks.filter { $0.index > 0 }.sorted { $0.index < $1.index }
        let needsRoot = root?.sizeBytes != nil || image.isVolume || !others.isEmpty
        if needsRoot { disks.append(Self.root(root, image)) }
        for disk in others { disks.append(try Self.block(disk, host: host, field: "\(field).disks")) }
        self.disks = disks
        isRootVolume = disks.contains {
            $0["boot_index"] == 0 && $0["destination_type"]?.stringValue == "volume"
        }
        hasVolumes = disks.contains { $0["destination_type"]?.stringValue == "volume" }
        hasVolumeTypes = disks.contains { $0["volume_type"] != nil }
    }

    /// Keys and values as Nova's metadata takes them.
    private static func check(_ tags: [String: String], field: String) throws(ConnectorError) {
        for (key, value) in tags {
            let isPlain = key.wholeMatch(of: /[a-zA-Z0-9_:. -]{1,255}/) != nil
            guard isPlain, value.unicodeScalars.count <= 255 else {
                throw ConnectorError(
                    code: .invalidArgument,
                    message:
                        "tag '\(key)' cannot be metadata of a server: keys are of letters, digits and -_:. , values "
                        + "have at most 255 characters",
                    field: field)
            }
        }
        guard tags.count <= maximumTags else {
            throw ConnectorError(
                code: .invalidArgument, message: "\(tags.count) tags are more than the \(maximumTags) of a server",
                field: field)
        }
    }

    /// The root disk: a volume that is there, a new one of a size, or what the flavor gives.
    private static func root(_ disk: MachineSpec.Disk?, _ image: ImageName) -> JSONValue {
        var device: [String: JSONValue] = [
            "boot_index": 0, "uuid": .string(image.id), "source_type": image.isVolume ? "volume" : "image",
        ]
        if let size = disk?.sizeBytes, !image.isVolume {
            device["destination_type"] = "volume"
            device["volume_size"] = .integer(gibibytes(size))
            device["delete_on_termination"] = true
            device["volume_type"] = disk?.type.map { .string($0) }
        } else if image.isVolume {
            device["destination_type"] = "volume"
            device["delete_on_termination"] = false
        } else {
            device["destination_type"] = "local"
            device["delete_on_termination"] = true
        }
        return .object(device)
    }

    private static func block(_ disk: MachineSpec.Disk, host: String, field: String) throws(ConnectorError) -> JSONValue
    {
        var device: [String: JSONValue] = ["boot_index": -1]
        if let letter = disk.device?.last(where: \.isLetter) { device["device_name"] = .string("/dev/vd\(letter)") }
        if let source = disk.source {
            let name = try ImageName(source, host: host, field: field)
            device["uuid"] = .string(name.id)
            device["source_type"] = name.isVolume ? "volume" : "image"
            device["destination_type"] = "volume"
            device["delete_on_termination"] = .bool(!name.isVolume)
            if !name.isVolume {
                guard let size = disk.sizeBytes else {
                    throw ConnectorError(
                        code: .invalidArgument,
                        message: "disk \(disk.index), made from image '\(source)', needs a size",
                        field: field)
                }
                device["volume_size"] = .integer(gibibytes(size))
            }
        } else {
            guard let size = disk.sizeBytes else {
                throw ConnectorError(
                    code: .invalidArgument, message: "disk \(disk.index) has neither a size nor a source", field: field)
            }
            device["source_type"] = "blank"
            device["volume_size"] = .integer(gibibytes(size))
            device["delete_on_termination"] = true
            if disk.type == "ephemeral" {
                device["destination_type"] = "local"
                device["guest_format"] = .string(disk.filesystem ?? "ext3")
            } else {
                device["destination_type"] = "volume"
                device["volume_type"] = disk.type.map { .string($0) }
            }
        }
        return .object(device)
    }

    /// OpenStack counts whole GiB; the disk is never smaller than asked for.
    static func gibibytes(_ bytes: Int64) -> Int64 {
        max(1, (bytes >> 30) + (bytes & ((1 << 30) - 1) == 0 ? 0 : 1))
    }

    /// - Parameters:
    ///   - ports: In the order of the interfaces.
    ///   - metadata: All of it.
    ///   - tags: Words; empty where Nova takes none at the creation.
    func json(ports: [String], metadata: [String: String], tags: [String]) -> JSONValue {
        var server: [String: JSONValue] = [
            "name": .string(spec.name.nonEmpty ?? "gantry"), "flavorRef": .string(spec.flavor),
            "networks": .array(ports.map { ["port": .string($0)] }),
            "metadata": .object(metadata.mapValues { .string($0) }),
        ]
        if !isRootVolume { server["imageRef"] = .string(image.id) }
        if !tags.isEmpty { server["tags"] = .array(tags.map { .string($0) }) }
        if !disks.isEmpty { server["block_device_mapping_v2"] = .array(disks) }
        server["key_name"] = spec.keyPair.map { .string($0) }
        server["user_data"] = spec.userData.map { .string($0.base64EncodedString()) }
        server["availability_zone"] = spec.zone.map { .string($0) }
        if spec.provider["openstack"]?["configDrive"] == .bool(true) { server["config_drive"] = true }
        return ["server": .object(server)]
    }
}
