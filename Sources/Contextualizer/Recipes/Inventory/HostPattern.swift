import Jinja

/// Which hosts a play runs on: `web`, `web:db`, `web:&prod`, `all:!db`, `web*`, `~(web|db)\d+`, `web[0:2]`.
public struct HostPattern: Sendable, Hashable {
    private enum Operation: Sendable, Hashable { case add, intersect, exclude }

    private struct Term: Sendable, Hashable {
        var operation: Operation
        var text: String
        var range: SubscriptRange?
    }

    private enum SubscriptRange: Sendable, Hashable {
        case index(Int)
        case slice(Int, Int?)
    }

    private let terms: [Term]

    /// Reads a pattern. Parts are joined by `:` or `,`.
    ///
    /// - Throws: when a part is empty behind `&` or `!`, or a subscript is broken.
    public init(_ pattern: String) throws(RecipeError) {
        var terms: [Term] = []
        for part in Self.split(pattern) {
            var text = part
            var operation = Operation.add
            if text.hasPrefix("&") || text.hasPrefix("!") {
                operation = text.hasPrefix("&") ? .intersect : .exclude
                text.removeFirst()
            }
            guard !text.isEmpty else {
                throw RecipeError(.inventory, "the host pattern '\(pattern)' has an empty part", recipe: "hosts")
            }
            var range: SubscriptRange?
            if !text.hasPrefix("~"), text.hasSuffix("]"), let open = text.lastIndex(of: "[") {
                range = Self.range(text[text.index(after: open)...].dropLast())
                if range != nil { text = String(text[..<open]) }
            }
            terms.append(Term(operation: operation, text: text, range: range))
        }
        self.terms = terms
    }

    /// The hosts that match, in the inventory's order. `localhost` matches without being listed.
    public func hosts(in inventory: Inventory) throws(RecipeError) -> [String] {
        // As in Ansible: what is added counts first, wherever it stands, then intersections, then exclusions.
        let added = terms.filter { $0.operation == .add }
        var hosts: [String] = added.isEmpty ? inventory.hosts(inGroup: "all") : []
        for term in added {
            for host in try matches(term, inventory) where !hosts.contains(host) { hosts.append(host) }
        }
        for term in terms where term.operation == .intersect {
            let others = Set(try matches(term, inventory))
            hosts = hosts.filter(others.contains)
        }
        for term in terms where term.operation == .exclude {
            let others = Set(try matches(term, inventory))
            hosts = hosts.filter { !others.contains($0) }
        }
        return hosts
    }

    private static func split(_ pattern: String) -> [String] {
        if pattern.contains(",") {
            return pattern.split(separator: ",").map { String($0).trimmingSpaces() }.flatMap(splitColons)
                .filter { !$0.isEmpty }
        }
        return splitColons(pattern.trimmingSpaces()).filter { !$0.isEmpty }
    }

    /// Colons in brackets belong to ranges, those of regular expressions do not: so Ansible splits them. A text with several bare colons is an IPv6 address.
    private static func splitColons(_ pattern: String) -> [String] {
        let outside = pattern.filter { $0 == ":" }.count
        let looksLikeAddress =
            outside > 2 && pattern.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." } && pattern.contains("::")
        if looksLikeAddress { return [pattern] }
        var parts = [""]
        var depth = 0
        for character in pattern {
            if character == "[" { depth += 1 }
            if character == "]" { depth -= 1 }
            if character == ":", depth <= 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
        }
        return parts
    }

    private static func range(_ text: Substring) -> SubscriptRange? {
        if let index = Int(text) { return .index(index) }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let separated = parts.count == 2 ? parts : text.split(separator: "-", omittingEmptySubsequences: false)
        guard separated.count == 2, let start = separated[0].isEmpty ? 0 : Int(separated[0]) else { return nil }
        if separated[1].isEmpty { return .slice(start, nil) }
        guard let end = Int(separated[1]) else { return nil }
        return .slice(start, end)
    }

    private func matches(_ term: Term, _ inventory: Inventory) throws(RecipeError) -> [String] {
        let hosts = try matches(term.text, inventory)
        switch term.range {
        case nil: return hosts
        case .index(let index)?:
            let place = index < 0 ? index + hosts.count : index
            guard hosts.indices.contains(place) else {
                throw RecipeError(
                    .inventory, "'\(term.text)[\(index)]': '\(term.text)' has only \(hosts.count) hosts",
                    recipe: "hosts")
            }
            return [hosts[place]]
        case .slice(let start, let end)?:
            let first = max(0, start < 0 ? start + hosts.count : start)
            // The end is included.
            let last = min(hosts.count - 1, end.map { $0 < 0 ? $0 + hosts.count : $0 } ?? hosts.count - 1)
            return first <= last ? Array(hosts[first...last]) : []
        }
    }

    private func matches(_ text: String, _ inventory: Inventory) throws(RecipeError) -> [String] {
        if text == "all" || text == "*" { return inventory.hosts(inGroup: "all") }
        if inventory.group(text) != nil { return inventory.hosts(inGroup: text) }
        if inventory.host(text) != nil { return [text] }
        if text == "localhost" || text == "127.0.0.1" || text == "::1" { return [text] }
        guard text.hasPrefix("~") || text.contains(where: { "*?[".contains($0) }) else { return [] }
        let matcher = try NameMatcher(text)
        // The group `all` matches as others do: so `a*` means every host, as in Ansible.
        let groups = inventory.groups.filter { matcher.matches($0.name) }.map(\.name)
        let wanted = Set(groups.flatMap { inventory.hosts(inGroup: $0) })
        return inventory.hosts(inGroup: "all").filter { wanted.contains($0) || matcher.matches($0) }
    }
}

/// Shell wildcards, or a regular expression behind `~`, by the expression engine, whose time is bounded.
private struct NameMatcher {
    private static let environment = JinjaEnvironment()
    private let pattern: JinjaValue

    init(_ text: String) throws(RecipeError) {
        if text.hasPrefix("~") {
            pattern = .string(String(text.dropFirst()))
            do throws(JinjaError) {
                _ = try Self.environment.evaluate(expression: "'' is match(p)", scope: ["p": pattern] as JinjaDict)
            } catch {
                throw RecipeError(.inventory, error.message, recipe: "hosts")
            }
            return
        }
        var regex = ""
        for character in text {
            switch character {
            case "*": regex += ".*"
            case "?": regex += "."
            case "[", "]", "-": regex.append(character)
            default:
                if !character.isLetter, !character.isNumber, character != "_" { regex += "\\" }
                regex.append(character)
            }
        }
        pattern = .string("(?:\(regex))\\Z")
    }

    func matches(_ name: String) -> Bool {
        let scope: JinjaDict = ["name": .string(name), "p": pattern]
        return (try? Self.environment.evaluate(expression: "name is match(p)", scope: scope)) == .bool(true)
    }
}
