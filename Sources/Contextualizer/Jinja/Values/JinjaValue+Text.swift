// Python's `str()` and `repr()`.

extension JinjaValue {
    /// Python's `str()`: strings as they are, containers in Python's notation (`{'a': [1, True, None]}`).
    public var text: String {
        switch self {
        case .string(let text): text
        case .undefined: ""
        case .object: python?.text ?? repr
        default: repr
        }
    }

    /// Python's `repr()`.
    public var repr: String {
        var output = ""
        appendRepr(to: &output)
        return output
    }

    private func appendRepr(to output: inout String) {
        switch self {
        case .undefined: output += "Undefined"
        case .none: output += "None"
        case .bool(let flag): output += flag ? "True" : "False"
        case .int(let number): output += String(number)
        case .double(let number): output += Self.text(of: number)
        case .string(let text): output += Self.repr(of: text)
        case .list(let items): Self.append(items, "[", "]", to: &output)
        case .tuple(let items): Self.append(items, "(", items.count == 1 ? ",)" : ")", to: &output)
        case .dict(let dict):
            output += "{"
            var isFirst = true
            for (key, value) in dict {
                if !isFirst { output += ", " }
                isFirst = false
                key.appendRepr(to: &output)
                output += ": "
                value.appendRepr(to: &output)
            }
            output += "}"
        case .object(let reference): output += python?.repr ?? "<\(reference.object.typeName)>"
        }
    }

    private static func append(_ items: [JinjaValue], _ open: String, _ close: String, to output: inout String) {
        output += open
        for (position, item) in items.enumerated() {
            if position > 0 { output += ", " }
            item.appendRepr(to: &output)
        }
        output += close
    }

    /// Python's text of a float: the shortest digits that read back the same, an exponent below 1e-4 and from 1e16.
    static func text(of number: Double) -> String {
        if number.isNaN { return "nan" }
        if number.isInfinite { return number < 0 ? "-inf" : "inf" }
        if number == 0 { return number.sign == .minus ? "-0.0" : "0.0" }
        // Swift prints the shortest digits too, but places the point by other rules.
        var digits: [UInt8] = []
        var exponent = 0
        var pointPosition: Int?
        var iterator = "\(abs(number))".utf8.makeIterator()
        while let byte = iterator.next() {
            if byte == UInt8(ascii: ".") {
                pointPosition = digits.count
            } else if byte == UInt8(ascii: "e") {
                var rest: [UInt8] = []
                while let byte = iterator.next() { rest.append(byte) }
                exponent = Int(String(decoding: rest, as: UTF8.self)) ?? 0
            } else {
                digits.append(byte)
            }
        }
        var point = (pointPosition ?? digits.count) + exponent
        while digits.count > 1, digits.first == UInt8(ascii: "0") {
            digits.removeFirst()
            point -= 1
        }
        while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return (number < 0 ? "-" : "") + layOut(String(decoding: digits, as: UTF8.self), point: point)
    }

    private static func layOut(_ digits: String, point: Int) -> String {
        if point > 16 || point < -3 {
            let exponent = point - 1
            let magnitude = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
            let fraction = digits.count > 1 ? ".\(digits.dropFirst())" : ""
            return "\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(magnitude)"
        }
        if point <= 0 { return "0." + String(repeating: "0", count: -point) + digits }
        if point >= digits.count { return digits + String(repeating: "0", count: point - digits.count) + ".0" }
        return "\(digits.prefix(point)).\(digits.dropFirst(point))"
    }

    /// Python's quoted form of a string.
    package static func repr(of text: String) -> String {
        let quote: Unicode.Scalar =
            text.utf8.contains(UInt8(ascii: "'")) && !text.utf8.contains(UInt8(ascii: "\""))
            ? "\"" : "'"
        var output = String.UnicodeScalarView()
        output.append(quote)
        for scalar in text.unicodeScalars {
            switch scalar {
            case quote, "\\":
                output.append("\\")
                output.append(scalar)
            case "\n": output.append(contentsOf: "\\n".unicodeScalars)
            case "\r": output.append(contentsOf: "\\r".unicodeScalars)
            case "\t": output.append(contentsOf: "\\t".unicodeScalars)
            default:
                if scalar.isPrintable {
                    output.append(scalar)
                } else {
                    output.append(contentsOf: scalar.pythonEscape.unicodeScalars)
                }
            }
        }
        output.append(quote)
        return String(output)
    }
}

extension Unicode.Scalar {
    /// Python's `str.isprintable` for one character.
    var isPrintable: Bool {
        if value < 0x7f { return value >= 0x20 }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    /// `\x07`, `\u2028` or `\U000e0001`.
    var pythonEscape: String {
        let digits = String(value, radix: 16)
        let (prefix, width) = value < 0x100 ? ("x", 2) : value < 0x10000 ? ("u", 4) : ("U", 8)
        return "\\" + prefix + String(repeating: "0", count: width - digits.count) + digits
    }
}
