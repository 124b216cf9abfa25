/// How one value is laid out: the common part of `%` formatting and `str.format`.
struct FormatSpec {
    var fill: Unicode.Scalar = " "
    /// `<`, `>`, `^`, or `=` (fill between sign and digits); `nil`: left for text, right for numbers.
    var align: Unicode.Scalar?
    var sign: Unicode.Scalar = "-"
    var alternate = false
    var grouping: Unicode.Scalar?
    var width: Int?
    var precision: Int?

    func text(_ text: String) -> String {
        let shown = precision.map { String(scalars: text.unicodeScalars.prefix($0)) } ?? text
        return pad("", shown, align ?? "<")
    }

    func integer(_ number: Int, _ kind: Unicode.Scalar) -> String {
        let magnitude = number.magnitude
        var digits: String
        var prefix = signText(isNegative: number < 0)
        switch kind {
        case "x", "X":
            digits = String(magnitude, radix: 16, uppercase: kind == "X")
            if alternate { prefix += kind == "X" ? "0X" : "0x" }
        case "o":
            digits = String(magnitude, radix: 8)
            if alternate { prefix += "0o" }
        case "b":
            digits = String(magnitude, radix: 2)
            if alternate { prefix += "0b" }
        default:
            digits = String(magnitude)
            if let precision, precision > digits.utf8.count {
                digits = String(repeating: "0", count: precision - digits.utf8.count) + digits
            }
        }
        return pad(prefix, grouped(digits, every: kind == "d" ? 3 : 4), align ?? ">")
    }

    /// An integer that is written already.
    func integer(digits: String, prefix: String) -> String {
        let isNegative = digits.hasPrefix("-")
        let magnitude = isNegative ? String(digits.dropFirst()) : digits
        return pad(signText(isNegative: isNegative) + prefix, grouped(magnitude, every: 3), align ?? ">")
    }

    func float(_ number: Double, _ kind: Unicode.Scalar) -> String {
        let prefix = signText(isNegative: number.sign == .minus && !number.isNaN)
        var kind = kind
        var magnitude = abs(number)
        var suffix = ""
        if kind == "%" {
            magnitude *= 100
            kind = "f"
            suffix = "%"
        }
        var digits: String
        if !magnitude.isFinite {
            digits = magnitude.isNaN ? "nan" : "inf"
        } else {
            switch kind {
            case "f", "F": digits = Numbers.fixed(magnitude, precision ?? 6)
            case "e", "E": digits = Numbers.scientific(magnitude, precision ?? 6)
            default: digits = Numbers.general(magnitude, precision ?? 6, keepsZeros: alternate)
            }
        }
        if kind == "E" || kind == "G" || kind == "F" { digits = digits.uppercased() }
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        if grouping != nil, let whole = parts.first, whole.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            digits = ([grouped(String(whole), every: 3)] + parts.dropFirst().map(String.init)).joined(separator: ".")
        }
        return pad(prefix, digits + suffix, align ?? ">")
    }

    private func signText(isNegative: Bool) -> String {
        isNegative ? "-" : sign == "-" ? "" : String(sign)
    }

    private func grouped(_ digits: String, every size: Int) -> String {
        guard let grouping else { return digits }
        var output = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % size == 0 { output.unicodeScalars.append(grouping) }
            output.append(digit)
        }
        return output
    }

    private func pad(_ prefix: String, _ text: String, _ align: Unicode.Scalar) -> String {
        let missing = (width ?? 0) - prefix.unicodeScalars.count - text.unicodeScalars.count
        guard missing > 0 else { return prefix + text }
        func filler(_ count: Int) -> String { String(scalars: repeatElement(fill, count: count)) }
        switch align {
        case "<": return prefix + text + filler(missing)
        case "^": return filler(missing / 2) + prefix + text + filler(missing - missing / 2)
        case "=": return prefix + filler(missing) + text
        default: return filler(missing) + prefix + text
        }
    }
}
