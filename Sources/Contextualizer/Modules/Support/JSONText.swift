package import Jinja

/// JSON written and read straight from the template values: no detour through Foundation, order kept.
package enum JSONText {
    /// The value on one line, with `, ` and `: ` between as Python's `json.dumps` does.
    package static func text(_ value: JinjaValue) -> String {
        var bytes: [UInt8] = []
        write(value, into: &bytes, indentation: nil, depth: 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The value over several lines, `indentation` blanks a level, keys sorted.
    package static func indented(_ value: JinjaValue, by indentation: Int = 4) -> String {
        var bytes: [UInt8] = []
        write(value, into: &bytes, indentation: indentation, depth: 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// As ``text(_:)`` with the keys sorted.
    package static func sorted(_ value: JinjaValue) -> String {
        var bytes: [UInt8] = []
        write(value, into: &bytes, indentation: nil, depth: 0, sortsKeys: true)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func write(
        _ value: JinjaValue, into bytes: inout [UInt8], indentation: Int?, depth: Int, sortsKeys: Bool = false
    ) {
        switch value {
        case .none: bytes += "null".utf8
        case .bool(let flag): bytes += (flag ? "true" : "false").utf8
        case .int(let number): bytes += String(number).utf8
        case .double(let number):
            bytes +=
                (number.isFinite ? number.description : number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity")
                .utf8
        case .string(let text): write(text, into: &bytes)
        case .list(let items), .tuple(let items):
            writeItems(items, open: "[", close: "]", into: &bytes, indentation: indentation, depth: depth) {
                write($0, into: &$1, indentation: indentation, depth: depth + 1, sortsKeys: sortsKeys)
            }
        case .dict(let dict):
            var pairs = dict.map { ($0.key.text, $0.value) }
            if indentation != nil || sortsKeys { pairs.sort { $0.0 < $1.0 } }
            writeItems(pairs, open: "{", close: "}", into: &bytes, indentation: indentation, depth: depth) {
                write($0.0, into: &$1)
                $1 += ": ".utf8
                write($0.1, into: &$1, indentation: indentation, depth: depth + 1, sortsKeys: sortsKeys)
            }
        case .undefined, .object:
            if let digits = value.digitsOfBigInteger {
                bytes += digits.utf8
            } else {
                write(value.jsonOfTime ?? value.text, into: &bytes)
            }
        }
    }

    private static func writeItems<Item>(
        _ items: [Item], open: Character, close: Character, into bytes: inout [UInt8], indentation: Int?,
        depth: Int, _ body: (Item, inout [UInt8]) -> Void
    ) {
        bytes += String(open).utf8
        for (index, item) in items.enumerated() {
            if index > 0 { bytes += (indentation == nil ? ", " : ",").utf8 }
            if let indentation {
                bytes.append(0x0a)
                bytes += Array(repeating: 0x20, count: indentation * (depth + 1))
            }
            body(item, &bytes)
        }
        if let indentation, !items.isEmpty {
            bytes.append(0x0a)
            bytes += Array(repeating: 0x20, count: indentation * depth)
        }
        bytes += String(close).utf8
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func write(_ text: String, into bytes: inout [UInt8]) {
        bytes.append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22: bytes += [0x5c, 0x22]
            case 0x5c: bytes += [0x5c, 0x5c]
            case 0x08: bytes += [0x5c, 0x62]
            case 0x0c: bytes += [0x5c, 0x66]
            case 0x0a: bytes += [0x5c, 0x6e]
            case 0x0d: bytes += [0x5c, 0x72]
            case 0x09: bytes += [0x5c, 0x74]
            case 0x00..<0x20:
                bytes += "\\u00".utf8
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(0x22)
    }

    // MARK: - Reading

    /// The value of a JSON text; nil when it is none. Depth is limited to 200.
    package static func parse(_ text: String) -> JinjaValue? {
        var parser = Parser(bytes: Array(text.utf8))
        guard let value = parser.value(depth: 0) else { return nil }
        parser.skipBlanks()
        return parser.position == parser.bytes.count ? value : nil
    }

    private struct Parser {
        let bytes: [UInt8]
        var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var next: UInt8? { position < bytes.count ? bytes[position] : nil }

        mutating func skipBlanks() {
            while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
        }

        mutating func take(_ byte: UInt8) -> Bool {
            skipBlanks()
            guard next == byte else { return false }
            position += 1
            return true
        }

        mutating func value(depth: Int) -> JinjaValue? {
            guard depth < 200 else { return nil }
            skipBlanks()
            switch next {
            case UInt8(ascii: "{"): return object(depth: depth)
            case UInt8(ascii: "["): return array(depth: depth)
            case UInt8(ascii: "\""): return string().map { .string($0) }
            case UInt8(ascii: "t"): return word("true", .bool(true))
            case UInt8(ascii: "f"): return word("false", .bool(false))
            case UInt8(ascii: "n"): return word("null", .none)
            case UInt8(ascii: "N"): return word("NaN", .double(.nan))
            default: return number()
            }
        }

        mutating func word(_ text: String, _ value: JinjaValue) -> JinjaValue? {
            guard bytes[position...].starts(with: text.utf8) else { return nil }
            position += text.utf8.count
            return value
        }

        mutating func object(depth: Int) -> JinjaValue? {
            position += 1
            var dict = JinjaDict()
            if take(UInt8(ascii: "}")) { return .dict(dict) }
            repeat {
                skipBlanks()
                guard let key = string(), take(UInt8(ascii: ":")), let item = value(depth: depth + 1) else {
                    return nil
                }
                dict[key] = item
            } while take(UInt8(ascii: ","))
            return take(UInt8(ascii: "}")) ? .dict(dict) : nil
        }

        mutating func array(depth: Int) -> JinjaValue? {
            position += 1
            var items: [JinjaValue] = []
            if take(UInt8(ascii: "]")) { return .list(items) }
            repeat {
                guard let item = value(depth: depth + 1) else { return nil }
                items.append(item)
            } while take(UInt8(ascii: ","))
            return take(UInt8(ascii: "]")) ? .list(items) : nil
        }

        mutating func number() -> JinjaValue? {
            let start = position
            while let byte = next, "+-0123456789.eE".utf8.contains(byte) { position += 1 }
            let text = String(decoding: bytes[start..<position], as: UTF8.self)
            return JinjaValue.integer(text) ?? Double(text).map { .double($0) }
        }

        mutating func string() -> String? {
            guard next == UInt8(ascii: "\"") else { return nil }
            position += 1
            var content: [UInt8] = []
            while let byte = next {
                position += 1
                switch byte {
                case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
                case UInt8(ascii: "\\"):
                    guard let escaped = next else { return nil }
                    position += 1
                    switch escaped {
                    case UInt8(ascii: "n"): content.append(0x0a)
                    case UInt8(ascii: "r"): content.append(0x0d)
                    case UInt8(ascii: "t"): content.append(0x09)
                    case UInt8(ascii: "b"): content.append(0x08)
                    case UInt8(ascii: "f"): content.append(0x0c)
                    case UInt8(ascii: "u"):
                        guard let scalar = unicode() else { return nil }
                        content += Array(String(scalar).utf8)
                    default: content.append(escaped)
                    }
                default: content.append(byte)
                }
            }
            return nil
        }

        private mutating func hex4() -> UInt32? {
            guard position + 4 <= bytes.count else { return nil }
            let text = String(decoding: bytes[position..<position + 4], as: UTF8.self)
            position += 4
            return UInt32(text, radix: 16)
        }

        private mutating func unicode() -> Unicode.Scalar? {
            guard let first = hex4() else { return nil }
            guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
            guard next == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u")
            else { return "\u{FFFD}" }
            position += 2
            guard let second = hex4(), (0xDC00..<0xE000).contains(second) else { return "\u{FFFD}" }
            return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
        }
    }
}
