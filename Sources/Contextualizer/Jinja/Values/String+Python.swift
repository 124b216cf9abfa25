// Strings as Python sees them: sequences of code points. Swift's own `count`, `contains` and friends work on
// grapheme clusters and canonical equivalence, which would give other answers.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A text as a key of a dictionary: equal to one of the same code points alone.
struct ExactText: Hashable, Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: ExactText, right: ExactText) -> Bool { left.text.isSame(as: right.text) }
}

extension String {
    var scalars: [Unicode.Scalar] { Array(unicodeScalars) }

    init(scalars: some Sequence<Unicode.Scalar>) {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        self = String(view)
    }

    /// Whether the other text has the same code points. `==` holds canonically equivalent texts for equal.
    package func isSame(as other: String) -> Bool {
        let (left, right) = (utf8, other.utf8)
        guard left.count == right.count else { return false }
        let answer = left.withContiguousStorageIfAvailable { one in
            right.withContiguousStorageIfAvailable { two in
                guard let first = one.baseAddress, let second = two.baseAddress else { return true }
                return memcmp(first, second, one.count) == 0
            }
        }
        return (answer ?? nil) ?? left.elementsEqual(right)
    }

    /// Whether the other text occurs, byte by byte.
    package func utf8Contains(_ part: String) -> Bool {
        part.isEmpty || Array(utf8).firstIndex(of: Array(part.utf8)) != nil
    }
}

extension Array where Element: Equatable {
    /// Where a part begins, searched from `start`.
    func firstIndex(of part: [Element], from start: Int = 0) -> Int? {
        guard let first = part.first else { return start <= count ? start : nil }
        guard start >= 0, part.count <= count else { return nil }
        var position = start
        let last = count - part.count
        while position <= last {
            if self[position] == first, self[position..<(position + part.count)].elementsEqual(part) {
                return position
            }
            position += 1
        }
        return nil
    }

    /// Where a part begins last, before `end`.
    func lastIndex(of part: [Element], before end: Int) -> Int? {
        var position = Swift.min(end, count) - part.count
        while position >= 0 {
            if self[position..<(position + part.count)].elementsEqual(part) { return position }
            position -= 1
        }
        return nil
    }

    /// Whether the part stands at this place.
    func hasPart(_ part: [Element], at position: Int) -> Bool {
        position >= 0 && position + part.count <= count
            && self[position..<(position + part.count)].elementsEqual(part)
    }
}

extension Unicode.Scalar {
    /// Python's `str.isspace` for one character.
    package var isPythonSpace: Bool {
        switch value {
        case 0x09...0x0d, 0x1c...0x20, 0x85, 0xa0, 0x1680, 0x2000...0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000:
            true
        default: false
        }
    }

    /// `\w` of Python's regular expressions.
    var isWord: Bool {
        if value < 0x80 {
            return (0x30...0x39).contains(value) || (0x41...0x5a).contains(value) || (0x61...0x7a).contains(value)
                || value == 0x5f
        }
        return properties.isAlphabetic || properties.numericType != nil
    }

    var isDecimalDigit: Bool {
        value < 0x80 ? (0x30...0x39).contains(value) : properties.generalCategory == .decimalNumber
    }
}
