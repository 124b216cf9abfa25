import ArgumentParser
import InfrastructureModel
import Orchestration

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show what `up` would do, without doing it.",
        discussion: """
            Prints machines with the cloud, image and size that would be chosen, those that would be removed with the \
            reason, and why other clouds are not used.

            EXAMPLES:
              gantry plan cluster.radl -a clouds.auth
            """)

    @OptionGroup var document: DocumentOptions
    @OptionGroup var place: PlaceOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reporting {
            let request = try await document.request(
                place.authorization, opensVaults: place.serverURL == nil)
            try await place.withService { service in
                let plan = try await service.plan(request)
                for warning in plan.warnings { Terminal.warn(warning) }
                if json {
                    Terminal.line(JSONOutput.pretty(PlanJSON(plan)))
                } else {
                    Terminal.write(PlanText.text(plan, name: request.name))
                }
            }
        }
    }
}

/// A plan in words.
enum PlanText {
    static func text(_ plan: PlanReport, name: String?) -> String {
        var lines: [String] = []
        let title = name.map { " '\($0)'" } ?? ""
        lines.append(
            plan.existing.map { "infrastructure\(title) (\($0)) exists" } ?? "infrastructure\(title) would be made")
        var groups: [(machine: PlanReport.Added, count: Int)] = []
        for machine in plan.added {
            if let last = groups.last, last.machine == machine {
                groups[groups.count - 1].count += 1
            } else {
                groups.append((machine, 1))
            }
        }
        for (machine, count) in groups {
            let place = machine.place
            var text = "  + \(count) × \(machine.system) at \(place.cloud) (\(place.type))"
            if !place.flavor.isEmpty { text += ", \(place.flavor)" }
            if let cpus = place.cpus, let memory = place.memoryBytes {
                text += ": \(cpus) CPU, \(memory.readableSize)"
            }
            if let price = place.price { text += ", \(price)/h" }
            if !place.image.isEmpty { text += ", image \(place.image)" }
            if let remark = place.remark { text += ", \(remark)" }
            if !machine.alternatives.isEmpty {
                text +=
                    "\n      else "
                    + machine.alternatives.map { "\($0.flavor) at \($0.cloud)" }.joined(separator: ", ")
            }
            lines.append(Terminal.paint(text, "32"))
        }
        for machine in plan.removed {
            let text = "  - machine \(machine.id.number) (\(machine.system)): \(machine.reason)"
            lines.append(Terminal.paint(text, "31"))
        }
        for machine in plan.kept {
            // As `up` does.
            let start = machine.state == MachineState.stopped.rawValue ? ": would be started" : ""
            lines.append("  = machine \(machine.number) (\(machine.system)), \(machine.state)\(start)")
        }
        lines += plan.networks.map { Terminal.paint("  ~ \($0)", "33") }
        if let difference = plan.difference, !difference.isEmpty {
            lines.append("document:")
            lines += RADLDiffCommand.lines(difference).map { "  \($0)" }
        }
        if plan.added.isEmpty, plan.removed.isEmpty { lines.append("  no machine is added or removed") }
        if !plan.recipes.isEmpty {
            lines.append("recipes:")
            lines += plan.recipes.map { "  \($0)" }
        }
        if !plan.rejections.isEmpty {
            lines.append("not used:")
            lines += plan.rejections.map { "  \($0.cloud) for \($0.system): \($0.reason)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// A plan for programs.
struct PlanJSON: Encodable {
    struct Added: Encodable {
        var system: String
        var cloud: String
        var type: String
        var image: String
        var flavor: String
        var price: Double?
        var remark: String?
    }

    struct Removed: Encodable {
        var machine: Int
        var system: String
        var reason: String
    }

    struct Rejection: Encodable {
        var system: String
        var cloud: String
        var reason: String
    }

    var existing: String?
    var added: [Added]
    var removed: [Removed]
    var kept: [Int]
    var networks: [String]
    var rejections: [Rejection]
    var recipes: [String]
    var document: DifferenceReport?

    init(_ plan: PlanReport) {
        existing = plan.existing?.rawValue
        added = plan.added.map {
            Added(
                system: $0.system, cloud: $0.place.cloud, type: $0.place.type, image: $0.place.image,
                flavor: $0.place.flavor, price: $0.place.price, remark: $0.place.remark)
        }
        removed = plan.removed.map {
            Removed(machine: $0.id.number, system: $0.system, reason: $0.reason)
        }
        kept = plan.kept.map(\.number)
        networks = plan.networks
        rejections = plan.rejections.map { Rejection(system: $0.system, cloud: $0.cloud, reason: $0.reason) }
        recipes = plan.recipes
        document = plan.difference
    }
}
