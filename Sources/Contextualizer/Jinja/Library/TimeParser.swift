/// Python's `strptime` for times without a zone.
struct TimeParser {
    private let text: [Unicode.Scalar]
    private var position = 0
    private var (year, month, day) = (1900, 1, 1)
    private var (hour, minute, second, micros) = (0, 0, 0, 0)
    private var dayOfYear: Int?
    private var isAfternoon: Bool?

    private init(_ text: String) { self.text = Array(text.unicodeScalars) }

    static func parse(_ text: String, format: String) throws(JinjaError) -> DateTimeObject {
        var parser = TimeParser(text)
        let mismatch = JinjaError.value(
            "time data \(JinjaValue.repr(of: text)) does not match format \(JinjaValue.repr(of: format))")
        var scalars = Array(format.unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            if scalar.isPythonSpace {
                guard parser.skipSpaces() else { throw mismatch }
            } else if scalar == "%", let directive = scalars.popFirst() {
                guard try parser.read(directive, format) else { throw mismatch }
            } else {
                guard parser.skip(scalar) else { throw mismatch }
            }
        }
        guard parser.position == parser.text.count else {
            let rest = String(scalars: parser.text[parser.position...])
            throw .value("unconverted data remains: \(rest)")
        }
        return try parser.finished()
    }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard position < text.count,
            String(text[position]).lowercased() == String(scalar).lowercased()
        else { return false }
        position += 1
        return true
    }

    private mutating func skipSpaces() -> Bool {
        let start = position
        while position < text.count, text[position].isPythonSpace { position += 1 }
        return position > start
    }

    /// Digits, at most so many; `nil`: none, or a number that is not allowed.
    private mutating func number(_ width: Int, _ allowed: ClosedRange<Int>) -> Int? {
        var value: Int?
        var count = 0
        while count < width, position < text.count, (0x30...0x39).contains(text[position].value) {
            let next = (value ?? 0) * 10 + Int(text[position].value - 0x30)
            // As the regular expression behind Python's directives: no longer than what is allowed.
            if count > 0, next > allowed.upperBound { break }
            value = next
            position += 1
            count += 1
        }
        return value.flatMap { allowed.contains($0) ? $0 : nil }
    }

    private mutating func name(_ names: [String]) -> Int? {
        let rest = String(scalars: text[position...]).lowercased()
        for (index, name) in names.enumerated() where rest.hasPrefix(name) {
            position += name.unicodeScalars.count
            return index
        }
        return nil
    }

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ]
    private static let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

    private mutating func read(_ directive: Unicode.Scalar, _ format: String) throws(JinjaError) -> Bool {
        func put(_ value: Int?, _ place: WritableKeyPath<TimeParser, Int>) -> Bool {
            guard let value else { return false }
            self[keyPath: place] = value
            return true
        }
        switch directive {
        case "Y":
            let start = position
            return put(number(4, 0...9999), \.year) && position - start == 4
        case "y":
            guard let value = number(2, 0...99) else { return false }
            year = value < 69 ? 2000 + value : 1900 + value
        case "m": return put(number(2, 1...12), \.month)
        case "d": return put(number(2, 1...31), \.day)
        case "H": return put(number(2, 0...23), \.hour)
        case "I": return put(number(2, 1...12), \.hour)
        case "M": return put(number(2, 0...59), \.minute)
        case "S": return put(number(2, 0...61), \.second)
        case "f":
            let start = position
            guard let value = number(6, 0...999_999) else { return false }
            micros = (position - start..<6).reduce(value) { value, _ in value * 10 }
        case "j":
            guard let value = number(3, 1...366) else { return false }
            dayOfYear = value
        case "p":
            guard let value = name(["am", "pm"]) else { return false }
            isAfternoon = value == 1
        case "B": return put(name(Self.months).map { $0 + 1 }, \.month)
        case "b", "h": return put(name(Self.months.map { String($0.prefix(3)) }).map { $0 + 1 }, \.month)
        case "A": return name(Self.weekdays) != nil
        case "a": return name(Self.weekdays.map { String($0.prefix(3)) }) != nil
        case "w": return number(1, 0...6) != nil
        case "u": return number(1, 1...7) != nil
        case "%": return skip("%")
        default:
            throw .value(
                "'\(String(directive))' is a bad directive in format \(JinjaValue.repr(of: format)), or one of time "
                    + "zones, which there are none of here")
        }
        return true
    }

    private func finished() throws(JinjaError) -> DateTimeObject {
        guard day <= Calendar.length(ofMonth: month, in: year), year > 0 else {
            throw .value("day is out of range for month")
        }
        guard second < 60 else { throw .value("second must be in 0..59") }
        var hour = hour
        if let isAfternoon { hour = hour % 12 + (isAfternoon ? 12 : 0) }
        let date = dayOfYear.map { Calendar.day(year, 1, 1) + $0 - 1 } ?? Calendar.day(year, month, day)
        return DateTimeObject(
            micros: (date * 86400 + hour * 3600 + minute * 60 + second) * 1_000_000 + micros)
    }
}
