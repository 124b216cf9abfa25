import ContextualizationAPI
import Jinja
import Modules
import Recipes
import Support

/// One run of a playbook over an inventory.
final class PlaybookRun: Sendable {
    /// A machine of the inventory; its id is its name.
    struct Host: Sendable {
        var machine: ContextualizationMachine
        var variables: JinjaDict
    }

    private let plays: [ProgramPlay]
    private let context: RunContext
    private let hosts: [String: Host]
    private let options: RecipeRunner.Options
    /// The machines that a play's `hosts` means, in order of the inventory.
    private let select: @Sendable (_ pattern: String) throws -> [String]
    private let crew: RunMachines
    private let taken = LockedValue<Set<String>>([])

    init(
        plays: [ProgramPlay], hosts: [Host], groups: [(String, [String])], library: FileLibrary, folder: String,
        options: RecipeRunner.Options, factory: any CommunicatorFactory, clock: any Clock<Duration>,
        select: @escaping @Sendable (_ pattern: String) throws -> [String],
        sink: @escaping @Sendable (ContextualizationEvent) async throws -> Void
    ) {
        self.plays = plays
        self.options = options
        self.select = select
        self.hosts = Dictionary(hosts.map { ($0.machine.id, $0) }) { first, _ in first }
        var settings = RunContext.Settings()
        settings.isCheckMode = options.isCheckMode
        settings.wantsDifference = options.showsDifference
        settings.becomes = options.becomes
        let recorder = RunRecorder(sink: sink)
        var linkSettings = MachineLink.Settings()
        linkSettings.connectTimeout = options.connectTimeout
        linkSettings.pinnedMeansKnown = false
        let lock = RunLock(id: "recipe-\(folder)")
        var links: [String: MachineLink] = [:]
        var secrets: [String] = []
        for host in hosts {
            let id = host.machine.id
            links[id] = MachineLink(
                machine: host.machine, factory: factory, settings: linkSettings, reachTimeout: options.reachTimeout,
                clock: clock, lock: lock, mayHaveLeftover: false
            ) { body in try await recorder.emit(id, body) }
            if let password = host.machine.escalationPassword { secrets.append(password.expose()) }
            for case .password(let password) in host.machine.target.authentications {
                secrets.append(password.expose())
            }
        }
        let table = HostTable(
            hosts: hosts.map {
                HostVariables(
                    name: $0.machine.id, groups: $0.machine.groups, inventory: $0.variables, inventoryIsTemplate: true)
            }, groups: groups, extra: options.extraVariables,
            magic: ScopeVariables.magic(settings: settings, folder: folder))
        context = RunContext(
            settings: settings, environment: RecipeEnvironment.make(lookup: ControllerLookups.reading(library)),
            table: table, links: links, recorder: recorder, history: RunHistory([]), masker: Masker(secrets),
            sources: library, library: library, clock: clock)
        crew = RunMachines(context: context, parallelism: options.parallelism)
    }

    func run() async throws -> ContextualizationReport {
        do {
            try await withCleanup {
                try await withDeadline(options.timeout, "the playbook") { [self] in try await runPlays() }
            } cleanup: { [self] in
                await crew.close()
            }
        } catch let error as SinkFailure {
            throw error.underlying
        }
        var report = ContextualizationReport()
        report.counts = context.recorder.report
        for name in taken.withLock({ $0 }) { report.results[name] = crew.result(of: name) }
        return report
    }

    private func runPlays() async throws {
        var names: [String: Int] = [:]
        for (index, play) in plays.enumerated() {
            let step = Self.uniqueName(play.name, &names)
            let patterns = try patterns(of: play)
            var members: [Host] = []
            for name in try patterns.flatMap(select) where !members.contains(where: { $0.machine.id == name }) {
                if let host = hosts[name] { members.append(host) }
            }
            let alive = members.map(\.machine).filter(crew.isAlive)
            guard !alive.isEmpty else {
                try await context.recorder.emit(
                    nil, .message(members.isEmpty ? "skipping: no hosts matched" : "NO MORE HOSTS LEFT"))
                continue
            }
            taken.withLock { $0.formUnion(alive.map(\.id)) }
            for machine in alive {
                try await context.recorder.emit(machine.id, .stepStarted(step: step, tasks: play.taskCount))
            }
            if play.gathersFacts?.isTrue ?? true {
                try await crew.forEach(alive) { [crew] in
                    try await crew.gatherFacts($0, step: step, by: play.gathering)
                }
            }
            try await crew.forEach(alive) { machine in
                guard try await self.crew.reach(machine, step: step) else { return }
                let message = try await self.crew.run(
                    CollectionOfOne(play), first: index, on: machine, step: step)
                try await self.context.recorder.emit(
                    machine.id, .stepFinished(step: step, succeeded: message == nil))
                if let message { try await self.crew.fail(machine, step: step, message) }
            }
        }
    }

    private static func uniqueName(_ name: String, _ seen: inout [String: Int]) -> String {
        let count = (seen[name] ?? 0) + 1
        seen[name] = count
        return count == 1 ? name : "\(name) (\(count))"
    }

    private func patterns(of play: ProgramPlay) throws -> [String] {
        let scope = HostTable(hosts: [], groups: [], extra: JinjaDict(), magic: context.table.magic)
        let nobody = HostVariables(name: "", groups: [], inventory: JinjaDict(), inventoryIsTemplate: false)
        let resolved = try context.environment.resolve(
            play.hosts,
            scope: TaskScope(
                host: nobody, table: scope, environment: context.environment,
                upper: [TaskScope.Layer(context.table.extra)], lower: play.layers.map { TaskScope.Layer($0) }))
        return resolved.listValue.map { [$0.map(\.text).joined(separator: ",")] } ?? [resolved.text]
    }
}
