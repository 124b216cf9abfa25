import ContextualizationAPI
import Jinja

/// `cron`: jobs of a user's table or of a file of `/etc/cron.d`.
package enum CronModule: Module {
    private static let times = ["minute", "hour", "day", "month", "weekday"]

    package static let documentation = ModuleDocumentation(
        name: "cron", summary: "Keeps jobs that run at times.",
        parameters: [
            ModuleParameter("name", .string, required: true, "What the job is called, or the variable."),
            ModuleParameter("job", .string, aliases: ["value"], "The command, or the variable's value."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
            ModuleParameter("user", .string, "Whose table, or as whom a job of a file runs."),
            ModuleParameter("cron_file", .path, "A file, in /etc/cron.d where it has no folder."),
            ModuleParameter("minute", .string, default: "*", "Minute."),
            ModuleParameter("hour", .string, default: "*", "Hour."),
            ModuleParameter("day", .string, aliases: ["dom"], default: "*", "Day of the month."),
            ModuleParameter("month", .string, default: "*", "Month."),
            ModuleParameter("weekday", .string, aliases: ["dow"], default: "*", "Day of the week."),
            ModuleParameter(
                "special_time", .string,
                choices: ["annually", "daily", "hourly", "monthly", "reboot", "weekly", "yearly"], "Instead of times."),
            ModuleParameter("disabled", .boolean, default: false, "The job is commented out."),
            ModuleParameter("env", .boolean, default: false, "It is a variable."),
            ModuleParameter("insertafter", .string, "After which variable."),
            ModuleParameter("insertbefore", .string, "Before which variable."),
            ModuleParameter("backup", .boolean, default: false, "Keep the old table."),
        ], exclusive: [["insertafter", "insertbefore"]])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let isPresent = arguments.string("state") != "absent"
        let file = arguments.string("cron_file")
        let special = arguments.string("special_time")
        func fail(_ message: String) -> ModuleError { ModuleError(code: .invalidArgument, message: message) }
        if special != nil, times.contains(where: { arguments.string($0) != "*" }) {
            throw fail("You cannot combine special_time with any of the time or day/date parameters.")
        }
        if file != nil, isPresent, arguments.string("user") == nil {
            throw fail("To use cron_file=... parameter you must specify user=... as well")
        }
        if isPresent, arguments.string("job") == nil {
            throw fail("You must specify 'job' to install a new cron job or variable")
        }
        for key in ["name", "job"] where arguments.string(key)?.contains(where: \.isNewline) == true {
            throw fail("Job should not contain line breaks")
        }
        let table = CronTable(arguments)
        if let file {
            let path = file.contains("/") ? file : "/etc/cron.d/\(file)"
            var edit = try TextEdit(
                path: path, context, backup: arguments.bool("backup") ?? false
            ) { content in
                let lines = TextLines(content ?? [])
                let (edited, names) = table.edit(lines.lines)
                guard !edited.elementsEqual(lines.lines, by: { $0.isSame(as: $1) }) else {
                    return .unchanged("", names)
                }
                return .changed(Array(edited.map { $0 + "\n" }.joined().utf8), "", names)
            }
            edit.finish = { result in
                guard !result.failed else { return }
                var values: JinjaDict = ["cron_file": .string(path)]
                for key in ["jobs", "envs", "backup_file", "diff"] { values[key] = result[key] }
                result = ModuleResult(changed: result.changed, values: values)
            }
            return edit.step
        }
        return userTable(table, arguments, context)
    }

    private static func userTable(
        _ table: CronTable, _ arguments: ModuleArguments, _ context: ModuleContext
    ) -> ModuleStep {
        let user = arguments.string("user").map { " -u \(ShellText.quote($0))" } ?? ""
        let library =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + """
                command -v crontab >/dev/null 2>&1||die "Failed to find required executable \\"crontab\\" on the machine: install the package cron first"

                """
        let object = "crontab:\(arguments.string("user") ?? "")"
        let keeps = arguments.bool("backup") == true
        return .run(
            ModuleInvocation(
                script: library + """
                    o table "$(crontab\(user) -l 2>"$GANTRY_FILES/e"||grep -v -i 'no crontab' "$GANTRY_FILES/e" >&2)";fin

                    """, reads: [object]
            ) { output in
                let records = Records(output.standardOutput)
                guard records.isComplete, let old = records["table"] else {
                    return .finish(ModuleResult(records: records, output: output))
                }
                if old.isEmpty, !output.errorText.isEmpty {
                    return .finish(.failure("Unable to read crontab: \(output.errorText.trimmingBlanks())"))
                }
                let lines = TextLines(Array(old.utf8)).lines
                let (edited, names) = table.edit(lines)
                guard !edited.elementsEqual(lines, by: { $0.isSame(as: $1) }) else {
                    return .finish(ModuleResult(values: names))
                }
                if context.isCheckMode { return .finish(ModuleResult(changed: true, values: names)) }
                let backup =
                    "b=${TMPDIR:-/tmp}/crontab.$$.$(date +%Y-%m-%d@%H:%M:%S)~;(umask 077;crontab\(user) -l >\"$b\" 2>/dev/null);o backup_file \"$b\"\n"
                let script =
                    library + (keeps ? backup : "") + """
                        e=$(crontab\(user) - <"$GANTRY_FILES/c" 2>&1)||die "$e"
                        ch=1;fin

                        """
                let content = Array(edited.map { $0 + "\n" }.joined().utf8)
                return .run(
                    ModuleInvocation(script: script, files: ["c": content], reads: [object], writes: [object]) {
                        output in
                        var result = ModuleResult(records: Records(output.standardOutput), output: output)
                        if !result.failed { result.values.merge(names) }
                        return .finish(result)
                    })
            })
    }
}

