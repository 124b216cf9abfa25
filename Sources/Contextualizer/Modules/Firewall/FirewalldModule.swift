import ContextualizationAPI
import Jinja

/// `firewalld`: services, ports and rules of the Red Hat family's firewall, by `firewall-cmd`.
package enum FirewalldModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "firewalld", collections: ["ansible.posix"], summary: "Keeps rules of firewalld.",
        parameters: [
            ModuleParameter(
                "state", .string, choices: ["absent", "disabled", "enabled", "present"], required: true,
                "What shall be."),
            ModuleParameter("zone", .string, "The zone; by default firewalld's own."),
            ModuleParameter("permanent", .boolean, "Kept over a restart."),
            ModuleParameter("immediate", .boolean, default: false, "Now, too."),
            ModuleParameter("timeout", .integer, default: 0, "Seconds for which it holds."),
            ModuleParameter("service", .string, "A service."),
            ModuleParameter("port", .string, "PORT/PROTOCOL."),
            ModuleParameter("protocol", .string, "A protocol."),
            ModuleParameter("port_forward", .raw, "Ports that are sent on."),
            ModuleParameter("rich_rule", .string, "A rule in firewalld's language."),
            ModuleParameter("source", .string, "A network."),
            ModuleParameter("interface", .string, "An interface."),
            ModuleParameter("icmp_block", .string, "A type of ICMP."),
            ModuleParameter("icmp_block_inversion", .boolean, "Whether icmp_block is the contrary."),
            ModuleParameter("masquerade", .boolean, "Whether addresses are hidden."),
            ModuleParameter("forward", .boolean, "Whether packets pass between interfaces."),
            ModuleParameter(
                "target", .string, choices: ["default", "ACCEPT", "DROP", "%%REJECT%%"], "Target of the zone."),
            ModuleParameter("offline", .boolean, default: false, "Change the files where firewalld does not run."),
        ],
        exclusive: [
            [
                "icmp_block", "icmp_block_inversion", "service", "protocol", "port", "port_forward", "rich_rule",
                "interface", "forward", "masquerade", "source", "target",
            ]
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let state = arguments.string("state") ?? "enabled"
        let isPermanent = arguments.bool("permanent") ?? false
        let isImmediate = !isPermanent || arguments.bool("immediate") == true
        let zone = arguments.string("zone").map { "--zone=\($0)" }
        var isOn = state == "enabled" || state == "present"
        // What is asked, added and removed.
        var word: String?
        var value: String?
        for (key, name) in [
            ("service", "service"), ("port", "port"), ("protocol", "protocol"), ("rich_rule", "rich-rule"),
            ("source", "source"), ("interface", "interface"), ("icmp_block", "icmp-block"),
        ] {
            if let text = arguments.string(key) { (word, value) = (name, text) }
        }
        for (key, name) in [
            ("masquerade", "masquerade"), ("icmp_block_inversion", "icmp-block-inversion"), ("forward", "forward"),
        ] {
            if let flag = arguments.bool(key) {
                word = name
                isOn = isOn == flag
            }
        }
        if let forward = arguments.value("port_forward") {
            guard let rule = forward.listValue?.first?.dictValue ?? forward.dictValue,
                let port = rule["port"]?.text, let proto = rule["proto"]?.text, let target = rule["toport"]?.text
            else {
                throw ModuleError(
                    code: .invalidArgument, message: "port_forward needs port, proto and toport")
            }
            word = "forward-port"
            value = "port=\(port):proto=\(proto):toport=\(target)" + (rule["toaddr"].map { ":toaddr=\($0.text)" } ?? "")
        }
        let timeout = arguments.int("timeout") ?? 0
        if let port = arguments.string("port"), !port.contains("/") {
            throw ModuleError(code: .invalidArgument, message: "improper port format (missing protocol?)")
        }
        var rounds: [String] = []
        func round(_ flags: [String]) -> String {
            let words = (flags + [zone].compactMap(\.self)).map(ShellText.quote).joined(separator: " ")
            if let target = arguments.string("target") {
                let wanted = ShellText.quote(isOn ? target : "default")
                return """
                    c_=$(fw \(words) --get-target 2>/dev/null);[ "$c_" = \(wanted) ]||{ ch=1;[ $CK = 1 ]||ok \(words) --set-target=\(wanted); }
                    """
            }
            guard let word else {
                let name = ShellText.quote(arguments.string("zone") ?? "")
                return """
                    if fw --permanent --get-zones 2>/dev/null|tr ' ' '\\n'|grep -qx \(name);then h_=1;else h_=0;fi
                    [ $h_ = \(isOn ? 1 : 0) ]||{ ch=1;[ $CK = 1 ]||ok --permanent \(isOn ? "--new-zone" : "--delete-zone")=\(name); }
                    """
            }
            let argument = value.map { "=" + ShellText.quote($0) } ?? ""
            let limit = isOn && timeout > 0 && flags.isEmpty ? " --timeout=\(timeout)" : ""
            // An interface is taken from its old zone, too.
            let verb = isOn ? (word == "interface" ? "change" : "add") : "remove"
            return """
                if fw \(words) --query-\(word)\(argument) >/dev/null 2>&1;then h_=1;else h_=0;fi
                [ $h_ = \(isOn ? 1 : 0) ]||{ ch=1;[ $CK = 1 ]||ok \(words) --\(verb)-\(word)\(argument)\(limit); }
                """
        }
        if word == nil, arguments.string("target") == nil {
            guard isPermanent, arguments.string("zone") != nil else {
                throw ModuleError(
                    code: .invalidArgument,
                    message:
                        "Zone operations must be permanent. Make sure you didn't set the 'permanent' flag to 'false' or the "
                        + "'immediate' flag to 'true'.")
            }
            rounds = [round([])]
        } else {
            if isPermanent { rounds.append(round(["--permanent"])) }
            if isImmediate, arguments.string("target") == nil { rounds.append("[ $F_ = 0 ]||{ \n\(round([]))\n}") }
        }
        // Where firewalld does not run, files can be changed; nothing else.
        let mayBeOffline = isPermanent && !(isImmediate && arguments.bool("offline") != true)
        let told = Told(arguments, word: word, value: value, isOn: isOn)
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + """
                command -v firewall-cmd >/dev/null 2>&1||die "firewalld is not installed: firewall-cmd is not on this machine"
                F_=1;firewall-cmd --state >/dev/null 2>&1||F_=0
                [ $F_ = 1 ]||[ \(mayBeOffline ? 1 : 0) = 1 ]||die "firewall is not currently running, unable to perform immediate actions without a running firewall daemon"
                fw(){ if [ $F_ = 1 ];then firewall-cmd "$@";else [ "${1-}" != --permanent ]||shift;firewall-offline-cmd "$@";fi; }
                ok(){ e=$(fw "$@" 2>&1 </dev/null)||die "ERROR: Exception caught: $e"; }
                \(told.namesZone ? "o zone \"$(fw --get-default-zone 2>/dev/null)\"" : ":")
                \(rounds.joined(separator: "\n"))
                o running $F_;fin

                """
        return .run(
            ModuleInvocation(script: script, reads: ["firewalld"], writes: ["firewalld"]) { output in
                let records = Records(output.standardOutput)
                var result = ModuleResult(records: records, output: output)
                for key in ["running", "zone"] { result[key] = nil }
                guard !result.failed else { return .finish(result) }
                // As Ansible, which says nothing of a change that check mode foresees.
                if result.changed, context.isCheckMode { return .finish(result) }
                let isRunning = records.flag("running")
                var parts = [
                    isPermanent
                        ? isImmediate && isRunning
                            ? "Permanent and Non-Permanent(immediate) operation" : "Permanent operation"
                        : "Non-permanent operation"
                ]
                if result.changed { parts.append(told.text(zone: records["zone"] ?? "")) }
                if !isRunning {
                    parts.append("(offline operation: only on-disk configs were altered)")
                }
                result.message = parts.joined(separator: ", ")
                return .finish(result)
            })
    }

    /// The words of a change, which are Ansible's.
    private struct Told: Sendable {
        var state: String
        var zone: String?
        var word: String?
        var value: String?
        var target: String?
        var isOn: Bool

        init(_ arguments: ModuleArguments, word: String?, value: String?, isOn: Bool) {
            state = arguments.string("state") ?? ""
            zone = arguments.string("zone")
            target = arguments.string("target")
            (self.word, self.value, self.isOn) = (word, value, isOn)
            switch word {
            case "rich-rule"?: self.word = "rich_rule"
            case "forward-port"?:
                self.word = "port_forward"
                self.value = value.map { $0.contains(":toaddr=") ? $0 : $0 + ":toaddr=" }
            case "icmp-block-inversion"?:
                self.value = arguments.bool("icmp_block_inversion") == true ? "True" : "False"
            default: break
            }
        }

        /// Whether the machine has to say which zone it is.
        var namesZone: Bool {
            zone == nil
                && (target != nil || ["source", "interface", "masquerade", "forward"].contains(word ?? ""))
        }

        func text(zone standard: String) -> String {
            let zone = zone ?? standard
            switch word {
            case nil:
                if let target {
                    return isOn ? "Set zone \(zone) target to \(target)" : "Reset zone \(zone) target to default"
                }
                return (isOn ? "Added" : "Removed") + " zone \(zone), Changed zone \(zone) to \(state)"
            case "source"?, "masquerade"?, "forward"?:
                let what = value ?? word ?? ""
                return isOn ? "Added \(what) to zone \(zone)" : "Removed \(what) from zone \(zone)"
            case "interface"?:
                return isOn ? "Changed \(value ?? "") to zone \(zone)" : "Removed \(value ?? "") from zone \(zone)"
            case let word?: return "Changed \(word) \(value ?? "") to \(state)"
            }
        }
    }
}
