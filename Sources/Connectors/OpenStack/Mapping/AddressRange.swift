/// Which addresses are not reachable from everywhere.
enum AddressRange {
    private static let privateBlocks: [(UInt32, Int)] = [
        (0x0a00_0000, 8), (0xac10_0000, 12), (0xc0a8_0000, 16), (0x6440_0000, 10), (0xa9fe_0000, 16),
        (0x7f00_0000, 8),
    ]

    /// Whether an address, or a block by its first address, is of a private range.
    static func isPrivate(_ text: String) -> Bool {
        let address = text.split(separator: "/").first.map(String.init) ?? text
        if address.contains(":") {
            let lower = address.lowercased()
            return lower.hasPrefix("fc") || lower.hasPrefix("fd") || lower.hasPrefix("fe8") || lower == "::1"
        }
        guard let number = number(address) else { return true }
        return privateBlocks.contains { block, length in
            number >> UInt32(32 - length) == block >> UInt32(32 - length)
        }
    }

    /// A dotted address as a number.
    static func number(_ text: String) -> UInt32? {
        let octets = text.split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) }
        guard octets.count == 4, text.split(separator: ".", omittingEmptySubsequences: false).count == 4 else {
            return nil
        }
        return octets.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }

    /// Whether a block, `10.0.0.0/8`, holds an address.
    static func contains(_ block: String, _ address: String) -> Bool {
        let parts = block.split(separator: "/")
        guard parts.count == 2, let length = Int(parts[1]), (0...32).contains(length),
            let base = number(String(parts[0])), let number = number(address)
        else { return false }
        return length == 0 || number >> UInt32(32 - length) == base >> UInt32(32 - length)
    }
}
