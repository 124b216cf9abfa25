import ContextualizationAPI
import Jinja
import Modules
import Recipes
import Support
import Synchronization

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
    private let results = Mutex<[String: ContextualizationReport.Result]>([:])
    private let taken = Mutex<Set<String>>([])

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
    }

    func run() async throws -> ContextualizationReport {
        do {
            try await withCleanup {
                try await withDeadline(options.timeout, "the playbook") { [self] in try await runPlays() }
            } cleanup: { [self] in
                await withTaskGroup(of: Void.self) { group in
                    for link in context.links.values { group.addTask { await link.close() } }
                }
            }
        } catch let error as SinkFailure {
            throw error.underlying
        }
        var report = ContextualizationReport()
        report.counts = context.recorder.report
        let failed = results.withLock { $0 }
        for name in taken.withLock({ $0 }) { report.results[name] = failed[name] ?? .configured }
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
            let alive = members.filter { host in results.withLock { $0[host.machine.id] == nil } }
            guard !alive.isEmpty else {
                try await context.recorder.emit(
                    nil, .message(members.isEmpty ? "skipping: no hosts matched" : "NO MORE HOSTS LEFT"))
                continue
            }
            taken.withLock { $0.formUnion(alive.map(\.machine.id)) }
            for host in alive {
                try await context.recorder.emit(
                    host.machine.id, .stepStarted(step: step, tasks: play.taskCount))
            }
            let gathers = play.gathersFacts?.isTrue ?? true
            if gathers { try await forEach(alive) { try await self.gatherFacts($0, step: step) } }
            try await forEach(alive.filter { host in results.withLock { $0[host.machine.id] == nil } }) { host in
                try await self.run(play, index, on: host, step: step)
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

    private func forEach(_ hosts: [Host], _ body: @escaping @Sendable (Host) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var pending = hosts.makeIterator()
            for _ in 0..<max(1, options.parallelism) {
                guard let host = pending.next() else { break }
                group.addTask { try await body(host) }
            }
            while try await group.next() != nil {
                guard let host = pending.next() else { continue }
                group.addTask { try await body(host) }
            }
        }
    }

    private func runner(_ host: Host, step: String) -> HostRunner? {
        let name = host.machine.id
        guard let link = context.links[name], let variables = context.table.byName[name] else { return nil }
        return HostRunner(context: context, machine: host.machine, host: variables, link: link, step: step)
    }

    private func fail(_ host: Host, step: String, _ message: String) async throws {
        let message = context.masker.mask(message)
        results.withLock { $0[host.machine.id] = .failed(step: step, message: message) }
        try await context.recorder.emit(host.machine.id, .failed(step: step, message: message))
    }

    private func reach(_ host: Host, step: String) async throws -> Bool {
        do {
            try await context.links[host.machine.id]?.reach()
            return true
        } catch let error as CommunicatorError {
            guard error.code != .cancelled else { throw CancellationError() }
            let reference = TaskReference(step: step, path: "connect", name: "Connect", module: "connect")
            let result: JinjaValue = ["changed": false, "msg": .string(error.message), "unreachable": true]
            try await context.recorder.finished(
                host.machine.id,
                TaskRecord(
                    task: reference, status: .unreachable, seconds: 0, summary: error.message,
                    result: JSONText.text(result), effects: nil))
            try await fail(host, step: step, error.message)
            return false
        }
    }

    private func gatherFacts(_ host: Host, step: String) async throws {
        guard let runner = runner(host, step: step), runner.host.facts.isEmpty else { return }
        guard try await reach(host, step: step) else { return }
        let task = ProgramTask(
            path: "facts", name: "Gathering Facts", moduleName: "setup", action: .module(SetupModule.self),
            arguments: JinjaDict())
        if case .failed(_, let result, _) = try await runner.run([.task(task)]) {
            try await fail(host, step: step, "Gathering Facts: \(HostRunner.message(of: result))")
        }
    }

    private func run(_ play: ProgramPlay, _ index: Int, on host: Host, step: String) async throws {
        guard let runner = runner(host, step: step), try await reach(host, step: step) else { return }
        var message: String?
        do {
            if case .failed(let task, let result, _) = try await runner.run(play, path: String(index)) {
                message = "\(task): \(HostRunner.message(of: result))"
            }
        } catch let failure as TaskFailure {
            message = failure.message
        }
        try await context.recorder.emit(host.machine.id, .stepFinished(step: step, succeeded: message == nil))
        if let message { try await fail(host, step: step, message) }
    }
}
