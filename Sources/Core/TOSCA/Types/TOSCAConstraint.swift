/// A condition on values: `greater_or_equal: 1`.
package struct TOSCAConstraint: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case equal, length, pattern, schema
        case greaterThan = "greater_than"
        case greaterOrEqual = "greater_or_equal"
        case lessThan = "less_than"
        case lessOrEqual = "less_or_equal"
        case inRange = "in_range"
        case validValues = "valid_values"
        case minimumLength = "min_length"
        case maximumLength = "max_length"
    }

    package var kind: Kind
    package var value: TOSCAValue

    /// What a value has to be, for messages.
    package var expectation: String {
        let shown = Self.shown(value)
        return switch kind {
        case .equal: "the value \(shown)"
        case .greaterThan: "more than \(shown)"
        case .greaterOrEqual: "at least \(shown)"
        case .lessThan: "less than \(shown)"
        case .lessOrEqual: "at most \(shown)"
        case .inRange: "a value from \(value.list?.map(Self.shown).joined(separator: " to ") ?? "the range")"
        case .validValues: "one of: \((value.list ?? []).prefix(40).map(Self.shown).joined(separator: ", "))"
        case .length: "the length \(shown)"
        case .minimumLength: "a length of at least \(shown)"
        case .maximumLength: "a length of at most \(shown)"
        case .pattern: "a text that matches \(shown)"
        case .schema: "a value of the schema"
        }
    }

    /// What is wrong with the constraint itself, and what was expected; nil where it can be applied, or is a function.
    var mistake: (message: String, expected: String)? {
        if TOSCAFunction(value) != nil { return nil }
        let name = kind.rawValue
        let kindText = "'\(name)' is \(value.kind)"
        switch kind {
        case .validValues: return value.list == nil ? (kindText, "a list") : nil
        case .inRange:
            guard let bounds = value.list else { return (kindText, "a list") }
            let expected = "two bounds, the lower one first, such as [ 1, 10 ] or [ 1, UNBOUNDED ]"
            guard bounds.count == 2, bounds.allSatisfy({ $0.scalarText != nil }) else {
                return ("'\(name)' is \(value.brief)", expected)
            }
            if let low = bounds[0].double, let high = bounds[1].double, low > high {
                return (
                    "'\(name)' has bounds that no value is between: \(bounds.map(Self.shown).joined(separator: " to "))",
                    expected
                )
            }
            return nil
        case .length, .minimumLength, .maximumLength:
            if let number = value.integer, number >= 0 { return nil }
            return ("'\(name)' is \(value.brief)", "a whole number from 0 on")
        case .pattern: return value.scalarText == nil ? (kindText, "a regular expression as a text") : nil
        case .greaterThan, .greaterOrEqual, .lessThan, .lessOrEqual:
            return value.scalarText == nil ? (kindText, "a number, or a text that has an order") : nil
        case .equal, .schema: return nil
        }
    }

    /// Whether it is a pattern that no value can be compared with here.
    var isUnreadablePattern: Bool {
        guard kind == .pattern, let pattern = value.scalarText else { return false }
        return LinearPattern(pattern) == nil
    }

    /// Numbers as they stand, texts in quotes.
    private static func shown(_ value: TOSCAValue) -> String {
        switch value.content {
        case .integer, .real: value.scalarText ?? value.brief
        default: value.brief
        }
    }

    /// Whether a value of a simple type satisfies it; nil where that cannot be told.
    ///
    /// - Parameter type: Name of the simple type: sizes and versions have an order of their own.
    func accepts(_ candidate: TOSCAValue, type: String) -> Bool? {
        switch kind {
        case .schema: return nil
        case .equal: return Self.isSame(candidate, value, type)
        case .validValues: return value.list.map { list in list.contains { Self.isSame(candidate, $0, type) } }
        case .greaterThan: return Self.compare(candidate, value, type).map { $0 > 0 }
        case .greaterOrEqual: return Self.compare(candidate, value, type).map { $0 >= 0 }
        case .lessThan: return Self.compare(candidate, value, type).map { $0 < 0 }
        case .lessOrEqual: return Self.compare(candidate, value, type).map { $0 <= 0 }
        case .inRange: return isInRange(candidate, type)
        case .length: return Self.length(candidate).flatMap { length in value.integer.map { length == $0 } }
        case .minimumLength: return Self.length(candidate).flatMap { length in value.integer.map { length >= $0 } }
        case .maximumLength: return Self.length(candidate).flatMap { length in value.integer.map { length <= $0 } }
        case .pattern:
            guard let text = candidate.written ?? candidate.scalarText, let pattern = value.scalarText,
                let expression = LinearPattern(pattern)
            else { return nil }
            return expression.matches(text)
        }
    }

    private func isInRange(_ candidate: TOSCAValue, _ type: String) -> Bool? {
        guard let bounds = value.list, bounds.count == 2 else { return nil }
        for part in type == "range" ? candidate.list ?? [] : [candidate] {
            if part.string == "UNBOUNDED" { continue }
            let scalar = type == "range" ? "integer" : type
            if bounds[0].string != "UNBOUNDED" {
                guard let low = Self.compare(part, bounds[0], scalar) else { return nil }
                if low < 0 { return false }
            }
            if bounds[1].string != "UNBOUNDED" {
                guard let high = Self.compare(part, bounds[1], scalar) else { return nil }
                if high > 0 { return false }
            }
        }
        return true
    }

    private static func isSame(_ left: TOSCAValue, _ right: TOSCAValue, _ type: String) -> Bool {
        if left == right { return true }
        if type == "boolean", let first = left.bool, let second = right.bool { return first == second }
        if type == "string" {
            return (left.written ?? left.scalarText) == (right.written ?? right.scalarText)
        }
        if type == "version" { return left.scalarText != nil && left.scalarText == right.scalarText }
        return compare(left, right, type) == 0
    }

    /// Less than, equal or greater than 0; nil where there is no order.
    private static func compare(_ left: TOSCAValue, _ right: TOSCAValue, _ type: String) -> Int? {
        func order<Value: Comparable>(_ first: Value?, _ second: Value?) -> Int? {
            guard let first, let second else { return nil }
            return first < second ? -1 : first > second ? 1 : 0
        }
        if type.hasPrefix("scalar-unit."), let unit = ScalarUnit(rawValue: type) {
            return order(unit.value(of: left), unit.value(of: right))
        }
        if type == "version" || type == "timestamp" {
            guard let first = left.scalarText, let second = right.scalarText else { return nil }
            let firstParts = first.split(separator: ".").map { Int($0) ?? 0 }
            let secondParts = second.split(separator: ".").map { Int($0) ?? 0 }
            for place in 0..<max(firstParts.count, secondParts.count) {
                let difference =
                    (place < firstParts.count ? firstParts[place] : 0)
                    - (place < secondParts.count ? secondParts[place] : 0)
                if difference != 0 { return difference < 0 ? -1 : 1 }
            }
            return 0
        }
        if type == "string", left.string != nil, right.string != nil { return order(left.string, right.string) }
        return order(left.double, right.double)
    }

    private static func length(_ value: TOSCAValue) -> Int? {
        switch value.content {
        case .list(let list): list.count
        case .map(let map): map.count
        default: value.scalarText?.unicodeScalars.count
        }
    }
}

