import ConnectorAPI
import Foundation

/// Turns keys of an auth line into the settings that a connector's schema knows, each with its type.
enum SessionSettings {
    /// - Parameters:
    ///   - values: Keys and texts of the line. Those that the schema does not name are left out: they are credentials.
    ///   - schema: ``ConnectorDescription/configSchema``.
    static func config(_ values: [String: String], schema: JSONValue) -> [String: JSONValue] {
        guard case .object(let properties) = schema["properties"] else { return [:] }
        var config: [String: JSONValue] = [:]
        for (key, property) in properties {
            guard let text = values[key] else { continue }
            config[key] = value(text, type: property["type"]?.stringValue)
        }
        return config
    }

    /// A text that does not read as its type stays a text, so that the connector's own message names it.
    private static func value(_ text: String, type: String?) -> JSONValue {
        switch type {
        case "integer": return Int64(text).map { .integer($0) } ?? .string(text)
        case "number": return Double(text).map { .number($0) } ?? .string(text)
        case "boolean":
            switch text.lowercased() {
            case "yes", "true", "1": return .bool(true)
            case "no", "false", "0": return .bool(false)
            default: return .string(text)
            }
        case "array", "object":
            return (try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))) ?? .string(text)
        default: return .string(text)
        }
    }
}
