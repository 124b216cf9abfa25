/// Recipes as text: lists of plays or tasks can be put one behind the other without reading their YAML.
enum RecipeList {
    /// Both, the second one behind the first; nil where one of them is no list.
    static func join(_ first: String, _ second: String) -> String? {
        guard let one = items(first), let other = items(second) else { return nil }
        return "\n" + (one + other).joined(separator: "\n") + "\n"
    }

    /// Lines of a list that begins in the first column.
    private static func items(_ text: String) -> [Substring]? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        func isNothing(_ line: Substring) -> Bool {
            let content = line.drop { $0 == " " || $0 == "\r" || $0 == "\t" }
            return content.isEmpty || content.first == "#"
        }
        while let last = lines.last, last.allSatisfy({ $0 == " " || $0 == "\r" }) { lines.removeLast() }
        if let start = lines.firstIndex(where: { !isNothing($0) }), lines[start].hasPrefix("---") {
            guard lines[start].dropFirst(3).allSatisfy({ $0 == " " || $0 == "\r" }) else { return nil }
            lines.removeSubrange(...start)
        }
        guard let first = lines.first(where: { !isNothing($0) }) else { return [] }
        while let blank = lines.first, blank.allSatisfy({ $0 == " " || $0 == "\r" || $0 == "\t" }) {
            lines.removeFirst()
        }
        let depth = first.prefix { $0 == " " }.count
        let content = first.dropFirst(depth)
        guard content.hasPrefix("- ") || content == "-" || content == "-\r" else { return nil }
        var result: [Substring] = []
        for line in lines {
            let own = line.prefix { $0 == " " }.count
            guard own >= depth || isNothing(line) else { return nil }
            // Documents end at such a line: what follows is another one.
            if line.hasPrefix("---") || line.hasPrefix("...") { return nil }
            result.append(line.dropFirst(min(own, depth)))
        }
        return result
    }
}
