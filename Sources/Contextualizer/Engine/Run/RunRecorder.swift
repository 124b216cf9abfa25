import ContextualizationAPI
import Foundation
import Jinja
import Modules
import Support

/// Tells the caller what happens and counts it. Each event is awaited: only then the machine goes on.
final class RunRecorder: Sendable {
    private let sink: @Sendable (ContextualizationEvent) async throws -> Void
    private let counts = LockedValue<[String: ContextualizationReport.Counts]>([:])

    init(sink: @escaping @Sendable (ContextualizationEvent) async throws -> Void) {
        self.sink = sink
    }

    func emit(_ machine: String?, _ body: ContextualizationEvent.Body) async throws {
        do {
            try await sink(ContextualizationEvent(machine: machine, body: body))
        } catch {
            throw SinkFailure(underlying: error)
        }
    }

    func finished(_ machine: String, _ record: TaskRecord) async throws {
        count(machine, of: record)
        try await emit(machine, .taskFinished(record))
    }

    /// A failure that is ignored counts as a change where the task changed something before it failed.
    func count(_ machine: String, of record: TaskRecord) {
        // What the engine itself is told to do counts as no task.
        guard record.task.module != "meta" else { return }
        count(machine, record.status)
        if record.status == .ignored, JSONText.parse(record.result)?["changed"] == .bool(true) {
            counts.withLock { $0[machine, default: .init()].changed += 1 }
        }
    }

    func count(_ machine: String, _ status: TaskRecord.Status) {
        counts.withLock { counts in
            switch status {
            case .ok: counts[machine, default: .init()].ok += 1
            case .changed:
                counts[machine, default: .init()].ok += 1
                counts[machine, default: .init()].changed += 1
            case .skipped: counts[machine, default: .init()].skipped += 1
            case .failed: counts[machine, default: .init()].failed += 1
            case .ignored:
                counts[machine, default: .init()].ok += 1
                counts[machine, default: .init()].ignored += 1
            case .rescued: counts[machine, default: .init()].rescued += 1
            case .unreachable: counts[machine, default: .init()].unreachable += 1
            }
        }
    }

    var report: [String: ContextualizationReport.Counts] { counts.withLock { $0 } }
}

/// The caller could not take an event: the run ends, since going on would do what nobody will know of.
struct SinkFailure: Error {
    let underlying: any Error
}
