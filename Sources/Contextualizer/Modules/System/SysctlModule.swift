import Jinja

/// `sysctl`: parameters of the kernel.
package enum SysctlModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "sysctl", collections: ["ansible.posix"], summary: "Sets parameters of the kernel.",
        parameters: [
            ModuleParameter("name", .string, aliases: ["key"], required: true, "The parameter."),
            ModuleParameter("value", .string, aliases: ["val"], "Its value."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
            ModuleParameter("sysctl_file", .path, default: "/etc/sysctl.conf", "The file."),
            ModuleParameter("sysctl_set", .boolean, default: false, "Compare and set the value in use, too."),
            ModuleParameter("reload", .boolean, default: true, "Load the file when it changed."),
            ModuleParameter("ignoreerrors", .boolean, default: false, "Unknown parameters are no failure."),
        ], requirements: [.init("state", "present", ["value"])])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let name = arguments.string("name") ?? ""
        guard !name.isEmpty, !name.hasPrefix("-"), !name.contains("=") else {
            throw ModuleError(code: .invalidArgument, message: "name cannot be blank nor hold = nor begin with -")
        }
        let isPresent = arguments.string("state") != "absent"
        let value = normalized(arguments.string("value") ?? "")
        let path = arguments.string("sysctl_file") ?? "/etc/sysctl.conf"
        var edit = try TextEdit(path: path, context) { content in
            let lines = TextLines(content ?? []).lines
            var result: [String] = []
            var isFound = false
            var isSame = true
            for line in lines {
                let trimmed = line.trimmingBlanks()
                guard !trimmed.isEmpty, !trimmed.hasPrefix("#"), !trimmed.hasPrefix(";"),
                    let equals = trimmed.firstIndex(of: "=")
                else {
                    result.append(line)
                    continue
                }
                let key = String(trimmed[..<equals].trimmingBlanks())
                let old = String(trimmed[trimmed.index(after: equals)...].trimmingBlanks())
                guard key == name else {
                    result.append("\(key)=\(old)")
                    continue
                }
                if isPresent, !isFound { result.append("\(key)=\(value)") }
                if !isPresent || isFound || normalized(old) != value { isSame = false }
                isFound = true
            }
            if isPresent, !isFound {
                result.append("\(name)=\(value)")
                isSame = false
            }
            if isSame { return .unchanged("", [:]) }
            return .changed(Array(result.map { $0 + "\n" }.joined().utf8), "", [:])
        }
        let ignore = arguments.bool("ignoreerrors") == true ? "-e " : ""
        if arguments.bool("reload") ?? true {
            edit.epilogue = "e=$(sysctl \(ignore)-p \"$p0\" 2>&1)||die \"Failed to reload sysctl: $e\"\n"
        }
        if isPresent, arguments.bool("sysctl_set") == true {
            edit.follow = """
                k_=\(ShellText.quote(name));v_=\(ShellText.quote(value));c_=$(sysctl -n \(ignore)"$k_" 2>/dev/null|tr -s '\\t ' ' ')
                if [ "$c_" != "$v_" ];then ch=1;[ $CK = 1 ]||e=$(sysctl \(ignore)-w "$k_=$v_" 2>&1)||die "setting $k_ failed: $e";fi
                """
        }
        edit.finish = { result in
            guard !result.failed else { return }
            result = ModuleResult(changed: result.changed)
        }
        return edit.step
    }

    /// Words of truth are numbers, blanks are one blank.
    private static func normalized(_ text: String) -> String {
        switch text.trimmingBlanks().lowercased() {
        case "y", "yes", "true", "on", "t": return "1"
        case "n", "no", "false", "off", "f": return "0"
        default: return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
    }
}
