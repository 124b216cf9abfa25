package import Foundation

extension InfrastructureStateMachine {
    /// Takes in what came of an action.
    package mutating func handle(_ input: InfrastructureInput, now: Date) {
        switch input {
        case .retrying(let cloud, let message, let time, let delay):
            noteRetry(cloud, message, at: time, after: delay)
        case .reported(let cloud, let message, let time):
            log(.message, nil, "\(cloud.id): \(message)", now: time)
        case .prepared(let cloud, let resources):
            end(.prepare(cloud.site))
            prepared.insert(cloud.site)
            for resource in resources where !snapshot.resources.contains(where: { $0.sameIdentity(as: resource) }) {
                add(resource)
                log(.resourceCreated, nil, "\(resource.text) is created", now: now)
            }
        case .preparationFailed(let cloud, let message):
            end(.prepare(cloud.site))
            preparationFailures[cloud.site] = message
            if snapshot.machines.contains(where: { $0.placement.cloud.site == cloud.site && $0.providerID != nil }) {
                problems["ports and keys at \(cloud.id)"] = message
            }
        case .launched(let batch, let results):
            end(.launch(batch.token))
            for id in batch.machines {
                handleLaunch(id, results[id], batch: batch, now: now)
            }
            let isOver = batch.machines.allSatisfy { machine($0)?.phase != .launching(batch: batch.token) }
            if unsure[batch.token] == nil, isOver { forget(batch.token) }
        case .described(let cloud, let answers, let problems):
            end(.describe(cloud.site))
            polls[cloud.site, default: 0] += 1
            for (id, answer) in answers.sorted(by: { $0.key.number < $1.key.number }) {
                handleDescription(id, answer, now: now)
            }
            for (id, message) in problems.sorted(by: { $0.key.number < $1.key.number }) {
                handleDescriptionProblem(id, message, now: now)
            }
        case .describeFailed(let cloud, let message):
            end(.describe(cloud.site))
            polls[cloud.site, default: 0] += 1
            log(.message, nil, "asking \(cloud.id) for machines failed, trying again: \(message)", now: now)
            failOverdue(cloud, now: now)
            for machine in snapshot.machines
            where machine.placement.cloud.site == cloud.site && machine.goal == .present && machine.hasRun
                && !verified.contains(machine.id)
            {
                settle(machine.id, message, now: now)
            }
        case .launchesFound(let cloud, let tokens, let found):
            end(.find(cloud.site))
            problems["machines at \(cloud.id)"] = nil
            handleFound(cloud, tokens, found, now: now)
        case .findFailed(let cloud, let message):
            end(.find(cloud.site))
            note(problem: message, key: .find(cloud.site), about: "machines at \(cloud.id)")
        case .powered(let call, let cloud, let answers, let problems):
            end(.power(cloud.site))
            handlePower(call, answers, problems, now: now)
        case .altered(_, let id, let result):
            end(.alter(id))
            handleAlteration(id, result, now: now)
        case .terminated(let cloud, let gone, let disks, let failures):
            end(.terminate(cloud.site))
            for disk in disks { remove(disk) }
            handleTermination(cloud, gone: gone, failures: failures, now: now)
        case .swept(let cloud, let deleted, let left, let mayPass):
            end(.sweep(cloud.site))
            handleSweep(cloud, deleted: deleted, left: left, mayPass: mayPass, now: now)
        case .sweepFailed(let cloud, let message):
            end(.sweep(cloud.site))
            note(problem: message, key: .sweep(cloud.site), about: "resources at \(cloud.id)")
        case .contextualization(let event, let learnt):
            if let learnt, learnt.isProxy {
                learn(proxy: learnt)
            } else if let id = event.machine, let learnt {
                update(id) {
                    $0.endpoint = learnt.endpoint
                    if !$0.hostKeys.contains(learnt.hostKey) { $0.hostKeys.append(learnt.hostKey) }
                }
            }
            append(event)
        case .contextualized(_, let results, let warnings):
            end(.contextualize)
            handleConfigurations(results, warnings, now: now)
        }
    }

