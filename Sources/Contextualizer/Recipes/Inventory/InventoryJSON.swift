import Jinja

/// What a program prints that is an inventory: groups by name, each a list of hosts, or a mapping with `hosts`, `vars` and
/// `children`; `_meta` holds the variables of hosts.
extension Inventory {
    /// - Parameters:
    ///   - text: What the program printed when it was asked for all.
    ///   - name: Of the program, for messages.
    ///   - ask: What it prints when it is asked for one host; used where the first answer has no variables of hosts.
    public static func parse(
        json text: String, name: String, ask: (_ host: String) throws -> String
    ) throws -> Inventory {
        let root = try mapping(text, "what '\(name)' prints with --list", name)
        var inventory = Inventory()
        for (key, value) in root where key.text != "_meta" { try inventory.addGroup(key.text, value, name) }
        if let known = root["_meta"]?["hostvars"] {
            guard let known = known.dictValue else { throw wrong("'_meta.hostvars' is no mapping", name) }
            for (host, value) in known {
                guard let variables = value.dictValue else {
                    throw wrong("the variables of '\(host.text)' are no mapping", name)
                }
                // Of hosts that are in no group nothing is known but this.
                if inventory.host(host.text) != nil { inventory.setVariables(variables, ofListed: host.text) }
            }
        } else {
            for host in inventory.hosts {
                let answer = try ask(host.name)
                guard answer.contains(where: { !$0.isWhitespace }) else { continue }
                inventory.setVariables(
                    try mapping(answer, "what '\(name)' prints with --host \(host.name)", name), ofListed: host.name)
            }
        }
        inventory.regroup()
        return inventory
    }

    private mutating func addGroup(_ group: String, _ value: JinjaValue, _ name: String) throws {
        addGroup(group)
        func names(_ value: JinjaValue?, _ what: String) throws -> [String] {
            guard let value, !value.isNone else { return [] }
            guard let items = value.listValue else { throw Self.wrong("\(what) of '\(group)' is no list", name) }
            return items.map(\.text)
        }
        guard let entries = value.dictValue else {
            for host in try names(value, "the group") { addHost(host, to: group) }
            return
        }
        // An old form: the variables of a host that is a group of its own.
        guard ["hosts", "vars", "children"].contains(where: { entries[$0] != nil }) else {
            addHost(group, to: group, variables: entries)
            return
        }
        for host in try names(entries["hosts"], "'hosts'") { addHost(host, to: group) }
        if let variables = entries["vars"], !variables.isNone {
            guard let variables = variables.dictValue else {
                throw Self.wrong("'vars' of '\(group)' is no mapping", name)
            }
            setVariables(variables, ofGroup: group)
        }
        for child in try names(entries["children"], "'children'") { addChild(child, to: group) }
    }

    private static func mapping(_ text: String, _ what: String, _ name: String) throws -> JinjaDict {
        let value: JinjaValue
        do throws(JinjaError) {
            value = try JinjaValue(json: text)
        } catch {
            throw wrong("\(what) is no JSON: \(error)", name)
        }
        guard let dict = value.dictValue else { throw wrong("\(what) is no mapping but a \(value.typeName)", name) }
        return dict
    }

    private static func wrong(_ message: String, _ name: String) -> RecipeError {
        RecipeError(.inventory, message, recipe: name)
    }
}
