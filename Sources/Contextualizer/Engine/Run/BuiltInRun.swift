import ContextualizationAPI
import Jinja
import Modules
import Support

/// Runs built-in tasks on one machine, with the same records as those of recipes.
struct BuiltInRun {
    let context: RunContext
    let machine: ContextualizationMachine
    let link: MachineLink
    let step: String

    /// - Returns: the message of the task that failed; nil when all is well.
    func run(_ tasks: [BuiltInTask]) async throws -> String? {
        for task in tasks {
            try Task.checkCancellation()
            if let message = try await run(task) { return message }
        }
        return nil
    }

    private func run(_ task: BuiltInTask) async throws -> String? {
        let recorder = context.recorder
        if let record = context.history.record(machine.id, step: step, path: task.path) {
            recorder.count(machine.id, of: record)
            return nil
        }
        context.masker.add(task.secrets)
        let reference = TaskReference(step: step, path: task.path, name: task.name, module: task.module)
        try await recorder.emit(machine.id, .taskStarted(reference))
        let started = ContinuousClock.now
        var result: ModuleResult
        var isUnreachable = false
        do {
            let invocation = task.invocation
            let program = ShellProgram(
                script: invocation.script, files: invocation.files, escalation: escalation, timeout: task.timeout)
            let output = try await runTwice(program)
            guard case .finish(let finished) = invocation.decode(output) else { return nil }
            result = finished
        } catch let error as CommunicatorError {
            guard error.code != .cancelled else { throw CancellationError() }
            result = .failure(error.message)
            isUnreachable = error.code != .escalationFailed && error.code != .noSpace && error.code != .timeout
        }
        let visible = context.masker.mask(.dict(result.dictionary))
        var status: TaskRecord.Status = result.failed ? .failed : result.changed ? .changed : .ok
        if result.failed, task.isOptional { status = .ignored }
        if isUnreachable { status = .unreachable }
        try await recorder.finished(
            machine.id,
            TaskRecord(
                task: reference, status: status, seconds: (ContinuousClock.now - started).inSeconds,
                summary: TaskSummary.text(visible, status: status), result: JSONText.text(visible), effects: nil,
                isRepeatable: status == .ok))
        let message = context.masker.mask(result.message ?? "")
        if status == .ignored { try await recorder.emit(machine.id, .message("\(task.name): \(message)")) }
        return status == .failed || status == .unreachable ? "\(task.name): \(message)" : nil
    }

    /// These programs look before they act, so one that a broken connection ended may run again.
    private func runTwice(_ program: ShellProgram) async throws -> ProgramOutput {
        do {
            return try await link.run(program)
        } catch let error as CommunicatorError where error.code == .connectionLost {
            return try await link.run(program)
        }
    }

    private var escalation: Escalation? {
        machine.target.user == "root" ? nil : Escalation(password: machine.escalationPassword)
    }
}
