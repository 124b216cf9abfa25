extension RADLJSONValue {
    /// Reads JSON text.
    ///
    /// - Throws: ``RADLError`` with the place of the first mistake.
    public init(parsing source: RADLSource) throws(RADLError) {
        self = try JSONReader.read(source)
    }
}

/// Reads JSON text (RFC 8259) in one pass, at most 256 levels deep.
struct JSONReader {
    private static let deepest = 256

    private let source: RADLSource
    private var bytes: [UInt8] { source.bytes }
    private var position = 0

    private init(_ source: RADLSource) {
        self.source = source
    }

    /// - Throws: ``RADLError`` with the place of the first mistake.
    static func read(_ source: RADLSource) throws(RADLError) -> RADLJSONValue {
        if let error = source.unreadable() { throw error }
        var reader = JSONReader(source)
        if source.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.position = 3 }
        let value = try reader.value(level: 0)
        reader.skipBlanks()
        if reader.position < source.bytes.count { throw reader.error("expected nothing behind the value") }
        return value
    }

    private func error(_ message: String, hint: String? = nil) -> RADLError {
        let offset = min(position, bytes.count)
        let before = bytes[..<offset]
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let column = source.scalarOffset(ofByte: offset) - source.scalarOffset(ofByte: lineStart) + 1
        let character = source.scalarOffset(ofByte: offset)
        return RADLError(
            .json, "\(message)\(offset < bytes.count ? "" : "; the text ends here")", hint: hint,
            at: SourceRange(line: line, column: column, offset: offset, length: offset < bytes.count ? 1 : 0),
            in: source, imText: "\(message): line \(line) column \(column) (char \(character))")
    }

    private mutating func skipBlanks() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(level: Int) throws(RADLError) -> RADLJSONValue {
        guard level <= Self.deepest else { throw error("nested more than \(Self.deepest) levels deep") }
        skipBlanks()
        guard position < bytes.count else { throw error("Expecting value") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object(level: level)
        case UInt8(ascii: "["): return try array(level: level)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), 0x30...0x39: return .number(try number())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw error("Expecting value", hint: "strings stand in double quotes")
        }
    }

    private mutating func word(_ word: String, _ value: RADLJSONValue) throws(RADLError) -> RADLJSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw error("Expecting value") }
        position += word.utf8.count
        return value
    }

    private mutating func object(level: Int) throws(RADLError) -> RADLJSONValue {
        position += 1
        var members: [RADLJSONValue.Member] = []
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipBlanks()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw error("Expecting property name enclosed in double quotes")
            }
            let name = try string()
            guard take(UInt8(ascii: ":")) else { throw error("Expecting ':' delimiter") }
            members.append(RADLJSONValue.Member(name, try value(level: level + 1)))
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "}")) else { throw error("Expecting ',' delimiter") }
            return .object(members)
        }
    }

    private mutating func array(level: Int) throws(RADLError) -> RADLJSONValue {
        position += 1
        var values: [RADLJSONValue] = []
        if take(UInt8(ascii: "]")) { return .array(values) }
        while true {
            values.append(try value(level: level + 1))
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "]")) else { throw error("Expecting ',' delimiter") }
            return .array(values)
        }
    }

    private mutating func digits() -> Int {
        let start = position
        while position < bytes.count, bytes[position] &- 0x30 <= 9 { position += 1 }
        return position - start
    }

    private mutating func number() throws(RADLError) -> RADLNumber {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        if position < bytes.count, bytes[position] == UInt8(ascii: "0") {
            position += 1
        } else if digits() == 0 {
            throw error("Expecting digits")
        }
        var isInteger = true
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            guard digits() > 0 else { throw error("Expecting digits behind the point") }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            if position < bytes.count, [0x2B, 0x2D].contains(bytes[position]) { position += 1 }
            guard digits() > 0 else { throw error("Expecting digits of the exponent") }
        }
        guard position - start <= 400 else { throw error("this number is too long") }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let value = Int(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw error("this number is too large") }
        return .real(value)
    }

    private mutating func string() throws(RADLError) -> String {
        position += 1
        var result: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: result, as: UTF8.self)
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &result)
            case 0..<0x20:
                throw error("Invalid control character in a string")
            default:
                result.append(byte)
                position += 1
            }
        }
        throw error("Unterminated string")
    }

    private mutating func escape(into result: inout [UInt8]) throws(RADLError) {
        guard position < bytes.count else { throw error("Unterminated string") }
        let simple: [UInt8: UInt8] = [
            UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F, UInt8(ascii: "b"): 8,
            UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
        ]
        let byte = bytes[position]
        if let plain = simple[byte] {
            result.append(plain)
            position += 1
            return
        }
        guard byte == UInt8(ascii: "u") else { throw error("Invalid \\escape in a string") }
        let first = try unit()
        var scalar = Unicode.Scalar(first)
        if scalar == nil, first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        {
            position += 1
            let second = try unit()
            if (0xDC00...0xDFFF).contains(second) {
                scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + UInt32(second) - 0xDC00)
            }
        }
        guard let scalar else { throw error("half of a surrogate pair in a string") }
        result.append(contentsOf: Array(String(scalar).utf8))
    }

    /// Four hexadecimal digits behind the `u` that stands at the position.
    private mutating func unit() throws(RADLError) -> UInt16 {
        position += 1
        guard position + 4 <= bytes.count,
            bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw error("Invalid \\uXXXX escape in a string") }
        position += 4
        return value
    }
}
