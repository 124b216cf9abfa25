/// Names, strings and numbers.
extension Lexer {
    mutating func lexName() throws(JinjaError) {
        let start = position
        while position < source.count {
            let byte = source[position]
            if byte < 0x80 {
                guard Unicode.Scalar(byte).isWord else { break }
                position += 1
            } else {
                guard let scalar = scalar(at: position), scalar.isWord else { break }
                position += UTF8.width(scalar)
            }
        }
        guard position > start else { throw error("unexpected char in expression") }
        append(.name(String(decoding: source[start..<position], as: UTF8.self)), from: start)
    }

    mutating func lexString(quote: UInt8) throws(JinjaError) {
        let start = position
        var content: [UInt8] = []
        position += 1
        var hasEscape = false
        while position < source.count, source[position] != quote {
            if source[position] == UInt8(ascii: "\\") {
                hasEscape = true
                content.append(source[position])
                position += 1
                guard position < source.count else { break }
            }
            content.append(source[position])
            position += 1
        }
        guard position < source.count else {
            position = start
            throw error("unexpected char '\(Character(Unicode.Scalar(quote)))' at \(start)")
        }
        position += 1
        let text = String(decoding: content, as: UTF8.self)
        let value = hasEscape && hasEscapes ? try StringEscapes.decode(text) : text
        append(.string(value), from: start)
        countLines(from: start, to: position)
    }

    mutating func lexNumber() throws(JinjaError) {
        let start = position
        let followsDot = start > 0 && source[start - 1] == UInt8(ascii: ".")
        if !followsDot, let end = floatEnd(from: start) {
            let digits = String(decoding: source[start..<end].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
            position = end
            append(.double(Double(digits) ?? 0), from: start)
            return
        }
        var radix = 10
        var at = start
        if source[start] == UInt8(ascii: "0"), start + 2 < source.count + 1, start + 1 < source.count {
            switch source[start + 1] | 0x20 {
            case UInt8(ascii: "x"): radix = 16
            case UInt8(ascii: "o"): radix = 8
            case UInt8(ascii: "b"): radix = 2
            default: break
            }
            if radix != 10 { at += 2 }
        }
        var digits: [UInt8] = []
        while at < source.count {
            let byte = source[at]
            if byte == UInt8(ascii: "_"), at + 1 < source.count, Self.isDigit(source[at + 1], radix) {
                at += 1
                continue
            }
            guard Self.isDigit(byte, radix) else { break }
            digits.append(byte)
            at += 1
        }
        if radix == 10, digits.count > 1, digits[0] == UInt8(ascii: "0"), digits.contains(where: { $0 != 0x30 }) {
            throw error("a number cannot begin with a zero")
        }
        guard let value = BigInteger.value(of: String(decoding: digits, as: UTF8.self), radix: radix) else {
            throw error("an integer of more than 4300 digits")
        }
        position = at
        append(value.intValue.map { Token.Kind.int($0) } ?? .big(value), from: start)
    }

    private static func isDigit(_ byte: UInt8, _ radix: Int) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0")) < radix
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): radix == 16
        default: false
        }
    }

    private func digitsEnd(from start: Int) -> Int? {
        var at = start
        while at < source.count {
            if Self.isDigit(source[at], 10) {
                at += 1
            } else if source[at] == UInt8(ascii: "_"), at > start, at + 1 < source.count,
                Self.isDigit(source[at + 1], 10)
            {
                at += 1
            } else {
                break
            }
        }
        return at > start ? at : nil
    }

    /// The end of a float that starts here; `nil` when it is an integer.
    private func floatEnd(from start: Int) -> Int? {
        guard var end = digitsEnd(from: start) else { return nil }
        var isFloat = false
        if end < source.count, source[end] == UInt8(ascii: "."), let fraction = digitsEnd(from: end + 1) {
            end = fraction
            isFloat = true
        }
        if end < source.count, source[end] | 0x20 == UInt8(ascii: "e") {
            var exponent = end + 1
            if exponent < source.count, source[exponent] == UInt8(ascii: "+") || source[exponent] == UInt8(ascii: "-") {
                exponent += 1
            }
            if let exponentEnd = digitsEnd(from: exponent) {
                end = exponentEnd
                isFloat = true
            }
        }
        return isFloat ? end : nil
    }
}
