extension Features {
    /// The string of a feature; of a list, its first element.
    public func string(_ name: String) -> String? {
        switch self[name]?.value {
        case .string(let text, _): text
        case .list(let texts, _): texts.first
        default: nil
        }
    }

    /// The strings of a feature: of a list all, of a string the one; empty where there is none.
    public func strings(_ name: String) -> [String] {
        switch self[name]?.value {
        case .string(let text, _): [text]
        case .list(let texts, _): texts
        default: []
        }
    }

    /// All that the document says about a number.
    public func interval(_ name: String) -> Interval? {
        if case .number(let interval) = self[name]?.value { return interval }
        return nil
    }

    /// Ends of a number in a unit.
    public func range(_ name: String, in unit: RADLUnit = .none) -> NumericRange? {
        interval(name)?.range(in: unit)
    }

    /// The number to take: the lower end if there is one, else the upper one.
    public func number(_ name: String, in unit: RADLUnit = .none) -> Double? {
        interval(name)?.value.converted(to: unit).doubleValue
    }

    /// A whole number, fractions cut off: the lower end if there is one, else the upper one.
    public func integer(_ name: String, in unit: RADLUnit = .none) -> Int? {
        switch interval(name)?.value.converted(to: unit) {
        case .integer(let value): value
        case .real(let value): Int(exactly: value.rounded(.towardZero))
        case nil: nil
        }
    }

    /// A size in bytes: the lower end if there is one, else the upper one.
    public func bytes(_ name: String) -> Int? {
        integer(name)
    }

    /// Whether a feature says `yes`, `true` or 1.
    public func flag(_ name: String) -> Bool {
        switch self[name]?.value {
        case .string(let text, _): ["yes", "true", "1"].contains(text.lowercased())
        case .number(let interval): interval.value.number.doubleValue != 0
        default: false
        }
    }

    /// The value as text, as connectors show it: numbers with their unit, lists joined with commas.
    public func text(_ name: String) -> String? {
        switch self[name]?.value {
        case .string(let text, _): text
        case .list(let texts, _): texts.joined(separator: ",")
        case .number(let interval): interval.value.description
        default: nil
        }
    }

    /// Numbers that stand in the second place of names such as `net_interface.0.ip`, ascending.
    public func indices(of prefix: String) -> [Int] {
        var found: Set<Int> = []
        for feature in all {
            if let name = IndexedName(feature.name), name.prefix == prefix, let index = name.index, index >= 0 {
                found.insert(index)
            }
        }
        return found.sorted()
    }
}

/// A feature name of the form `PREFIX.NUMBER` or `PREFIX.NUMBER.SUFFIX`.
struct IndexedName {
    var prefix: Substring
    /// Nil where the second part is not a number that fits.
    var index: Int?
    var suffix: Substring

    /// Nil where the name has one part.
    init?(_ name: String) {
        let bytes = name.utf8
        guard let first = bytes.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        let rest = bytes[bytes.index(after: first)...]
        let second = rest.firstIndex(of: UInt8(ascii: ".")) ?? bytes.endIndex
        prefix = name[..<first]
        index = Int(name[bytes.index(after: first)..<second])
        suffix = second < bytes.endIndex ? name[bytes.index(after: second)...] : ""
    }
}

extension Features {
    /// Sets a string, as connectors do on what a machine has become: replaces whatever was there.
    public mutating func set(_ name: String, to text: String) {
        set(Feature(name, .string(text, .equal), source: self[name]?.source))
    }

    /// Sets a list of strings.
    public mutating func set(_ name: String, to texts: [String]) {
        set(Feature(name, .list(texts, .equal), source: self[name]?.source))
    }

    /// Sets a whole number. A constraint that was there is replaced, so that it prints once, with `=`.
    public mutating func set(_ name: String, to value: Int, unit: RADLUnit = .none) {
        set(Feature(name, .number(Interval(.integer(value), unit: unit)), source: self[name]?.source))
    }

    /// Sets a number. A constraint that was there is replaced, so that it prints once, with `=`.
    public mutating func set(_ name: String, to value: Double, unit: RADLUnit = .none) {
        set(Feature(name, .number(Interval(.real(value), unit: unit)), source: self[name]?.source))
    }
}
