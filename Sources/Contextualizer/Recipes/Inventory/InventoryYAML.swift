import Jinja

/// Inventories in YAML form: groups with `hosts`, `children` and `vars`.
struct InventoryYAML {
    private static let maximumDepth = 50

    let name: String
    private var inventory = Inventory()

    init(name: String) { self.name = name }

    /// Whether a text looks like a YAML mapping rather than INI.
    static func isYAML(_ text: String) -> Bool {
        for line in text.split(separator: "\n") {
            let content = String(line).trimmingSpaces()
            if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
            if content == "---" || content.hasPrefix("{") { return true }
            return content.hasSuffix(":") || content.contains(": ")
        }
        return false
    }

    private func error(_ message: String, _ position: RecipePosition) -> RecipeError {
        RecipeError(.inventory, message, recipe: name, position: position)
    }

    mutating func read(_ text: String) throws(RecipeError) -> Inventory {
        guard let root = try RecipeYAML.load(text, name: name).root else { return inventory }
        guard let groups = root.entries else {
            throw error("a YAML inventory is a mapping of groups", root.position)
        }
        for group in groups { try read(group: group.key.text, group.value, depth: 0) }
        return inventory
    }

    private mutating func read(group: String, _ value: PositionedValue, depth: Int) throws(RecipeError) {
        guard depth <= Self.maximumDepth else { throw error("groups are nested too deeply", value.position) }
        inventory.addGroup(group)
        if value.scalar?.isNone == true { return }
        guard let entries = value.entries else {
            throw error("the group '\(group)' must be a mapping with hosts, children or vars", value.position)
        }
        for entry in entries {
            switch entry.key.text {
            case "hosts": try read(hosts: entry.value, of: group)
            case "vars":
                guard entry.value.scalar?.isNone != true else { continue }
                guard let variables = entry.value.value.dictValue else {
                    throw error("'vars' of the group '\(group)' must be a mapping", entry.value.position)
                }
                inventory.setVariables(variables, ofGroup: group)
            case "children":
                guard entry.value.scalar?.isNone != true else { continue }
                guard let children = entry.value.entries else {
                    throw error("'children' of the group '\(group)' must be a mapping", entry.value.position)
                }
                for child in children {
                    inventory.addChild(child.key.text, to: group)
                    try read(group: child.key.text, child.value, depth: depth + 1)
                }
            case let other:
                throw error(
                    "unknown key '\(other)' in the group '\(group)': expected hosts, children or vars",
                    entry.keyPosition)
            }
        }
    }

    private mutating func read(hosts value: PositionedValue, of group: String) throws(RecipeError) {
        if value.scalar?.isNone == true { return }
        let entries: [PositionedValue.Entry]
        if let text = value.scalar?.stringValue {
            entries = [
                PositionedValue.Entry(
                    key: .string(text), keyPosition: value.position,
                    value: PositionedValue(.scalar(.none), at: value.position))
            ]
        } else if let given = value.entries {
            entries = given
        } else {
            throw error("'hosts' of the group '\(group)' must be a mapping of hosts", value.position)
        }
        for entry in entries {
            let variables = entry.value.scalar?.isNone == true ? [:] : entry.value.value.dictValue
            guard var variables else {
                throw error("the variables of '\(entry.key.text)' must be a mapping", entry.value.position)
            }
            do throws(HostRangeError) {
                let (names, port) = try HostRange.expand(entry.key.text)
                if let port { variables["ansible_port"] = .int(port) }
                for host in names { inventory.addHost(host, to: group, variables: variables) }
            } catch {
                throw self.error("\(error)", entry.keyPosition)
            }
        }
    }
}
