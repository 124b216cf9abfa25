package import Foundation
package import InfrastructureModel

/// An event as `gantryd` answers it.
package struct EventReport: Sendable, Hashable, Codable {
    package var sequence: Int64
    package var time: Date
    package var kind: String
    package var machine: Int?
    package var text: String
    package var generation: Int?
    /// JSON, by the kind: what happened to a task. May hold its secrets.
    package var payload: String?

    package init(_ event: InfrastructureEvent) {
        sequence = event.sequence
        time = event.time
        kind = event.kind.rawValue
        machine = event.machine?.number
        text = event.text
        generation = event.generation
        payload = event.payload.map { String(decoding: $0, as: UTF8.self) }
    }

    package func event(of id: InfrastructureID) -> InfrastructureEvent {
        InfrastructureEvent(
            infrastructure: id, machine: machine.map { MachineID(infrastructure: id, number: $0) }, time: time,
            kind: InfrastructureEvent.Kind(rawValue: kind), text: text, generation: generation,
            payload: payload.map { Data($0.utf8) }, sequence: sequence)
    }
}
