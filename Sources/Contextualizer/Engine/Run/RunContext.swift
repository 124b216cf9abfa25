import ContextualizationAPI
import Jinja
import Modules
import Recipes
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
        /// Whether tasks may run on the controller, as its user: for playbooks that users run themselves.
        var allowsController = false
        /// Most tasks at the same time where machines keep together.
        var parallelism = 64
        /// Whether the tasks may be others when an interrupted run goes on.
        var mayChange = false
        /// Whether handlers run on machines whose play failed.
        var forcesHandlers = false
    }

    let settings: Settings
    let environment: JinjaEnvironment
    let table: HostTable
    /// By inventory name.
    let links: MachineLinks
    let recorder: RunRecorder
    let history: RunHistory
    let masker: Masker
    /// Files of the play at work.
    private let files: LockedValue<(sources: any SourceProvider, library: any TaskLibrary)>
    let board = RunOnceBoard()
    let clock: any Clock<Duration>
    /// nil: the inventory is fixed.
    let inventory: (any InventoryEditor)?
    /// Asked before each task; nil: nobody is.
    let stepper: Stepper?
    private let turnstiles = LockedValue<[String: Turnstile]>([:])

    init(
        settings: Settings, environment: JinjaEnvironment, table: HostTable, links: MachineLinks,
        recorder: RunRecorder, history: RunHistory, masker: Masker, sources: any SourceProvider,
        library: any TaskLibrary, clock: any Clock<Duration>, inventory: (any InventoryEditor)? = nil,
        stepper: Stepper? = nil
    ) {
        self.settings = settings
        self.environment = environment
        self.table = table
        self.links = links
        self.recorder = recorder
        self.history = history
        self.masker = masker
        files = LockedValue((sources, library))
        self.clock = clock
        self.inventory = inventory
        self.stepper = stepper
    }

    var sources: any SourceProvider { files.withLock { $0.sources } }
    var library: any TaskLibrary { files.withLock { $0.library } }

    /// Turns to a play, whose files lie in this library.
    func turn(to library: FileLibrary) {
        files.withLock { $0 = (library, library) }
        table.folder.withLock { $0 = library.folder }
    }

    /// What bounds how often something runs at the same time.
    func turnstile(_ name: String, _ count: Int) -> Turnstile {
        turnstiles.withLock { known in
            if let turnstile = known[name] { return turnstile }
            let turnstile = Turnstile(count)
            known[name] = turnstile
            return turnstile
        }
    }
}

/// `--step`: asks before each task, once for all machines.
actor Stepper {
    /// What was answered.
    enum Answer: Sendable { case yes, no, `continue` }

    private let ask: @Sendable (_ task: String) async -> Answer
    /// Questions by task, those that wait for their answer too.
    private var questions: [String: Task<Bool, Never>] = [:]
    private var last: Task<Bool, Never>?
    private var isOver = false

    init(_ ask: @escaping @Sendable (_ task: String) async -> Answer) { self.ask = ask }

    /// Whether the task is to run.
    func allows(_ key: String, task: String) async -> Bool {
        if let known = questions[key] { return await known.value }
        let before = last
        // Unstructured: several machines wait for one answer, and questions come one after the other.
        let question = Task { () -> Bool in
            _ = await before?.value
            if isOver { return true }
            switch await ask(task) {
            case .yes: return true
            case .no: return false
            case .continue:
                isOver = true
                return true
            }
        }
        questions[key] = question
        last = question
        return await question.value
    }
}

/// Gives files and templates of the controller to modules.
protocol SourceProvider: Sendable {
    /// The content of what a task asks for; a template is rendered by `render`, which is told the file's path.
    /// - Throws: ``TaskFailure`` when there is none.
    func source(
        _ request: SourceRequest, for task: ProgramTask, render: (_ text: String, _ file: String) throws -> String
    ) throws -> ModuleSource

    /// Writes what a module brings from a machine.
    /// - Throws: ``TaskFailure`` where that is not allowed, or fails.
    func save(_ file: ControllerFile, from host: String) throws -> ModuleResult
}

/// Gives the tasks and variables of other files to `include_tasks` and `include_vars`.
protocol TaskLibrary: Sendable {
    /// - Parameters:
    ///   - path: Prefix of the paths of the tasks.
    /// - Returns: The tasks, and where they were found, as the log tells it.
    /// - Throws: ``TaskFailure`` when there is no such file, or when it cannot be run.
    func tasks(
        named name: String, includedBy task: ProgramTask, path: String
    ) throws -> (included: IncludedTasks, place: String)
    func variables(named name: String, includedBy task: ProgramTask) throws -> JinjaDict
    /// Whether the file with variables is a vault.
    func isEncrypted(_ name: String, for task: ProgramTask) -> Bool
    /// The files of a folder with variables, sorted, as ``variables(named:includedBy:)`` takes them.
    ///
    /// - Parameter depth: 1: those of the folder itself alone, 2: of folders in it, too; 0: all.
    func variableFiles(in folder: String, depth: Int, for task: ProgramTask) throws -> [String]
    /// The tasks of a role that a task includes, with its handlers and what it gives to the play.
    ///
    /// - Parameter ran: Roles that ran on the machine already: as dependencies they do not run again.
    func role(
        includedBy task: ProgramTask, path: String, after ran: Set<RecipeCompiler.RoleKey>
    ) throws -> IncludedTasks
}

/// What `include_role` brings.
struct IncludedTasks: Sendable {
    var tasks: [ProgramNode]
    var handlers: [ProgramTask] = []
    /// What all roles in it give to the play, where it is to be public.
    var exports = RoleExports()
    /// What those give that its tasks import: always public.
    var imported = RoleExports()

    init(_ tasks: [ProgramNode], _ roles: RecipeCompiler.RoleCollection = RecipeCompiler.RoleCollection()) {
        self.tasks = tasks
        handlers = RecipeCompiler.handlers(of: roles.importedHandlers + roles.handlers)
        exports = roles.exports
        imported = roles.imported
    }
}

/// Why a task fails before or instead of a module's own judgement.
struct TaskFailure: Error, Sendable {
    var message: String
    /// What is wrong in a file, each by itself.
    var problems: [RecipeDiagnostic] = []
    /// What was decrypted where it is no text, which is a failure for all but those who send it.
    var bytes: [UInt8]?
}
