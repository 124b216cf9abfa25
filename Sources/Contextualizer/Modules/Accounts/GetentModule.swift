import ContextualizationAPI
import Jinja

/// `getent`: entries of the machine's databases as facts.
package enum GetentModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "getent", summary: "Answers entries of the machine's databases as facts.",
        parameters: [
            ModuleParameter("database", .string, required: true, "The database."),
            ModuleParameter("key", .string, default: "", "The entry; none: all."),
            ModuleParameter("split", .string, "What stands between the fields."),
            ModuleParameter("fail_key", .boolean, default: true, "Fail when there is no such entry."),
            ModuleParameter("service", .string, "The source, as of nsswitch.conf."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let database = arguments.string("database") ?? ""
        let key = arguments.string("key") ?? ""
        let service = arguments.string("service").map { "-s \(ShellText.quote($0)) " } ?? ""
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + """
                command -v getent >/dev/null 2>&1||die "Failed to find required executable \\"getent\\" on the machine"
                out=$(getent \(service)\(ShellText.quote(database)) \(key.isEmpty ? "" : ShellText.quote(key)) 2>"$GANTRY_FILES/e")
                o status $?;o out "$out";fin

                """
        return .run(
            ModuleInvocation(script: script, reads: ["getent:\(database)"]) { output in
                let records = Records(output.standardOutput)
                guard records.isComplete, let status = records["status"].flatMap({ Int($0) }) else {
                    return .finish(ModuleResult(records: records, output: output))
                }
                return .finish(
                    result(
                        status, records["out"] ?? "", database: database, key: key,
                        split: arguments.string("split"), fails: arguments.bool("fail_key") ?? true))
            })
    }

    private static func result(
        _ status: Int, _ text: String, database: String, key: String, split: String?, fails: Bool
    ) -> ModuleResult {
        var result = ModuleResult()
        var entries = JinjaDict()
        switch status {
        case 0:
            let colon = ["passwd", "shadow", "group", "gshadow"].contains(database)
            var seen: Set<String> = []
            for line in TextLines(Array(text.utf8)).lines where !line.isEmpty {
                let parts: [String]
                if let separator = split ?? (colon ? ":" : nil), separator != " " {
                    parts = line.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
                } else {
                    parts = line.split(whereSeparator: \.isWhitespace).map(String.init)
                }
                guard let name = parts.first else { continue }
                let fields = JinjaValue.list(parts.dropFirst().map { .string($0) })
                if let old = entries[name] {
                    entries[name] = .list((seen.contains(name) ? old.listValue ?? [] : [old]) + [fields])
                    seen.insert(name)
                } else {
                    entries[name] = fields
                }
            }
        case 2:
            let message = "One or more supplied key could not be found in the database."
            guard !fails else { return .failure(message) }
            result.message = message
            entries[key] = JinjaValue.none
        case 1: return .failure("Missing arguments, or database unknown.")
        case 3: return .failure("Enumeration not supported on this database.")
        default: return .failure("Unexpected failure!")
        }
        var facts = JinjaDict()
        facts["getent_\(database)"] = .dict(entries)
        result["ansible_facts"] = .dict(facts)
        result.facts = facts
        result.variables = facts
        return result
    }
}
