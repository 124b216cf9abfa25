import ContextualizationAPI
import Jinja

/// `service_facts`: what services there are, and which of them run.
package enum ServiceFactsModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "service_facts", summary: "Answers the services and their states as facts.", parameters: [])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + #"""
                \#(ShellLibrary.has)
                if [ -d /run/systemd/system ]&&hv systemctl;then o source systemd
                o units "$(systemctl list-units --no-pager --type service --all --plain --no-legend 2>/dev/null)"
                o files "$(systemctl list-unit-files --no-pager --type service --all --no-legend 2>/dev/null)"
                elif hv rc-status;then o source openrc;o list "$(rc-status -a -s 2>/dev/null|sed -n 's/^ *\([^ ]*\) *\[ *\([a-z]*\).*/\1 \2/p')"
                else o source sysv;l=;for f in /etc/init.d/*;do [ -x "$f" ]||continue;n=${f##*/};case $n in README|rc|rcS|functions|skeleton|single|halt|killall)continue;;esac
                if hv service;then r_=$(service "$n" status >/dev/null 2>&1 </dev/null&&echo running||echo stopped);else r_=$("$f" status >/dev/null 2>&1 </dev/null&&echo running||echo stopped);fi
                l="$l$n $r_
                ";done;o list "$l";fi
                fin

                """#
        return .run(
            ModuleInvocation(script: script, reads: ["services"]) { output in
                let records = Records(output.standardOutput)
                guard records.isComplete, let source = records["source"] else {
                    return .finish(ModuleResult(records: records, output: output))
                }
                var services = JinjaDict()
                func words(_ key: String) -> [[String]] {
                    (records[key] ?? "").split(separator: "\n").map { line in
                        line.split(whereSeparator: \.isWhitespace).map(String.init).filter { $0 != "●" }
                    }
                }
                for fields in words("units") where fields.count >= 4 && fields[1] != "not-found" {
                    services[fields[0]] = .dict([
                        "name": .string(fields[0]),
                        "state": .string(
                            fields[3] == "running" ? "running" : fields[2] == "failed" ? "failed" : "stopped"),
                        "status": "unknown", "source": .string(source),
                    ])
                }
                for fields in words("files") where fields.count >= 2 {
                    var entry =
                        services[fields[0]]?.dictValue ?? [
                            "name": .string(fields[0]), "state": fields[0].contains("@.") ? "unknown" : "inactive",
                            "source": .string(source),
                        ]
                    entry["status"] = .string(fields[1])
                    services[fields[0]] = .dict(entry)
                }
                for fields in words("list") where fields.count >= 2 {
                    let state = ["started": "running", "running": "running"][fields[1]] ?? "stopped"
                    services[fields[0]] = .dict([
                        "name": .string(fields[0]), "state": .string(state), "source": .string(source),
                    ])
                }
                return .finish(ModuleResult.inventory(["services": .dict(services)]))
            })
    }
}
