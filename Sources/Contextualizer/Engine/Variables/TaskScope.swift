import Jinja
import Support

/// The variables that a task sees on one machine, in Ansible's order of precedence. Values are templated when they are
/// used, once a scope; facts, registered results and loop items are data and never templated.
///
/// Made for one evaluation on one thread.
final class TaskScope: JinjaScope {
    /// Variables of one origin.
    struct Layer {
        var variables: JinjaDict
        var isTemplate: Bool

        init(_ variables: JinjaDict, isTemplate: Bool = true) {
            self.variables = variables
            self.isTemplate = isTemplate
        }
    }

    let host: HostVariables
    private let variables: JinjaVariables
    private let sources: Sources
    private let environment: JinjaEnvironment

    /// - Parameters:
    ///   - upper: Loop items and parameters of includes, over all but extra variables. Highest first.
    ///   - lower: Variables of task, blocks, role and play. Highest first.
    ///   - defaults: Defaults of roles, lowest of all. Highest first.
    convenience init(
        host: HostVariables, table: HostTable, environment: JinjaEnvironment, upper: [Layer] = [],
        lower: [Layer] = [], defaults: [Layer] = []
    ) {
        let sources = Sources(host: host, table: table, upper: upper, lower: lower, defaults: defaults)
        self.init(sources, environment)
    }

    private init(_ sources: Sources, _ environment: JinjaEnvironment) {
        host = sources.host
        self.sources = sources
        self.environment = environment
        variables = JinjaVariables(environment: environment) { sources.variable($0) }
    }

    /// What the task would see on another machine: how one is connected to that does it for this one.
    func of(_ other: HostVariables) -> TaskScope {
        var sources = sources
        sources.host = other
        return TaskScope(sources, environment)
    }

    var budget: JinjaBudget? { variables.budget }

    func lookup(_ name: String) throws -> JinjaValue? { try variables.lookup(name) }

    /// As ``lookup(_:)`` for what the engine itself needs: a variable whose own template is undefined is an error.
    func defined(_ name: String) throws -> JinjaValue? {
        guard case .undefined(let message)? = try lookup(name) else { return try lookup(name) }
        throw JinjaError(.undefined, message)
    }

    /// Where variables come from.
    private struct Sources {
        var host: HostVariables
        let table: HostTable
        let upper: [Layer]
        let lower: [Layer]
        let defaults: [Layer]

        func variable(_ name: String) -> JinjaVariable? {
            if let value = magic(name) { return .final(value) }
            if let value = table.extra[name] { return .template(value) }
            if let found = Self.find(name, in: upper) { return found }
            if let value = host.setVariable(name) { return .final(value) }
            if let value = host.includedVariable(name) { return .template(value) }
            if let found = Self.find(name, in: lower) { return found }
            if name.utf8.starts(with: "ansible_".utf8), let value = host.fact(String(name.dropFirst(8))) {
                return .final(value)
            }
            if let value = host.inventoryVariable(name) {
                return host.inventoryIsTemplate ? .template(value) : .final(value)
            }
            return Self.find(name, in: defaults)
        }

        private static func find(_ name: String, in layers: [Layer]) -> JinjaVariable? {
            for layer in layers {
                if let value = layer.variables[name] { return layer.isTemplate ? .template(value) : .final(value) }
            }
            return nil
        }

        /// Names of all variables, lowest first; those of the engine without `vars` and `hostvars`.
        private func names() -> [String] {
            let facts = host.facts.keys.map { HostVariables.variable(ofFact: $0.text) }
            let layers = (upper + lower + defaults).map(\.variables)
            let tables = [host.inventory, host.included, host.set, table.extra, table.magic] + layers
            return Self.magicNames + facts + tables.flatMap { $0.keys.map(\.text) }
        }

        private static let magicNames = [
            "inventory_hostname", "inventory_hostname_short", "group_names", "groups", "ansible_facts", "play_hosts",
            "ansible_play_batch", "ansible_play_hosts", "ansible_play_hosts_all",
        ]

        private func magic(_ name: String) -> JinjaValue? {
            switch name {
            case "inventory_hostname": .string(host.name)
            case "inventory_hostname_short":
                .string(host.name.split(separator: ".").first.map(String.init) ?? host.name)
            case "group_names": .list(host.groups.sorted().map { .string($0) })
            case "groups": table.groups
            case "hostvars": .object(JinjaReference(HostVarsObject(table)))
            case "vars": .object(JinjaReference(VarsObject(names())))
            case "ansible_facts": .dict(host.facts)
            case "play_hosts", "ansible_play_batch": table.playHosts(\.batch)
            case "ansible_play_hosts": table.playHosts(\.active)
            case "ansible_play_hosts_all": table.playHosts(\.all)
            case "omit": .omit
            case "playbook_dir": table.folder.withLock { $0 }.map { .string($0) } ?? table.magic[name]
            default: table.magic[name]
            }
        }
    }
}

/// `vars`: all variables in sight by their names, each templated when it is used.
final class VarsObject: JinjaMapping {
    private let names: [String]
    let typeName = "dict"

    init(_ names: [String]) { self.names = names }

    func item(_ key: JinjaValue, in context: JinjaContext) throws -> JinjaValue? {
        guard case .string(let name) = key else { return nil }
        return try context.scope.lookup(name)
    }

    func plain(in context: JinjaContext) throws -> JinjaValue? {
        var dict = JinjaDict()
        for name in names where dict[name] == nil {
            // What cannot be templated now is an error for those only who use it.
            do {
                if let value = try context.scope.lookup(name) { dict[name] = value }
            } catch let error as JinjaError {
                dict[name] = .undefined(error.description)
            }
        }
        return .dict(dict)
    }
}

/// `hostvars`: the variables of every machine by its name in the inventory.
final class HostVarsObject: JinjaObject {
    private let table: HostTable
    let typeName = "HostVars"

    init(_ table: HostTable) { self.table = table }

    func item(_ key: JinjaValue, in context: JinjaContext) throws -> JinjaValue? {
        table.host(key.text).map { .object(JinjaReference(HostVarsEntry($0, table))) }
    }

    func plain(in context: JinjaContext) throws -> JinjaValue? {
        var dict = JinjaDict()
        for host in table.hosts { dict[host.name] = .object(JinjaReference(HostVarsEntry(host, table))) }
        return .dict(dict)
    }
}

/// The variables of one machine, templated in that machine's own context.
final class HostVarsEntry: JinjaObject {
    private let host: HostVariables
    private let table: HostTable
    let typeName = "HostVarsVars"

    init(_ host: HostVariables, _ table: HostTable) {
        self.host = host
        self.table = table
    }

    func item(_ key: JinjaValue, in context: JinjaContext) throws -> JinjaValue? {
        try TaskScope(host: host, table: table, environment: context.environment).lookup(key.text)
    }

    func plain(in context: JinjaContext) throws -> JinjaValue? {
        var dict = host.inventory
        for (key, value) in host.facts { dict[HostVariables.variable(ofFact: key.text)] = value }
        dict["ansible_facts"] = .dict(host.facts)
        dict.merge(host.set)
        dict["inventory_hostname"] = .string(host.name)
        dict["group_names"] = .list(host.groups.map { .string($0) })
        guard host.inventoryIsTemplate else { return .dict(dict) }
        let scope = TaskScope(host: host, table: table, environment: context.environment)
        for (key, _) in host.inventory {
            if let value = try scope.lookup(key.text) { dict[key] = value }
        }
        return .dict(dict)
    }
}
