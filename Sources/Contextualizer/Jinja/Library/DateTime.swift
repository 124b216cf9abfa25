#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A moment, with its distance from UTC or without, or a day: Python's `datetime` and `date`.
final class DateTimeObject: PythonObject {
    /// Microseconds since 1970 on the clock that it was read from.
    let micros: Int
    let isDay: Bool
    /// Seconds that the clock is ahead of UTC; nil: unknown.
    let offset: Int?
    var typeName: String { isDay ? "date" : "datetime" }

    init(micros: Int, isDay: Bool = false, offset: Int? = nil) {
        self.micros = micros
        self.isDay = isDay
        self.offset = offset
    }

    /// The same in UTC, where that is known.
    private var absolute: Int { micros - (offset ?? 0) * 1_000_000 }

    private func isLike(_ other: DateTimeObject) -> Bool {
        other.isDay == isDay && (other.offset == nil) == (offset == nil)
    }

    /// The clock's time now.
    static func now(isUTC: Bool) -> DateTimeObject {
        var moment = timespec()
        clock_gettime(CLOCK_REALTIME, &moment)
        return at(seconds: moment.tv_sec, micros: moment.tv_nsec / 1000, isUTC: isUTC)
    }

    /// A time of the system as the clock on the wall shows it.
    static func at(seconds: Int, micros: Int = 0, isUTC: Bool = false) -> DateTimeObject {
        var time = time_t(seconds)
        var parts = tm()
        if isUTC { gmtime_r(&time, &parts) } else { localtime_r(&time, &parts) }
        let day = Calendar.day(Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday))
        let second = Int(parts.tm_hour) * 3600 + Int(parts.tm_min) * 60 + Int(parts.tm_sec)
        return DateTimeObject(micros: (day * 86400 + second) * 1_000_000 + micros)
    }

    private var day: Int { Arithmetic.floorDivide(micros, Calendar.dayLength).partialValue }
    private var ofDay: Int { micros - day * Calendar.dayLength }

    private func isoText(_ separator: String) -> String {
        let (year, month, date) = Calendar.date(day)
        let shown = "\(Calendar.padded(year, 4))-\(Calendar.padded(month))-\(Calendar.padded(date))"
        return isDay ? shown : shown + separator + Calendar.clock(ofDay) + zone(":")
    }

    /// `+02:00`; nothing where it is unknown.
    private func zone(_ separator: String) -> String {
        guard let offset else { return "" }
        let minutes = abs(offset) / 60
        return (offset < 0 ? "-" : "+") + Calendar.padded(minutes / 60) + separator + Calendar.padded(minutes % 60)
    }

    var text: String { isoText(" ") }
    var repr: String {
        let (year, month, date) = Calendar.date(day)
        guard !isDay else { return "datetime.date(\(year), \(month), \(date))" }
        let seconds = ofDay / 1_000_000
        var parts = [year, month, date, seconds / 3600, seconds / 60 % 60, seconds % 60, ofDay % 1_000_000]
        while parts.count > 5, parts.last == 0 { parts.removeLast() }
        var shown = parts.map(String.init).joined(separator: ", ")
        if let offset {
            shown += ", tzinfo=datetime.timezone"
            shown += offset == 0 ? ".utc" : "(\(TimeSpanObject(micros: offset * 1_000_000).repr))"
        }
        return "datetime.datetime(\(shown))"
    }

    /// As JSON has it.
    static func isoText(_ value: JinjaValue) -> String { (value.python as? DateTimeObject)?.isoText("T") ?? value.text }

    func order(to other: JinjaValue) -> Int? {
        guard let other = other.python as? DateTimeObject, isLike(other) else { return nil }
        return absolute < other.absolute ? -1 : absolute > other.absolute ? 1 : 0
    }

    func apply(
        _ operation: ArithmeticOperator, _ other: JinjaValue, isLeft: Bool
    ) throws(JinjaError) -> JinjaValue? {
        if let span = other.python as? TimeSpanObject, operation == .add || (operation == .subtract && isLeft) {
            return .python(
                DateTimeObject(
                    micros: operation == .add ? micros + span.micros : micros - span.micros, isDay: isDay,
                    offset: offset))
        }
        guard operation == .subtract, isLeft, let other = other.python as? DateTimeObject, isLike(other) else {
            return nil
        }
        return .python(TimeSpanObject(micros: absolute - other.absolute))
    }

    func attribute(_ name: String, in context: JinjaContext) -> JinjaValue? {
        let (year, month, date) = Calendar.date(day)
        let weekday = Arithmetic.floorDivide(day + 3, 7).partialValue
        let seconds = ofDay / 1_000_000
        switch name {
        case "year": return .int(year)
        case "month": return .int(month)
        case "day": return .int(date)
        case "hour" where !isDay: return .int(seconds / 3600)
        case "minute" where !isDay: return .int(seconds / 60 % 60)
        case "second" where !isDay: return .int(seconds % 60)
        case "microsecond" where !isDay: return .int(ofDay % 1_000_000)
        case "tzinfo" where !isDay: return offset.map { _ in .string("UTC" + zone(":")) } ?? JinjaValue.none
        case "weekday": return function(name) { .int(day + 3 - weekday * 7) }
        case "isoweekday": return function(name) { .int(day + 4 - weekday * 7) }
        case "date" where !isDay:
            return function(name) { .python(DateTimeObject(micros: day * Calendar.dayLength, isDay: true)) }
        case "isoformat": return function(name) { .string(isoText("T")) }
        case "timestamp" where !isDay: return function(name) { .double(timestamp) }
        case "strftime":
            return .function(
                name,
                JinjaFunction(["format"]) { [self] arguments, _ in .string(format(arguments.subject.text)) })
        default: return nil
        }
    }

    private func function(_ name: String, _ body: () -> JinjaValue) -> JinjaValue {
        let value = body()
        return .function(name, JinjaFunction([]) { _, _ in value })
    }

    /// Seconds since 1970, where the clock is that of the controller.
    private var timestamp: Double {
        if offset != nil { return Double(absolute) / 1_000_000 }
        let (year, month, date) = Calendar.date(day)
        let seconds = ofDay / 1_000_000
        var parts = tm()
        parts.tm_year = Int32(year - 1900)
        parts.tm_mon = Int32(month - 1)
        parts.tm_mday = Int32(date)
        parts.tm_hour = Int32(seconds / 3600)
        parts.tm_min = Int32(seconds / 60 % 60)
        parts.tm_sec = Int32(seconds % 60)
        parts.tm_isdst = -1
        return Double(mktime(&parts)) + Double(ofDay % 1_000_000) / 1_000_000
    }

    /// Python's `strftime`.
    func format(_ format: String) -> String {
        var plain = ""
        var isEscaped = false
        for character in format {
            if isEscaped {
                switch character {
                case "f": plain += Calendar.padded(ofDay % 1_000_000, 6)
                case "z": plain += zone("")
                case "Z": plain += offset == nil ? "" : offset == 0 ? "UTC" : "UTC" + zone(":")
                default: plain += "%" + String(character)
                }
                isEscaped = false
            } else if character == "%" {
                isEscaped = true
            } else {
                plain.append(character)
            }
        }
        if isEscaped { plain += "%" }
        return Clock.format(plain, seconds: Arithmetic.floorDivide(micros, 1_000_000).partialValue, isUTC: true)
    }
}