    /// What a proxy shows at first must be shown from then on, on the way to whatever machine.
    private mutating func learn(proxy: LearntAccess) {
        let place = proxy.endpoint.place
        guard snapshot.infrastructure.proxyKeys?[place]?.contains(proxy.hostKey) != true else { return }
        updateRecord { $0.proxyKeys = ($0.proxyKeys ?? [:]).merging([place: [proxy.hostKey]]) { $0 + $1 } }
    }

    private mutating func end(_ key: InfrastructureAction.Key) {
        inFlight.remove(key)
    }

    /// Calls at the same time fail for the same reason: one event tells it, until it was to be over.
    private mutating func noteRetry(_ cloud: CloudReference, _ message: String, at time: Date, after delay: Duration) {
        let told = Retry(site: cloud.site, message: message)
        if let until = retries[told], time < until { return }
        retries[told] = time.addingTimeInterval(delay / .seconds(1))
        let seconds = max(0.1, (delay / .seconds(1) * 10).rounded() / 10)
        log(.message, nil, "\(cloud.id) fails, tried again in \(seconds) s: \(message)", now: time)
    }

    private mutating func note(problem: String, key: InfrastructureAction.Key, about: String) {
        removalAttempts[key, default: 0] += 1
        problems[about] = problem
    }

    // MARK: Machines

    mutating func setPhase(_ id: MachineID, _ phase: MachineRecord.Phase, now: Date) {
        guard let before = machine(id), before.phase != phase else { return }
        update(id) {
            if phase == .vanished { $0.vanishedID = before.providerID }
            $0.phase = phase
        }
        let place = "at \(before.placement.cloud.id)"
        switch phase {
        case .planned:
            log(.machinePlanned, id, "\(before.system) planned \(place)", now: now)
        case .launching:
            log(.machineLaunching, id, "\(before.system) is launched \(before.placement.text)", now: now)
        case .starting(let provider):
            log(.machineStarting, id, "\(before.system) starts \(place) as \(provider)", now: now)
        case .running:
            log(.machineRunning, id, "\(before.system) runs", now: now)
        case .stopped:
            log(.machineStopped, id, "\(before.system) is stopped", now: now)
        case .terminating:
            log(.machineTerminating, id, "\(before.system) is removed", now: now)
        case .terminated:
            log(.machineTerminated, id, "\(before.system) is gone", now: now)
        case .failed(let message, _):
            log(.machineFailed, id, "\(before.system) failed: \(message)", now: now)
        case .vanished:
            log(.machineVanished, id, "\(before.system) was removed \(place) by somebody else", now: now)
        }
    }

    private mutating func handleLaunch(
        _ id: MachineID, _ result: LaunchResult?, batch: LaunchBatch, now: Date
    ) {
        guard let machine = machine(id) else { return }
        switch machine.phase {
        case .launching(batch.token), .terminating(nil):
            break
        default:
            return
        }
        let unwanted = machine.goal == .absent || snapshot.infrastructure.goal == .destroyed
        switch result {
        case .machine(let made):
            update(id) { $0.launchedAt = made.launchedAt ?? now }
            if unwanted {
                setPhase(id, .terminating(provider: made.id), now: now)
            } else {
                apply(made, to: id, now: now)
            }
        case .failed(let message):
            launchCameToNothing(id, message, unwanted: unwanted, now: now)
        case .unknown(let message):
            lookFor(batch.token, id, message, now: now)
        case nil:
            lookFor(batch.token, id, "the connector gave no result for this machine", now: now)
        }
    }

    private mutating func launchCameToNothing(_ id: MachineID, _ message: String, unwanted: Bool, now: Date) {
        if unwanted {
            setPhase(id, .terminated, now: now)
        } else {
            failLaunch(id, message: message, now: now)
        }
    }

