import ContextualizationAPI
import Foundation
import InfrastructureModel
import JSONCoding

/// How the tasks of a contextualization ended, by machine: of one that was done again after an interruption, its last end.
struct TaskCounts: Sendable {
    private struct Place: Hashable {
        var machine: Int
        var step: String
        var path: String
    }

    private var ends: [Place: TaskRecord.Status] = [:]

    /// - Parameter events: Those of one contextualization, in order, with payloads.
    init(_ events: [InfrastructureEvent] = []) {
        add(events)
    }

    /// Takes what came next.
    mutating func add(_ events: [InfrastructureEvent]) {
        for event in events {
            guard let machine = event.machine?.number, let payload = event.payload,
                let inner = try? JSONText.decode(ContextualizationEvent.self, from: Array(payload)),
                case .taskFinished(let record) = inner.body
            else { continue }
            ends[Place(machine: machine, step: record.task.step, path: record.task.path)] = record.status
        }
    }

    /// By the numbers of machines.
    var byMachine: [Int: ContextualizationReport.Counts] {
        var counts: [Int: ContextualizationReport.Counts] = [:]
        for (place, status) in ends { counts[place.machine, default: .init()].add(status) }
        return counts
    }

    subscript(machine: Int) -> ContextualizationReport.Counts { byMachine[machine] ?? .init() }
}

extension ContextualizationReport.Counts {
    fileprivate mutating func add(_ status: TaskRecord.Status) {
        switch status {
        case .ok: ok += 1
        case .changed:
            ok += 1
            changed += 1
        case .skipped: skipped += 1
        case .failed: failed += 1
        case .ignored: ignored += 1
        case .rescued: rescued += 1
        case .unreachable: unreachable += 1
        }
    }
}
