import CLibSSH
import Glibc

/// How far a non-blocking call of libssh got.
enum Progress: Sendable, Hashable {
    case done
    /// To be called again when the socket is ready.
    case again
    case failed
}

/// Owns a non-blocking libssh session. To be used by one thread at a time, as libssh demands: it is confined to the actor
/// of its connection, whose executor is one event loop.
@safe final class SessionHandle {
    // Valid from init to deinit; handed to libssh only, by this class and ChannelHandle, which keeps this object alive.
    fileprivate let raw: ssh_session
    private var event: ssh_event?
    private let socket: Int32
    // Written by libssh while it handles packets, on the thread of the session; freed after the session.
    private let counter: UnsafeMutablePointer<ssh_counter_struct>

    /// - Parameters:
    ///   - socket: Connected; the session closes it.
    ///   - hostKeyAlgorithms: Accepted, best first.
    init?(socket: Int32, user: String, hostKeyAlgorithms: [String]) {
        guard let session = unsafe ssh_new() else { return nil }
        unsafe raw = session
        self.socket = socket
        unsafe counter = UnsafeMutablePointer<ssh_counter_struct>.allocate(capacity: 1)
        unsafe counter.initialize(to: ssh_counter_struct())
        unsafe ssh_set_counters(session, nil, counter)
        unsafe ssh_set_blocking(session, 0)
        // Neither the user's configuration nor their known hosts have a say in what we trust.
        let failures =
            unsafe gantry_ssh_set_process_config(session, false)
            + gantry_ssh_set_text(session, SSH_OPTIONS_KNOWNHOSTS, "/dev/null")
            + gantry_ssh_set_text(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null")
            + gantry_ssh_set_text(session, SSH_OPTIONS_USER, user)
            + gantry_ssh_set_text(session, SSH_OPTIONS_HOSTKEYS, hostKeyAlgorithms.joined(separator: ","))
        guard failures == 0, unsafe gantry_ssh_set_socket(session, socket) == 0 else { return nil }
    }

    deinit {
        if let event = unsafe event {
            unsafe ssh_event_remove_session(event, raw)
            unsafe ssh_event_free(event)
        }
        unsafe ssh_free(raw)
        unsafe counter.deallocate()
    }

    // MARK: Key exchange

    func connect() -> Progress {
        let result = unsafe progress(ssh_connect(raw))
        // libssh makes a socket that it is handed a blocking one while it connects. A send of much data would then hold up
        // every connection of the thread until this peer reads.
        _ = fcntl(socket, F_SETFL, O_RDWR | O_NONBLOCK)
        return result
    }

    /// The key that the server proved to own: `TYPE BASE64`.
    func serverKey() -> String? {
        var key: ssh_key?
        guard unsafe ssh_get_server_publickey(raw, &key) == SSH_OK, let key = unsafe key else { return nil }
        return unsafe KeyHandle(owning: key).publicLine
    }

    // MARK: Authentication

    enum AuthenticationProgress: Sendable, Hashable {
        case accepted, again, denied, failed
        /// The server asks; only for keyboard-interactive.
        case asks
    }

    func authenticateWithNothing() -> AuthenticationProgress {
        unsafe authentication(ssh_userauth_none(raw, nil))
    }

    func authenticate(key: borrowing KeyHandle) -> AuthenticationProgress {
        unsafe authentication(ssh_userauth_publickey(raw, nil, key.raw))
    }

    /// Which agent ``authenticateByAgent()`` asks.
    func useAgent(_ socket: String) -> Bool {
        unsafe gantry_ssh_set_text(raw, SSH_OPTIONS_IDENTITY_AGENT, socket) == 0
    }

    /// Tries the keys of an agent, one after the other. It is asked without waiting elsewhere, which takes as long as the
    /// agent does: one that asks its user holds up every connection of the thread.
    func authenticateByAgent() -> AuthenticationProgress {
        unsafe authentication(ssh_userauth_agent(raw, nil))
    }

    func authenticate(password: String) -> AuthenticationProgress {
        unsafe authentication(ssh_userauth_password(raw, nil, password))
    }

    func authenticateInteractively() -> AuthenticationProgress {
        unsafe authentication(ssh_userauth_kbdint(raw, nil, nil))
    }

    /// Answers every question that is not echoed with the password, the others with nothing.
    func answerQuestions(_ password: String) {
        let count = unsafe ssh_userauth_kbdint_getnprompts(raw)
        var index: UInt32 = 0
        while index < UInt32(max(0, count)) {
            var echo: CChar = 0
            _ = unsafe ssh_userauth_kbdint_getprompt(raw, index, &echo)
            _ = unsafe ssh_userauth_kbdint_setanswer(raw, index, echo == 0 ? password : "")
            index += 1
        }
    }

    /// What the server said that it allows, after a denial.
    var allowedMethods: Set<String> {
        let bits = unsafe UInt32(bitPattern: ssh_userauth_list(raw, nil))
        let names: [(UInt32, String)] = [
            (UInt32(SSH_AUTH_METHOD_PUBLICKEY), "publickey"), (UInt32(SSH_AUTH_METHOD_PASSWORD), "password"),
            (UInt32(SSH_AUTH_METHOD_INTERACTIVE), "keyboard-interactive"),
            (UInt32(SSH_AUTH_METHOD_HOSTBASED), "hostbased"), (UInt32(SSH_AUTH_METHOD_GSSAPI_MIC), "gssapi-with-mic"),
        ]
        return Set(names.filter { bits & $0.0 != 0 }.map(\.1))
    }

    // MARK: State

    var isConnected: Bool { unsafe ssh_is_connected(raw) != 0 }

    /// Bytes wait for the socket to become writable.
    var wantsToWrite: Bool { unsafe ssh_get_poll_flags(raw) & SSH_WRITE_PENDING != 0 }

    /// libssh's own words for the last failure; without secrets.
    var failureText: String { unsafe String(cString: ssh_get_error(UnsafeMutableRawPointer(raw))) }

    /// Packets taken in so far. Any call that reads may take in packets of every channel: a reader that saw no data of one
    /// channel must look again when this has grown since.
    var receivedPackets: UInt64 { unsafe counter.pointee.in_packets }

    /// Takes in what the socket has, also when no channel is open.
    func handlePackets() {
        if unsafe event == nil, let made = unsafe ssh_event_new() {
            unsafe ssh_event_add_session(made, raw)
            unsafe event = made
        }
        if let event = unsafe event { unsafe ssh_event_dopoll(event, 0) }
    }

    /// Sends what waits, as far as it goes without waiting, and ends the connection. The socket is closed by deinit.
    ///
    /// ssh_disconnect would neither send its farewell without a further poll nor close a socket that was handed in, but
    /// free channels that others still hold.
    func disconnect() {
        handlePackets()
        _ = shutdown(socket, Int32(SHUT_RDWR))
    }

    func makeChannel() -> ChannelHandle? {
        unsafe ssh_channel_new(raw).map { unsafe ChannelHandle(owning: $0, of: self) }
    }

    private func progress(_ code: Int32) -> Progress {
        code == SSH_OK ? .done : code == SSH_AGAIN ? .again : .failed
    }

    private func authentication(_ code: Int32) -> AuthenticationProgress {
        switch code {
        case SSH_AUTH_SUCCESS.rawValue: .accepted
        case SSH_AUTH_AGAIN.rawValue: .again
        case SSH_AUTH_DENIED.rawValue, SSH_AUTH_PARTIAL.rawValue: .denied
        case SSH_AUTH_INFO.rawValue: .asks
        default: .failed
        }
    }
}

/// Owns a channel and keeps its session alive. Same thread as the session.
@safe final class ChannelHandle {
    // Valid from init to deinit.
    private let raw: ssh_channel
    private let session: SessionHandle

