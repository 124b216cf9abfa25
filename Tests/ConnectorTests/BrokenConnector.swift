import ConnectorAPI
import Dummy
import Foundation
import Synchronization

/// A Dummy that breaks one rule on purpose.
final class BrokenConnector: Connector {
    enum Fault: String, CaseIterable, Sendable {
        case none, ignoresTokens, sharesTokens, reversesOutcomes, knowsEverything, refusesUnknownEnd, keepsMachines
        case ignoresTags, losesItemTags, endlessPages, repeatsItems, acceptsAnySession, forgetsNoSession
        case leaksPassword, countsMegabytes, ignoresDeadlines, hangsWhenCancelled, answersUnannounced, forgetful,
            hidesToken
        case acceptsImpossible, neverRuns, duplicatesGroups, mixesLaunches, badName, acceptsBadCredentials
    }

    private let fault: Fault
    private let inner: Mutex<DummyConnector>
    private let state = Mutex(State())

    private struct State {
        var passwords: [SessionID: String] = [:]
        var lastLaunch: [Outcome<Machine>]?
        var requests: [SessionID: OpenSessionRequest] = [:]
        var sessions: [SessionID: SessionID] = [:]
    }

    init(_ fault: Fault) {
        self.fault = fault
        inner = Mutex(DummyConnector(configuration: .init()))
    }

    private var dummy: DummyConnector { inner.withLock { $0 } }

    /// As after kill -9: what is in memory is gone.
    func restart() async throws {
        if fault == .forgetful {
            // The Dummy makes ids of the time: other ones than before, however fast this is.
            let later = DummyConnector(configuration: .init(now: { Date().addingTimeInterval(60) }))
            inner.withLock { $0 = later }
        }
        for (session, request) in state.withLock({ $0.requests }) {
            let new = try await dummy.openSession(request, context: noContext).session
            state.withLock { $0.sessions[session] = new }
        }
    }

    var description: ConnectorDescription {
        var description = dummy.description
        description.capabilities = [.flavors: 1, .images: 1, .start: 1, .stop: 1, .securityGroups: 1, .resume: 1]
        if fault == .answersUnannounced { description.capabilities[.flavors] = nil }
        if fault == .badName { description.name = "Dummy Cloud" }
        return description
    }

    private func real(_ session: SessionID) async throws -> SessionID {
        if let known = state.withLock({ $0.sessions[session] }) { return known }
        if fault == .acceptsAnySession { return try await dummy.open() }
        return session
    }

    // MARK: Mandatory

    func openSession(_ request: OpenSessionRequest, context: CallContext) async throws -> OpenSessionResponse {
        var request = request
        if fault == .acceptsBadCredentials { request.credentials = Credentials([:]) }
        let response = try await dummy.openSession(request, context: context)
        state.withLock { state in
            state.passwords[response.session] = request.credentials["password"]
            state.requests[response.session] = request
            state.sessions[response.session] = response.session
        }
        return response
    }

    func closeSession(_ session: SessionID, context: CallContext) async throws {
        if fault == .forgetsNoSession { return }
        try await dummy.closeSession(real(session), context: context)
        state.withLock { state in
            state.requests[session] = nil
            state.sessions[session] = nil
        }
    }

    func launch(_ request: LaunchRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        var request = request
        request.session = try await real(request.session)
        switch fault {
        case .ignoresTokens: request.batchToken = UUID().uuidString
        case .sharesTokens:
            if let last = state.withLock({ $0.lastLaunch }), last.count == request.items.count { return last }
        case .acceptsImpossible:
            for index in request.items.indices { request.items[index].flavor = "" }
        case .losesItemTags:
            for index in request.items.indices { request.items[index].tags = [:] }
        default: break
        }
        let outcomes = try await dummy.launch(request, context: context)
        switch fault {
        case .reversesOutcomes: return outcomes.reversed()
        case .mixesLaunches:
            // The answer of the call before.
            return state.withLock { state in
                defer { state.lastLaunch = outcomes }
                return state.lastLaunch?.count == outcomes.count ? state.lastLaunch ?? outcomes : outcomes
            }
        default:
            state.withLock { $0.lastLaunch = outcomes }
            return outcomes
        }
    }

    func describe(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        var request = request
        request.session = try await real(request.session)
        if fault == .hangsWhenCancelled, Task.isCancelled {
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        }
        let outcomes = try await dummy.describe(request, context: context)
        return zip(request.ids, outcomes).map { id, outcome in
            switch (fault, outcome) {
            case (.knowsEverything, .failed): return .done(Machine(id: id, state: .terminated))
            case (.neverRuns, .done(var machine)):
                machine.state = .pending
                return .done(machine)
            case (.leaksPassword, .failed(var error)):
                error.message += " with password \(state.withLock { $0.passwords[request.session] } ?? "")"
                return .failed(error)
            default: return outcome
            }
        }
    }

    func list(_ request: ListRequest, context: CallContext) async throws -> Page<Resource> {
        var request = request
        request.session = try await real(request.session)
        switch fault {
        case .ignoresTags: request.tags["gantry-check"] = nil
        case .ignoresDeadlines: try await Task.sleep(for: .seconds(3))
        default: break
        }
        if fault == .endlessPages {
            let page = Int(request.page ?? "0") ?? 0
            return Page(items: [], next: String(page + 1))
        }
        var page = try await dummy.list(request, context: context)
        if fault == .hidesToken, request.tags[LaunchRequest.batchTag] != nil { page.items = [] }
        if fault == .repeatsItems { page.items += page.items }
        return page
    }

    func terminate(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Empty>] {
        var request = request
        request.session = try await real(request.session)
        if fault == .keepsMachines { return request.ids.map { _ in .done(Empty()) } }
        let known = try await dummy.describe(request, context: context)
        let outcomes = try await dummy.terminate(request, context: context)
        guard fault == .refusesUnknownEnd else { return outcomes }
        return zip(known, outcomes).map { known, outcome in known.error.map { .failed($0) } ?? outcome }
    }

    // MARK: Optional

    func flavors(_ request: CatalogRequest, context: CallContext) async throws -> Page<Flavor> {
        var request = request
        request.session = try await real(request.session)
        var page = try await dummy.flavors(request, context: context)
        if fault == .countsMegabytes {
            for index in page.items.indices { page.items[index].memoryBytes >>= 20 }
        }
        return page
    }

    func images(_ request: CatalogRequest, context: CallContext) async throws -> Page<Image> {
        var request = request
        request.session = try await real(request.session)
        return try await dummy.images(request, context: context)
    }

    func start(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        var request = request
        request.session = try await real(request.session)
        return try await dummy.start(request, context: context)
    }

    func stop(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        var request = request
        request.session = try await real(request.session)
        return try await dummy.stop(request, context: context)
    }

    func ensureSecurityGroup(
        _ request: EnsureRequest<SecurityGroupSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        var request = request
        request.session = try await real(request.session)
        // The Dummy tells groups apart by their tags.
        if fault == .duplicatesGroups { request.tags["again"] = UUID().uuidString }
        return try await dummy.ensureSecurityGroup(request, context: context)
    }

    func delete(_ request: DeleteResourceRequest, context: CallContext) async throws -> Outcome<Empty> {
        var request = request
        request.session = try await real(request.session)
        return try await dummy.delete(request, context: context)
    }
}
