import Foundation
import InfrastructureModel
import Operations
import Orchestration
import Support
import Synchronization

/// Sees a change to its end and shows what is told of it meanwhile.
struct Following: Sendable {
    let service: any InfrastructureService
    let style: ProgressDisplay.Style
    let json: Bool

    /// What each machine does that is not where it shall be: for the message that time is over. At most ten lines.
    func unfinished(_ change: SubmittedChange) async -> [String] {
        guard let summary = try? await service.summary(of: change.infrastructure),
            let events = try? await service.events(of: change.infrastructure, after: change.since)
        else { return [] }
        let last = Dictionary(events.compactMap { event in event.machine.map { ($0.number, event) } }) { $1 }
        let waiting = summary.machines.filter { Self.passing.contains($0.state) }
        let shown = waiting.count > 10 ? Array(waiting.prefix(9)) : waiting
        var lines: [String] = []
        for machine in shown {
            // Once it runs, the next that is heard of it comes by SSH.
            let isHeard = last[machine.number]?.kind == .contextualization
            let address = isHeard ? nil : machine.addresses.first
            lines.append(
                "machine \(machine.number) (\(machine.system)): \(last[machine.number]?.text ?? "not begun")"
                    + (address.map { "; no answer from \($0) yet: check that it is on and lets SSH in" } ?? "")
                    + (isHeard || lines.count >= Self.mostConsoles ? "" : await consoleEnd(machine, change)))
        }
        return waiting.count > shown.count ? lines + ["and \(waiting.count - shown.count) more machines"] : lines
    }

    /// Machines whose consoles are read for the message.
    private static let mostConsoles = 3
    private static let consolePatience = Duration.seconds(5)

    /// What the machine has written last; empty where nothing can be had soon.
    private func consoleEnd(_ machine: InfrastructureSummary.Machine, _ change: SubmittedChange) async -> String {
        let console = try? await withDeadline(Self.consolePatience, "the console") {
            try await service.console(ofMachine: machine.number, in: change.infrastructure)
        }
        let end = machine.addresses.isEmpty ? console?.endOfStart : console?.end
        return end.map { "; " + $0 } ?? ""
    }

    private static let passing = Set(
        [MachineState.pending, .running, .deleting].map(\.rawValue))

    /// What was seen of a change.
    struct Seen: Sendable {
        var ending = ChangeEnding(status: .succeeded)
        /// What was told of tasks.
        var counts = TaskCounts()
        /// Whether anything happened.
        var hasNews = false
        /// Whether a machine was given another size.
        var hasNewSize = false
    }

    /// - Returns: How it ended, and what was told meanwhile.
    func follow(_ change: SubmittedChange) async throws -> Seen {
        let finished = Latch()
        return try await withThrowingTaskGroup(of: Seen.self) { group in
            group.addTask { try await show(change, until: finished) }
            do {
                let ending = try await service.finish(change)
                finished.set()
                var seen = try await group.next() ?? Seen()
                seen.ending = ending
                return seen
            } catch {
                finished.set()
                try? await group.waitForAll()
                throw error
            }
        }
    }

    private func show(_ change: SubmittedChange, until finished: Latch) async throws -> Seen {
        var display = ProgressDisplay(style: style)
        var sequence = change.since
        var seen = Seen()
        while true {
            let last = finished.isSet || Task.isCancelled
            let events = try await service.events(of: change.infrastructure, after: sequence)
            sequence = events.last?.sequence ?? sequence
            seen.counts.add(events)
            seen.hasNews = seen.hasNews || !events.isEmpty
            seen.hasNewSize = seen.hasNewSize || events.contains(where: \.tellsNewSize)
            if json { for event in events { Terminal.line(EventJSON.line(event)) } }
            display.show(events)
            if last, events.isEmpty {
                display.finish()
                return seen
            }
            if !last { try? await Task.sleep(for: service.pace) }
        }
    }
}

/// Set once, read by another task.
final class Latch: Sendable {
    private let value = Mutex(false)

    var isSet: Bool { value.withLock { $0 } }

    func set() { value.withLock { $0 = true } }
}

/// Events for programs: one JSON object a line.
enum EventJSON {
    private struct Line: Encodable {
        var sequence: Int64
        var time: Date
        var kind: String
        var infrastructure: String
        var machine: Int?
        var text: String
    }

    static func line(_ event: InfrastructureEvent) -> String {
        JSONOutput.line(
            Line(
                sequence: event.sequence, time: event.time, kind: event.kind.rawValue,
                infrastructure: event.infrastructure.rawValue, machine: event.machine?.number, text: event.text))
    }
}
