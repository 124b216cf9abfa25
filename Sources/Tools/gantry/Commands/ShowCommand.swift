import ArgumentParser
import ContextualizationAPI
import Foundation
import InfrastructureModel
import Operations
import Orchestration

struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List infrastructures with their states.",
        discussion: """
            EXAMPLES:
              gantry list
              gantry list --all --json
            """)

    @OptionGroup var place: PlaceOptions
    @Flag(help: "Also those that were destroyed.") var all = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reporting {
            try await place.withService { service in
                let rows = try await service.summaries(includingDestroyed: all)
                if json {
                    Terminal.line(JSONOutput.pretty(rows))
                } else if rows.isEmpty {
                    Terminal.note("no infrastructure; `gantry up FILE` makes one")
                } else {
                    Terminal.write(
                        Table.text(
                            ["NAME", "ID", "STATE", "MACHINES", "CREATED"],
                            rows.map {
                                [
                                    $0.name ?? "-", $0.id.rawValue, $0.state, String($0.machines.count),
                                    $0.created?.formatted(.iso8601) ?? "-",
                                ]
                            }))
                }
            }
        }
    }
}

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show machines, addresses, resources and what is under way.",
        discussion: """
            EXAMPLES:
              gantry show cluster --json
            """)

    @Argument(help: "Name or id of the infrastructure.") var infrastructure: String
    @OptionGroup var place: PlaceOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reporting {
            try await place.withService { service in
                let summary = try await service.living(infrastructure)
                if json { return Terminal.line(JSONOutput.pretty(summary)) }
                Terminal.write(SummaryText.text(summary))
                let operations = summary.underWay ?? []
                if let failure = summary.lastFailure, operations.isEmpty {
                    Terminal.line("the last operation failed: \(Terminal.harmless(failure))")
                }
                for operation in operations {
                    Terminal.line(SummaryText.text(operation, name: infrastructure))
                }
            }
        }
    }
}

/// Tables and summaries for people.
enum SummaryText {
    static func text(_ summary: InfrastructureSummary) -> String {
        var text = "\(summary.name ?? summary.id.rawValue): \(colored(summary.state))  (\(summary.id))\n"
        let machines = (summary.machines + (summary.vanished ?? [])).sorted { $0.number < $1.number }
        if !machines.isEmpty {
            text += Table.text(
                ["", "SYSTEM", "STATE", "ADDRESS", "CLOUD", "DETAIL"],
                machines.map { machine in
                    [
                        String(machine.number), machine.system, machine.state,
                        machine.addresses.joined(separator: " "), machine.cloud,
                        // Why it failed, else how it runs; the whole stands below or in --json.
                        (machine.detail ?? machine.remark).map { String($0.prefix { !$0.isNewline }) } ?? "",
                    ]
                })
        }
        text += notes(machines.map { ($0, $0.warnings ?? []) })
        if !summary.resources.isEmpty {
            text += Table.text(
                ["RESOURCE", "NAME", "ID", "CLOUD", "PROBLEM"],
                summary.resources.map {
                    let name = $0.name ?? $0.id
                    return [
                        ResourceRecord.words(ofKind: $0.kind), short(name), $0.id == name ? "" : short($0.id), $0.cloud,
                        $0.problem ?? "",
                    ]
                })
        }
        return text
    }

    /// Ids in which a provider keeps all tags are longer than a line; `--json` has them whole.
    private static func short(_ id: String) -> String { id.count > 48 ? id.prefix(47) + "…" : id }

    /// What is special about machines, those together of which the same is told: `machines 0, 1 (node): emulated: …`.
    private static func notes(_ machines: [(InfrastructureSummary.Machine, [String])]) -> String {
        var order: [String] = []
        var about: [String: [InfrastructureSummary.Machine]] = [:]
        for (machine, notes) in machines {
            for note in notes {
                if about[note] == nil { order.append(note) }
                about[note, default: []].append(machine)
            }
        }
        return order.map { "  \(names(about[$0] ?? [])): \(Terminal.harmless($0))\n" }.joined()
    }

    /// `machine 0 (node)`, `machines 0, 1`; of many the first ones.
    static func names(_ machines: [InfrastructureSummary.Machine]) -> String {
        guard machines.count != 1 else { return "machine \(machines[0].number) (\(machines[0].system))" }
        let shown = machines.prefix(8).map { String($0.number) }.joined(separator: ", ")
        return "machines \(shown)" + (machines.count > 8 ? " and \(machines.count - 8) more" : "")
    }

