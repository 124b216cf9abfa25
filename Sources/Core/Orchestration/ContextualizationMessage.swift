import Foundation
package import InfrastructureModel

/// IM's `contmsg`: what happened, as one text (im.md 6.7).
package enum ContextualizationMessage {
    /// Lines of the whole infrastructure, then those of each machine, ended by a line of 75 asterisks.
    package static func text(_ events: [InfrastructureEvent], headerOnly: Bool) -> String {
        var text = events.filter { $0.machine == nil }.map { line($0) }.joined()
        if headerOnly { return text }
        let byMachine = Dictionary(grouping: events.filter { $0.machine != nil }) { $0.machine?.number ?? 0 }
        for (number, events) in byMachine.sorted(by: { $0.key < $1.key }) {
            text += "VM \(number):\n\(machineText(events))\n\(String(repeating: "*", count: 75))\n"
        }
        return text
    }

    /// The part of one machine.
    package static func machineText(_ events: [InfrastructureEvent]) -> String {
        events.map { line($0) }.joined()
    }

    private static func line(_ event: InfrastructureEvent) -> String {
        "\(timestamp(event.time)): \(event.text)\n"
    }

    /// `YYYY-MM-DD HH:MM:SS.ffffff`, UTC.
    static func timestamp(_ date: Date) -> String {
        let seconds = date.timeIntervalSince1970
        let whole = date.formatted(
            .iso8601.year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false))
        let micro = Int((seconds - seconds.rounded(.down)) * 1_000_000)
        let digits = String(micro)
        return whole + "." + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }
}
