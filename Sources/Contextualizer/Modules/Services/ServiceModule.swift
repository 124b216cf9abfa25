import Jinja

/// `service`: starts, stops and enables services by whatever the machine has: systemd, OpenRC or init scripts.
package enum ServiceModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "service", summary: "Starts, stops, restarts and enables services.",
        parameters: [
            ModuleParameter("name", .string, required: true, "The service."),
            ModuleParameter(
                "state", .string, choices: ["started", "stopped", "reloaded", "restarted"], "What it shall be."),
            ModuleParameter("enabled", .boolean, "Whether it starts at boot."),
            ModuleParameter("pattern", .string, "Text in the process list that shows that it runs."),
            ModuleParameter("sleep", .integer, "Seconds between stop and start of a restart."),
            ModuleParameter("runlevel", .string, "Accepted: the default levels."),
            ModuleParameter("arguments", .string, aliases: ["args"], "Given to the init script."),
            ModuleParameter("use", .string, default: "auto", "Accepted: found out on the machine."),
            ModuleParameter("daemon_reload", .boolean, aliases: ["daemon-reload"], "As for systemd."),
        ],
        oneOf: [["state", "enabled"]])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        ServiceRun.step(arguments, context, isSystemd: false)
    }
}

/// `systemd`: units of systemd.
package enum SystemdModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "systemd", aliases: ["systemd_service"], summary: "Controls units of systemd.",
        parameters: [
            ModuleParameter("name", .string, aliases: ["service", "unit"], "The unit."),
            ModuleParameter(
                "state", .string, choices: ["reloaded", "restarted", "started", "stopped"], "What it shall be."),
            ModuleParameter("enabled", .boolean, "Whether it starts at boot."),
            ModuleParameter("masked", .boolean, "Whether it cannot be started."),
            ModuleParameter("daemon_reload", .boolean, aliases: ["daemon-reload"], default: false, "Read units again."),
            ModuleParameter("daemon_reexec", .boolean, aliases: ["daemon-reexec"], default: false, "Start anew."),
            ModuleParameter("scope", .string, choices: ["global", "system", "user"], default: "system", "Whose."),
            ModuleParameter("no_block", .boolean, default: false, "Do not wait."),
            ModuleParameter("force", .boolean, "Overwrite links."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        if arguments.string("name") == nil,
            let key = ["state", "enabled", "masked"].first(where: { arguments.value($0) != nil })
        {
            throw ModuleError(code: .missingParameter, message: "missing parameter(s) required by '\(key)': name")
        }
        return ServiceRun.step(arguments, context, isSystemd: true)
    }
}
