import ConnectorAPI
import Support

/// Lets a report of progress through at most once a second: a copy of a disk reports every block.
final class ReportPace: Sendable {
    private let last = LockedValue<ContinuousClock.Instant?>(nil)

    /// A report for people: `uploading (40 %)`; nil: it comes too soon after another one.
    func text(of report: ProgressReport, now: ContinuousClock.Instant = .now) -> String? {
        let isDue = last.withLock { last in
            if let last, now < last + .seconds(1) { return false }
            last = now
            return true
        }
        guard isDue else { return nil }
        // One line, whatever a connector says.
        let message = report.message.prefix(500).split(whereSeparator: \.isNewline).joined(separator: " ")
        guard let fraction = report.fraction, fraction.isFinite else { return message }
        return "\(message) (\(Int(min(max(fraction, 0), 1) * 100)) %)"
    }
}
