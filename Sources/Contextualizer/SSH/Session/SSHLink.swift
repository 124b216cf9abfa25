import CLibSSH
import ContextualizationAPI
import Glibc
import Support

/// One SSH connection: handshake, shells of ``ShellPool``, and forwards for machines behind it.
///
/// Its executor is an event loop, so the libssh session is touched by one thread only, and nothing here blocks.
actor SSHLink {
    /// Whom it talks to and how.
    struct Peer: Sendable {
        var endpoint: Endpoint
        var user: String
        var authentications: [Authentication]
        var hostKey: HostKeyPolicy
        /// Ends a message about a changed host key: what to do.
        var hostKeyAdvice: String
        var shellTimeout: Duration = .seconds(30)

        var name: String { "\(user)@\(endpoint)" }
    }

    private let loop: EventLoop
    private let peer: Peer
    /// The key that the peer proved to own: `TYPE BASE64`. Set by the handshake.
    private(set) var hostKey = ""
    private var channels: SSHChannels?
    private var isClosed = false
    private var descriptor: Int32 = -1
    /// The handshake waits for the socket or a timer.
    private var waiter: CheckedContinuation<Void, Never>?
    /// Why the handshake must not go on.
    private var interruption: CommunicatorError?
    private var deadlineTimer: UInt64?
    /// What the running out of the timer means.
    private var deadlineError: CommunicatorError?
    private static let deadlineToken = UInt64.max

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(peer: Peer) {
        self.peer = peer
        loop = EventLoops.current ?? EventLoops.next()
    }

    isolated deinit {
        channels?.shutDown(lost("was dropped"))
    }

    /// Whether shells and forwards can still be opened.
    var isOpen: Bool { channels?.isOpen ?? false }

    // MARK: Opening

    /// Connects by TCP and shakes hands.
    /// - Parameters:
    ///   - address: Numeric.
    ///   - patience: For the TCP connection alone.
    ///   - deadline: For all of it.
    func open(
        address: String, patience: Duration, deadline: ContinuousClock.Instant
    ) async throws(CommunicatorError) {
        let socket = unsafe gantry_connect(address, UInt16(clamping: peer.endpoint.port))
        guard socket >= 0 else { throw connectFailure(-socket) }
        descriptor = socket
        do throws(CommunicatorError) {
            let silent = CommunicatorError(
                code: .unreachable,
                message: "\(peer.endpoint) does not answer: check address, security groups and routes")
            setDeadline(after: min(patience, deadline - ContinuousClock.now), silent)
            try await ready(.write)
            let failure = gantry_connect_result(socket)
            guard failure == 0 else { throw connectFailure(failure) }
        } catch {
            cancelDeadline()
            loop.unwatch(socket)
            _ = Glibc.close(socket)
            throw error
        }
        try await open(socket: socket, deadline: deadline)
    }

    /// Shakes hands over a connected socket, which it owns from now on.
    func open(socket: Int32, deadline: ContinuousClock.Instant) async throws(CommunicatorError) {
        descriptor = socket
        setDeadline(after: deadline - ContinuousClock.now, loginTimeout)
        var handle: SessionHandle?
        do throws(CommunicatorError) {
            let check = HostKeyCheck(peer.hostKey)
            handle = SessionHandle(socket: socket, user: peer.user, hostKeyAlgorithms: check.algorithms)
            guard let session = handle else {
                throw CommunicatorError(
                    code: .protocolViolation, message: "libssh refuses the settings for \(peer.name)")
            }
            try await exchangeKeys(session, check)
            try await authenticate(session)
            cancelDeadline()
            let channels = SSHChannels(
                session: session, descriptor: socket, machine: peer.name, user: peer.user, loop: loop, owner: self,
                shellTimeout: peer.shellTimeout)
            self.channels = channels
            loop.watch(socket, .read, handler: self)
            channels.pump()
        } catch {
            cancelDeadline()
            loop.unwatch(socket)
            if let handle { handle.disconnect() } else { _ = Glibc.close(socket) }
            descriptor = -1
            throw error
        }
    }

    /// Stops a handshake, which then throws this error, or closes an open connection.
    nonisolated func interrupt(_ error: CommunicatorError) {
        loop.call { [self] in
            assumeIsolated { link in
                link.interruption = link.interruption ?? error
                link.wake()
                link.channels?.shutDown(error)
                link.channels = nil
            }
        }
    }

    private func exchangeKeys(_ session: SessionHandle, _ check: HostKeyCheck) async throws(CommunicatorError) {
        let server = "\(peer.endpoint)"
        progress: while true {
            switch session.connect() {
            case .done: break progress
            case .again: try await ready(session.wantsToWrite ? [.read, .write] : .read)
            case .failed:
                throw handshakeFailure(session.failureText)
            }
        }
        guard let key = session.serverKey() else { throw handshakeFailure("no host key") }
        guard check.accepts(key) else {
            throw check.changed(server: server, shown: key, advice: peer.hostKeyAdvice)
        }
        hostKey = key
    }

    // MARK: Authentication

    private func authenticate(_ session: SessionHandle) async throws(CommunicatorError) {
        var tried: [String] = []
        var allowed: Set<String>?
        for authentication in peer.authentications {
            switch authentication {
            case .privateKey(let text):
                guard let key = KeyHandle(privateText: text.expose()) else {
                    tried.append(
                        "a private key that cannot be read (OpenSSH or PEM form without a passphrase is wanted; one with "
                            + "a passphrase can be in an agent)")
                    continue
                }
                tried.append("key \(key.fingerprint ?? "?")")
                if try await attempt(session, with: key) { return }
            case .agent(let socket):
                tried.append("the keys of the agent at \(socket)")
                guard session.useAgent(socket) else { continue }
                if try await attempt(session, { session.authenticateByAgent() }) { return }
            case .password(let password):
                tried.append("password")
                // One question tells the methods: a password try that is not allowed would count as a failed one.
                if allowed == nil, try await attempt(session, { session.authenticateWithNothing() }) { return }
                let methods = session.allowedMethods
                let secret = password.expose()
                if methods.isEmpty || methods.contains("password"),
                    try await attempt(session, { session.authenticate(password: secret) })
                {
                    return
                }
                if methods.contains("keyboard-interactive"), try await answer(session, secret) { return }
            }
            allowed = session.allowedMethods
        }
        let methods = (allowed ?? []).sorted().joined(separator: ", ")
        throw CommunicatorError(
            code: .authenticationFailed,
            message: "\(peer.endpoint) does not let in the user \"\(peer.user)\": tried "
                + (tried.isEmpty ? "nothing, as there are no credentials" : tried.joined(separator: ", "))
                + (methods.isEmpty ? "" : "; the server allows \(methods)") + ". Check the user's name and credentials")
    }

    private func attempt(
        _ session: SessionHandle, with key: borrowing KeyHandle
    ) async throws(CommunicatorError) -> Bool {
        while true {
            let progress = session.authenticate(key: key)
            guard progress == .again else { return try settled(progress, session) }
            try await ready(session.wantsToWrite ? [.read, .write] : .read)
        }
    }

    private func attempt(
        _ session: SessionHandle, _ step: () -> SessionHandle.AuthenticationProgress
    ) async throws(CommunicatorError) -> Bool {
        while true {
            let progress = step()
            guard progress == .again else { return try settled(progress, session) }
            try await ready(session.wantsToWrite ? [.read, .write] : .read)
        }
    }

    private func answer(_ session: SessionHandle, _ password: String) async throws(CommunicatorError) -> Bool {
        var rounds = 0
        while true {
            let progress = session.authenticateInteractively()
            switch progress {
            case .again: try await ready(session.wantsToWrite ? [.read, .write] : .read)
            case .asks where rounds < 4:
                rounds += 1
                session.answerQuestions(password)
            default: return try settled(progress, session)
            }
        }
    }

    private func settled(
        _ progress: SessionHandle.AuthenticationProgress, _ session: SessionHandle
    ) throws(CommunicatorError) -> Bool {
        switch progress {
        case .accepted: return true
        case .denied, .again, .asks: return false
        case .failed:
            guard session.isConnected else {
                throw CommunicatorError(
                    code: .authenticationFailed,
                    message: "\(peer.endpoint) ended the connection while \"\(peer.user)\" logged in"
                        + " (\(session.failureText)): check the user, and that not too many keys are tried")
            }
            return false
        }
    }

    // MARK: Waiting

    private func ready(_ interest: EventLoop.Interest) async throws(CommunicatorError) {
        if let interruption { throw interruption }
        loop.watch(descriptor, interest, handler: self)
        await withCheckedContinuation { waiter = $0 }
        if let interruption { throw interruption }
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }

    private func setDeadline(after delay: Duration, _ error: CommunicatorError) {
        cancelDeadline()
        deadlineError = error
        deadlineTimer = loop.schedule(after: max(.zero, delay), token: Self.deadlineToken, handler: self)
    }

    private func cancelDeadline() {
        if let timer = deadlineTimer { loop.cancel(timer: timer) }
        deadlineTimer = nil
    }

    // MARK: Use

    /// Runs a program after those that wait already. Cancelling closes the connection.
    func run(_ program: ShellProgram) async throws -> ProgramOutput {
        guard let channels else { throw lost("is not open") }
        return try await withTaskCancellationHandler {
            guard !Task.isCancelled else { throw CommunicatorError.cancelled(on: peer.name) }
            return try await channels.pool.run(program)
        } onCancel: {
            interrupt(.cancelled(on: peer.name))
        }
    }

    /// Opens a way to another machine through this one. Answers a connected socket that the caller owns.
    func openForward(
        to endpoint: Endpoint, deadline: ContinuousClock.Instant
    ) async throws(CommunicatorError) -> Int32 {
        guard let channels else { throw lost("is not open") }
        return try await channels.openForward(to: endpoint, within: deadline - ContinuousClock.now)
    }

    /// Ends the shells and the connection. True for the first call.
    @discardableResult func close() -> Bool {
        channels?.shutDown(lost("is closed"))
        channels = nil
        defer { isClosed = true }
        return !isClosed
    }

    // MARK: Errors

    private func lost(_ what: String) -> CommunicatorError {
        CommunicatorError(code: .connectionLost, message: "the connection to \(peer.name) \(what): connect again")
    }

    private func connectFailure(_ code: Int32) -> CommunicatorError {
        let reason = unsafe String(cString: strerror(code)).lowercased()
        if code == ECONNREFUSED {
            return CommunicatorError(
                code: .refused,
                message:
                    "\(peer.endpoint) refuses connections: nothing listens there (yet); is sshd up and the port right?")
        }
        return CommunicatorError(
            code: .unreachable,
            message: "\(peer.endpoint) cannot be reached: \(reason); check address, security groups and routes")
    }

    private func handshakeFailure(_ text: String) -> CommunicatorError {
        CommunicatorError(
            code: .unreachable,
            message: "\(peer.endpoint) accepts connections but there is no SSH handshake (\(text)):"
                + " it may still boot or have too many connections at once (MaxStartups); try again")
    }

    private var loginTimeout: CommunicatorError {
        CommunicatorError(
            code: .timeout,
            message: "\(peer.name) did not complete the SSH login in time: it may be overloaded, still boot,"
                + " or a firewall drops packets; try again or allow more time")
    }
}

extension SSHLink: EventHandler {
    nonisolated func descriptorReady(_ descriptor: Int32) {
        assumeIsolated { link in
            if let channels = link.channels { channels.descriptorReady(descriptor) } else { link.wake() }
        }
    }

    nonisolated func timerFired(_ token: UInt64) {
        assumeIsolated { link in
            guard token == Self.deadlineToken else { return link.channels?.timerFired(token) ?? () }
            link.interruption = link.interruption ?? link.deadlineError
            link.wake()
        }
    }
}
