package import Support

/// Configures machines: waits until they can be reached, then runs recipes on them.
///
/// Everything it does is told as a ``ContextualizationEvent`` and each event is awaited before that machine goes on, so
/// that a caller who stores events can resume a run that died: the stored events are given back in
/// ``ContextualizationRequest/history``, and what they show as done is not done again.
package protocol Contextualizer: Sendable {
    /// Runs a request to its end. Failures of machines are in the report; thrown are only cancellation, errors of
    /// `sink`, and ``ContextualizationError`` for a request that cannot be run at all (nothing was done then).
    func run(
        _ request: ContextualizationRequest,
        sink: @escaping @Sendable (ContextualizationEvent) async throws -> Void
    ) async throws -> ContextualizationReport

    /// Finds out whether recipes can be run before any machine exists: syntax, unknown modules and keywords.
    /// Empty when all is well.
    func check(recipes: [ContextualizationRecipe]) async -> [RecipeProblem]

    /// Takes away what the step `main` wrote on machines that stay when their infrastructure goes: its lines in
    /// `/etc/hosts`. Idempotent; nobody depends on its success.
    ///
    /// - Parameter patience: Most time for one machine; all of them are asked at the same time.
    /// - Returns: Why it could not be done, by the machine's id.
    /// - Throws: Cancellation only.
    func leave(_ machines: [ContextualizationMachine], patience: Duration) async throws -> [String: String]

    /// What happened on one machine in a run, as who knows Ansible reads it: banners, results, recap. Nil: as it is told
    /// elsewhere.
    ///
    /// - Parameters:
    ///   - events: Of that machine, as the run told them.
    ///   - host: The machine's name in the inventory.
    func log(of events: [ContextualizationEvent], host: String) -> [String]?
}

extension Contextualizer {
    /// No words of its own.
    package func log(of events: [ContextualizationEvent], host: String) -> [String]? { nil }

    /// Nothing is left behind.
    package func leave(_ machines: [ContextualizationMachine], patience: Duration) async throws -> [String: String] {
        [:]
    }
}

/// A recipe as the document holds it.
package struct ContextualizationRecipe: Sendable, Hashable {
    /// Id of the `configure` section.
    package var name: String
    package var text: String
    /// Passwords of Ansible Vault, each of which may open it or values in it.
    package var vaultPasswords: [Secret<String>]

    package init(name: String, text: String, vaultPasswords: [Secret<String>] = []) {
        self.name = name
        self.text = text
        self.vaultPasswords = vaultPasswords
    }
}

/// A fault of a recipe.
package struct RecipeProblem: Sendable, Hashable, CustomStringConvertible {
    package var recipe: String
    package var line: Int?
    package var column: Int?
    package var message: String
    /// Warnings do not stop anything.
    package var isWarning: Bool
    package var kind: Kind

    /// What kind of fault.
    package enum Kind: Sendable, Hashable {
        /// The author's: Ansible refuses it, too.
        case mistake
        /// Right, but not to be run here: a module that there is none of, a role, encrypted content.
        case unsupported
        /// No list of plays or tasks but a mapping, as files of variables are: right where another recipe reads it.
        case variables
    }

    package init(
        recipe: String, line: Int?, column: Int?, message: String, isWarning: Bool = false, kind: Kind = .mistake
    ) {
        self.recipe = recipe
        self.line = line
        self.column = column
        self.message = message
        self.isWarning = isWarning
        self.kind = kind
    }

    package var description: String {
        let place = [line, column].compactMap { $0.map(String.init) }.joined(separator: ":")
        return "recipe \(recipe)\(place.isEmpty ? "" : ":" + place): \(message)"
    }
}

/// A run over all machines of an infrastructure.
package struct ContextualizationRequest: Sendable {
    /// Names the run on the machines, so that a resumed run finds what the dead one left: the infrastructure's id.
    package var id: String
    package var machines: [ContextualizationMachine]
    /// Variables of all machines (`IM_INFRASTRUCTURE_ID`, …).
    package var variables: [String: VariableValue]
    /// By the `configure` names that steps refer to.
    package var recipes: [String: ContextualizationRecipe]
    /// In order of ``ContextualizationStep/number``: all of a number end before the next one begins; a machine that
    /// failed takes part in no later step.
    package var steps: [ContextualizationStep]
    /// What an earlier, interrupted run of the same request reported.
    package var history: [ContextualizationEvent]
    /// A run of another request came before, whose end is not known: its last programs may still be at work.
    package var followsAnother = false
    /// Most machines worked on at the same time.
    package var parallelism: Int
    /// Limit of the whole run.
    package var timeout: Duration
    /// How long a machine may take until it lets us in.
    package var reachTimeout: Duration
    /// How often a recipe is run on a machine on which it fails, in all; before the n-th time it waits for n² · 5 s.
    package var attempts = 1

    package init(
        id: String, machines: [ContextualizationMachine], variables: [String: VariableValue],
        recipes: [String: ContextualizationRecipe], steps: [ContextualizationStep],
        history: [ContextualizationEvent] = [], parallelism: Int = 64, timeout: Duration = .seconds(7200),
        reachTimeout: Duration = .seconds(600)
    ) {
        self.id = id
        self.machines = machines
        self.variables = variables
        self.recipes = recipes
        self.steps = steps
        self.history = history
        self.parallelism = parallelism
        self.timeout = timeout
        self.reachTimeout = reachTimeout
    }
}

