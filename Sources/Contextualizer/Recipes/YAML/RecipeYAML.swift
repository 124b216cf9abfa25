public import Jinja
import Yams

/// YAML as Ansible reads it: the types of YAML 1.1, order and positions kept, equal keys warned about, aliases and
/// nesting bounded.
public enum RecipeYAML {
    /// Bounds on what is read.
    public struct Limits: Sendable, Hashable {
        /// Bytes of one text.
        public var maximumSize = 8 << 20
        /// Values after aliases were expanded.
        public var maximumValues = 500_000
        public var maximumDepth = 100

        public init() {}
    }

    /// What was read.
    public struct Document: Sendable {
        /// `nil` for an empty text.
        public var root: PositionedValue?
        public var warnings: [RecipeDiagnostic]
    }

    /// Decrypts the content of a `!vault` value or a whole file.
    public typealias Vault = @Sendable (_ ciphertext: String) throws -> String

    /// Reads one document.
    ///
    /// - Parameters:
    ///   - name: what diagnostics call the text.
    ///   - vault: without it, encrypted content is an error.
    public static func load(
        _ text: String, name: String, limits: Limits = Limits(), vault: Vault? = nil
    ) throws(RecipeError) -> Document {
        guard text.utf8.count <= limits.maximumSize else {
            throw RecipeError(
                .limit, "the text has \(text.utf8.count) bytes, more than the \(limits.maximumSize) that are read",
                recipe: name)
        }
        var text = text
        // The text of a section begins with the line break behind its `@begin`.
        let start = text.drop(while: \.isWhitespace)
        if start.hasPrefix("$ANSIBLE_VAULT") { text = try decrypt(String(start), vault, name, nil) }
        let source = YAMLSource(text: text, name: name, maximumDepth: limits.maximumDepth)
        let (node, renamed) = try source.compose()
        guard let node else { return Document(root: nil, warnings: []) }
        var builder = YAMLBuilder(name: name, limits: limits, renamed: renamed, vault: vault)
        let root = try builder.build(node, depth: 0)
        return Document(root: root, warnings: builder.warnings)
    }

    /// Reads one document as plain data; an empty text is `none`.
    public static func value(
        _ text: String, name: String = "YAML", limits: Limits = Limits(), vault: Vault? = nil
    ) throws(RecipeError) -> JinjaValue {
        try load(text, name: name, limits: limits, vault: vault).root?.value ?? .none
    }

    /// Reads a stream of documents, each as plain data.
    public static func values(
        _ text: String, name: String = "YAML", limits: Limits = Limits()
    ) throws(RecipeError) -> [JinjaValue] {
        var documents: [JinjaValue] = []
        for part in YAMLSource.documents(text) { documents.append(try value(part, name: name, limits: limits)) }
        return documents
    }

    static func decrypt(
        _ text: String, _ vault: Vault?, _ name: String, _ position: RecipePosition?
    ) throws(RecipeError) -> String {
        guard let vault else {
            throw RecipeError(
                .vault, "the content is encrypted with Ansible Vault and no vault password was given", recipe: name,
                position: position)
        }
        do {
            return try vault(text)
        } catch {
            throw RecipeError(.vault, "the content cannot be decrypted: \(error)", recipe: name, position: position)
        }
    }
}

/// A text on its way through Yams, whose composer refuses equal keys where Ansible warns and keeps the last: a key that
/// occurs twice is given a prefix that no text has, and dropped again by the builder.
struct YAMLSource {
    static let prefix = "\u{f8ff}"
    private static let maximumRenamedKeys = 20

    let text: String
    let name: String
    /// Beyond what the parser itself refuses, the builder does.
    let maximumDepth: Int

    func compose() throws(RecipeError) -> (Node?, renamed: Bool) {
        guard !text.contains(Self.prefix) else {
            throw RecipeError(.syntax, "the text holds the private character U+F8FF", recipe: name)
        }
        try refuseAliasesInKeys()
        var current = text
        for round in 0...Self.maximumRenamedKeys {
            do {
                let parser = try Parser(yaml: current, resolver: .basic, encoding: .utf8)
                return (try parser.singleRoot(), round > 0)
            } catch let YamlError.duplicatedKeysInMapping(_, context) {
                guard let renamed = rename(at: context.mark, in: current, round: round) else {
                    throw RecipeError(
                        .syntax, "a mapping holds the same key twice", recipe: name, position: position(context.mark))
                }
                current = renamed
            } catch let error as YamlError {
                throw convert(error)
            } catch {
                throw RecipeError(.syntax, "\(error)", recipe: name)
            }
        }
        throw RecipeError(.limit, "more than \(Self.maximumRenamedKeys) keys occur twice", recipe: name)
    }

