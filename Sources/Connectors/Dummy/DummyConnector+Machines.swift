package import ConnectorAPI
import Foundation

extension DummyConnector {
    package func launch(_ request: LaunchRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await perform("machine.launch", request.session) { session, faults in
            try Self.check(request)
            var fingerprint = Fingerprint()
            for item in request.items { fingerprint.add(item) }
            let batch = DummyLaunch(
                request: request, fingerprint: fingerprint.text, settings: session.settings, faults: faults)
            return try await session.cloud.change { try batch.run(&$0) }
        }
    }

    private static func check(_ request: LaunchRequest) throws {
        let token = request.batchToken.utf8
        let allowed = token.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"):
                return true
            default: return false
            }
        }
        guard (1...64).contains(token.count), allowed else {
            throw ConnectorError(
                code: .invalidArgument, message: "the batch token must be 1 to 64 characters of [A-Za-z0-9-]",
                field: "batchToken")
        }
        guard Set(request.items.map(\.machineID)).count == request.items.count else {
            throw ConnectorError(
                code: .invalidArgument, message: "two items of the batch have the same machineID", field: "items")
        }
    }

    package func describe(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await perform("machine.describe", request.session) { session, faults in
            try await session.cloud.read { state, now in
                request.ids.enumerated().map { index, id in
                    if let error = faults.failingItems[index] { return .failed(error) }
                    guard let stored = state.machines[id] else { return .failed(Self.noMachine(id)) }
                    return .done(stored.seen(at: now))
                }
            }
        }
    }

    package func list(_ request: ListRequest, context: CallContext) async throws -> Page<Resource> {
        try await perform("resource.list", request.session) { session, _ in
            let found = try await session.cloud.read { state, now in
                func carries(_ tags: [String: String]) -> Bool {
                    request.tags.allSatisfy { tags[$0.key] == $0.value }
                }
                func wanted(_ kind: Resource.Kind) -> Bool { request.kinds?.contains(kind) ?? true }
                var found: [Resource] = []
                if wanted(.machine) {
                    for stored in state.machines.values
                    where stored.machine.state != .terminated && carries(stored.machine.tags) {
                        let machine = stored.seen(at: now)
                        found.append(
                            Resource(
                                kind: .machine, id: machine.id, name: stored.name, tags: machine.tags,
                                dependsOn: stored.uses, machine: machine))
                    }
                    found.sort { Self.precedes($0.id, $1.id) }
                }
                let others = state.resources.values.filter { wanted($0.kind) && carries($0.tags) }
                return found + others.sorted { Self.precedes($0.id, $1.id) }
            }
            return try Self.page(found, request.page, session.settings)
        }
    }

    package func terminate(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Empty>] {
        try await perform("machine.terminate", request.session) { session, faults in
            try await session.cloud.change { transaction in
                var ending: [String] = []
                let outcomes = request.ids.enumerated().map { index, id -> Outcome<Empty> in
                    if let error = faults.failingItems[index] { return .failed(error) }
                    if let stored = transaction.state.machines[id], stored.machine.state != .terminated {
                        ending.append(id)
                    }
                    return .done(Empty())
                }
                if !ending.isEmpty {
                    transaction.record(
                        DummyEntry(change: .init(ids: ending, state: .terminated, at: transaction.now)))
                }
                return outcomes
            }
        }
    }

    package func start(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await change("machine.start", request, to: .running)
    }

    package func stop(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await change("machine.stop", request, to: .stopped)
    }

    package func reboot(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await change("machine.reboot", request, to: .running)
    }

    private func change(
        _ call: String, _ request: MachinesRequest, to target: Machine.State
    ) async throws -> [Outcome<Machine>] {
        try await perform(call, request.session) { session, faults in
            try await session.cloud.change { transaction in
                var changing: [String] = []
                let problems = request.ids.enumerated().map { index, id -> ConnectorError? in
                    if let error = faults.failingItems[index] { return error }
                    guard let state = transaction.state.machines[id]?.seen(at: transaction.now).state,
                        state != .terminated
                    else { return Self.noMachine(id) }
                    switch state {
                    case .running, .stopped:
                        if call == "machine.reboot", state == .stopped {
                            return ConnectorError(
                                code: .invalidArgument, message: "machine '\(id)' is stopped: start it instead")
                        }
                        if state != target { changing.append(id) }
                        return nil
                    case .pending, .stopping:
                        return ConnectorError(
                            code: .aborted, message: "machine '\(id)' is \(state.rawValue): try again later")
                    case .failed, .unknown, .terminated:
                        return ConnectorError(
                            code: .invalidArgument, message: "machine '\(id)' is \(state.rawValue): remove it")
                    }
                }
                if !changing.isEmpty {
                    transaction.record(DummyEntry(change: .init(ids: changing, state: target, at: transaction.now)))
                }
                return zip(request.ids, problems).map { id, problem in
                    if let problem { return .failed(problem) }
                    guard let stored = transaction.state.machines[id] else { return .failed(Self.noMachine(id)) }
                    return .done(stored.seen(at: transaction.now))
                }
            }
        }
    }

    package func resize(_ request: ResizeRequest, context: CallContext) async throws -> Outcome<Machine> {
        try await perform("machine.resize", request.session) { session, faults in
            if let error = faults.failingItems[0] { return .failed(error) }
            guard DummyCatalog.knows(flavor: request.flavor), !request.flavor.isEmpty else {
                throw ConnectorError(
                    code: .invalidArgument, message: "the Dummy has no flavor '\(request.flavor)'", field: "flavor")
            }
            let step = DummyStep.resize(id: request.id, flavor: request.flavor)
            return try await self.begin(step, session) { $0.machine }
        }
    }

    package func console(_ request: MachineRequest, context: CallContext) async throws -> BulkLocation {
        try await perform("machine.console", request.session) { session, _ in
            let state = try await session.cloud.read { state, now in state.machines[request.id]?.seen(at: now).state }
            guard let state, state != .terminated else { throw Self.noMachine(request.id) }
            return BulkLocation(url: "data:text/plain,Dummy%20machine%20\(request.id)%20is%20\(state.rawValue)%0A")
        }
    }

    static func noMachine(_ id: String) -> ConnectorError {
        ConnectorError(code: .notFound, message: "the Dummy has no machine '\(id)'")
    }

    /// Order of creation: ids end in a growing number.
    static func precedes(_ left: String, _ right: String) -> Bool {
        (left.utf8.count, left) < (right.utf8.count, right)
    }

    /// A page of what was found; the token is the offset.
    static func page<Item: Sendable & Hashable & Codable>(
        _ items: [Item], _ token: String?, _ settings: DummySettings, maxAgeMs: Int? = nil
    ) throws -> Page<Item> {
        var start = 0
        if let token {
            guard let offset = Int(token), offset >= 0 else {
                throw ConnectorError(
                    code: .invalidArgument, message: "'\(token)' is no page of the Dummy", field: "page")
            }
            start = min(offset, items.count)
        }
        let end = min(start + settings.pageSize, items.count)
        return Page(
            items: Array(items[start..<end]), next: end < items.count ? String(end) : nil, maxAgeMs: maxAgeMs)
    }
}
