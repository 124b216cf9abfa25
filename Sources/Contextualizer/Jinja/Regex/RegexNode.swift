/// The tree of a regular expression in Python's syntax.
indirect enum RegexNode {
    case empty
    case character(Unicode.Scalar, ignoresCase: Bool)
    case set(RegexSet, ignoresCase: Bool)
    /// `.`
    case any(includingNewline: Bool)
    case sequence([RegexNode])
    case alternatives([RegexNode])
    case group(RegexNode, number: Int?)
    case `repeat`(RegexNode, minimum: Int, maximum: Int?, isLazy: Bool)
    case lookaround(RegexNode, isAhead: Bool, isNegative: Bool)
    case backreference(Int, ignoresCase: Bool)
    case assertion(RegexAssertion)
}

enum RegexAssertion {
    case start
    case end
    case lineStart
    case lineEnd
    /// `$` without the flag for lines: the end, or before the last newline.
    case endOrLastNewline
    case wordBoundary
    case noWordBoundary
}

/// `[…]` and the classes `\d \w \s`.
struct RegexSet {
    enum Class { case digit, word, space }

    var ranges: [ClosedRange<UInt32>] = []
    var classes: [(kind: Class, isNegative: Bool)] = []
    var isNegative = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        let isMember =
            ranges.contains { $0.contains(scalar.value) }
            || classes.contains { Self.contains($0.kind, scalar) != $0.isNegative }
        return isMember != isNegative
    }

    private static func contains(_ kind: Class, _ scalar: Unicode.Scalar) -> Bool {
        switch kind {
        case .digit: scalar.isDecimalDigit
        case .word: scalar.isWord
        case .space: scalar.isPythonSpace
        }
    }
}

extension Unicode.Scalar {
    /// The lower-case form, when that is one character.
    var folded: Unicode.Scalar {
        if value < 0x80 {
            return (0x41...0x5a).contains(value) ? Unicode.Scalar(UInt8(value | 0x20)) : self
        }
        let lower = properties.lowercaseMapping.unicodeScalars
        return lower.count == 1 ? lower.first ?? self : self
    }
}
