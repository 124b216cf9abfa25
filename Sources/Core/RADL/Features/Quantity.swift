/// A number as RADL writes it: whole or with a point.
public enum RADLNumber: Sendable, Hashable {
    case integer(Int)
    case real(Double)

    /// The value as a floating-point number.
    public var doubleValue: Double {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        }
    }

    /// The whole number; nil where there is a fraction or it does not fit.
    public var integerValue: Int? {
        switch self {
        case .integer(let value): value
        case .real(let value): Int(exactly: value)
        }
    }

    /// Whether it was written without a point.
    public var isInteger: Bool {
        if case .integer = self { return true }
        return false
    }
}

extension RADLNumber: CustomStringConvertible {
    /// As RADL reads it again: digits, and a point for ``real(_:)``; never an exponent.
    public var description: String {
        switch self {
        case .integer(let value): String(value)
        case .real(let value): Self.plain(value)
        }
    }

    /// Shortest decimal text of a number without an exponent.
    private static func plain(_ value: Double) -> String {
        let text = value.description
        guard let mark = text.firstIndex(where: { $0 == "e" || $0 == "E" }),
            let exponent = Int(text[text.index(after: mark)...])
        else { return text }
        var mantissa = text[..<mark]
        let sign = mantissa.hasPrefix("-") ? "-" : ""
        if !sign.isEmpty { mantissa.removeFirst() }
        let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(parts.first ?? "0")
        let fraction = parts.count > 1 && parts[1] != "0" ? String(parts[1]) : ""
        let digits = whole + fraction
        let point = whole.count + exponent
        if point <= 0 {
            return sign + "0." + String(repeating: "0", count: -point) + digits
        }
        if point >= digits.count {
            return sign + digits + String(repeating: "0", count: point - digits.count) + ".0"
        }
        return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    }
}

/// How a feature compares with its value.
public enum Comparison: UInt8, Sendable, Hashable {
    case equal, less, lessOrEqual, greater, greaterOrEqual

    /// The sign: `=`, `<`, `<=`, `>`, `>=`.
    public var sign: String {
        switch self {
        case .equal: "="
        case .less: "<"
        case .lessOrEqual: "<="
        case .greater: ">"
        case .greaterOrEqual: ">="
        }
    }

    /// - Parameter sign: One of `=`, `<`, `<=`, `>`, `>=`.
    public init?(sign: String) {
        switch sign {
        case "=": self = .equal
        case "<": self = .less
        case "<=": self = .lessOrEqual
        case ">": self = .greater
        case ">=": self = .greaterOrEqual
        default: return nil
        }
    }
}

/// The unit behind a number, as written: `M`, `MiB`, `ECU`, or none.
public struct RADLUnit: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// As written in the document.
    public var text: String

    public init(_ text: String) {
        self.text = text
    }

    public init(stringLiteral value: String) {
        text = value
    }

    /// No unit: bytes for sizes.
    public static let none = RADLUnit("")
    /// 2²⁰.
    public static let mebi: RADLUnit = "MI"
    /// 2³⁰.
    public static let gibi: RADLUnit = "GI"

    public var description: String { text }

    /// What a number with this unit is multiplied with; 1 for no unit and for unknown ones.
    ///
    /// Upper or lower case, with or without a `B` at the end.
    public var factor: Int {
        if text.isEmpty { return 1 }
        var upper = text.utf8.prefix(4).map { $0 >= 0x61 && $0 <= 0x7A ? $0 - 32 : $0 }
        if upper.last == UInt8(ascii: "B") { upper.removeLast() }
        guard let letter = upper.first, upper.count <= 2 else { return 1 }
        let binary = upper.count == 2
        if binary && upper[1] != UInt8(ascii: "I") { return 1 }
        switch letter {
        case UInt8(ascii: "K"): return binary ? 1 << 10 : 1_000
        case UInt8(ascii: "M"): return binary ? 1 << 20 : 1_000_000
        case UInt8(ascii: "G"): return binary ? 1 << 30 : 1_000_000_000
        case UInt8(ascii: "T"): return binary ? 1 << 40 : 1_000_000_000_000
        default: return 1
        }
    }
}

/// A number with its unit.
public struct Quantity: Sendable, Hashable {
    public var number: RADLNumber
    public var unit: RADLUnit

    public init(_ number: RADLNumber, unit: RADLUnit = .none) {
        self.number = number
        self.unit = unit
    }

    /// The value in units of one, for comparisons.
    public var scaledValue: Double {
        number.doubleValue * Double(unit.factor)
    }

    /// The number in another unit.
    ///
    /// Whole numbers stay whole, rounded half to even (2500 in `K` is 2); others are not rounded. A whole number that
    /// leaves 64 bits becomes a ``RADLNumber/real(_:)``.
    public func converted(to target: RADLUnit = .none) -> RADLNumber {
        let own = unit.factor
        let other = target.factor
        switch number {
        case .real(let value):
            return .real(value * Double(own) / Double(other))
        case .integer(let value):
            let (product, overflow) = value.multipliedReportingOverflow(by: own)
            guard !overflow else { return .real(Double(value) * Double(own) / Double(other)) }
            let (quotient, remainder) = product.quotientAndRemainder(dividingBy: other)
            let doubled = abs(remainder) * 2
            if doubled < other || (doubled == other && quotient % 2 == 0) { return .integer(quotient) }
            return .integer(quotient + (product < 0 ? -1 : 1))
        }
    }
}

extension Quantity: CustomStringConvertible {
    /// As RADL writes it: the unit follows the number without a blank, unless its point would become the number's.
    public var description: String {
        number.description + (unit.text.utf8.first == UInt8(ascii: ".") ? " " : "") + unit.text
    }
}
