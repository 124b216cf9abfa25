import Foundation
import HTTPTransport
import InfrastructureModel
import Operations
import Orchestration
import Support
import Synchronization

/// An Infrastructure Manager (1.19, 2.0), as far as its interface goes: no names, no plans, and no change of the whole by
/// a document.
struct IMService: RemoteService {
    let server: RemoteServer
    let words: [String]
    let memory: ServerMemory
    private let history = StateHistory()

    init(server: RemoteServer, words: [String], memory: ServerMemory) {
        self.server = server
        self.words = words
        self.memory = memory
    }

    var pace: Duration { .seconds(1) }

    // MARK: Reading

    func summaries(includingDestroyed: Bool) async throws -> [InfrastructureSummary] {
        if includingDestroyed {
            throw UsageError(
                "\(server.name) is an IM, which forgets what was destroyed; `gantry stats` has its figures")
        }
        let names = try memory.entries()
        var summaries: [InfrastructureSummary] = []
        for id in try await ids() {
            guard let state = try await state(id) else { continue }
            summaries.append(
                summary(id, state, names: names, machines: state.machines.map(Self.machine)))
        }
        return summaries
    }

    private func ids() async throws -> [String] {
        try await server.ask(.init(.get, ["infrastructures"]), for: RemoteLinks.self).ids
    }

    /// Nil: there is no such infrastructure.
    private func state(_ id: String) async throws -> RemoteState.State? {
        let call = RemoteServer.Call(.get, ["infrastructures", id, "state"])
        let answer = try await server.exchange(call)
        if answer.status == 404 { return nil }
        guard answer.status == 200 else { throw server.refusal(answer, call) }
        return try server.decode(answer, as: RemoteState.self).state
    }

    private static func machine(_ number: String, _ state: String) -> InfrastructureSummary.Machine {
        InfrastructureSummary.Machine(number: Int(number) ?? 0, system: "-", state: state)
    }

    private func summary(
        _ id: String, _ state: RemoteState.State, names: [String: ServerMemory.Entry],
        machines: [InfrastructureSummary.Machine]
    ) -> InfrastructureSummary {
        InfrastructureSummary(
            id: InfrastructureID(rawValue: id), name: names.first { $0.value.id == id }?.key, state: state.state,
            created: nil, machines: machines.sorted { $0.number < $1.number })
    }

    func find(_ word: String, includingDestroyed: Bool) async throws -> InfrastructureSummary {
        let names = try memory.entries()
        let id = names[word]?.id ?? word
        guard let state = try await state(id) else {
            let known = names.filter { $0.value.id != nil && $0.key != word }.keys.sorted()
            throw ManagerError(
                code: .notFound,
                message: "there is no infrastructure '\(word)' at \(server.name)"
                    + (known.isEmpty
                        ? "; `gantry list` shows the ids" : "; names known here: \(known.joined(separator: ", "))"))
        }
        var machines: [InfrastructureSummary.Machine] = []
        for (number, state) in state.machines.sorted(by: { $0.key < $1.key }) {
            machines.append(try await machine(id, number, state))
        }
        return summary(id, state, names: names, machines: machines)
    }

