import ContextualizationAPI
import Jinja

/// `package_facts`: what is installed.
package enum PackageFactsModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "package_facts", summary: "Answers the installed packages as facts.",
        parameters: [
            ModuleParameter(
                "manager", .list, choices: ["auto", "apt", "rpm", "apk", "dnf", "dnf5", "yum", "zypper"],
                default: ["auto"],
                "Whose packages; found out on the machine."),
            ModuleParameter(
                "strategy", .string, choices: ["first", "all"], default: "first", "Accepted: the first one."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + #"""
                hv(){ command -v "$1" >/dev/null 2>&1; }
                if hv dpkg-query;then o source apt;o list "$(dpkg-query -W -f '${db:Status-Status}|${Package}|${Version}|${Architecture}|${Section}\n' 2>/dev/null|sed -n 's/^installed|//p')"
                elif hv rpm;then o source rpm;o list "$(rpm -qa --qf '%{NAME}|%{VERSION}|%{ARCH}|%{RELEASE}|%{EPOCH}\n' 2>/dev/null)"
                elif hv apk;then o source apk;o list "$(apk info -v 2>/dev/null|sed -n 's/^\(.*\)-\([0-9][^-]*\)-\(r[0-9]*\)$/\1|\2|\3/p')"
                else die "Could not detect a supported package manager from the following list: ['apt', 'rpm', 'apk']";fi
                fin

                """#
        return .run(
            ModuleInvocation(script: script, reads: ["packages"]) { output in
                let records = Records(output.standardOutput)
                guard records.isComplete, let source = records["source"], let list = records["list"] else {
                    return .finish(ModuleResult(records: records, output: output))
                }
                var packages = JinjaDict()
                for line in list.split(separator: "\n") {
                    let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
                    guard fields.count >= 3 else { continue }
                    var entry: JinjaDict = [
                        "name": .string(fields[0]), "version": .string(fields[1]), "source": .string(source),
                    ]
                    switch source {
                    case "apt":
                        entry["arch"] = .string(fields[2])
                        if fields.count > 3 { entry["category"] = .string(fields[3]) }
                    case "rpm":
                        entry["arch"] = .string(fields[2])
                        entry["release"] = .string(fields.count > 3 ? fields[3] : "")
                        entry["epoch"] =
                            fields.count > 4 ? Int(fields[4]).map { .int($0) } ?? JinjaValue.none : JinjaValue.none
                    default: entry["release"] = .string(fields[2])
                    }
                    packages[fields[0]] = .list((packages[fields[0]]?.listValue ?? []) + [.dict(entry)])
                }
                return .finish(Self.facts(["packages": .dict(packages)]))
            })
    }

    /// A result whose facts are variables of the machine as well.
    static func facts(_ facts: JinjaDict) -> ModuleResult {
        var result = ModuleResult(values: ["ansible_facts": .dict(facts)])
        result.facts = facts
        result.variables = facts
        return result
    }
}

/// `service_facts`: what services there are, and which of them run.
package enum ServiceFactsModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "service_facts", summary: "Answers the services and their states as facts.", parameters: [])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + #"""
                hv(){ command -v "$1" >/dev/null 2>&1; }
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
                return .finish(PackageFactsModule.facts(["services": .dict(services)]))
            })
    }
}
