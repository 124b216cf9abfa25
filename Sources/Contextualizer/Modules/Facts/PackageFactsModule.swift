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
                \#(ShellLibrary.has)
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
                return .finish(ModuleResult.inventory(["packages": .dict(packages)]))
            })
    }
}

extension ModuleResult {
    /// Facts that are variables of the machine as well.
    static func inventory(_ facts: JinjaDict) -> ModuleResult {
        var result = ModuleResult(values: ["ansible_facts": .dict(facts)])
        result.facts = facts
        result.variables = facts
        return result
    }
}
