import ContextualizationAPI
import Jinja

/// What `command`, `shell`, `raw` and `script` share: conditions on files, working folder, and the result.
///
/// The first line of the output tells what happened: `R` ran, `S` not needed, `N` not found, `P` no permission, `D` no
/// such working folder. The command's own output and status follow as they are.
enum CommandRun {
    static let parameters: [ModuleParameter] = [
        ModuleParameter("cmd", .string, "The command."),
        ModuleParameter("chdir", .path, "Working folder."),
        ModuleParameter("creates", .path, "Path or pattern: nothing is run when it exists."),
        ModuleParameter("removes", .path, "Path or pattern: nothing is run when it does not exist."),
        ModuleParameter("executable", .path, "Shell to use."),
        ModuleParameter("stdin", .string, "Given as standard input."),
        ModuleParameter("stdin_add_newline", .boolean, default: true, "Whether a newline is added to it."),
        ModuleParameter("strip_empty_ends", .boolean, default: true, "Whether newlines at the ends are removed."),
        ModuleParameter("warn", .boolean, "Accepted, without effect."),
    ]

    static func step(
        _ arguments: ModuleArguments, _ context: ModuleContext, lookUp: String, run: String,
        files: [String: [UInt8]] = [:], command: JinjaValue, program: String, shell: String? = nil,
        isScript: Bool = false
    ) -> ModuleStep {
        // Names as of nothing else: what the task's environment gives is the command's.
        var script = ""
        let folder = arguments.string("chdir")
        if let folder {
            script += "cd \(ShellText.path(folder)) 2>/dev/null||{ printf 'D\\n';exit 0; }\n"
        }
        let creates = arguments.string("creates")
        let removes = arguments.string("removes")
        if let creates {
            script += "for _gf in \(ShellText.glob(creates));do [ ! -e \"$_gf\" ]||{ printf 'S\\n';exit 0; };done\n"
        }
        if let removes {
            script += "_gf=;for _gt in \(ShellText.glob(removes));do [ ! -e \"$_gt\" ]||_gf=1;done\n"
            script += "[ -n \"$_gf\" ]||{ printf 'T\\n';exit 0; }\n"
        }
        if context.isCheckMode {
            guard creates != nil || removes != nil else {
                var result = notRun(command)
                result.skipped = true
                return .finish(result)
            }
            script += "printf 'C\\n'"
        } else {
            script += lookUp + "printf 'R\\n'\n" + run
        }
        var input = arguments.string("stdin")
        if arguments.bool("stdin_add_newline") ?? true { input = input.map { $0 + "\n" } }
        let stripsEnds = arguments.bool("strip_empty_ends") ?? true
        let isCheck = context.isCheckMode
        return .run(
            ModuleInvocation(
                script: script, files: context.isCheckMode ? [:] : files, standardInput: input.map { Array($0.utf8) },
                reads: [creates, removes, folder].compactMap(\.self), writes: ["*"]
            ) { output in
                // Of a script that is not needed the controller itself says so.
                if isScript, let reason = needlessness(output, creates, removes) {
                    return .finish(.skipped(reason: reason))
                }
                return .finish(
                    decode(
                        output, command: command, program: program, creates: creates, removes: removes,
                        folder: folder, stripsEnds: stripsEnds, isCheck: isCheck, shell: shell))
            })
    }

    /// What a task that follows may ask for is there, as where the command ran and said nothing.
    private static func notRun(_ command: JinjaValue) -> ModuleResult {
        var result = ModuleResult()
        result["cmd"] = command
        result["rc"] = .int(0)
        result.message = "Command would have run if not in check mode"
        setNothing(&result)
        return result
    }

    private static func setNothing(_ result: inout ModuleResult, output: String = "") {
        result.setOutput(output, "", stripsEnds: true)
        for key in ["start", "end", "delta"] { result[key] = JinjaValue.none }
    }

