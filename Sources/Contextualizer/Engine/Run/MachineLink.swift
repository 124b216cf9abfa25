import ContextualizationAPI
import Logging
import Modules
import Support

/// The way to one machine: connects when it is first needed, waits while the machine boots, and connects anew after a
/// connection was lost. Programs of a dead controller that still run there are ended before the first of ours starts.
actor MachineLink {
    struct Settings: Sendable {
        /// For one try.
        var connectTimeout: Duration = .seconds(15)
        /// Between tries.
        var retry = RetryPolicy(attempts: .max, base: .seconds(1), cap: .seconds(10))
        /// How long a leftover program may go on before it is killed.
        var leftoverPatience: Duration = .seconds(120)
        /// How long a machine that let us in before may refuse the login: while it boots, PAM lets only root in.
        var loginPatience: Duration = .seconds(30)
        /// Whether a pinned host key says that the machine let us in before; else only this run itself can tell.
        var pinnedMeansKnown = true
        /// How long a login shell may take to answer; nil: as long as connections have it.
        var shellTimeout: Duration?

        init() {}

        /// For a machine of an inventory, which runs or does not: nobody waits until it has booted.
        init(_ patience: PlaybookRun.Patience) {
            connectTimeout = patience.timeout
            shellTimeout = patience.timeout
            retry = RetryPolicy(attempts: patience.retries + 1, base: .seconds(1), cap: .seconds(30))
            pinnedMeansKnown = false
        }
    }

    let machine: ContextualizationMachine
    /// Whether that is the controller itself.
    let isController: Bool
    /// Where what is done with the machine costs no changes of threads.
    let executor: (any TaskExecutor)?
    private let factory: any CommunicatorFactory
    private let settings: Settings
    /// Where programs begin on the controller; nil: at home.
    private let folder: (@Sendable () -> String?)?
    private let reachTimeout: Duration
    private let clock: any Clock<Duration>
    private let lock: RunLock
    private let report: @Sendable (ContextualizationEvent.Body) async throws -> Void
    private var connection: Connection?
    private var connecting: Task<Connection, any Error>?
    private var isCleared: Bool
    /// As the machine's, with the host key that it showed first.
    private var target: ConnectionTarget
    /// As whom programs ran, so that their marks can be taken away.
    private var users: Set<Escalation?> = []
    /// In this run.
    private var letUsIn = false

    /// - Parameters:
    ///   - folder: Where programs begin, if they may go there; nil: in the home of their user.
    ///   - mayHaveLeftover: Whether an earlier run may have left a program behind.
    ///   - report: Told what is to become an event.
    init(
        machine: ContextualizationMachine, isController: Bool = false, factory: any CommunicatorFactory,
        settings: Settings, folder: (@Sendable () -> String?)? = nil,
        reachTimeout: Duration, clock: any Clock<Duration>, lock: RunLock, mayHaveLeftover: Bool,
        report: @escaping @Sendable (ContextualizationEvent.Body) async throws -> Void
    ) {
        self.machine = machine
        self.isController = isController
        self.factory = factory
        executor = factory.executor()
        self.settings = settings
        self.folder = folder
        self.reachTimeout = reachTimeout
        self.clock = clock
        self.lock = lock
        self.report = report
        isCleared = !mayHaveLeftover
        target = machine.target
        if let timeout = settings.shellTimeout { target.shellTimeout = timeout }
    }

    /// Makes sure that there is a connection.
    /// - Throws: ``CommunicatorError`` when the machine does not let us in within the time, or never will.
    func reach() async throws {
        _ = try await open()
    }

    /// Runs a program. A connection that is lost is reported, not repeated: the caller knows whether it may.
    func run(_ program: ShellProgram) async throws -> ProgramOutput {
        let communicator = try await open().communicator
        if !isCleared {
            try await clearLeftover(communicator, escalation: program.escalation)
        }
        var program = program
        let place = folder?().map { "cd \(ShellText.quote($0)) 2>/dev/null || :\n" } ?? ""
        program.script = lock.prefix + place + program.script
        users.insert(program.escalation)
        do {
            return try await communicator.run(program)
        } catch let error as CommunicatorError
            where [.connectionLost, .timeout, .unreachable].contains(error.code)
        {
            await forget()
            throw error
        }
    }

    /// Ends the connection. A run that came to its end leaves no mark; an interrupted one does, for its successor.
    func close() async {
        if let connection, !Task.isCancelled {
            for escalation in users {
                // A mark that stays names a process that has ended, which the next run sees: no failure of this one.
                _ = try? await connection.communicator.run(
                    ShellProgram(script: lock.removing, escalation: escalation, timeout: .seconds(10)))
            }
            users = []
        }
        await connection?.communicator.close()
        connection = nil
    }

    /// Ends the connection, so that the next program opens a new one.
    func reset() async {
        await forget()
    }

    private func forget() async {
        await connection?.communicator.close()
        connection = nil
        isCleared = false
    }

    private func clearLeftover(_ communicator: any Communicator, escalation: Escalation?) async throws {
        isCleared = true
        let output = try await communicator.run(
            ShellProgram(
                script: lock.clearing(patience: settings.leftoverPatience), escalation: escalation,
                timeout: settings.leftoverPatience + .seconds(30)))
        let text = String(decoding: output.standardOutput, as: UTF8.self)
        if !text.isEmpty { try await report(.message(text.trimmingNewlines())) }
    }

    private func open() async throws -> Connection {
        if let connection { return connection }
        // Reentrant calls share one attempt. The task is awaited by all of them and cancelled with the first.
        if let connecting { return try await connecting.value }
        let task = Task(executorPreference: executor) { try await self.connect() }
        connecting = task
        defer { connecting = nil }
        let opened = try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
        connection = opened
        letUsIn = true
        if case .trustOnFirstUse = target.hostKey, !opened.hostKey.isEmpty {
            target.hostKey = .pinned([opened.hostKey])
        }
        for (number, key) in opened.jumpKeys.enumerated() where !key.isEmpty {
            let jump = target.jumps[number]
            guard case .trustOnFirstUse = jump.hostKey else { continue }
            // From now on it must be this one.
            target.jumps[number].hostKey = .pinned([key])
            if jump.isProxy { try await report(.passed(endpoint: jump.endpoint, hostKey: key)) }
        }
        try await report(.reached(endpoint: opened.endpoint, hostKey: opened.hostKey))
        return opened
    }

    private func connect() async throws -> Connection {
        let started = ContinuousClock.now
        var attempt = 0
        var told: CommunicatorError.Code?
        while true {
            attempt += 1
            do {
                return try await factory.connect(to: target, timeout: settings.connectTimeout)
            } catch let error as CommunicatorError {
                try Task.checkCancellation()
                guard Self.isWorthWaiting(error.code) else { throw error }
                let passed = ContinuousClock.now - started
                let patience = error.code == .authenticationFailed ? loginPatience : reachTimeout
                guard patience > .zero else { throw error }
                guard passed < patience,
                    let delay = settings.retry.delay(afterAttempt: attempt)
                else {
                    // A login that hangs is no program that does.
                    throw CommunicatorError(
                        code: error.code == .timeout ? .unreachable : error.code,
                        message: error.message
                            + (attempt == 1 ? "" : " (gave up after \(attempt) tries in \(passed.rounded) s)"))
                }
                // Once for each reason: the last one is what a user reads when time is over.
                if told != error.code {
                    told = error.code
                    try await report(.message("waiting until the machine lets us in: \(error.message)"))
                }
                try await clock.sleep(for: min(delay, patience - passed))
            }
        }
    }

    /// A new machine may still make its users. One that was there before is not asked again: its guard might lock us out.
    private var loginPatience: Duration {
        if machine.isNew { return reachTimeout }
        if !letUsIn {
            guard settings.pinnedMeansKnown, case .pinned = target.hostKey else { return .zero }
        }
        return min(settings.loginPatience, reachTimeout)
    }

    private static func isWorthWaiting(_ code: CommunicatorError.Code) -> Bool {
        [.refused, .unreachable, .authenticationFailed, .connectionLost, .timeout].contains(code)
    }
}

extension Duration {
    /// Whole seconds.
    var rounded: Int64 { components.seconds }
}

extension String {
    func trimmingNewlines() -> String {
        var text = self[...]
        while let last = text.last, last.isNewline { text = text.dropLast() }
        return String(text)
    }
}
