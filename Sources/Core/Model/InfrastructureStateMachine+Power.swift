import Foundation

/// What an operation asks of the power of machines.
package struct PowerWish: Sendable, Hashable {
    /// Id of the operation.
    package var operation: String
    package var call: PowerCall
    /// Numbers of the machines; nil: all.
    package var machines: Set<Int>?

    package init(operation: String, call: PowerCall, machines: Set<Int>?) {
        self.operation = operation
        self.call = call
        self.machines = machines
    }
}

extension InfrastructureStateMachine {
    /// Writes what is asked for into the machines; once for an operation.
    package mutating func take(_ wish: PowerWish) {
        guard snapshot.infrastructure.powerOperation != wish.operation else { return }
        updateRecord { $0.powerOperation = wish.operation }
        for machine in snapshot.machines
        where machine.goal == .present && machine.isAlive && wish.machines?.contains(machine.id.number) ?? true {
            update(machine.id) {
                switch wish.call {
                case .start: $0.power = nil
                case .stop: $0.power = .stopped
                case .reboot: $0.power = .rebooted
                }
            }
        }
    }

    /// Starts, stops and reboots what is not as it shall be, each once in an operation. A machine that is found stopped
    /// although nobody asked for it is started.
    mutating func powerChanges() -> [InfrastructureAction] {
        var stops: [CloudReference: [MachineID]] = [:]
        var starts: [CloudReference: [MachineID]] = [:]
        var reboots: [CloudReference: [MachineID]] = [:]
        for machine in snapshot.machines
        where isPowerChangeOpen(machine) && verified.contains(machine.id)
            && !inFlight.contains(.alter(machine.id))
        {
            let cloud = machine.placement.cloud
            switch (machine.phase, machine.power) {
            case (.running, .stopped): stops[cloud, default: []].append(machine.id)
            case (.running, .rebooted): reboots[cloud, default: []].append(machine.id)
            case (.stopped, nil), (.stopped, .rebooted): starts[cloud, default: []].append(machine.id)
            default: break
            }
        }
        // One kind of call at a time for a cloud: the others are decided anew after it.
        var actions: [InfrastructureAction] = []
        for (call, machines) in [(PowerCall.stop, stops), (.start, starts), (.reboot, reboots)] {
            for (cloud, ids) in machines.sorted(by: { $0.key.order < $1.key.order }) {
                actions.append(.power(call, cloud, ids))
            }
        }
        return actions
    }

    /// Whether a call about its power is still to be made.
    func isPowerChangeOpen(_ machine: MachineRecord) -> Bool {
        guard machine.goal == .present, powerCalls[machine.id] == nil else { return false }
        switch (machine.phase, machine.power) {
        case (.running, .some), (.stopped, nil), (.stopped, .rebooted): return true
        default: return false
        }
    }

    /// The call was answered: the machines are waited for until they are as they shall be.
    mutating func handlePower(
        _ call: PowerCall, _ answers: [MachineID: ProviderMachine], _ failures: [MachineID: String], now: Date
    ) {
        for (id, answer) in answers.sorted(by: { $0.key.number < $1.key.number }) {
            guard let machine = machine(id), machine.isAlive else { continue }
            powerCalls[id] = call
            // A reboot that was done must not be done again; should the process die before this is stored, it is.
            if machine.power == .rebooted { update(id) { $0.power = nil } }
            verified.remove(id)
            settlingSince[id] = now
            log(.machinePower, id, "\(machine.system) is asked to \(call.rawValue)", now: now)
            apply(answer, to: id, now: now)
            // That it runs is no news before a reboot has begun.
            if call == .reboot { verified.remove(id) }
        }
        for (id, message) in failures.sorted(by: { $0.key.number < $1.key.number }) {
            powerCalls[id] = call
            if machine(id)?.power == .rebooted { update(id) { $0.power = nil } }
            verified.insert(id)
            let before = problems[Self.power(of: id)].map { "\($0); " } ?? ""
            problems[Self.power(of: id)] = "\(before)cannot \(call.rawValue): \(message)"
        }
    }

    /// Keeps why a machine does not run although nobody asked for that, as long as it does not.
    mutating func noteHalt(_ answer: ProviderMachine, _ machine: MachineRecord) {
        let isHalted = machine.hasRun && [.stopped, .failed].contains(answer.state)
        let reason = isHalted ? answer.failure : nil
        if machine.halt != reason { update(machine.id) { $0.halt = reason } }
    }

    /// Whether a machine that shall be stopped does not run for another reason, such as its host having paused it.
    func isOnlyHalted(_ answer: ProviderMachine, _ machine: MachineRecord) -> Bool {
        machine.power == .stopped && machine.hasRun && answer.failure != nil && powerCalls[machine.id] == nil
    }

    /// A machine that ran before is not as it shall be yet: it is asked for again, for a while. It is never given up as
    /// a launch is: what is on it would be lost.
    mutating func settle(_ id: MachineID, _ problem: String, now: Date) {
        let since = settlingSince[id] ?? now
        settlingSince[id] = since
        guard now.timeIntervalSince(since) > Double(limits.settling.components.seconds) else { return }
        verified.insert(id)
        problems[Self.power(of: id)] = "\(problem), after \(limits.settling)"
    }

    /// A machine is as it shall be.
    mutating func settled(_ id: MachineID) {
        verified.insert(id)
        settlingSince[id] = nil
        problems[Self.power(of: id)] = nil
    }

    static func power(of id: MachineID) -> String { "power of machine \(id.number)" }
}

extension MachineRecord {
    /// Whether it came so far that there may be something on it to lose.
    var hasRun: Bool {
        switch phase {
        case .running, .stopped: true
        default: false
        }
    }

    /// Whether it is stopped because somebody asked for that.
    package var isStoppedOnPurpose: Bool {
        guard case .stopped = phase else { return false }
        return power == .stopped
    }
}
