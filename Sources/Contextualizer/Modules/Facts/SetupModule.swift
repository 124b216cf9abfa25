import ContextualizationAPI
import Jinja

/// `setup`: gathers facts.
package enum SetupModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "setup", aliases: ["gather_facts"], summary: "Gathers facts of the machine.",
        parameters: [
            ModuleParameter("filter", .list, default: [], "Shell patterns of names; others are left out."),
            ModuleParameter(
                "gather_subset", .list, default: ["all"],
                "Which facts: all, min, hardware, network, virtual, …; without those behind a !."),
            ModuleParameter(
                "gather_timeout", .integer, default: 10, "Most seconds for a file system of another machine."),
            ModuleParameter("fact_path", .path, "Folder of the machine's own facts; by default /etc/ansible/facts.d."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let filters = (arguments.list("filter") ?? []).filter { !$0.isEmpty && $0 != "*" }
        let subset = try FactSubset(arguments.list("gather_subset") ?? ["all"])
        let script = FactScript.text(
            folder: arguments.string("fact_path"), timeout: arguments.int("gather_timeout") ?? 10)
        return .run(
            ModuleInvocation(script: script, reads: ["facts"]) { output in
                let records = Records(output.standardOutput)
                guard records.isComplete else { return .finish(ModuleResult(records: records, output: output)) }
                if subset.contains("local"), let fault = records.values["fact_fault"]?.first {
                    return .finish(notStarted(fault))
                }
                let decoder = FactDecoder(records)
                let facts = JinjaDict(
                    decoder.facts.compactMap { key, value in
                        let name = key.text
                        let isWanted =
                            filters.isEmpty
                            || filters.contains {
                                Wildcard.matches("ansible_" + name, $0) || Wildcard.matches(name, $0)
                            }
                        return isWanted && subset.contains(name) ? (key, value) : nil
                    })
                var result = ModuleResult()
                var prefixed = JinjaDict()
                for (key, value) in facts { prefixed["ansible_" + key.text] = value }
                // Of the gathering, not of the machine.
                prefixed["gather_subset"] = .list(
                    (arguments.list("gather_subset") ?? ["all"]).map { .string($0) })
                prefixed["module_setup"] = true
                result["ansible_facts"] = .dict(prefixed)
                if subset.contains("local"), !decoder.warnings.isEmpty {
                    result["warnings"] = .list(decoder.warnings.map { .string($0) })
                }
                // The one fact that keeps its prefix.
                result.facts = JinjaDict(facts.map { ($0.key == "local" ? "ansible_local" : $0.key, $0.value) })
                return .finish(result)
            })
    }

    /// A program of the machine's own facts that could not be started: `ERRNO` and its path.
    private static func notStarted(_ fault: String) -> ModuleResult {
        let parts = fault.split(separator: "\n", maxSplits: 1).map(String.init)
        var result = ModuleResult.failure("Error executing command.")
        result["cmd"] = .string(parts.last ?? "")
        result["rc"] = .int(Int(parts[0]) ?? 0)
        result.setOutput("", "")
        return result
    }
}

/// Shell patterns with `*` and `?`.
package enum Wildcard {
    package static func matches(_ text: String, _ pattern: String) -> Bool {
        let text = Array(text.utf8)
        let pattern = Array(pattern.utf8)
        var (t, p, star, mark) = (0, 0, -1, 0)
        while t < text.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "?") || pattern[p] == text[t] {
                t += 1
                p += 1
            } else if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                star = p
                mark = t
                p += 1
            } else if star >= 0 {
                p = star + 1
                mark += 1
                t = mark
            } else {
                return false
            }
        }
        while p < pattern.count, pattern[p] == UInt8(ascii: "*") { p += 1 }
        return p == pattern.count
    }
}
