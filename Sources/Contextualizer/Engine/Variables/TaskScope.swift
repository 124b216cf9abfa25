import Jinja

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
    private let table: HostTable
    private let environment: JinjaEnvironment
    /// Loop items and parameters of includes: over all but extra variables. Highest first.
    private let upper: [Layer]
    /// Variables of task, blocks, role and play. Highest first.
    private let lower: [Layer]
    /// Lowest of all: defaults of roles.
    private let defaults: [Layer]
    private let sharedBudget = JinjaBudget()
    private var resolved: [String: JinjaValue] = [:]
    private var pending: Set<String> = []

    init(
        host: HostVariables, table: HostTable, environment: JinjaEnvironment, upper: [Layer] = [],
        lower: [Layer] = [], defaults: [Layer] = []
    ) {
        self.host = host
        self.table = table
        self.environment = environment
        self.upper = upper
        self.lower = lower
        self.defaults = defaults
    }

    var budget: JinjaBudget? { sharedBudget }

    func lookup(_ name: String) throws -> JinjaValue? {
        if let value = magic(name) { return value }
        if let value = resolved[name] { return value }
        guard let (value, isTemplate) = raw(name) else { return nil }
        guard isTemplate, Self.mayBeTemplate(value) else { return value }
        guard pending.insert(name).inserted else {
            throw JinjaError(.limit, "recursive loop detected in template string: variable '\(name)' refers to itself")
        }
        defer { pending.remove(name) }
        let result = try environment.resolve(value, scope: self, name: name)
        resolved[name] = result
        return result
    }

    private func raw(_ name: String) -> (JinjaValue, Bool)? {
        if let value = table.extra[name] { return (value, true) }
        for layer in upper { if let value = layer.variables[name] { return (value, layer.isTemplate) } }
        if let value = host.setVariable(name) { return (value, false) }
        if let value = host.includedVariable(name) { return (value, true) }
        for layer in lower { if let value = layer.variables[name] { return (value, layer.isTemplate) } }
        if name.utf8.starts(with: "ansible_".utf8) {
            if let value = host.fact(String(name.utf8.dropFirst(8)) ?? "") { return (value, false) }
        }
        if let value = host.inventory[name] { return (value, host.inventoryIsTemplate) }
        for layer in defaults { if let value = layer.variables[name] { return (value, layer.isTemplate) } }
        return nil
    }

    private static func mayBeTemplate(_ value: JinjaValue) -> Bool {
        switch value {
        case .string(let text): JinjaTemplate.isTemplate(text)
        case .list, .tuple, .dict: true
        default: false
        }
    }

    private func magic(_ name: String) -> JinjaValue? {
        switch name {
        case "inventory_hostname": return .string(host.name)
        case "inventory_hostname_short":
            return .string(host.name.split(separator: ".").first.map(String.init) ?? host.name)
        case "group_names": return .list(host.groups.sorted().map { .string($0) })
        case "groups": return table.groups
        case "hostvars": return .object(JinjaReference(HostVarsObject(table)))
        case "vars": return .object(JinjaReference(HostVarsEntry(host, table)))
        case "ansible_facts": return .dict(host.facts)
        case "play_hosts", "ansible_play_hosts", "ansible_play_hosts_all", "ansible_play_batch":
            return table.playHosts
        case "omit": return .omit
        default: return table.magic[name]
        }
    }
}

/// `hostvars`: the variables of every machine by its name in the inventory.
final class HostVarsObject: JinjaObject {
    private let table: HostTable
    let typeName = "HostVars"

    init(_ table: HostTable) { self.table = table }

    func item(_ key: JinjaValue, in context: JinjaContext) throws -> JinjaValue? {
        table.byName[key.text].map { .object(JinjaReference(HostVarsEntry($0, table))) }
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
        for (key, value) in host.facts { dict["ansible_" + key.text] = value }
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
