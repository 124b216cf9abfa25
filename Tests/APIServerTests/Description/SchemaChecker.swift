import ConnectorAPI
import Foundation

/// Checks JSON against the part of JSON Schema that the description of the interface uses.
struct SchemaChecker: Sendable {
    /// Where `#/…` leads.
    let document: JSONValue

    /// What a reference leads to; nil: nothing.
    func resolve(_ schema: JSONValue) -> JSONValue? {
        guard case .string(let reference)? = schema["$ref"] else { return schema }
        guard reference.hasPrefix("#/") else { return nil }
        var value: JSONValue? = document
        for part in reference.dropFirst(2).split(separator: "/") { value = value?[String(part)] }
        return value
    }

    /// What is wrong with a value; empty: nothing.
    func problems(_ value: JSONValue, _ schema: JSONValue, at place: String = "$") -> [String] {
        guard let schema = resolve(schema), case .object(let rules) = schema else {
            return ["\(place): the schema leads nowhere"]
        }
        return rules.flatMap { name, rule in problems(value, name, rule, rules, at: place) }
    }

    private func problems(
        _ value: JSONValue, _ name: String, _ rule: JSONValue, _ rules: [String: JSONValue], at place: String
    ) -> [String] {
        func check(_ isGood: Bool) -> [String] { isGood ? [] : ["\(place): \(value) breaks \(name) \(rule)"] }
        switch (name, rule) {
        case ("type", .string(let type)): return check(Self.isOf(type, value))
        case ("type", .array(let types)):
            return check(types.contains { $0.stringValue.map { Self.isOf($0, value) } ?? false })
        case ("enum", .array(let values)): return check(values.contains(value))
        case ("const", _): return check(value == rule)
        case ("not", _): return check(!problems(value, rule).isEmpty)
        case ("anyOf", .array(let schemas)): return check(schemas.contains { problems(value, $0).isEmpty })
        case ("minimum", _): return check((Self.number(value) ?? 0) >= (Self.number(rule) ?? 0))
        case ("minLength", .integer(let count)): return check((value.stringValue?.count ?? .max) >= count)
        case ("maxLength", .integer(let count)): return check((value.stringValue?.count ?? 0) <= count)
        case ("pattern", .string(let pattern)):
            guard let text = value.stringValue, let expression = try? Regex(pattern) else { return [] }
            return check(text.firstMatch(of: expression) != nil)
        case ("minProperties", .integer(let count)): return check(Self.members(value).count >= count)
        case ("maxProperties", .integer(let count)): return check(Self.members(value).count <= count)
        case ("required", .array(let names)):
            guard case .object(let members) = value else { return [] }
            return check(names.allSatisfy { $0.stringValue.map { members[$0] != nil } ?? false })
        case ("properties", .object(let properties)):
            return properties.flatMap { name, schema in
                value[name].map { problems($0, schema, at: "\(place).\(name)") } ?? []
            }
        case ("additionalProperties", _):
            var known: Set<String> = []
            if case .object(let properties)? = rules["properties"] { known = Set(properties.keys) }
            let others = Self.members(value).filter { !known.contains($0.key) }
            if rule == .bool(false) { return check(others.isEmpty) }
            return others.flatMap { problems($0.value, rule, at: "\(place).\($0.key)") }
        case ("items", _):
            guard case .array(let elements) = value else { return [] }
            return elements.enumerated().flatMap { problems($0.element, rule, at: "\(place)[\($0.offset)]") }
        case ("description", _), ("default", _), ("examples", _), ("contentMediaType", _): return []
        default: return ["\(place): the checker does not know \(name) \(rule)"]
        }
    }

    private static func members(_ value: JSONValue) -> [String: JSONValue] {
        if case .object(let members) = value { return members }
        return [:]
    }

    private static func number(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    private static func isOf(_ type: String, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("string", .string), ("integer", .integer), ("number", .integer), ("number", .number),
            ("boolean", .bool), ("array", .array), ("object", .object), ("null", .null):
            true
        default: false
        }
    }
}
