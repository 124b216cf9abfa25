import ContextualizationAPI
import Foundation
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
        /// The controller itself.
        var isLocal = false
        var patience = Patience()
        /// Why it cannot be connected to as its variables say.
        var refusal: String?
        /// Whether it is so only for a name that a task may know: each looks for the way itself.
        var isLate = false
    }

    /// How long, and how often, it is tried to connect to a machine.
    struct Patience: Sendable, Hashable {
        /// Of one try.
        var timeout: Duration = .seconds(15)
        /// Further tries.
        var retries = 0
    }

    private let plays: [ProgramPlay]
    private let context: RunContext
    private let options: RecipeRunner.Options
    private let inventory: RunInventory
    private let library: FileLibrary
    private let crew: RunMachines
    private let taken = LockedValue<Set<String>>([])
    private let prompts: [[JinjaDict]]
    /// Machines of plays that ended for all.
    private let broken = LockedValue<Set<String>>([])

    init(
        plays: [ProgramPlay], prompts: [[JinjaDict]], inventory: RunInventory, library: FileLibrary,
        environment: JinjaEnvironment, settings: RunContext.Settings, options: RecipeRunner.Options,
        clock: any Clock<Duration>, secrets: [String], history: [ContextualizationEvent],
        sink: @escaping @Sendable (ContextualizationEvent) async throws -> Void
    ) {
        self.plays = plays
        self.prompts = prompts
        self.options = options
        self.inventory = inventory
        self.library = library
        let recorder = RunRecorder(sink: sink)
        inventory.connect(recorder)
        context = RunContext(
            settings: settings, environment: environment, table: inventory.table, links: inventory.links,
            recorder: recorder, history: RunHistory(history), masker: Masker(secrets), sources: library,
            library: library, clock: clock, inventory: inventory,
            stepper: options.confirm.map { confirm in
                Stepper { task in
                    switch await confirm(task) {
                    case .yes: .yes
                    case .no: .no
                    case .continue: .continue
                    }
                }
            })
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
        for name in taken.withLock({ $0 }) {
            var result = crew.result(of: name)
            if result == .configured, broken.withLock({ $0.contains(name) }) {
                result = .failed(step: nil, message: "the play ended for all machines")
            }
            report.results[name] = result
        }
        return report
    }

    private func runPlays() async throws {
        try refuseWhatCannotBeReached()
        var names: [String: Int] = [:]
        for (index, play) in plays.enumerated() {
            let step = Self.uniqueName(play.name, &names)
            guard try await run(play, index: index, step: step) else { return }
        }
    }

    /// A machine that would be worked on over SSH, and cannot be connected to as its variables say, is told before any task
    /// runs. One that a task adds to the inventory is told when it is connected to.
    private func refuseWhatCannotBeReached() throws {
        let refusals = inventory.refusals
        guard !refusals.isEmpty else { return }
        var told: [String] = []
        for play in plays where play.connects {
            // A group that a task makes is not there yet.
            for machine in (try? members(of: play)) ?? []
            where !told.contains(machine.id) && refusals[machine.id] != nil {
                told.append(machine.id)
            }
        }
        guard !told.isEmpty else { return }
        throw ContextualizationError(
            message: "The inventory says of these hosts what cannot be followed; nothing was done:\n"
                + told.map { "  \($0): \(refusals[$0] ?? "")" }.joined(separator: "\n"))
    }

    private static func uniqueName(_ name: String, _ seen: inout [String: Int]) -> String {
        let count = (seen[name] ?? 0) + 1
        seen[name] = count
        return PlayName.unique(name, number: count)
    }

    // MARK: - A play

    /// - Returns: Whether the run goes on: not when a whole batch failed, or a failure was one of all.
    private func run(_ play: ProgramPlay, index: Int, step: String) async throws -> Bool {
        let library = library.beside(play.folder)
        try inventory.turn(to: library)
        context.turn(to: library)
        let members = try self.members(of: play)
        let alive = members.filter(crew.isAlive)
        guard !alive.isEmpty else {
            // Where all of its machines failed before, only this play is passed over.
            try await context.recorder.emit(nil, .message("PLAY [\(PlayName.title(of: step))]"))
            if members.isEmpty { try await context.recorder.emit(nil, .message("skipping: no hosts matched")) }
            return true
        }
        taken.withLock { $0.formUnion(alive.map(\.id)) }
        let batches = try Batches.split(alive, serial: value(play.settings.serial, of: play))
        for (number, batch) in batches.enumerated() {
            let title = PlayName.batch(step, number: number + 1)
            let ids = inOrder(batch.map(\.id))
            context.table.members = HostTable.Members(
                all: inOrder(members.map(\.id)), batch: ids, active: inOrder(alive.filter(crew.isAlive).map(\.id)))
            defer { context.table.members = nil }
            switch try await run(play, index: index, step: title, batch: batch) {
            case .goesOn: continue
            case .playEnded: return true
            case .allFailed: return false
            case .tooManyFailed:
                try await context.recorder.emit(nil, .message("NO MORE HOSTS LEFT"))
                return false
            }
        }
        return true
    }

    /// In the inventory's order, whatever the play's is.
    private func inOrder(_ names: [String]) -> [String] {
        let wanted = Set(names)
        let listed = context.table.hosts.map(\.name).filter(wanted.contains)
        return listed + names.filter { !listed.contains($0) }
    }

    private enum BatchEnd { case goesOn, playEnded, allFailed, tooManyFailed }

    private func run(
        _ play: ProgramPlay, index: Int, step: String, batch: [ContextualizationMachine]
    ) async throws -> BatchEnd {
        for machine in batch {
            try await context.recorder.emit(machine.id, .stepStarted(step: step, tasks: play.taskCount))
        }
        if try gathersFacts(play) {
            let known = options.gathering == .smart ? batch.filter { hasFacts($0) }.map(\.id) : []
            try await crew.forEach(batch.filter { !known.contains($0.id) }) { [crew, prompts] in
                try await crew.gatherFacts($0, step: step, of: play, layers: prompts[index])
            }
        }
        let lockStep = keepsTogether(play, batch) ? LockStep(batch.map(\.inventoryName)) : nil
        let most = try maximumFailures(play)
        let layers = prompts[index]
        let ids = batch.map(\.id)
        for machine in batch where !crew.isAlive(machine) { await lockStep?.leave(machine.inventoryName) }
        try await crew.forEach(batch, togetherAll: lockStep != nil) { machine in
            do {
                try await self.work(play, index, step, machine, lockStep, layers)
            } catch {
                await lockStep?.leave(machine.inventoryName)
                throw error
            }
            if !self.crew.isAlive(machine) {
                self.context.table.leave(machine.inventoryName)
                if let most, self.crew.failureCount(of: ids) * 100 > most * ids.count {
                    await lockStep?.failAll(by: machine.inventoryName)
                    await lockStep?.becomeFatal()
                }
            }
            await lockStep?.leave(machine.inventoryName)
        }
        let hasEnded = await lockStep?.hasEnded ?? false
        let isFatal = await lockStep?.isFatal ?? false
        if isFatal { broken.withLock { $0.formUnion(ids) } }
        let failures = crew.failureCount(of: ids)
        // As in Ansible: who was rescued from another one's failure ends the play, and takes part in no further one.
        let struck = await lockStep?.struck ?? []
        for machine in batch where struck.contains(machine.inventoryName) {
            crew.leaveOut(machine, step: step, "another machine's failure was one of all (any_errors_fatal)")
        }
        if let most, failures * 100 > most * ids.count { return .tooManyFailed }
        if isFatal || failures == ids.count { return .allFailed }
        return hasEnded ? .playEnded : .goesOn
    }

    private func work(
        _ play: ProgramPlay, _ index: Int, _ step: String, _ machine: ContextualizationMachine, _ lockStep: LockStep?,
        _ layers: [JinjaDict]
    ) async throws {
        let message = try await crew.run(
            CollectionOfOne(play), first: index, on: machine, step: step, lockStep: lockStep, layers: layers)
        try await context.recorder.emit(machine.id, .stepFinished(step: step, succeeded: message == nil))
        if let message { try await crew.fail(machine, step: step, message) }
    }

    /// Whether what a machine does may depend on what others did.
    private func keepsTogether(_ play: ProgramPlay, _ batch: [ContextualizationMachine]) -> Bool {
        guard batch.count > 1 || options.confirm != nil else { return false }
        return play.keepsTogether && !["free", "host_pinned"].contains(play.settings.strategy?.text)
    }

    // MARK: - What a play asks for

    private func value(_ value: JinjaValue?, of play: ProgramPlay) throws -> JinjaValue? {
        guard let value else { return nil }
        let table = HostTable(
            hosts: [], groups: [], extra: context.table.extra, magic: context.table.magic,
            folder: LockedValue(play.folder))
        let nobody = HostVariables(name: "", groups: [], inventory: JinjaDict(), inventoryIsTemplate: false)
        return try context.environment.resolve(
            value,
            scope: TaskScope(
                host: nobody, table: table, environment: context.environment,
                upper: [TaskScope.Layer(["groups": context.table.groups], isTemplate: false)],
                lower: play.layers.map { TaskScope.Layer($0) }))
    }

    private func gathersFacts(_ play: ProgramPlay) throws -> Bool {
        guard options.tags.takes(play.gathering.tags) else {
            return false
        }
        guard let given = try value(play.gathersFacts, of: play) else { return options.gathering != .explicit }
        return given.boolValue ?? ["yes", "true", "on", "1"].contains(given.text.lowercased())
    }

    /// Whether an earlier play gathered them, and not only a module told something like them.
    private func hasFacts(_ machine: ContextualizationMachine) -> Bool {
        context.table.host(machine.inventoryName)?.fact("system") != nil
    }

    private func maximumFailures(_ play: ProgramPlay) throws -> Int? {
        guard let value = try value(play.settings.maximumFailures, of: play), !value.isNone else { return nil }
        guard let number = Double(value.text.filter { $0 != "%" }) else {
            throw ContextualizationError(message: "max_fail_percentage: '\(value.text)' is no number")
        }
        return Int(number)
    }

    private func members(of play: ProgramPlay) throws -> [ContextualizationMachine] {
        let resolved = try value(play.hosts, of: play) ?? .none
        let pattern = resolved.listValue.map { $0.map(\.text).joined(separator: ",") } ?? resolved.text
        guard !resolved.isNone, !pattern.allSatisfy(\.isWhitespace) else {
            throw ContextualizationError(message: "'hosts' of the play '\(play.name)' is empty: name hosts or groups")
        }
        let machines = try inventory.machines(pattern)
        switch try value(play.settings.order, of: play)?.text {
        case nil, "inventory": return machines
        case "sorted": return machines.sorted { $0.id < $1.id }
        case "reverse_sorted": return machines.sorted { $0.id > $1.id }
        case "reverse_inventory": return machines.reversed()
        case "shuffle": return machines.shuffled()
        case let other?:
            throw ContextualizationError(
                message: "order: '\(other)' is none of inventory, sorted, reverse_sorted, reverse_inventory, shuffle")
        }
    }
}

/// `serial`: how many machines at once.
enum Batches {
    static func split<Element>(_ members: [Element], serial: JinjaValue?) throws -> [[Element]] {
        guard let serial, !serial.isNone else { return [members] }
        var sizes: [Int] = []
        for entry in serial.listValue ?? [serial] {
            let text = entry.text.trimmingCharacters(in: .whitespaces)
            if text.hasSuffix("%"), let percent = Int(text.dropLast()) {
                sizes.append(max(1, members.count * percent / 100))
            } else if let number = Int(text) {
                sizes.append(number)
            } else {
                throw ContextualizationError(message: "serial: '\(text)' is neither a number nor a percentage")
            }
        }
        var batches: [[Element]] = []
        var rest = members[...]
        while !rest.isEmpty {
            let size = sizes.isEmpty ? rest.count : sizes[min(batches.count, sizes.count - 1)]
            batches.append(Array(rest.prefix(size < 1 ? rest.count : size)))
            rest = rest.dropFirst(batches[batches.count - 1].count)
        }
        return batches
    }
}
