import ContextualizationAPI
import Jinja

/// What `lvg` and `lvol` share: they look with one program, decide, and act with a second one.
enum VolumeCommands {
    /// A command of LVM and what is said where it fails.
    struct Command {
        var words: [String]
        var failure: String
    }

    /// What LVM says about groups and volumes; sizes in the given unit.
    static func look(_ more: String, reads: [String], decide: @escaping @Sendable (Records) -> ModuleStep) -> ModuleStep
    {
        let script =
            ShellLibrary.prologue(isCheckMode: true) + """
                command -v vgs >/dev/null 2>&1||die 'Failed to find required executable "vgs" on the machine: install lvm2'
                \(more)
                fin

                """
        return .run(
            ModuleInvocation(script: script, reads: reads) { output in
                let records = Records(output.standardOutput)
                guard records.isComplete, !records.flag("failed") else {
                    return .finish(ModuleResult(records: records, output: output))
                }
                return decide(records)
            })
    }

    /// Runs commands one after the other until one fails; then the result is that of `finish`.
    static func act(
        _ commands: [Command], writes: [String], finish: @escaping @Sendable (Records) -> ModuleResult
    ) -> ModuleStep {
        var script = ShellLibrary.prologue(isCheckMode: false)
        for command in commands {
            let words = command.words.map(ShellText.quote).joined(separator: " ")
            script += "e=$(\(words) 2>&1 </dev/null);r=$?;o said \"$e\"\n"
            script += "[ $r = 0 ]||{ o rc $r;o err \"$e\n\";die \(ShellText.quote(command.failure)); }\n"
        }
        script += "fin\n"
        return .run(
            ModuleInvocation(script: script, writes: writes) { output in
                let records = Records(output.standardOutput)
                guard records.isComplete, !records.flag("failed") else {
                    var result = ModuleResult(records: records, output: output)
                    result["said"] = nil
                    return .finish(result)
                }
                return .finish(finish(records))
            })
    }

    /// The fields of the lines that a report prints with `--separator ';'`.
    static func rows(_ text: String?) -> [[String]] {
        (text ?? "").split(separator: "\n").map { line in
            String(line.trimmingBlanks()).split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
