/// Python's `'…' % values`, which is also the filter `format`.
enum PercentFormat {
    static func format(
        _ format: String, _ values: JinjaValue, context: JinjaContext
    ) throws(JinjaError) -> String {
        var formatter = Formatter(format: format.scalars, values: values, context: context)
        return try formatter.run()
    }

    private struct Conversion {
        var key: String?
        var flags: Set<Unicode.Scalar> = []
        var width: Int?
        var precision: Int?
    }

    private struct Formatter {
        let format: [Unicode.Scalar]
        let values: JinjaValue
        let context: JinjaContext
        var index = 0
        var used = 0
        var output = ""

        mutating func run() throws(JinjaError) -> String {
            while index < format.count {
                let scalar = format[index]
                index += 1
                guard scalar == "%" else {
                    output.unicodeScalars.append(scalar)
                    continue
                }
                try convert()
                try context.checkSize(output.utf8.count)
            }
            switch values {
            case .tuple(let items) where used < items.count:
                throw .type("not all arguments converted during string formatting")
            case .dict, .tuple, .list: break
            default:
                if used == 0 { throw .type("not all arguments converted during string formatting") }
            }
            return output
        }

        private mutating func nextValue() throws(JinjaError) -> JinjaValue {
            defer { used += 1 }
            switch values {
            case .tuple(let items):
                guard used < items.count else { throw .type("not enough arguments for format string") }
                return items[used]
            default:
                guard used == 0 else { throw .type("not enough arguments for format string") }
                return values
            }
        }

        private mutating func number() throws(JinjaError) -> Int? {
            if index < format.count, format[index] == "*" {
                index += 1
                guard case .int(let width) = try nextValue() else { throw .type("* wants int") }
                return width
            }
            var value: Int?
            while index < format.count, ("0"..."9").contains(format[index]) {
                value = min((value ?? 0) * 10 + Int(format[index].value - 0x30), Int(Int32.max))
                index += 1
            }
            return value
        }

        private mutating func convert() throws(JinjaError) {
            var conversion = Conversion()
            if index < format.count, format[index] == "(" {
                guard let end = format[index...].firstIndex(of: ")") else { throw .value("incomplete format key") }
                conversion.key = String(scalars: format[(index + 1)..<end])
                index = end + 1
            }
            while index < format.count, "#0- +".unicodeScalars.contains(format[index]) {
                conversion.flags.insert(format[index])
                index += 1
            }
            conversion.width = try number()
            if index < format.count, format[index] == "." {
                index += 1
                conversion.precision = try number() ?? 0
            }
            while index < format.count, "hlL".unicodeScalars.contains(format[index]) { index += 1 }
            guard index < format.count else { throw .value("incomplete format") }
            let kind = format[index]
            index += 1
            if kind == "%" {
                output += "%"
                return
            }
            let value: JinjaValue
            if let key = conversion.key {
                guard case .dict(let dict) = values else { throw .type("format requires a mapping") }
                guard let item = dict[key] else { throw .value("KeyError: \(JinjaValue.repr(of: key))") }
                value = item
            } else {
                value = try nextValue()
            }
            try append(try context.plain(value), kind, conversion)
        }

        private mutating func append(
            _ value: JinjaValue, _ kind: Unicode.Scalar, _ conversion: Conversion
        ) throws(JinjaError) {
            var spec = FormatSpec()
            spec.width = conversion.width
            spec.precision = conversion.precision
            spec.alternate = conversion.flags.contains("#")
            if conversion.flags.contains("+") {
                spec.sign = "+"
            } else if conversion.flags.contains(" ") {
                spec.sign = " "
            }
            let isText = "srac".unicodeScalars.contains(kind)
            if conversion.flags.contains("-") {
                spec.align = "<"
            } else if conversion.flags.contains("0"), !isText {
                (spec.fill, spec.align) = ("0", "=")
            } else {
                spec.align = ">"
            }
            try context.checkSize(max(spec.width ?? 0, spec.precision ?? 0))
            switch kind {
            case "s": output += spec.text(value.text)
            case "r", "a": output += spec.text(value.repr)
            case "c":
                if case .int(let code) = value, let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init) {
                    output += spec.text(String(scalar))
                } else if case .string(let text) = value, text.unicodeScalars.count == 1 {
                    output += spec.text(text)
                } else {
                    throw .type("%c requires int or char")
                }
            case "d", "i", "u":
                if let number = value.python as? BigInteger {
                    output += spec.integer(digits: number.text, prefix: "")
                    return
                }
                guard let number = value.number else {
                    throw .type("%\(kind) format: a real number is required, not \(value.typeName)")
                }
                output += spec.integer(try Numbers.truncated(number), "d")
            case "x", "X", "o":
                if let number = value.python as? BigInteger {
                    let digits = number.text(radix: kind == "o" ? 8 : 16)
                    let prefix = spec.alternate ? (kind == "o" ? "0o" : "0\(kind)") : ""
                    output += spec.integer(digits: kind == "X" ? digits.uppercased() : digits, prefix: prefix)
                    return
                }
                guard case .int(let number)? = value.number else {
                    throw .type("%\(kind) format: an integer is required, not \(value.typeName)")
                }
                output += spec.integer(number, kind)
            case "f", "F", "e", "E", "g", "G":
                guard let number = value.number else { throw .type("must be real number, not \(value.typeName)") }
                output += spec.float(number.double, kind)
            default:
                throw .value("unsupported format character '\(kind)'")
            }
        }
    }
}
