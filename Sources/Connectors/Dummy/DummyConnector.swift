package import ConnectorAPI
package import Foundation
import Synchronization

/// A cloud for tests and for trying things out: machines exist on paper only.
///
/// Its state lives in a file that outlives the connector and its host (setting `stateFile`), so that a test counts what
/// is really there after a crash; without a file in the memory of this value, shared by its sessions. A fault script
/// (setting `faults`) makes calls fail, hang, wait, or end the process before or after their effect. To users it looks
/// like the Dummy of IM: any image URL is accepted, machines run at once, and their address is 10.0.0.1.
///
/// Every call may run concurrently; idempotency is as the contract says, for as long as the file is kept.
package final class DummyConnector: Connector {
    /// Defaults of all sessions.
    package struct Configuration: Sendable {
        /// File of sessions that name none; nil: memory.
        package var stateFile: String?
        /// The time; replaced in tests.
        package var now: @Sendable () -> Date

        package init(stateFile: String? = nil, now: @escaping @Sendable () -> Date = { Date() }) {
            self.stateFile = stateFile
            self.now = now
        }

        /// The file from `GANTRY_DUMMY_STATE`, where that is set.
        package static func fromEnvironment() -> Configuration {
            Configuration(stateFile: ProcessInfo.processInfo.environment["GANTRY_DUMMY_STATE"])
        }
    }

    struct Session: Sendable {
        var settings: DummySettings
        var cloud: DummyCloud
        var expires: Date?
    }

    private struct Shared {
        var sessions: [SessionID: Session] = [:]
        var clouds: [String?: DummyCloud] = [:]
    }

    private let configuration: Configuration
    private let shared = Mutex(Shared())

    package init(configuration: Configuration = .fromEnvironment()) {
        self.configuration = configuration
    }

    package let description = ConnectorDescription(
        name: "dummy", version: "1.0.0", title: "Dummy cloud", providerTypes: ["Dummy"], imageSchemes: ["*"],
        capabilities: [
            .resume: 1, .flavors: 1, .images: 1, .plan: 1, .start: 1, .stop: 1, .reboot: 1, .resize: 1, .snapshot: 1,
            .console: 1, .volumes: 1, .networks: 1, .securityGroups: 1, .publicAddresses: 1, .keyPairs: 1,
            .imageUpload: 1, .imageDelete: 1, .quotas: 1, .spot: 1, .price: 1, .progress: 1, .userData: 1,
        ],
        configSchema: DummySettings.schema,
        credentialSchema: [
            "type": "object",
            "properties": ["username": ["type": "string"], "password": ["type": "string", "format": "password"]],
        ],
        requirements: .init(maxConcurrentCalls: 256))

    // MARK: Sessions

    package func openSession(_ request: OpenSessionRequest, context: CallContext) async throws -> OpenSessionResponse {
        var defaults = DummySettings()
        defaults.stateFile = configuration.stateFile
        let settings = try DummySettings(request, defaults: defaults)
        let account = request.credentials["username"] ?? "dummy"
        if settings.rejectUsers.contains(account) {
            throw ConnectorError(
                code: .unauthenticated,
                message: "the Dummy does not accept user '\(account)': check username and password of its auth line")
        }
        let session = SessionID(rawValue: UUID().uuidString.lowercased())
        let cloud = shared.withLock { shared in
            let cloud =
                shared.clouds[settings.stateFile]
                ?? DummyCloud(path: settings.stateFile, syncs: settings.syncs, now: configuration.now)
            shared.clouds[settings.stateFile] = cloud
            return cloud
        }
        let faults = try await plan(settings, cloud, "session.open")
        try await faults.before()
        let expires = settings.sessionMs.map { configuration.now().addingTimeInterval(Double($0) / 1000) }
        shared.withLock {
            $0.sessions[session] = Session(settings: settings, cloud: cloud, expires: expires)
        }
        try faults.after()
        return OpenSessionResponse(session: session, account: account, expiresAfterMs: settings.sessionMs)
    }

    package func closeSession(_ session: SessionID, context: CallContext) async throws {
        shared.withLock { _ = $0.sessions.removeValue(forKey: session) }
    }

    /// Finds the session, then runs `body` between what the fault script says.
    func perform<Value: Sendable>(
        _ call: String, _ id: SessionID,
        _ body: (Session, DummyFaultPlan) async throws -> Value
    ) async throws -> Value {
        let found = shared.withLock { $0.sessions[id] }
        guard let session = found, session.expires.map({ $0 > configuration.now() }) ?? true else {
            throw ConnectorError(code: .unauthenticated, message: "the session is not open; open it again")
        }
        let faults = try await plan(session.settings, session.cloud, call)
        try await faults.before()
        let value = try await body(session, faults)
        try faults.after()
        return value
    }

    /// Counts this call for the rules that match it.
    private func plan(
        _ settings: DummySettings, _ cloud: DummyCloud, _ call: String
    ) async throws -> DummyFaultPlan {
        let rules = settings.faults.filter { $0.matches(call) }
        guard !rules.isEmpty else { return DummyFaultPlan() }
        return try await cloud.change { transaction in
            var hits: [DummyFault] = []
            for rule in rules {
                let number = transaction.state.counts[rule.key, default: 0] + 1
                transaction.record(DummyEntry(count: .init(rule: rule.key, calls: number)))
                if rule.hits(number) { hits.append(rule) }
            }
            return DummyFaultPlan(hits)
        }
    }
}