/// Sizes, times and frequencies: a number with a unit.
package enum ScalarUnit: String, Sendable {
    case size = "scalar-unit.size"
    case time = "scalar-unit.time"
    case frequency = "scalar-unit.frequency"
    case bitrate = "scalar-unit.bitrate"

    private var factors: [String: Double] {
        switch self {
        case .size:
            [
                "b": 1, "kb": 1e3, "kib": 1024, "mb": 1e6, "mib": 1_048_576, "gb": 1e9, "gib": 1_073_741_824,
                "tb": 1e12, "tib": 1_099_511_627_776,
            ]
        case .time: ["d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "ns": 1e-9]
        case .frequency: ["hz": 1, "khz": 1e3, "mhz": 1e6, "ghz": 1e9]
        case .bitrate:
            ["bps": 1, "kbps": 1e3, "mbps": 1e6, "gbps": 1e9, "tbps": 1e12]
        }
    }

    /// An example, for messages.
    var example: String {
        switch self {
        case .size: "a size such as '4 GiB' (B, kB, KiB, MB, MiB, GB, GiB, TB, TiB)"
        case .time: "a time such as '30 s' (d, h, m, s, ms, us, ns)"
        case .frequency: "a frequency such as '2.4 GHz' (Hz, kHz, MHz, GHz)"
        case .bitrate: "a rate such as '100 Mbps'"
        }
    }

    /// The number in bytes, seconds, hertz or bits a second; a number without unit counts as such. Nil where it is none.
    func value(of value: TOSCAValue) -> Double? {
        switch value.content {
        case .integer(let number): return Double(number)
        case .real(let number): return number.isFinite ? number : nil
        case .text(let text): return parse(text)
        default: return nil
        }
    }

    /// Whether a value is a number without the unit that TOSCA asks for. Nothing is nothing in any unit.
    func lacksUnit(_ value: TOSCAValue) -> Bool {
        switch value.content {
        case .integer(let number): number != 0
        case .real(let number): number != 0
        case .text(let text): Double(text.trimmed).map { $0 != 0 } ?? false
        default: false
        }
    }

    private func parse(_ text: String) -> Double? {
        let text = text.trimmed
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let number = Double(digits), number.isFinite else { return nil }
        let unit = String(text.dropFirst(digits.count)).trimmed.lowercased()
        if unit.isEmpty { return number }
        guard let factor = factors[unit] else { return nil }
        let product = number * factor
        // 1.1 GB are whole bytes, whatever binary fractions make of it.
        let whole = product.rounded()
        return abs(product - whole) < max(1e-9, abs(whole) * 1e-14) ? whole : product
    }
}
