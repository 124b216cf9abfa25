import Foundation
import Support

/// Reads IM's authorization data: lines `key = value; key = value`, or a JSON array of objects (im.md 2.2).
///
/// Differs from IM where IM loses data: a token is split at its first `=`, so a value may hold `=` without quotes.
/// `file(…)` and `command(…)` are resolved only where the caller gives a resolver, which a service never does.
package struct AuthorizationParser: Sendable {
    /// Gives the text behind `file(PATH)` or `command(LINE)`; nil where values are taken as they stand.
    package typealias Resolver = @Sendable (_ function: String, _ argument: String) throws -> String

    private let resolve: Resolver?

    package init(resolve: Resolver? = nil) {
        self.resolve = resolve
    }

    // MARK: Forms

    /// The content of an authorization file.
    package func items(ofFile text: String) throws -> [AuthorizationItem] {
        let trimmed = text.drop { $0.isWhitespace }
        if trimmed.first == "[" { return try items(ofJSON: text) }
        return try items(ofLines: text.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init))
    }

    /// The value of an `Authorization` header: lines separated by the two characters `\n`, newlines in values sent as
    /// the three characters `\\n`; or a JSON array.
    package func items(ofHeader value: String) throws -> [AuthorizationItem] {
        if value.drop(while: \.isWhitespace).first == "[" { return try items(ofJSON: value) }
        let marked = value.replacing("\\\\n", with: "\u{0}")
        return try items(
            ofLines: marked.split(separator: "\\n").map { String($0).replacing("\u{0}", with: "\n") })
    }

    private func items(ofJSON text: String) throws -> [AuthorizationItem] {
        guard let objects = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]] else {
            throw AuthorizationError("the authorization data is not a JSON array of objects")
        }
        return try objects.enumerated().map { position, object in
            let values = object.compactMapValues { value -> String? in
                switch value {
                case let text as String: return text
                case let number as NSNumber: return number.stringValue
                default: return nil
                }
            }
            return try item(values, position: position, place: "item \(position + 1) of the authorization data")
        }
    }

    private func items(ofLines lines: [String]) throws -> [AuthorizationItem] {
        var items: [AuthorizationItem] = []
        for (number, line) in lines.enumerated() {
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            guard !trimmed.isEmpty, !trimmed.hasPrefix("#") else { continue }
            let place = "line \(number + 1) of the authorization data"
            let values = try values(ofLine: trimmed, place: place)
            guard !values.isEmpty else { continue }
            items.append(try item(values, position: items.count, place: place))
        }
        return items
    }

    // MARK: Lines

    private func values(ofLine line: String, place: String) throws -> [String: String] {
        var values: [String: String] = [:]
        for token in Self.split(line, at: ";") where !token.allSatisfy(\.isWhitespace) {
            guard let equals = Self.firstUnquoted("=", in: token) else {
                throw AuthorizationError(
                    "\(place): '\(Self.harmless(token))' is not 'key = value'; a value with ';' needs quotes")
            }
            let key = Self.unquoted(String(token[..<equals]))
            let value = Self.unquoted(String(token[token.index(after: equals)...])).replacing("\\n", with: "\n")
            values[key] = try resolved(value, key: key, place: place)
        }
        return values
    }

    /// The beginning of a token for a message: never what may be a value.
    private static func harmless(_ token: String) -> String {
        let word = token.trimmingCharacters(in: .whitespaces).prefix { $0.isLetter || $0 == "_" }
        return word.count < token.trimmingCharacters(in: .whitespaces).count
            ? "\(word.prefix(16))…" : "\(word.prefix(16))"
    }

    private func resolved(_ value: String, key: String, place: String) throws -> String {
        guard let resolve else { return value }
        for function in ["file", "command"] {
            guard value.hasPrefix("\(function)("), value.hasSuffix(")") else { continue }
            let argument = String(value.dropFirst(function.count + 1).dropLast())
            do {
                return try resolve(function, argument)
            } catch {
                throw AuthorizationError("\(place), key '\(key)': \(function)(\(argument)) failed: \(error)")
            }
        }
        return value
    }

    private static func split(_ text: String, at separator: Character) -> [String] {
        var parts: [String] = []
        var current = ""
        var quote: Character?
        for character in text {
            if let open = quote {
                if character == open { quote = nil }
                current.append(character)
            } else if character == "'" || character == "\"" {
                quote = character
                current.append(character)
            } else if character == separator {
                parts.append(current)
                current = ""
            } else {
                current.append(character)
            }
        }
        parts.append(current)
        return parts
    }

    private static func firstUnquoted(_ wanted: Character, in text: String) -> String.Index? {
        var quote: Character?
        for index in text.indices {
            let character = text[index]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if character == wanted {
                return index
            }
        }
        return nil
    }

    /// Without the quotes that delimit, then trimmed.
    private static func unquoted(_ text: String) -> String {
        var result = ""
        var quote: Character?
        for character in text {
            if let open = quote {
                if character == open { quote = nil } else { result.append(character) }
            } else if character == "'" || character == "\"" {
                quote = character
            } else {
                result.append(character)
            }
        }
        return result.trimmingCharacters(in: .whitespaces)
    }

    // MARK: Items

    private func item(_ values: [String: String], position: Int, place: String) throws -> AuthorizationItem {
        guard let type = values["type"], !type.isEmpty else {
            throw AuthorizationError("\(place) has no 'type'; write for example `type = EC2`")
        }
        let id = values["id"] ?? "\(type)\(position)"
        guard Self.isIdentifier(id) else {
            throw AuthorizationError("Incorrect value in auth item id: \(id)")
        }
        return AuthorizationItem(id: id, type: type, values: Secret(values))
    }

    /// `[A-Za-z_.][\w.-]*`.
    private static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first else { return false }
        let isStart = first.isASCII && (first.properties.isAlphabetic || first == "_" || first == ".")
        return isStart
            && text.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || $0.properties.numericType != nil || "_.-".unicodeScalars.contains($0)
            }
    }
}
