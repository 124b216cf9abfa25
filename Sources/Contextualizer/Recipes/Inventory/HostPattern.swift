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
        var wanted: Set<String> = []
        for group in inventory.groups where try matcher.matches(group.name) {
            wanted.formUnion(inventory.hosts(inGroup: group.name))
        }
        var found: [String] = []
        for host in inventory.hosts(inGroup: "all") {
            if wanted.contains(host) {
                found.append(host)
            } else if try matcher.matches(host) {
                found.append(host)
            }
        }
        return found
    }
}

/// Shell wildcards, or a regular expression behind `~`, by the expression engine, whose time is bounded.
private enum NameMatcher {
    private static let environment = JinjaEnvironment()

    case wildcard(Wildcard)
    case expression(JinjaValue)

    init(_ text: String) throws(RecipeError) {
        guard text.hasPrefix("~") else {
            self = .wildcard(Wildcard(text))
            return
        }
        self = .expression(.string(String(text.dropFirst())))
        _ = try matches("")
    }

    /// - Throws: For an expression that is none, or that takes too long: it would with the next name, too.
    func matches(_ name: String) throws(RecipeError) -> Bool {
        switch self {
        case .wildcard(let wildcard): return wildcard.matches(name)
        case .expression(let pattern):
            do throws(JinjaError) {
                let scope: JinjaDict = ["name": .string(name), "p": pattern]
                return try Self.environment.evaluate(expression: "name is match(p)", scope: scope) == .bool(true)
            } catch {
                throw RecipeError(.inventory, error.message, recipe: "hosts")
            }
        }
    }
}
