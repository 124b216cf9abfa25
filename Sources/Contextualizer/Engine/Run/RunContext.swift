import ContextualizationAPI
import Jinja
import Modules
import Support

/// What all tasks of a run share.
final class RunContext: Sendable {
    struct Settings: Sendable {
        var isCheckMode = false
        var wantsDifference = false
        /// Default of `become` for tasks that say nothing.
        var becomes = false
        /// Longest time a program may take where the task gives no `timeout`.
        var taskTimeout: Duration = .seconds(3600)
        /// Whether an expression that is no boolean decides by its truth (Ansible 2.16) or fails (2.19).
        var isStrict = false
    }

    let settings: Settings
    let environment: JinjaEnvironment
    let table: HostTable
    /// By inventory name.
    let links: [String: MachineLink]
    let recorder: RunRecorder
    let history: RunHistory
    let masker: Masker
    let sources: any SourceProvider
    let library: any TaskLibrary
    let board = RunOnceBoard()
    let clock: any Clock<Duration>

    init(
        settings: Settings, environment: JinjaEnvironment, table: HostTable, links: [String: MachineLink],
        recorder: RunRecorder, history: RunHistory, masker: Masker, sources: any SourceProvider,
        library: any TaskLibrary, clock: any Clock<Duration>
    ) {
        self.settings = settings
        self.environment = environment
        self.table = table
        self.links = links
        self.recorder = recorder
        self.history = history
        self.masker = masker
        self.sources = sources
        self.library = library
        self.clock = clock
    }
}

/// Gives files and templates of the controller to modules.
protocol SourceProvider: Sendable {
    /// The content of what a task asks for; a template is rendered by `render`.
    /// - Throws: ``TaskFailure`` when there is none.
    func source(
        _ request: SourceRequest, for task: ProgramTask, render: (_ text: String, _ name: String) throws -> String
    ) throws -> ModuleSource

    /// Writes what a module brings from a machine.
    /// - Throws: ``TaskFailure`` where that is not allowed, or fails.
    func save(_ file: ControllerFile, from host: String) throws -> ModuleResult
}

/// Gives the tasks and variables of other files to `include_tasks` and `include_vars`.
protocol TaskLibrary: Sendable {
    /// - Parameters:
    ///   - path: Prefix of the paths of the tasks.
    /// - Throws: ``TaskFailure`` when there is no such file, or when it cannot be run.
    func tasks(named name: String, includedBy task: ProgramTask, path: String) throws -> [ProgramNode]
    func variables(named name: String, includedBy task: ProgramTask) throws -> JinjaDict
}

/// Why a task fails before or instead of a module's own judgement.
struct TaskFailure: Error, Sendable {
    var message: String
}
