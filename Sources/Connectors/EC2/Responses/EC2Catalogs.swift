/// An element of `instanceTypeSet`.
struct EC2InstanceType: Sendable, Hashable {
    struct GPU: Sendable, Hashable {
        var name: String?
        var manufacturer: String?
        var count = 1
    }

    var name = ""
    var cpuCount = 0
    var memoryMiB: Int64 = 0
    var architectures: [String] = []
    var instanceStorageGB: Int64?
    var gpus: [GPU] = []
    var isBareMetal = false
    var usageClasses: [String] = []

    init(_ reader: XMLPullReader) throws {
        try reader.children { name in
            switch name {
            case "instanceType": self.name = try reader.text()
            case "bareMetal": isBareMetal = try reader.text() == "true"
            case "vCpuInfo": try reader.children { if $0 == "defaultVCpus" { cpuCount = Int(try reader.text()) ?? 0 } }
            case "memoryInfo":
                try reader.children { if $0 == "sizeInMiB" { memoryMiB = Int64(try reader.text()) ?? 0 } }
            case "processorInfo":
                try reader.children { name in
                    if name == "supportedArchitectures" { try reader.items { architectures.append(try reader.text()) } }
                }
            case "instanceStorageInfo":
                try reader.children { if $0 == "totalSizeInGB" { instanceStorageGB = Int64(try reader.text()) } }
            case "gpuInfo":
                try reader.children { name in
                    if name == "gpus" { try reader.items { gpus.append(try Self.gpu(reader)) } }
                }
            case "supportedUsageClasses": try reader.items { usageClasses.append(try reader.text()) }
            default: break
            }
        }
    }

    private static func gpu(_ reader: XMLPullReader) throws -> GPU {
        var gpu = GPU()
        try reader.children { name in
            switch name {
            case "name": gpu.name = try reader.text()
            case "manufacturer": gpu.manufacturer = try reader.text()
            case "count": gpu.count = Int(try reader.text()) ?? 1
            default: break
            }
        }
        return gpu
    }
}

/// An element of `imagesSet`.
struct EC2Image: Sendable, Hashable {
    var id = ""
    var name = ""
    var description: String?
    var architecture: String?
    var platform: String?
    var state: String?
    var owner: String?
    var creationDate: String?
    var rootDeviceName: String?
    /// Sizes of the volumes by device, in GiB.
    var volumeSizes: [String: Int64] = [:]
    var snapshots: [String] = []
    var tags: [String: String] = [:]

    init(_ reader: XMLPullReader) throws {
        try reader.children { name in
            switch name {
            case "imageId": id = try reader.text()
            case "name": self.name = try reader.text()
            case "description": description = try reader.text().nonEmpty
            case "architecture": architecture = try reader.text().nonEmpty
            case "platform": platform = try reader.text().nonEmpty
            case "imageState": state = try reader.text().nonEmpty
            case "imageOwnerId": owner = try reader.text().nonEmpty
            case "creationDate": creationDate = try reader.text().nonEmpty
            case "rootDeviceName": rootDeviceName = try reader.text().nonEmpty
            case "blockDeviceMapping": try reader.items { try readDevice(reader) }
            case "tagSet": tags = try EC2Tags.read(reader)
            default: break
            }
        }
    }

    private mutating func readDevice(_ reader: XMLPullReader) throws {
        var device = ""
        var size: Int64?
        try reader.children { name in
            switch name {
            case "deviceName": device = try reader.text()
            case "ebs":
                try reader.children { name in
                    switch name {
                    case "volumeSize": size = Int64(try reader.text())
                    case "snapshotId": if let id = try reader.text().nonEmpty { snapshots.append(id) }
                    default: break
                    }
                }
            default: break
            }
        }
        volumeSizes[device] = size
    }
}

/// An element of `vpcSet`.
struct EC2VPC: Sendable, Hashable {
    var id = ""
    var cidr: String?
    var isDefault = false
    var tags: [String: String] = [:]

    init(_ reader: XMLPullReader) throws {
        try reader.children { name in
            switch name {
            case "vpcId": id = try reader.text()
            case "cidrBlock": cidr = try reader.text().nonEmpty
            case "isDefault": isDefault = try reader.text() == "true"
            case "tagSet": tags = try EC2Tags.read(reader)
            default: break
            }
        }
    }
}

/// An element of `subnetSet`.
struct EC2Subnet: Sendable, Hashable {
    var id = ""
    var vpc = ""
    var zone = ""
    var cidr: String?
    var isDefaultForZone = false
    var assignsPublicAddresses = false
    var state = ""
    var tags: [String: String] = [:]

    init(_ reader: XMLPullReader) throws {
        try reader.children { name in
            switch name {
            case "subnetId": id = try reader.text()
            case "vpcId": vpc = try reader.text()
            case "availabilityZone": zone = try reader.text()
            case "cidrBlock": cidr = try reader.text().nonEmpty
            case "defaultForAz": isDefaultForZone = try reader.text() == "true"
            case "mapPublicIpOnLaunch": assignsPublicAddresses = try reader.text() == "true"
            case "state": state = try reader.text()
            case "tagSet": tags = try EC2Tags.read(reader)
            default: break
            }
        }
    }
}

/// An element of `availabilityZoneInfo`.
struct EC2Zone: Sendable, Hashable {
    var name = ""
    var state = ""

    init(_ reader: XMLPullReader) throws {
        try reader.children { name in
            switch name {
            case "zoneName": self.name = try reader.text()
            case "zoneState": state = try reader.text()
            default: break
            }
        }
    }
}
