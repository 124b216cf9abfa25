/// Gives the same number and the same `String` for the same bytes: a name that occurs ten thousand times is stored once, and
/// names are compared by their numbers.
struct NameTable {
    private struct Entry {
        var start: UInt32
        var length: UInt32
        var hash: UInt32
        var text: String
    }

    /// Entry numbers plus one by hash; 0 is free. A power of two, at most half full.
    private var slots: [Int32]
    private var entries: [Entry] = []
    /// Drawn anew each time, so that no text is made of names that collide.
    private let seed: UInt64

    init() {
        slots = Array(repeating: 0, count: 256)
        seed = .random(in: 0 ... .max)
    }

    /// How many different names there are; their numbers count from 0.
    var count: Int { entries.count }

    func text(_ number: Int) -> String { entries[number].text }

    /// The number of a name.
    ///
    /// - Parameters:
    ///   - range: Where the name stands in `bytes`, which are the same in every call.
    mutating func number(_ range: Range<Int>, in bytes: [UInt8]) -> Int {
        let hash = hash(range, bytes)
        let mask = slots.count - 1
        var slot = Int(hash) & mask
        while true {
            let number = Int(slots[slot]) - 1
            if number < 0 { return insert(range, bytes, hash, slot) }
            if entries[number].hash == hash, Int(entries[number].length) == range.count,
                Self.isEqual(Int(entries[number].start), range, bytes)
            {
                return number
            }
            slot = (slot + 1) & mask
        }
    }

    private mutating func insert(_ range: Range<Int>, _ bytes: [UInt8], _ hash: UInt32, _ slot: Int) -> Int {
        let text = bytes.withUnsafeBufferPointer {
            String(decoding: UnsafeBufferPointer(rebasing: $0[range]), as: UTF8.self)
        }
        entries.append(
            Entry(
                start: UInt32(truncatingIfNeeded: range.lowerBound), length: UInt32(truncatingIfNeeded: range.count),
                hash: hash, text: text))
        slots[slot] = Int32(truncatingIfNeeded: entries.count)
        if entries.count * 2 > slots.count { grow() }
        return entries.count - 1
    }

    private func hash(_ range: Range<Int>, _ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { bytes in
            var hash = seed ^ UInt64(truncatingIfNeeded: range.count)
            var position = range.lowerBound
            func mix(_ word: UInt64) {
                let product = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
                hash = product.high ^ product.low
            }
            while position + 8 <= range.upperBound {
                mix(bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                position += 8
            }
            var rest: UInt64 = 0
            while position < range.upperBound {
                rest = rest << 8 | UInt64(bytes[position])
                position += 1
            }
            mix(rest)
            mix(seed)
            return UInt32(truncatingIfNeeded: hash)
        }
    }

    private static func isEqual(_ start: Int, _ range: Range<Int>, _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            for offset in 0..<range.count where bytes[start + offset] != bytes[range.lowerBound + offset] {
                return false
            }
            return true
        }
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for (number, entry) in entries.enumerated() {
            var slot = Int(entry.hash) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = Int32(truncatingIfNeeded: number + 1)
        }
    }
}
