import ArgumentParser
import Contextualization
import ContextualizationAPI
import Foundation
import Glibc
import Jinja
import Recipes
import SSHTransport
import Support
import Synchronization

struct RecipeRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run playbooks over SSH.",
        discussion: """
            What a playbook uses that there is not here is told before anything runs. Plays with 'hosts: localhost' and \
            tasks that are delegated there run on this machine.

            A run that was interrupted, or in which a machine failed, goes on with --resume: tasks that ended are not \
            done again, but for those that were changed in the playbook since. It goes on with the same extra \
            variables, and --check with --check, or is refused.

            EXAMPLES:
              gantry recipe run site.yml -i hosts.ini
              gantry recipe run site.yml -i hosts.ini --limit web --check --diff
              gantry recipe run site.yml -i hosts.ini --tags nginx -e @secrets.yml -J

            EXIT STATUS, as ansible-playbook has it:
              0    done on all hosts
              1    the run could not be begun, or ended by an error that is no host's
              2    a host failed
              4    a host was unreachable; or the playbook is refused, and nothing ran
              64   wrong usage, or a file that cannot be read or is no UTF-8
              130  interrupted; --resume goes on
            """)

    @Argument(help: ArgumentHelp("Playbooks, one after the other.", valueName: "file")) var playbooks: [String]
    @OptionGroup var source: RecipeSourceOptions
    @OptionGroup var connection: RecipeConnectionOptions
    @OptionGroup var tags: RecipeTagOptions
    @Flag(name: [.customShort("C"), .long], help: "Change nothing; say what would change.") var check = false
    @Flag(name: [.customShort("D"), .long], help: "Show differences of files.") var diff = false
    @Option(name: .customLong("start-at-task"), help: ArgumentHelp("Begin at this task.", valueName: "name"))
    var startAt: String?
    @Flag(name: .customLong("syntax-check"), help: "Run nothing; say what is wrong, as 'recipe check' does.")
    var syntaxCheck = false
    @Flag(name: .customLong("list-hosts"), help: "Run nothing; list the hosts of each play.") var listHosts = false
    @Flag(name: .customLong("list-tasks"), help: "Run nothing; list the tasks.") var listTasks = false
    @Flag(name: .customLong("list-tags"), help: "Run nothing; list the tags.") var listTags = false
    @Flag(name: .customLong("flush-cache"), help: "Accepted: facts are gathered anew in each run.")
    var flushCache = false
    @Flag(help: "Ask before each task.") var step = false
    @Flag(name: .customLong("force-handlers"), help: "Run handlers even where a task failed.") var forceHandlers = false
    @Flag(help: "Go on where the last run of these playbooks ended.") var resume = false
    @Flag(help: "Print one JSON document instead of a log.") var json = false
    @Flag(name: .shortAndLong, help: "Show results; may be repeated.") var verbose: Int

    func validate() throws {
        guard !playbooks.isEmpty else { throw ValidationError("name a playbook") }
        guard !(step && json) else { throw ValidationError("--step asks at the terminal: it goes with no --json") }
    }

    /// How a run ended, in the numbers of ansible-playbook.
    private enum Ending {
        static let failed = ExitCode(2)
        static let unreachable = ExitCode(4)
        static let refused = ExitCode(4)
    }

    func run() async throws {
        var ending = ExitCode.success
        do {
            try await reporting { ending = try await runAll() }
        } catch let code as ExitCode where code == Status.refused {
            throw Ending.refused
        }
        if ending != .success { throw ending }
    }

    private func runAll() async throws -> ExitCode {
        for playbook in playbooks { try UserFile.check(playbook, "playbook") }
        if syntaxCheck {
            try RecipeCheckCommand.check(playbooks, source, json: json)
            return .success
        }
        if listHosts || listTasks || listTags {
            try list()
            return .success
        }
        let vault = try source.vault()
        let hosts = try source.read(vault)
        if hosts.sources.isEmpty, !json {
            Terminal.note("no inventory was given (-i): there is no host but localhost")
        }
        var options = try options(vault)
        for playbook in playbooks {
            let journal = try RecipeJournal(
                playbook: playbook, inventory: source.inventory, resumes: resume,
                call: .init(
                    isCheckMode: check, variables: Fingerprint.of([JinjaValue.dict(options.extraVariables).repr])))
            options.history = journal.history
            let runner = RecipeRunner(
                factory: SSHCommunicatorFactory(), local: LocalCommunicatorFactory(), options: options)
            let printer = RecipePrinter(
                hosts: hosts.hosts.map(\.name), json: json, verbosity: verbose)
            let report = try await interruptible("stopping") {
                try await runner.run(playbook: playbook, inventory: hosts) { event in
                    try journal.append(event)
                    printer.print(event)
                }
            }
            printer.finish(report)
            let isDone = report.results.values.allSatisfy { $0 == .configured }
            journal.end(isDone: isDone)
            // What comes after a playbook that failed does not begin, as in Ansible.
            guard isDone else { return Self.ending(of: report) }
        }
        return .success
    }

    /// As in Ansible, a host that was not reached counts more than one that failed.
    private static func ending(of report: ContextualizationReport) -> ExitCode {
        let isOutOfReach = report.results.contains { name, result in
            result != .configured && (report.counts[name]?.unreachable ?? 0) > 0
        }
        return isOutOfReach ? Ending.unreachable : Ending.failed
    }

    private func list() throws {
        let outlines = try RecipeOutlineOptions.outlines(
            of: playbooks, source, listTags ? tags.selectionOfTags : tags.selection)
        let parts: [(isAsked: Bool, part: OutlineText.Part)] = [
            (listHosts, .hosts), (listTasks, .tasks), (listTags, .tags),
        ]
        OutlineText.print(outlines, parts.filter(\.isAsked).map(\.part))
    }

    private func options(_ vault: Vault?) throws -> RecipeRunner.Options {
        var options = RecipeRunner.Options()
        try connection.apply(to: &options)
        options.isCheckMode = check
        options.showsDifference = diff
        options.limit = try source.hostLimit()
        options.extraVariables = try source.variables(vault)
        options.vault = vault
        options.tags = tags.selection
        options.startAt = startAt
        if forceHandlers { options.forcesHandlers = true }
        options.verbosity = verbose
        options.warn = { problem in
            let place = [problem.line, problem.column].compactMap { $0.map(String.init) }
            Terminal.warn(([problem.recipe] + place).joined(separator: ":") + ": \(problem.message)")
        }
        if step { options.confirm = { Asking.step($0) } }
        if isatty(STDIN_FILENO) == 1 { options.ask = { try Asking.variable($0) } }
        return options
    }
}