    private static func decode(
        _ output: ProgramOutput, command: JinjaValue, program: String, creates: String?, removes: String?,
        folder: String?, stripsEnds: Bool, isCheck: Bool, shell: String?
    ) -> ModuleResult {
        var result = ModuleResult()
        result["cmd"] = command
        let marker = output.standardOutput.first
        let isMarked = output.standardOutput.count > 1 && output.standardOutput[1] == UInt8(ascii: "\n")
        let text = isMarked ? output.standardOutput.dropFirst(2) : output.standardOutput[...]
        switch isMarked ? marker : nil {
        case UInt8(ascii: "R"):
            result.changed = true
            result["rc"] = .int(Int(output.status))
            result.setOutput(
                withoutEval(String(decoding: text, as: UTF8.self), shell), withoutEval(output.errorText, shell),
                stripsEnds: stripsEnds)
            if output.status != 0 {
                result.failed = true
                result.message = "non-zero return code"
            } else {
                result.message = ""
            }
            if output.truncated {
                result["warnings"] = .list([.string("the output was too long and is cut")])
            }
        case UInt8(ascii: "S"):
            notNeeded(
                &result, isCheck, "'\(creates ?? "")' exists", "skipped, since \(creates ?? "") exists")
        case UInt8(ascii: "T"):
            notNeeded(
                &result, isCheck, "'\(removes ?? "")' does not exist", "skipped, since \(removes ?? "") does not exist")
        case UInt8(ascii: "C"):
            // `creates` and `removes` say that it is needed: that is a prediction.
            result = notRun(command)
            result.changed = true
        case UInt8(ascii: "N"):
            result["cmd"] = .string(line(of: command))
            fail(&result, "[Errno 2] No such file or directory: b'\(program)'", rc: 2)
        case UInt8(ascii: "P"):
            result["cmd"] = .string(line(of: command))
            fail(&result, "[Errno 13] Permission denied: b'\(program)'", rc: 13)
        case UInt8(ascii: "D"):
            fail(&result, "Unable to change directory before execution: \(folder ?? "")", rc: 2)
        default:
            fail(&result, "the command could not be started: \(output.errorText)", rc: Int(output.status))
        }
        return result
    }

    private static func needlessness(_ output: ProgramOutput, _ creates: String?, _ removes: String?) -> String? {
        if let creates, output.standardOutput.starts(with: "S\n".utf8) {
            return "\(creates) exists, matching creates option"
        }
        guard let removes, output.standardOutput.starts(with: "T\n".utf8) else { return nil }
        return "\(removes) does not exist, matching removes option"
    }

    /// What a shell says without the word `eval`, which is ours: the text was not an argument of it.
    private static func withoutEval(_ text: String, _ shell: String?) -> String {
        guard let shell, text.utf8.count < 1 << 20, text.contains("eval: ") else { return text }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            guard line.hasPrefix(shell + ": ") else { return String(line) }
            let said = line.dropFirst(shell.count + 2)
            if shell.hasSuffix("bash") {
                return said.hasPrefix("eval: line ") ? "\(shell): -c: " + said.dropFirst(6) : String(line)
            }
            let isNumber = { (word: Substring) in !word.isEmpty && word.allSatisfy(\.isNumber) }
            let parts = said.split(separator: ": ", maxSplits: 2)
            guard parts.count == 3 else { return String(line) }
            // dash; then busybox, which numbers no lines of an argument.
            if parts[1] == "eval", isNumber(parts[0]) { return "\(shell): \(parts[0]): \(parts[2])" }
            let isLine = parts[0] == "eval" && parts[1].hasPrefix("line ") && isNumber(parts[1].dropFirst(5))
            return isLine ? "\(shell): \(parts[2])" : String(line)
        }
        return lines.joined(separator: "\n")
    }

    /// The words of a command that did not start.
    private static func line(of command: JinjaValue) -> String {
        command.listValue.map { $0.map { ShellText.quote($0.text) }.joined(separator: " ") } ?? command.text
    }

    private static func notNeeded(
        _ result: inout ModuleResult, _ isCheck: Bool, _ reason: String, _ text: String
    ) {
        result["rc"] = .int(0)
        result.message = "\(isCheck ? "Would" : "Did") not run command since \(reason)"
        setNothing(&result, output: text)
    }

    private static func fail(_ result: inout ModuleResult, _ message: String, rc: Int) {
        result.failed = true
        result.message = message
        result["rc"] = .int(rc)
        result.setOutput("", "", stripsEnds: true)
    }
}
