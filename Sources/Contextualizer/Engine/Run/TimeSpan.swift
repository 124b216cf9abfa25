import Foundation
import Jinja
import Modules

/// When a command ran: the keys `start`, `end` and `delta` of its result, by the controller's clock in UTC.
struct TimeSpan {
    var from: Date
    var to: Date

    func add(to result: inout ModuleResult) {
        result["start"] = .string(Self.text(from))
        result["end"] = .string(Self.text(to))
        let micros = Int(max(0, to.timeIntervalSince(from)) * 1_000_000)
        let seconds = micros / 1_000_000
        let clock = [seconds / 60 % 60, seconds % 60].map { Self.digits($0, 2) }.joined(separator: ":")
        result["delta"] = .string("\(seconds / 3600):\(clock).\(Self.digits(micros % 1_000_000, 6))")
    }

    private static func text(_ date: Date) -> String {
        let interval = date.timeIntervalSince1970
        var seconds = time_t(interval)
        let micros = Int((interval - Double(seconds)) * 1_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let day = "\(Int(parts.tm_year) + 1900)-\(digits(Int(parts.tm_mon) + 1, 2))-\(digits(Int(parts.tm_mday), 2))"
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { digits(Int($0), 2) }.joined(separator: ":")
        return "\(day) \(clock).\(digits(micros, 6))"
    }

    private static func digits(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
