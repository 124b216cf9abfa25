import ContextualizationAPI
import Jinja

/// `parted`: partitions of a disk.
package enum PartedModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "parted", collections: ["community.general"], summary: "Makes and removes partitions of disks.",
        parameters: [
            ModuleParameter("device", .string, required: true, "The disk."),
            ModuleParameter("number", .integer, "The partition."),
            ModuleParameter(
                "state", .string, choices: ["absent", "present", "info"], default: "info", "What shall be."),
            ModuleParameter(
                "label", .string,
                choices: ["aix", "amiga", "bsd", "dvh", "gpt", "loop", "mac", "msdos", "pc98", "sun"], default: "msdos",
                "Kind of the table."),
            ModuleParameter(
                "part_type", .string, choices: ["extended", "logical", "primary"], default: "primary", "Kind."),
            ModuleParameter("part_start", .string, default: "0%", "Where it begins."),
            ModuleParameter("part_end", .string, default: "100%", "Where it ends."),
            ModuleParameter("fs_type", .string, "A hint for the file system."),
            ModuleParameter("name", .string, "Name of the partition."),
            ModuleParameter("flags", .list, "Flags that are on."),
            ModuleParameter(
                "align", .string, choices: ["cylinder", "minimal", "none", "optimal", "undefined"], default: "optimal",
                "Alignment."),
            ModuleParameter(
                "unit", .string,
                choices: [
                    "s", "B", "KB", "KiB", "MB", "MiB", "GB", "GiB", "TB", "TiB", "%", "cyl", "chs", "compact",
                ], default: "KiB", "Unit of sizes."),
            ModuleParameter("resize", .boolean, default: false, "Not supported: refused when true."),
        ], requirements: [.init("state", "present", ["number"]), .init("state", "absent", ["number"])])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        if arguments.bool("resize") == true {
            throw ModuleError(code: .invalidArgument, message: "parted: resize is not supported")
        }
        let number = arguments.int("number")
        if let number, number < 1 {
            throw ModuleError(code: .invalidArgument, message: "The partition number must be greater then 0.")
        }
        return .run(
            look(arguments, context) { table in
                let job = PartedJob(arguments, context, before: table)
                return job.step
            })
    }

    /// The program that reads the table.
    static func look(
        _ arguments: ModuleArguments, _ context: ModuleContext,
        next: @escaping @Sendable (PartedTable) -> ModuleStep
    ) -> ModuleInvocation {
        let device = arguments.string("device") ?? ""
        let unit = arguments.string("unit") ?? "KiB"
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + """
                d=\(ShellText.path(device));command -v parted >/dev/null 2>&1||die "Failed to find required executable \\"parted\\" on the machine: install the package parted first"
                [ -e "$d" ]||die "Device $d not found."
                out=$(parted -s -m "$d" -- unit '\(unit)' print 2>"$GANTRY_FILES/e")||{ grep -q 'unrecognised disk label' "$GANTRY_FILES/e"||die "Error while getting device information with parted script: $(cat "$GANTRY_FILES/e")"; }
                o table "$out";fin

                """
        return ModuleInvocation(script: script, reads: [device]) { output in
            let records = Records(output.standardOutput)
            guard records.isComplete, let text = records["table"] else {
                return .finish(ModuleResult(records: records, output: output))
            }
            return next(PartedTable(text, unit: unit))
        }
    }
}

/// What `parted -m print` says.
struct PartedTable: Sendable {
    var disk = JinjaDict()
    var label = "unknown"
    var partitions: [(number: Int, name: String, flags: [String], values: JinjaDict)] = []

    init(_ text: String, unit: String) {
        let suffix = unit.lowercased()
        func number(_ text: String) -> JinjaValue {
            let digits = text.prefix { $0.isNumber || $0 == "." }
            return Double(digits).map { .double($0) } ?? .string(text)
        }
        for (index, line) in text.split(separator: "\n").dropFirst().enumerated() {
            let fields = line.trimmingBlanks().drop { $0 == ";" }.split(
                separator: ":", omittingEmptySubsequences: false
            )
            .map { String($0.hasSuffix(";") ? $0.dropLast() : $0) }
            if index == 0, fields.count >= 7 {
                label = fields[5]
                disk = [
                    "dev": .string(fields[0]), "size": number(fields[1]), "unit": .string(suffix),
                    "table": .string(label), "model": .string(fields[6]),
                ]
                disk["logical_block"] = Int(fields[3]).map { .int($0) }
                disk["physical_block"] = Int(fields[4]).map { .int($0) }
            } else if fields.count >= 7, let partition = Int(fields[0]) {
                let flags = fields[6].split(separator: ",").map { String($0.trimmingBlanks()) }
                partitions.append(
                    (
                        partition, fields[5], flags,
                        [
                            "num": .int(partition), "begin": number(fields[1]), "end": number(fields[2]),
                            "size": number(fields[3]), "unit": .string(suffix), "fstype": .string(fields[4]),
                            "name": .string(fields[5]), "flags": .list(flags.map { .string($0) }),
                        ]
                    ))
            }
        }
    }
}

