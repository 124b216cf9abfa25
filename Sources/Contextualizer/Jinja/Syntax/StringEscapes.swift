/// Python's backslash escapes in string literals.
enum StringEscapes {
    /// The text that a literal's content stands for. Unknown escapes stay as they are, as in Python.
    static func decode(_ text: String) throws(JinjaError) -> String {
        var output = String.UnicodeScalarView()
        let scalars = text.scalars
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            guard scalar == "\\", index < scalars.count else {
                output.append(scalar)
                continue
            }
            let kind = scalars[index]
            index += 1
            switch kind {
            case "\n": break
            case "\\", "'", "\"": output.append(kind)
            case "n": output.append("\n")
            case "t": output.append("\t")
            case "r": output.append("\r")
            case "a": output.append("\u{07}")
            case "b": output.append("\u{08}")
            case "f": output.append("\u{0c}")
            case "v": output.append("\u{0b}")
            case "x": output.append(try hexadecimal(scalars, &index, width: 2, escape: "\\x"))
            case "u": output.append(try hexadecimal(scalars, &index, width: 4, escape: "\\u"))
            case "U": output.append(try hexadecimal(scalars, &index, width: 8, escape: "\\U"))
            case "0"..."7":
                var value = kind.value - 0x30
                var digits = 1
                while digits < 3, index < scalars.count, ("0"..."7").contains(scalars[index]) {
                    value = value * 8 + scalars[index].value - 0x30
                    index += 1
                    digits += 1
                }
                if let scalar = Unicode.Scalar(value) { output.append(scalar) }
            default:
                output.append("\\")
                output.append(kind)
            }
        }
        return String(output)
    }

    private static func hexadecimal(
        _ scalars: [Unicode.Scalar], _ index: inout Int, width: Int, escape: String
    ) throws(JinjaError) -> Unicode.Scalar {
        let digits = String(scalars: scalars[index..<min(index + width, scalars.count)])
        guard digits.utf8.count == width, let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value)
        else {
            throw JinjaError(.syntax, "truncated or wrong \(escape) escape in a string")
        }
        index += width
        return scalar
    }
}
