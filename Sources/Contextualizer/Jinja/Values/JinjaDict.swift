/// A dictionary that keeps the order of insertion, with Python's idea of equal keys (`1`, `1.0` and `true` are one).
///
/// Small dictionaries are searched linearly; from nine entries on an index is kept. A value type: copies are
/// independent.
public struct JinjaDict: Sendable {
    private struct Entry: Sendable {
        var key: JinjaValue
        var value: JinjaValue
    }

    private static let indexThreshold = 8
    private var entries: [Entry] = []
    private var index: [JinjaValue: Int] = [:]

    public init() {}

    /// A dict of these pairs; a later value of an equal key replaces an earlier one, in the earlier place.
    public init(_ pairs: some Sequence<(JinjaValue, JinjaValue)>) {
        for (key, value) in pairs { self[key] = value }
    }

    public var count: Int { entries.count }
    public var isEmpty: Bool { entries.isEmpty }
    public var keys: [JinjaValue] { entries.map(\.key) }
    public var values: [JinjaValue] { entries.map(\.value) }

    public mutating func reserveCapacity(_ capacity: Int) { entries.reserveCapacity(capacity) }

    public subscript(key: JinjaValue) -> JinjaValue? {
        get { position(of: key).map { entries[$0].value } }
        set {
            guard let newValue else {
                removeValue(forKey: key)
                return
            }
            if let position = position(of: key) {
                entries[position].value = newValue
                return
            }
            entries.append(Entry(key: key, value: newValue))
            if entries.count > Self.indexThreshold {
                if index.isEmpty { rebuildIndex() } else { index[Self.normalized(key)] = entries.count - 1 }
            }
        }
    }

    public subscript(key: String) -> JinjaValue? {
        get { self[.string(key)] }
        set { self[.string(key)] = newValue }
    }

    /// Removes an entry and gives its value; `nil` when there was none. Linear in the size of the dict.
    @discardableResult
    public mutating func removeValue(forKey key: JinjaValue) -> JinjaValue? {
        guard let position = position(of: key) else { return nil }
        let value = entries.remove(at: position).value
        index = [:]
        if entries.count > Self.indexThreshold { rebuildIndex() }
        return value
    }

    /// Takes over all entries of another dict; known keys keep their place and get the new value.
    public mutating func merge(_ other: JinjaDict) {
        for entry in other.entries { self[entry.key] = entry.value }
    }

    private mutating func rebuildIndex() {
        index = [:]
        for (position, entry) in entries.enumerated() { index[Self.normalized(entry.key)] = position }
    }

    private func position(of key: JinjaValue) -> Int? {
        let wanted = Self.normalized(key)
        if !index.isEmpty { return index[wanted] }
        return entries.firstIndex { Self.normalized($0.key) == wanted }
    }

    /// The representative of all keys that Python holds equal.
    static func normalized(_ key: JinjaValue) -> JinjaValue {
        switch key {
        case .bool(let flag): .int(flag ? 1 : 0)
        case .double(let number): Int(exactly: number).map(JinjaValue.int) ?? key
        case .tuple(let items): .tuple(items.map(normalized))
        default: key
        }
    }
}

extension JinjaDict: Sequence {
    public struct Iterator: IteratorProtocol {
        private var base: IndexingIterator<[(JinjaValue, JinjaValue)]>
        fileprivate init(_ base: IndexingIterator<[(JinjaValue, JinjaValue)]>) { self.base = base }
        public mutating func next() -> (key: JinjaValue, value: JinjaValue)? {
            base.next().map { (key: $0.0, value: $0.1) }
        }
    }

    public func makeIterator() -> Iterator { Iterator(entries.map { ($0.key, $0.value) }.makeIterator()) }
}

extension JinjaDict: Hashable {
    /// Equal when both have the same keys with the same values, in any order.
    public static func == (left: JinjaDict, right: JinjaDict) -> Bool {
        left.count == right.count && left.entries.allSatisfy { right[$0.key] == $0.value }
    }

    public func hash(into hasher: inout Hasher) {
        var mixed = 0
        for entry in entries {
            var inner = Hasher()
            inner.combine(Self.normalized(entry.key))
            inner.combine(entry.value)
            mixed ^= inner.finalize()
        }
        hasher.combine(mixed)
    }
}

extension JinjaDict: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JinjaValue)...) {
        self.init(elements.map { (.string($0.0), $0.1) })
    }
}
