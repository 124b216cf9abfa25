import ContextualizationAPI

/// The two streams of a shell.
enum ShellStream: Sendable, Hashable {
    case output, error
}

/// Reads the answer to one request from both streams as the bytes come.
struct ShellResponse: Sendable {
    /// How the request ended.
    enum End: Sendable, Hashable {
        case exited(Int32)
        /// The files could not be written; standard output holds the folder, the message of `dd` and the output of `df`.
        case noRoom
    }

    private(set) var output: MarkedStream
    private(set) var error: MarkedStream

    init(nonce: String, limit: Int) {
        output = MarkedStream(nonce: nonce, limit: limit)
        error = MarkedStream(nonce: nonce, limit: limit)
    }

    /// The program has been started.
    var hasStarted: Bool { output.hasBegun }

    /// Takes bytes of one stream. True when both streams are complete.
    mutating func receive(_ bytes: some Collection<UInt8>, on stream: ShellStream) -> Bool {
        switch stream {
        case .output: output.receive(bytes)
        case .error: error.receive(bytes)
        }
        return output.isComplete && error.isComplete
    }

    /// The end, once complete; nil for a mark that makes no sense.
    var end: End? {
        let words = output.trailer.split(separator: 0x20)
        guard let word = words.first else { return nil }
        let text = String(decoding: word, as: UTF8.self)
        return text == "F" ? .noRoom : Int32(text).map(End.exited)
    }

    /// What the program printed so far.
    func programOutput(status: Int32) -> ProgramOutput {
        ProgramOutput(
            status: status, standardOutput: output.body, standardError: error.body,
            truncated: output.isTruncated || error.isTruncated)
    }
}

/// Finds what stands between `[NONCE\n` and `]NONCE REST\n` in a stream, whose bytes come in pieces of any size.
///
/// Bytes before the begin mark come from processes that earlier programs left behind; they are dropped.
struct MarkedStream: Sendable {
    private enum State { case before, body, trailer, complete }

    /// The bytes between the marks, as far as the limit goes.
    private(set) var body: [UInt8] = []
    /// What the end mark says after the nonce.
    private(set) var trailer: [UInt8] = []
    private(set) var isTruncated = false
    private var state = State.before
    private let begin: [UInt8]
    private let end: [UInt8]
    private let limit: Int
    /// Bytes that may be the first part of a mark.
    private var pending: [UInt8] = []

    init(nonce: String, limit: Int) {
        begin = Array("[\(nonce)\n".utf8)
        end = Array("]\(nonce)".utf8)
        self.limit = max(0, limit)
    }

    var isComplete: Bool { state == .complete }
    var hasBegun: Bool { state != .before }

    mutating func receive(_ bytes: some Collection<UInt8>) {
        guard state != .complete else { return }
        pending += bytes
        if state == .before, let place = pending.firstPlace(of: begin) {
            pending.removeFirst(place + begin.count)
            state = .body
        }
        if state == .before {
            pending.removeFirst(max(0, pending.count - (begin.count - 1)))
        }
        if state == .body {
            if let place = pending.firstPlace(of: end) {
                keep(pending[..<place])
                pending.removeFirst(place + end.count)
                state = .trailer
            } else {
                let settled = max(0, pending.count - (end.count - 1))
                keep(pending[..<settled])
                pending.removeFirst(settled)
            }
        }
        if state == .trailer, let newline = pending.firstIndex(of: 0x0a) {
            trailer = Array(pending[..<newline])
            pending = []
            state = .complete
        }
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        let room = limit - body.count
        if bytes.count > room { isTruncated = true }
        if room > 0 { body += bytes.prefix(room) }
    }
}
