import Foundation

extension InfrastructureStateMachine {
    // MARK: Removal

    /// Removes machines that shall not be (or all), and what failed and vanished ones left behind.
    mutating func removals(now: Date, all: Bool) -> [InfrastructureAction] {
        var byCloud: [CloudReference: [MachineID]] = [:]
        var lost: [CloudReference: Set<BatchToken>] = [:]
        for machine in snapshot.machines where machine.isAlive || machine.phase == .vanished {
            let unwanted = all || machine.goal == .absent
            let cloud = machine.placement.cloud
            switch machine.phase {
            case .planned where unwanted:
                setPhase(machine.id, .terminated, now: now)
            case .failed(_, nil) where unwanted:
                setPhase(machine.id, .terminated, now: now)
            case .launching(let batch) where all && !inFlight.contains(.launch(batch)):
                setPhase(machine.id, .terminating(provider: nil), now: now)
                lost[cloud, default: []].insert(batch)
            case .launching(let batch) where unsure[batch] != nil:
                lost[cloud, default: []].insert(batch)
            case .starting(let provider) where unwanted, .running(let provider) where unwanted,
                .stopped(let provider) where unwanted:
                setPhase(machine.id, .terminating(provider: provider), now: now)
                byCloud[cloud, default: []].append(machine.id)
            case .vanished where unwanted:
                // Its disks may be left: who removed it did so by hand.
                guard let provider = machine.vanishedID else { break }
                setPhase(machine.id, .terminating(provider: provider), now: now)
                byCloud[cloud, default: []].append(machine.id)
            case .failed(_, .some):
                byCloud[cloud, default: []].append(machine.id)
            case .terminating(.some):
                byCloud[cloud, default: []].append(machine.id)
            case .terminating(nil):
                if let batch = machine.batch { lost[cloud, default: []].insert(batch) }
            default:
                break
            }
        }
        var actions: [InfrastructureAction] = []
        for (cloud, tokens) in lost.sorted(by: { $0.key.order < $1.key.order }) {
            guard let delay = removalDelay(.find(cloud.site)) else { continue }
            // Providers show a new machine late: the second look gives it time.
            let again = tokens.contains { (unsure[$0]?.searches ?? 0) > 0 }
            actions.append(.findLaunches(cloud, tokens.sorted(), after: max(delay, again ? limits.longestPoll : .zero)))
        }
        for (cloud, machines) in byCloud.sorted(by: { $0.key.order < $1.key.order }) {
            guard let delay = removalDelay(.terminate(cloud.site)) else { continue }
            actions.append(.terminate(cloud, machines.sorted { $0.number > $1.number }, after: delay))
        }
        return actions
    }

    /// Deletes what else there is, cloud by cloud, when no machine is left there; then the infrastructure is destroyed.
    mutating func sweeps(now: Date) -> [InfrastructureAction] {
        // Once it is destroyed, the credentials are gone.
        guard snapshot.infrastructure.phase != .destroyed, snapshot.machines.allSatisfy({ !$0.isAlive }) else {
            return []
        }
        let open = snapshot.infrastructure.clouds.filter { !swept.contains($0.site) }
        if open.isEmpty {
            updateRecord { $0.phase = .destroyed }
            return []
        }
        return open.compactMap { cloud in
            removalDelay(.sweep(cloud.site)).map { .sweep(cloud, after: $0) }
        }
    }

    /// Delay before the next try of a removal; nil: no more tries in this operation.
    func removalDelay(_ key: InfrastructureAction.Key) -> Duration? {
        let attempts = removalAttempts[key] ?? 0
        guard attempts < limits.removalAttempts else { return nil }
        return attempts == 0 ? .zero : min(.milliseconds(250) * (1 << min(attempts, 10)), .seconds(20))
    }

    // MARK: Launch

