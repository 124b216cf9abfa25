import ConnectorAPI
import Foundation

/// What a network says of itself, within its metadata.
struct NetworkLabel: Sendable, Hashable, Codable {
    var name: String
    var tags: [String: String]

    init(name: String, tags: [String: String]) {
        self.name = name
        self.tags = tags
    }

    /// nil: the network is somebody else's.
    init?(_ network: XMLNode) {
        guard let text = network.child("metadata")?.child("network")?.text,
            let label = try? JSONDecoder().decode(Self.self, from: Data(text.utf8))
        else { return nil }
        self = label
    }

    func element() throws(ConnectorError) -> XMLNode {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do {
            return XMLNode(
                name: "\(MachineLabel.prefix):network",
                attributes: ["xmlns:\(MachineLabel.prefix)": MachineLabel.namespace],
                text: String(decoding: try encoder.encode(self), as: UTF8.self))
        } catch {
            throw ConnectorError(code: .internal, message: "the label of a network cannot be encoded: \(error)")
        }
    }
}

extension MachineLabel.Segment {
    /// A machine's place on a network that was made in a session.
    ///
    /// - Parameters:
    ///   - network: UUID of its definition.
    ///   - machine: The host's id, which ends with the machine's number within the infrastructure.
    ///   - fixedAddress: Of the document's.
    init(network: String, range: AddressRange, machine: String, fixedAddress: String?) throws(ConnectorError) {
        let bytes = try LaunchIdentity.bytes("gantry/segment/\(network)", 5).map { Int($0) }
        let port = 20_000 + (bytes[3] << 8 | bytes[4]) % 40_000
        group = "239.\(bytes[0]).\(bytes[1]).\(bytes[2]):\(port)"
        prefix = range.prefix
        if let fixedAddress {
            guard let number = AddressRange.number(fixedAddress), number > range.base, number < range.last else {
                throw ConnectorError(
                    code: .invalidArgument, message: "address \(fixedAddress) is none of \(range.text)",
                    field: "interfaces")
            }
            address = fixedAddress
            return
        }
        let number: UInt32
        if let own = machine.split(separator: ".").last.flatMap({ UInt32($0) }) {
            number = own
        } else {
            number =
                try LaunchIdentity.bytes("gantry/address/\(machine)", 4).reduce(0) { $0 << 8 | UInt32($1) }
                % (range.last - range.base - 3)
        }
        guard number < range.last - range.base - 2 else {
            throw ConnectorError(
                code: .quotaExceeded, message: "the network \(range.text) has no address for machine '\(machine)'",
                field: "interfaces")
        }
        address = AddressRange.text(range.base + 2 + number)
    }
}

/// A range of IPv4 addresses.
struct AddressRange: Sendable, Hashable {
    var base: UInt32
    var prefix: Int

    init(base: UInt32, prefix: Int) {
        self.base = base & Self.mask(prefix)
        self.prefix = prefix
    }

    /// `10.1.0.0/24`.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let prefix = Int(parts[1]), (16...29).contains(prefix),
            let base = Self.number(String(parts[0])), !Self.isOfHosts(base)
        else { return nil }
        self.init(base: base, prefix: prefix)
    }

    /// Loopback, link-local, multicast and what nobody may use: no range of a network.
    private static func isOfHosts(_ base: UInt32) -> Bool {
        let first = base >> 24
        return first == 0 || first == 127 || first >= 224 || base >> 16 == 169 << 8 | 254
    }

    /// As `ip` of a network has it: an address, with a prefix or a mask.
    init?(_ ip: XMLNode) {
        guard let base = ip.attributes["address"].flatMap(Self.number) else { return nil }
        if let prefix = ip.attributes["prefix"].flatMap({ Int($0) }) {
            self.init(base: base, prefix: prefix)
        } else {
            guard let mask = ip.attributes["netmask"].flatMap(Self.number) else { return nil }
            self.init(base: base, prefix: mask.nonzeroBitCount)
        }
    }

    private static func mask(_ prefix: Int) -> UInt32 { prefix == 0 ? 0 : ~UInt32(0) << UInt32(32 - prefix) }

    static func number(_ text: String) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4 else { return nil }
        var number: UInt32 = 0
        for part in parts {
            guard let part else { return nil }
            number = number << 8 | UInt32(part)
        }
        return number
    }

    static func text(_ number: UInt32) -> String {
        [24, 16, 8, 0].map { String(number >> UInt32($0) & 255) }.joined(separator: ".")
    }

    var text: String { "\(Self.text(base))/\(prefix)" }
    var last: UInt32 { base | ~Self.mask(prefix) }
    /// Whether it is an address that a machine there can have.
    func holds(_ address: UInt32) -> Bool { base < address && address < last }
    func overlaps(_ other: AddressRange) -> Bool { base <= other.last && other.base <= last }

    /// Ranges that nobody names: the parts of 10.170.0.0/16, beginning at one that a name chooses.
    static func candidates(_ word: String) -> [AddressRange] {
        let start = word.utf8.reduce(UInt32(7)) { $0 &* 31 &+ UInt32($1) } % 256
        let first: UInt32 = 10 << 24 | 170 << 16
        return (0..<UInt32(256)).map { AddressRange(base: first | ((start + $0) % 256) << 8, prefix: 24) }
    }
}

/// A network to be made: the host has its first address, and gives others by DHCP.
struct NetworkDefinition: Sendable, Hashable {
    var name: String
    var range: AddressRange
    var bridge: String
    /// Whether machines on it reach others by the host's address.
    var hasWayOut: Bool
    var dnsServers: [String]
    var label: NetworkLabel

    func xml() throws(ConnectorError) -> String {
        let dns = dnsServers.map { XMLNode(name: "forwarder", attributes: ["addr": $0]) }
        var network = XMLNode(
            name: "network",
            attributes: ["xmlns:dnsmasq": "http://libvirt.org/schemas/network/dnsmasq/1.0"],
            children: [
                .init(name: "name", text: name), .init(name: "metadata", children: [try label.element()]),
                .init(name: "bridge", attributes: ["name": bridge, "stp": "off", "delay": "0"]),
            ])
        if hasWayOut { network.children.append(.init(name: "forward", attributes: ["mode": "nat"])) }
        if !dns.isEmpty { network.children.append(.init(name: "dns", children: dns)) }
        let addresses = ["start": AddressRange.text(range.base + 2), "end": AddressRange.text(range.last - 1)]
        network.children.append(
            .init(
                name: "ip", attributes: ["address": AddressRange.text(range.base + 1), "prefix": String(range.prefix)],
                children: [.init(name: "dhcp", children: [.init(name: "range", attributes: addresses)])]))
        // Without it each first lease is held up by 3 s, in which the server asks whether the address is in use.
        network.children.append(
            .init(
                name: "dnsmasq:options",
                children: [.init(name: "dnsmasq:option", attributes: ["value": "no-ping"])]))
        return network.xml
    }
}
