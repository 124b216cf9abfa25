extension RADLConfigure {
    private static let mostLines = 8

    enum ContentKind { case reference, disabled, recipe }

    var kind: ContentKind {
        switch content {
        case .reference: .reference
        case .disabled: .disabled
        case .recipe: .recipe
        }
    }

    /// Lines of the recipe without the empty ones around it: these mean nothing, and printing may add some.
    var lines: [Substring] {
        guard let recipe else { return [] }
        func isBlank(_ line: Substring) -> Bool { line.utf8.allSatisfy { [0x20, 0x09, 0x0D].contains($0) } }
        var lines = recipe.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)[...]
        while let last = lines.last, isBlank(last) { lines.removeLast() }
        while let first = lines.first, isBlank(first) { lines.removeFirst() }
        return Array(lines)
    }

    /// What it is, in words.
    var summary: String {
        switch content {
        case .reference: return "defined elsewhere"
        case .disabled: return "none: the system is not contextualized"
        case .recipe:
            let count = lines.count
            return count == 1 ? "1 line" : "\(count) lines"
        }
    }

    /// What differs from an earlier recipe: the lines between the first and the last that differ.
    func difference(from old: RADLConfigure) -> RADLDifference.Detail {
        guard kind == .recipe, old.kind == .recipe else {
            return .init(name: "recipe", before: old.summary, after: summary)
        }
        let (before, after) = (old.lines, lines)
        var start = 0
        while start < min(before.count, after.count), before[start] == after[start] { start += 1 }
        var same = 0
        while same < min(before.count, after.count) - start,
            before[before.count - 1 - same] == after[after.count - 1 - same]
        {
            same += 1
        }
        return .init(
            name: "recipe from line \(start + 1)", before: Self.shown(before[start..<before.count - same]),
            after: Self.shown(after[start..<after.count - same]))
    }

    /// A few lines; those that name secrets are masked as a whole, because YAML needs no quotes around values.
    private static func shown(_ lines: ArraySlice<Substring>) -> String? {
        if lines.isEmpty { return nil }
        var shown = lines.prefix(mostLines).map { line in
            Secrets.isNamed(in: Array(line.utf8)[...]) ? "***" : Secrets.masked(String(line))
        }
        if lines.count > mostLines { shown.append("… and \(lines.count - mostLines) lines more") }
        return shown.joined(separator: "\n")
    }
}