    fileprivate init(owning raw: ssh_channel, of session: SessionHandle) {
        unsafe self.raw = raw
        self.session = session
    }

    deinit {
        unsafe ssh_channel_free(raw)
    }

    func openSession() -> Progress { unsafe progress(ssh_channel_open_session(raw)) }

    func openForward(host: String, port: Int) -> Progress {
        unsafe progress(ssh_channel_open_forward(raw, host, Int32(clamping: port), "127.0.0.1", 0))
    }

    func execute(_ command: String) -> Progress { unsafe progress(ssh_channel_request_exec(raw, command)) }

    /// Writes what fits into the window; nil for a failure.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard unsafe ssh_channel_window_size(raw) > 0 else { return 0 }
        let length = UInt32(clamping: min(bytes.count, 1 << 20))
        let count = unsafe ssh_channel_write(raw, bytes.baseAddress, length)
        return count >= 0 ? Int(count) : count == SSH_AGAIN ? 0 : nil
    }

    /// Appends what has arrived on a stream, at most 64 KiB; nil for a failure.
    func read(_ stream: ShellStream) -> [UInt8]? {
        let pending = unsafe ssh_channel_poll(raw, stream == .error ? 1 : 0)
        guard pending > 0 else { return pending == SSH_ERROR ? nil : [] }
        var failed = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: min(Int(pending), 65536)) { buffer, count in
            let got = unsafe ssh_channel_read_nonblocking(
                raw, buffer.baseAddress, UInt32(buffer.count), stream == .error ? 1 : 0)
            failed = got == SSH_ERROR
            count = max(0, Int(got))
        }
        return failed ? nil : bytes
    }

    func sendEndOfFile() { unsafe ssh_channel_send_eof(raw) }

    /// The other side sends no more, and everything has been read.
    var isAtEnd: Bool { unsafe ssh_channel_is_eof(raw) != 0 || isClosed }

    /// The other side has ended the channel: nothing more comes, no status either.
    var isClosed: Bool { unsafe ssh_channel_is_closed(raw) != 0 }

    /// Of the remote command, once it has ended.
    var exitStatus: Int32? {
        let status = unsafe ssh_channel_get_exit_status(raw)
        return status >= 0 ? status : nil
    }

    private func progress(_ code: Int32) -> Progress {
        code == SSH_OK ? .done : code == SSH_AGAIN ? .again : .failed
    }
}
