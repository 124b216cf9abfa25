package import Foundation

/// ISO 8601 times in UTC with milliseconds, and any zone and fraction when read.
package enum WireDate {
    package static func text(_ date: Date) -> String {
        let milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded())
        let (seconds, fraction) = floorDivide(milliseconds, 1000)
        let (days, second) = floorDivide(seconds, 86_400)
        let (year, month, day) = civil(days)
        let prefix = (0...9999).contains(year) ? "" : String(year / 10_000)
        return prefix
            + String(unsafeUninitializedCapacity: 24) { buffer in
                var end = 0
                func put(_ number: Int64, _ width: Int, _ separator: Unicode.Scalar) {
                    var rest = number.magnitude
                    for place in stride(from: end + width - 1, through: end, by: -1) {
                        buffer[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                        rest /= 10
                    }
                    buffer[end + width] = UInt8(ascii: separator)
                    end += width + 1
                }
                put(year % 10_000, 4, "-")
                put(month, 2, "-")
                put(day, 2, "T")
                put(second / 3600, 2, ":")
                put(second / 60 % 60, 2, ":")
                put(second % 60, 2, ".")
                put(fraction, 3, "Z")
                return end
            }
    }

    package static func date(_ text: String) -> Date? {
        var text = text
        return text.withUTF8 { bytes in
            var parser = Parser(bytes: bytes)
            return parser.date()
        }
    }

    private struct Parser {
        let bytes: UnsafeBufferPointer<UInt8>
        var offset = 0

        init(bytes: UnsafeBufferPointer<UInt8>) {
            self.bytes = bytes
        }

        private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

        private mutating func digits(_ count: Int) -> Int64? {
            guard bytes.count - offset >= count else { return nil }
            var value: Int64 = 0
            for _ in 0..<count {
                let digit = bytes[offset] &- UInt8(ascii: "0")
                guard digit < 10 else { return nil }
                value = value * 10 + Int64(digit)
                offset += 1
            }
            return value
        }

        private mutating func skip(_ scalars: Unicode.Scalar...) -> Bool {
            guard let current, scalars.contains(where: { UInt8(ascii: $0) == current }) else { return false }
            offset += 1
            return true
        }

        mutating func date() -> Date? {
            guard let year = digits(4), skip("-"), let month = digits(2), skip("-"), let day = digits(2),
                skip("T", "t", " "), let hour = digits(2), skip(":"), let minute = digits(2), skip(":"),
                let second = digits(2),
                (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
            else { return nil }
            var fraction = 0.0
            if skip(".") {
                let start = offset
                var scale = 0.1
                while let digit = current.map({ $0 &- UInt8(ascii: "0") }), digit < 10 {
                    fraction += Double(digit) * scale
                    scale /= 10
                    offset += 1
                }
                guard offset > start else { return nil }
            }
            var zone: Int64 = 0
            if !skip("Z", "z") {
                let isNegative = current == UInt8(ascii: "-")
                guard skip("+", "-"), let hours = digits(2) else { return nil }
                _ = skip(":")
                guard let minutes = digits(2) else { return nil }
                zone = (hours * 3600 + minutes * 60) * (isNegative ? -1 : 1)
            }
            guard offset == bytes.count else { return nil }
            let seconds = WireDate.days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - zone
            return Date(timeIntervalSince1970: Double(seconds) + fraction)
        }
    }

    private static func floorDivide(_ value: Int64, _ by: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: by)
        return remainder < 0 ? (quotient - 1, remainder + by) : (quotient, remainder)
    }

    /// Days since 1970-01-01 of a date of the Gregorian calendar: years begin in March, so that the leap day is last.
    fileprivate static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
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
