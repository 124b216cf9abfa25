/// The types of plain scalars by YAML 1.1 as PyYAML applies it: `yes` is true, `0644` octal, `22.10` the number 22.1,
/// `1:30` ninety; while `08`, `1e3`, `1.2.3` and dates are texts.
enum YAMLScalars {
    static func resolve(_ text: String, at place: TOSCAPosition) -> TOSCAValue {
        guard let first = text.utf8.first else { return TOSCAValue(.null, at: place, written: "") }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            let bytes = Array(text.utf8)
            if let number = integer(bytes) { return TOSCAValue(.integer(number), at: place, written: text) }
            if let number = real(bytes) { return TOSCAValue(.real(number), at: place, written: text) }
            return TOSCAValue(.text(text), at: place)
        default: break
        }
        guard text.utf8.count <= 5 else { return TOSCAValue(.text(text), at: place) }
        switch text {
        case "~", "null", "Null", "NULL": return TOSCAValue(.null, at: place, written: text)
        case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON":
            return TOSCAValue(.bool(true), at: place, written: text)
        case "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
            return TOSCAValue(.bool(false), at: place, written: text)
        default: return TOSCAValue(.text(text), at: place)
        }
    }

    /// Whether a text has to be quoted so that it is read as a text again.
    static func isAmbiguous(_ text: String) -> Bool {
        if case .text = resolve(text, at: .none).content { return false }
        return true
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    private static let underscore = UInt8(ascii: "_")

    private static func signed(_ bytes: [UInt8]) -> (isNegative: Bool, digits: ArraySlice<UInt8>) {
        switch bytes.first {
        case UInt8(ascii: "-"): (true, bytes.dropFirst())
        case UInt8(ascii: "+"): (false, bytes.dropFirst())
        default: (false, bytes[...])
        }
    }

    private static func number(_ digits: some Sequence<UInt8>, radix: Int, _ isNegative: Bool) -> Int? {
        let text = String(decoding: digits.filter { $0 != underscore }, as: UTF8.self)
        return Int((isNegative ? "-" : "") + text, radix: radix)
    }

    private static func integer(_ bytes: [UInt8]) -> Int? {
        let (isNegative, digits) = signed(bytes)
        guard let first = digits.first, isDigit(first) else { return nil }
        if first == UInt8(ascii: "0"), digits.count > 1 {
            let rest = digits.dropFirst(2)
            switch digits[digits.startIndex + 1] {
            case UInt8(ascii: "b"):
                guard rest.allSatisfy({ $0 == 0x30 || $0 == 0x31 || $0 == underscore }) else { return nil }
                return number(rest, radix: 2, isNegative)
            case UInt8(ascii: "x"):
                guard rest.allSatisfy({ isDigit($0) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x66) || $0 == underscore })
                else { return nil }
                return number(rest, radix: 16, isNegative)
            default:
                guard digits.allSatisfy({ ($0 >= 0x30 && $0 <= 0x37) || $0 == underscore }) else { return nil }
                return number(digits, radix: 8, isNegative)
            }
        }
        if digits.contains(UInt8(ascii: ":")) { return sexagesimal(digits, isNegative) }
        guard digits.allSatisfy({ isDigit($0) || $0 == underscore }) else { return nil }
        return number(digits, radix: 10, isNegative)
    }

    /// `[1-9][0-9_]*(:[0-5]?[0-9])+`
    private static func sexagesimal(_ digits: ArraySlice<UInt8>, _ isNegative: Bool) -> Int? {
        let parts = digits.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, first.first != 0x30,
            first.allSatisfy({ isDigit($0) || $0 == underscore })
        else { return nil }
        var total = 0
        for (place, part) in parts.enumerated() {
            if place > 0 {
                guard part.allSatisfy(isDigit), part.count == 1 || (part.count == 2 && (part.first ?? 0x39) <= 0x35)
                else { return nil }
            }
            guard let value = number(part, radix: 10, false) else { return nil }
            let (product, overflow) = total.multipliedReportingOverflow(by: 60)
            let (sum, overflowed) = product.addingReportingOverflow(value)
            guard !overflow, !overflowed else { return nil }
            total = sum
        }
        return isNegative ? -total : total
    }

    private static func real(_ bytes: [UInt8]) -> Double? {
        let (isNegative, rest) = signed(bytes)
        switch String(decoding: rest, as: UTF8.self) {
        case ".inf", ".Inf", ".INF": return isNegative ? -.infinity : .infinity
        case ".nan", ".NaN", ".NAN": return rest.count == bytes.count ? .nan : nil
        default: break
        }
        guard let point = rest.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        let whole = rest[..<point]
        var fraction = rest[(point + 1)...]
        var exponent = ""
        if let mark = fraction.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) {
            let digits = fraction[(mark + 1)...]
            // PyYAML wants a sign.
            guard let sign = digits.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), digits.count > 1,
                digits.dropFirst().allSatisfy(isDigit)
            else { return nil }
            exponent = "e" + String(decoding: digits, as: UTF8.self)
            fraction = fraction[..<mark]
        }
        guard whole.allSatisfy({ isDigit($0) || $0 == underscore }), whole.first != underscore,
            fraction.allSatisfy({ isDigit($0) || $0 == underscore })
        else { return nil }
        if whole.isEmpty, rest.count != bytes.count || !(fraction.first.map(isDigit) ?? false) { return nil }
        func plain(_ digits: ArraySlice<UInt8>) -> String {
            let text = String(decoding: digits.filter { $0 != underscore }, as: UTF8.self)
            return text.isEmpty ? "0" : text
        }
        return Double((isNegative ? "-" : "") + plain(whole) + "." + plain(fraction) + exponent)
    }
}
