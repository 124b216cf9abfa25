/// Reads Python's `re` syntax.
struct RegexParser {
    struct Flags {
        var ignoresCase = false
        var isMultiline = false
        var dotMatchesNewline = false
        var isVerbose = false
    }

    private static let maximumDepth = 100
    private static let maximumRepeat = 1000

    private let pattern: [Unicode.Scalar]
    private var index = 0
    private var depth = 0
    private var flags: Flags
    private(set) var groupCount = 0
    private(set) var groupNames: [String: Int] = [:]

    init(_ pattern: String, flags: Flags) {
        self.pattern = pattern.scalars
        self.flags = flags
    }

    mutating func parse() throws(JinjaError) -> RegexNode {
        let node = try alternatives()
        guard index == pattern.count else { throw error("unbalanced parenthesis") }
        return node
    }

    private func error(_ message: String) -> JinjaError {
        .value("invalid regular expression '\(String(scalars: pattern))': \(message) at position \(index)")
    }

    private var current: Unicode.Scalar? { index < pattern.count ? pattern[index] : nil }

    private mutating func skip(_ text: String) -> Bool {
        let wanted = text.scalars
        guard pattern.hasPart(wanted, at: index) else { return false }
        index += wanted.count
        return true
    }

    private mutating func alternatives() throws(JinjaError) -> RegexNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw error("nested too deeply") }
        var branches = [try sequence()]
        while skip("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(JinjaError) -> RegexNode {
        var items: [RegexNode] = []
        while let scalar = current, scalar != "|", scalar != ")" {
            if flags.isVerbose, skipVerbose() { continue }
            guard let atom = try atom() else { continue }
            items.append(try quantified(atom))
        }
        return items.count == 1 ? items[0] : items.isEmpty ? .empty : .sequence(items)
    }

    private mutating func skipVerbose() -> Bool {
        guard let scalar = current else { return false }
        if scalar.isPythonSpace {
            index += 1
            return true
        }
        guard scalar == "#" else { return false }
        while let scalar = current, scalar != "\n" { index += 1 }
        return true
    }

    // MARK: Repetition

    private mutating func quantified(_ atom: RegexNode) throws(JinjaError) -> RegexNode {
        var node = atom
        var hasQuantifier = false
        while let bounds = try quantifier() {
            guard !hasQuantifier else { throw error("multiple repeat") }
            hasQuantifier = true
            let isLazy = skip("?")
            if !isLazy, skip("+") { throw error("possessive quantifiers are not supported") }
            node = .repeat(node, minimum: bounds.0, maximum: bounds.1, isLazy: isLazy)
        }
        return node
    }

    private mutating func quantifier() throws(JinjaError) -> (Int, Int?)? {
        if flags.isVerbose { while skipVerbose() {} }
        if skip("*") { return (0, nil) }
        if skip("+") { return (1, nil) }
        if skip("?") { return (0, 1) }
        guard current == "{" else { return nil }
        let start = index
        index += 1
        let minimum = number()
        var maximum = minimum
        var hasComma = false
        if skip(",") {
            hasComma = true
            maximum = number()
        }
        guard skip("}"), minimum != nil || (hasComma && maximum != nil) else {
            index = start
            return nil
        }
        let bounds = (minimum ?? 0, hasComma ? maximum : minimum)
        guard bounds.0 <= Self.maximumRepeat, bounds.1 ?? 0 <= Self.maximumRepeat else {
            throw error("more than \(Self.maximumRepeat) repetitions")
        }
        if let most = bounds.1, most < bounds.0 { throw error("min repeat greater than max repeat") }
        return bounds
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = current, ("0"..."9").contains(scalar) {
            value = min((value ?? 0) * 10 + Int(scalar.value - 0x30), 1_000_000)
            index += 1
        }
        return value
    }

    // MARK: Atoms

    /// `nil` for what matches nothing by itself: comments and flags.
    private mutating func atom() throws(JinjaError) -> RegexNode? {
        guard let scalar = current else { return nil }
        index += 1
        switch scalar {
        case ".": return .any(includingNewline: flags.dotMatchesNewline)
        case "^": return .assertion(flags.isMultiline ? .lineStart : .start)
        case "$": return .assertion(flags.isMultiline ? .lineEnd : .endOrLastNewline)
        case "(": return try group()
        case "[": return .set(try set(), ignoresCase: flags.ignoresCase)
        case "\\": return try escape()
        case "*", "+", "?":
            index -= 1
            throw error("nothing to repeat")
        default: return .character(scalar, ignoresCase: flags.ignoresCase)
        }
    }

    private mutating func group() throws(JinjaError) -> RegexNode? {
        let outer = flags
        defer { flags = outer }
        guard skip("?") else { return try capturing(name: nil) }
        if skip("#") {
            while let scalar = current, scalar != ")" { index += 1 }
            try close()
            return nil
        }
        if skip(":") { return try closed(try alternatives()) }
        if skip("P<") { return try capturing(name: try name(until: ">")) }
        if skip("P=") {
            let name = try name(until: ")")
            guard let number = groupNames[name] else { throw error("unknown group name '\(name)'") }
            return .backreference(number, ignoresCase: flags.ignoresCase)
        }
        if skip("=") { return try look(isAhead: true, isNegative: false) }
        if skip("!") { return try look(isAhead: true, isNegative: true) }
        if skip("<=") { return try look(isAhead: false, isNegative: false) }
        if skip("<!") { return try look(isAhead: false, isNegative: true) }
        return try flagGroup(outer)
    }

    private mutating func close() throws(JinjaError) {
        guard skip(")") else { throw error("missing ), unterminated subpattern") }
    }

    private mutating func closed(_ node: RegexNode) throws(JinjaError) -> RegexNode {
        try close()
        return .group(node, number: nil)
    }

    private mutating func capturing(name: String?) throws(JinjaError) -> RegexNode {
        groupCount += 1
        let number = groupCount
        if let name {
            guard groupNames.updateValue(number, forKey: name) == nil else {
                throw error("redefinition of group name '\(name)'")
            }
        }
        let body = try alternatives()
        try close()
        return .group(body, number: number)
    }

    private mutating func look(isAhead: Bool, isNegative: Bool) throws(JinjaError) -> RegexNode {
        let body = try alternatives()
        try close()
        return .lookaround(body, isAhead: isAhead, isNegative: isNegative)
    }

    private mutating func name(until end: Unicode.Scalar) throws(JinjaError) -> String {
        let start = index
        while let scalar = current, scalar != end { index += 1 }
        let name = String(scalars: pattern[start..<index])
        guard current == end, !name.isEmpty else { throw error("missing group name") }
        index += 1
        return name
    }

    /// `(?i)` for the whole expression, `(?i:…)` and `(?-i:…)` for a part.
    private mutating func flagGroup(_ outer: Flags) throws(JinjaError) -> RegexNode? {
        var isOn = true
        while let scalar = current {
            index += 1
            switch scalar {
            case "i": flags.ignoresCase = isOn
            case "m": flags.isMultiline = isOn
            case "s": flags.dotMatchesNewline = isOn
            case "x": flags.isVerbose = isOn
            case "a", "u", "L": break
            case "-": isOn = false
            case ":": return try closed(try alternatives())
            case ")":
                // Global flags: the parser goes on with them behind this group.
                let set = flags
                let rest = try globalRest(set)
                return rest
            default: throw error("unknown extension ?\(scalar)")
            }
        }
        throw error("missing ), unterminated subpattern")
    }

    /// The rest of the enclosing alternatives with other flags.
    private mutating func globalRest(_ set: Flags) throws(JinjaError) -> RegexNode {
        flags = set
        return .group(try alternatives(), number: nil)
    }

    // MARK: Escapes and sets

    private static let controls: [Unicode.Scalar: Unicode.Scalar] = [
        "a": "\u{07}", "b": "\u{08}", "f": "\u{0c}", "n": "\n", "r": "\r", "t": "\t", "v": "\u{0b}",
    ]

    private static func charClass(_ scalar: Unicode.Scalar) -> (kind: RegexSet.Class, isNegative: Bool)? {
        switch scalar {
        case "d": (.digit, false)
        case "D": (.digit, true)
        case "w": (.word, false)
        case "W": (.word, true)
        case "s": (.space, false)
        case "S": (.space, true)
        default: nil
        }
    }

    private mutating func escape() throws(JinjaError) -> RegexNode {
        guard let scalar = current else { throw error("bad escape (end of pattern)") }
        index += 1
        if let charClass = Self.charClass(scalar) {
            return .set(RegexSet(classes: [charClass]), ignoresCase: false)
        }
        switch scalar {
        case "A": return .assertion(.start)
        case "Z": return .assertion(.end)
        case "b": return .assertion(.wordBoundary)
        case "B": return .assertion(.noWordBoundary)
        case "1"..."9":
            var number = Int(scalar.value - 0x30)
            if let next = current, ("0"..."9").contains(next) {
                number = number * 10 + Int(next.value - 0x30)
                index += 1
            }
            guard number <= groupCount else { throw error("invalid group reference \(number)") }
            return .backreference(number, ignoresCase: flags.ignoresCase)
        default:
            return .character(try character(scalar), ignoresCase: flags.ignoresCase)
        }
    }

    /// The character that an escape stands for.
    private mutating func character(_ scalar: Unicode.Scalar) throws(JinjaError) -> Unicode.Scalar {
        if let control = Self.controls[scalar] { return control }
        let widths: [Unicode.Scalar: Int] = ["x": 2, "u": 4, "U": 8]
        if let width = widths[scalar] {
            guard index + width <= pattern.count,
                let value = UInt32(String(scalars: pattern[index..<(index + width)]), radix: 16),
                let decoded = Unicode.Scalar(value)
            else { throw error("incomplete escape \\\(scalar)") }
            index += width
            return decoded
        }
        if scalar == "0" {
            var value: UInt32 = 0
            var digits = 0
            while digits < 2, let next = current, ("0"..."7").contains(next) {
                value = value * 8 + next.value - 0x30
                index += 1
                digits += 1
            }
            return Unicode.Scalar(value) ?? "\0"
        }
        if scalar.isASCII, scalar.properties.isAlphabetic { throw error("bad escape \\\(scalar)") }
        return scalar
    }

    private mutating func set() throws(JinjaError) -> RegexSet {
        var set = RegexSet()
        set.isNegative = skip("^")
        var isFirst = true
        while true {
            guard let scalar = current else { throw error("unterminated character set") }
            index += 1
            if scalar == "]", !isFirst { return set }
            isFirst = false
            guard let low = try member(scalar, &set) else { continue }
            guard current == "-", index + 1 < pattern.count, pattern[index + 1] != "]" else {
                set.ranges.append(low.value...low.value)
                continue
            }
            index += 1
            guard let next = current else { throw error("unterminated character set") }
            index += 1
            guard let high = try member(next, &set) else { throw error("bad character range") }
            guard low.value <= high.value else { throw error("bad character range \(low)-\(high)") }
            set.ranges.append(low.value...high.value)
        }
    }

    /// A single character of a set; a class is put into the set and gives `nil`.
    private mutating func member(
        _ scalar: Unicode.Scalar, _ set: inout RegexSet
    ) throws(JinjaError) -> Unicode.Scalar? {
        guard scalar == "\\" else { return scalar }
        guard let escaped = current else { throw error("unterminated character set") }
        index += 1
        if let charClass = Self.charClass(escaped) {
            set.classes.append(charClass)
            return nil
        }
        if ("1"..."7").contains(escaped) {
            return Unicode.Scalar(escaped.value - 0x30)
        }
        return try character(escaped)
    }
}
