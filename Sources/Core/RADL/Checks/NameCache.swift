/// Values by names that repeat from section to section: each is worked out once.
///
/// Cheaper than a dictionary: the parser gives the same name the same storage, so that most comparisons look at two words.
struct NameCache<Value> {
    /// Numbers of ``entries`` plus one; 0 is free. A power of two.
    private var slots = [Int32](repeating: 0, count: 256)
    private var entries: [(name: String, value: Value)] = []
    /// Beyond this many different names nothing is remembered.
    private static var most: Int { 4096 }

    mutating func value(of name: String, _ make: (String) -> Value) -> Value {
        let mask = slots.count - 1
        var slot = Self.hash(name) & mask
        // Names that collide on purpose cost a few probes, then are simply worked out again.
        for _ in 0..<8 {
            let number = Int(slots[slot])
            if number == 0 {
                let value = make(name)
                guard entries.count < Self.most else { return value }
                entries.append((name, value))
                slots[slot] = Int32(entries.count)
                if entries.count * 2 > slots.count { grow() }
                return value
            }
            if entries[number - 1].name == name { return entries[number - 1].value }
            slot = (slot + 1) & mask
        }
        return make(name)
    }

    private static func hash(_ name: String) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return Int(truncatingIfNeeded: hash ^ (hash >> 29))
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for (number, entry) in entries.enumerated() {
            var slot = Self.hash(entry.name) & mask
            for _ in 0..<8 where slots[slot] != 0 { slot = (slot + 1) & mask }
            if slots[slot] == 0 { slots[slot] = Int32(number + 1) }
        }
    }
}
