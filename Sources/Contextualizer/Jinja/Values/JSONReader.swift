/// Reads JSON text, keeping the order of keys. Strict but for Python's `NaN` and `Infinity`; nesting is bounded.
struct JSONReader {
    private static let maximumDepth = 256
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    static func read(_ text: String) throws(JinjaError) -> JinjaValue {
        var reader = JSONReader(Array(text.utf8))
        reader.skipSpace()
        let value = try reader.value()
        reader.skipSpace()
        guard reader.position == reader.bytes.count else { throw reader.error("Extra data") }
        return value
    }

    private func error(_ message: String) -> JinjaError {
        let before = bytes.prefix(position)
        let line = before.count { $0 == 0x0a } + 1
        let column = position - (before.lastIndex(of: 0x0a) ?? -1)
        return .value("\(message): line \(line) column \(column) (char \(position))")
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
    }

    private mutating func skip(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard bytes.count - position >= length, "\(word)".utf8.elementsEqual(bytes[position..<(position + length)])
        else { return false }
        position += length
        return true
    }

    private mutating func value() throws(JinjaError) -> JinjaValue {
        guard position < bytes.count else { throw error("Expecting value") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: break
        }
        if skip("true") { return .bool(true) }
        if skip("false") { return .bool(false) }
        if skip("null") { return .none }
        if skip("NaN") { return .double(.nan) }
        if skip("Infinity") { return .double(.infinity) }
        throw error("Expecting value")
    }

    private mutating func enter() throws(JinjaError) {
        depth += 1
        position += 1
        guard depth <= Self.maximumDepth else { throw error("nested deeper than \(Self.maximumDepth) levels") }
        skipSpace()
    }

    private mutating func array() throws(JinjaError) -> JinjaValue {
        try enter()
        defer { depth -= 1 }
        var items: [JinjaValue] = []
        if skip("]") { return .list(items) }
        while true {
            items.append(try value())
            skipSpace()
            if skip("]") { return .list(items) }
            guard skip(",") else { throw error("Expecting ',' delimiter") }
            skipSpace()
        }
    }

    private mutating func object() throws(JinjaError) -> JinjaValue {
        try enter()
        defer { depth -= 1 }
        var dict = JinjaDict()
        if skip("}") { return .dict(dict) }
        while true {
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw error("Expecting property name enclosed in double quotes")
            }
            let key = try string()
            skipSpace()
            guard skip(":") else { throw error("Expecting ':' delimiter") }
            skipSpace()
            dict[key] = try value()
            skipSpace()
            if skip("}") { return .dict(dict) }
            guard skip(",") else { throw error("Expecting ',' delimiter") }
            skipSpace()
        }
    }

    private mutating func number() throws(JinjaError) -> JinjaValue {
        let start = position
        if skip("-Infinity") { return .double(-.infinity) }
        var isFloat = false
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let digitsStart = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): break
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): isFloat = true
            case UInt8(ascii: "+") where isFloat, UInt8(ascii: "-") where isFloat: break
            default:
                return try number(start, digitsStart, isFloat)
            }
            position += 1
        }
        return try number(start, digitsStart, isFloat)
    }

    private func number(_ start: Int, _ digitsStart: Int, _ isFloat: Bool) throws(JinjaError) -> JinjaValue {
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        let digits = bytes[digitsStart..<position]
        guard let first = digits.first, first != UInt8(ascii: "."),
            first != UInt8(ascii: "0") || digits.count == 1 || isFloat
        else { throw error("Expecting value") }
        if !isFloat {
            guard let number = BigInteger.value(of: text) else { throw error("an integer of more than 4300 digits") }
            return number
        }
        guard let number = Double(text) else { throw error("Expecting value") }
        return .double(number)
    }

    private mutating func string() throws(JinjaError) -> String {
        position += 1
        var output: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: output, as: UTF8.self)
            case UInt8(ascii: "\\"):
                let scalar = try escape()
                output.append(contentsOf: String(scalar).utf8)
            case 0..<0x20: throw error("Invalid control character")
            default: output.append(byte)
            }
        }
        throw error("Unterminated string")
    }

    private mutating func escape() throws(JinjaError) -> Unicode.Scalar {
        guard position < bytes.count else { throw error("Unterminated string") }
        let kind = bytes[position]
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(kind)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let first = try hexadecimal()
            if (0xd800..<0xdc00).contains(first), skip("\\u") {
                let second = try hexadecimal()
                guard (0xdc00..<0xe000).contains(second) else { return "\u{fffd}" }
                return Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00)) ?? "\u{fffd}"
            }
            return Unicode.Scalar(first) ?? "\u{fffd}"
        default: throw error("Invalid \\escape")
        }
    }

    private mutating func hexadecimal() throws(JinjaError) -> UInt32 {
        guard position + 4 <= bytes.count,
            let value = UInt32(String(decoding: bytes[position..<(position + 4)], as: UTF8.self), radix: 16)
        else { throw error("Invalid \\uXXXX escape") }
        position += 4
        return value
    }
}

extension JinjaValue {
    /// Reads JSON text. Keys keep their order; numbers without a fraction or exponent are ints.
    public init(json text: String) throws(JinjaError) { self = try JSONReader.read(text) }
}
