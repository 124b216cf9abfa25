import Jinja

/// `selinux`: the mode of SELinux, now and at boot.
package enum SELinuxModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "selinux", collections: ["ansible.posix"], summary: "Sets mode and policy of SELinux.",
        parameters: [
            ModuleParameter("policy", .string, "The policy."),
            ModuleParameter(
                "state", .string, choices: ["disabled", "enforcing", "permissive"], required: true, "The mode."),
            ModuleParameter(
                "configfile", .path, aliases: ["conf", "file"], default: "/etc/selinux/config", "The file."),
            ModuleParameter("update_kernel_param", .boolean, default: false, "Not supported: refused when true."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        if arguments.bool("update_kernel_param") == true {
            throw ModuleError(code: .invalidArgument, message: "selinux: update_kernel_param is not supported")
        }
        let state = arguments.string("state") ?? "enforcing"
        let policy = arguments.string("policy")
        if policy == nil, state != "disabled" {
            throw ModuleError(
                code: .missingParameter, message: "Policy is required if state is not 'disabled'")
        }
        let path = arguments.string("configfile") ?? "/etc/selinux/config"
        var edit = try TextEdit(path: path, context) { content in
            guard let content else {
                return .failed("Unable to find file \(path): SELinux is not installed on this machine", rc: nil)
            }
            var lines = TextLines(content).lines
            var wanted = ["SELINUX": state]
            wanted["SELINUXTYPE"] = policy
            for (key, value) in wanted.sorted(by: { $0.key < $1.key }) {
                if let index = lines.firstIndex(where: { $0.hasPrefix(key + "=") }) {
                    lines[index] = "\(key)=\(value)"
                } else {
                    lines.append("\(key)=\(value)")
                }
            }
            guard lines != TextLines(content).lines else { return .unchanged("", [:]) }
            return .changed(
                Array(lines.map { $0 + "\n" }.joined().utf8), "SELinux state changed to '\(state)'", [:])
        }
        // Off and on needs a restart of the machine; between the other two it goes at once.
        edit.follow = """
            if command -v getenforce >/dev/null 2>&1;then c_=$(getenforce|tr A-Z a-z);else c_=disabled;fi
            case $c_:\(state) in enforcing:permissive|permissive:enforcing)ch=1;[ $CK = 1 ]||e=$(setenforce \(state == "enforcing" ? 1 : 0) 2>&1)||die "setenforce failed: $e";o reboot_required 0;;
            disabled:disabled)o reboot_required 0;;disabled:*|*:disabled)o reboot_required 1;
            [ \(state) != disabled ]||[ "$c_" != enforcing ]||[ $CK = 1 ]||setenforce 0 2>/dev/null;;*)o reboot_required 0;;esac
            """
        edit.finish = { result in
            guard !result.failed else { return }
            result.values = [
                "configfile": .string(path), "policy": policy.map { .string($0) } ?? .none, "state": .string(state),
                "reboot_required": .bool(result["reboot_required"]?.text == "1"),
            ]
        }
        return edit.step
    }
}