    /// The texts of a stream, cut at the lines `---`.
    static func documents(_ text: String) -> [String] {
        var documents: [String] = []
        var current: [Substring] = []
        var isOpen = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line == "---" || line.hasPrefix("--- ") {
                if isOpen { documents.append(current.joined(separator: "\n")) }
                current = [line]
                isOpen = true
            } else if line == "..." {
                documents.append(current.joined(separator: "\n"))
                current = []
                isOpen = false
            } else {
                current.append(line)
                isOpen = isOpen || !(line.allSatisfy { $0 == " " } || line.hasPrefix("#"))
            }
        }
        if isOpen { documents.append(current.joined(separator: "\n")) }
        return documents
    }

    private func position(_ mark: Mark) -> RecipePosition { RecipePosition(line: mark.line, column: mark.column) }

    private func rename(at mark: Mark, in text: String, round: Int) -> String? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard mark.line >= 1, mark.line <= lines.count else { return nil }
        var scalars = Array(lines[mark.line - 1].unicodeScalars)
        var place = mark.column - 1
        guard place >= 0, place < scalars.count else { return nil }
        if scalars[place] == "'" || scalars[place] == "\"" { place += 1 }
        scalars.insert(contentsOf: "\(Self.prefix)\(round)\(Self.prefix)".unicodeScalars, at: place)
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        lines[mark.line - 1] = String(view)
        return lines.joined(separator: "\n")
    }

    /// The key without the prefix; `nil` when it has none.
    static func original(of key: String) -> String? {
        guard key.hasPrefix(prefix) else { return nil }
        guard let end = key.dropFirst().firstIndex(of: Character(prefix)) else { return nil }
        return String(key[key.index(after: end)...])
    }

    /// Comparing keys is the one thing that Yams does with expanded aliases before the builder can count them, and a
    /// few dozen aliases expand to billions of values.
    private func refuseAliasesInKeys() throws(RecipeError) {
        let bytes = Array(text.utf8)
        var aliases = 0
        var keyLine: Int?
        var line = 1
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x0a { line += 1 }
            let isTokenStart = index == 0 || " \t\n,[{:-?".utf8.contains(bytes[index - 1])
            if byte == UInt8(ascii: "*"), isTokenStart, index + 1 < bytes.count, Self.isWord(bytes[index + 1]) {
                aliases += 1
                var end = index + 1
                while end < bytes.count, Self.isWord(bytes[end]) { end += 1 }
                if isKeyEnd(bytes, end) { keyLine = line }
            } else if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}"), isKeyEnd(bytes, index + 1) {
                keyLine = line
            } else if byte == UInt8(ascii: "?"), isTokenStart, index + 1 < bytes.count, bytes[index + 1] == 0x20 {
                keyLine = line
            }
            index += 1
        }
        guard aliases >= 10, let keyLine else { return }
        throw RecipeError(
            .limit, "aliases and collections cannot be keys in a text with many aliases", recipe: name,
            position: RecipePosition(line: keyLine, column: 1))
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        YAMLScalar.isDigit(byte) || (0x61...0x7a).contains(byte | 0x20) || byte == 0x5f || byte == 0x2d
    }

    private func isKeyEnd(_ bytes: [UInt8], _ start: Int) -> Bool {
        var index = start
        while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
        guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else { return false }
        return index + 1 == bytes.count || " \t\n\r".utf8.contains(bytes[index + 1])
    }

    /// In words of YAML, not of its parser.
    private func convert(_ error: YamlError) -> RecipeError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            if problem.contains("Maximum nesting") {
                return RecipeError(
                    .limit, Self.tooDeep(maximumDepth), recipe: name, position: position(mark))
            }
            return RecipeError(
                .syntax, "\(situation(error))\(problem)\(hint(problem, mark))", recipe: name, position: position(mark))
        case .reader(let problem, let offset, _, _):
            return RecipeError(.syntax, problem, recipe: name, position: offset.map { position(ofCharacter: $0) })
        case .memory: return RecipeError(.limit, "there is not enough memory to read the text", recipe: name)
        default: return RecipeError(.syntax, "\(error)", recipe: name)
        }
    }

    static func tooDeep(_ maximum: Int) -> String {
        "lists and mappings are nested deeper than the \(maximum) levels that are read"
    }

    /// What the parser was at: `while parsing a block mapping: `.
    private func situation(_ error: YamlError) -> String {
        switch error {
        case .scanner(let context?, _, _, _), .parser(let context?, _, _, _), .composer(let context?, _, _, _):
            context.text.isEmpty ? "" : "\(context.text.trimmedSpaces): "
        default: ""
        }
    }

    private func position(ofCharacter offset: Int) -> RecipePosition {
        let before = text.prefix(offset)
        let line = before.lastIndex(where: \.isNewline).map { before[before.index(after: $0)...] } ?? before
        return RecipePosition(line: before.count(where: \.isNewline) + 1, column: line.unicodeScalars.count + 1)
    }

    /// The two mistakes that authors make most.
    private func hint(_ problem: String, _ mark: Mark) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard mark.line >= 1, mark.line <= lines.count else { return "" }
        let line = lines[mark.line - 1]
        if line.contains("\t"), problem.contains("cannot start any token") {
            return ". YAML allows no tab in the indentation: use spaces"
        }
        if line.contains(": {{") || line.contains("- {{") {
            return ". A value that begins with {{ must be quoted: \"{{ … }}\""
        }
        return ""
    }
}

extension String {
    fileprivate var trimmedSpaces: String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        while text.first?.isWhitespace == true { text.removeFirst() }
        return String(text)
    }
}
