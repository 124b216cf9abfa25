public import Jinja

/// Hosts, groups and their variables.
///
/// Variables are raw: templates in them are rendered by the engine. Every inventory has the groups `all` and
/// `ungrouped`.
public struct Inventory: Sendable, Hashable {
    public struct Group: Sendable, Hashable {
        public var name: String
        /// Hosts that the group names itself, in order.
        public var hosts: [String] = []
        /// Groups inside this one.
        public var children: [String] = []
        /// Of the inventory itself.
        public var variables: JinjaDict = [:]
        /// Of `group_vars` beside the inventory, and beside the playbook.
        public var folderVariables: JinjaDict = [:]
        public var playbookVariables: JinjaDict = [:]

        public init(_ name: String) { self.name = name }
    }

    public struct Host: Sendable, Hashable {
        public var name: String
        public var variables: JinjaDict = [:]
        /// Of `host_vars` beside the playbook.
        public var playbookVariables: JinjaDict = [:]

        public init(_ name: String) { self.name = name }
    }

    /// In the order in which they were first named.
    public private(set) var hosts: [Host] = []
    public private(set) var groups: [Group] = [Group("all"), Group("ungrouped")]
    /// Hosts that no source lists and that are there all the same: the controller.
    private var unlisted: [String: Host] = [:]
    /// The files, folders and lists that it was read from.
    public var sources: [String] = []
    private var hostIndex: [String: Int] = [:]
    private var groupIndex: [String: Int] = ["all": 0, "ungrouped": 1]

    public init() {}

    /// Reads an inventory file, or a list of hosts with commas (`a,b,` as `-i` takes it).
    public static func parse(_ text: String, name: String) throws(RecipeError) -> Inventory {
        var inventory = Inventory()
        if !text.contains("\n"), text.contains(",") {
            for host in text.split(separator: ",") { inventory.addHost(String(host).trimmingSpaces()) }
        } else if InventoryYAML.isYAML(text) {
            var reader = InventoryYAML(name: name)
            inventory = try reader.read(text)
        } else {
            var reader = InventoryINI(name: name)
            inventory = try reader.read(text)
        }
        inventory.regroup()
        return inventory
    }

    /// Takes in another one; its variables win.
    public mutating func merge(_ other: Inventory) {
        for host in other.hosts where other.groups.dropFirst(2).allSatisfy({ !$0.hosts.contains(host.name) }) {
            addHost(host.name, variables: host.variables)
        }
        for group in other.groups {
            addGroup(group.name)
            for source in [\Group.variables, \.folderVariables, \.playbookVariables] {
                setVariables(group[keyPath: source], ofGroup: group.name, source)
            }
            for host in group.hosts where group.name != "ungrouped" {
                addHost(host, to: group.name, variables: other.host(host)?.variables ?? [:])
            }
            for child in group.children { addChild(child, to: group.name) }
        }
        for (name, host) in other.unlisted { setVariables(host.variables, ofUnlisted: name) }
        regroup()
    }

    // MARK: Building

    public mutating func addGroup(_ name: String) {
        guard groupIndex[name] == nil else { return }
        groupIndex[name] = groups.count
        groups.append(Group(name))
    }

    /// Adds a host to a group (to `ungrouped` without one); both are made when they are new.
    public mutating func addHost(_ name: String, to group: String? = nil, variables: JinjaDict = [:]) {
        if hostIndex[name] == nil {
            hostIndex[name] = hosts.count
            hosts.append(Host(name))
        }
        if let place = hostIndex[name] { hosts[place].variables.merge(variables) }
        let group = group ?? "ungrouped"
        addGroup(group)
        if let place = groupIndex[group], !groups[place].hosts.contains(name) { groups[place].hosts.append(name) }
    }

    /// Adds a host to a group, before those that are listed after it: machines that work at the same time join a group in
    /// any order.
    public mutating func insertHost(_ name: String, into group: String) {
        addGroup(group)
        guard let host = hostIndex[name], let place = groupIndex[group] else { return addHost(name, to: group) }
        guard !groups[place].hosts.contains(name) else { return }
        let next = groups[place].hosts.firstIndex { hostIndex[$0].map { $0 > host } ?? false }
        groups[place].hosts.insert(name, at: next ?? groups[place].hosts.endIndex)
    }

    /// Gives a host variables where it has none of these names.
    public mutating func setDefaults(_ variables: JinjaDict, ofHost name: String) {
        guard let place = hostIndex[name] else { return }
        for (key, value) in variables where hosts[place].variables[key] == nil { hosts[place].variables[key] = value }
    }

    /// Gives further variables to a host that is listed.
    public mutating func setVariables(_ variables: JinjaDict, ofListed name: String) {
        if let place = hostIndex[name] { hosts[place].variables.merge(variables) }
    }

    public mutating func addChild(_ child: String, to parent: String) {
        addGroup(child)
        addGroup(parent)
        if let place = groupIndex[parent], child != parent, !groups[place].children.contains(child) {
            groups[place].children.append(child)
        }
    }

    /// - Parameter source: Where they come from.
    public mutating func setVariables(
        _ variables: JinjaDict, ofGroup group: String, _ source: WritableKeyPath<Group, JinjaDict> = \.variables
    ) {
        addGroup(group)
        if let place = groupIndex[group] { groups[place][keyPath: source].merge(variables) }
    }