/// The steps from one table to the wanted one.
private struct PartedJob: Sendable {
    var arguments: ModuleArguments
    var context: ModuleContext
    var before: PartedTable

    init(_ arguments: ModuleArguments, _ context: ModuleContext, before: PartedTable) {
        self.arguments = arguments
        self.context = context
        self.before = before
    }

    private var number: Int { arguments.int("number") ?? 0 }
    private var unit: String { arguments.string("unit") ?? "KiB" }

    var step: ModuleStep {
        switch arguments.string("state") {
        case "absent"?:
            guard before.partitions.contains(where: { $0.number == number }) else { return .finish(result([], before)) }
            return run([["rm", "\(number)"]])
        case "present"?: return present()
        default: return .finish(result(["unit", unit, "print"], before, isChanged: false))
        }
    }

    private func present() -> ModuleStep {
        let existing = before.partitions.first { $0.number == number }
        var scripts: [[String]] = []
        if existing == nil {
            var words: [String] = []
            let label = arguments.string("label") ?? "msdos"
            if before.label != label { words += ["mklabel", label] }
            words += ["mkpart", arguments.string("part_type") ?? "primary"]
            if let type = arguments.string("fs_type") { words.append(type) }
            words += [arguments.string("part_start") ?? "0%", arguments.string("part_end") ?? "100%"]
            scripts.append(["unit", unit] + words)
        }
        var words: [String] = []
        if let name = arguments.string("name"), existing?.name != name {
            words += ["name", "\(number)", "\"\(name)\""]
        }
        if let flags = arguments.list("flags") {
            let old = existing?.flags ?? []
            for flag in flags where !old.contains(flag) { words += ["set", "\(number)", flag, "on"] }
            for flag in old where !flags.contains(flag) && flag != "esp" { words += ["set", "\(number)", flag, "off"] }
        }
        if !words.isEmpty { scripts.append(["unit", unit] + words) }
        guard !scripts.isEmpty else { return .finish(result([], before)) }
        return run(scripts)
    }

    private func run(_ scripts: [[String]]) -> ModuleStep {
        let words = scripts.flatMap(\.self)
        if context.isCheckMode { return .finish(result(words, before)) }
        let device = arguments.string("device") ?? ""
        let align = arguments.string("align") ?? "optimal"
        let option = align == "undefined" ? "" : "-a \(align) "
        let commands = scripts.map { script in
            "e=$(parted -s -f -m \(option)\"$d\" -- \(script.map(ShellText.quote).joined(separator: " ")) 2>&1 </dev/null)||"
                + "die \"Error while running parted script: $e\"\n"
        }.joined()
        let program =
            ShellLibrary.prologue(isCheckMode: false) + "d=\(ShellText.path(device))\n" + commands
            + "command -v udevadm >/dev/null 2>&1&&udevadm settle -t 10 >/dev/null 2>&1\nch=1;fin\n"
        let (arguments, context, job) = (self.arguments, self.context, self)
        return .run(
            ModuleInvocation(script: program, reads: [device], writes: [device]) { output in
                let outcome = ModuleResult(records: Records(output.standardOutput), output: output)
                guard !outcome.failed else { return .finish(outcome) }
                return .run(PartedModule.look(arguments, context) { .finish(job.result(words, $0)) })
            })
    }

    private func result(_ script: [String], _ table: PartedTable, isChanged: Bool? = nil) -> ModuleResult {
        ModuleResult(
            changed: isChanged ?? !script.isEmpty,
            values: [
                "disk": .dict(table.disk), "partitions": .list(table.partitions.map { .dict($0.values) }),
                "script": .list(script.map { .string($0) }),
            ])
    }
}
