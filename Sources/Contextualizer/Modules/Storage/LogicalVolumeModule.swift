import ContextualizationAPI
import Jinja

/// `lvol`: logical volumes of LVM.
package enum LogicalVolumeModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "lvol", collections: ["community.general"], summary: "Makes, resizes and removes logical volumes.",
        parameters: [
            ModuleParameter("vg", .string, required: true, "The group."),
            ModuleParameter("lv", .string, "The volume."),
            ModuleParameter(
                "size", .string, "As lvcreate takes it, megabytes without unit; 50%FREE; + and - change what is there."),
            ModuleParameter("opts", .string, "Options for lvcreate."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
            ModuleParameter("force", .boolean, default: false, "Shrink or remove it, whatever it holds."),
            ModuleParameter("shrink", .boolean, default: true, "Make it smaller where it is larger."),
            ModuleParameter("active", .boolean, default: true, "Whether it can be used."),
            ModuleParameter("snapshot", .string, "Name of a snapshot of the volume."),
            ModuleParameter("pvs", .list, "Devices to take room from."),
            ModuleParameter("resizefs", .boolean, default: false, "Resize its file system, too."),
            ModuleParameter("thinpool", .string, "The thin pool, of the volume or itself."),
        ], oneOf: [["lv", "thinpool"]])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let group = arguments.string("vg") ?? ""
        let size = try arguments.string("size").map { text throws(ModuleError) in
            try VolumeSize(text, isSnapshot: arguments.string("snapshot") != nil)
        }
        let options = try CommandLine.split(arguments.string("opts") ?? "")
        let unit = (size?.isPercentage ?? true ? "m" : size?.unit ?? "m").lowercased()
        let report = "--noheadings --nosuffix --units \(unit) --separator ';'"
        let look = """
            n=\(ShellText.quote(group))
            v=$(vgs \(report) -o vg_name,size,free,vg_extent_size "$n" 2>/dev/null);r=$?;o status $r;[ $r != 0 ]||o vg "$v"
            v=$(lvs -a \(report) -o lv_name,size,lv_attr "$n" 2>/dev/null)&&o lvs "$v"
            """
        return VolumeCommands.look(look, reads: ["vg:\(group)"]) { records in
            guard let row = VolumeCommands.rows(records["vg"]).first, row.count > 3, records["lvs"] != nil else {
                let message = "Volume group \(group) does not exist."
                guard arguments.string("state") == "absent" else {
                    var result = ModuleResult.failure(message)
                    result["rc"] = records["status"].flatMap { Int($0) }.map { .int($0) }
                    return .finish(result)
                }
                return .finish(ModuleResult(values: ["stdout": .string(message), "stdout_lines": [.string(message)]]))
            }
            let volumes = VolumeCommands.rows(records["lvs"]).compactMap { Volume($0) }
            let plan = LogicalVolumePlan(
                arguments: arguments, size: size, options: options, unit: unit, volumes: volumes,
                room: .init(total: Double(row[1]) ?? 0, free: Double(row[2]) ?? 0, extent: Double(row[3]) ?? 1))
            return plan.step(isCheckMode: context.isCheckMode)
        }
    }

    /// A line of `lvs`.
    struct Volume: Sendable {
        var name: String
        var size: Double
        var isActive: Bool
        var isPool: Bool
        var isThin: Bool

        init?(_ row: [String]) {
            guard row.count > 2, let size = Double(row[1]) else { return nil }
            name = row[0].filter { $0 != "[" && $0 != "]" }
            self.size = size
            let attributes = Array(row[2])
            isActive = attributes.count > 4 && attributes[4] == "a"
            isPool = attributes.first == "t"
            isThin = attributes.first == "V"
        }
    }
}

/// A size as `lvol` takes it.
struct VolumeSize: Sendable {
    /// `+` and `-` change what is there.
    var sign = ""
    /// Without sign and unit; with `%VG` and the like for percentages.
    var number: String
    var unit = "m"
    /// `VG`, `PVS`, `FREE`, `ORIGIN`.
    var whole: String?
    var value: Double

    var isPercentage: Bool { whole != nil }

    /// Option and value for LVM's programs.
    func option(_ letter: String? = nil, signed: Bool = false) -> [String] {
        ["-" + (letter ?? (isPercentage ? "l" : "L")), (signed ? sign : "") + number + (isPercentage ? "" : unit)]
    }

    init(_ text: String, isSnapshot: Bool) throws(ModuleError) {
        var rest = text
        if let first = rest.first, first == "+" || first == "-" {
            sign = String(first)
            rest.removeFirst()
        }
        func wrong(_ message: String) -> ModuleError { ModuleError(code: .invalidArgument, message: message) }
        if let percent = rest.firstIndex(of: "%") {
            guard let number = Int(rest[..<percent]) else { throw wrong("Bad size specification of '\(rest)'") }
            guard number <= 100 else { throw wrong("Size percentage cannot be larger than 100%") }
            let whole = String(rest[rest.index(after: percent)...])
            if whole == "ORIGIN", !isSnapshot {
                throw wrong("Percentage of ORIGIN supported only for snapshot volumes")
            }
            guard ["VG", "PVS", "FREE", "ORIGIN"].contains(whole) else {
                throw wrong("Specify extents as a percentage of VG|PVS|FREE|ORIGIN")
            }
            (self.number, self.whole, value) = (rest, whole, Double(number))
            return
        }
        if let last = rest.last, "bskmgtpe".contains(last.lowercased()) {
            unit = String(last)
            rest.removeLast()
        }
        guard let number = Double(rest), rest.first?.isNumber == true else {
            throw wrong("Bad size specification of '\(rest)'")
        }
        (self.number, value) = (rest, number)
    }
}