/// Python's `timedelta`.
final class TimeSpanObject: PythonObject {
    let micros: Int
    let typeName = "timedelta"

    init(micros: Int) { self.micros = micros }

    private var days: Int { Arithmetic.floorDivide(micros, Calendar.dayLength).partialValue }
    private var ofDay: Int { micros - days * Calendar.dayLength }
    var isTrue: Bool { micros != 0 }

    var text: String {
        let clock = Calendar.clock(ofDay, hourWidth: 1)
        return days == 0 ? clock : "\(days) day\(abs(days) == 1 ? "" : "s"), \(clock)"
    }

    var repr: String {
        let parts = [("days", days), ("seconds", ofDay / 1_000_000), ("microseconds", ofDay % 1_000_000)]
            .filter { $0.1 != 0 }.map { "\($0.0)=\($0.1)" }
        return "datetime.timedelta(\(parts.isEmpty ? "0" : parts.joined(separator: ", ")))"
    }

    func order(to other: JinjaValue) -> Int? {
        guard let other = other.python as? TimeSpanObject else { return nil }
        return micros < other.micros ? -1 : micros > other.micros ? 1 : 0
    }

    func apply(
        _ operation: ArithmeticOperator, _ other: JinjaValue, isLeft: Bool
    ) throws(JinjaError) -> JinjaValue? {
        if let other = other.python as? TimeSpanObject {
            let (left, right) = isLeft ? (micros, other.micros) : (other.micros, micros)
            switch operation {
            case .add: return .python(TimeSpanObject(micros: left + right))
            case .subtract: return .python(TimeSpanObject(micros: left - right))
            case .divide where right != 0: return .double(Double(left) / Double(right))
            case .floorDivide where right != 0: return .int(Arithmetic.floorDivide(left, right).partialValue)
            default: return nil
            }
        }
        guard case .int(let number)? = other.number?.value else { return nil }
        switch operation {
        case .multiply:
            let product = micros.multipliedReportingOverflow(by: number)
            guard !product.overflow else { throw .value("days of a timedelta must have magnitude <= 999999999") }
            return .python(TimeSpanObject(micros: product.partialValue))
        case .divide where isLeft && number != 0:
            return .python(TimeSpanObject(micros: Int((Double(micros) / Double(number)).rounded(.toNearestOrEven))))
        default: return nil
        }
    }

