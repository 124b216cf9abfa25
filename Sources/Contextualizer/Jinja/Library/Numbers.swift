#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Text of numbers as C and Python write it, and conversions.
enum Numbers {
    private static func printed(_ format: String, _ precision: Int, _ number: Double) -> String {
        let precision = Int32(clamping: min(max(precision, 0), 1100))
        var buffer = [CChar](repeating: 0, count: 1600)
        let length = withVaList([precision, number]) { vsnprintf(&buffer, buffer.count, format, $0) }
        return String(decoding: buffer.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func fixed(_ number: Double, _ precision: Int) -> String { printed("%.*f", precision, number) }
    static func scientific(_ number: Double, _ precision: Int) -> String { printed("%.*e", precision, number) }
    static func general(_ number: Double, _ precision: Int, keepsZeros: Bool = false) -> String {
        printed(keepsZeros ? "%#.*g" : "%.*g", precision, number)
    }

    static func truncated(_ number: JinjaNumber) throws(JinjaError) -> Int {
        switch number {
        case .int(let number): return number
        case .double(let number):
            guard number.isFinite else {
                throw .value("cannot convert float \(number.isNaN ? "NaN" : "infinity") to integer")
            }
            guard let value = Int(exactly: number.rounded(.towardZero)) else {
                throw .value("the number does not fit into a 64-bit integer")
            }
            return value
        }
    }

    /// The whole part of a number, of whatever size.
    static func whole(_ number: JinjaNumber) throws(JinjaError) -> JinjaValue {
        if case .double(let double) = number, double.isFinite, Int(exactly: double.rounded(.towardZero)) == nil,
            let big = BigInteger(double)
        {
            return big.value
        }
        return .int(try truncated(number))
    }

    /// Python's `int(text, base)` for numbers of 64 bits; `nil` when the text is no such integer.
    static func int(_ text: String, base: Int = 10) -> Int? {
        (try? integer(text, base: base))?.intValue
    }

    /// Python's `int(text, base)`; `nil` when the text is no integer.
    static func integer(_ text: String, base: Int = 10) throws(JinjaError) -> JinjaValue? {
        var digits = StringMethods.strip(text, nil, left: true, right: true)
        var isNegative = false
        if let sign = digits.first, sign == "-" || sign == "+" {
            isNegative = sign == "-"
            digits.removeFirst()
        }
        var base = base
        let prefixes = ["0x": 16, "0o": 8, "0b": 2]
        if let prefixBase = prefixes[digits.prefix(2).lowercased()], base == prefixBase || base == 0 {
            base = prefixBase
            digits = String(digits.dropFirst(2))
            if digits.hasPrefix("_") { digits.removeFirst() }
        }
        if base == 0 { base = 10 }
        guard (2...36).contains(base), isGrouped(digits) else { return nil }
        let plain = digits.filter { $0 != "_" }
        guard plain.first != "-", plain.first != "+" else { return nil }
        let signed = (isNegative ? "-" : "") + plain
        if let number = Int(signed, radix: base) { return .int(number) }
        guard plain.utf8.allSatisfy({ $0 < 0x80 && Int(String(Unicode.Scalar($0)), radix: base) != nil }) else {
            return nil
        }
        guard let number = BigInteger(digits: signed, radix: base) else {
            throw .value("an integer of more than 4300 digits")
        }
        return number.value
    }

    /// Python's `float(text)`; `nil` when the text is no number.
    static func double(_ text: String) -> Double? {
        let digits = StringMethods.strip(text, nil, left: true, right: true)
        guard isGrouped(digits) else { return nil }
        let plain = digits.filter { $0 != "_" }.lowercased()
        let body = plain.hasPrefix("-") || plain.hasPrefix("+") ? String(plain.dropFirst()) : plain
        switch body {
        case "inf", "infinity": return plain.hasPrefix("-") ? -.infinity : .infinity
        case "nan": return .nan
        default:
            guard body.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.e".utf8.contains($0) }) else { return nil }
            return Double(plain.hasPrefix("+") ? body : plain)
                ?? Double(plain.replacingPoint())
        }
    }

    private static func isGrouped(_ digits: String) -> Bool {
        !digits.isEmpty && !digits.hasPrefix("_") && !digits.hasSuffix("_") && !digits.utf8Contains("__")
    }
}

extension String {
    /// `.5` and `5.` with the zeros that Swift wants.
    fileprivate func replacingPoint() -> String {
        var text = self
        if text.hasPrefix(".") { text = "0" + text }
        if text.hasPrefix("-.") { text = "-0" + text.dropFirst() }
        if text.hasSuffix(".") { text += "0" }
        return text
    }
}
