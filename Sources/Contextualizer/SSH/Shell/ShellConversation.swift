import ContextualizationAPI
import Support

/// What is said with one shell, from its start to its end: decides, does nothing.
///
/// It is told what arrived and answers what to do; it knows no descriptor, clock or session.
struct ShellConversation: Sendable {
    /// What a timer is for.
    enum TimerPurpose: Sendable, Hashable {
        /// The shell must have answered.
        case start
        /// The program must have ended.
        case limit
        /// A killed program must be gone.
        case grace
    }

    enum Action: Sendable {
        case send([UInt8])
        /// Replaces the timer that is set.
        case setTimer(TimerPurpose, Duration)
        case cancelTimer
        /// The running program ended or will never.
        case finish(Result<ProgramOutput, CommunicatorError>)
        /// The shell is of no more use.
        case close
    }

    private enum Phase {
        /// Waits for the escalation's shell or its prompt.
        case escalating(ShellEscalation, nonce: String, answers: Int)
        /// Waits for the loop.
        case greeting(MarkScanner)
        case ready
        case ended
    }

    private struct Run {
        var program: ShellProgram
        var request: [UInt8]
        var response: ShellResponse
        var hasStarted = false
        var kills = 0
    }

    private let machine: String
    private let escalation: Escalation?
    private let startLimit: Duration
    private var phase = Phase.ended
    private var run: Run?
    /// What came on standard output and standard error before the loop answered, the last of it: tells why it does not.
    private var earlyOutput = EarlyWords()
    private var earlyError = EarlyWords()
    /// What came on standard error while the loop had not answered on the other stream. The streams are read one after the
    /// other, so the program's own words can be seen before the loop's.
    private var heldError: [UInt8] = []
    private static let mostHeld = 1 << 20

    /// - Parameters:
    ///   - machine: For messages, such as `ubuntu@10.0.0.5:22`.
    ///   - escalation: As whom, or nil for the login user.
    ///   - startLimit: How long the shell may take to answer.
    init(machine: String, escalation: Escalation?, startLimit: Duration) {
        self.machine = machine
        self.escalation = escalation
        self.startLimit = startLimit
    }

    /// Whether another program can be run.
    var isUsable: Bool {
        if case .ended = phase { false } else { run == nil }
    }

    /// The first bytes. To be called once, then the stream may deliver.
    mutating func start() -> [Action] {
        let timer = Action.setTimer(.start, startLimit)
        guard let escalation else { return [timer, .send(greet())] }
        let nonce = ShellProtocol.makeNonce()
        let step = ShellEscalation(escalation, nonce: nonce)
        earlyOutput = EarlyWords(after: step.loginMark)
        earlyError = EarlyWords(after: step.loginMark)
        if step.mayAsk {
            phase = .escalating(step, nonce: nonce, answers: 0)
            return [timer, .send(Array(step.command.utf8))]
        }
        return [timer, .send(Array(step.command.utf8) + greet())]
    }

    /// Starts a program. Allowed while the shell still starts: the request then follows as soon as it may.
    mutating func run(_ program: ShellProgram) throws(CommunicatorError) -> [Action] {
        let nonce = ShellProtocol.makeNonce()
        let request = try ShellProtocol.encode(program, nonce: nonce)
        run = Run(
            program: program, request: request,
            response: ShellResponse(nonce: nonce, limit: program.outputLimit))
        switch phase {
        case .escalating: return []
        case .greeting, .ready: return sendRequest()
        case .ended: return fail(.connectionLost, "the shell on \(machine) has ended: connect again")
        }
    }

    /// Bytes arrived.
    mutating func receive(_ bytes: some Collection<UInt8>, on stream: ShellStream) -> [Action] {
        switch phase {
        case .ended: return []
        case .escalating(let step, let nonce, let answers):
            return receiveEscalating(bytes, stream, step, nonce, answers)
        case .greeting(var scanner):
            collectEarly(bytes, stream)
            guard stream == .output else {
                heldError += bytes
                heldError.removeFirst(max(0, heldError.count - Self.mostHeld))
                return []
            }
            guard scanner.receive(bytes) else {
                phase = .greeting(scanner)
                return []
            }
            phase = .ready
            let held = heldError
            (earlyOutput, earlyError, heldError) = (EarlyWords(), EarlyWords(), [])
            return [.cancelTimer] + receiveResponse(scanner.rest, .output) + receiveResponse(held, .error)
        case .ready: return receiveResponse(bytes, stream)
        }
    }

    /// The shell ended, or the whole connection.
    /// - Parameters:
    ///   - status: Of the shell, where it is known.
    ///   - reason: Why, where the transport knows it.
    mutating func closed(status: Int32?, reason: CommunicatorError?) -> [Action] {
        let former = phase
        phase = .ended
        guard let current = run else { return [.cancelTimer] }
        if let reason {
            run = nil
            return [.cancelTimer, .finish(.failure(reason))]
        }
        switch former {
        case .ready where current.kills > 0: return [.cancelTimer] + failTimeout(current.program)
        case .escalating, .greeting:
            return [.cancelTimer] + fail(startFailure(status: status))
        case .ready, .ended:
            return [.cancelTimer]
                + fail(
                    .connectionLost,
                    "the shell on \(machine) ended in the middle of a program\(status.map { " (status \($0))" } ?? "");"
                        + " whether the program did its work is unknown: look at the machine, then run it again")
        }
    }