    /// Gives variables to a host that is not listed.
    public mutating func setVariables(_ variables: JinjaDict, ofUnlisted name: String) {
        unlisted[name, default: Host(name)].variables.merge(variables)
    }

    /// Gives a host, listed or not, variables of `host_vars` beside the playbook.
    public mutating func setPlaybookVariables(_ variables: JinjaDict, ofHost name: String) {
        if let place = hostIndex[name] {
            hosts[place].playbookVariables.merge(variables)
        } else {
            unlisted[name, default: Host(name)].playbookVariables.merge(variables)
        }
    }

    /// Takes away what `group_vars` and `host_vars` beside the playbook gave.
    public mutating func forgetPlaybook() {
        for place in groups.indices { groups[place].playbookVariables = [:] }
        for place in hosts.indices { hosts[place].playbookVariables = [:] }
        for name in unlisted.keys { unlisted[name]?.playbookVariables = [:] }
    }

    /// A host that is in another group is not ungrouped. To be called after changes.
    public mutating func regroup() {
        let grouped = Set(groups.filter { $0.name != "all" && $0.name != "ungrouped" }.flatMap(\.hosts))
        groups[1].hosts = hosts.map(\.name).filter { !grouped.contains($0) }
    }

    // MARK: Asking

    public func host(_ name: String) -> Host? { hostIndex[name].map { hosts[$0] } }
    public func group(_ name: String) -> Group? { groupIndex[name].map { groups[$0] } }

    /// All hosts of a group and of the groups inside it, each once, level by level: Ansible's order.
    public func hosts(inGroup name: String) -> [String] {
        var result: [String] = []
        var known: Set<String> = []
        var visited: Set<String> = []
        var level = [name]
        while !level.isEmpty {
            var next: [String] = []
            for name in level where visited.insert(name).inserted {
                for host in group(name)?.hosts ?? [] where known.insert(host).inserted { result.append(host) }
                next += children(of: name)
            }
            level = next
        }
        return result
    }

    /// The groups inside a group; those of `all` are the groups that no other group holds.
    private func children(of name: String) -> [String] {
        guard name == "all" else { return group(name)?.children ?? [] }
        let held = Set(groups.filter { $0.name != "all" }.flatMap(\.children))
        return groups.map(\.name).filter { $0 != "all" && !held.contains($0) }
    }

    /// The groups that a host is in, `all` left out, sorted: the variable `group_names`.
    public func groupNames(ofHost host: String) -> [String] {
        ancestors(ofHost: host).filter { $0 != "all" }.sorted()
    }

    /// Variables of groups, then the host's own, in Ansible's order of precedence: those that the inventory gives its
    /// groups, those of `group_vars/all`, those of the other groups beside the inventory and then beside the playbook; each
    /// from the outermost group to the innermost. Magic variables are the engine's.
    public func variables(ofHost name: String) -> JinjaDict {
        var result = groups[0].variables
        let depths = depths()
        let order = ancestors(ofHost: name).filter { $0 != "all" }.sorted { left, right in
            let (one, two) = (depths[left] ?? 0, depths[right] ?? 0)
            if one != two { return one < two }
            let (first, second) = (priority(left), priority(right))
            return first == second ? left < right : first < second
        }
        let inner = order.compactMap { group($0) }
        for group in inner { result.merge(group.variables) }
        result.merge(groups[0].folderVariables)
        result.merge(groups[0].playbookVariables)
        for group in inner { result.merge(group.folderVariables) }
        for group in inner { result.merge(group.playbookVariables) }
        if let host = host(name) {
            result.merge(host.variables)
            result.merge(host.playbookVariables)
        }
        result["ansible_group_priority"] = nil
        return result
    }

    /// Variables of a host that no source lists, without those of groups.
    public func variables(ofUnlisted name: String) -> JinjaDict {
        guard let host = unlisted[name] else { return [:] }
        var result = host.variables
        result.merge(host.playbookVariables)
        return result
    }

    private func priority(_ group: String) -> Int {
        switch self.group(group)?.variables["ansible_group_priority"] {
        case .int(let number)?: number
        case .string(let text)?: Int(text) ?? 1
        default: 1
        }
    }

    private func ancestors(ofHost host: String) -> Set<String> {
        var found = Set(groups.filter { $0.hosts.contains(host) }.map(\.name))
        var grew = true
        while grew {
            let parents = groups.filter { group in
                !found.contains(group.name) && group.children.contains(where: found.contains)
            }
            grew = !parents.isEmpty
            found.formUnion(parents.map(\.name))
        }
        return found
    }

    /// How deep each group stands below `all`, by the longest way. Circles end where they began.
    private func depths() -> [String: Int] {
        var depths: [String: Int] = [:]
        func visit(_ name: String, _ depth: Int, _ path: Set<String>) {
            guard !path.contains(name), depth <= groups.count else { return }
            if let known = depths[name], known >= depth { return }
            depths[name] = depth
            for child in group(name)?.children ?? [] { visit(child, depth + 1, path.union([name])) }
        }
        for group in groups { visit(group.name, group.name == "all" ? 0 : 1, []) }
        return depths
    }
}
