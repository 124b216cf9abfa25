import ArgumentParser
import Assembly
import Foundation
import InfrastructureModel
import Operations
import Orchestration
import Synchronization

/// Sees an operation to its end and shows what the store says meanwhile.
struct Following: Sendable {
    let services: GantryServices
    let style: ProgressDisplay.Style
    let json: Bool

    /// What each machine does that is not where it shall be: for the message that time is over. At most ten lines.
    func unfinished(_ submitted: SubmittedOperation) async -> [String] {
        guard let snapshot = try? await services.manager.snapshot(submitted.infrastructure, caller: .local),
            let events = try? await services.manager.events(of: submitted.infrastructure, caller: .local)
        else { return [] }
        let last = Dictionary(events.compactMap { event in event.machine.map { ($0, event) } }) { $1 }
        let lines = snapshot.machines.filter(Self.isUnfinished).map { machine in
            // Once it runs, the next that is heard of it comes by SSH.
            let address = last[machine.id]?.kind == .contextualization ? nil : machine.addresses.first?.address
            return "machine \(machine.id.number) (\(machine.system)): \(last[machine.id]?.text ?? "not begun")"
                + (address.map { "; no answer from \($0) yet: check that it is on and lets SSH in" } ?? "")
        }
        return lines.count > 10 ? lines.prefix(9) + ["and \(lines.count - 9) more machines"] : lines
    }

    private static func isUnfinished(_ machine: MachineRecord) -> Bool {
        switch (machine.goal, machine.phase) {
        case (.absent, _): machine.isAlive
        case (.present, .running): machine.configuration == .pending
        case (.present, .failed), (.present, .vanished), (.present, .terminated): false
        case (.present, _): true
        }
    }

    /// - Returns: The finished operation.
    func follow(_ submitted: SubmittedOperation, since: Int64) async throws -> DurableOperation {
        let manager = services.manager
        let finished = Latch()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var display = ProgressDisplay(style: style)
                var sequence = since
                while true {
                    let last = finished.isSet || Task.isCancelled
                    let events = try await manager.events(
                        of: submitted.infrastructure, after: sequence, caller: .local)
                    sequence = events.last?.sequence ?? sequence
                    if json { for event in events { Terminal.line(EventJSON.line(event)) } }
                    display.show(events)
                    if last, events.isEmpty {
                        display.finish()
                        return
                    }
                    if !last { try? await Task.sleep(for: .milliseconds(100)) }
                }
            }
            do {
                let operation = try await manager.follow(submitted)
                finished.set()
                try await group.waitForAll()
                return operation
            } catch {
                finished.set()
                try? await group.waitForAll()
                throw error
            }
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
