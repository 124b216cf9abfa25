import Jinja

/// The types of plain scalars by the rules of YAML 1.1 as PyYAML applies them, which differ from Yams' and from
/// YAML 1.2: `0644` is octal, `1:30` is ninety, `yes` is true, while `0o644`, `08` and `1e3` are strings.
enum YAMLScalar {
    static func resolve(_ text: String) -> JinjaValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .none
        case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return .bool(true)
        case "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": return .bool(false)
        default: break
        }
        let bytes = Array(text.utf8)
        guard let first = bytes.first, isDigit(first) || "+-.".utf8.contains(first) else { return .string(text) }
        return int(bytes) ?? double(bytes) ?? YAMLTimestamp.value(bytes) ?? .string(text)
    }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func split(_ bytes: [UInt8]) -> (isNegative: Bool, rest: ArraySlice<UInt8>) {
        switch bytes.first {
        case UInt8(ascii: "-"): (true, bytes.dropFirst())
        case UInt8(ascii: "+"): (false, bytes.dropFirst())
        default: (false, bytes[...])
        }
    }

    private static func number(_ digits: some Sequence<UInt8>, radix: Int, isNegative: Bool) -> JinjaValue? {
        let text = String(decoding: digits.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
        return JinjaValue.integer((isNegative ? "-" : "") + text, radix: radix)
    }

    static func int(_ bytes: [UInt8]) -> JinjaValue? {
        let (isNegative, rest) = split(bytes)
        guard let first = rest.first, isDigit(first) else { return nil }
        let underscore = UInt8(ascii: "_")
        if rest.count > 1, first == UInt8(ascii: "0") {
            let digits = rest.dropFirst(2)
            switch rest[rest.startIndex + 1] {
            case UInt8(ascii: "b"):
                guard digits.allSatisfy({ $0 == 0x30 || $0 == 0x31 || $0 == underscore }) else { return nil }
                return number(digits, radix: 2, isNegative: isNegative)
            case UInt8(ascii: "x"):
                let isHexadecimal = digits.allSatisfy {
                    isDigit($0) || (0x61...0x66).contains($0 | 0x20) || $0 == underscore
                }
                return isHexadecimal ? number(digits, radix: 16, isNegative: isNegative) : nil
            default:
                guard rest.dropFirst().allSatisfy({ (0x30...0x37).contains($0) || $0 == underscore }) else {
                    return nil
                }
                return number(rest, radix: 8, isNegative: isNegative)
            }
        }
        if rest.contains(UInt8(ascii: ":")) { return sexagesimal(rest, isNegative: isNegative) }
        guard rest.allSatisfy({ isDigit($0) || $0 == underscore }) else { return nil }
        return number(rest, radix: 10, isNegative: isNegative)
    }

    private static func sexagesimal(_ digits: ArraySlice<UInt8>, isNegative: Bool) -> JinjaValue? {
        let parts = digits.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard let first = parts.first, first.first != 0x30,
            first.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: "_") })
        else { return nil }
        var total = 0
        for (index, part) in parts.enumerated() {
            guard index == 0 || isMinute(part),
                let value = Int(String(decoding: part.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self))
            else { return nil }
            let product = total.multipliedReportingOverflow(by: 60)
            let sum = product.partialValue.addingReportingOverflow(value)
            guard !product.overflow, !sum.overflow else { return nil }
            total = sum.partialValue
        }
        return .int(isNegative ? -total : total)
    }

    /// `[0-5]?[0-9]`
    private static func isMinute(_ part: ArraySlice<UInt8>) -> Bool {
        part.allSatisfy(isDigit) && (part.count == 1 || (part.count == 2 && (part.first ?? 0) <= 0x35))
    }

    static func double(_ bytes: [UInt8]) -> JinjaValue? {
        let (isNegative, rest) = split(bytes)
        switch String(decoding: rest, as: UTF8.self) {
        case ".inf", ".Inf", ".INF": return .double(isNegative ? -.infinity : .infinity)
        case ".nan", ".NaN", ".NAN": return rest.count == bytes.count ? .double(.nan) : nil
        default: break
        }
        guard let point = rest.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        let whole = rest[..<point]
        var fraction = rest[(point + 1)...]
        if whole.contains(UInt8(ascii: ":")) {
            guard fraction.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: "_") }) else { return nil }
            return sexagesimalDouble(whole, fraction, isNegative: isNegative)
        }
        guard isDigits(whole, mayBeEmpty: true), rest.count > 1 else { return nil }
        // A number that begins with the point takes no sign and needs a digit behind it.
        if whole.isEmpty, isNegative || rest.count != bytes.count || !(fraction.first.map(isDigit) ?? false) {
            return nil
        }
        var exponent = ""
        if let mark = fraction.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) {
            let digits = fraction[(mark + 1)...]
            guard let sign = digits.first, "+-".utf8.contains(sign), digits.count > 1,
                digits.dropFirst().allSatisfy(isDigit)
            else { return nil }
            exponent = "e" + String(decoding: digits, as: UTF8.self)
            fraction = fraction[..<mark]
        }
        guard fraction.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: "_") }) else { return nil }
        let text = plain(whole) + "." + plain(fraction) + exponent
        return Double(text).map { .double(isNegative ? -$0 : $0) }
    }

    private static func isDigits(_ part: ArraySlice<UInt8>, mayBeEmpty: Bool) -> Bool {
        guard let first = part.first else { return mayBeEmpty }
        return isDigit(first) && part.allSatisfy { isDigit($0) || $0 == UInt8(ascii: "_") }
    }

    /// Digits without underscores; `0` for none.
    private static func plain(_ digits: ArraySlice<UInt8>) -> String {
        let text = String(decoding: digits.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
        return text.isEmpty ? "0" : text
    }

    private static func sexagesimalDouble(
        _ whole: ArraySlice<UInt8>, _ fraction: ArraySlice<UInt8>, isNegative: Bool
    ) -> JinjaValue? {
        let parts = whole.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard let first = parts.first, isDigits(first, mayBeEmpty: false), parts.dropFirst().allSatisfy(isMinute)
        else { return nil }
        var total = 0.0
        for part in parts { total = total * 60 + (Double(plain(part)) ?? 0) }
        total += Double("0." + plain(fraction)) ?? 0
        return .double(isNegative ? -total : total)
    }
}