/// The edit of a table: a line with the name comes before each job.
private struct CronTable: Sendable {
    private static let mark = "#Ansible: "

    var name: String
    var isVariable: Bool
    var isPresent: Bool
    var line: String
    var after: String?
    var before: String?

    init(_ arguments: ModuleArguments) {
        name = arguments.string("name") ?? ""
        isVariable = arguments.bool("env") ?? false
        isPresent = arguments.string("state") != "absent"
        after = arguments.string("insertafter")
        before = arguments.string("insertbefore")
        let job = arguments.string("job") ?? ""
        if isVariable {
            line = "\(name)=\"\(job)\""
            return
        }
        var words: [String] = []
        if let special = arguments.string("special_time") {
            words.append("@\(special)")
        } else {
            words = ["minute", "hour", "day", "month", "weekday"].map { arguments.string($0) ?? "*" }
        }
        if arguments.string("cron_file") != nil, let user = arguments.string("user") { words.append(user) }
        line = (arguments.bool("disabled") == true ? "#" : "") + (words + [job]).joined(separator: " ")
    }

    /// The lines as they shall be, and the names of jobs and variables in them.
    func edit(_ old: [String]) -> (lines: [String], names: JinjaDict) {
        var lines = old
        if isVariable { editVariable(&lines) } else { editJob(&lines) }
        let jobs = lines.filter { $0.hasPrefix(Self.mark) }.map {
            JinjaValue.string(String($0.dropFirst(Self.mark.count)))
        }
        let variables = lines.compactMap { Self.variable($0) }.map { JinjaValue.string($0) }
        return (lines, ["jobs": .list(jobs), "envs": .list(variables)])
    }

    private func editJob(_ lines: inout [String]) {
        guard let index = lines.firstIndex(where: (Self.mark + name).isSame) else {
            if isPresent { lines += [Self.mark + name, line] }
            return
        }
        let hasJob = lines.indices.contains(index + 1)
        if !isPresent {
            lines.removeSubrange(index...(hasJob ? index + 1 : index))
        } else if hasJob {
            lines[index + 1] = line
        } else {
            lines.append(line)
        }
    }

    private func editVariable(_ lines: inout [String]) {
        let index = lines.firstIndex { Self.variable($0) == name }
        if !isPresent {
            if let index { lines.remove(at: index) }
        } else if let index {
            lines[index] = line
        } else if let place = lines.firstIndex(where: { Self.variable($0) == (after ?? before ?? "") }) {
            lines.insert(line, at: after != nil ? place + 1 : place)
        } else {
            lines.insert(line, at: 0)
        }
    }

    private static func variable(_ line: String) -> String? {
        guard let equals = line.firstIndex(of: "=") else { return nil }
        let name = line[..<equals].trimmingBlanks()
        guard !name.isEmpty, name.allSatisfy({ $0 == "_" || $0.isLetter || $0.isNumber }) else { return nil }
        return String(name)
    }
}
