import ContextualizationAPI
import Foundation

extension RecipeLog {
    /// The log of one machine: Ansible's output for each step, in the words that IM's agent puts around it (im.md 6.7).
    static func machineLines(_ events: [ContextualizationEvent], host: String) -> [String] {
        let hosts = Dictionary(events.compactMap(\.machine).map { ($0, host) }) { first, _ in first }
        var log = RecipeLog(hosts: hosts, showsDifference: false)
        var lines: [String] = []
        var results: [ContextualizationEvent] = []
        for event in events {
            switch event.body {
            case .reached(let endpoint, _): lines.append("Remote access to VM: \(endpoint.host) Open!")
            case .stepStarted(let step, _):
                lines.append("Launch task: \(step)")
                results = []
            case .taskFinished:
                results.append(event)
                lines += timed(log.printed(event), event.time)
            case .stepFinished(let step, let succeeded):
                lines += log.flushed() + recap(counts(of: results), hosts: hosts)
                lines += ["", succeeded ? "Task \(step) finished successfully" : "ERROR executing task \(step)"]
            case .failed(_, let message), .message(let message): lines.append(message)
            case .taskStarted, .passed, .stepRestarted: break
            }
        }
        return lines
    }

    /// With the time below the head of a task, where there is one.
    private static func timed(_ lines: [String], _ time: Date) -> [String] {
        var lines = lines
        if let head = lines.firstIndex(where: { $0.hasPrefix("TASK [") || $0.hasPrefix("RUNNING HANDLER [") }) {
            lines.insert(clock(time), at: head + 1)
        }
        return lines
    }

    /// `Friday 27 November 2026  10:43:13.000000`, UTC.
    private static func clock(_ time: Date) -> String {
        let micros = Int((time.timeIntervalSince1970 * 1_000_000).rounded(.down))
        var seconds = time_t(micros / 1_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func padded(_ number: some BinaryInteger, _ width: Int = 2) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(days[Int(parts.tm_wday) % 7]) \(padded(parts.tm_mday)) \(months[Int(parts.tm_mon) % 12]) "
            + "\(parts.tm_year + 1900)  \(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec))."
            + padded(micros % 1_000_000, 6)
    }

    private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
}
