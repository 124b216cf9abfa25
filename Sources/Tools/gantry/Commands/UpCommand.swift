import ArgumentParser
import Assembly
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

            EXAMPLES:
              gantry up cluster.radl
              gantry up cluster.radl --name test -a clouds.auth --yes
              gantry up cluster.yaml --input nodes=4
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
    @OptionGroup var state: StateOptions
    @OptionGroup var authorization: AuthorizationOptions
    @OptionGroup var operation: OperationOptions

    func run() async throws {
        try await reporting {
            let request = try await document.request(authorization)
            try await state.withServices(manager: operation.configuration) { services in
                var request = request
                let plan = try await tellingSilence(services) { try await services.manager.plan(request) }
                request.newHostKeys = Set(
                    try newHostKeys.map { try MachineChoice.number($0, of: plan.kept, option: "--new-host-key") })
                for warning in plan.warnings { Terminal.warn(warning) }
                if !plan.removed.isEmpty {
                    if !operation.json, !operation.quiet || !operation.yes {
                        Terminal.write(PlanText.text(plan, name: request.name))
                    }
                    try operation.confirm(
                        "\(Terminal.count(plan.removed.count, "machine")) will be removed. Go on?",
                        refusal: "\(Terminal.count(plan.removed.count, "machine")) would be removed")
                }
                if !operation.yes { request.agreedRemovals = Set(plan.removed.map(\.machine.id)) }
                let since = try await lastSequence(services, plan.existing)
                let submitted = try await tellingSilence(services) { try await services.manager.deploy(request) }
                try await operation.see(
                    submitted, since: since, services: services, name: request.name,
                    resume: CommandText.text(
                        ["gantry", "up"] + document.words + (authorization.authorizationFile.map { ["-a", $0] } ?? [])
                            + state.words))
            }
        }
    }

    private func lastSequence(_ services: GantryServices, _ id: InfrastructureID?) async throws -> Int64 {
        guard let id else { return 0 }
        return try await services.manager.lastEvent(of: id, caller: .local)
    }
}

/// The machine that an option names.
enum MachineChoice {
    /// - Parameter word: A machine's number, or the name of a system with one machine.
    static func number(_ word: String, of machines: [MachineRecord], option: String) throws -> Int {
        if let found = machines.first(where: { String($0.id.number) == word }) { return found.id.number }
        let ofSystem = machines.filter { $0.system == word }
        if ofSystem.count == 1 { return ofSystem[0].id.number }
        let numbers = ofSystem.map { String($0.id.number) }
        guard numbers.isEmpty else {
            throw UsageError(
                "\(option): system '\(word)' has the machines \(numbers.joined(separator: ", ")); name one by its "
                    + "number. Nothing was done")
        }
        throw UsageError(
            "\(option): there is no machine '\(word)'; there are: \(list(machines)). Nothing was done")
    }

    /// `0 (web), 1 (db)`.
    static func list(_ machines: [MachineRecord]) -> String {
        guard !machines.isEmpty else { return "none" }
        let shown = machines.prefix(20).map { "\($0.id.number) (\($0.system))" }.joined(separator: ", ")
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

    /// Follows an operation, prints its summary, and ends with the status for scripts.
    func see(
        _ submitted: SubmittedOperation, since: Int64, services: GantryServices, name: String?, resume: String
    ) async throws {
        let following = Following(services: services, style: style, json: json)
        let limit = timeout.map { Duration.seconds($0) }
        let operation = try await interruptible(
            "stopping; everything is on record, and `\(resume)` goes on"
        ) {
            guard let limit else { return try await following.follow(submitted, since: since) }
            return try await withTimeLimit(limit, resume: resume) {
                await services.manager.waiting + following.unfinished(submitted)
            } work: {
                try await following.follow(submitted, since: since)
            }
        }
        let manager = services.manager
        let id = submitted.infrastructure
        let snapshot = try await manager.snapshot(id, caller: .local, includingDestroyed: true)
        let unfinished = try await manager.unfinishedOperations(of: id, caller: .local)
        if let takeover = Takeover.found(operation, snapshot: snapshot, unfinished: unfinished) {
            Terminal.error(takeover.text(name ?? id.rawValue))
            throw Status.busy
        }
        if !json, !quiet {
            let counts = TaskCounts(try await manager.contextualizationEvents(of: id, caller: .local))
            Terminal.write(SummaryText.text(operation, snapshot: snapshot, counts: counts, name: name))
        }
        switch operation.status {
        case .succeeded: return
        case .cancelled:
            Terminal.error(operation.error ?? "interrupted by another command")
            throw Status.busy
        default:
            Terminal.error(operation.error ?? "the operation failed")
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
