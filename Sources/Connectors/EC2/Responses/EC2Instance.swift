/// An element of `instancesSet`: what the connector uses of it.
struct EC2Instance: Sendable, Hashable {
    struct Interface: Sendable, Hashable {
        var index = 0
        var privateAddress: String?
        var publicAddress: String?
        var ipv6Addresses: [String] = []
    }

    struct Volume: Sendable, Hashable {
        var id = ""
        var device = ""
        var deletedWithInstance = false
    }

    var id = ""
    var imageID = ""
    var state = ""
    var type = ""
    var zone: String?
    /// ISO 8601.
    var launchTime: String?
    var launchIndex = 0
    var clientToken: String?
    var privateAddress: String?
    var publicAddress: String?
    var interfaces: [Interface] = []
    var volumes: [Volume] = []
    var groups: [String] = []
    var vpc: String?
    var subnet: String?
    var keyName: String?
    var reasonCode: String?
    var reasonMessage: String?
    /// `spot`; nil: on demand.
    var lifecycle: String?
    var tags: [String: String] = [:]

    /// Reads one `item` of `instancesSet`.
    init(_ reader: XMLPullReader) throws {
        try reader.children { name in
            switch name {
            case "instanceId": id = try reader.text()
            case "imageId": imageID = try reader.text()
            case "instanceState": try reader.children { if $0 == "name" { state = try reader.text() } }
            case "instanceType": type = try reader.text()
            case "launchTime": launchTime = try reader.text()
            case "amiLaunchIndex": launchIndex = Int(try reader.text()) ?? 0
            case "clientToken": clientToken = try reader.text().nonEmpty
            case "privateIpAddress": privateAddress = try reader.text().nonEmpty
            case "ipAddress": publicAddress = try reader.text().nonEmpty
            case "vpcId": vpc = try reader.text().nonEmpty
            case "subnetId": subnet = try reader.text().nonEmpty
            case "keyName": keyName = try reader.text().nonEmpty
            case "instanceLifecycle": lifecycle = try reader.text().nonEmpty
            case "placement": try reader.children { if $0 == "availabilityZone" { zone = try reader.text() } }
            case "stateReason": try readReason(reader)
            case "groupSet": try reader.items { try readGroup(reader) }
            case "tagSet": tags = try EC2Tags.read(reader)
            case "blockDeviceMapping": try reader.items { volumes.append(try Self.volume(reader)) }
            case "networkInterfaceSet": try reader.items { interfaces.append(try Self.interface(reader)) }
            default: break
            }
        }
    }

    private mutating func readReason(_ reader: XMLPullReader) throws {
        try reader.children { name in
            switch name {
            case "code": reasonCode = try reader.text().nonEmpty
            case "message": reasonMessage = try reader.text().nonEmpty
            default: break
            }
        }
    }

    private mutating func readGroup(_ reader: XMLPullReader) throws {
        try reader.children { if $0 == "groupId" { groups.append(try reader.text()) } }
    }

    private static func volume(_ reader: XMLPullReader) throws -> Volume {
        var volume = Volume()
        try reader.children { name in
            switch name {
            case "deviceName": volume.device = try reader.text()
            case "ebs":
                try reader.children { name in
                    switch name {
                    case "volumeId": volume.id = try reader.text()
                    case "deleteOnTermination": volume.deletedWithInstance = try reader.text() == "true"
                    default: break
                    }
                }
            default: break
            }
        }
        return volume
    }

    private static func interface(_ reader: XMLPullReader) throws -> Interface {
        var interface = Interface()
        try reader.children { name in
            switch name {
            case "privateIpAddress": interface.privateAddress = try reader.text().nonEmpty
            case "attachment":
                try reader.children { if $0 == "deviceIndex" { interface.index = Int(try reader.text()) ?? 0 } }
            case "association":
                try reader.children { if $0 == "publicIp" { interface.publicAddress = try reader.text().nonEmpty } }
            case "ipv6AddressesSet":
                try reader.items {
                    try reader.children { if $0 == "ipv6Address" { interface.ipv6Addresses.append(try reader.text()) } }
                }
            default: break
            }
        }
        return interface
    }
}

/// The answers of `DescribeInstances` and `RunInstances`.
struct EC2Instances: Sendable {
    var items: [EC2Instance] = []
    var nextToken: String?

    init(_ reader: XMLPullReader) throws {
        try reader.children { name in
            switch name {
            case "reservationSet":
                try reader.items { try reader.children { if $0 == "instancesSet" { try readInstances(reader) } } }
            case "instancesSet": try readInstances(reader)
            case "nextToken": nextToken = try reader.text().nonEmpty
            default: break
            }
        }
    }

    private mutating func readInstances(_ reader: XMLPullReader) throws {
        try reader.items { items.append(try EC2Instance(reader)) }
    }
}

/// `tagSet`.
enum EC2Tags {
    static func read(_ reader: XMLPullReader) throws -> [String: String] {
        var tags: [String: String] = [:]
        try reader.items {
            var key = ""
            var value = ""
            try reader.children { name in
                switch name {
                case "key": key = try reader.text()
                case "value": value = try reader.text()
                default: break
                }
            }
            tags[key] = value
        }
        return tags
    }
}

extension String {
    /// nil for an empty text: EC2 writes empty elements for what is not there.
    var nonEmpty: String? { isEmpty ? nil : self }
}
