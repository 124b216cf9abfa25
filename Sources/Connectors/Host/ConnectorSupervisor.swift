import ConnectorAPI
import ConnectorWire
import Foundation
import Logging
import Support
import Synchronization

/// Keeps one connector's process: started at the first call, started again after a crash with growing delays, tried once
/// a minute when it crashes too often.
final class ConnectorSupervisor: Sendable {
    /// A process after its handshake.
    struct Running: Sendable {
        var process: ConnectorProcess
        var description: ConnectorDescription
        /// Grows with every start, over all processes of the connector.
        var generation: Int
    }

    private struct State {
        var record: SupervisionRecord
        var running: Running?
        var starting: Task<Running, any Error>?
        var isStopped = false
        var lastProblem: String?
        /// Every process that is not over.
        var alive: [ObjectIdentifier: ConnectorProcess] = [:]
    }

    let name: String
    /// What it said of itself when it was found; nil: it was not asked.
    private let known: ConnectorDescription?
    private let nextGeneration: @Sendable () -> Int
    private let command: ConnectorCommand
    private let options: ProcessConnector.Options
    let redactor: Redactor
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameters:
    ///   - known: What it said of itself when it was found: a process of another name is refused, other differences are
    ///     told of.
    ///   - nextGeneration: Numbers the starts of all processes of the connector.
    init(
        name: String, command: ConnectorCommand, options: ProcessConnector.Options, redactor: Redactor,
        known: ConnectorDescription?,
        nextGeneration: @escaping @Sendable () -> Int
    ) {
        self.nextGeneration = nextGeneration
        self.known = known
        self.name = name
        self.command = command
        self.options = options
        self.redactor = redactor
        logger = options.logger
        state = Mutex(State(record: SupervisionRecord(policy: options.supervision)))
    }

    /// The process id, while one runs.
    var processID: Int32? { state.withLock { $0.running?.process.child.id } }

    /// The process that runs now, without starting one.
    var current: Running? {
        state.withLock { $0.running.flatMap { $0.process.isUsable ? $0 : nil } }
    }

    /// Whether it crashed too often lately.
    var isDegraded: Bool { state.withLock { $0.record.isDegraded(at: .now) } }

    /// The running process; starts one where there is none.
    ///
    /// A short delay after a crash is waited for; a longer one is `unavailable` with the time of the next try.
    func running() async throws -> Running {
        while true {
            let step = try state.withLock { try next(&$0) }
            switch step {
            case .use(let running): return running
            case .join(let task): return try await task.value
            case .wait(let until): try await ContinuousClock().sleep(until: until)
            case .end(let process):
                guard await process.hasExited(within: .seconds(10)) else {
                    throw ConnectorError(
                        code: .unavailable, message: "connector '\(name)' is broken and does not end",
                        retryAfterMs: 10_000)
                }
            }
        }
    }

    private enum Step {
        case use(Running)
        case join(Task<Running, any Error>)
        case wait(ContinuousClock.Instant)
        case end(ConnectorProcess)
    }

    private func next(_ state: inout State) throws -> Step {
        if state.isStopped {
            throw ConnectorError(code: .unavailable, message: "connector '\(name)' is stopped")
        }
        if let running = state.running {
            return running.process.isUsable ? .use(running) : .end(running.process)
        }
        if let starting = state.starting { return .join(starting) }
        let now = ContinuousClock.now
        if let earliest = state.record.earliestStart(at: now) {
            let left = earliest - now
            if left <= options.longestWait { return .wait(earliest) }
            throw refusal(state, left, now)
        }
        let generation = nextGeneration()
        // Unstructured: many callers wait for one start, and the first may be cancelled.
        let task = Task { try await self.start(generation) }
        state.starting = task
        return .join(task)
    }

    private func refusal(_ state: State, _ left: Duration, _ now: ContinuousClock.Instant) -> ConnectorError {
        let (seconds, attoseconds) = left.components
        let milliseconds = Int(seconds * 1000) + Int(attoseconds / 1_000_000_000_000_000)
        let cause = state.lastProblem.map { " (\($0))" } ?? ""
        let wait = (milliseconds + 999) / 1000
        let message =
            state.record.isDegraded(at: now)
            ? "connector '\(name)' is degraded: it ended \(state.record.recentCrashes(at: now)) times lately\(cause); "
                + "next try in \(wait) s"
            : "connector '\(name)' ended\(cause); it is started again in \(wait) s"
        return ConnectorError(code: .unavailable, message: message, retryAfterMs: milliseconds)
    }

