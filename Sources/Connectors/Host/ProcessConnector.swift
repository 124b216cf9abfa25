package import ConnectorAPI
import ConnectorWire
import Foundation
import Glibc
package import Logging
import Support
import Synchronization

/// A connector that runs as a child process and is used like one that is compiled in.
///
/// The process is started by the first call and again after it ended; sessions are then opened anew from the requests
/// that are kept in memory, so that the ids that callers hold stay good. Calls that were in flight at its end fail with
/// ``ConnectorError/Code/pluginCrashed`` and are the caller's to repeat. May be used concurrently; a cancelled call is
/// cancelled in the connector, too.
package final class ProcessConnector: Connector {
    /// Who shares a process.
    package enum Isolation: String, Sendable, Hashable, Codable {
        /// All users of the connector.
        case connector
        /// Nobody: each user, told apart by the credentials, has a process.
        case user
    }

    /// How a process is kept.
    package struct Options: Sendable {
        package var isolation = Isolation.connector
        /// A user's own process without calls for so long is ended; it is started again when it is needed.
        package var idleAfter: Duration = .seconds(600)
        /// Settings of every session that does not set them itself.
        package var sessionDefaults: [String: JSONValue] = [:]
        /// Whether calls are refused here whose capability is not announced; the conformance kit makes them all the same.
        package var asksOnlyAnnounced = true
        package var startTimeout: Duration = .seconds(30)
        /// Deadline of calls that bring none.
        package var callTimeout: Duration = .seconds(300)
        /// How long after a call's deadline the host waits for the connector to say so itself.
        package var deadlineGrace: Duration = .seconds(2)
        package var cancelGrace: Duration = .seconds(5)
        package var pingInterval: Duration = .seconds(30)
        package var pingTimeout: Duration = .seconds(30)
        /// Between `shutdown`, SIGTERM and SIGKILL.
        package var stopGrace: Duration = .seconds(5)
        /// A restart that is due within this time is waited for instead of being refused.
        package var longestWait: Duration = .seconds(5)
        package var maxConcurrentCalls = 64
        package var supervision = SupervisionRecord.Policy()
        package var hostVersion = "1"
        package var logger: Logger
        /// Sees every line of standard error before redaction; for tests and the conformance kit.
        package var errorTap: (@Sendable (String) -> Void)?
        /// Whether answers are searched for secrets; the conformance kit looks for itself.
        package var redactsAnswers = true

        package init(logger: Logger = Logger(label: "connector")) {
            self.logger = logger
        }

        /// For the conformance kit, which kills the process on purpose and looks for secrets itself: no log, no
        /// redaction, no pause after a crash.
        ///
        /// - Parameter errorTap: Sees every line of standard error.
        package static func forConformance(errorTap: @escaping @Sendable (String) -> Void) -> Options {
            var options = Options(logger: Logger(label: "connector") { _ in SwiftLogNoOpLogHandler() })
            options.supervision.base = .milliseconds(10)
            options.supervision.crashLimit = .max
            options.supervision.healthyAfter = .zero
            options.redactsAnswers = false
            options.asksOnlyAnnounced = false
            options.errorTap = errorTap
            return options
        }
    }

    private struct HostSession {
        var request: OpenSessionRequest
        var tenant: Tenants.Tenant
        var secrets: Redactor.Secrets
        var remote: SessionID
        var generation: Int
        /// One reopening for all calls that need it.
        var reopening: Task<SessionID, any Error>?
    }

    private struct State {
        var description: ConnectorDescription
        /// The latest process whose description was taken.
        var described: ObjectIdentifier?
        var sessions: [SessionID: HostSession] = [:]
    }

    private let options: Options
    private let name: String
    private let tenants: Tenants
    private let limiter: ConcurrencyLimiter
    private let redactor = Redactor()
    private let state: Mutex<State>

    /// A connector whose description is known, from discovery. Starts nothing.
    package convenience init(
        command: ConnectorCommand, description: ConnectorDescription, options: Options = Options()
    ) {
        self.init(command, description, options, known: description)
    }

    /// - Parameter known: What the connector said of itself when it was found.
    private init(
        _ command: ConnectorCommand, _ description: ConnectorDescription, _ options: Options,
        known: ConnectorDescription?
    ) {
        var options = options
        options.logger[metadataKey: LogKey.connector] = .string(description.name)
        self.options = options
        name = description.name
        let (settings, redactor, name) = (options, redactor, description.name)
        let starts = LockedValue(0)
        tenants = Tenants(idleAfter: options.idleAfter) {
            ConnectorSupervisor(
                name: name, command: command, options: settings, redactor: redactor, known: known,
                nextGeneration: {
                    starts.withLock { starts in
                        starts += 1
                        return starts
                    }
                })
        }
        let wished = description.requirements.maxConcurrentCalls ?? options.maxConcurrentCalls
        limiter = ConcurrencyLimiter(limit: min(wished, options.maxConcurrentCalls))
        state = Mutex(State(description: description))
    }

    /// Starts a command to learn what it is.
    ///
    /// - Throws: ``ConnectorError`` where it cannot be started or does not speak the protocol.
    package static func connect(
        _ command: ConnectorCommand, options: Options = Options()
    ) async throws -> ProcessConnector {
        let fileName = command.path.split(separator: "/").last.map(String.init) ?? command.path
        let name = fileName.hasPrefix("connector-") ? String(fileName.dropFirst("connector-".count)) : fileName
        let description = ConnectorDescription(name: name, version: "", title: name, providerTypes: [])
        let connector = ProcessConnector(command, description, options, known: nil)
        do {
            _ = try await connector.running(nil)
        } catch {
            await connector.stop()
            throw error
        }
        return connector
    }

    package var description: ConnectorDescription { state.withLock { $0.description } }

    /// The process id, while one runs.
    package var processID: Int32? { processIDs.first }

    /// The ids of all its processes that run.
    package var processIDs: [Int32] { tenants.all.compactMap(\.processID) }

    /// Whether it crashed too often lately and is tried once a minute only.
    package var isDegraded: Bool { tenants.all.contains { $0.isDegraded } }

    /// Ends the process: `shutdown`, end of input, SIGTERM, SIGKILL. Later calls are `unavailable`. Idempotent.
    package func stop() async {
        await tenants.stop()
    }

    /// Kills the process as a crash would and waits for its end; the next call starts another. Does nothing where none
    /// runs.
    package func kill() async {
        for running in tenants.all.compactMap(\.current) {
            running.process.child.signal(SIGKILL)
            _ = await running.process.hasExited(within: .seconds(10))
        }
    }

    /// Kills the processes of all connectors that this process started: its last act, where nobody waits any more.
    package static func killAll() {
        ConnectorChild.killAll()
    }

    /// Sends a request as JSON, with the connector's own id of its session, and gives the result as JSON. For the
    /// conformance kit.
    package func rawCall(_ method: String, _ params: JSONValue) async throws -> JSONValue {
        var params = params
        let session = params["session"]?.stringValue.map { SessionID(rawValue: $0) }
        let running = try await running(session.flatMap(tenant))
        if case .object(var members) = params, let session {
            members["session"] = .string(try await remote(session, running).0.rawValue)
            params = .object(members)
        }
        do {
            let bytes = try await running.process.call(
                method, try WireCodec.encode(params), context: CallContext(), limit: options.callTimeout)
            return try WireCodec.decode(JSONValue.self, from: bytes)
        } catch let error as WireError {
            throw error.connectorError
        }
    }

    // MARK: Sessions

    package func openSession(_ request: OpenSessionRequest, context: CallContext) async throws -> OpenSessionResponse {
        let secrets = Redactor.secrets(of: request.credentials, schema: description.credentialSchema)
        let tenant = options.isolation == .user ? request.credentials : nil
        var request = request
        request.config.merge(options.sessionDefaults) { own, _ in own }
        redactor.add(secrets)
        do {
            let running = try await running(tenant)
            var response = try await send(WireMethods.openSession, request, context, running, secrets)
            let id = SessionID(rawValue: "host-\(UUID().uuidString.lowercased())")
            state.withLock {
                $0.sessions[id] = HostSession(
                    request: request, tenant: tenant, secrets: secrets, remote: response.session,
                    generation: running.generation)
            }
            response.session = id
            return response
        } catch {
            redactor.remove(secrets)
            throw error
        }
    }

    package func closeSession(_ session: SessionID, context: CallContext) async throws {
        guard let closed = state.withLock({ $0.sessions.removeValue(forKey: session) }) else {
            // Not ours: what the connector says about it is the answer.
            let running = try await running(nil)
            _ = try await send(WireMethods.closeSession, CloseSessionRequest(session: session), context, running, .none)
            return
        }
        defer { redactor.remove(closed.secrets) }
        let supervisor = try tenants.supervisor(of: closed.tenant, name: name)
        guard let running = supervisor.current, running.generation == closed.generation else { return }
        _ = try await send(
            WireMethods.closeSession, CloseSessionRequest(session: closed.remote), context, running, closed.secrets)
    }

    /// The connector's own id of a session, opened anew where the process is a new one.
    private func remote(
        _ session: SessionID, _ running: ConnectorSupervisor.Running
    ) async throws -> (SessionID, secrets: Redactor.Secrets) {
        let (found, task) = state.withLock { state -> (HostSession?, Task<SessionID, any Error>?) in
            guard var found = state.sessions[session] else { return (nil, nil) }
            if found.generation == running.generation, found.reopening == nil { return (found, nil) }
            if found.generation == running.generation { return (found, found.reopening) }
            // A later process runs already: the one of this call is gone.
            if found.generation > running.generation { return (found, nil) }
            let request = found.request
            let secrets = found.secrets
            // Unstructured: many callers wait for one reopening, and the first may be cancelled.
            let task = Task {
                try await self.reopen(session, request, secrets, running)
            }
            found.reopening = task
            found.generation = running.generation
            state.sessions[session] = found
            return (found, task)
        }
        guard let found else { return (session, .none) }
        if found.generation > running.generation {
            throw ConnectorError(
                code: .pluginCrashed, message: "connector '\(name)' ended before the call was made")
        }
        if let task { return (try await task.value, found.secrets) }
        return (found.remote, found.secrets)
    }

    private func reopen(
        _ session: SessionID, _ request: OpenSessionRequest, _ secrets: Redactor.Secrets,
        _ running: ConnectorSupervisor.Running
    ) async throws -> SessionID {
        do {
            let response = try await send(WireMethods.openSession, request, CallContext(), running, secrets)
            state.withLock { state in
                guard state.sessions[session]?.generation == running.generation else { return }
                state.sessions[session]?.remote = response.session
                state.sessions[session]?.reopening = nil
            }
            return response.session
        } catch {
            state.withLock { state in
                guard state.sessions[session]?.generation == running.generation else { return }
                // The next call tries again.
                state.sessions[session]?.generation = -1
                state.sessions[session]?.reopening = nil
            }
            throw error
        }
    }

    // MARK: Calls

    private func tenant(of session: SessionID) -> Tenants.Tenant {
        options.isolation == .user ? state.withLock { $0.sessions[session]?.tenant } : nil
    }

    private func running(_ tenant: Tenants.Tenant) async throws -> ConnectorSupervisor.Running {
        let running = try await tenants.supervisor(of: tenant, name: name).running()
        state.withLock { state in
            let process = ObjectIdentifier(running.process)
            guard state.described != process else { return }
            state.described = process
            state.description = running.description
        }
        return running
    }

    /// A call within a session.
    func call<Request: SessionRequest, Response>(
        _ method: WireMethod<Request, Response>, _ request: Request, _ context: CallContext
    ) async throws -> Response {
        if options.asksOnlyAnnounced, let capability = method.capability,
            description.capabilities[capability] == nil
        {
            throw ConnectorError(
                code: .unsupported,
                message: "connector '\(name)' does not announce '\(capability.rawValue)', which \(method.name) needs")
        }
        do {
            try await limiter.acquire()
        } catch {
            throw ConnectorError(code: .cancelled, message: "cancelled before \(method.name) was sent")
        }
        defer { limiter.release() }
        let running = try await running(tenant(of: request.session))
        var request = request
        let secrets: Redactor.Secrets
        (request.session, secrets) = try await remote(request.session, running)
        return try await send(method, request, context, running, secrets)
    }

    private func send<Request, Response>(
        _ method: WireMethod<Request, Response>, _ request: Request, _ context: CallContext,
        _ running: ConnectorSupervisor.Running, _ secrets: Redactor.Secrets
    ) async throws -> Response {
        // The lower one: of who calls, and of the connector's settings.
        let own = Int(options.callTimeout / .milliseconds(1))
        var context = context
        let deadline = min(context.deadlineMs ?? own, own)
        context.deadlineMs = deadline
        let limit = Duration.milliseconds(deadline)
        var bytes: [UInt8]
        do {
            bytes = try await running.process.call(
                method.name, try WireCodec.encode(request), context: context, limit: limit + options.deadlineGrace)
        } catch let error as WireError {
            throw judged(
                Redactor.redact(error.connectorError, options.redactsAnswers ? secrets : .none), method.name,
                method.capability)
        }
        if options.redactsAnswers { bytes = Redactor.redact(bytes, secrets) }
        do {
            return try WireCodec.decode(Response.self, from: bytes)
        } catch {
            throw ConnectorError(
                code: .protocolViolation,
                message: "connector '\(name)' answered \(method.name) wrongly: \(WireCodec.explain(error))")
        }
    }

    /// An error with what is known here of its cause: a connector that announces what it does not have.
    private func judged(_ error: ConnectorError, _ method: String, _ capability: Capability?) -> ConnectorError {
        guard error.code == .unsupported, let capability, options.asksOnlyAnnounced,
            description.capabilities[capability] != nil
        else { return error }
        var error = error
        error.message =
            "connector '\(name)' announces '\(capability.rawValue)' and does not have \(method): \(error.message); tell its "
            + "author, `gantry connector check` shows it"
        return error
    }
}
