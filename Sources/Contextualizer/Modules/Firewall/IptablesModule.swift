import ContextualizationAPI
import Jinja

/// `iptables`: one rule, one policy, or the end of all rules.
package enum IptablesModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "iptables", summary: "Keeps one rule of the packet filter.",
        parameters: [
            ModuleParameter(
                "table", .string, choices: ["filter", "nat", "mangle", "raw", "security"], default: "filter",
                "The table."),
            ModuleParameter("chain", .string, "The chain."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
            ModuleParameter("action", .string, choices: ["append", "insert"], default: "append", "Where."),
            ModuleParameter("rule_num", .string, "Where to insert."),
            ModuleParameter("ip_version", .string, choices: ["ipv4", "ipv6", "both"], default: "ipv4", "Which."),
            ModuleParameter("protocol", .string, "Protocol."),
            ModuleParameter("source", .string, "Address."),
            ModuleParameter("destination", .string, "Address."),
            ModuleParameter("match", .list, default: [], "Extensions."),
            ModuleParameter("tcp_flags", .dictionary, "Flags of TCP."),
            ModuleParameter("jump", .string, "The target."),
            ModuleParameter("gateway", .string, "For TEE."),
            ModuleParameter("log_prefix", .string, "For LOG."),
            ModuleParameter("log_level", .string, "For LOG."),
            ModuleParameter("goto", .string, "The chain to go to."),
            ModuleParameter("in_interface", .string, "Interface."),
            ModuleParameter("out_interface", .string, "Interface."),
            ModuleParameter("fragment", .string, "Fragments."),
            ModuleParameter("set_counters", .string, "Counters."),
            ModuleParameter("source_port", .string, "Port."),
            ModuleParameter("destination_port", .string, "Port."),
            ModuleParameter("destination_ports", .list, default: [], "Ports."),
            ModuleParameter("to_ports", .string, "For REDIRECT."),
            ModuleParameter("to_destination", .string, "For DNAT."),
            ModuleParameter("to_source", .string, "For SNAT."),
            ModuleParameter(
                "syn", .string, choices: ["ignore", "match", "negate"], default: "ignore", "First packets."),
            ModuleParameter("set_dscp_mark", .string, "For DSCP."),
            ModuleParameter("set_dscp_mark_class", .string, "For DSCP."),
            ModuleParameter("comment", .string, "Comment."),
            ModuleParameter("ctstate", .list, default: [], "States of connections."),
            ModuleParameter("src_range", .string, "Addresses."),
            ModuleParameter("dst_range", .string, "Addresses."),
            ModuleParameter("match_set", .string, "Set of addresses."),
            ModuleParameter(
                "match_set_flags", .string, choices: ["src", "dst", "src,dst", "dst,src", "src,src", "dst,dst"],
                "Its flags."),
            ModuleParameter("limit", .string, "How often."),
            ModuleParameter("limit_burst", .string, "How many at once."),
            ModuleParameter("uid_owner", .string, "User."),
            ModuleParameter("gid_owner", .string, "Group."),
            ModuleParameter("reject_with", .string, "For REJECT."),
            ModuleParameter("icmp_type", .string, "Type of ICMP."),
            ModuleParameter("flush", .boolean, default: false, "Remove all rules of the chain or table."),
            ModuleParameter("policy", .string, choices: ["ACCEPT", "DROP", "QUEUE", "RETURN"], "Policy of the chain."),
            ModuleParameter("wait", .string, "Seconds to wait for the lock."),
            ModuleParameter("chain_management", .boolean, default: false, "Make and remove the chain."),
            ModuleParameter("numeric", .boolean, default: false, "Accepted."),
        ],
        exclusive: [["set_dscp_mark", "set_dscp_mark_class"], ["flush", "policy"]],
        requirements: [
            .init("jump", "TEE", ["gateway"]), .init("flush", false, ["chain"]),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let rule = IptablesRule.words(arguments)
        let isPresent = arguments.string("state") != "absent"
        let chain = arguments.string("chain")
        let table = arguments.string("table") ?? "filter"
        let policy = arguments.string("policy")
        let isFlush = arguments.bool("flush") ?? false
        let manages = arguments.bool("chain_management") ?? false
        if (arguments.string("jump") ?? "").uppercased() != "LOG", arguments.string("log_prefix") != nil,
            arguments.string("jump") != nil
        {
            throw ModuleError(
                code: .invalidArgument, message: "Logging options can only be used with the LOG jump target.")
        }
        let version = arguments.string("ip_version") ?? "ipv4"
        let programs = version == "both" ? ["iptables", "ip6tables"] : [version == "ipv6" ? "ip6tables" : "iptables"]
        let wait = arguments.string("wait").map { "-w \(ShellText.quote($0)) " } ?? ""
        let name = chain.map(ShellText.quote) ?? ""
        let words = wait + rule.map(ShellText.quote).joined(separator: " ")
        let body: String
        if isFlush {
            body = "ch=1;[ $CK = 1 ]||x -F \(name)"
        } else if let policy {
            body = """
                p_=$("$w" -t $T -L \(name) -n 2>/dev/null|sed -n '1s/.*(policy \\([A-Z]*\\).*/\\1/p')
                [ -n "$p_" ]||die "Failed to detect default policy"
                [ "$p_" = \(policy) ]||{ ch=1;[ $CK = 1 ]||x -P \(name) \(policy); }
                """
        } else if manages, rule.isEmpty {
            body =
                isPresent
                ? "c \(name)||{ ch=1;[ $CK = 1 ]||x -N \(name); }" : "! c \(name)||{ ch=1;[ $CK = 1 ]||x -X \(name); }"
        } else {
            let insert = arguments.string("action") == "insert"
            let number = insert ? arguments.string("rule_num").map { ShellText.quote($0) + " " } ?? "" : ""
            let make = manages && isPresent ? "c \(name)||{ ch=1;[ $CK = 1 ]||x -N \(name); };" : ""
            body =
                make + """
                    if "$w" -t $T -C \(name) \(words) >/dev/null 2>&1;then \(isPresent ? ":" : "ch=1;[ $CK = 1 ]||x -D \(name) \(words)")
                    else \(isPresent ? "ch=1;[ $CK = 1 ]||x \(insert ? "-I" : "-A") \(name) \(number)\(words)" : ":");fi
                    """
        }
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + """
                T=\(table)
                x(){ e=$("$w" -t $T "$@" 2>&1)||die "$w $*: $e"; }
                c(){ "$w" -t $T -L "$@" -n >/dev/null 2>&1; }
                for w in \(programs.joined(separator: " "));do command -v $w >/dev/null 2>&1||die "Failed to find required executable \\"$w\\" on the machine"
                \(body)
                done;fin

                """
        let object = "iptables:\(table)"
        return .run(
            ModuleInvocation(script: script, reads: [object], writes: [object]) { output in
                var result = ModuleResult(records: Records(output.standardOutput), output: output)
                guard !result.failed else { return .finish(result) }
                result["ip_version"] = .string(version)
                result["table"] = .string(table)
                result["chain"] = chain.map { .string($0) } ?? JinjaValue.none
                result["flush"] = .bool(isFlush)
                result["rule"] = .string(rule.joined(separator: " "))
                result["state"] = .string(isPresent ? "present" : "absent")
                result["chain_management"] = .bool(manages)
                result["wait"] = arguments.value("wait") ?? JinjaValue.none
                return .finish(result)
            })
    }
}

