/// One token of a RADL text. Small, because there are many: texts have less than 4 GB.
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
    /// Strings: there is a backslash. Numbers: there is a point. Recipes: there is no end.
    var flag = false
    /// Whether it is the first token of its line.
    var isFirstOfLine = false
    private var storedStart: UInt32
    private var storedEnd: UInt32
    private var storedLine: UInt32
    private var storedLineStart: UInt32
    private var storedColumn: UInt32
    private var storedDepth: UInt32

    init(kind: Kind, start: Int, end: Int, line: Int, lineStart: Int, column: Int, depth: Int = 0) {
        self.kind = kind
        storedStart = UInt32(truncatingIfNeeded: start)
        storedEnd = UInt32(truncatingIfNeeded: end)
        storedLine = UInt32(truncatingIfNeeded: line)
        storedLineStart = UInt32(truncatingIfNeeded: lineStart)
        storedColumn = UInt32(truncatingIfNeeded: column)
        storedDepth = UInt32(truncatingIfNeeded: depth)
    }

    /// First byte.
    var start: Int {
        get { Int(storedStart) }
        set { storedStart = UInt32(truncatingIfNeeded: newValue) }
    }

    /// The byte after the last one.
    var end: Int {
        get { Int(storedEnd) }
        set { storedEnd = UInt32(truncatingIfNeeded: newValue) }
    }

    /// Line of the first byte, from 1.
    var line: Int { Int(storedLine) }
    /// First byte of that line.
    var lineStart: Int { Int(storedLineStart) }
    /// Scalars before it in its line, from 1.
    var column: Int {
        get { Int(storedColumn) }
        set { storedColumn = UInt32(truncatingIfNeeded: newValue) }
    }
    /// Depth of parentheses after the token.
    var depth: Int { Int(storedDepth) }

    var range: SourceRange { SourceRange(line: line, column: column, offset: start, length: end - start) }

    /// Whether it begins a sentence even though parentheses may still be open.
    var beginsSentence: Bool {
        isFirstOfLine && Self.sentences.contains(kind) && (depth == 0 || start == lineStart)
    }

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
