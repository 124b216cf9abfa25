/// Addresses of networks and machines.
enum TOSCAAddress {
    /// Four numbers up to 255, or groups of IPv6.
    static func isAddress(_ text: String) -> Bool {
        text.utf8.contains(UInt8(ascii: ":")) ? isVersion6(text) : isVersion4(text, mayBeAny: false)
    }

    /// An address and the bits that count. `*` in the place of a number leaves it to whoever makes the network.
    static func isRange(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ $0 &- 0x30 <= 9 }),
            let bits = Int(parts[1])
        else { return false }
        if parts[0].utf8.contains(UInt8(ascii: ":")) { return bits <= 128 && isVersion6(parts[0]) }
        return bits <= 32 && isVersion4(parts[0], mayBeAny: true)
    }

    /// An address, or a range of addresses with the machine that leads there.
    static func isRoute(_ text: String) -> Bool {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmed }
        if parts.count == 1 { return isAddress(text) || isRange(text) }
        return parts.count == 2 && isRange(parts[0]) && !parts[1].isEmpty
    }

    private static func isVersion4(_ text: String, mayBeAny: Bool) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                if mayBeAny, part == "*" { return true }
                return (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { $0 &- 0x30 <= 9 }
                    && Int(part).map { $0 <= 255 } ?? false
            }
    }

    private static func isVersion6(_ text: String) -> Bool {
        guard text.utf8.count <= 45, !text.contains(":::") else { return false }
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        let empty = groups.count { $0.isEmpty }
        guard groups.allSatisfy({ $0.utf8.count <= 4 && $0.allSatisfy { $0.isASCII && $0.isHexDigit } }) else {
            return false
        }
        // '::' stands once for groups of zeros, at an end with an empty group more.
        guard empty > 0 else { return groups.count == 8 }
        let atEnds = (text.hasPrefix("::") ? 1 : 0) + (text.hasSuffix("::") ? 1 : 0)
        return empty == 1 + atEnds && groups.count <= 8 + atEnds || text == "::"
    }
}
