import Jinja

/// Inventories in INI form: hosts with variables, `[group]`, `[group:children]`, `[group:vars]`.
struct InventoryINI {
    private enum Section {
        case hosts(String)
        case children(String)
        case variables(String)
    }

    let name: String
    private var line = 0
    private var inventory = Inventory()

    init(name: String) { self.name = name }

    private func error(_ message: String) -> RecipeError {
        RecipeError(.inventory, message, recipe: name, position: RecipePosition(line: line, column: 1))
    }

    mutating func read(_ text: String) throws(RecipeError) -> Inventory {
        var section = Section.hosts("ungrouped")
        for raw in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            line += 1
            let content = String(raw).trimmingSpaces()
            if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
            if content.hasPrefix("["), content.hasSuffix("]"), let header = try header(content) {
                section = header
                continue
            }
            switch section {
            case .hosts(let group): try addHosts(content, to: group)
            case .children(let parent): inventory.addChild(content, to: parent)
            case .variables(let group):
                guard let place = content.firstIndex(of: "=") else {
                    throw error("expected key=value in [\(group):vars], found '\(content)'")
                }
                let key = String(content[..<place]).trimmingSpaces()
                let text = String(content[content.index(after: place)...]).trimmingSpaces()
                inventory.setVariables([key: Self.value(text)], ofGroup: group)
            }
        }
        return inventory
    }

    private mutating func header(_ content: String) throws(RecipeError) -> Section? {
        let inner = String(content.dropFirst().dropLast())
        let parts = inner.split(separator: ":", omittingEmptySubsequences: false).map { String($0).trimmingSpaces() }
        guard let group = parts.first, !group.isEmpty, !group.contains(" ") else {
            throw error("'\(content)' is no name of a group")
        }
        // `[::1]` and `[1:3]` at the start of a line are hosts.
        if parts.count > 2 || group.allSatisfy(\.isNumber) { return nil }
        inventory.addGroup(group)
        switch parts.count > 1 ? parts[1] : "" {
        case "": return .hosts(group)
        case "children": return .children(group)
        case "vars": return .variables(group)
        case "hosts": return .hosts(group)
        default: throw error("Section [\(inner)] has unknown type: \(parts[1])")
        }
    }

    private mutating func addHosts(_ content: String, to group: String) throws(RecipeError) {
        let words: [String]
        do throws(ShellWordsError) {
            words = try ShellWords.split(content)
        } catch {
            throw self.error("the quotes in '\(content)' do not match")
        }
        guard let pattern = words.first else { return }
        var variables = JinjaDict()
        for word in words.dropFirst() {
            guard let place = word.firstIndex(of: "=") else {
                throw error("Expected key=value host variable assignment, got: \(word)")
            }
            variables[String(word[..<place])] = Self.value(String(word[word.index(after: place)...]))
        }
        do throws(HostRangeError) {
            let (names, port) = try HostRange.expand(pattern)
            if let port { variables["ansible_port"] = .int(port) }
            for host in names { inventory.addHost(host, to: group, variables: variables) }
        } catch {
            throw self.error("\(error)")
        }
    }

    /// Values are Python literals where they can be: numbers, booleans, quoted text, lists and dicts.
    static func value(_ text: String) -> JinjaValue {
        switch text {
        case "True": return .bool(true)
        case "False": return .bool(false)
        case "None": return .none
        default: break
        }
        let isLiteral =
            text.first.map { "[{('\"-.".contains($0) || $0.isNumber } ?? false
        guard isLiteral, let literal = PythonLiteral.parse(text) else { return .string(text) }
        return literal
    }
}

/// Constants in Python's notation, read with the expression parser and no variables.
enum PythonLiteral {
    private static let environment = JinjaEnvironment()

    static func parse(_ text: String) -> JinjaValue? {
        guard !text.contains("|"), !text.contains("(") || text.hasPrefix("("),
            let value = try? environment.evaluate(expression: text, scope: JinjaDict())
        else { return nil }
        switch value {
        case .int(let number) where String(number) != text: return nil
        case .bool, .none: return nil
        default: return value
        }
    }
}

enum ShellWordsError: Error { case unbalanced }

/// Words as a POSIX shell splits them, quotes removed; an unquoted `#` begins a comment.
enum ShellWords {
    static func split(_ text: String) throws(ShellWordsError) -> [String] {
        var words: [String] = []
        var word = ""
        var hasWord = false
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                if quote == "\"", character != "\"", character != "\\" { word.append("\\") }
                word.append(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
                hasWord = true
            } else if let open = quote {
                if character == open { quote = nil } else { word.append(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                hasWord = true
            } else if character == "#" {
                break
            } else if character.isWhitespace {
                if hasWord { words.append(word) }
                word = ""
                hasWord = false
            } else {
                word.append(character)
                hasWord = true
            }
        }
        guard quote == nil, !isEscaped else { throw .unbalanced }
        if hasWord { words.append(word) }
        return words
    }
}
