/// The elements of one set of an answer, and the token of the next page.
struct EC2Page<Item: Sendable>: Sendable {
    var items: [Item] = []
    var nextToken: String?

    init() {}

    /// - Parameter set: Name of the element that holds the items.
    init(_ reader: XMLPullReader, set: String, _ item: (XMLPullReader) throws -> Item) throws {
        try reader.children { name in
            switch name {
            case set: try reader.items { items.append(try item(reader)) }
            case "nextToken": nextToken = try reader.text().nonEmpty
            default: break
            }
        }
    }
}

/// One element of an answer, such as `groupId`.
struct EC2Value: Sendable {
    /// nil when the answer has no such element, or an empty one.
    static func read(_ reader: XMLPullReader, _ element: String) throws -> String? {
        var value: String?
        try reader.children { if $0 == element { value = try reader.text().nonEmpty } }
        return value
    }
}

/// An element of `securityGroupInfo`.
struct EC2SecurityGroup: Sendable, Hashable {
    /// Ports of one protocol and one source: the smallest thing that can be allowed or revoked.
    struct Permission: Sendable, Hashable {
        /// `tcp`, `udp`, `icmp`, a number, or `-1` for all.
        var transport: String
        /// -1: all.
        var fromPort: Int
        var toPort: Int
        var source: Source
    }

    enum Source: Sendable, Hashable {
        case cidr(String)
        case ipv6(String)
        case prefixList(String)
        case group(String)
    }

    var id = ""
    var name = ""
    var vpc: String?
    var ingress: Set<Permission> = []
    var tags: [String: String] = [:]

    init(_ reader: XMLPullReader) throws {
        try reader.children { name in
            switch name {
            case "groupId": id = try reader.text()
            case "groupName": self.name = try reader.text()
            case "vpcId": vpc = try reader.text().nonEmpty
            case "ipPermissions": try reader.items { try readPermission(reader) }
            case "tagSet": tags = try EC2Tags.read(reader)
            default: break
            }
        }
    }

    private mutating func readPermission(_ reader: XMLPullReader) throws {
        var transport = ""
        var fromPort = -1
        var toPort = -1
        var sources: [Source] = []
        func add(_ element: String, _ make: (String) -> Source) throws {
            try reader.items {
                try reader.children { if $0 == element { sources.append(make(try reader.text())) } }
            }
        }
        try reader.children { name in
            switch name {
            case "ipProtocol": transport = try reader.text()
            case "fromPort": fromPort = Int(try reader.text()) ?? -1
            case "toPort": toPort = Int(try reader.text()) ?? -1
            case "ipRanges": try add("cidrIp", Source.cidr)
            case "ipv6Ranges": try add("cidrIpv6", Source.ipv6)
            case "prefixListIds": try add("prefixListId", Source.prefixList)
            case "groups": try add("groupId", Source.group)
            default: break
            }
        }
        for source in sources {
            ingress.insert(Permission(transport: transport, fromPort: fromPort, toPort: toPort, source: source))
        }
    }
}

/// An element of `keySet`.
struct EC2KeyPair: Sendable, Hashable {
    var id: String?
    var name = ""
    var publicKey: String?
    var tags: [String: String] = [:]

    init(_ reader: XMLPullReader) throws {
        try reader.children { name in
            switch name {
            case "keyPairId": id = try reader.text().nonEmpty
            case "keyName": self.name = try reader.text()
            case "publicKey": publicKey = try reader.text().nonEmpty
            case "tagSet": tags = try EC2Tags.read(reader)
            default: break
            }
        }
    }
}

/// An element of `volumeSet`.
struct EC2Volume: Sendable, Hashable {
    struct Attachment: Sendable, Hashable {
        var instance = ""
        var state = ""
        var deletedWithInstance = false
    }

    var id = ""
    /// `creating`, `available`, `in-use`, `deleting`, `deleted`, `error`.
    var state = ""
    var zone: String?
    var attachments: [Attachment] = []
    var tags: [String: String] = [:]

    init(_ reader: XMLPullReader) throws {
        try reader.children { name in
            switch name {
            case "volumeId": id = try reader.text()
            case "status": state = try reader.text()
            case "availabilityZone": zone = try reader.text().nonEmpty
            case "attachmentSet": try reader.items { attachments.append(try Self.attachment(reader)) }
            case "tagSet": tags = try EC2Tags.read(reader)
            default: break
            }
        }
    }

    private static func attachment(_ reader: XMLPullReader) throws -> Attachment {
        var attachment = Attachment()
        try reader.children { name in
            switch name {
            case "instanceId": attachment.instance = try reader.text()
            case "status": attachment.state = try reader.text()
            case "deleteOnTermination": attachment.deletedWithInstance = try reader.text() == "true"
            default: break
            }
        }
        return attachment
    }
}

/// An element of `addressesSet`.
struct EC2Address: Sendable, Hashable {
    var allocation = ""
    var address = ""
    var association: String?
    var instance: String?
    var tags: [String: String] = [:]

    init(_ reader: XMLPullReader) throws {
        try reader.children { name in
            switch name {
            case "allocationId": allocation = try reader.text()
            case "publicIp": address = try reader.text()
            case "associationId": association = try reader.text().nonEmpty
            case "instanceId": instance = try reader.text().nonEmpty
            case "tagSet": tags = try EC2Tags.read(reader)
            default: break
            }
        }
    }
}
