import ContextualizationAPI
import Foundation
import InfrastructureModel
import JSONCoding

/// What a progress display knows: machines with their state and present task, learnt from events alone.
struct ProgressModel: Sendable {
    struct Machine: Sendable {
        var number: Int
        var system: String
        var state: String
        var task: String?
        var since: Date
        var address: String?
        var isOver = false
        var hasFailed = false
    }

    private(set) var machines: [Int: Machine] = [:]
    private(set) var messages: [String] = []

    /// Machines in order of their numbers.
    var ordered: [Machine] { machines.values.sorted { $0.number < $1.number } }

    /// Takes an event in.
    mutating func apply(_ event: InfrastructureEvent) {
        guard let id = event.machine else {
            if event.kind == .message { messages.append(event.text) }
            return
        }
        var machine =
            machines[id.number]
            ?? Machine(
                number: id.number, system: String(event.text.prefix { $0 != " " }), state: "planned",
                since: event.time)
        if let payload = event.payload,
            let inner = try? JSONText.decode(ContextualizationEvent.self, from: Array(payload))
        {
            apply(inner, to: &machine)
        } else {
            applyState(event, to: &machine)
        }
        machines[id.number] = machine
    }

    private func applyState(_ event: InfrastructureEvent, to machine: inout Machine) {
        let words: [InfrastructureEvent.Kind: String] = [
            .machinePlanned: "planned", .machineLaunching: "launching", .machineStarting: "starting",
            .machineRunning: "running", .machineStopped: "stopped", .machineFailed: "failed",
            .machineVanished: "vanished", .machineTerminating: "removing", .machineTerminated: "removed",
            .machineConfigured: "configured", .machineUnconfigured: "unconfigured",
        ]
        guard let word = words[event.kind] else {
            if event.kind == .message { machine.task = event.text }
            return
        }
        machine.state = word
        machine.since = event.time
        machine.hasFailed = [.machineFailed, .machineUnconfigured, .machineVanished].contains(event.kind)
        machine.isOver = machine.hasFailed || [.machineConfigured, .machineTerminated].contains(event.kind)
        machine.task = machine.hasFailed ? event.text : nil
    }

    private func apply(_ event: ContextualizationEvent, to machine: inout Machine) {
        switch event.body {
        case .reached(let endpoint, _):
            machine.address = endpoint.host
            machine.task = "reached at \(endpoint)"
            machine.since = event.time
        case .stepStarted(let step, _):
            machine.state = "configuring"
            machine.task = step
            machine.since = event.time
        case .taskStarted(let task):
            machine.state = "configuring"
            machine.task = "\(task.step): \(task.name.isEmpty ? task.module : task.name)"
            machine.since = event.time
        case .passed, .taskFinished, .stepFinished, .stepRestarted: break
        case .failed(_, let message):
            machine.task = message
            machine.hasFailed = true
        case .message(let text):
            machine.task = text
        }
    }
}
