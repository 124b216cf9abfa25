/// Lines of a recipe that was put together of several: where they come from.
struct RecipePart: Sendable, Hashable {
    /// In the recipe at hand, from 1.
    var first: Int
    var count: Int
    /// The recipe that they are from, as a whole.
    var place: SourceRange
    /// What ``first`` is in that recipe, from 1.
    var line: Int
    /// Blanks that were taken away from the beginning of each line.
    var depth: Int
}

extension RADLConfigure {
    /// Where each line of the recipe comes from; empty where no text said it.
    fileprivate var origins: [RecipePart] {
        if !recipeParts.isEmpty { return recipeParts }
        return recipeSource.map { [RecipePart(first: 1, count: .max, place: $0, line: 1, depth: 0)] } ?? []
    }
}

/// Recipes as text: lists of plays or tasks can be put one behind the other without reading their YAML.
enum RecipeList {
    private struct Items {
        var lines: [Substring] = []
        /// Lines that stood before them.
        var dropped = 0
        var depth = 0

        /// Where they come from, once they stand from a line on.
        func parts(_ origins: [RecipePart], from start: Int) -> [RecipePart] {
            origins.compactMap { origin in
                let skipped = max(0, dropped + 1 - origin.first)
                let first = origin.first + skipped
                let last = min(dropped + lines.count, origin.first.addingReportingOverflow(origin.count - 1).0)
                let end = origin.count == .max ? dropped + lines.count : last
                guard first <= end else { return nil }
                return RecipePart(
                    first: start + first - dropped - 1, count: end - first + 1, place: origin.place,
                    line: origin.line + skipped, depth: origin.depth + depth)
            }
        }
    }

    /// The second section with both recipes, its own behind the first; nil where one of them is no list.
    static func join(_ first: RADLConfigure, _ second: RADLConfigure) -> RADLConfigure? {
        guard let one = items(first.recipe ?? ""), let other = items(second.recipe ?? "") else { return nil }
        var result = second
        result.content = .recipe("\n" + (one.lines + other.lines).joined(separator: "\n") + "\n")
        result.recipeSource = nil
        result.recipeParts =
            one.parts(first.origins, from: 2) + other.parts(second.origins, from: 2 + one.lines.count)
        return result
    }

    /// Lines of a list that begins in the first column.
    private static func items(_ text: String) -> Items? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        func isNothing(_ line: Substring) -> Bool {
            let content = line.drop { $0 == " " || $0 == "\r" || $0 == "\t" }
            return content.isEmpty || content.first == "#"
        }
        while let last = lines.last, last.allSatisfy({ $0 == " " || $0 == "\r" }) { lines.removeLast() }
        let count = lines.count
        if let start = lines.firstIndex(where: { !isNothing($0) }), lines[start].hasPrefix("---") {
            guard lines[start].dropFirst(3).allSatisfy({ $0 == " " || $0 == "\r" }) else { return nil }
            lines.removeSubrange(...start)
        }
        guard let first = lines.first(where: { !isNothing($0) }) else { return Items() }
        while let blank = lines.first, blank.allSatisfy({ $0 == " " || $0 == "\r" || $0 == "\t" }) {
            lines.removeFirst()
        }
        let depth = first.prefix { $0 == " " }.count
        let content = first.dropFirst(depth)
        guard content.hasPrefix("- ") || content == "-" || content == "-\r" else { return nil }
        var result = Items(dropped: count - lines.count, depth: depth)
        for line in lines {
            let own = line.prefix { $0 == " " }.count
            guard own >= depth || isNothing(line) else { return nil }
            // Documents end at such a line: what follows is another one.
            if line.hasPrefix("---") || line.hasPrefix("...") { return nil }
            result.lines.append(line.dropFirst(min(own, depth)))
        }
        return result
    }
}
