import ConnectorAPI
import Glibc

/// A security group as a network filter of libvirt's: what reaches a machine's card.
///
/// The rules are those of ebtables, which see each packet that goes to the card, be it of another machine, of the host or
/// of beyond. They keep no state: answers to what a machine asks come to ports of ``ephemeral``, which stay open.
struct FilterDefinition: Sendable, Hashable {
    /// Where Linux begins to take ports for connections of its own.
    static let ephemeral = 32_768

    var name: String
    /// Of the filter that is replaced; nil: libvirt chooses one.
    var uuid: String?
    var rules: [SecurityGroupSpec.Rule]

    /// - Throws: ``ConnectorError/Code/invalidArgument`` for a rule that cannot be.
    func xml() throws(ConnectorError) -> String {
        var filter = XMLNode(name: "filter", attributes: ["name": name, "chain": "root"])
        if let uuid { filter.children.append(.init(name: "uuid", text: uuid)) }
        let peers = LaunchIdentity.text(try LaunchIdentity.block(of: name))
        filter.children.append(
            Self.rule(
                "accept", 100, "mac",
                ["srcmacaddr": "\(peers):00:00:00", "srcmacmask": "ff:ff:ff:00:00:00"]))
        // The answers of DHCP.
        filter.children += [
            Self.rule("accept", 200, "ip", ["protocol": "udp", "srcportstart": "67", "dstportstart": "68"]),
            Self.rule("accept", 200, "ipv6", ["protocol": "udp", "srcportstart": "547", "dstportstart": "546"]),
        ]
        for rule in rules { filter.children += try Self.accepting(rule) }
        for family in ["ip", "ipv6"] {
            for transport in ["tcp", "udp"] {
                filter.children.append(
                    Self.rule(
                        "drop", 900, family,
                        ["protocol": transport, "dstportstart": "0", "dstportend": "\(Self.ephemeral - 1)"]))
            }
        }
        return filter.xml
    }

    private static func accepting(_ rule: SecurityGroupSpec.Rule) throws(ConnectorError) -> [XMLNode] {
        // What is neither TCP nor UDP is open: errors of the network come as ICMP.
        guard rule.transport != .icmp else { return [] }
        guard rule.fromPort <= rule.toPort, (0...65_535).contains(rule.fromPort), rule.toPort <= 65_535 else {
            throw ConnectorError(
                code: .invalidArgument, message: "\(rule.fromPort) to \(rule.toPort) are no ports",
                field: "spec.rules")
        }
        let ports = [
            "protocol": rule.transport.rawValue, "dstportstart": "\(rule.fromPort)", "dstportend": "\(rule.toPort)",
        ]
        guard rule.cidr != "0.0.0.0/0" else {
            return ["ip", "ipv6"].map { Self.rule("accept", 500, $0, ports) }
        }
        let parts = rule.cidr.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let isIPv6 = rule.cidr.contains(":")
        var address = in6_addr()
        guard parts.count == 2, let prefix = Int(parts[1]), (0...(isIPv6 ? 128 : 32)).contains(prefix),
            inet_pton(isIPv6 ? AF_INET6 : AF_INET, parts[0], &address) == 1
        else {
            throw ConnectorError(
                code: .invalidArgument, message: "'\(rule.cidr)' is no range of addresses", field: "spec.rules")
        }
        let source = prefix == 0 ? [:] : ["srcipaddr": parts[0], "srcipmask": "\(prefix)"]
        return [Self.rule("accept", 500, isIPv6 ? "ipv6" : "ip", ports.merging(source) { $1 })]
    }

    private static func rule(
        _ action: String, _ priority: Int, _ kind: String, _ what: [String: String]
    ) -> XMLNode {
        XMLNode(
            name: "rule", attributes: ["action": action, "direction": "in", "priority": "\(priority)"],
            children: [.init(name: kind, attributes: what)])
    }
}
