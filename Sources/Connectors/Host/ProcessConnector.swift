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
    /// How a process is kept.
    package struct Options: Sendable {
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
            options.errorTap = errorTap
            return options
        }
    }

    private struct HostSession {
        var request: OpenSessionRequest
        var secrets: Redactor.Secrets
        var remote: SessionID
        var generation: Int
        /// One reopening for all calls that need it.
        var reopening: Task<SessionID, any Error>?
    }

    private struct State {
        var description: ConnectorDescription
        /// The start of the process whose description it is.
        var generation = 0
        var sessions: [SessionID: HostSession] = [:]
    }

    private let options: Options
    private let supervisor: ConnectorSupervisor
    private let limiter: ConcurrencyLimiter
    private let redactor = Redactor()
    private let state: Mutex<State>

    /// A connector whose description is known, from discovery. Starts nothing.
    package init(command: ConnectorCommand, description: ConnectorDescription, options: Options = Options()) {
        var options = options
        options.logger[metadataKey: LogKey.connector] = .string(description.name)
        self.options = options
        supervisor = ConnectorSupervisor(
            name: description.name, command: command, options: options, redactor: redactor)
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
        let connector = ProcessConnector(command: command, description: description, options: options)
        do {
            _ = try await connector.running()
        } catch {
            await connector.stop()
            throw error
        }
        return connector
    }

    package var description: ConnectorDescription { state.withLock { $0.description } }

    /// The process id, while one runs.
    package var processID: Int32? { supervisor.processID }

    /// Whether it crashed too often lately and is tried once a minute only.
    package var isDegraded: Bool { supervisor.isDegraded }

    /// Ends the process: `shutdown`, end of input, SIGTERM, SIGKILL. Later calls are `unavailable`. Idempotent.
    package func stop() async {
        await supervisor.stop()
    }

    /// Kills the process as a crash would and waits for its end; the next call starts another. Does nothing where none
    /// runs.
    package func kill() async {
        guard let running = supervisor.current else { return }
        running.process.child.signal(SIGKILL)
        _ = await running.process.hasExited(within: .seconds(10))
    }

    /// Sends a request as JSON, with the connector's own id of its session, and gives the result as JSON. For the
    /// conformance kit.
    package func rawCall(_ method: String, _ params: JSONValue) async throws -> JSONValue {
        let running = try await running()
        var params = params
        if case .object(var members) = params, let session = members["session"]?.stringValue {
            members["session"] = .string(try await remote(SessionID(rawValue: session), running).0.rawValue)
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
        redactor.add(secrets)
        do {
            let running = try await running()
            var response = try await send(WireMethods.openSession, request, context, running, secrets)
            let id = SessionID(rawValue: "host-\(UUID().uuidString.lowercased())")
            state.withLock {
                $0.sessions[id] = HostSession(
                    request: request, secrets: secrets, remote: response.session, generation: running.generation)
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
            let running = try await running()
            _ = try await send(WireMethods.closeSession, CloseSessionRequest(session: session), context, running, .none)
            return
        }
        defer { redactor.remove(closed.secrets) }
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
                code: .pluginCrashed, message: "connector '\(supervisor.name)' ended before the call was made")
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

    private func running() async throws -> ConnectorSupervisor.Running {
        let running = try await supervisor.running()
        state.withLock { state in
            guard state.generation != running.generation else { return }
            state.generation = running.generation
            state.description = running.description
        }
        return running
    }

    /// A call within a session.
    func call<Request: SessionRequest, Response>(
        _ method: WireMethod<Request, Response>, _ request: Request, _ context: CallContext
    ) async throws -> Response {
        do {
            try await limiter.acquire()
        } catch {
            throw ConnectorError(code: .cancelled, message: "cancelled before \(method.name) was sent")
        }
        defer { limiter.release() }
        let running = try await running()
        var request = request
        let secrets: Redactor.Secrets
        (request.session, secrets) = try await remote(request.session, running)
        return try await send(method, request, context, running, secrets)
    }

    private func send<Request, Response>(
        _ method: WireMethod<Request, Response>, _ request: Request, _ context: CallContext,
        _ running: ConnectorSupervisor.Running, _ secrets: Redactor.Secrets
    ) async throws -> Response {
        let limit = context.deadlineMs.map { .milliseconds($0) } ?? options.callTimeout
        var context = context
        context.deadlineMs = context.deadlineMs ?? Int(limit.components.seconds) * 1000
        var bytes: [UInt8]
        do {
            bytes = try await running.process.call(
                method.name, try WireCodec.encode(request), context: context, limit: limit + options.deadlineGrace)
        } catch let error as WireError {
            throw Redactor.redact(error.connectorError, options.redactsAnswers ? secrets : .none)
        }
        if options.redactsAnswers { bytes = Redactor.redact(bytes, secrets) }
        do {
            return try WireCodec.decode(Response.self, from: bytes)
        } catch {
            throw ConnectorError(
                code: .protocolViolation,
                message: "connector '\(supervisor.name)' answered \(method.name) wrongly: \(WireCodec.explain(error))")
        }
    }
}
