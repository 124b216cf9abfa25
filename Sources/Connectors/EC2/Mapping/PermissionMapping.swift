import ConnectorAPI

extension EC2SecurityGroup {
    /// What the group shall allow: the rules, and everything among its members.
    static func permissions(_ spec: SecurityGroupSpec, group: String) throws(ConnectorError) -> Set<Permission> {
        var permissions: Set<Permission> = [
            Permission(transport: "-1", fromPort: -1, toPort: -1, source: .group(group))
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
            permissions.insert(
                Permission(
                    transport: rule.transport.rawValue, fromPort: isICMP ? -1 : rule.fromPort,
                    toPort: isICMP ? -1 : rule.toPort, source: try source(rule.cidr, field: field)))
        }
        return permissions
    }

    /// As EC2 stores it: with the bits of the host cleared, or the comparison with what is there would never end.
    private static func source(_ cidr: String, field: String) throws(ConnectorError) -> Source {
        if cidr.contains(":") { return .ipv6(cidr.lowercased()) }
        let parts = cidr.split(separator: "/", omittingEmptySubsequences: false)
        let octets = parts[0].split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) }
        let length = parts.count == 1 ? 32 : Int(parts[1]) ?? -1
        guard parts.count <= 2, octets.count == 4, (0...32).contains(length) else {
            throw ConnectorError(
                code: .invalidArgument, message: "'\(cidr)' is no block of addresses such as 10.0.0.0/8", field: field)
        }
        let address = octets.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let masked = length == 0 ? 0 : address & (UInt32.max << UInt32(32 - length))
        let text = (0..<4).map { String(masked >> UInt32(24 - 8 * $0) & 255) }.joined(separator: ".")
        return .cidr("\(text)/\(length)")
    }
}
