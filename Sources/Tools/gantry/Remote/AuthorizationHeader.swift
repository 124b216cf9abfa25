import Authorization
import Foundation
import Support

/// Authorization items as the header of IM's REST interface has them.
enum AuthorizationHeader {
    /// Lines `key = value; key = value` with the two characters `\n` between, and newlines in values as `\\n`; a JSON array
    /// where a value cannot be written so.
    static func value(_ items: [AuthorizationItem]) -> Secret<String> {
        let lines = items.map(line)
        guard !lines.contains(nil) else { return Secret(json(items)) }
        return Secret(lines.compactMap(\.self).joined(separator: "\\n"))
    }

    /// Nil where a value has both quotes, or what would be taken for the end of a line.
    private static func line(_ item: AuthorizationItem) -> String? {
        var settings: [String] = []
        for (key, value) in members(item) {
            guard !value.contains("\\n"), !value.contains("\r") else { return nil }
            let text = value.replacing("\n", with: "\\\\n")
            guard !isPlain(value) else {
                settings.append("\(key) = \(text)")
                continue
            }
            guard let quote = ["\"", "'"].first(where: { !value.contains($0) }) else { return nil }
            settings.append("\(key) = \(quote)\(text)\(quote)")
        }
        return settings.joined(separator: "; ")
    }

    private static func isPlain(_ value: String) -> Bool {
        !value.isEmpty
            && value.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII
                    && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                        || "-_./:@+,".unicodeScalars.contains(scalar))
            }
    }

    /// The id comes first, also where the file has none: its place among the lines is what it is named after.
    private static func members(_ item: AuthorizationItem) -> [(String, String)] {
        var values = item.values.expose()
        values["id"] = item.id
        values["type"] = item.type
        let first = ["id", "type"].compactMap { key in values[key].map { (key, $0) } }
        return first
            + values.filter { $0.key != "id" && $0.key != "type" }.sorted { $0.key < $1.key }
            .map { ($0.key, $0.value) }
    }

    private static func json(_ items: [AuthorizationItem]) -> String {
        JSONOutput.line(
            items.map { item in Dictionary(members(item), uniquingKeysWith: { first, _ in first }) })
    }
}
