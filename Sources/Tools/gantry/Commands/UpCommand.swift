import ArgumentParser
import Foundation
import InfrastructureModel
import Operations
import Orchestration

struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Deploy a document, or bring the infrastructure of that name up to date.",
        discussion: """
            A second `up` of the same name adds, removes and replaces machines until they are as the document says, and \
            runs the recipes again, which change only what differs. Interrupted with Ctrl-C, or killed, it goes on where \
            it was when it is run again.

            With --server the server goes on by itself, also after Ctrl-C. A gantryd keeps the name; of an IM, which has \
            none, it is remembered in the state folder, and a changed document is refused.

            EXAMPLES:
              gantry up cluster.radl
              gantry up cluster.radl --name test -a clouds.auth --yes
              gantry up cluster.yaml --input nodes=4
              gantry up cluster.radl --server https://im.example.org:8800
              gantry up cluster.radl --new-host-key 2     machine 2 was reinstalled
              gantry up cluster.radl --new-host-key web   the machine of system web was
            """)

    @OptionGroup var document: DocumentOptions
    @Option(
        name: .customLong("new-host-key"),
        help: ArgumentHelp(
            "Trust the host key that this machine shows from now on: its number, or the name of a system with one "
                + "machine; may be repeated.", valueName: "machine"))
    var newHostKeys: [String] = []
    @OptionGroup var place: PlaceOptions
    @OptionGroup var operation: OperationOptions

    func run() async throws {
        try await reporting {
            let request = try await document.request(
                place.authorization, opensVaults: place.serverURL == nil)
            let name = request.name ?? ""
            try await place.withService(manager: operation.configuration) { service in
                var request = request
                let plan = try await service.plan(request)
                request.newHostKeys = Set(
                    try newHostKeys.map { try MachineChoice.number($0, of: plan.machines, option: "--new-host-key") })
                for warning in plan.warnings { Terminal.warn(warning) }
                if !plan.removed.isEmpty {
                    if !operation.json, !operation.quiet || !operation.yes {
                        Terminal.write(PlanText.text(plan, name: name))
                    }
                    try operation.confirm(
                        "\(Terminal.count(plan.removed.count, "machine")) will be removed. Go on?",
                        refusal: "\(Terminal.count(plan.removed.count, "machine")) would be removed")
                }
                if !operation.yes { request.agreedRemovals = Set(plan.removed.map(\.id)) }
                try await operation.see(
                    .deploy(request, existing: plan.existing), service: service, name: name,
                    resume: CommandText.text(["gantry", "up"] + document.words + place.words(sendsClouds: true)))
            }
        }
    }
}

/// The machine that an option names.
enum MachineChoice {
    /// - Parameter word: A machine's number, or the name of a system with one machine.
    static func number(
        _ word: String, of machines: [InfrastructureSummary.Machine], option: String
    ) throws -> Int {
        if let found = machines.first(where: { String($0.number) == word }) { return found.number }
        let ofSystem = machines.filter { $0.system == word }
        if ofSystem.count == 1 { return ofSystem[0].number }
        let numbers = ofSystem.map { String($0.number) }
        guard numbers.isEmpty else {
            throw UsageError(
                "\(option): system '\(word)' has the machines \(numbers.joined(separator: ", ")); name one by its "
                    + "number. Nothing was done")
        }
        throw UsageError(
            "\(option): there is no machine '\(word)'; there are: \(list(machines)). Nothing was done")
    }

    /// Which of those that are named are not on their way out yet. One of `present` counts before others of the same name.
    static func staying(
        _ words: [String], of present: [InfrastructureSummary.Machine], leaving: [InfrastructureSummary.Machine]
    ) throws -> Set<Int> {
        Set(
            try words.compactMap { word in
                if !present.contains(where: { String($0.number) == word || $0.system == word }),
                    leaving.contains(where: { String($0.number) == word || $0.system == word })
                {
                    return nil
                }
                return try number(word, of: present, option: "machine")
            })
    }

    /// `0 (web), 1 (db)`.
    static func list(_ machines: [InfrastructureSummary.Machine]) -> String {
        guard !machines.isEmpty else { return "none" }
        let shown = machines.prefix(20).map { "\($0.number) (\($0.system))" }.joined(separator: ", ")
        return shown + (machines.count > 20 ? ", …" : "")
    }
}