    /// Nobody knows what the launch made: the provider is asked before anything else is tried.
    private mutating func lookFor(_ token: BatchToken, _ id: MachineID, _ message: String, now: Date) {
        guard let machine = machine(id), case .launching = machine.phase else { return }
        if unsure[token] == nil {
            unsure[token] = (message, 0)
            log(
                .message, nil,
                "whether the launch at \(machine.placement.cloud.id) was done is not known (\(message)); looking for "
                    + "what it made", now: now)
        }
    }

    /// Takes over what lost launches have made.
    private mutating func handleFound(
        _ cloud: CloudReference, _ tokens: [BatchToken], _ found: [MachineID: String], now: Date
    ) {
        for token in tokens { unsure[token]?.searches += 1 }
        var open = Set(tokens)
        for machine in snapshot.machines where machine.placement.cloud.site == cloud.site {
            guard let batch = machine.batch, open.contains(batch) else { continue }
            let unwanted = machine.goal == .absent || snapshot.infrastructure.goal == .destroyed
            switch (machine.phase, found[machine.id]) {
            case (.terminating(nil), let provider):
                setPhase(machine.id, provider.map { .terminating(provider: $0) } ?? .terminated, now: now)
            case (.launching, let provider?):
                update(machine.id) { $0.launchedAt = $0.launchedAt ?? now }
                setPhase(
                    machine.id, unwanted ? .terminating(provider: provider) : .starting(provider: provider), now: now)
            case (.launching, nil):
                guard let doubt = unsure[batch], doubt.searches >= Self.searches else { continue }
                launchCameToNothing(machine.id, doubt.message, unwanted: unwanted, now: now)
            default:
                break
            }
        }
        for machine in snapshot.machines {
            if case .launching(let batch) = machine.phase { open.remove(batch) }
        }
        for token in open.sorted() { forget(token) }
    }

    /// Looks for a lost launch that find nothing before it counts as not done.
    private static let searches = 2

    /// A launch came to nothing: next candidate, or failed.
    mutating func failLaunch(_ id: MachineID, message: String, now: Date) {
        guard let machine = machine(id) else { return }
        guard let next = machine.alternatives.first else {
            setPhase(id, .failed(message: message, provider: nil), now: now)
            return
        }
        log(
            .message, id,
            "\(machine.system) failed at \(machine.placement.cloud.id) (\(machine.placement.flavor)): \(message); "
                + "next candidate: \(next.flavor) at \(next.cloud.id)", now: now)
        update(id) {
            $0.attempts.append(message)
            $0.placement = next
            $0.alternatives.removeFirst()
            $0.batch = nil
            $0.batchIndex = nil
        }
        if !snapshot.infrastructure.clouds.contains(next.cloud) {
            updateRecord { $0.clouds.append(next.cloud) }
        }
        setPhase(id, .planned, now: now)
    }

    /// The provider answers for the others, but cannot tell of this one now: it is asked again while it has time.
    private mutating func handleDescriptionProblem(_ id: MachineID, _ message: String, now: Date) {
        guard let machine = machine(id) else { return }
        switch machine.phase {
        case .starting(let provider):
            log(.message, id, "asking for \(provider) failed, trying again: \(message)", now: now)
            if isOverdue(machine, now: now) { failOverdue(id, provider: provider, now: now) }
        case .running, .stopped:
            guard powerCalls[id] == nil else { return settle(id, message, now: now) }
            // It was there last time; the contextualization finds out whether it still is.
            log(.message, id, "its provider cannot tell of it now: \(message)", now: now)
            verified.insert(id)
        default:
            break
        }
    }

    private mutating func handleDescription(_ id: MachineID, _ answer: ProviderMachine?, now: Date) {
        guard let machine = machine(id) else { return }
        guard let answer else {
            switch machine.phase {
            case .starting where !isToBeSeen(machine, now: now):
                // Providers show a new machine late: it is given its time.
                break
            case .starting(let provider):
                setPhase(
                    id, .failed(message: "the provider does not know \(provider)", provider: provider), now: now)
            case .running, .stopped:
                verified.insert(id)
                setPhase(id, .vanished, now: now)
            default:
                break
            }
            return
        }
        switch machine.phase {
        case .starting, .running, .stopped: apply(answer, to: id, now: now)
        default: break
        }
    }

