import Foundation

/// A regular expression in Python's syntax, run by Foundation's engine: the two agree but in a few spellings.
struct PythonPattern: Sendable {
    private let expression: NSRegularExpression

    /// - Throws: ``ModuleError`` that shows the pattern.
    init(_ pattern: String, isMultiline: Bool = false, matchesNewlines: Bool = false) throws(ModuleError) {
        var translated = pattern.replacing("(?P<", with: "(?<").replacing("\\Z", with: "\\z")
        while let start = translated.range(of: "(?P="), let end = translated[start.upperBound...].firstIndex(of: ")") {
            let name = translated[start.upperBound..<end]
            translated.replaceSubrange(start.lowerBound...end, with: "\\k<\(name)>")
        }
        do {
            // Only a line feed ends a line: `$` is no place before a carriage return.
            var options: NSRegularExpression.Options = [.useUnixLineSeparators]
            if isMultiline { options.insert(.anchorsMatchLines) }
            if matchesNewlines { options.insert(.dotMatchesLineSeparators) }
            // Nothing at all is found everywhere.
            if translated.isEmpty { translated = "(?:)" }
            expression = try NSRegularExpression(pattern: translated, options: options)
        } catch {
            throw ModuleError(code: .invalidArgument, message: "invalid regular expression: '\(pattern)'")
        }
    }

    /// Whether the pattern itself says that `^` and `$` are the ends of lines: `(?m)`.
    var isMultiline: Bool {
        guard source.hasPrefix("(?") else { return false }
        let flags = source.dropFirst(2).prefix { $0 != ")" }
        return flags.allSatisfy { "aiLmsux".contains($0) } && flags.contains("m")
    }

    /// The pattern as Foundation writes it.
    var source: String { expression.pattern }

    func firstMatch(in text: String) -> NSTextCheckingResult? {
        expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text))
    }

    /// Where the first match is.
    func firstRange(in text: String) -> Range<String.Index>? {
        firstMatch(in: text).flatMap { Range($0.range, in: text) }
    }

    /// Whether it is found anywhere.
    func isFound(in text: String) -> Bool {
        expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
    }

    /// What a named group of the first match takes.
    func range(ofGroup name: String, in text: String) -> Range<String.Index>? {
        expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text))
            .flatMap { Range($0.range(withName: name), in: text) }
    }

    /// The template with `\1`, `\g<1>` and `\g<name>` replaced by the groups of the first match; nil without one.
    func expansion(of template: String, in text: String) -> String? {
        expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)).map {
            expand(template, $0, text)
        }
    }

    /// The text with all matches replaced, and how many there were.
    func replacingAll(in text: String, with template: String) -> (text: String, count: Int) {
        let matches = expression.matches(in: text, range: NSRange(text.startIndex..., in: text))
        var result = ""
        var position = text.startIndex
        for match in matches {
            guard let range = Range(match.range, in: text) else { continue }
            result += text[position..<range.lowerBound]
            result += expand(template, match, text)
            position = range.upperBound
        }
        return (result + text[position...], matches.count)
    }

    /// What Python says of a template that names a group which the pattern does not have.
    func flaw(in template: String) -> String? {
        let characters = Array(template)
        var place = 0
        while place < characters.count - 1 {
            defer { place += 2 }
            guard characters[place] == "\\" else {
                place -= 1
                continue
            }
            let next = characters[place + 1]
            if next.isASCII, next.isNumber, next != "0" {
                let digits = String(characters[(place + 1)...].prefix(2).prefix { $0.isASCII && $0.isNumber })
                if let number = Int(digits), number > expression.numberOfCaptureGroups {
                    return "invalid group reference \(number) at position \(place + 1)"
                }
            } else if next == "g", place + 2 < characters.count, characters[place + 2] == "<",
                let end = characters[place...].firstIndex(of: ">")
            {
                let name = String(characters[(place + 3)..<end])
                if let number = Int(name) {
                    guard number > expression.numberOfCaptureGroups else { continue }
                    return "invalid group reference \(number) at position \(place + 3)"
                }
                if !source.contains("(?<\(name)>") { return "unknown group name '\(name)'" }
            }
        }
        return nil
    }

    private func expand(_ template: String, _ match: NSTextCheckingResult, _ text: String) -> String {
        var result = ""
        var rest = Substring(template)
        while let character = rest.first {
            rest = rest.dropFirst()
            guard character == "\\", let next = rest.first else {
                result.append(character)
                continue
            }
            if next.isASCII, next.isNumber {
                let digits = rest.prefix(2).prefix { $0.isASCII && $0.isNumber }
                rest = rest.dropFirst(digits.count)
                result += group(Int(digits) ?? 0, match, text)
            } else if next == "g", rest.dropFirst().first == "<", let end = rest.firstIndex(of: ">") {
                let name = String(rest[rest.index(rest.startIndex, offsetBy: 2)..<end])
                rest = rest[rest.index(after: end)...]
                if let number = Int(name) {
                    result += group(number, match, text)
                } else {
                    result += Range(match.range(withName: name), in: text).map { String(text[$0]) } ?? ""
                }
            } else {
                rest = rest.dropFirst()
                switch next {
                case "n": result.append("\n")
                case "t": result.append("\t")
                case "r": result.append("\r")
                case "\\": result.append("\\")
                default: result += "\\" + String(next)
                }
            }
        }
        return result
    }

    private func group(_ number: Int, _ match: NSTextCheckingResult, _ text: String) -> String {
        guard number < match.numberOfRanges, let range = Range(match.range(at: number), in: text) else { return "" }
        return String(text[range])
    }
}
