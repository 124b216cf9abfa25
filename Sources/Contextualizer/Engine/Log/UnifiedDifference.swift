import Jinja

/// The difference of two texts in the unified form.
package enum UnifiedDifference {
    private static let context = 3
    /// Texts with more lines are only said to differ: the comparison's cost grows with the product of the changes.
    private static let maximumLines = 5000

    private enum Line {
        case same(String)
        case removed(String)
        case added(String)
    }

    /// Lines from `--- before` on; none when the texts are equal.
    package static func lines(
        before: String, after: String, beforeTitle: String = "before", afterTitle: String = "after"
    ) -> [String] {
        guard !before.isSame(as: after) else { return [] }
        let old = split(before)
        let new = split(after)
        let head = ["--- \(beforeTitle)", "+++ \(afterTitle)"]
        guard old.count + new.count <= maximumLines else { return head + ["(too long to be compared)"] }
        return head + hunks(merge(old, new))
    }

    /// The lines without their ends; where the last one has none, the note of that is part of it.
    private static func split(_ text: String) -> [String] {
        var lines = text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false).map { String(Substring($0)) }
        if let last = lines.popLast(), !last.isEmpty { lines.append(last + "\n\\ No newline at end of file") }
        return lines
    }

    private static func merge(_ old: [String], _ new: [String]) -> [Line] {
        let difference = new.difference(from: old) { $0.isSame(as: $1) }
        var removed: Set<Int> = []
        var added: Set<Int> = []
        for change in difference {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var lines: [Line] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if left < old.count, removed.contains(left) {
                lines.append(.removed(old[left]))
                left += 1
            } else if right < new.count, added.contains(right) {
                lines.append(.added(new[right]))
                right += 1
            } else {
                lines.append(.same(old[left]))
                left += 1
                right += 1
            }
        }
        return lines
    }

    private static func hunks(_ lines: [Line]) -> [String] {
        var isShown = Array(repeating: false, count: lines.count)
        for (index, line) in lines.enumerated() {
            if case .same = line { continue }
            for near in max(0, index - context)...min(lines.count - 1, index + context) { isShown[near] = true }
        }
        var output: [String] = []
        var (left, right) = (1, 1)
        var index = 0
        while index < lines.count {
            guard isShown[index] else {
                index += 1
                left += 1
                right += 1
                continue
            }
            var body: [String] = []
            let (startLeft, startRight) = (left, right)
            while index < lines.count, isShown[index] {
                switch lines[index] {
                case .same(let text):
                    body += shown(" ", text)
                    left += 1
                    right += 1
                case .removed(let text):
                    body += shown("-", text)
                    left += 1
                case .added(let text):
                    body += shown("+", text)
                    right += 1
                }
                index += 1
            }
            output.append("@@ -\(range(startLeft, left - startLeft)) +\(range(startRight, right - startRight)) @@")
            output += body
        }
        return output
    }

    /// A line, and the note behind it.
    private static func shown(_ sign: String, _ text: String) -> [String] {
        (sign + text).utf8.split(separator: 0x0a).map { String(Substring($0)) }
    }

    private static func range(_ start: Int, _ count: Int) -> String {
        let first = count == 0 ? start - 1 : start
        return count == 1 ? "\(first)" : "\(first),\(count)"
    }
}
