/// Values by names that repeat from section to section: each is worked out once.
///
/// Cheaper than a dictionary: the parser gives the same name the same storage, so that two words tell most names apart.
struct NameCache<Value> {
    private struct Entry {
        var words: (UInt64, UInt64) = (0, 0)
        /// Keeps the storage that ``words`` points to.
        var name = ""
        var value: Value?
    }

    private static var size: Int { 512 }

    /// By the words of the string itself.
    private var entries: [Entry] = Array(repeating: Entry(), count: NameCache.size)

    mutating func value(of name: String, _ make: (String) -> Value) -> Value {
        // A string is two words, whatever they mean. The same words are the same string as long as an entry holds it.
        let words = unsafeBitCast(name, to: (UInt64, UInt64).self)
        var hash = (words.0 ^ (words.1 << 1)) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 29
        let slot = Int(truncatingIfNeeded: hash >> 8) & (Self.size - 1)
        if let value = entries[slot].value, entries[slot].words == words { return value }
        let value = make(name)
        entries[slot] = Entry(words: words, name: name, value: value)
        return value
    }
}
