import ConnectorAPI
import ConnectorWire
import Foundation
import Synchronization

/// Replaces secrets in what a connector says. Knows the secret values of the open sessions.
final class Redactor: Sendable {
    /// The secret values of one session.
    struct Secrets: Sendable {
        static let none = Secrets([])

        let values: [String]
        /// Each as it stands inside a JSON string, and as Base64 makes it.
        let written: [[UInt8]]

        init(_ values: [String]) {
            self.values = values
            let plain = values.map { value in
                guard let text = try? WireCodec.encode(value) else { return Array(value.utf8) }
                return Array(text.dropFirst().dropLast())
            }
            written = plain + values.flatMap(Redactor.encoded).map { Array($0.utf8) }
        }
    }

    private static let replacement = "<redacted>"
    private let secrets = Mutex<[String: Int]>([:])

    /// The values of credentials that are secret: marked so by the connector's schema, or named like one.
    static func secrets(of credentials: Credentials, schema: JSONValue) -> Secrets {
        let names = credentials.keys.filter { key in
            let property = schema["properties"]?[key]
            if property?["format"]?.stringValue == "password" || property?["writeOnly"] == .bool(true) { return true }
            let name = key.lowercased()
            return ["password", "secret", "token", "private", "key", "passphrase"].contains { name.contains($0) }
        }
        return Secrets(names.compactMap { credentials[$0] }.filter { $0.utf8.count >= 4 })
    }

    func add(_ added: Secrets) {
        secrets.withLock { secrets in
            for value in added.values { secrets[value, default: 0] += 1 }
        }
    }

    func remove(_ removed: Secrets) {
        secrets.withLock { secrets in
            for value in removed.values {
                let left = secrets[value, default: 1] - 1
                secrets[value] = left > 0 ? left : nil
            }
        }
    }

    /// A text without the secrets of any session.
    func redact(_ text: String) -> String {
        Self.redact(text, secrets.withLock { Array($0.keys) })
    }

    /// A text without the given secrets, longest first, also in the forms that they have in URLs and in headers.
    static func redact(_ text: String, _ secrets: [String]) -> String {
        var text = text
        for secret in secrets.sorted(by: { $0.utf8.count > $1.utf8.count }) {
            var forms = [secret]
            if let quoted = secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics), quoted != secret {
                forms.append(quoted)
            }
            forms += encoded(secret)
            for form in forms where text.contains(form) {
                text = text.replacingOccurrences(of: form, with: replacement)
            }
        }
        return text
    }

    /// What Base64 makes of a secret wherever it stands in what is encoded, as behind a user's name in a header: three
    /// forms, without the characters that hold bits of its neighbours. Short ones would be found where they are not.
    fileprivate static func encoded(_ secret: String) -> [String] {
        guard secret.utf8.count >= 6 else { return [] }
        return (0..<3).flatMap { before in
            let bytes = Data(repeating: 0, count: before) + Data(secret.utf8)
            let text = bytes.base64EncodedString().replacing("=", with: "")
            let first = (before * 8 + 5) / 6
            let whole = bytes.count * 8 / 6
            let form = String(text.prefix(whole).dropFirst(first))
            let forURLs = form.replacing("+", with: "-").replacing("/", with: "_")
            return form == forURLs ? [form] : [form, forURLs]
        }
    }

    /// An answer without the given secrets; most have none and stay as they are.
    static func redact(_ bytes: [UInt8], _ secrets: Secrets) -> [UInt8] {
        let found = secrets.written.contains { written in
            bytes.withUnsafeBytes { haystack in
                written.withUnsafeBytes { needle in contains(haystack, needle) }
            }
        }
        guard found else { return bytes }
        var text = String(decoding: bytes, as: UTF8.self)
        for written in secrets.written {
            text = text.replacingOccurrences(of: String(decoding: written, as: UTF8.self), with: replacement)
        }
        return Array(text.utf8)
    }

    static func redact(_ error: ConnectorError, _ secrets: Secrets) -> ConnectorError {
        var error = error
        error.message = redact(error.message, secrets.values)
        error.field = error.field.map { redact($0, secrets.values) }
        if let code = error.provider?.code { error.provider?.code = redact(code, secrets.values) }
        return error
    }

    private static func contains(_ haystack: UnsafeRawBufferPointer, _ needle: UnsafeRawBufferPointer) -> Bool {
        guard let first = needle.first, haystack.count >= needle.count else { return false }
        var start = 0
        let last = haystack.count - needle.count
        while start <= last {
            guard let base = haystack.baseAddress, let other = needle.baseAddress,
                let found = memchr(base + start, Int32(first), last - start + 1)
            else { return false }
            if memcmp(found, other, needle.count) == 0 { return true }
            start = UnsafeRawPointer(found) - base + 1
        }
        return false
    }
}
