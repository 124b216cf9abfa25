import Foundation
import JSONCoding

/// How values are written in messages: JSON on one line, ISO 8601 times with zone, base64 bytes.
package enum WireCodec {
    /// Most bytes of a message.
    package static let maxMessageBytes = 16 << 20

    private static let form = JSONForm(dateText: { WireDate.text($0) }, date: { WireDate.date($0) })

    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        try JSONText.encode(value, form: form)
    }

    package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        try JSONText.decode(type, from: bytes, form: form)
    }

    /// Where and why a value could not be decoded, on one line and without the value itself.
    package static func explain(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        func place(_ context: DecodingError.Context) -> String {
            var text = ""
            for key in context.codingPath {
                if let index = key.intValue {
                    text += "[\(index)]"
                } else {
                    text += (text.isEmpty ? "" : ".") + key.stringValue
                }
            }
            return text.isEmpty ? "the value" : "'\(text)'"
        }
        switch error {
        case .keyNotFound(let key, let context):
            return "\(place(context)) lacks the member '\(key.stringValue)'"
        case .typeMismatch(let type, let context):
            return "\(place(context)) is no \(type)"
        case .valueNotFound(let type, let context):
            return "\(place(context)) is null instead of \(type)"
        case .dataCorrupted(let context):
            return "\(place(context)) cannot be read: \(context.debugDescription)"
        @unknown default:
            return "a value cannot be read"
        }
    }
}