    /// The timer that was set has run out.
    mutating func timerFired(_ purpose: TimerPurpose) -> [Action] {
        guard var current = run else { return [] }
        switch purpose {
        case .start:
            phase = .ended
            return fail(startTimeout()) + [.close]
        case .limit, .grace:
            current.kills += 1
            run = current
            switch current.kills {
            case 1: return [.send(ShellProtocol.signal("TERM")), .setTimer(.grace, .seconds(2))]
            case 2, 3: return [.send(ShellProtocol.signal("KILL")), .setTimer(.grace, .seconds(3))]
            default:
                phase = .ended
                return failTimeout(current.program) + [.close]
            }
        }
    }

    // MARK: Start

    private mutating func greet() -> [UInt8] {
        let nonce = ShellProtocol.makeNonce()
        phase = .greeting(MarkScanner(mark: "H\(nonce)\n"))
        return ShellLoop.text(nonce: nonce, isEscalated: escalation != nil)
    }

    private mutating func receiveEscalating(
        _ bytes: some Collection<UInt8>, _ stream: ShellStream, _ step: ShellEscalation, _ nonce: String, _ answers: Int
    ) -> [Action] {
        collectEarly(bytes, stream)
        switch stream {
        case .output:
            guard earlyOutput.contains(step.readyMark) else { return [] }
            earlyOutput.forget()
            earlyError.forget()
            return [.send(greet())] + (run == nil ? [] : sendRequest())
        case .error:
            guard earlyError.isAfterMark, step.asks(earlyError.bytes) else { return [] }
            guard answers == 0, let password = escalation?.password else {
                phase = .ended
                return fail(step.refusal(machine: machine, said: "the password was refused")) + [.close]
            }
            earlyError.forget()
            phase = .escalating(step, nonce: nonce, answers: 1)
            return [.send(Array((password.expose() + "\n").utf8))]
        }
    }

    private mutating func collectEarly(_ bytes: some Collection<UInt8>, _ stream: ShellStream) {
        switch stream {
        case .output: earlyOutput.receive(bytes)
        case .error: earlyError.receive(bytes)
        }
    }

    /// The last of what was said, errors last.
    private var said: String {
        (earlyOutput.lines + earlyError.lines).suffix(3).joined(separator: "; ")
    }

    /// Whether the login user's own shell has come as far as ``ShellEscalation/command``.
    private var hasLoginShell: Bool { earlyOutput.isAfterMark || earlyError.isAfterMark }

    private func startFailure(status: Int32?) -> CommunicatorError {
        if let escalation, hasLoginShell {
            return ShellEscalation(escalation, nonce: "").refusal(machine: machine, said: said)
        }
        let reasons = [status.map { "status \($0)" }, said.isEmpty ? nil : said].compactMap(\.self)
        return CommunicatorError(
            code: escalation == nil ? .protocolViolation : .escalationFailed,
            message: "\(machine) lets us in, but the user has no shell there that runs /bin/sh"
                + (reasons.isEmpty ? "" : " (\(reasons.joined(separator: ": ")))")
                + "; give the user one (usermod -s /bin/sh), or log in as another user")
    }

    private func startTimeout() -> CommunicatorError {
        let words = " within \(startLimit)" + (said.isEmpty ? "" : " (it said: \(said))")
        if let escalation, hasLoginShell {
            return CommunicatorError(
                code: .escalationFailed,
                message: "\(escalation.method.rawValue) to \(escalation.user) on \(machine) did not answer\(words):"
                    + " try it there by hand")
        }
        // A machine on which nothing can be started is out of reach.
        return CommunicatorError(
            code: .unreachable,
            message:
                "\(machine) lets us in, but the user's login shell did not start our program\(words): it, or one of"
                + " its start-up files, waits for something. See what by 'ssh HOST true', give the user another shell"
                + " (usermod -s /bin/sh), or allow more time")
    }

    // MARK: Programs

    private mutating func sendRequest() -> [Action] {
        let request = run?.request ?? []
        run?.request = []
        return [.send(request)]
    }

    private mutating func receiveResponse(_ bytes: some Collection<UInt8>, _ stream: ShellStream) -> [Action] {
        guard var current = run else { return [] }
        // Taken out and put back, so that the response changes in place and is not copied.
        run = nil
        let isComplete = current.response.receive(bytes, on: stream)
        if isComplete { return finish(current) }
        var actions: [Action] = []
        if !current.hasStarted, current.response.hasStarted {
            current.hasStarted = true
            if let limit = current.program.timeout { actions = [.setTimer(.limit, limit)] }
        }
        run = current
        return actions
    }

    private mutating func finish(_ current: Run) -> [Action] {
        switch current.response.end {
        case .exited where current.kills > 0:
            return [.cancelTimer] + failTimeout(current.program)
        case .exited(let status):
            return [.cancelTimer, .finish(.success(current.response.programOutput(status: status)))]
        case .noRoom:
            phase = .ended
            let report = NoRoomReport(current.response.output.body)
            return [.cancelTimer, .finish(.failure(report.error(machine: machine))), .close]
        case nil:
            phase = .ended
            let error = CommunicatorError(
                code: .protocolViolation,
                message: "the shell on \(machine) answered something that is no end of a program:"
                    + " is /bin/sh there a POSIX shell?")
            return [.cancelTimer, .finish(.failure(error)), .close]
        }
    }

    private mutating func failTimeout(_ program: ShellProgram) -> [Action] {
        let limit = program.timeout.map { "\($0)" } ?? "its time"
        return fail(
            .timeout,
            "the program did not end within \(limit) on \(machine) and was killed with its children:"
                + " allow more time, or look at the machine for what it waits for")
    }

    private mutating func fail(_ code: CommunicatorError.Code, _ message: String) -> [Action] {
        fail(CommunicatorError(code: code, message: message))
    }

    private mutating func fail(_ error: CommunicatorError) -> [Action] {
        run = nil
        return [.finish(.failure(error))]
    }
}
