import ContextualizationAPI
import Foundation
import Jinja
import Modules
import Support

@testable import Contextualization

/// A playbook that was run with its files on machines that are the local shell: what happened, and what was printed.
struct PlaybookTrial {
    let report: ContextualizationReport
    let log: EventLog
    /// As printed, without empty lines.
    let lines: [String]
    /// Its folder, while this lives.
    let project: Project

    /// - Parameters:
    ///   - playbook: What stands in `site.yml`.
    ///   - hosts: The inventory.
    init(
        _ playbook: String, files: [String: String] = [:],
        hosts: String = "a ansible_host=10.0.0.1\nb ansible_host=10.0.0.2\n", verbosity: Int = 0,
        _ change: (inout RecipeRunner.Options) -> Void = { _ in }
    ) async throws {
        let project = try Project(files.merging(["hosts": hosts, "site.yml": playbook]) { _, own in own })
        var options = RecipeRunner.Options()
        options.privateKeyFiles = []
        options.gathering = .explicit
        options.verbosity = verbosity
        change(&options)
        let machines = try FakeMachines()
        let runner = RecipeRunner(factory: machines, local: machines, options: options, clock: ImmediateClock())
        let log = EventLog()
        let shown = LockedValue((RecipeLog(hosts: [:], verbosity: verbosity), [String]()))
        report = try await runner.run(
            playbook: project.root + "/site.yml",
            inventory: try RecipeRunner.inventory(files: [project.root + "/hosts"], vault: options.vault)
        ) { event in
            try log.take(event)
            shown.withLock { $0.1 += $0.0.lines(for: event) }
        }
        self.log = log
        self.project = project
        lines = shown.withLock { $0.1 }.filter { !$0.isEmpty }
    }

    /// The tasks of a machine as `name=status`.
    func ends(_ host: String = "a") -> [String] {
        log.all.compactMap { event in
            guard event.machine == host, case .taskFinished(let record) = event.body else { return nil }
            return "\(record.task.name)=\(record.status.rawValue)"
        }
    }

    /// What a machine's tasks said, as far as they say anything, in order.
    func summaries(_ host: String = "a") -> [String] {
        log.all.compactMap { event in
            guard event.machine == host, case .taskFinished(let record) = event.body else { return nil }
            return record.summary.isEmpty ? nil : record.summary
        }
    }

    /// The titles of plays and tasks, without their stars.
    var titles: [String] {
        lines.filter { line in ["PLAY [", "TASK [", "RUNNING HANDLER [", "NO MORE"].contains { line.hasPrefix($0) } }
            .map(Self.title)
    }

    static func title(_ line: String) -> String { line.replacing("*", with: "").trimmingCharacters(in: .whitespaces) }
}
