package import Foundation

/// What happened in a run. A value that is stored, shown as progress, printed as log and given back to resume.
package struct ContextualizationEvent: Sendable, Hashable, Codable {
    package enum Body: Sendable, Hashable, Codable {
        /// The machine let us in at this endpoint with this host key.
        case reached(endpoint: Endpoint, hostKey: String)
        /// A proxy on the way to the machine, of which nothing was known yet, showed this host key.
        case passed(endpoint: Endpoint, hostKey: String)
        /// A step begins on the machine; `tasks` is how many are known at this time.
        case stepStarted(step: String, tasks: Int)
        case taskStarted(TaskReference)
        /// A task ended on the machine. Everything that a resumed run needs is in it.
        case taskFinished(TaskRecord)
        case stepFinished(step: String, succeeded: Bool)
        /// A step that failed is done for this time (2 at least), from its beginning: what its tasks did before does not
        /// count as done.
        case stepRestarted(step: String, attempt: Int)
        /// The machine takes no further part.
        case failed(step: String?, message: String)
        /// For people: a waiting, a warning, the text that the log shows.
        case message(String)
    }

    /// The machine; nil: the whole run.
    package var machine: String?
    package var time: Date
    package var body: Body

    package init(machine: String?, time: Date = Date(), body: Body) {
        self.machine = machine
        self.time = time
        self.body = body
    }
}

/// Names a task within a run on one machine.
package struct TaskReference: Sendable, Hashable, Codable {
    package var step: String
    /// Stable place in the expanded recipe, such as `0.tasks.11` or `0.tasks.3.block.1`: equal after a resume.
    package var path: String
    package var name: String
    package var module: String
    /// Of what the task says, where another one may stand at its place when the run goes on; nil: it is the same.
    package var digest: String?

    package init(step: String, path: String, name: String, module: String, digest: String? = nil) {
        self.step = step
        self.path = path
        self.name = name
        self.module = module
        self.digest = digest
    }
}

/// A task that ended on one machine.
package struct TaskRecord: Sendable, Hashable, Codable {
    package enum Status: String, Sendable, Hashable, Codable {
        case ok, changed, skipped, failed, ignored, rescued, unreachable
    }

    package var task: TaskReference
    package var status: Status
    package var seconds: Double
    /// One line for people, secrets masked.
    package var summary: String
    /// The result as Ansible's keys (`changed`, `rc`, `stdout`, `msg`, …), JSON text, secrets masked where the task says
    /// `no_log`.
    package var result: String
    /// What the task left for later ones, JSON text: registered variables, facts, notified handlers. Opaque outside of the
    /// engine; may hold secrets, so it is stored encrypted and never shown.
    package var effects: String?
    /// Whether nothing is lost with this record: the task found all as it should be and left nothing for later ones, so
    /// that it may be done again. For whom stores it; not stored itself.
    package var isRepeatable = false

    private enum CodingKeys: String, CodingKey {
        case task, status, seconds, summary, result, effects
    }

    package init(
        task: TaskReference, status: Status, seconds: Double, summary: String, result: String, effects: String?,
        isRepeatable: Bool = false
    ) {
        self.task = task
        self.status = status
        self.seconds = seconds
        self.summary = summary
        self.result = result
        self.effects = effects
        self.isRepeatable = isRepeatable
    }
}

/// How a run ended for each machine.
package struct ContextualizationReport: Sendable, Hashable {
    package enum Result: Sendable, Hashable {
        case configured
        case failed(step: String?, message: String)
    }

    package struct Counts: Sendable, Hashable {
        package var ok = 0
        package var changed = 0
        package var skipped = 0
        package var failed = 0
        package var rescued = 0
        package var ignored = 0
        package var unreachable = 0

        package init() {}
    }

    /// By machine id.
    package var results: [String: Result]
    package var counts: [String: Counts]

    package init(results: [String: Result] = [:], counts: [String: Counts] = [:]) {
        self.results = results
        self.counts = counts
    }
}