    /// Takes over what the provider says of a machine that is wanted.
    mutating func apply(_ answer: ProviderMachine, to id: MachineID, now: Date) {
        if !answer.addresses.isEmpty || answer.sshPort != nil {
            update(id) {
                if !answer.addresses.isEmpty { $0.addresses = answer.addresses }
                $0.sshPort = answer.sshPort ?? $0.sshPort
            }
        }
        // Until it has run: a key that somebody trusts later on is that of a machine which was set up anew.
        if let machine = machine(id), !machine.hasRun, machine.endpoint == nil, machine.hostKeys != answer.hostKeys {
            update(id) { $0.hostKeys = answer.hostKeys }
        }
        noteRemark(answer.remark, of: id, now: now)
        guard let machine = machine(id) else { return }
        noteClarity(of: answer, machine, now: now)
        noteHalt(answer, machine)
        switch answer.state {
        case .running where !machine.addresses.isEmpty:
            if machine.power == .stopped, powerCalls[id] != nil {
                settle(id, "does not stop", now: now)
            } else {
                setPhase(id, .running(provider: answer.id), now: now)
                settled(id)
            }
        case .running, .pending, .unknown, .stopping:
            if machine.hasRun {
                // It is no launch that came to nothing: it stays, whatever its provider says for now.
                settle(id, answer.stateProblem ?? "is \(answer.state) at its provider", now: now)
                return
            }
            setPhase(id, .starting(provider: answer.id), now: now)
            if isOverdue(machine, now: now) { failOverdue(id, provider: answer.id, answer.console, now: now) }
        case .stopped where isOnlyHalted(answer, machine):
            // It holds all that it has: a stop is still to be done.
            setPhase(id, .running(provider: answer.id), now: now)
            verified.insert(id)
        case .stopped:
            setPhase(id, .stopped(provider: answer.id), now: now)
            if machine.power == .stopped || powerCalls[id] == nil {
                settled(id)
            } else {
                settle(id, "does not start", now: now)
            }
        case .terminated:
            verified.insert(id)
            if machine.hasRun {
                setPhase(id, .vanished, now: now)
            } else {
                setPhase(
                    id,
                    .failed(
                        message: "ended before it ran" + (answer.failure.map { ": \($0)" } ?? ""),
                        provider: answer.id), now: now)
            }
        case .failed where machine.hasRun:
            verified.insert(id)
            problems[Self.power(of: id)] = "failed at its provider" + (answer.failure.map { ": \($0)" } ?? "")
            // It is started once, as what somebody has stopped is: perhaps what it failed for is mended.
            if machine.power != .stopped { setPhase(id, .stopped(provider: answer.id), now: now) }
        case .failed:
            setPhase(
                id, .failed(message: answer.failure ?? "the provider reports a failure", provider: answer.id),
                now: now)
        }
    }

    private func isOverdue(_ machine: MachineRecord, now: Date) -> Bool {
        guard let launched = machine.launchedAt else { return false }
        return now.timeIntervalSince(launched) > limits.running / .seconds(1)
    }

    /// Whether its provider has had the time to know a new machine.
    private func isToBeSeen(_ machine: MachineRecord, now: Date) -> Bool {
        guard let launched = machine.launchedAt else { return false }
        return now.timeIntervalSince(launched) > min(limits.showing, limits.running) / .seconds(1)
    }

    private mutating func failOverdue(_ id: MachineID, provider: String, _ console: String? = nil, now: Date) {
        let reason = (unclear[id].map { ": \($0)" } ?? "") + (console.map { "; \($0)" } ?? "")
        let message = "not running with an address after \(limits.running)\(reason)"
        setPhase(id, .failed(message: message, provider: provider), now: now)
    }

