import ContextualizationAPI
import Jinja

/// `reboot`: restarts the machine and waits until it is back.
package enum RebootModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "reboot", summary: "Restarts the machine and waits until it is back.",
        parameters: [
            ModuleParameter(
                "pre_reboot_delay", .integer, aliases: ["pre_reboot_delay_sec"], default: 0,
                "Seconds before it goes down, in whole minutes."),
            ModuleParameter(
                "post_reboot_delay", .integer, aliases: ["post_reboot_delay_sec"], default: 0,
                "Seconds before it is asked whether it is back."),
            ModuleParameter(
                "reboot_timeout", .integer, aliases: ["reboot_timeout_sec"], default: 600, "Seconds until it is back."),
            ModuleParameter(
                "connect_timeout", .integer, aliases: ["connect_timeout_sec"],
                "Accepted: each try has the run's own limit."),
            ModuleParameter(
                "msg", .string, default: "Reboot initiated by Ansible", "What users on the machine are told."),
            ModuleParameter("test_command", .string, default: "whoami", "What must succeed afterwards."),
            ModuleParameter(
                "boot_time_command", .string, default: "cat /proc/sys/kernel/random/boot_id",
                "What prints another text after a restart."),
            ModuleParameter("reboot_command", .string, "The command, with arguments; by default shutdown."),
            ModuleParameter(
                "search_paths", .list, default: .list(["/sbin", "/bin", "/usr/sbin", "/usr/bin", "/usr/local/sbin"]),
                "Folders in which the command is looked for."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        guard !context.isCheckMode else {
            return .finish(ModuleResult(changed: true, values: ["elapsed": .int(0), "rebooted": .bool(true)]))
        }
        let bootTime = arguments.string("boot_time_command") ?? ""
        let script =
            ShellLibrary.prologue(isCheckMode: false) + find(arguments) + """
                e=$(\(bootTime)) 2>/dev/null||die "reboot: failed to get host boot time info, rc: $?, stdout: $e, stderr: "
                o boot "$e";o command "$f";fin

                """
        return .run(
            ModuleInvocation(script: script, reads: ["boot"]) { output in
                let records = Records(output.standardOutput)
                guard !records.flag("failed"), records.isComplete, let before = records["boot"],
                    let command = records["command"]
                else {
                    var result = ModuleResult(records: records, output: output)
                    result["rebooted"] = false
                    result["elapsed"] = .int(0)
                    return .finish(result)
                }
                return restart(arguments, command: command, before: before)
            })
    }

    /// Sets `f` to the command's full path.
    private static func find(_ arguments: ModuleArguments) -> String {
        let wanted: String
        if let command = arguments.string("reboot_command") {
            wanted = "c=\(ShellText.quote(String(command.prefix { $0 != " " })))\n"
        } else {
            wanted = "c=shutdown;[ ! -e /etc/alpine-release ]||c=reboot\n"
        }
        let folders = arguments.list("search_paths") ?? []
        return wanted + """
            case $c in /*)f=$c;;*)f=;for d in \(folders.map(ShellText.quote).joined(separator: " "));do [ -z "$f" ]&&[ -e "$d/$c" ]||continue;f=$d/$c;done
            [ -n "$f" ]||die "Unable to find command \\"$c\\" in search paths: \(listed(folders))";;esac

            """
    }

    private static func listed(_ words: [String]) -> String {
        "[" + words.map { "'\($0)'" }.joined(separator: ", ").filter { $0 != "\"" && $0 != "$" && $0 != "`" } + "]"
    }

    private static func restart(_ arguments: ModuleArguments, command: String, before: String) -> ModuleStep {
        var words = ""
        if let command = arguments.string("reboot_command") {
            words = String(command.drop { $0 != " " }.dropFirst())
        } else if !command.hasSuffix("/reboot") {
            let minutes = max(0, arguments.int("pre_reboot_delay") ?? 0) / 60
            words = "-r \(minutes) \(ShellText.quote(arguments.string("msg") ?? ""))"
        }
        var invocation = ModuleInvocation(
            script: "\(ShellText.quote(command)) \(words)", writes: ["*"]
        ) { output in
            // Without status: it went down before it could answer.
            guard output.status == 0 else {
                let texts = [output.outputText, output.errorText].map { String($0.trimmingBlanks()) }
                var result = ModuleResult.failure(
                    "Reboot command failed. Error was: '\(texts[0]), \(texts[1])'")
                result["rebooted"] = false
                result["elapsed"] = .int(0)
                return .finish(result)
            }
            return awaitBoot(arguments, before: before)
        }
        invocation.mayEndConnection = true
        return .run(invocation)
    }

    private static func awaitBoot(_ arguments: ModuleArguments, before: String) -> ModuleStep {
        let timeout = Duration.seconds(max(0, arguments.int("reboot_timeout") ?? 600))
        let old = before.trimmingBlanks()
        return .wait(
            ModuleWait(
                script: arguments.string("boot_time_command") ?? "",
                delay: .seconds(max(0, arguments.int("post_reboot_delay") ?? 0)), pause: .seconds(2), timeout: timeout,
                problem: { output in
                    let now = output.outputText.trimmingBlanks()
                    guard output.status == 0 else { return "failed to get host boot time info, rc: \(output.status)" }
                    return now.isEmpty || now == old ? "boot time has not changed" : nil
                },
                next: { problem, elapsed in
                    guard problem == nil else { return ended(elapsed, overdue: "last boot time check", timeout) }
                    return test(arguments, timeout, after: elapsed)
                }))
    }

    private static func test(_ arguments: ModuleArguments, _ timeout: Duration, after passed: Duration) -> ModuleStep {
        .wait(
            ModuleWait(
                script: arguments.string("test_command") ?? "", pause: .seconds(2), timeout: timeout,
                problem: { output in
                    output.status == 0 ? nil : "Test command failed: \(output.errorText) \(output.outputText)"
                },
                next: { problem, elapsed in
                    ended(passed + elapsed, overdue: problem == nil ? nil : "post-reboot test command", timeout)
                }))
    }

    private static func ended(_ elapsed: Duration, overdue: String?, _ timeout: Duration) -> ModuleStep {
        var result = ModuleResult(changed: true)
        if let overdue {
            result = .failure("Timed out waiting for \(overdue) (timeout=\(timeout.components.seconds))")
        }
        result["rebooted"] = true
        result["elapsed"] = .int(Int(elapsed.components.seconds))
        return .finish(result)
    }
}
