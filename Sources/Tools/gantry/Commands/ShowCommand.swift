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
                        machine.detail.map { String($0.prefix { !$0.isNewline }) } ?? "",
                    ]
                })
        }
        if !summary.resources.isEmpty {
            text += Table.text(
                ["RESOURCE", "ID", "CLOUD", "PROBLEM"],
                summary.resources.map { [$0.kind, $0.id, $0.cloud, $0.problem ?? ""] })
        }
        return text
    }

    /// What is under way, and who works on it.
    static func text(_ operation: InfrastructureSummary.Operation, name: String) -> String {
        if let holder = operation.by { return "under way: \(operation.kind) by \(holder)" }
        // A holder that has ended, and one that was never there, are the same to who reads this.
        let ended = operation.left.map { ": \($0) has ended or answers no more" } ?? ""
        let next =
            operation.kind == OperationKind.destroy.rawValue
            ? "`gantry destroy \(name)`" : "`gantry up` or `gantry destroy`"
        return "interrupted: \(operation.kind)\(ended); nobody works on it, \(next) goes on"
    }

    /// What stands under the progress of a removal.
    static func destroyed(_ name: String) -> String {
        Terminal.paint("\(name) is destroyed; nothing is left\n", "32")
    }

    /// What stands under the progress when a change has ended.
    static func text(_ summary: InfrastructureSummary, counts: TaskCounts, name: String) -> String {
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
        return text + "\(name) is \(colored(summary.state))\n"
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
