import ContextualizationAPI
import Jinja

/// `lvg`: volume groups of LVM.
package enum VolumeGroupModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "lvg", collections: ["community.general"], summary: "Makes, extends, reduces and removes volume groups.",
        parameters: [
            ModuleParameter("vg", .string, required: true, "The group."),
            ModuleParameter("pvs", .list, "Its devices."),
            ModuleParameter("pesize", .string, default: "4", "Size of extents."),
            ModuleParameter("pv_options", .string, default: "", "Options for pvcreate."),
            ModuleParameter("vg_options", .string, default: "", "Options for vgcreate."),
            ModuleParameter("pvresize", .boolean, default: false, "Let it use all of its devices where they grew."),
            ModuleParameter(
                "state", .string, choices: ["absent", "present", "active", "inactive"], default: "present",
                "There or gone, in use or not."),
            ModuleParameter("force", .boolean, default: false, "Remove a group that has volumes."),
            ModuleParameter("remove_extra_pvs", .boolean, default: true, "Take devices out that are not named."),
            ModuleParameter("reset_vg_uuid", .boolean, default: false, "Not supported: refused when true."),
            ModuleParameter("reset_pv_uuid", .boolean, default: false, "Not supported: refused when true."),
        ])

    private struct Device {
        var name: String
        var group: String
    }

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        for key in ["reset_vg_uuid", "reset_pv_uuid"] where arguments.bool(key) == true {
            throw ModuleError(code: .invalidArgument, message: "lvg: \(key) is not supported")
        }
        let group = arguments.string("vg") ?? ""
        let devices = arguments.list("pvs") ?? []
        let options = try [arguments.string("pv_options") ?? "", arguments.string("vg_options") ?? ""].map {
            text throws(ModuleError) in try CommandLine.split(text)
        }
        let look = """
            for f in \(devices.map(ShellText.path).joined(separator: " "));do p=$(readlink -f "$f"||printf %s "$f");o dev "$p";[ -e "$p" ]||o missing "$p";done
            o vgs "$(vgs --noheadings -o vg_name,pv_count,lv_count --separator ';' 2>/dev/null)"
            o pvs "$(pvs --noheadings -o pv_name,vg_name --separator ';' 2>/dev/null)"
            o active "$(lvs --noheadings -o lv_attr \(ShellText.quote(group)) 2>/dev/null)"
            """
        return VolumeCommands.look(look, reads: ["vg:\(group)"]) { records in
            decide(arguments, context, records, options)
        }
    }

    private static func decide(
        _ arguments: ModuleArguments, _ context: ModuleContext, _ records: Records, _ options: [[String]]
    ) -> ModuleStep {
        let group = arguments.string("vg") ?? ""
        let state = arguments.string("state") ?? "present"
        let wanted = records.values["dev"] ?? []
        let known = VolumeCommands.rows(records["vgs"]).first { $0.first == group }
        if state == "absent" {
            guard let known else { return .finish(ModuleResult()) }
            if context.isCheckMode { return .finish(ModuleResult(changed: true)) }
            guard known.last == "0" || arguments.bool("force") == true else {
                return .finish(.failure("Refuse to remove non-empty volume group \(group) without force=true"))
            }
            return act(
                [
                    .init(
                        words: ["vgremove", "--force", group], failure: "Failed to remove volume group \(group)")
                ], arguments)
        }
        if known == nil, wanted.isEmpty { return .finish(.failure("No physical volumes given.")) }
        if let missing = records.values["missing"]?.first {
            return .finish(.failure("Device \(missing) not found."))
        }
        let devices = VolumeCommands.rows(records["pvs"]).map {
            Device(name: $0.first ?? "", group: $0.count > 1 ? $0[1] : "")
        }
        if let used = devices.first(where: { wanted.contains($0.name) && !$0.group.isEmpty && $0.group != group }) {
            return .finish(.failure("Device \(used.name) is already in \(used.group) volume group."))
        }
        var commands: [VolumeCommands.Command] = []
        if known == nil {
            commands = create(wanted, options[0])
            commands.append(
                .init(
                    words: ["vgcreate"] + options[1] + ["-s", arguments.string("pesize") ?? "4", group] + wanted,
                    failure: "Creating volume group '\(group)' failed"))
        } else {
            if let command = activation(state, group, records["active"] ?? "") { commands.append(command) }
            if !wanted.isEmpty { commands += changes(arguments, wanted, devices, options[0]) }
        }
        let isChanged = !commands.isEmpty
        guard isChanged, !context.isCheckMode else { return .finish(ModuleResult(changed: isChanged)) }
        return act(commands, arguments)
    }

    private static func create(_ devices: [String], _ options: [String]) -> [VolumeCommands.Command] {
        devices.map {
            .init(words: ["pvcreate"] + options + ["-f", $0], failure: "Creating physical volume '\($0)' failed")
        }
    }

    private static func activation(_ state: String, _ group: String, _ attributes: String) -> VolumeCommands.Command? {
        guard state != "present" else { return nil }
        let isActive = attributes.split(separator: "\n").map { $0.trimmingBlanks().dropFirst(4).first == "a" }
        let wanted = state == "active"
        guard isActive.contains(where: { $0 != wanted }) else { return nil }
        return .init(
            words: ["vgchange", "--activate", wanted ? "y" : "n", group],
            failure: "Failed to \(wanted ? "activate" : "deactivate") volume group \(group)")
    }

    private static func changes(
        _ arguments: ModuleArguments, _ wanted: [String], _ devices: [Device], _ options: [String]
    ) -> [VolumeCommands.Command] {
        let group = arguments.string("vg") ?? ""
        let present = devices.filter { $0.group == group }.map(\.name)
        var commands: [VolumeCommands.Command] = []
        if arguments.bool("pvresize") == true {
            commands += present.map { .init(words: ["pvresize", $0], failure: "Failed executing pvresize command.") }
        }
        let added = wanted.filter { !present.contains($0) }
        if !added.isEmpty {
            commands += create(added, options)
            commands.append(
                .init(
                    words: ["vgextend", group] + added,
                    failure: "Unable to extend \(group) by \(added.joined(separator: " "))."))
        }
        let removed = arguments.bool("remove_extra_pvs") == false ? [] : present.filter { !wanted.contains($0) }
        if !removed.isEmpty {
            commands.append(
                .init(
                    words: ["vgreduce", "--force", group] + removed,
                    failure: "Unable to reduce \(group) by \(removed.joined(separator: " "))."))
        }
        return commands
    }

    private static func act(_ commands: [VolumeCommands.Command], _ arguments: ModuleArguments) -> ModuleStep {
        let group = arguments.string("vg") ?? ""
        // A device that has its full size is told by pvresize itself.
        let onlyResizes = commands.allSatisfy { $0.words.first == "pvresize" }
        return VolumeCommands.act(commands, writes: ["vg:\(group)"]) { records in
            let said = records.values["said"] ?? []
            return ModuleResult(changed: !onlyResizes || said.contains { !$0.contains("0 physical volume(s) resized") })
        }
    }
}
