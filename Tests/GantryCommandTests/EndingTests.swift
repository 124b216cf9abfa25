import ContextualizationAPI
import Foundation
import InfrastructureModel
import JSONCoding
import Operations
import Orchestration
import Support
import Testing

@testable import gantry

/// What a command says of an operation that has ended.
@Suite struct EndingTests {
    private static let id = InfrastructureID(rawValue: "i")
    private static let start = Date(timeIntervalSince1970: 0)

    private static func operation(_ kind: OperationKind, _ status: DurableOperation.Status) -> DurableOperation {
        DurableOperation(
            id: OperationID(rawValue: "o-\(kind)"), subject: OperationSubject(rawValue: id.rawValue), kind: kind,
            dueAt: start, createdAt: start, status: status)
    }

    private static func snapshot(
        _ phase: InfrastructureRecord.Phase, goal: InfrastructureRecord.Goal
    ) -> InfrastructureSnapshot {
        InfrastructureSnapshot(
            infrastructure: InfrastructureRecord(
                id: id, name: "a b", owners: [], createdAt: start, goal: goal, phase: phase),
            secrets: InfrastructureSecrets(document: Secret("")), machines: [], resources: [])
    }

    // MARK: Destroyed meanwhile

    private static func found(
        _ kind: OperationKind, _ snapshot: InfrastructureSnapshot, _ unfinished: [DurableOperation] = []
    ) -> Takeover? {
        Takeover.found(kind, InfrastructureSummary(snapshot, underWay: unfinished, now: start))
    }

    @Test("an infrastructure that another command destroys is not told as it was")
    func takeovers() {
        let destroy = Self.operation(.destroy, .running)
        let gone = Self.found(.create, Self.snapshot(.destroyed, goal: .destroyed))
        #expect(
            gone?.text("a b")
                == "a b was destroyed by another command meanwhile; `gantry log 'a b'` shows what happened")
        let going = "a is being destroyed by another command; `gantry show a` shows what is left"
        let asked = Self.found(.create, Self.snapshot(.active, goal: .present), [destroy])
        #expect(asked?.text("a") == going)
        let begun = Self.found(.create, Self.snapshot(.destroying, goal: .destroyed))
        #expect(begun?.text("a") == going)
        // It was done, and is gone before the command could tell.
        #expect(Self.found(.converge, Self.snapshot(.destroyed, goal: .destroyed)) == .destroyed)
    }

    @Test func otherEndsAreNoTakeovers() {
        let living = Self.snapshot(.active, goal: .present)
        #expect(Self.found(.converge, living) == nil)
        #expect(Self.found(.converge, living, [Self.operation(.converge, .running)]) == nil)
        #expect(Self.found(.destroy, Self.snapshot(.destroyed, goal: .destroyed)) == nil)
    }

    // MARK: Counts

    private static func end(
        _ machine: Int, _ path: String, _ status: TaskRecord.Status, step: String = "s"
    ) throws -> InfrastructureEvent {
        let task = TaskReference(step: step, path: path, name: "", module: "command")
        return try event(
            machine,
            .taskFinished(
                TaskRecord(task: task, status: status, seconds: 0, summary: "", result: "{}", effects: nil)))
    }

    private static func event(_ machine: Int, _ body: ContextualizationEvent.Body) throws -> InfrastructureEvent {
        InfrastructureEvent(
            infrastructure: id, machine: MachineID(infrastructure: id, number: machine), time: start,
            kind: .contextualization, text: "", generation: 1,
            payload: Data(try JSONText.encode(ContextualizationEvent(machine: "m", time: start, body: body))))
    }

    @Test("tasks before and after an interruption are counted, each once, with its last end")
    func countsOfAResumedRun() throws {
        let counts = TaskCounts([
            try Self.end(0, "0.tasks.0", .ok),
            try Self.end(0, "0.tasks.1", .changed),
            try Self.end(0, "0.tasks.2", .failed),
            try Self.event(0, .failed(step: "s", message: "no")),
            try Self.end(1, "0.tasks.0", .unreachable),
            // The run that went on.
            try Self.event(0, .stepStarted(step: "s", tasks: 3)),
            try Self.end(0, "0.tasks.2", .changed),
            try Self.end(0, "0.tasks.0", .ok, step: "t"),
            try Self.end(0, "0.tasks.3", .skipped),
            try Self.end(1, "0.tasks.0", .ok),
        ])
        #expect(counts[0].ok == 4 && counts[0].changed == 2 && counts[0].failed == 0 && counts[0].skipped == 1)
        #expect(counts[1].ok == 1 && counts[1].unreachable == 0)
        #expect(counts[7] == ContextualizationReport.Counts())
    }
}
