import Foundation

/// What `--json` prints.
enum JSONOutput {
    /// One line.
    static func line(_ value: some Encodable) -> String {
        text(value, formatting: [.sortedKeys, .withoutEscapingSlashes])
    }

    /// For people too.
    static func pretty(_ value: some Encodable) -> String {
        text(value, formatting: [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted])
    }

    private static func text(_ value: some Encodable, formatting: JSONEncoder.OutputFormatting) -> String {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = formatting
        guard let data = try? encoder.encode(value) else { return "null" }
        return String(decoding: data, as: UTF8.self)
    }
}