    /// What is under way, and who works on it.
    static func text(_ operation: InfrastructureSummary.Operation, name: String) -> String {
        if let holder = operation.by { return "under way: \(operation.kind) by \(holder)" }
        // A holder that has ended, and one that was never there, are the same to who reads this.
        let ended = operation.left.map { ": \($0) has ended or answers no more" } ?? ""
        let next =
            switch OperationKind(rawValue: operation.kind) {
            case .destroy: "`\(CommandText.text(["gantry", "destroy", name]))` goes on"
            case .create: "`gantry up` or `gantry destroy` goes on"
            case .converge:
                "`\(CommandText.text(["gantry", "reconfigure", name]))` goes on with it, and `gantry up` makes it as its "
                    + "document says"
            case .alter: "the same command or `gantry up` goes on"
            default: "the same command goes on"
            }
        return "interrupted: \(operation.kind)\(ended); nobody works on it, \(next)"
    }

    /// What stands under the progress of a removal.
    static func destroyed(_ name: String) -> String {
        Terminal.paint("\(name) is destroyed; nothing is left\n", "32")
    }

    /// What stands under the progress when a change has ended.
    ///
    /// - Parameters:
    ///   - chosen: Numbers of the machines that it was about; nil: all.
    ///   - isDeployment: Whether machines were made and configured: then it is told how.
    ///   - isAlteration: Whether they may have another size: then it is told.
    static func text(
        _ summary: InfrastructureSummary, counts: TaskCounts, name: String, chosen: Set<Int>? = nil,
        isDeployment: Bool = true, isAlteration: Bool = false
    ) -> String {
        var text = "\n"
        let counts = counts.byMachine
        text += Table.text(
            ["", "SYSTEM", "STATE", "ADDRESS", "OK", "CHANGED", "FAILED"],
            summary.machines.map { machine in
                let counts = counts[machine.number] ?? .init()
                return [
                    String(machine.number), machine.system, machine.state,
                    machine.addresses.joined(separator: " "), String(counts.ok), String(counts.changed),
                    String(counts.failed),
                ]
            })
        if isAlteration {
            let machines = summary.machines.filter { chosen?.contains($0.number) ?? true }
            text += notes(machines.map { ($0, [size($0)].compactMap { $0 }) })
        }
        guard isDeployment else { return text + ending(summary, name, chosen) }
        // How one runs that does not is no news.
        let running = summary.machines.filter { $0.state != MachineState.failed.rawValue }
        text += notes(running.map { ($0, [$0.remark].compactMap { $0 }) })
        let undone = summary.machines.filter { !($0.warnings ?? []).isEmpty }
        if !undone.isEmpty {
            text += Terminal.paint("left undone, which is no failure:\n", "33")
            text += notes(undone.map { ($0, $0.warnings ?? []) })
        }
        return text + ending(summary, name, chosen)
    }

    /// `2 CPU, 1 GiB`; nil: it is not known.
    private static func size(_ machine: InfrastructureSummary.Machine) -> String? {
        let parts = [machine.cpus.map { "\($0) CPU" }, machine.memoryBytes.map(\.readableSize)].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// `web is configured`, `machine 1 (db) of web is stopped`.
    private static func ending(_ summary: InfrastructureSummary, _ name: String, _ chosen: Set<Int>?) -> String {
        let machines = summary.machines.filter { chosen?.contains($0.number) ?? false }
        guard !machines.isEmpty else { return "\(name) is \(colored(summary.state))\n" }
        let states = Dictionary(grouping: machines, by: \.state).sorted { $0.value[0].number < $1.value[0].number }
        return states.map { state, machines in
            "\(names(machines)) of \(name) \(machines.count == 1 ? "is" : "are") \(colored(state))\n"
        }.joined()
    }

    private static func colored(_ state: String) -> String {
        switch state {
        case "configured": Terminal.paint(state, "32")
        case "failed", "unconfigured", "unknown": Terminal.paint(state, "31")
        default: Terminal.paint(state, "33")
        }
    }
}

/// Columns as wide as their widest text.
enum Table {
    static func text(_ head: [String], _ rows: [[String]]) -> String {
        let rows = rows.map { $0.map(Terminal.harmless) }
        let widths = head.indices.map { column in
            ([head] + rows).map { $0[column].count }.max() ?? 0
        }
        return ([head] + rows).map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let isLast = column == row.count - 1
                line += isLast ? cell : cell + String(repeating: " ", count: widths[column] - cell.count + 2)
            }
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }
}
