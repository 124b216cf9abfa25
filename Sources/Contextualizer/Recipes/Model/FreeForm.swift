import Jinja

/// Arguments written as text: `src=a dest="b c" mode={{ m }}`, and commands with options among their words.
enum FreeForm {
    struct Parsed: Hashable {
        var parameters: [(name: String, value: String)] = []
        /// What is no parameter, with its spaces and line breaks; `nil` when there is nothing.
        var text: String?

        static func == (left: Parsed, right: Parsed) -> Bool {
            left.text == right.text
                && left.parameters.elementsEqual(right.parameters) { $0.name == $1.name && $0.value == $1.value }
        }

        func hash(into hasher: inout Hasher) { hasher.combine(text) }
    }

    enum Failure: Error { case unbalanced }

    /// Splits a text into words and sorts them.
    ///
    /// - Parameters:
    ///   - options: when given, only these names are parameters and everything else is text.
    static func parse(_ text: String, options: Set<String>?) throws(Failure) -> Parsed {
        var parsed = Parsed()
        var rest = ""
        for word in try words(text) {
            if let (name, value) = parameter(word), options?.contains(name) ?? true {
                parsed.parameters.append((name, value))
            } else {
                if !rest.isEmpty, !rest.hasSuffix("\n") { rest += " " }
                rest += word.replacingEscapedEquals()
            }
        }
        if !rest.isEmpty { parsed.text = rest }
        return parsed
    }

    /// `name=value` with the value's quotes removed and escapes decoded; `nil` for another word.
    private static func parameter(_ word: String) -> (String, String)? {
        let scalars = Array(word.unicodeScalars)
        var place = 1
        while place < scalars.count, !(scalars[place] == "=" && scalars[place - 1] != "\\") { place += 1 }
        guard place < scalars.count else { return nil }
        let name = String(scalars: scalars[..<place]).trimmingSpaces()
        let value = String(scalars: scalars[(place + 1)...]).trimmingSpaces()
        return (name, unquote(decodeEscapes(value)))
    }

    /// Words end at spaces and line breaks outside of quotes and templates. The surplus spaces and the line break
    /// behind a word stay with it; a backslash before a line break joins lines. Of the spaces at the start of a line
    /// one is dropped, which joining the words puts back if there were several: so ansible-core reads it.
    static func words(_ text: String) throws(Failure) -> [String] {
        var splitter = Splitter(Array(text.unicodeScalars))
        return try splitter.run()
    }

    private struct Splitter {
        let scalars: [Unicode.Scalar]
        var words: [String] = []
        var word = String.UnicodeScalarView()
        var quote: Unicode.Scalar?
        /// Closing marks of the templates around, innermost last.
        var templates: [Unicode.Scalar] = []
        var isAtLineStart = false
        /// Whether the space that ended a word has not been followed by another word.
        var hasPendingSpace = false

        init(_ scalars: [Unicode.Scalar]) { self.scalars = scalars }

        mutating func run() throws(Failure) -> [String] {
            var index = 0
            while index < scalars.count {
                let scalar = scalars[index]
                let next = index + 1 < scalars.count ? scalars[index + 1] : nil
                if let quote {
                    word.append(scalar)
                    if scalar == quote, !isEscaped(index) { self.quote = nil }
                } else if scalar == "{", let next, let closing = Self.closing(next) {
                    templates.append(closing)
                    word.append(scalar)
                    word.append(next)
                    index += 1
                } else if let closing = templates.last, scalar == closing, next == "}" {
                    templates.removeLast()
                    word.append(scalar)
                    word.append("}")
                    index += 1
                } else if scalar == "\"" || scalar == "'", !isEscaped(index) {
                    quote = scalar
                    word.append(scalar)
                } else if templates.isEmpty, scalar == " " || scalar == "\n" {
                    endWord(scalar)
                } else if templates.isEmpty, scalar == "\\", word.isEmpty, next == "\n" {
                    isAtLineStart = true
                    hasPendingSpace = false
                    index += 1
                } else {
                    word.append(scalar)
                }
                if !word.isEmpty {
                    isAtLineStart = false
                    hasPendingSpace = false
                }
                index += 1
            }
            if hasPendingSpace, word.isEmpty { words[words.count - 1] += " " }
            guard quote == nil, templates.isEmpty else { throw .unbalanced }
            if !word.isEmpty { words.append(String(word)) }
            return words
        }

        private static func closing(_ second: Unicode.Scalar) -> Unicode.Scalar? {
            switch second {
            case "{": "}"
            case "%": "%"
            case "#": "#"
            default: nil
            }
        }

        private func isEscaped(_ index: Int) -> Bool { index > 0 && scalars[index - 1] == "\\" }

        private mutating func endWord(_ separator: Unicode.Scalar) {
            if word.isEmpty {
                // Another space or an empty line: keep it with the word before.
                guard !words.isEmpty else { return }
                if separator == " ", isAtLineStart {
                    isAtLineStart = false
                    return
                }
                if separator == "\n", hasPendingSpace { words[words.count - 1] += " " }
                words[words.count - 1].unicodeScalars.append(separator)
            } else {
                words.append(String(word))
                word = String.UnicodeScalarView()
                if separator == "\n" { words[words.count - 1] += "\n" }
            }
            isAtLineStart = separator == "\n"
            hasPendingSpace = separator == " "
        }
    }

    static func unquote(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count > 1, let first = scalars.first, first == "\"" || first == "'", scalars.last == first,
            scalars[scalars.count - 2] != "\\"
        else { return text }
        return String(scalars: scalars.dropFirst().dropLast())
    }

    private static func decodeEscapes(_ text: String) -> String {
        guard text.unicodeScalars.contains("\\") else { return text }
        let scalars = Array(text.unicodeScalars)
        var output = String.UnicodeScalarView()
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            guard scalar == "\\", index + 1 < scalars.count else {
                output.append(scalar)
                index += 1
                continue
            }
            let widths: [Unicode.Scalar: Int] = ["x": 2, "u": 4, "U": 8]
            let kind = scalars[index + 1]
            if let width = widths[kind], index + 2 + width <= scalars.count,
                let value = UInt32(String(scalars: scalars[(index + 2)..<(index + 2 + width)]), radix: 16),
                let decoded = Unicode.Scalar(value)
            {
                output.append(decoded)
                index += 2 + width
            } else if let decoded = Self.simpleEscapes[kind] {
                output.append(decoded)
                index += 2
            } else {
                output.append(scalar)
                index += 1
            }
        }
        return String(output)
    }

    private static let simpleEscapes: [Unicode.Scalar: Unicode.Scalar] = [
        "\\": "\\", "'": "'", "\"": "\"", "a": "\u{07}", "b": "\u{08}", "f": "\u{0c}", "n": "\n", "r": "\r",
        "t": "\t", "v": "\u{0b}",
    ]
}

extension String {
    init(scalars: some Sequence<Unicode.Scalar>) {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        self = String(view)
    }

    fileprivate func replacingEscapedEquals() -> String {
        guard utf8.contains(UInt8(ascii: "=")) else { return self }
        var output = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar == "=", output.last == "\\" { output.removeLast() }
            output.append(scalar)
        }
        return String(output)
    }

    func trimmingSpaces() -> String {
        var view = unicodeScalars[...]
        while let first = view.first, first.properties.isWhitespace { view.removeFirst() }
        while let last = view.last, last.properties.isWhitespace { view.removeLast() }
        return String(view)
    }
}