/// Dates and times, as Python's.
enum YAMLTimestamp {
    /// What a timestamp means; `nil` when the scalar is none.
    static func value(_ bytes: [UInt8]) -> JinjaValue? {
        var reader = Reader(bytes: bytes)
        guard let year = reader.digits(4...4), reader.skip("-"), let month = reader.digits(1...2), reader.skip("-"),
            let day = reader.digits(1...2), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        if reader.isAtEnd { return bytes.count == 10 ? .date(year, month, day) : nil }
        guard reader.skip("T") || reader.skip("t") || reader.skipSpaces(), let hour = reader.digits(1...2),
            reader.skip(":"), let minute = reader.digits(2...2), reader.skip(":"), let second = reader.digits(2...2),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var micros = 0
        if reader.skip(".") { micros = Int(String((reader.allDigits() + "000000").prefix(6))) ?? 0 }
        guard let zone = reader.zone() else { return nil }
        return .date(
            year, month, day, secondOfDay: hour * 3600 + minute * 60 + second, micros: micros, offset: zone)
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { position == bytes.count }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
            position += 1
            return true
        }

        mutating func skipSpaces() -> Bool {
            let start = position
            while skip(" ") || skip("\t") {}
            return position > start
        }

        mutating func allDigits() -> String {
            let start = position
            while position < bytes.count, YAMLScalar.isDigit(bytes[position]) { position += 1 }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }

        mutating func digits(_ width: ClosedRange<Int>) -> Int? {
            let text = allDigits()
            return width.contains(text.utf8.count) ? Int(text) : nil
        }

        /// `Z`, `+2`, `+02:00` or nothing up to the end; `nil` when something else stands there.
        mutating func zone() -> Int?? {
            _ = skipSpaces()
            if isAtEnd { return .some(nil) }
            if skip("Z") { return isAtEnd ? .some(0) : nil }
            let isNegative = skip("-")
            guard isNegative || skip("+"), let hours = digits(1...2) else { return nil }
            var minutes = 0
            if skip(":") {
                guard let value = digits(2...2) else { return nil }
                minutes = value
            }
            guard isAtEnd else { return nil }
            let offset = (hours * 60 + minutes) * 60
            return .some(isNegative ? -offset : offset)
        }
    }
}
