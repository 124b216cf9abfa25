import ConnectorAPI

/// A rule for what comes in, in the one form in which rules are compared.
struct SecurityRule: Sendable, Hashable {
    var ethertype: String
    /// nil: any.
    var transport: String?
    var fromPort: Int?
    var toPort: Int?
    /// nil: from everywhere, or from a group.
    var prefix: String?
    var group: String?

    /// What the group shall allow: the rules, and everything among its members.
    static func all(_ spec: SecurityGroupSpec, group: String) throws(ConnectorError) -> Set<SecurityRule> {
        var rules: Set<SecurityRule> = [
            SecurityRule(ethertype: "IPv4", group: group), SecurityRule(ethertype: "IPv6", group: group),
        ]
        for (index, rule) in spec.rules.enumerated() {
            let field = "spec.rules[\(index)]"
            let isICMP = rule.transport == .icmp
            guard isICMP || (0...65_535).contains(rule.fromPort) && (rule.fromPort...65_535).contains(rule.toPort)
            else {
                throw ConnectorError(
                    code: .invalidArgument, message: "ports \(rule.fromPort) to \(rule.toPort) are no range of ports",
                    field: field)
            }
            let isSix = rule.cidr.contains(":")
            rules.insert(
                SecurityRule(
                    ethertype: isSix ? "IPv6" : "IPv4",
                    transport: isICMP && isSix ? "ipv6-icmp" : rule.transport.rawValue,
                    // Neutron knows no port 0.
                    fromPort: isICMP ? nil : max(1, rule.fromPort), toPort: isICMP ? nil : max(1, rule.toPort),
                    prefix: try prefix(rule.cidr, field: field)))
        }
        return rules
    }

    init(
        ethertype: String, transport: String? = nil, fromPort: Int? = nil, toPort: Int? = nil, prefix: String? = nil,
        group: String? = nil
    ) {
        self.ethertype = ethertype
        self.transport = transport
        self.fromPort = fromPort
        self.toPort = toPort
        self.prefix = prefix
        self.group = group
    }

    init(_ rule: NeutronGroup.Rule) {
        self.init(
            ethertype: rule.ethertype, transport: rule.transport, fromPort: rule.fromPort, toPort: rule.toPort,
            prefix: rule.prefix.flatMap { Self.isEverywhere($0) ? nil : $0 }, group: rule.group)
    }

    private static func isEverywhere(_ prefix: String) -> Bool { prefix == "0.0.0.0/0" || prefix == "::/0" }

    /// With the bits of the host cleared, as Neutron uses it.
    private static func prefix(_ cidr: String, field: String) throws(ConnectorError) -> String? {
        if isEverywhere(cidr) { return nil }
        if cidr.contains(":") { return cidr.lowercased() }
        let parts = cidr.split(separator: "/", omittingEmptySubsequences: false)
        let length = parts.count == 1 ? 32 : Int(parts[1]) ?? -1
        guard parts.count <= 2, let address = AddressRange.number(String(parts[0])), (0...32).contains(length) else {
            throw ConnectorError(
                code: .invalidArgument, message: "'\(cidr)' is no block of addresses such as 10.0.0.0/8", field: field)
        }
        if length == 0 { return nil }
        let masked = address & (UInt32.max << UInt32(32 - length))
        let text = (0..<4).map { String(masked >> UInt32(24 - 8 * $0) & 255) }.joined(separator: ".")
        return "\(text)/\(length)"
    }

    var order: String {
        "\(ethertype) \(transport ?? "") \(fromPort ?? 0) \(toPort ?? 0) \(prefix ?? "") \(group ?? "")"
    }

    func json(group id: String) -> JSONValue {
        var rule: [String: JSONValue] = [
            "security_group_id": .string(id), "direction": "ingress", "ethertype": .string(ethertype),
        ]
        rule["protocol"] = transport.map { .string($0) }
        rule["port_range_min"] = fromPort.map { .integer(Int64($0)) }
        rule["port_range_max"] = toPort.map { .integer(Int64($0)) }
        rule["remote_ip_prefix"] = prefix.map { .string($0) }
        rule["remote_group_id"] = group.map { .string($0) }
        return .object(rule)
    }
}
