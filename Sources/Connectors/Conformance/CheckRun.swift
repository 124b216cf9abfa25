public import ConnectorAPI
import Foundation

/// One run of one check: a recorded connector, tags of its own, and the words in which checks are written.
public final class CheckRun: Sendable {
    /// The connector; every call is recorded.
    public let connector: any Connector
    public let subject: ConnectorUnderTest
    /// Tags that only this run uses.
    public let tags: [String: String]
    let recording: RecordingConnector
    let transcript: Transcript

    init(_ subject: ConnectorUnderTest, check: String) {
        self.subject = subject
        transcript = Transcript()
        recording = RecordingConnector(subject.connector, transcript: transcript)
        connector = recording
        for credentials in [subject.settings.credentials, subject.settings.badCredentials].compactMap({ $0 }) {
            transcript.hide(credentials, schema: subject.connector.description.credentialSchema)
        }
        tags = ["gantry-conformance": UUID().uuidString.lowercased(), "gantry-check": check]
    }

    var settings: ConformanceSettings { subject.settings }

    func has(_ capability: Capability) -> Bool { connector.description.capabilities[capability] != nil }

    // MARK: Judging

    /// Fails the check unless the condition holds.
    public func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
        guard condition else { throw CheckEnd.failed(message()) }
    }

    /// Ends the check without a judgement.
    public func skip(_ reason: String) -> any Error { CheckEnd.skipped(reason) }

    /// Fails the check unless `body` throws an error of one of these codes.
    @discardableResult
    public func expectError(
        _ codes: ConnectorError.Code..., what: String, _ body: () async throws -> some Sendable
    ) async throws -> ConnectorError {
        let expected = codes.map(\.rawValue).joined(separator: " or ")
        do {
            let value = try await body()
            throw CheckEnd.failed(
                "\(what): expected the error \(expected), received \(transcript.said(Transcript.shown(value)))")
        } catch let error as ConnectorError {
            try expect(
                codes.contains(error.code),
                "\(what): expected the error \(expected), received \(transcript.said("\(error)"))")
            return error
        } catch let error as CheckEnd {
            throw error
        } catch {
            throw CheckEnd.failed(
                "\(what): expected the error \(expected), received \(transcript.said("\(error)"))")
        }
    }

    /// Fails the check unless the call fails with this code, as a whole or in its outcome.
    func expectFailure<Value>(
        _ code: ConnectorError.Code, what: String, _ body: () async throws -> Outcome<Value>
    ) async throws {
        let outcome: Outcome<Value>
        do {
            outcome = try await body()
        } catch let error as ConnectorError {
            outcome = .failed(error)
        }
        guard case .failed(let error) = outcome, error.code == code else {
            throw CheckEnd.failed(
                "\(what) gave \(transcript.said(Transcript.json(outcome))) instead of \(code.rawValue)")
        }
    }

    /// The value of a done outcome; anything else fails the check.
    public func done<Value>(_ outcome: Outcome<Value>, _ what: String) throws -> Value {
        switch outcome {
        case .done(let value): return value
        case .failed(let error): throw CheckEnd.failed("\(what): \(transcript.said("\(error)"))")
        case .inProgress: throw CheckEnd.failed("\(what): is still in progress")
        }
    }

    // MARK: Calling

    /// Opens a session with the credentials of the settings.
    public func open(extra credentials: [String: String] = [:]) async throws -> SessionID {
        try await connector.openSession(openRequest(extra: credentials), context: CallContext()).session
    }

    func openRequest(extra: [String: String] = [:]) -> OpenSessionRequest {
        var values = extra
        for key in settings.credentials.keys where values[key] == nil { values[key] = settings.credentials[key] }
        transcript.hide(Credentials(extra), schema: connector.description.credentialSchema)
        return OpenSessionRequest(
            credentials: Credentials(values), endpoint: settings.endpoint, config: settings.config)
    }

    /// A token that no other run uses.
    public func token() -> String { "check-\(UUID().uuidString.lowercased())" }

    /// Specifications of machines that the provider can launch.
    public func specs(_ session: SessionID, _ count: Int) async throws -> [MachineSpec] {
        let image = try await anImage(session)
        let flavor = try await aFlavor(session)
        let token = UUID().uuidString.lowercased().prefix(8)
        return (0..<count).map { index in
            let address =
                has(.existingMachines) && !settings.addresses.isEmpty
                ? settings.addresses[index % settings.addresses.count] : nil
            return MachineSpec(
                machineID: "check-\(token)-\(index)", name: "check-\(index)", image: image, flavor: flavor,
                interfaces: [.init(index: 0, network: settings.network, fixedAddress: address)],
                provider: settings.provider)
        }
    }

    private func anImage(_ session: SessionID) async throws -> String {
        if let image = settings.image { return image }
        guard has(.images) else { return "" }
        let page = try await connector.images(CatalogRequest(session: session), context: CallContext())
        guard let image = page.items.first else { throw skip("no image is set and the catalog has none") }
        return image.id
    }

    private func aFlavor(_ session: SessionID) async throws -> String {
        if let flavor = settings.flavor { return flavor }
        guard has(.flavors) else { return "" }
        let page = try await connector.flavors(CatalogRequest(session: session), context: CallContext())
        guard let flavor = page.items.min(by: { $0.memoryBytes < $1.memoryBytes }) else {
            throw skip("no flavor is set and the catalog has none")
        }
        return flavor.id
    }

    /// Launches a batch with the tags of this run.
    public func launch(
        _ session: SessionID, _ items: [MachineSpec], token: String
    ) async throws -> [Outcome<Machine>] {
        try await connector.launch(
            LaunchRequest(session: session, batchToken: token, items: items, tags: tags), context: CallContext())
    }

    /// Launches machines and fails the check where one is not launched.
    public func machines(_ session: SessionID, _ count: Int) async throws -> [Machine] {
        let outcomes = try await launch(session, try await specs(session, count), token: token())
        try expect(outcomes.count == count, "\(outcomes.count) outcomes for \(count) items")
        return try outcomes.enumerated().map { index, outcome in try done(outcome, "launch of item \(index)") }
    }

    public func describe(_ session: SessionID, _ ids: [String]) async throws -> [Outcome<Machine>] {
        let outcomes = try await connector.describe(
            MachinesRequest(session: session, ids: ids), context: CallContext())
        for case .done(let machine) in outcomes { try expectState(machine) }
        return outcomes
    }

    /// Fails the check where the connector said a state that there is not.
    func expectState(_ machine: Machine) throws {
        if let problem = machine.stateProblem {
            throw CheckEnd.failed("machine '\(machine.id)': \(transcript.said(problem))")
        }
    }

    public func terminate(_ session: SessionID, _ ids: [String]) async throws -> [Outcome<Empty>] {
        try await connector.terminate(MachinesRequest(session: session, ids: ids), context: CallContext())
    }

    /// All pages of a list.
    public func list(
        _ session: SessionID, tags: [String: String], kinds: [Resource.Kind]? = nil
    ) async throws -> [Resource] {
        var found: [Resource] = []
        var page: String?
        for _ in 0..<10_000 {
            let answer = try await connector.list(
                ListRequest(session: session, tags: tags, kinds: kinds, page: page), context: CallContext())
            found += answer.items
            guard let next = answer.next else { return found }
            try expect(next != page, "the page '\(next)' follows itself")
            page = next
        }
        throw CheckEnd.failed("the list does not end after 10,000 pages")
    }

    /// Live machines among what the tags find.
    func listedMachines(_ session: SessionID) async throws -> [Resource] {
        try await list(session, tags: tags, kinds: [.machine]).filter { $0.machine?.state != .terminated }
    }

    /// Asks again with growing delays until `judge` gives a value, for as long as the settings allow.
    public func wait<Value>(_ what: String, _ judge: () async throws -> Value?) async throws -> Value {
        let clock = ContinuousClock()
        let deadline = clock.now.advanced(by: .milliseconds(settings.waitMs))
        var delay = Duration.milliseconds(20)
        while true {
            if let value = try await judge() { return value }
            guard clock.now < deadline else {
                throw CheckEnd.failed("\(what) did not happen within \(settings.waitMs) ms")
            }
            try await clock.sleep(for: delay)
            delay = min(delay * 2, .seconds(5))
        }
    }

    /// Carries a call that answered `inProgress` to its end.
    func finish<Value>(
        _ session: SessionID, _ outcome: Outcome<Value>, _ what: String, _ pick: (StepResult) -> Value?
    ) async throws -> Value {
        guard case .inProgress(var progress) = outcome else { return try done(outcome, what) }
        return try await wait(what) {
            let next = try await connector.resume(
                ContinueRequest(session: session, state: progress.state), context: CallContext())
            if case .inProgress(let more) = next {
                progress = more
                return nil
            }
            let result = try done(next, what)
            guard let value = pick(result) else {
                throw CheckEnd.failed("\(what): continue gave another kind of result")
            }
            return value
        }
    }
}