    mutating func launches(now: Date) -> [InfrastructureAction] {
        var actions: [InfrastructureAction] = []
        var planned: [CloudReference: LaunchQueue] = [:]
        var order: [CloudReference] = []
        var repeated: [BatchToken: [MachineRecord]] = [:]
        for machine in snapshot.machines {
            let machine = passingUnprepared(machine, now: now)
            let cloud = machine.placement.cloud
            switch machine.phase {
            case .planned where machine.goal == .present:
                guard prepared.contains(cloud.site) else {
                    if !actions.contains(.prepare(cloud)) { actions.append(.prepare(cloud)) }
                    continue
                }
                if planned[cloud] == nil { order.append(cloud) }
                planned[cloud, default: LaunchQueue()].add(machine)
            case .launching(let batch) where unsure[batch] == nil && !inFlight.contains(.launch(batch)):
                repeated[batch, default: []].append(machine)
            case .starting where machine.goal == .present, .running where machine.goal == .present:
                // Ports of the document may have changed since it was launched.
                guard !prepared.contains(cloud.site), preparationFailures[cloud.site] == nil else { continue }
                if !actions.contains(.prepare(cloud)) { actions.append(.prepare(cloud)) }
            default:
                break
            }
        }
        for (token, machines) in repeated.sorted(by: { $0.key < $1.key }) {
            // After a crash: the very same call again, with the cloud prepared anew (which finds what is there).
            let members = machines.sorted { ($0.batchIndex ?? 0) < ($1.batchIndex ?? 0) }
            guard let cloud = members.first?.placement.cloud else { continue }
            guard prepared.contains(cloud.site) || preparationFailures[cloud.site] != nil else {
                if !actions.contains(.prepare(cloud)) { actions.append(.prepare(cloud)) }
                continue
            }
            actions.append(
                .launch(LaunchBatch(token: token, cloud: cloud, machines: members.map(\.id), isRepeated: true)))
        }
        for cloud in order {
            let batches = planned[cloud]?.batches(of: limits.batchSize(at: cloud)) ?? []
            for members in batches {
                let token = newToken()
                for (position, id) in members.enumerated() {
                    update(id) {
                        $0.batch = token
                        $0.batchIndex = position
                    }
                    setPhase(id, .launching(batch: token), now: now)
                }
                actions.append(.launch(LaunchBatch(token: token, cloud: cloud, machines: members)))
            }
        }
        return actions
    }

    /// A machine to be launched, at its first candidate whose cloud is not known to fail; failed where there is none.
    private mutating func passingUnprepared(_ machine: MachineRecord, now: Date) -> MachineRecord {
        var machine = machine
        while machine.phase == .planned, machine.goal == .present,
            let message = preparationFailures[machine.placement.cloud.site]
        {
            failLaunch(machine.id, message: message, now: now)
            machine = self.machine(machine.id) ?? machine
        }
        return machine
    }

    // MARK: Describe

    /// One describe per cloud for everything that is on its way, and once per operation for what runs.
    func describes() -> [InfrastructureAction] {
        var byCloud: [CloudReference: [MachineID]] = [:]
        for machine in snapshot.machines where machine.goal == .present {
            switch machine.phase {
            case .starting:
                byCloud[machine.placement.cloud, default: []].append(machine.id)
            case .running, .stopped:
                guard !inFlight.contains(.power(machine.placement.cloud.site)) else { continue }
                if !verified.contains(machine.id) {
                    byCloud[machine.placement.cloud, default: []].append(machine.id)
                }
            default:
                break
            }
        }
        return byCloud.sorted { $0.key.order < $1.key.order }.map { cloud, machines in
            .describe(cloud, machines, after: pollDelay(cloud.site))
        }
    }

    func pollDelay(_ site: CloudSite) -> Duration {
        let count = polls[site] ?? 0
        guard count > 0 else { return .zero }
        return min(limits.firstPoll * (1 << min(count - 1, 12)), limits.longestPoll)
    }

    // MARK: Contextualization

    /// When every machine has settled, the running ones are configured, once per operation.
    mutating func contextualization() -> [InfrastructureAction] {
        guard !contextualized, inFlight.isEmpty else { return [] }
        let present = snapshot.machines.filter { $0.goal == .present && $0.isAlive }
        let settled = present.allSatisfy {
            switch $0.phase {
            case .running, .stopped: return verified.contains($0.id) && !isPowerChangeOpen($0)
            case .failed(_, nil): return true
            case .launching(let batch):
                return unsure[batch] != nil && removalDelay(.find($0.placement.cloud.site)) == nil
            default: return false
            }
        }
        guard settled else { return [] }
        let running = present.filter {
            if case .running = $0.phase { return true }
            return false
        }
        guard running.contains(where: { $0.configuration == .pending }) else {
            finishWithoutContextualization(running)
            return []
        }
        let machines = running.filter { $0.configuration == .pending }.map(\.id)
        return [.contextualize(generation: snapshot.infrastructure.generation, machines)]
    }

    private mutating func finishWithoutContextualization(_ running: [MachineRecord]) {
        contextualized = true
        let good = running.allSatisfy { $0.state == .configured }
        if snapshot.infrastructure.configured != good {
            updateRecord { $0.configured = good }
        }
    }
}
