import ContextualizationAPI
import InfrastructureModel

extension ContextualizationEvent {
    /// One line for people; holds no secret, since the engine masks summaries.
    var line: String {
        switch body {
        case .reached(let endpoint, _): return "reached at \(endpoint)"
        case .passed(let endpoint, _): return "reached through \(endpoint), whose host key counts from now on"
        case .stepStarted(let step, let tasks): return "\(step): begins, \(tasks) tasks"
        case .taskStarted(let task): return "\(task.step): \(task.name.isEmpty ? task.module : task.name)"
        case .taskFinished(let record):
            let name = record.task.name.isEmpty ? record.task.module : record.task.name
            let summary = record.summary.isEmpty ? "" : ": \(record.summary)"
            return "\(record.task.step): \(name): \(record.status.rawValue)\(summary)"
        case .stepFinished(let step, let succeeded): return "\(step): \(succeeded ? "done" : "failed")"
        case .stepRestarted(let step, let attempt): return "\(step): begins for the \(attempt). time"
        case .failed(let step, let message): return (step.map { "\($0): " } ?? "") + "failed: \(message)"
        case .message(let text): return text
        }
    }

    /// Whether a run that died must have it to go on. What says only that something begins, that there was nothing to do,
    /// or that a step ended whose tasks have told it, need not be stored before the run goes on: it is stored with what
    /// follows.
    var isNeededToResume: Bool {
        switch body {
        case .taskStarted, .stepStarted, .stepFinished: false
        case .taskFinished(let record): !record.isRepeatable
        case .reached, .passed, .stepRestarted, .failed, .message: true
        }
    }

    /// How the machine let us in, or what is on the way to it, where the event tells it.
    var learnt: LearntAccess? {
        switch body {
        case .reached(let endpoint, let hostKey):
            LearntAccess(endpoint: .init(host: endpoint.host, port: endpoint.port), hostKey: hostKey)
        case .passed(let endpoint, let hostKey):
            LearntAccess(
                endpoint: .init(host: endpoint.host, port: endpoint.port), hostKey: hostKey, isProxy: true)
        default: nil
        }
    }
}
