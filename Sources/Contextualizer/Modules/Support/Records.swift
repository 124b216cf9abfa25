package import ContextualizationAPI

/// What the programs of state modules print: records `RS key US value` (bytes 0x1e and 0x1f), closed by the key `end`.
///
/// Values may hold newlines and anything else but these two bytes. What stands before the first record is stray output.
package struct Records: Sendable, Hashable {
    /// All values of each key in the order printed.
    package private(set) var values: [String: [String]] = [:]
    /// Output that is no record.
    package private(set) var stray = ""

    package init(_ bytes: [UInt8]) {
        var isFirst = true
        for part in bytes.split(separator: 0x1e, omittingEmptySubsequences: false) {
            defer { isFirst = false }
            guard !isFirst, let separator = part.firstIndex(of: 0x1f) else {
                stray += String(decoding: part, as: UTF8.self)
                continue
            }
            let key = String(decoding: part[..<separator], as: UTF8.self)
            values[key, default: []].append(String(decoding: part[(separator + 1)...], as: UTF8.self))
        }
    }

    /// The last value of a key.
    package subscript(key: String) -> String? { values[key]?.last }

    /// Whether a flag was printed as `1`.
    package func flag(_ key: String) -> Bool { self[key] == "1" }

    /// Whether the program came to its end.
    package var isComplete: Bool { values["end"] != nil }
}

extension ProgramOutput {
    /// Standard output as text, bytes that are not UTF-8 replaced.
    package var outputText: String { String(decoding: standardOutput, as: UTF8.self) }
    /// Standard error as text, bytes that are not UTF-8 replaced.
    package var errorText: String { String(decoding: standardError, as: UTF8.self) }
}
