/// Gives the same `String` for the same bytes, so that a name that occurs ten thousand times is stored once.
struct NameTable {
    private struct Entry {
        var start: Int
        var length: Int
        var text: String
    }

    /// Entry numbers plus one by hash; 0 is free. A power of two, at most half full.
    private var slots: [Int32]
    private var entries: [Entry] = []

    init() {
        slots = Array(repeating: 0, count: 256)
    }

    /// - Parameters:
    ///   - range: Where the name stands in `bytes`, which are the same in every call.
    mutating func text(_ range: Range<Int>, in bytes: [UInt8]) -> String {
        // Up to 15 bytes a string has no storage of its own.
        if range.count <= 15 || range.count > 256 { return String(decoding: bytes[range], as: UTF8.self) }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in range { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01b3 }
        hash ^= hash >> 29
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        // Names that collide on purpose cost a few probes each, then are simply not shared.
        for _ in 0..<8 {
            let number = Int(slots[slot])
            if number == 0 {
                let text = String(decoding: bytes[range], as: UTF8.self)
                entries.append(Entry(start: range.lowerBound, length: range.count, text: text))
                slots[slot] = Int32(entries.count)
                if entries.count * 2 > slots.count { grow(bytes) }
                return text
            }
            let entry = entries[number - 1]
            if entry.length == range.count, Self.isEqual(entry.start, range, bytes) { return entry.text }
            slot = (slot + 1) & mask
        }
        return String(decoding: bytes[range], as: UTF8.self)
    }

    private static func isEqual(_ start: Int, _ range: Range<Int>, _ bytes: [UInt8]) -> Bool {
        for offset in 0..<range.count where bytes[start + offset] != bytes[range.lowerBound + offset] {
            return false
        }
        return true
    }

    private mutating func grow(_ bytes: [UInt8]) {
        slots = Array(repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for (number, entry) in entries.enumerated() {
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            for index in entry.start..<entry.start + entry.length {
                hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01b3
            }
            hash ^= hash >> 29
            var slot = Int(truncatingIfNeeded: hash) & mask
            for _ in 0..<8 where slots[slot] != 0 { slot = (slot + 1) & mask }
            if slots[slot] == 0 { slots[slot] = Int32(number + 1) }
        }
    }
}
