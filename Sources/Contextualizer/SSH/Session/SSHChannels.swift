import ContextualizationAPI
import Glibc

/// The channels of an open connection: shells, and forwards to machines behind it. Confined to the actor of the connection.
final class SSHChannels: ShellCarrier {
    private final class Channel {
        enum Use {
            case shell
            case forward(Endpoint, waiting: CheckedContinuation<Void, Never>?)
        }

        enum State { case opening, requesting, open }

        let handle: ChannelHandle
        var use: Use
        var state = State.opening
        var outgoing = OutgoingBytes()
        var endTimer: UInt64?
        /// Our end of the pair whose other end the forward's user has.
        var local: LocalEnd?
        var failure: CommunicatorError?

        init(_ handle: ChannelHandle, _ use: Use) {
            self.handle = handle
            self.use = use
        }
    }

    private let session: SessionHandle
    private let descriptor: Int32
    private let machine: String
    private let loop: EventLoop
    private weak var owner: (any EventHandler)?
    private var channels: [Int: Channel] = [:]
    /// Forwards by the descriptor of our end.
    private var localEnds: [Int32: Int] = [:]
    private var endTokens: [UInt64: Int] = [:]
    private var nextEndToken: UInt64 = 0
    private var nextForward = -1
    private var isPumping = false
    private var mustPumpAgain = false
    private(set) var isOpen = true
    private(set) lazy var pool = ShellPool(
        carrier: self, machine: machine, user: user, startLimit: shellTimeout)
    private let user: String
    private let shellTimeout: Duration

    init(
        session: SessionHandle, descriptor: Int32, machine: String, user: String, loop: EventLoop,
        owner: any EventHandler, shellTimeout: Duration
    ) {
        self.session = session
        self.descriptor = descriptor
        self.machine = machine
        self.user = user
        self.loop = loop
        self.owner = owner
        self.shellTimeout = shellTimeout
    }

    // MARK: Carrier

    func openShell(_ id: Int) throws(CommunicatorError) {
        guard isOpen, let handle = session.makeChannel() else { throw lost }
        channels[id] = Channel(handle, .shell)
        pump()
    }

    func send(_ bytes: [UInt8], to id: Int) {
        channels[id]?.outgoing.append(bytes)
        pump()
    }

    func closeShell(_ id: Int) {
        forget(id)
        pump()
    }

    func setTimer(_ delay: Duration, token: UInt64) -> UInt64 {
        guard let owner else { return 0 }
        return loop.schedule(after: delay, token: token << 1, handler: owner)
    }

    func cancelTimer(_ id: UInt64) {
        loop.cancel(timer: id)
    }

    // MARK: Events

    func descriptorReady(_ ready: Int32) {
        if ready != descriptor, let id = localEnds[ready] { channels[id]?.local?.isReadable = true }
        pump()
    }

    func timerFired(_ token: UInt64) {
        if token & 1 == 0 { return pool.timerFired(token >> 1) }
        guard let id = endTokens.removeValue(forKey: token), let channel = channels[id] else { return }
        finish(id, status: channel.handle.exitStatus)
    }

    // MARK: Forwards

    /// Opens a direct-tcpip channel and answers the end of a socket pair that leads into it.
    func openForward(to endpoint: Endpoint, within limit: Duration) async throws(CommunicatorError) -> Int32 {
        guard isOpen, let handle = session.makeChannel() else { throw lost }
        guard let (ours, theirs) = LocalEnd.makePair() else {
            throw CommunicatorError(
                code: .unreachable, message: "no descriptor is left for a forward: raise the limit (ulimit -n)")
        }
        let id = nextForward
        nextForward -= 1
        let channel = Channel(handle, .forward(endpoint, waiting: nil))
        channel.local = ours
        channels[id] = channel
        localEnds[ours.descriptor] = id
        endAfter(limit, id, channel)
        await withCheckedContinuation { continuation in
            channel.use = .forward(endpoint, waiting: continuation)
            pump()
        }
        if let failure = channel.failure {
            _ = Glibc.close(theirs)
            throw failure
        }
        return theirs
    }

