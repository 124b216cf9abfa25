import ContextualizationAPI
import Jinja

/// What all package modules come down to: look at what is installed, act only on the difference, wait for the lock of
/// another manager, and refresh the lists once when an installation fails for want of them.
///
/// Lists are refreshed only where something has to be installed or upgraded, so that a run that changes nothing needs
/// no network.
enum PackageRun {
    static func step(
        _ arguments: ModuleArguments, _ context: ModuleContext, manager: String?
    ) throws(ModuleError) -> ModuleStep {
        let names = (arguments.list("name") ?? []).filter { !$0.isEmpty }
        let state = normalized(arguments.string("state") ?? "present")
        let known = ["apt", "dnf", "yum", "apk", "zypper", "pacman"]
        var chosen = manager
        if chosen == nil, let fact = context.facts["pkg_mgr"]?.stringValue, known.contains(fact) { chosen = fact }
        if let chosen, !known.contains(chosen) {
            throw ModuleError(
                code: .invalidArgument,
                message: "Could not find a matching action for the \"\(chosen)\" package manager.")
        }
        let library = ShellLibrary.prologue(isCheckMode: context.isCheckMode)
        var settings = """
            st=\(state);uc=\(arguments.bool("update_cache") == true ? 1 : 0)
            vt=\(arguments.int("cache_valid_time") ?? 0);lt=\(arguments.int("lock_timeout") ?? 60)
            fd=\(ShellText.quote(arguments.string("deb") ?? ""));up=\(ShellText.quote(upgrade(arguments)))
            set -- \(names.map(ShellText.quote).joined(separator: " "))

            """
        if chosen == nil || chosen == "dnf" || chosen == "yum" { settings += DnfModule.settings(arguments) }
        let managers = chosen.map { [$0 == "yum" ? "dnf" : $0] } ?? ["apt", "dnf", "apk", "zypper", "pacman"]
        var body = PackageScripts.common
        for name in managers { body += PackageScripts.functions(of: name) }
        func call(_ name: String) -> String {
            PackageScripts.runner(
                of: name, options: options(of: name, arguments), policy: arguments.int("policy_rc_d"))
                + (["apk", "zypper", "pacman"].contains(name) ? name + "_" : name) + " \"$@\""
        }
        if chosen == nil {
            body += """
                if [ -e /etc/redhat-release ]&&command -v rpm >/dev/null 2>&1;then \(call("dnf"))
                elif command -v apt-get >/dev/null 2>&1;then \(call("apt"))
                elif command -v dnf >/dev/null 2>&1||command -v yum >/dev/null 2>&1;then \(call("dnf"))
                elif command -v apk >/dev/null 2>&1;then \(call("apk"))
                elif command -v zypper >/dev/null 2>&1;then \(call("zypper"))
                elif command -v pacman >/dev/null 2>&1;then \(call("pacman"))
                else die "Could not detect which package manager to use: none of apt-get, dnf, yum, apk, zypper, pacman is on this machine";fi
                fin

                """
        } else if let name = managers.first {
            let command = ["apt": "apt-get", "dnf": "rpm"][name] ?? name
            body += """
                command -v \(command) >/dev/null 2>&1||die "\(command) is not on this machine: \(name) packages cannot be managed here"
                \(call(name));fin

                """
        }
        let objects = names.map { "package:\($0)" }
        return .run(
            ModuleInvocation(script: library + settings + body, reads: objects, writes: objects) { output in
                .finish(decode(output))
            })
    }

    private static func normalized(_ state: String) -> String {
        switch state {
        case "installed": "present"
        case "removed": "absent"
        default: state
        }
    }

    private static func upgrade(_ arguments: ModuleArguments) -> String {
        switch arguments.string("upgrade") {
        case "dist"?, "full"?: "dist-upgrade"
        case "yes"?, "safe"?, "True"?: "upgrade --with-new-pkgs"
        default: ""
        }
    }

    private static func options(of manager: String, _ arguments: ModuleArguments) -> String {
        var words: [String] = []
        switch manager {
        case "apt":
            for option in (arguments.string("dpkg_options") ?? "force-confdef,force-confold").split(separator: ",") {
                words += ["-o", "Dpkg::Options::=--\(option)"]
            }
            if let recommends = arguments.bool("install_recommends") {
                words.append(recommends ? "--install-recommends" : "--no-install-recommends")
            }
            if let release = arguments.string("default_release") { words += ["-t", release] }
            if arguments.bool("force") == true || arguments.bool("allow_unauthenticated") == true {
                words.append("--allow-unauthenticated")
            }
            if arguments.bool("only_upgrade") == true { words.append("--only-upgrade") }
            if arguments.bool("allow_downgrade") == true { words.append("--allow-downgrades") }
            if arguments.bool("allow_change_held_packages") == true { words.append("--allow-change-held-packages") }
            if arguments.bool("purge") == true { words.append("--purge") }
            if arguments.bool("autoremove") == true { words.append("--auto-remove") }
        case "dnf": words = DnfModule.options(arguments)
        default: break
        }
        return words.map(ShellText.quote).joined(separator: " ")
    }

    private static func decode(_ output: ProgramOutput) -> ModuleResult {
        let records = Records(output.standardOutput)
        var result = ModuleResult(records: records, output: output)
        if let text = records["out"] {
            result["out"] = nil
            result.setOutput(text, records["err"] ?? "")
        }
        result["err"] = nil
        if let list = records.values["li"] {
            result["results"] = DnfModule.listed(list)
        } else if let list = records.values["pk"] {
            result["results"] = .list(list.filter { !$0.isEmpty }.map { .string($0) })
        }
        if let failures = records.values["fs"] { result["failures"] = .list(failures.map { .string($0) }) }
        for key in ["pk", "li", "fs"] { result[key] = nil }
        if let updated = records["cache_updated"] { result["cache_updated"] = .bool(updated == "1") }
        return result
    }
}
