import ContextualizationAPI
import Jinja

/// What `lvol` does, once it is known what is there.
struct LogicalVolumePlan: Sendable {
    /// Of the group, in the plan's unit.
    struct Room: Sendable {
        var total: Double
        var free: Double
        var extent: Double
    }

    let arguments: ModuleArguments
    let size: VolumeSize?
    let options: [String]
    let unit: String
    let volumes: [LogicalVolumeModule.Volume]
    let room: Room

    private var group: String { arguments.string("vg") ?? "" }
    private var name: String? { arguments.string("lv") }
    private var pool: String? { arguments.string("thinpool") }
    private var snapshot: String? { arguments.string("snapshot") }
    private var isForced: Bool { arguments.bool("force") == true }
    private var writes: [String] { ["vg:\(group)"] }

    func step(isCheckMode: Bool) -> ModuleStep {
        if let snapshot {
            guard let origin = volumes.first(where: { $0.name == name || $0.name == pool }) else {
                return fail("Snapshot origin LV \(name ?? "None") does not exist in volume group \(group).")
            }
            guard !origin.isPool, pool == nil else { return fail("Snapshots of thin pool LVs are not supported.") }
            return go(on: snapshot, isCheckMode)
        }
        if let pool, let name {
            guard volumes.contains(where: { $0.name == pool }) else {
                return fail("Thin pool LV \(pool) does not exist in volume group \(group).")
            }
            return go(on: name, isCheckMode)
        }
        return go(on: pool ?? name ?? "", isCheckMode)
    }

    private func fail(_ message: String) -> ModuleStep { .finish(.failure(message)) }

    private func go(on target: String, _ isCheckMode: Bool) -> ModuleStep {
        let short = target.split(separator: "/").last.map(String.init) ?? target
        let isAbsent = arguments.string("state") == "absent"
        guard let volume = volumes.first(where: { $0.name == target || $0.name == short }) else {
            return isAbsent ? .finish(ModuleResult(message: "")) : create(isCheckMode)
        }
        guard !isAbsent else { return remove(volume, isCheckMode) }
        return resize(volume, isCheckMode)
    }

    private func create(_ isCheckMode: Bool) -> ModuleStep {
        if let size, size.sign == "-" {
            return fail("Bad size specification of '\(size.sign)\(size.number)' for creating LV")
        }
        let isThinSnapshot = snapshot != nil && volumes.contains { $0.name == name && $0.isThin }
        guard size != nil || isThinSnapshot else { return fail("No size given.") }
        var words = ["lvcreate"] + (isCheckMode ? ["--test"] : []) + ["--yes"]
        if let snapshot {
            words += (size?.option() ?? []) + ["-s", "-n", snapshot] + options + ["\(group)/\(name ?? "")"]
        } else if let pool {
            if name != nil, size?.isPercentage == true {
                return fail("Thin volume sizing with percentage not supported.")
            }
            if let name { words += ["-n", name] }
            words += (size?.option(name == nil ? nil : "V") ?? []) + options + ["-T", "\(group)/\(pool)"]
        } else {
            words += ["-n", name ?? ""] + (size?.option() ?? []) + options + [group] + (arguments.list("pvs") ?? [])
        }
        return VolumeCommands.act(
            [.init(words: words, failure: "Creating logical volume '\(name ?? "None")' failed")], writes: writes
        ) { _ in ModuleResult(changed: true, message: "") }
    }

    private func remove(_ volume: LogicalVolumeModule.Volume, _ isCheckMode: Bool) -> ModuleStep {
        guard isForced else {
            return fail("Sorry, no removal of logical volume \(volume.name) without force=true.")
        }
        let words = ["lvremove"] + (isCheckMode ? ["--test"] : []) + ["--force", "\(group)/\(volume.name)"]
        return VolumeCommands.act(
            [.init(words: words, failure: "Failed to remove logical volume \(name ?? "None")")], writes: writes
        ) { _ in ModuleResult(changed: true) }
    }

    /// The program that changes the size; nil: it is as wanted.
    private func resizer(_ volume: LogicalVolumeModule.Volume, _ size: VolumeSize) -> Result<[String]?, ModuleError> {
        func refuse(_ message: String) -> Result<[String]?, ModuleError> {
            .failure(ModuleError(code: .invalidArgument, message: message))
        }
        let shrinks = arguments.bool("shrink") != false
        if size.isPercentage {
            var wanted = size.value * (size.whole == "VG" || size.whole == "PVS" ? room.total : room.free) / 100
            if size.sign == "+" { wanted += volume.size }
            if size.sign == "-" { wanted = volume.size - wanted }
            wanted -= wanted.truncatingRemainder(dividingBy: room.extent)
            if volume.size < wanted {
                guard room.free > 0, room.free >= wanted - volume.size else {
                    return refuse(
                        "Logical Volume \(volume.name) could not be extended. Not enough free space left "
                            + "(\(wanted - volume.size)\(unit) required / \(room.free)\(unit) available)")
                }
                return .success(["lvextend"])
            }
            guard shrinks, volume.size > wanted + room.extent else { return .success(nil) }
            if wanted < 1 { return refuse("Sorry, no shrinking of \(volume.name) to 0 permitted.") }
            guard isForced else { return refuse("Sorry, no shrinking of \(volume.name) without force=true") }
            return .success(["lvreduce", "--force"])
        }
        if size.value > volume.size || size.sign == "+" { return .success(["lvextend"]) }
        guard shrinks && size.value < volume.size || size.sign == "-" else { return .success(nil) }
        if size.value == 0 { return refuse("Sorry, no shrinking of \(volume.name) to 0 permitted.") }
        guard isForced else { return refuse("Sorry, no shrinking of \(volume.name) without force=true.") }
        return .success(["lvreduce", "--force"])
    }

    private func resize(_ volume: LogicalVolumeModule.Volume, _ isCheckMode: Bool) -> ModuleStep {
        var commands: [VolumeCommands.Command] = []
        if let size {
            switch resizer(volume, size) {
            case .failure(let error): return fail(error.message)
            case .success(nil): break
            case .success(let tool?):
                commands.append(
                    .init(
                        words: tool + (arguments.bool("resizefs") == true ? ["--resizefs"] : [])
                            + (isCheckMode ? ["--test"] : []) + size.option(signed: true) + ["\(group)/\(volume.name)"]
                            + (arguments.list("pvs") ?? []),
                        failure:
                            "Unable to resize \(name ?? "None") to \(size.number)\(size.isPercentage ? "" : size.unit)")
                )
            }
        }
        let isResized = !commands.isEmpty
        let active = arguments.bool("active") != false
        if volume.isActive != active, !isCheckMode {
            commands.append(
                .init(
                    words: ["lvchange", active ? "-ay" : "-an", "\(group)/\(volume.name)"],
                    failure: "Failed to \(active ? "activate" : "deactivate") logical volume \(name ?? "None")"))
        }
        var result = ModuleResult(changed: isResized || volume.isActive != active)
        result["vg"] = .string(group)
        result["lv"] = .string(volume.name)
        result["size"] = .double(volume.size)
        guard !commands.isEmpty else { return .finish(result) }
        let done = result
        return VolumeCommands.act(commands, writes: writes) { records in
            var result = done
            // The size in extents is what it was.
            if isResized, records.values["said"]?.first?.contains("matches existing size") == true {
                result.changed = volume.isActive != active
            }
            return result
        }
    }
}