    // MARK: Moving bytes

    /// Does all that can be done without waiting.
    func pump() {
        guard isOpen else { return }
        // What is told to the pool may send, open or close: then one more turn is made instead of a nested one.
        guard !isPumping else {
            mustPumpAgain = true
            return
        }
        isPumping = true
        session.handlePackets()
        var seen: UInt64
        repeat {
            mustPumpAgain = false
            seen = session.receivedPackets
            for id in Array(channels.keys) {
                while let channel = channels[id], step(id, channel) {}
            }
            // Looking at one stream takes in packets of all: what came for an earlier one is not announced again.
        } while (mustPumpAgain || session.receivedPackets != seen) && isOpen
        isPumping = false
        guard isOpen else { return }
        guard session.isConnected else { return shutDown(lost) }
        if let owner {
            loop.watch(descriptor, session.wantsToWrite ? [.read, .write] : .read, handler: owner)
        }
    }

    /// One step of a channel; true when another may follow at once.
    private func step(_ id: Int, _ channel: Channel) -> Bool {
        switch channel.state {
        case .opening: return open(id, channel)
        case .requesting:
            switch channel.handle.execute(ShellLoop.bootstrap) {
            case .done: channel.state = .open
            case .again: break
            case .failed:
                pool.shellClosed(id, status: nil, reason: refusedChannel)
                forget(id)
                return false
            }
            // The request has been sent: what follows it need not wait for the answer.
            return write(id, channel) || channel.state == .open
        case .open:
            if channel.local != nil { return relay(id, channel) }
            let wrote = write(id, channel)
            let read = take(id, channel, .output) || take(id, channel, .error)
            if !read, channels[id] != nil { checkEnd(id, channel) }
            return wrote || read
        }
    }

    private func open(_ id: Int, _ channel: Channel) -> Bool {
        let progress: Progress
        switch channel.use {
        case .shell: progress = channel.handle.openSession()
        case .forward(let endpoint, _):
            progress = channel.handle.openForward(host: endpoint.host, port: endpoint.port)
        }
        switch (progress, channel.use) {
        case (.again, _): return false
        case (.done, .shell): channel.state = .requesting
        case (.done, .forward(let endpoint, let waiting)):
            channel.state = .open
            clearEndTimer(channel)
            channel.use = .forward(endpoint, waiting: nil)
            waiting?.resume()
        case (.failed, .shell):
            pool.shellClosed(id, status: nil, reason: session.isConnected ? refusedChannel : lost)
            forget(id)
            return false
        case (.failed, .forward(let endpoint, _)):
            channel.failure = session.isConnected ? forwardFailure(endpoint, session.failureText) : lost
            forget(id)
            return false
        }
        return true
    }

    private func write(_ id: Int, _ channel: Channel) -> Bool {
        guard !channel.outgoing.isEmpty else { return false }
        let state = unsafe channel.outgoing.write { bytes in unsafe channel.handle.write(bytes) }
        // A failed write is followed by the end of the channel, which is handled when it is read.
        if state == .failed { channel.outgoing.removeAll() }
        return false
    }

    /// Reads a piece of a stream and tells the pool; true when there was one.
    private func take(_ id: Int, _ channel: Channel, _ stream: ShellStream) -> Bool {
        guard let bytes = channel.handle.read(stream), !bytes.isEmpty else { return false }
        pool.received(bytes, on: stream, shell: id)
        return channels[id] != nil
    }

    private func checkEnd(_ id: Int, _ channel: Channel) {
        let (status, isAtEnd) = (channel.handle.exitStatus, channel.handle.isAtEnd)
        if isAtEnd, status != nil || channel.handle.isClosed {
            // Where the whole connection has ended, that is what is told.
            guard status != nil || session.isConnected else { return }
            finish(id, status: status)
        } else if channel.endTimer == nil, isAtEnd || status != nil {
            // The status may come after the last words. And a process that the shell left behind holds the streams open;
            // what it printed last may still be on its way.
            endAfter(isAtEnd ? .seconds(5) : .milliseconds(500), id, channel)
        }
    }

