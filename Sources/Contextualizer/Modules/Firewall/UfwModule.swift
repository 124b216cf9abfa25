import ContextualizationAPI
import Jinja

/// `ufw`: Ubuntu's firewall.
package enum UfwModule: Module {
    private static let directions = ["in", "incoming", "out", "outgoing", "routed"]

    package static let documentation = ModuleDocumentation(
        name: "ufw", collections: ["community.general"], summary: "Keeps rules of Ubuntu's firewall.",
        parameters: [
            ModuleParameter(
                "state", .string, choices: ["enabled", "disabled", "reloaded", "reset"], "Of the firewall."),
            ModuleParameter(
                "default", .string, aliases: ["policy"], choices: ["allow", "deny", "reject"], "What else happens."),
            ModuleParameter("logging", .string, choices: ["full", "high", "low", "medium", "off", "on"], "Its log."),
            ModuleParameter("rule", .string, choices: ["allow", "deny", "limit", "reject"], "What is done."),
            ModuleParameter("direction", .string, choices: directions, "Direction."),
            ModuleParameter("interface", .string, aliases: ["if"], "Interface."),
            ModuleParameter("interface_in", .string, aliases: ["if_in"], "Interface."),
            ModuleParameter("interface_out", .string, aliases: ["if_out"], "Interface."),
            ModuleParameter("from_ip", .string, aliases: ["from", "src"], default: "any", "Address."),
            ModuleParameter("from_port", .string, "Port."),
            ModuleParameter("to_ip", .string, aliases: ["dest", "to"], default: "any", "Address."),
            ModuleParameter("to_port", .string, aliases: ["port"], "Port."),
            ModuleParameter(
                "proto", .string, aliases: ["protocol"],
                choices: ["ah", "any", "esp", "ipv6", "tcp", "udp", "gre", "igmp", "vrrp"], "Protocol."),
            ModuleParameter("name", .string, aliases: ["app"], "An application's rules."),
            ModuleParameter("comment", .string, "Comment."),
            ModuleParameter("delete", .boolean, default: false, "Remove the rule."),
            ModuleParameter("insert", .integer, "Where."),
            ModuleParameter(
                "insert_relative_to", .string,
                choices: ["first-ipv4", "first-ipv6", "last-ipv4", "last-ipv6", "zero"], default: "zero",
                "Others than zero are refused."),
            ModuleParameter("log", .boolean, default: false, "Log it."),
            ModuleParameter("route", .boolean, default: false, "For what passes through."),
        ],
        exclusive: [["name", "proto", "logging"]],
        oneOf: [["default", "logging", "rule", "state"]])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        if arguments.string("insert_relative_to") != "zero", arguments.int("insert") != nil {
            throw ModuleError(code: .invalidArgument, message: "ufw: insert_relative_to is not supported")
        }
        var commands: [[String]] = []
        let state = arguments.string("state")
        if let state {
            let verb =
                ["enabled": "enable", "disabled": "disable", "reloaded": "reload", "reset": "reset"][state] ?? state
            commands.append(["-f", verb])
        }
        if let logging = arguments.string("logging") { commands.append(["logging", logging]) }
        if let policy = arguments.string("default") {
            let direction = arguments.string("direction").map { [$0] } ?? []
            commands.append(["default", policy] + direction)
        }
        if arguments.string("rule") != nil { commands.append(rule(arguments)) }
        let run = commands.map { words in
            "e=$(ufw \(words.map(ShellText.quote).joined(separator: " ")) 2>&1 </dev/null)||die \"$e\"\n"
        }.joined()
        let isForced = state == "reset" || state == "reloaded"
        let dry = commands.map { words -> String in
            switch words.first {
            case "-f"?:
                let isWanted = state == "enabled" ? "active" : "inactive"
                return isForced ? "ch=1\n" : "case $a_ in *'Status: \(isWanted)'*);;*)ch=1;;esac\n"
            case "default"?, "logging"?:
                return
                    "case $a_ in *'\(words[0] == "default" ? "Default: \(words[1])" : "Logging: \(words[1])")'*);;*)ch=1;;esac\n"
            default:
                return "e=$(ufw --dry-run \(words.map(ShellText.quote).joined(separator: " ")) 2>&1)||die \"$e\"\n"
                    + "case $e in *'kipping'*|*'Could not delete'*);;*)ch=1;;esac\n"
            }
        }.joined()
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + """
                command -v ufw >/dev/null 2>&1||die "Failed to find required executable \\"ufw\\" on the machine: install the package ufw first"
                s_(){ ufw status verbose 2>&1;cat /etc/ufw/user.rules /etc/ufw/user6.rules /lib/ufw/user.rules /lib/ufw/user6.rules /var/lib/ufw/user.rules /var/lib/ufw/user6.rules 2>/dev/null|grep '^### tuple'; }
                a_=$(s_)
                if [ $CK = 1 ];then
                \(dry)fin;fi
                \(run)[ "$a_" = "$(s_)" ]||ch=1
                \(isForced ? "ch=1" : ":");o msg "$(ufw status verbose 2>&1)";fin

                """
        let shown = commands.map { JinjaValue.string("ufw " + $0.joined(separator: " ")) }
        return .run(
            ModuleInvocation(script: script, reads: ["ufw"], writes: ["ufw"]) { output in
                var result = ModuleResult(records: Records(output.standardOutput), output: output)
                result["commands"] = .list(shown)
                return .finish(result)
            })
    }

    private static func rule(_ arguments: ModuleArguments) -> [String] {
        var words: [String] = arguments.bool("route") == true ? ["route"] : []
        if arguments.bool("delete") == true { words.append("delete") }
        if let place = arguments.int("insert"), arguments.bool("delete") != true { words += ["insert", "\(place)"] }
        words.append(arguments.string("rule") ?? "")
        if let interface = arguments.string("interface") {
            let direction = arguments.string("direction") ?? "in"
            words += [direction.hasPrefix("out") ? "out" : "in", "on", interface]
        } else if arguments.string("interface_in") != nil || arguments.string("interface_out") != nil {
            if let name = arguments.string("interface_in") { words += ["in", "on", name] }
            if let name = arguments.string("interface_out") { words += ["out", "on", name] }
        } else if let direction = arguments.string("direction") {
            words.append(direction.hasPrefix("out") ? "out" : "in")
        }
        if arguments.bool("log") == true { words.append("log") }
        words += ["from", arguments.string("from_ip") ?? "any"]
        if let port = arguments.string("from_port") { words += ["port", port] }
        words += ["to", arguments.string("to_ip") ?? "any"]
        if let port = arguments.string("to_port") { words += ["port", port] }
        if let proto = arguments.string("proto") { words += ["proto", proto] }
        if let name = arguments.string("name") { words += ["app", name] }
        if let comment = arguments.string("comment") { words += ["comment", comment] }
        return words
    }
}