    /// A machine as its RADL tells it.
    private func machine(_ id: String, _ number: String, _ state: String) async throws -> InfrastructureSummary.Machine
    {
        let call = RemoteServer.Call(.get, ["infrastructures", id, "vms", number])
        let answer = try await server.exchange(call)
        var machine = Self.machine(number, state)
        // It may have gone meanwhile.
        guard answer.status == 200,
            let sections = (try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])?["radl"]
                as? [[String: Any]],
            let system = sections.first(where: { $0["class"] as? String == "system" })
        else { return machine }
        machine.system = system["id"] as? String ?? "-"
        machine.cloud = system["provider.type"] as? String ?? ""
        machine.provider = system["instance_id"] as? String
        machine.addresses = (0..<8).flatMap { interface in
            ["ip", "ipv6"].compactMap { system["net_interface.\(interface).\($0)"] as? String }
        }
        return machine
    }

    func summary(of id: InfrastructureID) async throws -> InfrastructureSummary {
        do {
            return try await find(id.rawValue, includingDestroyed: true)
        } catch let error as ManagerError where error.code == .notFound {
            return InfrastructureSummary(
                id: id, state: InfrastructureSummary.destroyed, created: nil, machines: [])
        }
    }

    /// Changes of machines' states since they were asked for last, as events; of 0, what IM tells of the contextualization.
    func events(of id: InfrastructureID, after sequence: Int64) async throws -> [InfrastructureEvent] {
        if history.isFollowed { return history.news(id, try await state(id.rawValue)) }
        let answer = try await server.ask(
            .init(.get, ["infrastructures", id.rawValue, "contmsg"]), for: [String: String].self)
        let lines = (answer["contmsg"] ?? "").split(whereSeparator: \.isNewline).dropFirst(Int(sequence))
        return lines.enumerated().map { place, line in
            InfrastructureEvent(
                infrastructure: id, time: Date(), kind: .message, text: String(line),
                sequence: sequence + Int64(place) + 1)
        }
    }

    private struct Estimate: Decodable {
        struct Machine: Decodable {
            var cpuCores: Int?
            var memoryInMegabytes: Int64?
        }

        var cloudType: String
        var compute: [Machine]
    }

    func plan(_ request: DeploymentRequest) async throws -> PlanReport {
        if let known = try await known(request) {
            var plan = PlanReport(existing: InfrastructureID(rawValue: known))
            plan.kept = try await summary(of: InfrastructureID(rawValue: known)).machines.map {
                .init(number: $0.number, system: $0.system, state: $0.state)
            }
            return plan
        }
        let call = RemoteServer.Call(
            .post, ["infrastructures"], query: [("dry_run", "yes")], body: try RemoteDocument.body(request),
            isRepeatable: true, limit: .seconds(600))
        var plan = PlanReport(existing: nil)
        for (cloud, estimate) in try await server.ask(call, for: [String: Estimate].self).sorted(by: { $0.key < $1.key }
        ) {
            plan.added += estimate.compute.map { machine in
                PlanReport.Added(
                    system: "machine",
                    place: .init(
                        cloud: cloud, type: estimate.cloudType, cpus: machine.cpuCores,
                        memoryBytes: machine.memoryInMegabytes.map { $0 * 1_000_000 }),
                    alternatives: [])
            }
        }
        return plan
    }

    // MARK: Changing

    /// The infrastructure of a name that is still there.
    /// - Throws: ``ManagerError`` where an answer was lost and it cannot be told which it is.
    private func known(_ request: DeploymentRequest) async throws -> String? {
        let name = request.name ?? ""
        guard var entry = try memory.entries()[name] else { return nil }
        if entry.id == nil {
            let new = try await ids().filter { !entry.before.contains($0) }
            guard new.count <= 1 else {
                throw ManagerError(
                    code: .unavailable,
                    message: "the answer about '\(name)' was lost once, and \(server.name) has these since: "
                        + "\(new.joined(separator: ", ")). `gantry show ID` shows what each is; destroy what is not "
                        + "wanted until one is left, or give another name with --name")
            }
            guard let found = new.first else { return nil }
            Terminal.note("  the answer about '\(name)' was lost once; it is \(found)")
            entry.id = found
            try memory.set(name, entry)
        }
        guard let id = entry.id else { return nil }
        if try await state(id) != nil { return id }
        try memory.set(name, nil)
        return nil
    }

    func submit(_ request: InfrastructureRequest) async throws -> SubmittedChange? {
        defer { history.follow() }
        if case .deploy(let document, _) = request { return try await deploy(document) }
        guard let id = request.infrastructure else { return nil }
        let before = try await summary(of: id)
        var change = SubmittedChange(
            infrastructure: id, kind: request.kind, machines: Set(before.machines.map(\.number)))
        history.remember(try await state(id.rawValue))
        if case .power(let call, _, let numbers) = request, numbers != nil || call == .reboot {
            let numbers = numbers ?? change.machines
            change.call = { try await self.change(call, id, numbers) }
        } else if case .destroy = request {
            // Without `async`, so that it is answered why something stays.
            change.call = { [server] in
                _ = try await server.ask(.init(.delete, ["infrastructures", id.rawValue], isRepeatable: true))
            }
        } else if let call = try call(request) {
            change.call = { [server] in _ = try await server.ask(call) }
        }
        return change
    }

    private func deploy(_ request: DeploymentRequest) async throws -> SubmittedChange {
        let name = request.name ?? ""
        let body = try RemoteDocument.body(request)
        let digest = ServerMemory.digest(body.text)
        if let known = try await known(request) {
            let id = InfrastructureID(rawValue: known)
            let remembered = try memory.entries()[name]?.document
            guard remembered == digest else {
                throw ManagerError(
                    code: .invalidDocument,
                    message: "the document of '\(name)' (\(id)) has changed, and \(server.name) is an IM, which cannot "
                        + "bring it up to date by its document: use `gantry add`, `gantry remove` and `gantry reconfigure "
                        + "--file`, or destroy it and run this again")
            }
            var change = SubmittedChange(infrastructure: id, kind: .converge)
            history.remember(try await state(known))
            change.call = { [server] in
                _ = try await server.ask(
                    .init(.put, ["infrastructures", known, "reconfigure"], body: body, isRepeatable: true))
            }
            return change
        }
        var entry = ServerMemory.Entry(id: nil, document: digest, before: try await ids())
        try memory.set(name, entry)
        let call = RemoteServer.Call(
            .post, ["infrastructures"], query: [("async", "yes")], body: body, limit: .seconds(600))
        do {
            entry.id = try Self.id(try await server.ask(call, for: RemoteLink.self).uri).rawValue
            try memory.set(name, entry)
        } catch let lost as RemoteServer.LostAnswer {
            Terminal.note("  \(lost); looking whether it was carried out")
            guard let found = try await known(request) else {
                throw ManagerError(
                    code: .unavailable,
                    message:
                        "\(lost), and no new infrastructure is there. It may still come: look with `gantry list`; the "
                        + "same command looks for it, too, before it asks again")
            }
            entry.id = found
        } catch let error as ManagerError {
            // It was refused: nothing was made.
            try memory.set(name, nil)
            throw error
        }
        return SubmittedChange(infrastructure: InfrastructureID(rawValue: entry.id ?? ""), kind: .create)
    }

    func finish(_ change: SubmittedChange) async throws -> ChangeEnding {
        let id = change.infrastructure.rawValue
        do {
            try await change.call?()
        } catch let lost as RemoteServer.LostAnswer {
            throw ManagerError(
                code: .unavailable,
                message: "\(lost); it is not known whether it was carried out: "
                    + "`\(CommandText.text(["gantry", "show", id] + words))` shows what is there")
        }
        while true {
            guard let state = try await state(id) else {
                for (name, entry) in try memory.entries() where entry.id == id { try memory.set(name, nil) }
                if change.kind == .destroy { return ChangeEnding(status: .succeeded) }
                return ChangeEnding(status: .cancelled)
            }
            if change.kind != .destroy {
                switch state.state {
                case "pending", "running": break
                case "failed", "unconfigured", "unknown":
                    return ChangeEnding(
                        status: .failed,
                        error: "it is \(state.state); `\(CommandText.text(["gantry", "log", id] + words))` shows why")
                default: return ChangeEnding(status: .succeeded)
                }
            }
            try await Task.sleep(for: pace)
        }
    }
}

