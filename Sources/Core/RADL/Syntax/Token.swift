/// One token of a RADL text.
struct Token {
    enum Kind: UInt8 {
        case end, leftParenthesis, rightParenthesis, leftBracket, rightBracket, comma
        case equal, less, lessOrEqual, greater, greaterOrEqual
        case number, string, random, name, begin, recipe
        // reserved words
        case network, ansible, system, soft, and, contains, deploy, configure, contextualize, step, with, option
        case description
        /// A quote whose string has no end.
        case openString
    }

    var kind: Kind
    /// First byte.
    var start: Int
    /// The byte after the last one.
    var end: Int
    /// Line of the first byte, from 1.
    var line: Int
    /// First byte of that line.
    var lineStart: Int
    /// Strings: there is a backslash. Numbers: there is a point.
    var flag = false
    /// Depth of parentheses after the token.
    var depth = 0
    /// Whether it is the first token of its line.
    var isFirstOfLine = false

    static let sentences: Set<Kind> = [
        .network, .ansible, .system, .deploy, .configure, .contextualize, .description,
    ]

    /// Reserved words by length.
    static let reserved: [[(word: [UInt8], kind: Kind)]] = {
        let words: [(String, Kind)] = [
            ("network", .network), ("ansible", .ansible), ("system", .system), ("soft", .soft), ("and", .and),
            ("contains", .contains), ("deploy", .deploy), ("configure", .configure),
            ("contextualize", .contextualize), ("step", .step), ("with", .with), ("option", .option),
            ("description", .description),
        ]
        var table: [[(word: [UInt8], kind: Kind)]] = Array(repeating: [], count: 14)
        for (word, kind) in words { table[word.utf8.count].append((Array(word.utf8), kind)) }
        return table
    }()
}

extension Token.Kind {
    /// For people.
    var words: String {
        switch self {
        case .end: "the end of the text"
        case .leftParenthesis: "'('"
        case .rightParenthesis: "')'"
        case .leftBracket: "'['"
        case .rightBracket: "']'"
        case .comma: "','"
        case .equal: "'='"
        case .less: "'<'"
        case .lessOrEqual: "'<='"
        case .greater: "'>'"
        case .greaterOrEqual: "'>='"
        case .number: "a number"
        case .string: "a string"
        case .random: "'random(…)'"
        case .name: "a name"
        case .begin: "'@begin'"
        case .recipe: "a recipe"
        case .openString: "a string without an end"
        default: "the reserved word '\(reservedWord ?? "")'"
        }
    }

    /// - Parameter word: A reserved word.
    init?(reservedWord word: String) {
        let bytes = Array(word.utf8)
        guard bytes.count < Token.reserved.count,
            let found = Token.reserved[bytes.count].first(where: { $0.word == bytes })
        else { return nil }
        self = found.kind
    }

    /// The word of a reserved word.
    var reservedWord: String? {
        for bucket in Token.reserved {
            for (word, kind) in bucket where kind == self { return String(decoding: word, as: UTF8.self) }
        }
        return nil
    }

    /// IM's name of the token.
    var imName: String {
        switch self {
        case .leftParenthesis: "LPAREN"
        case .rightParenthesis: "RPAREN"
        case .leftBracket: "LBRACK"
        case .rightBracket: "RBRACK"
        case .comma: "COMMA"
        case .equal: "EQ"
        case .less: "LT"
        case .lessOrEqual: "LE"
        case .greater: "GT"
        case .greaterOrEqual: "GE"
        case .number: "NUMBER"
        case .string: "STRING"
        case .random: "RANDOM"
        case .name, .openString, .end: "VAR"
        case .begin: "RECIPE_BEGIN"
        case .recipe: "RECIPE_LINE"
        default: reservedWord?.uppercased() ?? "VAR"
        }
    }

    var comparison: Comparison? {
        switch self {
        case .equal: .equal
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        default: nil
        }
    }
}
