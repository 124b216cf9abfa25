import ConnectorAPI
import Foundation

/// What `RunInstances` needs of a specification, checked before anything is sent.
struct LaunchParameters: Sendable, Hashable {
    static let maximumUserData = 16 << 10

    var image: String
    var subnet: String?
    var groups: [String]
    var privateAddress: String?
    /// nil: as the subnet does by itself.
    var associatesPublicAddress: Bool?
    /// Of the first disk; nil: as the image says.
    var rootDisk: MachineSpec.Disk?
    var disks: [EC2BlockDevice]

    /// - Throws: ``ConnectorError/Code/invalidArgument`` that names the field.
    init(_ spec: MachineSpec, region: String, at index: Int) throws(ConnectorError) {
        let field = "items[\(index)]"
        image = try EC2ImageName.id(spec.image, region: region, field: "\(field).image")
        guard !spec.flavor.isEmpty else {
            throw ConnectorError(
                code: .invalidArgument, message: "machine '\(spec.name)' has no instance type", field: "\(field).flavor"
            )
        }
        if let size = spec.userData?.count, size > Self.maximumUserData {
            throw ConnectorError(
                code: .invalidArgument,
                message: "user data of machine '\(spec.name)' has \(size) bytes, EC2 takes \(Self.maximumUserData)",
                field: "\(field).userData")
        }
        let network = try EC2NetworkName(spec.interfaces, field: field)
        subnet = network.subnet
        groups = spec.interfaces.flatMap(\.groups).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        let fixed = spec.interfaces.compactMap(\.fixedAddress)
        guard fixed.count <= 1 else {
            throw ConnectorError(
                code: .invalidArgument, message: "machine '\(spec.name)' asks for more than one fixed address",
                field: "\(field).interfaces")
        }
        privateAddress = fixed.first
        associatesPublicAddress = Self.association(spec, hasSubnet: network.subnet != nil)
        rootDisk = spec.disks.first { $0.index == 0 && ($0.sizeBytes != nil || $0.type != nil) }
        var disks: [EC2BlockDevice] = []
        for disk in spec.disks where disk.index > 0 {
            disks.append(try EC2BlockDevice(disk, region: region, field: "\(field).disks"))
        }
        self.disks = disks
    }

    /// IM gives every machine a public address, unless it has no public network and says
    /// `ec2.associate_public_ip_address = 'no'`. Default subnets do so by themselves.
    private static func association(_ spec: MachineSpec, hasSubnet: Bool) -> Bool? {
        let own = spec.provider["ec2"]?["associatePublicAddress"]
        let hint = spec.provider["radl"]?["ec2.associate_public_ip_address"]?.stringValue
        let isPublic = spec.interfaces.contains { $0.public }
        let isRefused = own == .bool(false) || (own == nil && hint == "no")
        let wanted = isPublic || !isRefused
        return hasSubnet || !wanted ? wanted : nil
    }
}

/// The place of a machine in a network: `subnet-X`, or IM's `vpc-Y.subnet-X`.
struct EC2NetworkName: Sendable, Hashable {
    var vpc: String?
    var subnet: String?

    init(_ text: String, field: String) throws(ConnectorError) {
        for part in text.split(separator: ".", omittingEmptySubsequences: false) {
            if EC2ID.isValid(part, "vpc"), vpc == nil, subnet == nil {
                vpc = String(part)
            } else if EC2ID.isValid(part, "subnet"), subnet == nil {
                subnet = String(part)
            } else {
                throw ConnectorError(
                    code: .invalidArgument,
                    message: "'\(text)' names no network of EC2; it must be like subnet-0123456789abcdef0 or "
                        + "vpc-0123456789abcdef0.subnet-0123456789abcdef0",
                    field: field)
            }
        }
    }

    /// One interface of EC2 has the private and the public address, so all of a machine's must be in one subnet.
    init(_ interfaces: [MachineSpec.Interface], field: String) throws(ConnectorError) {
        var chosen: EC2NetworkName?
        for name in interfaces.compactMap(\.network) {
            let network = try EC2NetworkName(name, field: "\(field).interfaces")
            guard chosen == nil || chosen?.subnet == network.subnet, network.subnet != nil else {
                throw ConnectorError(
                    code: .invalidArgument,
                    message:
                        "'\(name)': a machine of EC2 is in exactly one subnet; name the same one for all its networks",
                    field: "\(field).interfaces")
            }
            chosen = network
        }
        vpc = chosen?.vpc
        subnet = chosen?.subnet
    }
}

/// A disk beside the root disk.
struct EC2BlockDevice: Sendable, Hashable {
    var device: String
    var sizeGiB: Int64?
    var snapshot: String?
    var type: String?

    init(_ disk: MachineSpec.Disk, region: String, field: String) throws(ConnectorError) {
        // sdb to sde are names of instance storage on older types.
        let letters = Array("fghijklmnop")
        guard let letter = disk.device?.last(where: \.isLetter) ?? letters.dropFirst(disk.index - 1).first else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "disk \(disk.index) has no device name, and there are only "
                    + "\(letters.count) by default", field: field)
        }
        device = "/dev/sd\(letter)"
        sizeGiB = disk.sizeBytes.map(Self.gibibytes)
        type = disk.type
        if let source = disk.source {
            let id = source.hasPrefix("aws://\(region)/") ? String(source.dropFirst(7 + region.count)) : source
            guard EC2ID.isValid(id, "snap") else {
                throw ConnectorError(
                    code: .invalidArgument,
                    message: "disk \(disk.index) cannot be made from '\(source)'; EC2 makes disks from snapshots, like "
                        + "aws://\(region)/snap-0123456789abcdef0",
                    field: field)
            }
            snapshot = id
        }
        guard sizeGiB != nil || snapshot != nil else {
            throw ConnectorError(
                code: .invalidArgument, message: "disk \(disk.index) has neither a size nor a source", field: field)
        }
    }

    /// EC2 counts whole GiB; the disk is never smaller than asked for.
    static func gibibytes(_ bytes: Int64) -> Int64 {
        max(1, (bytes >> 30) + (bytes & ((1 << 30) - 1) == 0 ? 0 : 1))
    }
}
