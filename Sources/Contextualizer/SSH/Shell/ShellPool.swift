import ContextualizationAPI
import Support

/// What carries the bytes of shells: an SSH session or local processes. Confined to the actor that owns it.
protocol ShellCarrier: AnyObject {
    /// Starts a shell that runs ``ShellLoop/bootstrap``. Its bytes and its end are told to the pool under this number.
    func openShell(_ id: Int) throws(CommunicatorError)
    /// Queues bytes for the standard input of a shell, also while it still starts.
    func send(_ bytes: [UInt8], to id: Int)
    /// Ends a shell. The pool hears nothing of it any more.
    func closeShell(_ id: Int)
    /// Sets a timer; the pool is told the token. Answers a number to cancel it by.
    func setTimer(_ delay: Duration, token: UInt64) -> UInt64
    func cancelTimer(_ id: UInt64)
}

/// The shells of one machine, one a user, and the queue of programs. Confined to the actor that owns it.
final class ShellPool {
    private struct Shell {
        let id: Int
        let escalation: Escalation?
        var conversation: ShellConversation
        var timer: (id: UInt64, token: UInt64, purpose: ShellConversation.TimerPurpose)?
    }

    private unowned let carrier: any ShellCarrier
    private let machine: String
    private let user: String
    private let startLimit: Duration
    private var shells: [Int: Shell] = [:]
    private var nextID = 0
    private var nextToken: UInt64 = 0
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var running: CheckedContinuation<ProgramOutput, any Error>?
    /// Shells that were asked to end before the program at hand begins, and what waits for them.
    private var leaving: Set<Int> = []
    private var leaver: CheckedContinuation<Void, Never>?
    private var leaveTimer: (id: UInt64, token: UInt64)?
    private static let leavePatience = Duration.seconds(2)
    /// Why nothing more can be run.
    private var ending: CommunicatorError?

    /// - Parameters:
    ///   - machine: For messages.
    ///   - user: The login user: who wants to become this one gets the first shell.
    init(carrier: any ShellCarrier, machine: String, user: String, startLimit: Duration) {
        self.carrier = carrier
        self.machine = machine
        self.user = user
        self.startLimit = startLimit
    }

    /// Runs a program after those that wait already.
    func run(_ program: ShellProgram) async throws -> ProgramOutput {
        if isBusy {
            await withCheckedContinuation { waiting.append($0) }
        }
        isBusy = true
        defer { passTurn() }
        await endOthers(than: program)
        if let ending { throw ending }
        return try await withCheckedThrowingContinuation { continuation in
            running = continuation
            do throws(CommunicatorError) {
                try start(program)
            } catch {
                running = nil
                continuation.resume(throwing: error)
            }
        }
    }

    /// Hands a program to the shell of its user, which is started first where there is none.
    ///
    /// The conversation knows the program before the carrier is told anything: the carrier may answer at once that the
    /// shell has ended, and then the program has.
    private func start(_ program: ShellProgram) throws(CommunicatorError) {
        let escalation = escalation(of: program)
        if let id = usableShell(for: escalation) {
            let actions = try shells[id]?.conversation.run(program) ?? []
            return perform(actions, id)
        }
        if let escalation { try ShellEscalation.check(user: escalation.user, machine: machine) }
        var conversation = ShellConversation(machine: machine, escalation: escalation, startLimit: startLimit)
        let actions = conversation.start() + (try conversation.run(program))
        nextID += 1
        let id = nextID
        shells[id] = Shell(id: id, escalation: escalation, conversation: conversation)
        do throws(CommunicatorError) {
            try carrier.openShell(id)
        } catch {
            drop(id)
            throw error
        }
        perform(actions, id)
    }

    private func escalation(of program: ShellProgram) -> Escalation? {
        program.escalation?.user == user ? nil : program.escalation
    }

