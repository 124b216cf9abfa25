import ConnectorAPI
import Foundation
import JSONCoding

/// Key pairs of Nova have a name and nothing else: the tags stand in it, `NAME.TAGS`, as base64 with `-` and `_`.
enum KeyPairName {
    static let maximumLength = 255
    private static let longestName = 48

    /// - Throws: ``ConnectorError/Code/invalidArgument`` when the tags do not fit.
    static func name(_ name: String, tags: [String: String]) throws(ConnectorError) -> String {
        let plain = String(
            name.unicodeScalars.map { scalar -> Character in
                let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                return isPlain || scalar == "-" ? Character(scalar) : "-"
            }.prefix(longestName))
        let text = tags.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }.joined(separator: "\u{1f}")
        let packed = Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
        let whole = "gantry_\(plain)_\(packed)"
        guard whole.utf8.count <= maximumLength, !text.isEmpty else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "the tags do not fit into the name of a key pair (\(maximumLength) characters): "
                    + tags.keys.sorted().joined(separator: ", "),
                field: "tags")
        }
        return whole
    }

    /// nil for a key pair that is somebody else's.
    static func tags(_ name: String) -> [String: String]? {
        let parts = name.split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "gantry" else { return nil }
        var packed = parts[2].replacing("-", with: "+").replacing("_", with: "/")
        packed += String(repeating: "=", count: (4 - packed.count % 4) % 4)
        guard let data = Data(base64Encoded: String(packed)) else { return nil }
        let words = String(decoding: data, as: UTF8.self).split(separator: "\u{1f}", omittingEmptySubsequences: false)
        guard words.count % 2 == 0 else { return nil }
        var tags: [String: String] = [:]
        for place in stride(from: 0, to: words.count, by: 2) { tags[String(words[place])] = String(words[place + 1]) }
        return tags
    }
}
