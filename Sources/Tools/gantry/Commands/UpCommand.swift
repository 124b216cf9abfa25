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
              gantry up cluster.radl --new-host-key 2     machine 2 was reinstalled
            """)

    @OptionGroup var document: DocumentOptions
    @Option(
        name: .customLong("new-host-key"),
        help: ArgumentHelp(
            "Trust the host key that this machine shows from now on; may be repeated.", valueName: "machine"))
    var newHostKeys: [Int] = []
    @OptionGroup var state: StateOptions
    @OptionGroup var authorization: AuthorizationOptions
    @OptionGroup var operation: OperationOptions

    func run() async throws {
        try await reporting {
            let request = try document.request(authorization)
            try await state.withServices(manager: operation.configuration) { services in
                var request = request
                let plan = try await services.manager.plan(request)
                for number in newHostKeys where !plan.kept.contains(where: { $0.id.number == number }) {
                    throw UsageError("--new-host-key: there is no machine \(number); nothing was done")
                }
                for warning in plan.warnings { Terminal.warn(warning) }
                if !plan.removed.isEmpty {
                    if !operation.json { Terminal.write(PlanText.text(plan, name: request.name)) }
                    try operation.confirm(
                        "\(Terminal.count(plan.removed.count, "machine")) will be removed. Go on?",
                        refusal: "\(Terminal.count(plan.removed.count, "machine")) would be removed")
                }
                request.newHostKeys = Set(newHostKeys)
                if !operation.yes { request.agreedRemovals = Set(plan.removed.map(\.machine.id)) }
                let since = try await lastSequence(services, plan.existing)
                let submitted = try await services.manager.deploy(request)
                try await operation.see(
                    submitted, since: since, services: services, name: request.name,
                    resume: CommandText.text(
                        ["gantry", "up", document.file] + (document.name.map { ["--name", $0] } ?? [])
                            + (authorization.authorizationFile.map { ["-a", $0] } ?? []) + state.words))
            }
        }
    }

    private func lastSequence(_ services: GantryServices, _ id: InfrastructureID?) async throws -> Int64 {
        guard let id else { return 0 }
        return try await services.manager.lastEvent(of: id, caller: .local)
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

    var configuration: ManagerConfiguration {
        ManagerConfiguration(parallelism: max(1, parallel))
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
        let (operation, model) = try await interruptible(
            "stopping; everything is on record, and `\(resume)` goes on"
        ) {
            guard let limit else { return try await following.follow(submitted, since: since) }
            return try await withTimeLimit(limit, resume: resume) {
                await services.manager.waiting + following.unfinished(submitted)
            } work: {
                try await following.follow(submitted, since: since)
            }
        }
        if !json, !quiet {
            let snapshot = try? await services.manager.snapshot(submitted.infrastructure, caller: .local)
            Terminal.write(SummaryText.text(operation, snapshot: snapshot, model: model, name: name))
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
