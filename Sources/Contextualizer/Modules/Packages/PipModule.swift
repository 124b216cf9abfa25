import ContextualizationAPI
import Jinja

/// `pip`: packages of Python.
package enum PipModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "pip", summary: "Installs and removes packages of Python.",
        parameters: [
            ModuleParameter("name", .list, "Packages, with version or address."),
            ModuleParameter("version", .string, "Version of the one package."),
            ModuleParameter("requirements", .string, "A file of requirements, on the machine."),
            ModuleParameter(
                "state", .string, choices: ["absent", "forcereinstall", "latest", "present"], default: "present",
                "What shall be."),
            ModuleParameter("virtualenv", .path, "An environment, made when it is not there."),
            ModuleParameter("virtualenv_command", .path, default: "virtualenv", "The program that makes it."),
            ModuleParameter("virtualenv_python", .string, "Python of the environment."),
            ModuleParameter("virtualenv_site_packages", .boolean, default: false, "It sees the system's packages."),
            ModuleParameter("extra_args", .string, "More options."),
            ModuleParameter("editable", .boolean, default: false, "Installed as they are."),
            ModuleParameter("chdir", .path, "Working folder."),
            ModuleParameter("executable", .path, "The program pip."),
            ModuleParameter("umask", .string, "The umask."),
            ModuleParameter("break_system_packages", .boolean, default: false, "Install beside the system's packages."),
        ], exclusive: [["name", "requirements"], ["executable", "virtualenv"]],
        oneOf: [["name", "requirements", "virtualenv"]])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let names = joined(arguments.list("name") ?? [])
        let version = arguments.string("version")
        let state = arguments.string("state") ?? "present"
        if version != nil, names.count > 1 {
            throw ModuleError(
                code: .invalidArgument,
                message:
                    "'version' argument is ambiguous when installing multiple package distributions. Please specify "
                    + "version restrictions next to each package in 'name' argument.")
        }
        if state == "latest", version != nil {
            throw ModuleError(code: .invalidArgument, message: "version is incompatible with state=latest")
        }
        var packages = names
        if let version, let first = names.first, state != "absent" {
            let isBare = version.first.map { $0.isNumber || $0.isLetter } ?? true
            packages = [first + (isBare ? "==" : "") + version]
        }
        let requirements = arguments.string("requirements")
        var words = [state == "absent" ? "uninstall" : "install"]
        switch state {
        case "absent": words.append("-y")
        case "latest": words.append("-U")
        case "forcereinstall": words += ["-U", "--force-reinstall"]
        default: break
        }
        if let extra = arguments.string("extra_args") { words += try CommandLine.split(extra) }
        if arguments.bool("editable") == true, state != "absent" { words.append("-e") }
        words += packages
        if let requirements { words += ["-r", requirements] }
        let isEmpty = packages.isEmpty && requirements == nil
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + environment(arguments) + """
                \(arguments.string("chdir").map { "cd \(ShellText.path($0)) 2>/dev/null||die \"Unable to change directory before execution: \($0)\"" } ?? "cd /")
                \(arguments.string("umask").map { "umask \(ShellText.quote($0))" } ?? ":")
                \(arguments.bool("break_system_packages") == true ? "PIP_BREAK_SYSTEM_PACKAGES=1;export PIP_BREAK_SYSTEM_PACKAGES" : ":")
                o program "$P"
                if [ $CK = 1 ];then o list "$($P list --format=freeze 2>/dev/null)";fin;fi
                \(isEmpty ? "fin" : "out=$($P \(words.map(ShellText.quote).joined(separator: " ")) 2>\"$GANTRY_FILES/e\" </dev/null)")
                r_=$?;err=$(cat "$GANTRY_FILES/e");o out "$out";o err "$err";[ $r_ = 0 ]||{ o rc $r_;die "$out
                :stderr: $err"; }
                case $out in *"Successfully \(state == "absent" ? "uninstalled\"*" : "installed\"*|*\"Successfully uninstalled\"*"))ch=1;;esac
                fin

                """
        let objects = names.map { "pip:\($0)" } + [requirements].compactMap(\.self)
        let written = objects + [arguments.string("virtualenv") ?? "pip"]
        return .run(
            ModuleInvocation(script: script, reads: objects, writes: written) { [packages, words] output in
                let records = Records(output.standardOutput)
                var result = ModuleResult(records: records, output: output)
                for key in ["out", "err", "program", "list"] { result[key] = nil }
                if let text = records["out"] {
                    result.setOutput(
                        text.isEmpty ? "" : text + "\n", records["err"].map { $0.isEmpty ? "" : $0 + "\n" } ?? "",
                        stripsEnds: false)
                }
                if result.failed {
                    result.message = result.message.map { $0.hasSuffix("\n") || records["out"] == nil ? $0 : $0 + "\n" }
                    return .finish(result)
                }
                if let list = records["list"] {
                    result.changed =
                        result.changed || requirements != nil || state == "latest" || state == "forcereinstall"
                        || packages.contains { isInstalled($0, list) == (state == "absent") }
                }
                result["cmd"] = .list(
                    ((records["program"] ?? "pip").split(separator: " ").map(String.init) + words).map { .string($0) })
                result["name"] = arguments.value("name") == nil ? JinjaValue.none : .list(names.map { .string($0) })
                for key in ["version", "requirements", "virtualenv", "state"] {
                    result[key] = arguments.value(key) ?? JinjaValue.none
                }
                return .finish(result)
            })
    }

    /// `a>=1,<2` was split at the comma: its parts come together again.
    private static func joined(_ names: [String]) -> [String] {
        var result: [String] = []
        for name in names where !name.isEmpty {
            if let first = name.first, "<>=!~".contains(first), !result.isEmpty {
                result[result.count - 1] += "," + name
            } else {
                result.append(name)
            }
        }
        return result
    }

    /// Finds or makes what installs: `P` is the program.
    private static func environment(_ arguments: ModuleArguments) -> String {
        if let environment = arguments.string("virtualenv") {
            let command = arguments.string("virtualenv_command") ?? "virtualenv"
            let words = (try? CommandLine.split(command)) ?? [command]
            var options = arguments.bool("virtualenv_site_packages") == true ? " --system-site-packages" : ""
            if let python = arguments.string("virtualenv_python") { options += " -p \(ShellText.quote(python))" }
            let name = ShellText.quote(words.first ?? command)
            let fallback =
                words == ["virtualenv"]
                ? "v(){ \(arguments.string("virtualenv_python").map(ShellText.quote) ?? "python3") -m venv\(options.replacing(#/ -p .*/#, with: "")) \"$E\"; }"
                : "die 'Failed to find required executable \"'\(name)'\" on the machine'"
            return """
                E=\(ShellText.path(environment))
                if [ ! -e "$E/bin/activate" ];then ch=1;[ $CK = 0 ]||fin
                if command -v \(name) >/dev/null 2>&1;then v(){ \(words.map(ShellText.quote).joined(separator: " "))\(options) "$E"; };else \(fallback);fi
                e=$(v 2>&1)||die "could not make the environment $E: $e";fi
                if [ -x "$E/bin/pip3" ];then P=$E/bin/pip3;elif [ -x "$E/bin/pip" ];then P=$E/bin/pip;else P="$E/bin/python -m pip";fi
                PATH=$E/bin:$PATH

                """
        }
        if let executable = arguments.string("executable") {
            return """
                P=\(ShellText.path(executable));command -v "$P" >/dev/null 2>&1||die "Failed to find required executable \\"$P\\" on the machine"

                """
        }
        return """
            if command -v pip3 >/dev/null 2>&1;then P=$(command -v pip3);elif command -v pip >/dev/null 2>&1;then P=$(command -v pip)
            elif python3 -m pip --version >/dev/null 2>&1;then P="python3 -m pip"
            else die "Unable to find any of pip3, pip to use.  pip needs to be installed.";fi

            """
    }

    private static func normalized(_ name: some StringProtocol) -> String {
        var result = ""
        for character in name.lowercased() {
            let isMark = "-_.".contains(character)
            if isMark, result.hasSuffix("-") { continue }
            result.append(isMark ? "-" : character)
        }
        return result
    }

    /// Whether a specifier is met by the list of what is installed; of a range only the name counts.
    private static func isInstalled(_ specifier: String, _ list: String) -> Bool {
        let name = specifier.prefix { $0.isLetter || $0.isNumber || "-_.".contains($0) }
        var rest = specifier.dropFirst(name.count).trimmingBlanks()
        if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
            rest = rest[rest.index(after: end)...].trimmingBlanks()
        }
        for line in list.split(separator: "\n") {
            guard let mark = line.firstRange(of: "==") else { continue }
            guard normalized(line[..<mark.lowerBound]) == normalized(name) else { continue }
            guard rest.hasPrefix("=="), !rest.contains(","), !rest.contains("*") else { return true }
            return rest.dropFirst(2).trimmingBlanks() == line[mark.upperBound...].trimmingBlanks()
        }
        return false
    }
}
