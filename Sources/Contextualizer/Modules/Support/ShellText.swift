/// Turns values into words of a POSIX shell. Everything that comes from a recipe passes through here.
package enum ShellText {
    /// The text as one literal word.
    package static func quote(_ text: String) -> String {
        if !text.isEmpty, text.utf8.allSatisfy(isPlain) { return text }
        var quoted = "'"
        for character in text.unicodeScalars {
            if character == "'" {
                quoted += "'\\''"
            } else {
                quoted.unicodeScalars.append(character)
            }
        }
        return quoted + "'"
    }

    /// A path as one word in which the machine's shell expands a leading `~` and variables `$NAME`, `${NAME}`, as
    /// Ansible does for parameters of type path. Unknown variables stay as they are written.
    package static func path(_ text: String) -> String {
        expand(text, isGlob: false)
    }

    /// As ``path(_:)``, with `*`, `?` and `[…]` left to the shell as patterns.
    package static func glob(_ text: String) -> String {
        expand(text, isGlob: true)
    }

    private static func expand(_ text: String, isGlob: Bool) -> String {
        var rest = Substring(text)
        var word = ""
        if rest.first == "~" {
            let user = rest.dropFirst().prefix { $0 != "/" }
            if user.utf8.allSatisfy(isPlain) {
                word = user.isEmpty ? "\"$HOME\"" : "~\(user)"
                rest = rest.dropFirst(1 + user.count)
            }
        }
        var literal = ""
        func flush() {
            guard !literal.isEmpty else { return }
            word += quote(literal)
            literal = ""
        }
        while let character = rest.first {
            if character == "$", let (name, length) = variable(rest) {
                flush()
                word += "\"${\(name)-\(escapedForDoubleQuotes(String(rest.prefix(length))))}\""
                rest = rest.dropFirst(length)
                continue
            }
            if isGlob, "*?[]".contains(character) {
                flush()
                word.append(character)
            } else {
                literal.append(character)
            }
            rest = rest.dropFirst()
        }
        flush()
        return word.isEmpty ? "''" : word
    }

    private static func variable(_ text: Substring) -> (name: Substring, length: Int)? {
        var name = text.dropFirst()
        let isBraced = name.first == "{"
        if isBraced { name = name.dropFirst() }
        let identifier = name.prefix { $0 == "_" || ($0.isASCII && ($0.isLetter || $0.isNumber)) }
        guard let first = identifier.first, !first.isNumber else { return nil }
        if isBraced {
            guard name.dropFirst(identifier.count).first == "}" else { return nil }
            return (identifier, identifier.count + 3)
        }
        return (identifier, identifier.count + 1)
    }

    private static func escapedForDoubleQuotes(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("$", with: "\\$").replacing("`", with: "\\`")
            .replacing("\"", with: "\\\"").replacing("}", with: "\\}")
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "+"), UInt8(ascii: "@"),
            UInt8(ascii: "%"):
            return true
        default:
            return false
        }
    }
}

/// Splits a command line into words by the rules of a POSIX shell, without expansion: what `command` does.
package enum CommandLine {
    /// - Throws: ``ModuleError`` when a quote is not closed.
    package static func split(_ text: String) throws(ModuleError) -> [String] {
        var words: [String] = []
        var current: String?
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                isEscaped = false
                if quote == "\"", character != "\"", character != "\\" { current?.append("\\") }
                if character == "\n", quote == nil { continue }
                current = (current ?? "") + String(character)
                continue
            }
            switch (quote, character) {
            case ("'", "'"), ("\"", "\""):
                quote = nil
            case ("'", _):
                current?.append(character)
            case (_, "\\"):
                isEscaped = true
                if quote == "\"" { current = current ?? "" }
            case (nil, "'"), (nil, "\""):
                quote = character
                current = current ?? ""
            case (nil, _) where character.isWhitespace:
                if let word = current { words.append(word) }
                current = nil
            default:
                current = (current ?? "") + String(character)
            }
        }
        if quote != nil { throw ModuleError(code: .invalidArgument, message: "No closing quotation") }
        if isEscaped { throw ModuleError(code: .invalidArgument, message: "No escaped character") }
        if let word = current { words.append(word) }
        return words
    }
}
