/// What a text allows: the analysis by which PyYAML chooses quotes.
struct YAMLText {
    enum Style { case plain, singleQuoted, doubleQuoted }

    private var allowsFlowPlain = true
    private var allowsBlockPlain = true
    private var allowsSingleQuoted = true
    private var isMultiline = false
    private let isEmpty: Bool
    private let looksLikeOtherType: Bool

    static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\n" || scalar == "\u{85}" || scalar == "\u{2028}" || scalar == "\u{2029}"
    }

    private static func isSpaceOrBreak(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\r" || scalar == "\0" || isBreak(scalar)
    }

    init(_ text: String) {
        let scalars = text.scalars
        isEmpty = scalars.isEmpty
        looksLikeOtherType = YAMLTypes.isOther(text)
        guard !isEmpty else {
            allowsFlowPlain = false
            return
        }
        var flowIndicators = text.hasPrefix("---") || text.hasPrefix("...")
        var blockIndicators = flowIndicators
        var hasSpecial = false
        var breakBeforeSpace = false
        var spaceBeforeBreak = false
        for (index, scalar) in scalars.enumerated() {
            let before = index > 0 ? scalars[index - 1] : nil
            let spaceFollows = index + 1 >= scalars.count || Self.isSpaceOrBreak(scalars[index + 1])
            switch scalar {
            case "#", ",", "[", "]", "{", "}", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`":
                if index == 0 {
                    flowIndicators = true
                    blockIndicators = true
                } else if ",[]{}".unicodeScalars.contains(scalar) {
                    flowIndicators = true
                } else if scalar == "#", before.map(Self.isSpaceOrBreak) ?? true {
                    flowIndicators = true
                    blockIndicators = true
                }
            case "?":
                flowIndicators = true
                if index == 0, spaceFollows { blockIndicators = true }
            case ":":
                flowIndicators = true
                if spaceFollows { blockIndicators = true }
            case "-":
                if index == 0, spaceFollows {
                    flowIndicators = true
                    blockIndicators = true
                }
            default: break
            }
            if !Self.isPrintable(scalar) { hasSpecial = true }
            if scalar == " ", before.map(Self.isBreak) == true { breakBeforeSpace = true }
            if Self.isBreak(scalar) {
                isMultiline = true
                if before == " " { spaceBeforeBreak = true }
            }
        }
        let ends = [scalars[0], scalars[scalars.count - 1]]
        let hasOuterSpace = ends.contains { $0 == " " || Self.isBreak($0) }
        if hasOuterSpace || breakBeforeSpace || spaceBeforeBreak || hasSpecial || isMultiline {
            allowsFlowPlain = false
            allowsBlockPlain = false
        }
        if breakBeforeSpace || spaceBeforeBreak || hasSpecial { allowsSingleQuoted = false }
        if flowIndicators { allowsFlowPlain = false }
        if blockIndicators { allowsBlockPlain = false }
    }

    func style(inFlow: Bool, isKey: Bool) -> Style {
        if !looksLikeOtherType, !(isKey && (isEmpty || isMultiline)), inFlow ? allowsFlowPlain : allowsBlockPlain {
            return .plain
        }
        return allowsSingleQuoted && !(isKey && isMultiline) ? .singleQuoted : .doubleQuoted
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0a, 0x20...0x7e, 0x85: true
        case 0xfeff: false
        // libyaml, which does the writing for Ansible, holds nothing above the basic plane printable.
        case 0xa0...0xd7ff, 0xe000...0xfffd: true
        default: false
        }
    }

    /// Runs of spaces, of line breaks, and of other text.
    static func runs(_ text: [Unicode.Scalar]) -> [Range<Int>] {
        func kind(_ scalar: Unicode.Scalar) -> Int { scalar == " " ? 0 : isBreak(scalar) ? 1 : 2 }
        var runs: [Range<Int>] = []
        var start = 0
        for index in text.indices.dropFirst() where kind(text[index]) != kind(text[start]) {
            runs.append(start..<index)
            start = index
        }
        if start < text.count { runs.append(start..<text.count) }
        return runs
    }

    static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x22, 0x5c, 0x85, 0x2028, 0x2029, 0xfeff: true
        case 0x20...0x7e, 0xa0...0xd7ff, 0xe000...0xfffd: false
        default: true
        }
    }

    private static let escapes: [Unicode.Scalar: String] = [
        "\0": "0", "\u{07}": "a", "\u{08}": "b", "\t": "t", "\n": "n", "\u{0b}": "v", "\u{0c}": "f", "\r": "r",
        "\u{1b}": "e", "\"": "\"", "\\": "\\", "\u{85}": "N", "\u{a0}": "_", "\u{2028}": "L", "\u{2029}": "P",
    ]

    static func escape(_ scalar: Unicode.Scalar) -> String {
        if let short = escapes[scalar] { return "\\" + short }
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let (letter, width) = scalar.value <= 0xff ? ("x", 2) : scalar.value <= 0xffff ? ("u", 4) : ("U", 8)
        return "\\" + letter + String(repeating: "0", count: width - digits.utf8.count) + digits
    }
}

/// Which plain texts YAML 1.1 reads as something else than text.
enum YAMLTypes {
    private static let words: Set<String> = [
        "", "~", "null", "Null", "NULL", "yes", "Yes", "YES", "no", "No", "NO", "true", "True", "TRUE", "false",
        "False", "FALSE", "on", "On", "ON", "off", "Off", "OFF", "<<", "=", ".inf", ".Inf", ".INF", "+.inf", "+.Inf",
        "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN",
    ]
    // The expressions of PyYAML's resolver, as strict as they are there.
    private static let patterns = [
        "[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+",
        "[-+]?[0-9][0-9_]*\\.[0-9_]*(?:[eE][-+][0-9]+)?|\\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
            + "|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\\.[0-9_]*",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \\t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}"
            + "(?:\\.[0-9]*)?(?:[ \\t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?",
    ]
    private static let regexes = patterns.compactMap { try? PythonRegex("(?:\($0))\\Z") }

    static func isOther(_ text: String) -> Bool {
        if words.contains(text) { return true }
        guard let first = text.utf8.first, (0x30...0x39).contains(first) || "+-.".utf8.contains(first),
            text.utf8.count < 200
        else { return false }
        let context = JinjaContext.detached
        let scalars = text.scalars
        return regexes.contains { (try? $0.firstMatch(in: scalars, isAnchored: true, context)) != nil }
    }
}

extension JinjaContext {
    /// A context of its own for work that belongs to no template.
    static var detached: JinjaContext {
        JinjaContext(environment: detachedEnvironment, scope: JinjaDict(), options: JinjaOptions())
    }

    private static let detachedEnvironment = JinjaEnvironment()
}
