/// What is wrong with a RADL document, and where.
public struct RADLError: Error, Sendable, Hashable {
    /// What kind of mistake it is.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String {
            case tooLarge = "too-large"
            case encoding, character, string, number, syntax, unclosed, duplicate, conflict, nesting
            case reference, type, `operator`, value, unit, index, missing, recipe, json, include
            case unsupported, unused
            case tooMany = "too-many"
        }
        private let value: Value

        /// The text or a number is larger than what is read.
        public static let tooLarge = Code(value: .tooLarge)
        /// Bytes that are not UTF-8.
        public static let encoding = Code(value: .encoding)
        /// A character that RADL does not know.
        public static let character = Code(value: .character)
        /// A string without an end, or one that cannot be kept.
        public static let string = Code(value: .string)
        /// A number that cannot be kept.
        public static let number = Code(value: .number)
        /// Something else was expected.
        public static let syntax = Code(value: .syntax)
        /// The text ends within a sentence.
        public static let unclosed = Code(value: .unclosed)
        /// An id that is there already.
        public static let duplicate = Code(value: .duplicate)
        /// Features that exclude each other.
        public static let conflict = Code(value: .conflict)
        /// More levels of parentheses than what is read.
        public static let nesting = Code(value: .nesting)
        /// An id that the document does not define.
        public static let reference = Code(value: .reference)
        /// A value of the wrong type.
        public static let type = Code(value: .type)
        /// A comparison that makes no sense for the feature.
        public static let `operator` = Code(value: .operator)
        /// A value that the feature cannot have.
        public static let value = Code(value: .value)
        /// A unit that the feature cannot have.
        public static let unit = Code(value: .unit)
        /// Wrong numbers in `disk.N` or `net_interface.N`.
        public static let index = Code(value: .index)
        /// Something that has to be there.
        public static let missing = Code(value: .missing)
        /// The recipe of a `configure` cannot be read.
        public static let recipe = Code(value: .recipe)
        /// The JSON form cannot be read.
        public static let json = Code(value: .json)
        /// An `include` that is not resolved.
        public static let include = Code(value: .include)
        /// Right, but something that this program cannot run yet, such as a module of Ansible that it does not have.
        public static let unsupported = Code(value: .unsupported)
        /// A recipe that nothing runs.
        public static let unused = Code(value: .unused)
        /// There are more mistakes, which are not told.
        public static let tooMany = Code(value: .tooMany)

        public var description: String { value.rawValue }
    }

    public enum Severity: String, Sendable, Hashable {
        case error, warning
    }

    public var code: Code
    public var severity: Severity
    /// What is wrong, on one line. Holds no secret.
    public var message: String
    /// What to write instead, or the nearest known word; nil where nothing is known.
    public var hint: String?
    /// What could stand at the place, each in words: `'and'`, `a number`. Empty where the mistake is of another kind.
    public var expected: [String] = []
    /// An edit of the text that probably mends it; nil where none is obvious.
    public var suggestion: Suggestion?
    /// Name of the document that the mistake is in.
    public var file: String?
    /// Within ``file``. Nil where the mistake has no place, as in what no text said.
    public var range: SourceRange?
    /// Where the outermost document includes ``file``; nil where the mistake is in that document itself.
    public var inclusion: SourceRange?
    /// The line of the mistake, values of features that hold secrets masked; nil without ``range``.
    public var excerpt: Excerpt?
    /// How IM puts it: for clients that look at the text.
    public var imText: String

    /// An edit of a text.
    public struct Suggestion: Sendable, Hashable {
        /// What is replaced; of length 0 where something is put in.
        public var range: SourceRange
        /// What stands there afterwards. Holds no secret that the text did not hold at the place.
        public var replacement: String

        public init(range: SourceRange, replacement: String) {
            self.range = range
            self.replacement = replacement
        }
    }

    /// A line of the document with the place of the mistake.
    public struct Excerpt: Sendable, Hashable {
        /// The line, or a part of a long one.
        public var line: String
        /// Scalars before the mistake in ``line``.
        public var indent: Int
        /// Scalars of the mistake in ``line``, at least 1.
        public var width: Int

        /// The second line: blanks (and the tabs of ``line``), then carets.
        public var marker: String {
            let scalars = line.unicodeScalars
            let lead = scalars.prefix(indent).map { scalar in
                scalar == "\t" ? "\t" : String(repeating: " ", count: TerminalWidth.columns(of: scalar))
            }.joined()
            let columns = scalars.dropFirst(indent).prefix(width).reduce(0) { $0 + TerminalWidth.columns(of: $1) }
            // A mistake may lie behind the end of its line.
            let isBehind = indent + width > scalars.count
            return lead + String(repeating: "^", count: max(1, isBehind ? width : columns))
        }
    }

    init(
        _ code: Code, _ message: String, hint: String? = nil, expected: [String] = [],
        suggestion: Suggestion? = nil, at range: SourceRange? = nil, in source: RADLSource? = nil, imText: String,
        severity: Severity = .error
    ) {
        self.code = code
        self.severity = severity
        self.message = Unprintable.escape(message)
        self.hint = hint.map(Unprintable.escape)
        self.expected = expected
        self.suggestion = suggestion
        self.range = range
        self.imText = imText
        file = source?.file
        guard let range, let source else { return }
        excerpt = Excerpt(range, in: source)
        let place = source.place(of: range)
        file = place.file
        self.range = place.range
        inclusion = place.inclusion
        if let suggestion, place.start > 0 {
            self.suggestion = Suggestion(
                range: suggestion.range.moved(by: -place.start), replacement: suggestion.replacement)
        }
    }
}

extension RADLError: CustomStringConvertible {
    /// `FILE:LINE:COLUMN: error: MESSAGE`, the line, the carets, and what to write.
    public var description: String {
        var head = file ?? "radl"
        if let range { head += ":\(range.line):\(range.column)" }
        var lines = ["\(head): \(severity.rawValue): \(message)"]
        if let excerpt {
            lines.append("    " + excerpt.line)
            lines.append("    " + excerpt.marker)
        }
        if let hint { lines.append("    " + hint) }
        return lines.joined(separator: "\n")
    }
}

/// All that is wrong with a document: at least one error, in the order of the text or of the check.
public struct RADLErrors: Error, Sendable, Hashable, CustomStringConvertible {
    /// The first one.
    public let first: RADLError
    /// All of them.
    public let all: [RADLError]

    /// Nil where there is none.
    public init?(_ errors: [RADLError]) {
        guard let first = errors.first else { return nil }
        self.first = first
        all = errors
    }

    init(_ error: RADLError) {
        first = error
        all = [error]
    }

    /// How IM puts the first one.
    public var imText: String { first.imText }

    private static let mostShown = 100

    /// The first hundred errors, each with its excerpt, and how many more there are.
    public var description: String {
        var lines = all.prefix(Self.mostShown).map(\.description)
        if all.count > Self.mostShown {
            let isCut = all.count >= Parser.mostErrors
            lines.append("and \(isCut ? "at least " : "")\(all.count - Self.mostShown) mistakes more")
        }
        return lines.joined(separator: "\n")
    }
}
