import Foundation
package import InfrastructureModel

/// IM's `contmsg`: what happened, as one text (im.md 6.7).
package enum ContextualizationMessage {
    /// Logs of the newest contextualization: by numbers of machines.
    package struct Logs: Sendable {
        /// Which contextualization.
        package var generation: Int
        package var lines: [Int: [String]]
    }

    /// Where no machine is configured.
    package static let disabled = "Contextualization disabled by the RADL/TOSCA template.\n\n"
    /// Of one such machine.
    package static let disabledMachine = "Contextualization disabled\n"

    /// Lines of the whole infrastructure, then those of each machine, ended by a line of 75 asterisks.
    /// - Parameter logs: nil: the lines of the whole infrastructure alone.
    package static func text(_ events: [InfrastructureEvent], logs: Logs?) -> String {
        var text = events.filter { $0.machine == nil }.map { line($0) }.joined()
        guard let logs else { return text }
        let byMachine = Dictionary(grouping: events.filter { $0.machine != nil }) { $0.machine?.number ?? 0 }
        for (number, events) in byMachine.sorted(by: { $0.key < $1.key }) {
            text += "VM \(number):\n\(machineText(events, logs: logs))\n\(String(repeating: "*", count: 75))\n"
        }
        return text
    }

    /// The part of one machine: what happened to it, then the log of its newest contextualization.
    package static func machineText(_ events: [InfrastructureEvent], logs: Logs? = nil) -> String {
        guard let logs, let number = events.first?.machine?.number, let log = logs.lines[number] else {
            return events.map { line($0) }.joined()
        }
        return events.filter { $0.kind != .contextualization || $0.generation != logs.generation }
            .map { line($0) }.joined() + log.map { $0 + "\n" }.joined()
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
