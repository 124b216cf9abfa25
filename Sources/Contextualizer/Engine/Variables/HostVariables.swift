import Jinja
import Support

/// What is known of one machine during a run. Other machines' tasks read it while its own tasks write it.
final class HostVariables: Sendable {
    private struct State {
        var facts = JinjaDict()
        var included = JinjaDict()
        var set = JinjaDict()
        var groups: [String] = []
        var inventory = JinjaDict()
        var isElsewhere = false
    }

    /// Name in the inventory.
    let name: String
    /// Whether texts in ``inventory`` are templates.
    let inventoryIsTemplate: Bool
    private let state = LockedValue(State())

    init(name: String, groups: [String], inventory: JinjaDict, inventoryIsTemplate: Bool) {
        self.name = name
        self.inventoryIsTemplate = inventoryIsTemplate
        state.withLock {
            $0.groups = groups
            $0.inventory = inventory
        }
    }

    var groups: [String] { state.withLock { $0.groups } }
    /// Variables of the inventory: of all, of groups, of the host, the later over the earlier.
    var inventory: JinjaDict { state.withLock { $0.inventory } }

    func setInventory(_ variables: JinjaDict, groups: [String]) {
        state.withLock {
            $0.inventory = variables
            $0.groups = groups
        }
    }

    /// Whether the variables beside the playbook at work say another way to it than those at the beginning.
    var isElsewhere: Bool {
        get { state.withLock { $0.isElsewhere } }
        set { state.withLock { $0.isElsewhere = newValue } }
    }

    func clearFacts() { state.withLock { $0.facts = JinjaDict() } }

    /// The variable of a fact; `ansible_local` is called so among the facts, too.
    static func variable(ofFact name: String) -> String { name == "ansible_local" ? name : "ansible_" + name }

    /// Facts without the prefix `ansible_`.
    var facts: JinjaDict { state.withLock { $0.facts } }
    /// What `include_vars` read.
    var included: JinjaDict { state.withLock { $0.included } }
    /// What `set_fact` and `register` left.
    var set: JinjaDict { state.withLock { $0.set } }

    func mergeFacts(_ facts: JinjaDict) { state.withLock { $0.facts.merge(facts) } }
    func mergeIncluded(_ variables: JinjaDict) { state.withLock { $0.included.merge(variables) } }
    func mergeSet(_ variables: JinjaDict) { state.withLock { $0.set.merge(variables) } }

    func inventoryVariable(_ name: String) -> JinjaValue? { state.withLock { $0.inventory[name] } }
    /// The fact of a variable, whose name is given without the prefix.
    func fact(_ name: String) -> JinjaValue? {
        state.withLock { $0.facts[name == "local" ? "ansible_local" : name] }
    }
    func setVariable(_ name: String) -> JinjaValue? { state.withLock { $0.set[name] } }
    func includedVariable(_ name: String) -> JinjaValue? { state.withLock { $0.included[name] } }
}