    /// Tells what the provider says of how a machine runs, where it is not what it had foreseen.
    private mutating func noteRemark(_ remark: String?, of id: MachineID, now: Date) {
        guard let remark, let machine = machine(id), machine.placement.remark != remark else { return }
        update(id) { $0.placement.remark = remark }
        log(.message, id, "\(machine.system): \(remark)", now: now)
    }

    /// Tells once why a machine is waited for whose state is not clear.
    private mutating func noteClarity(of answer: ProviderMachine, _ machine: MachineRecord, now: Date) {
        guard answer.state == .unknown else {
            unclear[machine.id] = nil
            return
        }
        let text = answer.stateProblem ?? "its provider does not know its state"
        guard unclear.updateValue(text, forKey: machine.id) != text else { return }
        log(
            .message, machine.id,
            "\(machine.system) (\(answer.id) at \(machine.placement.cloud.id)) is waited for: \(text)", now: now)
    }

    private mutating func failOverdue(_ cloud: CloudReference, now: Date) {
        for machine in snapshot.machines where machine.placement.cloud.site == cloud.site {
            if case .starting(let provider) = machine.phase, isOverdue(machine, now: now) {
                failOverdue(machine.id, provider: provider, now: now)
            }
        }
    }

    // MARK: Removal

    private mutating func handleTermination(
        _ cloud: CloudReference, gone: [MachineID], failures: [MachineID: String], now: Date
    ) {
        for id in gone {
            guard let machine = machine(id) else { continue }
            problems["machine \(id.number)"] = nil
            if case .failed(let message, _) = machine.phase {
                if machine.goal == .absent || snapshot.infrastructure.goal == .destroyed {
                    setPhase(id, .terminated, now: now)
                } else {
                    // What the failed candidate left is gone: the next one may be tried.
                    update(id) {
                        $0.addresses = []
                        $0.launchedAt = nil
                    }
                    failLaunch(id, message: message, now: now)
                }
            } else {
                setPhase(id, .terminated, now: now)
            }
        }
        if failures.isEmpty {
            removalAttempts[.terminate(cloud.site)] = 0
        } else {
            removalAttempts[.terminate(cloud.site), default: 0] += 1
        }
        for (id, message) in failures { problems["machine \(id.number)"] = message }
    }

    private mutating func handleSweep(
        _ cloud: CloudReference, deleted: [ResourceRecord], left: [ResourceRecord], mayPass: Bool, now: Date
    ) {
        for resource in deleted {
            problems["\(resource.kind) \(resource.id)"] = nil
            // Its provider may keep a part of its name alone.
            let known = snapshot.resources.first { $0.sameIdentity(as: resource) } ?? resource
            remove(resource)
            log(.resourceDeleted, nil, "\(known.text) is removed", now: now)
        }
        if left.isEmpty {
            // The ledger of this cloud is settled: what is still in it was gone already.
            for resource in snapshot.resources where resource.cloud.site == cloud.site { remove(resource) }
            swept.insert(cloud.site)
        } else {
            removalAttempts[.sweep(cloud.site), default: 0] += mayPass ? 1 : limits.removalAttempts
            for resource in left {
                problems["\(resource.kind) \(resource.id)"] = resource.problem ?? "still there"
                add(resource)
            }
        }
    }

    // MARK: Configuration

    private mutating func handleConfigurations(
        _ results: [MachineID: MachineRecord.Configuration], _ warnings: [MachineID: [String]], now: Date
    ) {
        contextualized = true
        for (id, configuration) in results.sorted(by: { $0.key.number < $1.key.number }) {
            guard let machine = machine(id) else { continue }
            update(id) {
                $0.configuration = configuration
                $0.warnings = warnings[id]
            }
            switch configuration {
            case .configured, .disabled:
                log(.machineConfigured, id, "\(machine.system) is configured", now: now)
            case .failed(let message):
                log(.machineUnconfigured, id, "\(machine.system) is not configured: \(message)", now: now)
            case .pending:
                break
            }
        }
        let good = snapshot.machines.filter { $0.goal == .present && $0.isAlive }
            .allSatisfy { $0.state == .configured }
        updateRecord { $0.configured = good }
    }
}