    /// Ends the shells of users whom the program is not for, but root's and the one that logged in. The program may change
    /// or remove such a user, which a process of theirs would hinder, and their next shell has the groups that they are in by
    /// then.
    private func endOthers(than program: ShellProgram) async {
        let escalation = escalation(of: program)
        for shell in Array(shells.values) {
            guard let other = shell.escalation, other.user != "root", other != escalation else { continue }
            guard shell.conversation.isUsable else {
                carrier.closeShell(shell.id)
                drop(shell.id)
                continue
            }
            leaving.insert(shell.id)
            carrier.send(ShellProtocol.quit, to: shell.id)
        }
        guard !leaving.isEmpty else { return }
        nextToken += 1
        leaveTimer = (carrier.setTimer(Self.leavePatience, token: nextToken), nextToken)
        await withCheckedContinuation { leaver = $0 }
    }

    /// Ends all: programs that run or wait fail with this error.
    func end(_ error: CommunicatorError) {
        guard ending == nil else { return }
        ending = error
        for id in Array(shells.keys) {
            let actions = shells[id]?.conversation.closed(status: nil, reason: error) ?? []
            perform(actions, id)
            drop(id)
        }
    }

    /// Whether no program runs or waits.
    var isIdle: Bool { !isBusy }

    /// Asks all idle shells to end by themselves.
    func quit() {
        for shell in shells.values where shell.conversation.isUsable { carrier.send(ShellProtocol.quit, to: shell.id) }
    }

    // MARK: What the carrier tells

    func received(_ bytes: some Collection<UInt8>, on stream: ShellStream, shell id: Int) {
        guard let actions = shells[id]?.conversation.receive(bytes, on: stream) else { return }
        perform(actions, id)
    }

    /// A shell ended by itself, or could not be started.
    func shellClosed(_ id: Int, status: Int32?, reason: CommunicatorError? = nil) {
        guard let actions = shells[id]?.conversation.closed(status: status, reason: reason) else { return }
        perform(actions, id)
        drop(id)
    }

    func timerFired(_ token: UInt64) {
        if token == leaveTimer?.token {
            for id in leaving {
                carrier.closeShell(id)
                drop(id)
            }
            return
        }
        guard let shell = shells.values.first(where: { $0.timer?.token == token }), let timer = shell.timer else {
            return
        }
        shells[shell.id]?.timer = nil
        let actions = shells[shell.id]?.conversation.timerFired(timer.purpose) ?? []
        perform(actions, shell.id)
    }

    // MARK: Shells

    private func usableShell(for escalation: Escalation?) -> Int? {
        guard let shell = shells.values.first(where: { $0.escalation == escalation }) else { return nil }
        if shell.conversation.isUsable { return shell.id }
        carrier.closeShell(shell.id)
        drop(shell.id)
        return nil
    }

    private func drop(_ id: Int) {
        if let timer = shells.removeValue(forKey: id)?.timer { carrier.cancelTimer(timer.id) }
        guard leaving.remove(id) != nil, leaving.isEmpty else { return }
        if let timer = leaveTimer { carrier.cancelTimer(timer.id) }
        leaveTimer = nil
        leaver?.resume()
        leaver = nil
    }

    private func perform(_ actions: [ShellConversation.Action], _ id: Int) {
        for action in actions {
            switch action {
            case .send(let bytes): carrier.send(bytes, to: id)
            case .setTimer(let purpose, let delay):
                // What was done before may have ended the shell.
                guard shells[id] != nil else { break }
                clearTimer(id)
                nextToken += 1
                let timer = carrier.setTimer(delay, token: nextToken)
                shells[id]?.timer = (timer, nextToken, purpose)
            case .cancelTimer: clearTimer(id)
            case .finish(let result):
                running?.resume(with: result.mapError { $0 as any Error })
                running = nil
            case .close:
                carrier.closeShell(id)
                drop(id)
            }
        }
    }

    private func clearTimer(_ id: Int) {
        if let timer = shells[id]?.timer {
            carrier.cancelTimer(timer.id)
            shells[id]?.timer = nil
        }
    }

    private func passTurn() {
        if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
    }
}
