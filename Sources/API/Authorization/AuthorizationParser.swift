import Foundation
import Support

/// Reads IM's authorization data: lines `key = value; key = value`, or a JSON array of objects (im.md 2.2).
///
/// Differs from IM where IM loses data: a token is split at its first `=`, so a value may hold `=` without quotes; arrays
/// and objects of JSON stay as they stand; a quote that is not closed is an error.
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
        if let items = try items(ofJSON: text) { return items }
        return try items(ofLines: text.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init))
    }

    /// The value of an `Authorization` header: lines separated by the two characters `\n`, newlines in values sent as
    /// the three characters `\\n`; or a JSON array.
    package func items(ofHeader value: String) throws -> [AuthorizationItem] {
        if let items = try items(ofJSON: value) { return items }
        let marked = value.replacing("\\\\n", with: "\u{0}")
        return try items(
            ofLines: marked.split(separator: "\\n", omittingEmptySubsequences: false).map {
                String($0).replacing("\u{0}", with: "\n")
            })
    }

    /// Nil: it is none. An object is one item.
    private func items(ofJSON text: String) throws -> [AuthorizationItem]? {
        let first = text.first { !$0.isWhitespace }
        guard first == "[" || first == "{" else { return nil }
        let text = first == "{" ? "[\(text)]" : text
        guard let objects = JSONExtent.objects(ofArray: text) else {
            throw AuthorizationError("the authorization data is not a JSON array of objects")
        }
        return try items(of: objects)
    }

    /// Items whose keys and values are told apart already, as XML-RPC and JSON have them.
    package func items(of objects: [[String: String]]) throws -> [AuthorizationItem] {
        try objects.enumerated().map { position, values in
            try item(values, position: position, place: "item \(position + 1) of the authorization data")
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
        var reader = AuthorizationLine(line, place: place)
        while let setting = try reader.next() {
            values[setting.key] = try resolved(setting.value, key: setting.key, place: place)
        }
        return values
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