    private func relay(_ id: Int, _ channel: Channel) -> Bool {
        guard let local = channel.local, let owner else { return false }
        var moved = false
        if local.outgoing.isEmpty, let bytes = channel.handle.read(.output), !bytes.isEmpty {
            local.outgoing.append(bytes)
            moved = true
        }
        // What was held back while the pair was full can be read as soon as it is not.
        let wasBlocked = !local.outgoing.isEmpty && !moved
        let wasWritten = local.flush()
        if local.isReadable, channel.outgoing.isEmpty {
            switch local.read() {
            case .bytes(let bytes):
                channel.outgoing.append(bytes)
                moved = true
            case .nothing: break
            case .end:
                forget(id)
                return false
            }
        }
        _ = write(id, channel)
        if !wasWritten || (local.outgoing.isEmpty && !moved && channel.handle.isAtEnd) {
            forget(id)
            return false
        }
        var interest: EventLoop.Interest = []
        if channel.outgoing.isEmpty { interest.insert(.read) }
        if !local.outgoing.isEmpty { interest.insert(.write) }
        loop.watch(local.descriptor, interest, handler: owner)
        return (moved || wasBlocked) && local.outgoing.isEmpty
    }

    // MARK: Ends

    /// Closes the connection. Programs that run or wait fail with this error.
    func shutDown(_ error: CommunicatorError) {
        guard isOpen else { return }
        if session.isConnected, error.code == .connectionLost { pool.quit() }
        isOpen = false
        pool.end(error)
        for (id, channel) in channels {
            channel.failure = channel.failure ?? error
            forget(id)
        }
        loop.unwatch(descriptor)
        session.disconnect()
    }

    private func finish(_ id: Int, status: Int32?) {
        if case .forward(let endpoint, _) = channels[id]?.use {
            channels[id]?.failure = forwardFailure(endpoint, "it did not answer in time")
        } else {
            pool.shellClosed(id, status: status)
        }
        forget(id)
    }

    private func forget(_ id: Int) {
        guard let channel = channels.removeValue(forKey: id) else { return }
        clearEndTimer(channel)
        if let local = channel.local {
            localEnds[local.descriptor] = nil
            loop.unwatch(local.descriptor)
            local.close()
        }
        if case .forward(_, let waiting) = channel.use { waiting?.resume() }
    }

    private func endAfter(_ delay: Duration, _ id: Int, _ channel: Channel) {
        guard let owner else { return }
        nextEndToken += 1
        let token = nextEndToken << 1 | 1
        endTokens[token] = id
        channel.endTimer = loop.schedule(after: max(.zero, delay), token: token, handler: owner)
    }

    private func clearEndTimer(_ channel: Channel) {
        if let timer = channel.endTimer { loop.cancel(timer: timer) }
        channel.endTimer = nil
    }

    private var lost: CommunicatorError {
        CommunicatorError(
            code: .connectionLost,
            message: "the connection to \(machine) was lost; whether a program that ran did its work is unknown:"
                + " connect again and look")
    }

    private var refusedChannel: CommunicatorError {
        CommunicatorError(
            code: .protocolViolation,
            message: "\(machine) lets us in but opens no session (\(session.failureText)):"
                + " check MaxSessions and forced commands in its sshd_config")
    }

    private func forwardFailure(_ endpoint: Endpoint, _ text: String) -> CommunicatorError {
        let isRefused = text.lowercased().contains("refused")
        return CommunicatorError(
            code: isRefused ? .refused : .unreachable,
            message: "\(machine) cannot reach \(endpoint) for us (\(text)):"
                + " check the address, that its sshd runs, and AllowTcpForwarding on the machine in between")
    }
}
