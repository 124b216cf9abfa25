import ContextualizationAPI
import Foundation
import InfrastructureModel
import Support

/// Sees by the events of a contextualization which machines it only waits for.
final class ContextualizationWatch: Sendable {
    private struct State {
        var finished: [String: Set<String>] = [:]
        var reached: Set<String> = []
        /// On these a step is carried out.
        var working: Set<String> = []
        /// These take no further part.
        var failures: [String: MachineRecord.Configuration] = [:]

        mutating func add(_ event: ContextualizationEvent) {
            guard let machine = event.machine else { return }
            switch event.body {
            case .stepStarted: working.insert(machine)
            case .stepFinished(let step, let succeeded):
                working.remove(machine)
                if succeeded { finished[machine, default: []].insert(step) }
            case .failed(let step, let message):
                working.remove(machine)
                failures[machine] = .failed(message: (step.map { "\($0): " } ?? "") + message)
            default: break
            }
        }
    }

    private let steps: [String: Set<String>]
    private let machines: [MachineID]
    private let state: LockedValue<State>
    private let board: DemandBoard

    init(_ request: ContextualizationRequest, machines: [MachineID], board: DemandBoard) {
        self.machines = machines
        self.board = board
        var steps: [String: Set<String>] = [:]
        for step in request.steps {
            for machine in step.machines { steps[machine, default: []].insert(step.name) }
        }
        self.steps = steps
        var state = State()
        for event in request.history { state.add(event) }
        // Of an earlier run: nobody works yet, and what failed is tried again.
        (state.working, state.failures) = ([], [:])
        self.state = LockedValue(state)
    }

    func add(_ event: ContextualizationEvent) {
        state.withLock { state in
            state.add(event)
            if case .reached = event.body, let machine = event.machine { state.reached.insert(machine) }
        }
        if !board.current.isEmpty { board.bell.ring() }
    }

    /// Machines that have failed in this run.
    var failures: [MachineID: MachineRecord.Configuration] {
        state.withLock { state in
            Dictionary(uniqueKeysWithValues: machines.compactMap { id in state.failures[id.rawValue].map { (id, $0) } })
        }
    }

    /// Waits until nothing is done any more but to wait for machines, of some of which others ask something.
    ///
    /// - Parameter patience: How long those are waited for in any case.
    /// - Returns: These machines, and what is asked of each.
    /// - Throws: Cancellation only.
    func abandoned(after patience: Duration) async throws -> [MachineID: String] {
        let deadline = ContinuousClock.now + patience
        while true {
            let rings = board.bell.rings
            let demands = board.current
            var found: [MachineID: String] = [:]
            for machine in silent() { found[machine] = demands.reason(for: machine) }
            let rest = deadline - .now
            if !found.isEmpty, rest <= .zero { return found }
            try await board.bell.wait(after: rings, atMost: found.isEmpty ? Self.long : rest)
        }
    }

    private static let long = Duration.seconds(3600)

    /// Machines that have not let us in and have something to be done; none while something is done on others.
    private func silent() -> [MachineID] {
        state.withLock { state in
            guard state.working.isEmpty else { return [] }
            return machines.filter { machine in
                !state.reached.contains(machine.rawValue) && state.failures[machine.rawValue] == nil
                    && !(steps[machine.rawValue] ?? []).isSubset(of: state.finished[machine.rawValue] ?? [])
            }
        }
    }
}
