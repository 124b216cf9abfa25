package import Foundation

/// Something that happened to an infrastructure: stored in order, read by progress displays, logs and the API.
package struct InfrastructureEvent: Sendable, Hashable, Codable {
    /// What kind of thing happened. Stable: clients and tests compare them.
    package struct Kind: RawRepresentable, Sendable, Hashable, Codable {
        package var rawValue: String

        package init(rawValue: String) {
            self.rawValue = rawValue
        }

        package static let operationStarted = Kind(rawValue: "operation.started")
        package static let operationFinished = Kind(rawValue: "operation.finished")
        package static let operationFailed = Kind(rawValue: "operation.failed")
        package static let machinePlanned = Kind(rawValue: "machine.planned")
        package static let machineLaunching = Kind(rawValue: "machine.launching")
        package static let machineStarting = Kind(rawValue: "machine.starting")
        package static let machineRunning = Kind(rawValue: "machine.running")
        /// It was asked to start, stop or reboot.
        package static let machinePower = Kind(rawValue: "machine.power")
        /// It has another size, or a new disk.
        package static let machineAltered = Kind(rawValue: "machine.altered")
        package static let machineStopped = Kind(rawValue: "machine.stopped")
        package static let machineFailed = Kind(rawValue: "machine.failed")
        package static let machineVanished = Kind(rawValue: "machine.vanished")
        package static let machineTerminating = Kind(rawValue: "machine.terminating")
        package static let machineTerminated = Kind(rawValue: "machine.terminated")
        package static let machineConfigured = Kind(rawValue: "machine.configured")
        package static let machineUnconfigured = Kind(rawValue: "machine.unconfigured")
        package static let resourceCreated = Kind(rawValue: "resource.created")
        package static let resourceDeleted = Kind(rawValue: "resource.deleted")
        /// A retry, a wait, a change of candidate: for people.
        package static let message = Kind(rawValue: "message")
        /// Payload: a contextualization event.
        package static let contextualization = Kind(rawValue: "contextualization")
    }

    /// Given by the store when it is recorded; grows over all infrastructures.
    package var sequence: Int64
    package var infrastructure: InfrastructureID
    package var machine: MachineID?
    package var time: Date
    package var kind: Kind
    /// One line for people. Never a secret.
    package var text: String
    /// Contextualization the event belongs to.
    package var generation: Int?
    /// JSON, by ``kind``. Stored encrypted: it may hold secrets of tasks.
    package var payload: Data?

    package init(
        infrastructure: InfrastructureID, machine: MachineID? = nil, time: Date, kind: Kind, text: String,
        generation: Int? = nil, payload: Data? = nil, sequence: Int64 = 0
    ) {
        self.sequence = sequence
        self.infrastructure = infrastructure
        self.machine = machine
        self.time = time
        self.kind = kind
        self.text = text
        self.generation = generation
        self.payload = payload
    }
}

extension InfrastructureEvent {
    private static let newSize = "has the size"

    /// Words of the event of a machine that was given another size.
    static func newSize(_ system: String, _ size: String) -> String { "\(system) \(newSize) \(size)" }

    /// Whether a machine was given another size: most clouds restart it for that.
    package var tellsNewSize: Bool { kind == .machineAltered && text.contains(" \(Self.newSize) ") }
}
