import ArgumentParser
import Assembly
import ContextualizationAPI
import Foundation
import InfrastructureModel
import Operations
import Orchestration
import Persistence

struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List infrastructures with their states.",
        discussion: """
            EXAMPLES:
              gantry list
              gantry list --all --json
            """)

    @OptionGroup var state: StateOptions
    @Flag(help: "Also those that were destroyed.") var all = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reporting {
            try await state.withServices { services in
                let records = try await services.manager.infrastructures(caller: .local, includingDestroyed: all)
                var rows: [InfrastructureJSON] = []
                for record in records {
                    let snapshot = try await services.manager.snapshot(
                        record.id, caller: .local, includingDestroyed: true)
                    rows.append(InfrastructureJSON(snapshot))
                }
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
                                    $0.name ?? "-", $0.id, $0.state, String($0.machines.count),
                                    $0.created.formatted(.iso8601),
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
    @OptionGroup var state: StateOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await reporting {
            try await state.withServices { services in
                let manager = services.manager
                let id = try await manager.find(infrastructure, caller: .local)
                let snapshot = try await manager.snapshot(id, caller: .local)
                let operations = try await manager.unfinishedOperations(of: id, caller: .local)
                let last = try await manager.lastOperation(of: id, caller: .local)
                let failure = last?.kind == .operationFailed ? last?.text : nil
                if json {
                    var value = InfrastructureJSON(snapshot)
                    value.lastFailure = failure
                    value.underWay = operations.map { InfrastructureJSON.Operation($0, now: Date()) }
                    Terminal.line(JSONOutput.pretty(value))
                    return
                }
                Terminal.write(SummaryText.text(snapshot))
                if let failure, operations.isEmpty {
                    Terminal.line("the last operation failed: \(Terminal.harmless(failure))")
                }
                for operation in operations {
                    Terminal.line(SummaryText.text(operation, name: infrastructure, now: Date()))
                }
            }
        }
    }
}

/// An infrastructure for programs.
struct InfrastructureJSON: Encodable {
    struct Machine: Encodable {
        var number: Int
        var system: String
        var state: String
        var detail: String?
        var cloud: String
        var provider: String?
        var addresses: [String]
    }

    struct Resource: Encodable {
        var kind: String
        var id: String
        var cloud: String
        var problem: String?
    }

    var id: String
    var name: String?
    var state: String
    var created: Date
    var machines: [Machine]
    var resources: [Resource]
    /// Why the last operation failed. Only `show` tells it, as what follows.
    var lastFailure: String?
    var underWay: [Operation]?

    struct Operation: Encodable {
        var kind: String
        /// Who carries it out; nil: nobody does.
        var by: String?

        init(_ operation: DurableOperation, now: Date) {
            kind = "\(operation.kind)"
            by = operation.isHeld(at: now) ? operation.lease?.holder.forPeople : nil
        }
    }

    init(_ snapshot: InfrastructureSnapshot) {
        id = snapshot.infrastructure.id.rawValue
        name = snapshot.infrastructure.name
        state = snapshot.infrastructure.phase == .destroyed ? "destroyed" : snapshot.state.rawValue
        created = snapshot.infrastructure.createdAt
        machines = snapshot.machines.filter(\.isAlive).map {
            Machine(
                number: $0.id.number, system: $0.system, state: $0.state.rawValue, detail: $0.detail,
                cloud: $0.placement.cloud.id, provider: $0.providerID, addresses: $0.addresses.map(\.address))
        }
        resources = snapshot.resources.map {
            Resource(kind: $0.kind, id: $0.id, cloud: $0.cloud.id, problem: $0.problem)
        }
    }
}

/// Tables and summaries for people.
enum SummaryText {
    static func text(_ snapshot: InfrastructureSnapshot) -> String {
        let record = snapshot.infrastructure
        var text = "\(record.name ?? record.id.rawValue): \(colored(snapshot.state.rawValue))  (\(record.id))\n"
        let machines = snapshot.machines.filter { $0.isAlive || $0.phase == .vanished }
        if !machines.isEmpty {
            text += Table.text(
                ["", "SYSTEM", "STATE", "ADDRESS", "CLOUD", "DETAIL"],
                machines.map { machine in
                    [
                        String(machine.id.number), machine.system, machine.state.rawValue,
                        machine.addresses.map(\.address).joined(separator: " "), machine.placement.cloud.id,
                        machine.detail.map { String($0.prefix { !$0.isNewline }) } ?? "",
                    ]
                })
        }
        if !snapshot.resources.isEmpty {
            text += Table.text(
                ["RESOURCE", "ID", "CLOUD", "PROBLEM"],
                snapshot.resources.map { [$0.kind, $0.id, $0.cloud.id, $0.problem ?? ""] })
        }
        return text
    }

    /// What is under way, and who works on it.
    static func text(_ operation: DurableOperation, name: String, now: Date) -> String {
        if operation.isHeld(at: now), let lease = operation.lease {
            return "under way: \(operation.kind) by \(lease.holder.forPeople)"
        }
        // A holder that has ended, and one that was never there, are the same to who reads this.
        let ended = operation.lease.map { ": \($0.holder.forPeople) has ended or answers no more" } ?? ""
        let next = operation.kind == .destroy ? "`gantry destroy \(name)`" : "`gantry up` or `gantry destroy`"
        return "interrupted: \(operation.kind)\(ended); nobody works on it, \(next) goes on"
    }

    /// What stands under the progress when an operation has ended.
    static func text(
        _ operation: DurableOperation, snapshot: InfrastructureSnapshot, counts: TaskCounts, name: String?
    ) -> String {
        guard operation.kind != .destroy || operation.status != .succeeded else {
            return Terminal.paint("\(name ?? operation.subject.rawValue) is destroyed; nothing is left\n", "32")
        }
        var text = "\n"
        let machines = snapshot.machines.filter(\.isAlive)
        text += Table.text(
            ["", "SYSTEM", "STATE", "ADDRESS", "OK", "CHANGED", "FAILED"],
            machines.map { machine in
                let counts = counts[machine.id.number]
                return [
                    String(machine.id.number), machine.system, machine.state.rawValue,
                    machine.addresses.map(\.address).joined(separator: " "), String(counts.ok),
                    String(counts.changed), String(counts.failed),
                ]
            })
        return text + "\(name ?? operation.subject.rawValue) is \(colored(snapshot.state.rawValue))\n"
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