    func attribute(_ name: String, in context: JinjaContext) -> JinjaValue? {
        switch name {
        case "days": return .int(days)
        case "seconds": return .int(ofDay / 1_000_000)
        case "microseconds": return .int(ofDay % 1_000_000)
        case "total_seconds":
            let seconds = Double(micros) / 1_000_000
            return .function(name, JinjaFunction([]) { _, _ in .double(seconds) })
        default: return nil
        }
    }
}

/// The Gregorian calendar, for all years.
enum Calendar {
    /// In microseconds.
    static let dayLength = 86_400_000_000

    /// Days since 1970-01-01.
    static func day(_ year: Int, _ month: Int, _ day: Int) -> Int {
        // Years begin in March, so that the odd day stands at their end.
        let year = month <= 2 ? year - 1 : year
        let era = Arithmetic.floorDivide(year, 400).partialValue
        let ofEra = year - era * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    static func date(_ day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = Arithmetic.floorDivide(shifted, 146_097).partialValue
        let ofEra = shifted - era * 146_097
        let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let part = (5 * ofYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        return (year + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * part + 2) / 5 + 1)
    }

    static func length(ofMonth month: Int, in year: Int) -> Int {
        if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
        return [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// `09:05:01`, with microseconds where there are some.
    static func clock(_ micros: Int, hourWidth: Int = 2) -> String {
        let seconds = micros / 1_000_000
        let shown =
            "\(padded(seconds / 3600, hourWidth)):\(padded(seconds / 60 % 60)):\(padded(seconds % 60))"
        return micros % 1_000_000 == 0 ? shown : shown + "." + padded(micros % 1_000_000, 6)
    }

    static func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

extension JinjaValue {
    /// A time of the system, on the wall's clock.
    package static func time(seconds: Int, micros: Int) -> JinjaValue {
        .python(DateTimeObject.at(seconds: seconds, micros: micros))
    }

    /// A day, or a moment where a time of day is given.
    ///
    /// - Parameter offset: Seconds that the clock is ahead of UTC; nil: unknown.
    package static func date(
        _ year: Int, _ month: Int, _ day: Int, secondOfDay: Int? = nil, micros: Int = 0, offset: Int? = nil
    ) -> JinjaValue? {
        guard year > 0, (1...12).contains(month), (1...Calendar.length(ofMonth: month, in: year)).contains(day) else {
            return nil
        }
        let seconds = Calendar.day(year, month, day) * 86400 + (secondOfDay ?? 0)
        return .python(
            DateTimeObject(micros: seconds * 1_000_000 + micros, isDay: secondOfDay == nil, offset: offset))
    }

    /// The text of a moment in JSON; nil: it is none.
    package var jsonOfTime: String? { python is DateTimeObject ? DateTimeObject.isoText(self) : nil }

    package static func timeNow() -> JinjaValue { .python(DateTimeObject.now(isUTC: false)) }
}