    private func start(_ generation: Int) async throws -> Running {
        do {
            if let wanted = command.sha256 {
                let file = command.executable ?? command.path
                let found = try await FileDigest.sha256(file)
                guard found == wanted else {
                    throw ConnectorError(
                        code: .permissionDenied,
                        message: "connector '\(name)' is not started: the SHA-256 of '\(file)' is \(found), "
                            + "the configuration wants \(wanted)")
                }
            }
            let process = try ConnectorProcess(command, settings) { [weak self] process, expected in
                self?.ended(process, expected: expected)
            }
            state.withLock { state in
                // One that is over already was or will be reported to `ended`, which then finds nothing to remove.
                if !process.isOver { state.alive[ObjectIdentifier(process)] = process }
            }
            do {
                let description = try await handshake(process)
                let running = Running(process: process, description: description, generation: generation)
                try state.withLock { state in
                    guard !process.isOver else {
                        throw ConnectorError(
                            code: .pluginCrashed, message: "connector '\(name)' ended right after its start")
                    }
                    state.starting = nil
                    state.running = running
                    state.record.started(at: .now)
                }
                logger.info(
                    "connector '\(name)' started",
                    metadata: ["pid": "\(process.child.id)", "version": "\(description.version)"])
                return running
            } catch {
                // Its end is counted once, by `ended`.
                process.child.signal(9)
                throw Failure(error: error, counted: true)
            }
        } catch {
            let failure = error as? Failure ?? Failure(error: error, counted: false)
            state.withLock { state in
                state.starting = nil
                if !failure.counted { state.record.crashed(at: .now) }
                state.lastProblem = (failure.error as? ConnectorError)?.message ?? "\(failure.error)"
            }
            throw failure.error
        }
    }

    private struct Failure: Error {
        var error: any Error
        var counted: Bool
    }

    private var settings: ConnectorProcess.Settings {
        ConnectorProcess.Settings(
            name: name, pingInterval: options.pingInterval, pingTimeout: options.pingTimeout,
            cancelGrace: options.cancelGrace, logger: logger, redactor: redactor, errorTap: options.errorTap)
    }

    private func handshake(_ process: ConnectorProcess) async throws -> ConnectorDescription {
        let request = InitializeRequest(
            protocolVersions: [InitializeResponse.currentVersion],
            host: .init(name: "gantry", version: options.hostVersion),
            limits: .init(
                maxMessageBytes: WireCodec.maxMessageBytes, maxConcurrentCalls: options.maxConcurrentCalls))
        let bytes: [UInt8]
        do {
            bytes = try await process.call(
                WireMethods.initialize, try WireCodec.encode(request), context: CallContext(),
                limit: options.startTimeout)
        } catch let error as WireError {
            throw redacted(error.connectorError)
        }
        let response: InitializeResponse
        do {
            response = try WireCodec.decode(InitializeResponse.self, from: bytes)
        } catch {
            throw ConnectorError(
                code: .protocolViolation,
                message: "connector '\(name)' answered initialize wrongly: \(WireCodec.explain(error))")
        }
        guard response.protocolVersion == InitializeResponse.currentVersion else {
            throw ConnectorError(
                code: .unsupported,
                message: "connector '\(name)' chose protocol version \(response.protocolVersion); this host speaks "
                    + "\(InitializeResponse.currentVersion): install a version of it that does, too")
        }
        guard known.map({ $0.name == response.description.name }) ?? true else {
            throw ConnectorError(
                code: .protocolViolation,
                message: "'\(command.executable ?? command.path)' was connector '\(name)' when it was found and is "
                    + "'\(response.description.name)' now: start the server again, or put the right file there")
        }
        if let known { tellDifferences(known, response.description) }
        return response.description
    }

    /// Users are sent to a connector by what it said when it was found.
    private func tellDifferences(_ known: ConnectorDescription, _ now: ConnectorDescription) {
        func text(_ words: some Sequence<String>) -> String {
            let sorted = words.sorted().map(OneLine.text)
            return sorted.isEmpty ? "none" : sorted.joined(separator: ", ")
        }
        let pairs = [
            ("providerTypes", text(known.providerTypes), text(now.providerTypes)),
            (
                "capabilities", text(known.capabilities.keys.map(\.rawValue)),
                text(now.capabilities.keys.map(\.rawValue))
            ),
        ]
        for (member, before, after) in pairs where before != after {
            logger.error(
                """
                connector '\(name)' answers initialize with the \(member) \(after), and describe gave \(before): the \
                two must be equal (rule D1); after an update of its file start this program again
                """)
        }
    }

    private func redacted(_ error: ConnectorError) -> ConnectorError {
        var error = error
        error.message = OneLine.text(redactor.redact(error.message))
        return error
    }

    private func ended(_ process: ConnectorProcess, expected: Bool) {
        let ending = process.child.ending?.description ?? "ended"
        let isDegraded = state.withLock { state -> Bool in
            state.alive[ObjectIdentifier(process)] = nil
            if state.running?.process === process { state.running = nil }
            guard !expected, !state.isStopped else { return false }
            state.record.crashed(at: .now)
            state.lastProblem = "it \(ending)"
            return state.record.isDegraded(at: .now)
        }
        guard !expected else { return }
        logger.warning(
            "connector '\(name)' \(ending)\(isDegraded ? "; it is degraded and tried once a minute" : "")")
    }

    /// Ends the process for good. Idempotent; not cancelled with the caller.
    func stop() async {
        let processes = state.withLock { state in
            state.isStopped = true
            state.running = nil
            return Array(state.alive.values)
        }
        let grace = options.stopGrace
        await Task {
            await withTaskGroup(of: Void.self) { group in
                for process in processes { group.addTask { await process.stop(grace: grace) } }
            }
        }.value
    }
}
