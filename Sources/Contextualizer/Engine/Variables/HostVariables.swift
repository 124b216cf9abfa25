import Jinja
import Support

/// What is known of one machine during a run. Other machines' tasks read it while its own tasks write it.
final class HostVariables: Sendable {
    private struct State {
        var facts = JinjaDict()
        var included = JinjaDict()
        var set = JinjaDict()
    }

    /// Name in the inventory.
    let name: String
    let groups: [String]
    /// Variables of the inventory: of all, of groups, of the host, the later over the earlier.
    let inventory: JinjaDict
    /// Whether texts in ``inventory`` are templates.
    let inventoryIsTemplate: Bool
    private let state = LockedValue(State())

    init(name: String, groups: [String], inventory: JinjaDict, inventoryIsTemplate: Bool) {
        self.name = name
        self.groups = groups
        self.inventory = inventory
        self.inventoryIsTemplate = inventoryIsTemplate
    }

    /// Facts without the prefix `ansible_`.
    var facts: JinjaDict { state.withLock { $0.facts } }
    /// What `include_vars` read.
    var included: JinjaDict { state.withLock { $0.included } }
    /// What `set_fact` and `register` left.
    var set: JinjaDict { state.withLock { $0.set } }

    func mergeFacts(_ facts: JinjaDict) { state.withLock { $0.facts.merge(facts) } }
    func mergeIncluded(_ variables: JinjaDict) { state.withLock { $0.included.merge(variables) } }
    func mergeSet(_ variables: JinjaDict) { state.withLock { $0.set.merge(variables) } }

    func fact(_ name: String) -> JinjaValue? { state.withLock { $0.facts[name] } }
    func setVariable(_ name: String) -> JinjaValue? { state.withLock { $0.set[name] } }
    func includedVariable(_ name: String) -> JinjaValue? { state.withLock { $0.included[name] } }
}

/// The machines of a run and what all tasks see alike.
final class HostTable: Sendable {
    let hosts: [HostVariables]
    let byName: [String: HostVariables]
    /// The values of `groups`.
    let groups: JinjaValue
    let playHosts: JinjaValue
    /// Further variables above all others (`-e`), and those of the engine.
    let extra: JinjaDict
    let magic: JinjaDict

    /// - Parameters:
    ///   - groups: Members of each group in order; `all` and `ungrouped` are added.
    ///   - extra: Variables above all others; their texts are templates.
    ///   - magic: Fixed values such as `playbook_dir`.
    init(hosts: [HostVariables], groups: [(String, [String])], extra: JinjaDict, magic: JinjaDict) {
        self.hosts = hosts
        byName = Dictionary(hosts.map { ($0.name, $0) }) { first, _ in first }
        var table = JinjaDict()
        let names = hosts.map { JinjaValue.string($0.name) }
        table["all"] = .list(names)
        table["ungrouped"] = .list(
            hosts.filter { host in !groups.contains { $0.1.contains(host.name) } }.map { .string($0.name) })
        for (group, members) in groups { table[group] = .list(members.map { .string($0) }) }
        self.groups = .dict(table)
        playHosts = .list(names)
        self.extra = extra
        self.magic = magic
    }
}
