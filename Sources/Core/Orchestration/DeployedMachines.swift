import ContextualizationAPI
import Foundation
import InfrastructureModel
import JSONCoding
import RADL
import Support
import TOSCA

/// What templates' outputs may ask of the machines of an infrastructure.
struct DeployedMachines {
    /// In the order of their numbers.
    let all: [TOSCADeployment.Machine]

    /// - Parameters:
    ///   - events: For the log.
    ///   - history: Of the newest contextualization, for results of tasks.
    init(
        snapshot: InfrastructureSnapshot, events: [InfrastructureEvent], history: [InfrastructureEvent]
    ) throws {
        let index = try DocumentCache.shared.index(snapshot.secrets.document.expose())
        let logs = Dictionary(grouping: events.filter { $0.machine != nil }) { $0.machine?.number ?? 0 }
        let results = Self.results(history)
        all = snapshot.machines.filter { $0.goal == .present && $0.isAlive }.map { machine in
            var deployed = TOSCADeployment.Machine(id: String(machine.id.number), system: machine.system)
            deployed.providerID = machine.providerID
            deployed.state = Self.state(machine)
            deployed.privateAddress = machine.addresses.first { !$0.isPublic }?.address
            deployed.publicAddress = machine.addresses.first { $0.isPublic }?.address
            for address in machine.addresses where deployed.interfaces[address.interface] == nil {
                deployed.interfaces[address.interface] = address.address
            }
            if let system = snapshot.definition(of: machine, in: index) {
                deployed.user = LoginUser.name(machine, system.features)
                deployed.password = system.credentials.password
                deployed.privateKey =
                    system.credentials.privateKey
                    ?? (system.credentials.password == nil ? snapshot.secrets.privateKey?.expose() : nil)
            }
            deployed.log = logs[machine.id.number].map { ContextualizationMessage.machineText($0) }
            deployed.results = results[machine.id.number] ?? [:]
            return deployed
        }
    }

    /// By the words of TOSCA for nodes.
    private static func state(_ machine: MachineRecord) -> String {
        switch machine.phase {
        case .planned: return "initial"
        case .launching, .starting: return "creating"
        case .running:
            switch machine.configuration {
            case .pending: return "configuring"
            case .configured, .disabled: return "started"
            case .failed: return "error"
            }
        case .stopped: return "configured"
        case .terminating, .terminated: return "deleting"
        case .failed, .vanished: return "error"
        }
    }

    /// By number of the machine, then by recipe and by name of the task.
    private static func results(
        _ history: [InfrastructureEvent]
    ) -> [Int: [String: [String: TOSCADeployment.TaskResult]]] {
        var results: [Int: [String: [String: TOSCADeployment.TaskResult]]] = [:]
        for event in history {
            guard let number = event.machine?.number, let payload = event.payload,
                let inner = try? JSONText.decode(ContextualizationEvent.self, from: Array(payload)),
                case .taskFinished(let record) = inner.body
            else { continue }
            results[number, default: [:]][record.task.step, default: [:]][record.task.name] =
                TOSCADeployment.TaskResult(state: record.status.rawValue, output: output(record.result))
        }
        return results
    }

    private struct Output: Decodable {
        var stdout: String?
        var msg: String?
    }

    /// What a task printed, or said.
    private static func output(_ result: String) -> String {
        guard let output = try? JSONText.decode(Output.self, from: result) else { return "" }
        return output.stdout ?? output.msg ?? ""
    }
}
