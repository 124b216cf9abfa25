package import Foundation

/// How values are written in messages: JSON on one line, ISO 8601 times with zone, base64 bytes.
package enum WireCodec {
    /// Most bytes of a message.
    package static let maxMessageBytes = 16 << 20

    package static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(WireDate.text(date))
        }
        return try encoder.encode(value)
    }

    package static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            guard let date = WireDate.date(text) else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "'\(text)' is no ISO 8601 time with zone")
            }
            return date
        }
        return try decoder.decode(type, from: data)
    }

    /// Where and why a value could not be decoded, on one line and without the value itself.
    package static func explain(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        func place(_ context: DecodingError.Context) -> String {
            var text = ""
            for key in context.codingPath {
                if let index = key.intValue {
                    text += "[\(index)]"
                } else {
                    text += (text.isEmpty ? "" : ".") + key.stringValue
                }
            }
            return text.isEmpty ? "the value" : "'\(text)'"
        }
        switch error {
        case .keyNotFound(let key, let context):
            return "\(place(context)) lacks the member '\(key.stringValue)'"
        case .typeMismatch(let type, let context):
            return "\(place(context)) is no \(type)"
        case .valueNotFound(let type, let context):
            return "\(place(context)) is null instead of \(type)"
        case .dataCorrupted(let context):
            return "\(place(context)) cannot be read: \(context.debugDescription)"
        @unknown default:
            return "a value cannot be read"
        }
    }
}

/// ISO 8601 times in UTC with milliseconds, and any zone and fraction when read.
package enum WireDate {
    package static func text(_ date: Date) -> String {
        let milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded())
        let (seconds, fraction) = floorDivide(milliseconds, 1000)
        let (days, second) = floorDivide(seconds, 86_400)
        let (year, month, day) = civil(days)
        func pad(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2))"
            + ":\(pad(second % 60, 2)).\(pad(fraction, 3))Z"
    }

    package static func date(_ text: String) -> Date? {
        var rest = Substring(text).utf8
        func digits(_ count: Int) -> Int64? {
            let part = rest.prefix(count)
            guard part.count == count, part.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            rest = rest.dropFirst(count)
            return part.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
        func skip(_ bytes: [UInt8]) -> Bool {
            guard let first = rest.first, bytes.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        let dash: [UInt8] = [UInt8(ascii: "-")]
        let colon: [UInt8] = [UInt8(ascii: ":")]
        guard let year = digits(4), skip(dash), let month = digits(2), skip(dash), let day = digits(2),
            skip([UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")]), let hour = digits(2), skip(colon),
            let minute = digits(2), skip(colon), let second = digits(2),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        var fraction = 0.0
        if skip([UInt8(ascii: ".")]) {
            var scale = 0.1
            guard let first = rest.first, (0x30...0x39).contains(first) else { return nil }
            while let digit = rest.first, (0x30...0x39).contains(digit) {
                fraction += Double(digit - 0x30) * scale
                scale /= 10
                rest = rest.dropFirst()
            }
        }
        var offset: Int64 = 0
        if !skip([UInt8(ascii: "Z"), UInt8(ascii: "z")]) {
            let negative = rest.first == UInt8(ascii: "-")
            guard skip([UInt8(ascii: "+"), UInt8(ascii: "-")]), let hours = digits(2) else { return nil }
            _ = skip(colon)
            guard let minutes = digits(2) else { return nil }
            offset = (hours * 3600 + minutes * 60) * (negative ? -1 : 1)
        }
        guard rest.isEmpty else { return nil }
        let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        return Date(timeIntervalSince1970: Double(seconds) + fraction)
    }

    private static func floorDivide(_ value: Int64, _ by: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: by)
        return remainder < 0 ? (quotient - 1, remainder + by) : (quotient, remainder)
    }

    /// Days since 1970-01-01 of a date of the Gregorian calendar: years begin in March, so that the leap day is last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = floorDivide(shifted, 400)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shifted + 2) / 5 + 1
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
