extension RADLJSONValue {
    /// Reads JSON text.
    ///
    /// - Throws: ``RADLError`` with the place of the first mistake.
    public init(parsing source: RADLSource) throws(RADLError) {
        self = try JSONReader.read(source)
    }
}

/// Where a JSON value stands in its text, with the places of what is in it, in the same order.
struct JSONPlace: Sendable {
    /// The value.
    var range: SourceRange
    /// Of a member of an object: from its name to the end of its value.
    var member: SourceRange?
    /// Of an array's values, or an object's members.
    var children: [JSONPlace] = []
}

/// Reads JSON text (RFC 8259) in one pass, at most 256 levels deep.
struct JSONReader {
    private static let deepest = 256

    private let source: RADLSource
    private var bytes: [UInt8] { source.bytes }
    private var position = 0
    private var line = 1
    private var lineStart = 0
    /// Bytes of this line before ``position`` that begin no scalar.
    private var continuations = 0
    private let keepsPlaces: Bool

    private init(_ source: RADLSource, keepsPlaces: Bool) {
        self.source = source
        self.keepsPlaces = keepsPlaces
        if source.bytes.starts(with: Unprintable.byteOrderMark) { (position, continuations) = (3, 3) }
    }

    /// - Throws: ``RADLError`` with the place of the first mistake.
    static func read(_ source: RADLSource) throws(RADLError) -> RADLJSONValue {
        try read(source, keepsPlaces: false).value
    }

    /// The value with the places of all that is in it.
    static func readPlaced(_ source: RADLSource) throws(RADLError) -> (value: RADLJSONValue, place: JSONPlace) {
        try read(source, keepsPlaces: true)
    }

    private static func read(
        _ source: RADLSource, keepsPlaces: Bool
    ) throws(RADLError) -> (value: RADLJSONValue, place: JSONPlace) {
        if let error = source.unreadable() { throw error }
        var reader = JSONReader(source, keepsPlaces: keepsPlaces)
        var place = JSONPlace(range: reader.mark)
        let value = try reader.value(level: 0, &place)
        reader.skipBlanks()
        if reader.position < source.bytes.count { throw reader.error("expected nothing behind the value") }
        return (value, place)
    }

    /// The place where the reader is.
    private var mark: SourceRange {
        SourceRange(line: line, column: position - lineStart - continuations + 1, offset: position, length: 0)
    }

    private func error(_ message: String, hint: String? = nil) -> RADLError {
        error(message, hint: hint, at: mark)
    }

    private func error(_ message: String, hint: String? = nil, at place: SourceRange) -> RADLError {
        let offset = place.offset
        let character = source.scalarOffset(ofByte: offset)
        let range = SourceRange(
            line: place.line, column: place.column, offset: offset, length: offset < bytes.count ? 1 : 0)
        return RADLError(
            .json, "\(message)\(offset < bytes.count ? "" : "; the text ends here")", hint: hint, at: range, in: source,
            imText: "\(message): line \(place.line) column \(place.column) (char \(character))")
    }

    private mutating func skipBlanks() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
            position += 1
            if bytes[position - 1] == 0x0A { (line, lineStart, continuations) = (line + 1, position, 0) }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(level: Int, _ place: inout JSONPlace) throws(RADLError) -> RADLJSONValue {
        guard level <= Self.deepest else { throw error("nested more than \(Self.deepest) levels deep") }
        skipBlanks()
        guard position < bytes.count else { throw error("Expecting value") }
        place.range = mark
        let value: RADLJSONValue
        switch bytes[position] {
        case UInt8(ascii: "{"): value = try object(level: level, &place.children)
        case UInt8(ascii: "["): value = try array(level: level, &place.children)
        case UInt8(ascii: "\""): value = .string(try string())
        case UInt8(ascii: "-"), 0x30...0x39: value = .number(try number())
        case UInt8(ascii: "t"): value = try word("true", .boolean(true))
        case UInt8(ascii: "f"): value = try word("false", .boolean(false))
        case UInt8(ascii: "n"): value = try word("null", .null)
        default: throw error("Expecting value", hint: "strings stand in double quotes")
        }
        place.range = place.range.extended(to: position)
        return value
    }

    private mutating func word(_ word: String, _ value: RADLJSONValue) throws(RADLError) -> RADLJSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw error("Expecting value") }
        position += word.utf8.count
        return value
    }

    private mutating func object(level: Int, _ places: inout [JSONPlace]) throws(RADLError) -> RADLJSONValue {
        position += 1
        var members: [RADLJSONValue.Member] = []
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipBlanks()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw error("Expecting property name enclosed in double quotes")
            }
            let start = mark
            let name = try string()
            guard take(UInt8(ascii: ":")) else { throw error("Expecting ':' delimiter") }
            var place = JSONPlace(range: start)
            members.append(RADLJSONValue.Member(name, try value(level: level + 1, &place)))
            if keepsPlaces {
                place.member = start.extended(to: position)
                places.append(place)
            }
            if take(UInt8(ascii: ",")) {
                skipBlanks()
                guard position == bytes.count || bytes[position] != UInt8(ascii: "}") else {
                    throw error(
                        "Expecting property name enclosed in double quotes", hint: "remove the comma before it")
                }
                continue
            }
            guard take(UInt8(ascii: "}")) else { throw error("Expecting ',' delimiter") }
            return .object(members)
        }
    }

    private mutating func array(level: Int, _ places: inout [JSONPlace]) throws(RADLError) -> RADLJSONValue {
        position += 1
        var values: [RADLJSONValue] = []
        if take(UInt8(ascii: "]")) { return .array(values) }
        while true {
            var place = JSONPlace(range: mark)
            values.append(try value(level: level + 1, &place))
            if keepsPlaces { places.append(place) }
            if take(UInt8(ascii: ",")) {
                skipBlanks()
                guard position == bytes.count || bytes[position] != UInt8(ascii: "]") else {
                    throw error("Expecting value", hint: "remove the comma before it")
                }
                continue
            }
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
        let place = mark
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        if position < bytes.count, bytes[position] == UInt8(ascii: "0") {
            position += 1
        } else if digits() == 0 {
            throw error("Expecting digits")
        }
        var isInteger = true
        var hasPoint = false
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            (isInteger, hasPoint) = (false, true)
            position += 1
            guard digits() > 0 else { throw error("Expecting digits behind the point") }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            if position < bytes.count, [0x2B, 0x2D].contains(bytes[position]) { position += 1 }
            guard digits() > 0 else { throw error("Expecting digits of the exponent") }
        }
        guard position - start <= 400 else { throw error("this number is too long", at: place) }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger {
            guard let value = Int(text) else {
                throw error("this number is too large", hint: "whole numbers go up to \(Int.max)", at: place)
            }
            return .integer(value)
        }
        guard let value = Double(text), value.isFinite else { throw error("this number is too large", at: place) }
        // `1e9` is meant as a whole number.
        if !hasPoint, abs(value) < 0x1p53, let whole = Int(exactly: value) { return .integer(whole) }
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
                if byte & 0xC0 == 0x80 { continuations += 1 }
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