/// What was told of machines' states.
private final class StateHistory: Sendable {
    private struct Known {
        var isFollowed = false
        var states: [String: String] = [:]
        var sequence: Int64 = 0
    }

    private let known = Mutex(Known())

    var isFollowed: Bool { known.withLock { $0.isFollowed } }

    func follow() { known.withLock { $0.isFollowed = true } }

    func remember(_ state: RemoteState.State?) {
        known.withLock { $0.states = state?.machines ?? [:] }
    }

    private static let kinds: [String: InfrastructureEvent.Kind] = [
        "pending": .machineStarting, "running": .machineRunning, "configured": .machineConfigured,
        "unconfigured": .machineUnconfigured, "failed": .machineFailed, "stopped": .machineStopped,
        "off": .machineTerminated, "deleting": .machineTerminating,
    ]

    func news(_ id: InfrastructureID, _ state: RemoteState.State?) -> [InfrastructureEvent] {
        known.withLock { known in
            let now = state?.machines ?? [:]
            var changes = now.filter { known.states[$0.key] != $0.value }
            for number in known.states.keys where now[number] == nil { changes[number] = "off" }
            known.states = now
            return changes.sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }.map { number, state in
                known.sequence += 1
                return InfrastructureEvent(
                    infrastructure: id, machine: MachineID(infrastructure: id, number: Int(number) ?? 0),
                    time: Date(), kind: Self.kinds[state] ?? .message, text: "machine is \(state)",
                    sequence: known.sequence)
            }
        }
    }
}
