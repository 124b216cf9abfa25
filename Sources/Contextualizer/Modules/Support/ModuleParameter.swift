package import Jinja

/// A parameter as a module declares it: the single source of validation, of error texts and of documentation.
package struct ModuleParameter: Sendable {
    /// What a value is turned into.
    package enum Kind: Sendable, Hashable {
        case string
        case boolean
        case integer
        case number
        /// A list of texts; a text is split at commas.
        case list
        case dictionary
        /// A text in which the machine's shell expands `~` and variables.
        case path
        /// Octal or symbolic file mode, or one of the choices.
        case mode
        /// Any value as it is.
        case raw
        /// An expression that the engine evaluates: the module sees text and value.
        case expression
        /// A condition or a list of them that the engine evaluates.
        case conditions
    }

    package var name: String
    package var kind: Kind
    package var aliases: [String]
    package var choices: [String]
    package var isRequired: Bool
    package var defaultValue: JinjaValue?
    /// Null is a value of it, not the same as nothing given.
    package var takesNull = false
    /// The choices are what is done here; what Ansible takes beside them is refused before anything runs.
    package var isLimited = false
    /// Its value is masked in every output.
    package var isSecret: Bool
    package var summary: String

    package init(
        _ name: String, _ kind: Kind = .string, aliases: [String] = [], choices: [String] = [],
        required: Bool = false, default defaultValue: JinjaValue? = nil, secret: Bool = false, _ summary: String = ""
    ) {
        self.name = name
        self.kind = kind
        self.aliases = aliases
        self.choices = choices
        self.isRequired = required
        self.defaultValue = defaultValue
        self.isSecret = secret
        self.summary = summary
    }

    /// The same one, with values that Ansible takes and this does not.
    package var limited: ModuleParameter {
        var parameter = self
        parameter.isLimited = true
        return parameter
    }

    /// The same one, with null as a value.
    package var takingNull: ModuleParameter {
        var parameter = self
        parameter.takesNull = true
        return parameter
    }
}

/// What a module is called, takes and does.
package struct ModuleDocumentation: Sendable {
    /// Parameters that must be given when another one has a value.
    package struct Requirement: Sendable {
        package var parameter: String
        package var value: JinjaValue
        package var names: [String]
        /// One of the names is enough.
        package var isAny: Bool

        package init(_ parameter: String, _ value: JinjaValue, _ names: [String], any isAny: Bool = false) {
            self.parameter = parameter
            self.value = value
            self.names = names
            self.isAny = isAny
        }
    }

    /// Short name, such as `copy`. The names with `ansible.builtin.` and `ansible.legacy.` before it are understood too.
    package var name: String
    /// Other short names.
    package var aliases: [String]
    /// The collections that have it, such as `community.general`; empty: `ansible.builtin`.
    package var collections: [String]
    package var summary: String
    package var parameters: [ModuleParameter]
    /// Groups of which at most one parameter may be given.
    package var exclusive: [[String]]
    /// Groups of which at least one parameter must be given.
    package var oneOf: [[String]]
    /// What is needed when a parameter has a value.
    package var requirements: [Requirement]
    /// Takes a free-form text (`_raw_params`) beside parameters.
    package var isFreeForm: Bool
    /// Takes any parameter (`set_fact`).
    package var acceptsAnything: Bool
    /// Says in check mode what it would do; without it a task is skipped there.
    package var supportsCheckMode: Bool

    package init(
        name: String, aliases: [String] = [], collections: [String] = [], summary: String,
        parameters: [ModuleParameter],
        exclusive: [[String]] = [], oneOf: [[String]] = [],
        requirements: [Requirement] = [], isFreeForm: Bool = false, acceptsAnything: Bool = false,
        supportsCheckMode: Bool = true
    ) {
        self.name = name
        self.aliases = aliases
        self.collections = collections
        self.summary = summary
        self.parameters = parameters
        self.exclusive = exclusive
        self.oneOf = oneOf
        self.requirements = requirements
        self.isFreeForm = isFreeForm
        self.acceptsAnything = acceptsAnything
        self.supportsCheckMode = supportsCheckMode
    }

    /// All names under which recipes call it, but for those with `ansible.builtin.` or `ansible.legacy.` before.
    package var names: [String] {
        let short = [name] + aliases
        return short + collections.flatMap { collection in short.map { "\(collection).\($0)" } }
    }

    /// The parameter of this name or alias.
    package func parameter(_ name: String) -> ModuleParameter? {
        parameters.first { $0.name == name || $0.aliases.contains(name) }
    }

    /// `Supported parameters include` of the message for an unknown one: sorted, aliases in parentheses.
    package var parameterList: String {
        parameters.sorted { $0.name < $1.name }.map { parameter in
            parameter.aliases.isEmpty
                ? parameter.name : "\(parameter.name) (\(parameter.aliases.sorted().joined(separator: ", ")))"
        }.joined(separator: ", ")
    }

    /// A message when one of the names is no parameter; works before values are known.
    package func problem(ofNames names: some Sequence<String>) -> String? {
        guard !acceptsAnything else { return nil }
        let unknown = names.filter { name in
            parameter(name) == nil && !(isFreeForm && name == "_raw_params")
        }.sorted()
        guard !unknown.isEmpty else { return nil }
        return "Unsupported parameters for (\(name)) module: \(unknown.joined(separator: ", ")). "
            + "Supported parameters include: \(parameterList)."
    }
}

/// The `mode`, `owner` and `group` that all modules which make files share.
package enum FileParameters {
    package static let all: [ModuleParameter] = [
        ModuleParameter("mode", .mode, "Permissions: octal (quoted) or symbolic."),
        ModuleParameter("owner", .string, "User name or number."),
        ModuleParameter("group", .string, "Group name or number."),
        ModuleParameter("attributes", .string, aliases: ["attr"], "Flags of chattr, with +, - or = before them."),
        ModuleParameter("seuser", .string, "Ignored where SELinux is off."),
        ModuleParameter("serole", .string, "Ignored where SELinux is off."),
        ModuleParameter("setype", .string, "Ignored where SELinux is off."),
        ModuleParameter("selevel", .string, "Ignored where SELinux is off."),
        ModuleParameter("unsafe_writes", .boolean, "Accepted: a busy file is always written in place."),
    ]
}