/// Options of commands that carry something out.
struct OperationOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @Flag(help: "Print events as JSON, one a line.")
    var json = false

    @Flag(help: "Print a line an event, also on a terminal.")
    var plain = false

    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    @Option(help: ArgumentHelp("Give up after this many seconds; the same command goes on.", valueName: "seconds"))
    var timeout: Int?

    @Option(help: ArgumentHelp("Machines that are configured at the same time.", valueName: "number"))
    var parallel: Int = 64

    func validate() throws {
        if let timeout, timeout < 1 {
            throw ValidationError("--timeout is a number of seconds from 1, not \(timeout)")
        }
        guard parallel >= 1 else {
            throw ValidationError("--parallel is a number of machines from 1, not \(parallel)")
        }
    }

    var configuration: ManagerConfiguration {
        ManagerConfiguration(parallelism: parallel)
    }

    var style: ProgressDisplay.Style {
        if quiet || json { return .quiet }
        return Terminal.isInteractive && !plain ? .live : .plain
    }

    func confirm(_ question: String, refusal: String) throws {
        guard !yes, !Terminal.confirms(question) else { return }
        Terminal.error("\(refusal); nothing was done. Run it again with --yes to agree")
        throw Status.refused
    }

    /// Asks for a change, follows it, prints its summary, and ends with the status for scripts.
    ///
    /// - Parameters:
    ///   - name: As the user calls the infrastructure.
    ///   - resume: The command that goes on.
    ///   - nothing: What is told where there is nothing to do.
    func see(
        _ request: InfrastructureRequest, service: any InfrastructureService, name: String, resume: String,
        nothing: String = ""
    ) async throws {
        guard let change = try await service.submit(request) else { return Terminal.note(nothing) }
        let following = Following(service: service, style: style, json: json)
        let limit = timeout.map { Duration.seconds($0) }
        let seen = try await interruptible(service.leaving(change, command: resume)) {
            guard let limit else { return try await following.follow(change) }
            return try await withTimeLimit(limit, resume: resume) {
                await service.waiting(for: change) + following.unfinished(change)
            } work: {
                try await following.follow(change)
            }
        }
        let ending = seen.ending
        // A server answers as well where there was nothing to do.
        if change.kind == .alter, !seen.hasNews, ending.status == .succeeded { return Terminal.note(nothing) }
        if change.kind == .destroy, ending.status == .succeeded {
            if !json, !quiet { Terminal.write(SummaryText.destroyed(name)) }
            return
        }
        let id = change.infrastructure
        let summary = try await service.summary(of: id)
        if let takeover = Takeover.found(change.kind, summary) {
            Terminal.error(takeover.text(name))
            throw Status.busy
        }
        if !json, !quiet {
            let counts = try await service.taskCounts(of: id, seen: seen.counts)
            Terminal.write(
                SummaryText.text(
                    summary, counts: counts, name: name, chosen: request.chosen,
                    isDeployment: change.kind == .create || change.kind == .converge,
                    isAlteration: change.kind == .alter))
            let altered = summary.machines.filter { request.chosen?.contains($0.number) ?? false }
            let resized = seen.hasNewSize && altered.contains { $0.state != MachineState.stopped.rawValue }
            if ending.status == .succeeded, let hint = request.hint(name, resized: resized) { Terminal.note(hint) }
        }
        switch ending.status {
        case .succeeded: return
        case .cancelled:
            Terminal.error(ending.error ?? "interrupted by another command")
            throw Status.busy
        case .failed:
            Terminal.error(ending.error ?? "the operation failed")
            throw Status.failed
        }
    }
}

/// Ends work with a message when its time is over.
///
/// - Parameter waiting: What the work waits for at that moment.
func withTimeLimit<Value: Sendable>(
    _ limit: Duration, resume: String, waiting: @escaping @Sendable () async -> [String],
    work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: limit)
            let reasons = await waiting().map { "\n  " + $0 }.joined()
            throw ManagerError(
                code: .unavailable,
                message: "not finished after \(limit); everything is on record, and `\(resume)` goes on\(reasons)")
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}