/// One machine of a run.
package struct ContextualizationMachine: Sendable {
    /// Ours; in every event.
    package var id: String
    /// Inventory name, `<ip>_<number>` as in IM.
    package var inventoryName: String
    package var target: ConnectionTarget
    /// Groups it is in: the system's name and others.
    package var groups: [String]
    /// Host variables (`IM_NODE_*`, `ansible_host`, …).
    package var variables: [String: VariableValue]
    /// For `become` where sudo asks.
    package var escalationPassword: Secret<String>?
    /// What `basic` shall do.
    package var basics: MachineBasics
    /// It was made for this run: its accounts may appear only while it boots. One that was there before either lets us in
    /// or never will.
    package var isNew: Bool

    package init(
        id: String, inventoryName: String, target: ConnectionTarget, groups: [String],
        variables: [String: VariableValue], escalationPassword: Secret<String>? = nil,
        basics: MachineBasics = MachineBasics(), isNew: Bool = true
    ) {
        self.id = id
        self.inventoryName = inventoryName
        self.target = target
        self.groups = groups
        self.variables = variables
        self.escalationPassword = escalationPassword
        self.basics = basics
        self.isNew = isNew
    }
}

/// The built-in steps `basic` and `main` for one machine.
package struct MachineBasics: Sendable, Hashable {
    /// Host name with domain to set; nil: kept.
    package var fqdn: String?
    /// Lines for `/etc/hosts`, `IP name.domain name`, after its original content.
    package var hostsEntries: [String]
    /// Packages of applications without a role. A failure is a message, not an error.
    package var packages: [String]
    /// Disks to be made, formatted and mounted.
    package var disks: [Disk]
    /// Public keys that the login user shall accept from now on.
    package var authorizedKeys: [String]
    /// New password of the login user.
    package var newPassword: Secret<String>?
    /// `BEARER_TOKEN` in `/etc/environment`.
    package var token: Secret<String>?

    /// An extra disk.
    package struct Disk: Sendable, Hashable {
        /// Of the document's `disk.N`.
        package var number: Int
        /// Serial numbers that its provider may have given it, as they or their first 20 characters stand in
        /// `/dev/disk/by-id`: they say for certain which one it is.
        package var serials: [String]
        /// As the document calls it; where no serial number is found, one that the machine calls so or similarly.
        package var device: String?
        package var filesystem: String
        package var mountPath: String?

        package init(
            number: Int, serials: [String] = [], device: String?, filesystem: String, mountPath: String?
        ) {
            self.number = number
            self.serials = serials
            self.device = device
            self.filesystem = filesystem
            self.mountPath = mountPath
        }
    }

    package init(
        fqdn: String? = nil, hostsEntries: [String] = [], packages: [String] = [], disks: [Disk] = [],
        authorizedKeys: [String] = [], newPassword: Secret<String>? = nil, token: Secret<String>? = nil
    ) {
        self.fqdn = fqdn
        self.hostsEntries = hostsEntries
        self.packages = packages
        self.disks = disks
        self.authorizedKeys = authorizedKeys
        self.newPassword = newPassword
        self.token = token
    }
}

/// A recipe on some machines.
package struct ContextualizationStep: Sendable, Hashable {
    package enum Work: Sendable, Hashable {
        /// Boot finished, package lock free, host name, keys.
        case basic
        /// `/etc/hosts`, disks, packages.
        case main
        /// A `configure` section by its name.
        case recipe(String)
    }

    /// Name in events and messages: `basic`, `main_front`, `web_front`.
    package var name: String
    package var number: Int
    package var work: Work
    /// Ids of machines.
    package var machines: [String]

    package init(name: String, number: Int, work: Work, machines: [String]) {
        self.name = name
        self.number = number
        self.work = work
        self.machines = machines
    }
}

/// A variable as JSON: the value model of templates is the engine's own affair.
package indirect enum VariableValue: Sendable, Hashable, Codable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case list([VariableValue])
    case dictionary([String: VariableValue])
    /// A text that is masked in every output.
    case secret(String)
}

/// A request that cannot be run.
package struct ContextualizationError: Error, Sendable, Hashable, CustomStringConvertible {
    package var message: String
    package var problems: [RecipeProblem]

    package init(message: String, problems: [RecipeProblem] = []) {
        self.message = message
        self.problems = problems
    }

    package var description: String {
        ([message] + problems.map(\.description)).joined(separator: "\n")
    }
}
