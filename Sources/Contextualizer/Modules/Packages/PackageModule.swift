import Jinja

/// `package`: packages by whatever manager the machine has.
package enum PackageModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "package", summary: "Installs and removes packages with the machine's own manager.",
        parameters: PackageParameters.common() + [use] + PackageParameters.passedOn)

    static let use = ModuleParameter(
        "use", .string, default: "auto", "Manager: auto, apt, dnf, yum, apk, zypper, pacman.")

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let use = arguments.string("use") ?? "auto"
        return try PackageRun.step(arguments, context, manager: use == "auto" ? nil : use)
    }
}

/// `apt`: Debian's packages.
package enum AptModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "apt", summary: "Installs and removes Debian packages.",
        parameters: PackageParameters.common() + [
            ModuleParameter("cache_valid_time", .integer, default: 0, "Seconds for which lists count as fresh."),
            ModuleParameter("deb", .path, "A package file on the machine."),
            ModuleParameter("default_release", .string, aliases: ["default-release"], "Release to prefer."),
            ModuleParameter(
                "install_recommends", .boolean, aliases: ["install-recommends"], "Whether recommended ones come too."),
            ModuleParameter("only_upgrade", .boolean, default: false, "Do not install what is not there."),
            ModuleParameter("purge", .boolean, default: false, "Remove configuration too."),
            ModuleParameter("autoremove", .boolean, default: false, "Remove what nothing needs any more."),
            ModuleParameter("autoclean", .boolean, aliases: ["clean"], "Clean the cache."),
            ModuleParameter(
                "upgrade", .string, choices: ["dist", "full", "no", "False", "safe", "yes", "True"], "Upgrade all."),
            ModuleParameter("force", .boolean, default: false, "Accept unsigned packages."),
            ModuleParameter(
                "allow_unauthenticated", .boolean, aliases: ["allow-unauthenticated"], "Accept unsigned packages."),
            ModuleParameter("force_apt_get", .boolean, "Accepted: apt-get is always used."),
            ModuleParameter("dpkg_options", .string, default: "force-confdef,force-confold", "Options for dpkg."),
            ModuleParameter("update_cache_retries", .integer, default: 5, "Accepted."),
            ModuleParameter("update_cache_retry_max_delay", .integer, default: 12, "Accepted."),
            ModuleParameter("lock_timeout", .integer, default: 60, "Seconds to wait for another manager."),
            ModuleParameter(
                "policy_rc_d", .integer, "Status that /usr/sbin/policy-rc.d gives meanwhile: 101 starts no service."),
            ModuleParameter("fail_on_autoremove", .boolean, "Accepted, without effect."),
            ModuleParameter("allow_downgrade", .boolean, aliases: ["allow-downgrade"], "Older versions are fine."),
            ModuleParameter("allow_change_held_packages", .boolean, "Change held ones."),
        ], exclusive: [["deb", "package", "upgrade"]])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        try PackageRun.step(arguments, context, manager: "apt")
    }
}

/// Parameters of all package modules.
enum PackageParameters {
    static let states = [
        "absent", "build-dep", "fixed", "installed", "latest", "present", "removed",
    ]

    static func common(_ states: [String] = states) -> [ModuleParameter] {
        [
            ModuleParameter(
                "name", .list, aliases: ["pkg", "package"], "Names, with version as the manager spells it."),
            ModuleParameter("state", .string, choices: states, default: "present", "What shall be."),
            ModuleParameter(
                "update_cache", .boolean, aliases: ["update-cache", "expire-cache"], default: false,
                "Refresh the lists of packages, where something has to be installed."),
        ]
    }

    /// Parameters of the managers' own modules, which `package` passes on, as in Ansible.
    static var passedOn: [ModuleParameter] {
        var seen = Set((common() + [PackageModule.use]).flatMap { [$0.name] + $0.aliases })
        return (AptModule.documentation.parameters + DnfModule.documentation.parameters).filter {
            seen.insert($0.name).inserted
        }.map { parameter in
            ModuleParameter(
                parameter.name, parameter.kind, aliases: parameter.aliases, choices: parameter.choices,
                "As for apt or dnf.")
        }
    }
}