/// The words of a rule, in Ansible's order: another order would make other texts of the same rule.
private enum IptablesRule {
    static func words(_ arguments: ModuleArguments) -> [String] {
        var words: [String] = []
        func add(_ key: String, _ flag: String) {
            guard var value = arguments.string(key) else { return }
            if value.hasPrefix("!") {
                value = String(value.dropFirst().trimmingBlanks())
                words.append("!")
            }
            words += [flag, value]
        }
        func match(_ name: String, _ keys: String...) {
            if keys.contains(where: { arguments.string($0) != nil }), !(arguments.list("match") ?? []).contains(name) {
                words += ["-m", name]
            }
        }
        add("protocol", "-p")
        add("source", "-s")
        add("destination", "-d")
        for name in arguments.list("match") ?? [] { words += ["-m", name] }
        if let flags = arguments.value("tcp_flags")?.dictValue {
            func joined(_ key: String) -> String {
                (flags[key]?.listValue?.map(\.text) ?? [flags[key]?.text ?? ""]).joined(separator: ",")
            }
            words += ["--tcp-flags", joined("flags"), joined("flags_set")]
        }
        add("jump", "-j")
        if arguments.string("jump")?.uppercased() == "TEE" { add("gateway", "--gateway") }
        add("log_prefix", "--log-prefix")
        add("log_level", "--log-level")
        add("to_destination", "--to-destination")
        if let ports = arguments.list("destination_ports"), !ports.isEmpty {
            words += ["-m", "multiport", "--dports", ports.joined(separator: ",")]
        }
        add("to_source", "--to-source")
        add("goto", "-g")
        add("in_interface", "-i")
        add("out_interface", "-o")
        add("fragment", "-f")
        add("set_counters", "-c")
        add("source_port", "--source-port")
        add("destination_port", "--destination-port")
        add("to_ports", "--to-ports")
        add("set_dscp_mark", "--set-dscp")
        add("set_dscp_mark_class", "--set-dscp-class")
        switch arguments.string("syn") {
        case "match"?: words.append("--syn")
        case "negate"?: words += ["!", "--syn"]
        default: break
        }
        if let states = arguments.list("ctstate"), !states.isEmpty {
            let modules = arguments.list("match") ?? []
            if modules.contains("state") {
                words += ["--state", states.joined(separator: ",")]
            } else {
                words +=
                    (modules.contains("conntrack") ? [] : ["-m", "conntrack"]) + [
                        "--ctstate", states.joined(separator: ","),
                    ]
            }
        }
        match("iprange", "src_range", "dst_range")
        add("src_range", "--src-range")
        add("dst_range", "--dst-range")
        if let set = arguments.string("match_set") {
            match("set", "match_set")
            words += ["--match-set", set, arguments.string("match_set_flags") ?? ""]
        }
        match("limit", "limit", "limit_burst")
        add("limit", "--limit")
        add("limit_burst", "--limit-burst")
        match("owner", "uid_owner", "gid_owner")
        add("uid_owner", "--uid-owner")
        add("gid_owner", "--gid-owner")
        if arguments.string("jump") == nil, arguments.string("reject_with") != nil { words += ["-j", "REJECT"] }
        add("reject_with", "--reject-with")
        add("icmp_type", arguments.string("ip_version") == "ipv6" ? "--icmpv6-type" : "--icmp-type")
        match("comment", "comment")
        add("comment", "--comment")
        return words
    }
}
