package import ContextualizationAPI
import Foundation
package import Jinja
package import Logging
package import Recipes
package import Support

/// Runs any playbook over any inventory with the engine that configures infrastructures; nothing is stored.
package struct RecipeRunner: Sendable {
    package struct Options: Sendable {
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
        /// How long a machine may take until it lets us in.
        package var reachTimeout: Duration = .seconds(30)
        /// Most time of one try to connect.
        package var connectTimeout: Duration = .seconds(15)
        /// Login where the inventory names none.
        package var user: String?
        /// Keys to try where the inventory names none; nil: the user's own.
        package var privateKeyFiles: [String]?
        package var password: Secret<String>?
        /// Files in the form of OpenSSH's `known_hosts`. A host that is in none is trusted at first sight.
        package var knownHostsFiles = ["~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"]

        package init() {}
    }

    private let factory: any CommunicatorFactory
    private let options: Options
    private let logger: Logger
    private let clock: any Clock<Duration>

    package init(
        factory: any CommunicatorFactory, options: Options = Options(),
        logger: Logger = Logger(label: "gantry.recipe"), clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.factory = factory
        self.options = options
        self.logger = logger
        self.clock = clock
    }

    /// Reads an inventory file with the `group_vars` and `host_vars` folders beside it.
    /// - Throws: `RecipeError`, ``ContextualizationError`` when the file cannot be read.
    package static func inventory(file: String) throws -> Inventory {
        let isList = file.contains(",") && !FileManager.default.fileExists(atPath: file)
        if isList { return try Inventory.parse(file, name: "inventory") }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw ContextualizationError(
                message: "the inventory '\(file)' cannot be read: look at its name and permissions")
        }
        var inventory = try Inventory.parse(String(decoding: data, as: UTF8.self), name: file)
        try VariableFolders.read(beside: file, into: &inventory)
        return inventory
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
        let path = URL(fileURLWithPath: file).standardizedFileURL.path
        let folder = (path as NSString).deletingLastPathComponent
        let library = FileLibrary(folder: folder, compiler: RecipeCompiler(folder: folder))
        let plays = try programs(path, library)
        var inventory = inventory
        try VariableFolders.read(beside: path, into: &inventory)
        let hosts = try HostBuilder(options: options).hosts(of: inventory)
        let groups = inventory.groups.filter { $0.name != "all" && $0.name != "ungrouped" }
            .map { ($0.name, inventory.hosts(inGroup: $0.name)) }
        let allowed = try options.limit.map { try Self.limited($0, inventory) }
        let known = inventory
        let run = PlaybookRun(
            plays: plays, hosts: hosts, groups: groups, library: library, folder: folder, options: options,
            factory: factory, clock: clock,
            select: { pattern in
                try HostPattern(pattern).hosts(in: known).filter { allowed?.contains($0) ?? true }
            }, sink: sink)
        logger.debug("runs a playbook", metadata: ["playbook": "\(path)", "hosts": "\(hosts.count)"])
        return try await run.run()
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
            let library = FileLibrary(folder: folder, compiler: RecipeCompiler(folder: folder))
            return RecipeCheck.problems(try recipe(path, library)).map { RecipeProblem($0) }
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
                loader: library.loader)
        } catch {
            throw ContextualizationError(
                message: "The playbook cannot be read:", problems: [RecipeProblem(error.diagnostic)])
        }
    }

    private func programs(_ path: String, _ library: FileLibrary) throws -> [ProgramPlay] {
        let recipe = try recipe(path, library)
        let problems = RecipeCheck.problems(recipe).filter { $0.severity == .error }
        guard problems.isEmpty else {
            throw ContextualizationError(
                message: "The playbook cannot be run; nothing was done. Mend these and try again:",
                problems: problems.map { RecipeProblem($0) })
        }
        do throws(TaskFailure) {
            return try RecipeCompiler(folder: (path as NSString).deletingLastPathComponent).plays(recipe)
        } catch {
            throw ContextualizationError(message: error.message)
        }
    }
}

/// `group_vars` and `host_vars` beside an inventory or a playbook: a file or a folder of files a group or host.
enum VariableFolders {
    static func read(beside file: String, into inventory: inout Inventory) throws {
        let folder = (URL(fileURLWithPath: file).standardizedFileURL.path as NSString).deletingLastPathComponent
        for group in inventory.groups {
            for variables in try variables(folder + "/group_vars/" + group.name) {
                inventory.setVariables(variables, ofGroup: group.name)
            }
        }
        for host in inventory.hosts {
            let group = inventory.groups.first { $0.hosts.contains(host.name) }?.name
            for variables in try variables(folder + "/host_vars/" + host.name) {
                inventory.addHost(host.name, to: group, variables: variables)
            }
        }
    }

    private static func variables(_ path: String) throws -> [JinjaDict] {
        let manager = FileManager.default
        var files = ["", ".yml", ".yaml", ".json"].map { path + $0 }
        var isDirectory: ObjCBool = false
        if manager.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
            files = try manager.contentsOfDirectory(atPath: path).sorted()
                .filter { $0.hasSuffix(".yml") || $0.hasSuffix(".yaml") || $0.hasSuffix(".json") }
                .map { path + "/" + $0 }
        }
        return try files.compactMap { file in
            guard let data = manager.contents(atPath: file) else { return nil }
            let value = try RecipeYAML.value(String(decoding: data, as: UTF8.self), name: file)
            if value.isNone { return nil }
            guard case .dict(let dict) = value else {
                throw ContextualizationError(message: "'\(file)' must hold a mapping of variables")
            }
            return dict
        }
    }
}
