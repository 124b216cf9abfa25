import Jinja
import Recipes

/// A role as it lies in its folder.
struct LoadedRole: Sendable {
    /// Which files of the role are read; nil: `main`.
    struct Files: Sendable, Hashable {
        var tasks: String?
        var variables: String?
        var defaults: String?
        var handlers: String?
    }

    var name: String
    /// Absolute path.
    var folder: String
    var defaults: JinjaDict
    var variables: JinjaDict
    var dependencies: [RecipeRole]
    var allowsDuplicates: Bool
    /// `argument_specs` by entry point.
    var argumentSpecs: JinjaDict
    var tasks: [RecipeNode]
    var handlers: [RecipeNode]
}

/// Finds and reads roles.
protocol RoleLibrary: Sendable {
    /// - Throws: ``TaskFailure`` when there is no such role, or when it cannot be read.
    func role(named name: String, files: LoadedRole.Files, nextTo folder: String?) throws(TaskFailure) -> LoadedRole
}

/// What tasks of a role know of it.
struct RoleContext: Sendable {
    var name: String
    var folder: String
    /// Variables over those of the play: `vars:` where the role is named, then its own, then what its dependencies
    /// export. Highest first.
    var layers: [JinjaDict] = []
    /// Parameters given beside keywords. Highest first.
    var parameters: [JinjaDict] = []
    /// Defaults: its own, then those of the roles that depend on it. Highest first.
    var defaults: [JinjaDict] = []
    /// The roles that included it, nearest first.
    var parents: [String] = []
    /// What it was asked for with.
    var key: RecipeCompiler.RoleKey?

    /// What templates ask about the role.
    var magic: JinjaDict {
        var magic: JinjaDict = [
            "role_name": .string(name), "ansible_role_name": .string(name), "role_path": .string(folder),
        ]
        if !parents.isEmpty { magic["ansible_parent_role_names"] = .list(parents.map { .string($0) }) }
        return magic
    }
}

/// What roles of a play give to all of its tasks.
struct RoleExports: Sendable {
    /// Highest first.
    var variables: [JinjaDict] = []
    var defaults: [JinjaDict] = []
    /// Roles that the play or a task of it names, and all.
    var names: [String] = []
    var allNames: [String] = []
    /// Roles that others need.
    var dependencies: [String] = []

    mutating func add(_ role: LoadedRole) {
        if !role.variables.isEmpty { variables.insert(role.variables, at: 0) }
        if !role.defaults.isEmpty { defaults.insert(role.defaults, at: 0) }
        if !allNames.contains(role.name) { allNames.append(role.name) }
    }

    /// What is here and was not in an earlier state.
    func added(to earlier: RoleExports) -> RoleExports {
        RoleExports(
            variables: Array(variables.prefix(variables.count - earlier.variables.count)),
            defaults: Array(defaults.prefix(defaults.count - earlier.defaults.count)),
            names: Array(names.dropFirst(earlier.names.count)), allNames: allNames,
            dependencies: dependencies)
    }

    mutating func merge(_ other: RoleExports) {
        variables = other.variables + variables
        defaults = other.defaults + defaults
        mergeNames(other)
    }

    mutating func mergeNames(_ other: RoleExports) {
        names += other.names
        allNames += other.allNames.filter { !allNames.contains($0) }
        dependencies += other.dependencies.filter { !dependencies.contains($0) }
    }

    var magic: JinjaDict {
        [
            "ansible_play_role_names": .list(names.map { .string($0) }),
            "role_names": .list(names.map { .string($0) }),
            "ansible_role_names": .list(allNames.map { .string($0) }),
            "ansible_dependent_role_names": .list(dependencies.map { .string($0) }),
        ]
    }
}
