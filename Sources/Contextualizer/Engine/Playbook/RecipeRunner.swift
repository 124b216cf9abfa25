package import ContextualizationAPI
import Foundation
package import Jinja
package import Logging
package import Recipes
package import Support

/// Runs any playbook over any inventory with the engine that configures infrastructures; nothing is stored.
package struct RecipeRunner: Sendable {
    package struct Options: Sendable {
        /// What somebody at a terminal answers to `--step`.
        package enum Confirmation: Sendable {
            case yes, no
            /// All further tasks.
            case `continue`
        }

        /// Whether plays that do not say gather facts.
        package enum Gathering: String, Sendable {
            /// They do.
            case implicit
            /// They do not.
            case explicit
            /// They do where there are none yet; so do those that say that they gather them.
            case smart
        }

        /// Only tell what would change.
        package var isCheckMode = false
        /// Show the difference of contents.
        package var showsDifference = false
        /// Default of `become`.
        package var becomes = false
        package var becomePassword: Secret<String>?
        /// `-e`: above all other variables. Texts in them are templates.
        package var extraVariables = JinjaDict()
        /// `-l`: a pattern that hosts must match too.
        package var limit: String?
        /// Most machines worked on at the same time.
        package var parallelism = 64
        /// Limit of the whole run.
        package var timeout: Duration = .seconds(7200)
        /// Most time of one try to connect, where the inventory says nothing.
        package var connectTimeout: Duration = .seconds(15)
        /// How often it is tried again, where the inventory says nothing.
        package var retries = 0
        /// `false`: any host key is taken; `true`: only known ones; nil: known ones, and the first of who is unknown.
        package var checksHostKeys: Bool?
        /// Login where the inventory names none.
        package var user: String?
        /// Where the inventory names none.
        package var port = 22
        /// Keys to try where the inventory names none; nil: the user's own.
        package var privateKeyFiles: [String]?
        package var password: Secret<String>?
        /// Holds where the inventory and the arguments for `ssh` say nothing.
        package var sshConfiguration = SSHConfigFile()
        /// Socket of the agent whose keys are tried; nil: none.
        package var agentSocket: String?
        /// Files in the form of OpenSSH's `known_hosts`. A host that is in none is trusted at first sight.
        package var knownHostsFiles = ["~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"]
        /// `-t` and `--skip-tags`.
        package var tags = TagSelection()
        /// The name of the task to begin at; `*` and `?` are wildcards.
        package var startAt: String?
        /// Asked before each task; nil: nobody is.
        package var confirm: (@Sendable (_ task: String) async -> Confirmation)?
        /// Asked for `vars_prompt`; nil: the default counts, and without one the playbook is refused.
        package var ask: (@Sendable (RecipePrompt) async throws -> String)?
        package var vault: Vault?
        /// Folders of roles besides the playbook's; nil: Ansible's own.
        package var rolePaths: [String]?
        package var forcesHandlers = false
        package var gathering = Gathering.implicit
        package var becomeUser: String?
        package var becomeMethod: String?
        /// Arguments for `ssh` where the inventory has none, of which those are followed that an inventory may have.
        package var sshArguments: String?
        package var sshCommonArguments: String?
        package var sshExtraArguments: String?
        /// `ssh` or `local`, where the inventory says nothing.
        package var connection: String?
        package var verbosity = 0
        /// Told what is odd in the playbook and the files that it uses, once each, when they are read.
        package var warn: (@Sendable (RecipeProblem) -> Void)?
        /// What an interrupted run of the same playbook reported: what it shows as done is not done again.
        package var history: [ContextualizationEvent] = []

        package init() {}
    }

    private let factory: any CommunicatorFactory
    private let local: (any CommunicatorFactory)?
    let options: Options
    private let logger: Logger
    private let clock: any Clock<Duration>

    /// - Parameter local: Runs tasks on the controller; nil: there are none.
    package init(
        factory: any CommunicatorFactory, local: (any CommunicatorFactory)? = nil, options: Options = Options(),
        logger: Logger = Logger(label: "gantry.recipe"), clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.factory = factory
        self.local = local
        self.options = options
        self.logger = logger
        self.clock = clock
    }

    /// Runs a playbook.
    ///
    /// - Parameters:
    ///   - file: The playbook; its folder is where files, templates and includes are looked for.
    /// - Returns: Results by inventory name, of the machines that plays took part in.
    /// - Throws: ``ContextualizationError`` for a playbook that cannot be run at all, `RecipeError` for a wrong pattern,
    ///   errors of `sink`, ``DeadlineExceeded``, cancellation.
    package func run(
        playbook file: String, inventory: Inventory,
        sink: @escaping @Sendable (ContextualizationEvent) async throws -> Void
    ) async throws -> ContextualizationReport {
        try await run(try await prepare(file, inventory), sink: sink)
    }

    func run(
        _ prepared: Prepared, sink: @escaping @Sendable (ContextualizationEvent) async throws -> Void
    ) async throws -> ContextualizationReport {
        var settings = RunContext.Settings()
        settings.isCheckMode = options.isCheckMode
        settings.wantsDifference = options.showsDifference
        settings.becomes = options.becomes
        settings.allowsController = local != nil
        settings.mayChange = true
        settings.parallelism = options.parallelism
        settings.forcesHandlers = options.forcesHandlers
        var magic = ScopeVariables.magic(settings: settings, folder: prepared.folder)
        magic["ansible_run_tags"] = .list(options.tags.only.map { .string($0) })
        magic["ansible_skip_tags"] = .list(options.tags.skipped.map { .string($0) })
        magic["ansible_verbosity"] = .int(options.verbosity)
        magic["ansible_forks"] = .int(options.parallelism)
        let sources = prepared.inventory.sources
        magic["ansible_inventory_sources"] = .list(
            (sources.isEmpty ? ["/etc/ansible/hosts"] : sources).map { .string($0) })
        if let limit = options.limit { magic["ansible_limit"] = .string(limit) }
        let folder = LockedValue<String?>(prepared.folder)
        func environment(_ hosts: @escaping @Sendable (_ pattern: String) throws -> [String]) -> JinjaEnvironment {
            RecipeEnvironment.make(
                filters: EngineFilters.controller, tests: ControllerTests.all,
                lookup: ControllerLookups.reading(prepared.library, at: folder, hosts: hosts),
                loader: { try prepared.library.beside(folder.withLock { $0 }).template(named: $0) })
        }
        let inventory = prepared.inventory
        let builder = HostBuilder(
            options: options, environment: environment { try HostPattern($0).hosts(in: inventory) })
        let machines = RunInventory(
            inventory, builder: builder, limit: options.limit,
            extra: options.extraVariables, magic: magic, folder: folder,
            makeLink: links(RunLock(id: "recipe-\(prepared.folder)"), folder: folder))
        for name in ["localhost", "127.0.0.1"] where local != nil { machines.prepare(name) }
        let run = PlaybookRun(
            plays: prepared.plays, prompts: prepared.prompts, inventory: machines, library: prepared.library,
            environment: environment { try machines.names($0) }, settings: settings, options: options, clock: clock,
            secrets: machines.secrets, history: options.history, sink: sink)
        logger.debug("runs plays", metadata: ["folder": "\(prepared.folder)"])
        return try await run.run()
    }

    /// A playbook ready to run.
    struct Prepared {
        var folder: String
        var library: FileLibrary
        var plays: [ProgramPlay]
        /// Answers to `vars_prompt` by play.
        var prompts: [[JinjaDict]] = []
        var inventory: Inventory
    }

    private func prepare(_ file: String, _ inventory: Inventory) async throws -> Prepared {
        var prepared = try loaded(file, inventory)
        for play in prepared.plays { prepared.prompts.append(try await answers(play.settings.prompts)) }
        return prepared
    }

    /// A playbook and its inventory, before anybody is asked for anything.
    func loaded(_ file: String, _ inventory: Inventory) throws -> Prepared {
        let path = URL(fileURLWithPath: file).standardizedFileURL.path
        let folder = (path as NSString).deletingLastPathComponent
        let library = self.library(folder)
        var plays = try programs(path, library)
        if let name = options.startAt { plays = try StartAt(name).cut(plays) }
        if let limit = options.limit { _ = try Self.limited(limit, inventory) }
        var inventory = inventory
        // What is wrong in those beside imported playbooks is told before anything runs.
        for place in Set(plays.compactMap(\.folder)).subtracting([folder]).sorted() + [folder] {
            try library.beside(place).readVariables(into: &inventory)
        }
        return Prepared(folder: folder, library: library, plays: plays, inventory: inventory)
    }

    /// What the vault opens is shown to the user, who has its password, as Ansible shows it.
    func library(_ folder: String, notes: LockedValue<[RecipeDiagnostic]>? = nil) -> FileLibrary {
        let vault = options.vault?.reader
        let extra = options.extraVariables
        let environment = RecipeEnvironment.make()
        let told = LockedValue<Set<RecipeDiagnostic>>([])
        let warn = options.warn.map { warn in
            { @Sendable (diagnostic: RecipeDiagnostic) in
                guard told.withLock({ $0.insert(diagnostic).inserted }) else { return }
                warn(RecipeProblem(diagnostic))
            }
        }
        return FileLibrary(
            folder: folder, rolePaths: options.rolePaths, tags: options.tags, vault: vault, notes: notes, warn: warn,
            render: { value, layers, folder in
                guard let text = value.stringValue, JinjaTemplate.isTemplate(text) else { return value }
                let table = HostTable(hosts: [], groups: [], extra: extra, magic: ["playbook_dir": .string(folder)])
                let nobody = HostVariables(name: "", groups: [], inventory: JinjaDict(), inventoryIsTemplate: false)
                let scope = TaskScope(
                    host: nobody, table: table, environment: environment, lower: layers.map { TaskScope.Layer($0) })
                return (try? environment.resolve(value, scope: scope)) ?? value
            })
    }

    private func answers(_ prompts: [RecipePrompt]) async throws -> [JinjaDict] {
        var answers = JinjaDict()
        for prompt in prompts where options.extraVariables[prompt.name] == nil {
            if let ask = options.ask {
                let answer = try await ask(prompt)
                answers[prompt.name] =
                    try prompt.encryption.map { kind in
                        let scope: JinjaDict = [
                            "kind": .string(kind), "answer": .string(answer),
                            "salt": prompt.salt.map { .string($0) } ?? .none,
                            "size": prompt.saltSize.map { .int($0) } ?? .none,
                        ]
                        return try RecipeEnvironment.make().evaluate(
                            expression: "answer | password_hash(kind, salt, salt_size=size)", scope: scope)
                    } ?? .string(answer)
            } else if let standard = prompt.standard {
                answers[prompt.name] = standard
            } else {
                throw ContextualizationError(
                    message: "the variable '\(prompt.name)' is asked for (vars_prompt), and nobody is at a terminal: "
                        + "give it with -e \(prompt.name)=VALUE")
            }
        }
        return answers.isEmpty ? [] : [answers]
    }

    /// - Parameter folder: Where what runs on the controller begins: that of the playbook at work.
    private func links(
        _ lock: RunLock, folder: LockedValue<String?>
    ) -> @Sendable (PlaybookRun.Host, RunRecorder?) -> MachineLink? {
        let place: @Sendable () -> String? = { folder.withLock { $0 } }
        return { [factory, local, options, clock] host, recorder in
            guard var factory = host.isLocal ? local : factory else { return nil }
            if !host.isLocal, let message = host.refusal { factory = RefusingFactory(message: message) }
            let id = host.machine.id
            return MachineLink(
                machine: host.machine, isController: host.isLocal, factory: factory,
                settings: MachineLink.Settings(host.patience), folder: host.isLocal ? place : nil,
                // As often as it is to be tried, however long that takes.
                reachTimeout: .seconds(1_000_000), clock: clock, lock: lock,
                mayHaveLeftover: !options.history.isEmpty
            ) { body in
                if host.isLocal, case .reached = body { return }
                try await recorder?.emit(id, body)
            }
        }
    }

    /// A limit that leaves nobody is a mistake, not a run of nothing.
    private static func limited(_ pattern: String, _ inventory: Inventory) throws -> Set<String> {
        let hosts = try HostPattern(pattern).hosts(in: inventory)
        guard hosts.isEmpty else { return Set(hosts) }
        func list(_ names: [String]) -> String {
            names.isEmpty
                ? "none" : names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", …" : "")
        }
        throw ContextualizationError(
            message: "the limit '\(pattern)' leaves no host; nothing was done. The inventory has the hosts "
                + "\(list(inventory.hosts.map(\.name))), and the groups \(list(inventory.groups.map(\.name)))")
    }

    /// All that is wrong with a playbook; empty when it can be run.
    package func check(playbook file: String) -> [RecipeProblem] {
        let path = URL(fileURLWithPath: file).standardizedFileURL.path
        let folder = (path as NSString).deletingLastPathComponent
        do {
            let notes = LockedValue<[RecipeDiagnostic]>([])
            let library = self.library(folder, notes: notes)
            let recipe = try recipe(path, library)
            var problems = RecipeCheck.playbookProblems(recipe) + RecipeCheck.problems(recipe, mayUseController: true)
            do throws(TaskFailure) {
                if !problems.contains(where: { $0.severity == .error }) {
                    problems += library.templateProblems(try library.plays(recipe))
                }
            } catch {
                problems +=
                    error.problems.isEmpty
                    ? [RecipeDiagnostic(.error, error.message, recipe: file, position: nil)] : error.problems
            }
            var seen: Set<RecipeDiagnostic> = []
            return (problems + notes.withLock { $0 }).filter { seen.insert($0).inserted }.map { RecipeProblem($0) }
        } catch let error as ContextualizationError {
            return error.problems.isEmpty
                ? [RecipeProblem(recipe: file, line: nil, column: nil, message: error.message)] : error.problems
        } catch {
            return [RecipeProblem(recipe: file, line: nil, column: nil, message: "\(error)")]
        }
    }

    private func recipe(_ path: String, _ library: FileLibrary) throws -> Recipe {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ContextualizationError(
                message: "the playbook '\(path)' cannot be read: look at its name and permissions")
        }
        do {
            return try Recipe.parse(
                text: String(decoding: data, as: UTF8.self), name: (path as NSString).lastPathComponent,
                loader: library.loader, finder: library.finder(), renderer: names(library), vault: library.decrypt)
        } catch {
            throw ContextualizationError(
                message: "The playbook cannot be read:", problems: [RecipeProblem(error.diagnostic)])
        }
    }

    /// Names of imported playbooks: of variables there are those of the import and of `-e`; no host is known yet.
    private func names(_ library: FileLibrary) -> Recipe.NameRenderer {
        { [options] name, variables, playbook in
            let library = library.beside(playbook: playbook)
            let environment = RecipeEnvironment.make(
                filters: EngineFilters.controller, tests: ControllerTests.all,
                lookup: ControllerLookups.reading(library) { _ in [] })
            let table = HostTable(
                hosts: [], groups: [], extra: options.extraVariables, magic: ["playbook_dir": .string(library.folder)])
            let nobody = HostVariables(name: "", groups: [], inventory: JinjaDict(), inventoryIsTemplate: false)
            let scope = TaskScope(
                host: nobody, table: table, environment: environment, lower: [TaskScope.Layer(variables)])
            return try environment.renderText(name, scope: scope)
        }
    }

    private func programs(_ path: String, _ library: FileLibrary) throws -> [ProgramPlay] {
        let recipe = try recipe(path, library)
        let told = RecipeCheck.playbookProblems(recipe) + RecipeCheck.problems(recipe, mayUseController: true)
        let problems = told.filter { $0.severity == .error }
        for warning in told where warning.severity == .warning { options.warn?(RecipeProblem(warning)) }
        guard problems.isEmpty else {
            throw ContextualizationError(
                message: Self.refusal,
                problems: problems.map { RecipeProblem($0) })
        }
        do throws(TaskFailure) {
            var base = RecipeAttributes()
            base.becomeUser = options.becomeUser.map { .string($0) }
            base.becomeMethod = options.becomeMethod.map { .string($0) }
            let plays = try library.plays(recipe, base: base)
            let told = library.templateProblems(plays)
            for warning in told where warning.severity == .warning { options.warn?(RecipeProblem(warning)) }
            let problems = told.filter { $0.severity == .error }
            guard problems.isEmpty else { throw TaskFailure(message: Self.refusal, problems: problems) }
            return plays
        } catch {
            guard !error.problems.isEmpty else { throw ContextualizationError(message: error.message) }
            // Those of all files, not of the first one alone.
            throw ContextualizationError(
                message: Self.refusal, problems: check(playbook: path).filter { !$0.isWarning })
        }
    }

    private static let refusal = "The playbook cannot be run; nothing was done. Mend these and try again:"
}