/// Prints events as they come, in Ansible's look, or all of them as JSON at the end.
private final class RecipePrinter: Sendable {
    private struct State {
        var log: RecipeLog
        var events: [ContextualizationEvent] = []
    }

    private let state: Mutex<State>
    private let hosts: [String: String]
    private let json: Bool

    init(hosts: [String], json: Bool, verbosity: Int) {
        self.hosts = Dictionary(hosts.map { ($0, $0) }) { first, _ in first }
        self.json = json
        state = Mutex(State(log: RecipeLog(hosts: self.hosts, verbosity: verbosity)))
    }

    func print(_ event: ContextualizationEvent) {
        state.withLock { state in
            if json {
                state.events.append(event)
            } else {
                for line in state.log.lines(for: event) { show(line) }
            }
        }
    }

    /// Warnings stand beside the log, as Ansible's do, so that a file of it holds results alone.
    private func show(_ line: String) {
        if line.hasPrefix("[WARNING]: ") || line.hasPrefix("[DEPRECATION WARNING]: ") {
            let text = Terminal.harmless(line)
            Terminal.note(painted: Terminal.hasErrorColor ? "\u{1B}[35m\(text)\u{1B}[0m" : text)
        } else {
            Terminal.line(RecipeColors.paint(line))
        }
    }

    func finish(_ report: ContextualizationReport) {
        state.withLock { state in
            if json {
                Terminal.line(RecipeLog.json(of: state.events, counts: report.counts))
            } else {
                for line in RecipeLog.recap(report.counts, hosts: hosts) { Terminal.line(RecipeColors.paint(line)) }
            }
        }
    }
}

/// Ansible's colours.
enum RecipeColors {
    static func paint(_ line: String) -> String {
        let text = Terminal.harmless(line)
        guard Terminal.hasColor else { return text }
        if text.hasPrefix("ok: ") || text.hasPrefix("  ok=") { return Terminal.paint(text, "32") }
        if text.hasPrefix("changed: ") { return Terminal.paint(text, "33") }
        if text.hasPrefix("skipping: ") || text.hasPrefix("included: ") { return Terminal.paint(text, "36") }
        if text.hasPrefix("fatal: ") || text.hasPrefix("failed: ") { return Terminal.paint(text, "31") }
        if text.hasPrefix("-"), !text.hasPrefix("---") { return Terminal.paint(text, "31") }
        if text.hasPrefix("+"), !text.hasPrefix("+++") { return Terminal.paint(text, "32") }
        return text
    }
}
