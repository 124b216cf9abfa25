import Jinja

/// `--tags` and `--skip-tags`: which tasks run.
package struct TagSelection: Sendable, Hashable {
    package var only: [String]
    package var skipped: [String]

    package init(only: [String] = [], skipped: [String] = []) {
        self.only = only.isEmpty ? ["all"] : only
        self.skipped = skipped
    }

    /// Whether a task with these tags runs.
    package func takes(_ given: [String]) -> Bool {
        let isTagged = !given.isEmpty
        let tags = Set(isTagged ? given : ["untagged"])
        let isNever = tags.contains("never")
        var runs =
            tags.contains("always") || (only.contains("all") && !isNever) || !tags.isDisjoint(with: only)
            || (only.contains("tagged") && isTagged && !isNever)
        guard runs, !skipped.isEmpty else { return runs }
        if skipped.contains("all") {
            if !tags.contains("always") || skipped.contains("always") { runs = false }
        } else if !tags.isDisjoint(with: skipped) {
            runs = false
        } else if skipped.contains("tagged"), isTagged {
            runs = false
        }
        return runs
    }

    /// The texts of tags as written: a text may hold several with commas, a value may be a list.
    static func texts(_ tags: [JinjaValue]) -> [String] {
        tags.flatMap { tag -> [String] in
            if let items = tag.listValue { return texts(items) }
            return tag.text.split(separator: ",").map { String($0.drop { $0 == " " }) }
        }
    }
}
