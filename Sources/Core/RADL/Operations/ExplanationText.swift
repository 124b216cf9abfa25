/// Writes an explanation in plain words.
struct ExplanationText {
    private(set) var text = ""

    init(_ explanation: RADLExplanation) {
        var lines = [Self.head(explanation)]
        for machines in explanation.machines { lines += [""] + Self.lines(machines) }
        if !explanation.networks.isEmpty {
            lines += ["", "Networks:"] + explanation.networks.map(Self.line)
        }
        if !explanation.steps.isEmpty {
            lines += ["", "Contextualization:"] + Self.lines(explanation.steps)
        }
        if !explanation.notes.isEmpty { lines += [""] + explanation.notes }
        text = lines.joined(separator: "\n")
    }

    private static let elsewhere = "defined in the infrastructure that the document is added to"

    private static func number(_ count: Int, _ word: String) -> String {
        count == 1 ? "1 \(word)" : "\(count) \(word)s"
    }

    private static func head(_ explanation: RADLExplanation) -> String {
        let systems = Set(explanation.machines.map(\.system)).count
        let name = explanation.name.map { "'\($0)': " } ?? ""
        if explanation.machines.isEmpty { return "\(name)The document asks for no machines." }
        return "\(name)\(number(explanation.machineCount, "machine")) of \(number(systems, "system"))."
    }

    private static func lines(_ machines: RADLExplanation.Machines) -> [String] {
        var lines = ["\(number(machines.count, "machine")) '\(machines.system)'"]
        if let cloud = machines.cloud { lines[0] += " in the cloud '\(cloud)'" }
        lines[0] += ":"
        if machines.isReference { return lines + ["  \(elsewhere)"] }
        let size = [
            machines.processors.map { "processors: \($0)" }, machines.memory.map { "memory: \($0)" },
        ].compactMap(\.self)
        lines.append(
            "  " + (size.isEmpty ? "size: nothing is said, the smallest will do" : size.joined(separator: "; ")))
        if !machines.conditions.isEmpty { lines.append("  \(machines.conditions.joined(separator: "; "))") }
        if machines.images.isEmpty {
            let system = machines.operatingSystem.map { " with \($0)" } ?? ""
            lines.append("  image: searched at the cloud\(system)")
        } else {
            let more =
                machines.images.count > 1 ? ", else " + machines.images.dropFirst().joined(separator: ", else ") : ""
            let system = machines.operatingSystem.map { " (\($0))" } ?? ""
            lines.append("  image: \(machines.images[0])\(more)\(system)")
        }
        for disk in machines.disks { lines.append("  disk: \(disk)") }
        if !machines.networks.isEmpty { lines.append("  networks: \(Words.list(machines.networks))") }
        if !machines.hostNames.isEmpty { lines.append("  host names: \(Words.list(machines.hostNames))") }
        if !machines.applications.isEmpty {
            lines.append("  installed: \(machines.applications.joined(separator: "; "))")
        }
        for wish in machines.wishes { lines.append("  wished for: \(wish)") }
        return lines
    }

    private static func line(_ network: RADLExplanation.Network) -> String {
        var parts = [network.isPublic.map { $0 ? "public addresses" : "private" } ?? elsewhere]
        if !network.ports.isEmpty { parts.append("open: \(network.ports.joined(separator: ", "))") }
        if !network.systems.isEmpty { parts.append("machines of \(Words.list(network.systems))") }
        return "  \(network.id): \((parts + network.details).joined(separator: "; "))"
    }

    private static func lines(_ steps: [RADLExplanation.Step]) -> [String] {
        var lines: [String] = []
        for (position, step) in steps.enumerated() {
            for run in step.runs {
                let summary = run.summary.isEmpty ? "" : " (\(run.summary.joined(separator: "; ")))"
                let how = run.isCloudInit ? ", by cloud-init at the first start" : ""
                lines.append("  \(position + 1). '\(run.configure)' on '\(run.system)'\(how)\(summary)")
            }
        }
        return lines
    }
}
