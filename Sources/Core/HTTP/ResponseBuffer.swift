import Support

/// Hands an answer from the thread that receives it to the task that reads it.
///
/// The receiving side calls ``receive(head:)``, ``receive(_:)`` and ``finish(_:)``; the reading side ``head()`` and
/// ``next()``, one task at a time. When more than ``highWater`` bytes wait, the receiver is told to pause, and the reader
/// that empties the buffer is told to have it go on.
final class ResponseBuffer: Sendable {
    struct Head: Sendable {
        var status: Int
        var headers: HTTPHeaders
    }

    enum Receipt {
        case taken
        /// Nothing was taken: the same bytes come again after the pause.
        case pause
    }

    struct Piece: Sendable {
        var bytes: [UInt8]
        /// Whether the transfer rests and must be told to go on.
        var resumesTransfer: Bool
    }

    private enum Phase {
        case waiting
        case receiving(Head)
        case ended(Head?, HTTPError?)
    }

    private struct State {
        var phase = Phase.waiting
        var bytes: [UInt8] = []
        var isPaused = false
        var reader: CheckedContinuation<Bool, Never>?
    }

    /// More bytes than these wait for nobody. One receipt (at most 64 KiB) may go over.
    static let highWater = 256 << 10

    private let state = LockedValue(State())

    /// The head, when it is there.
    func head() async throws(HTTPError) -> Head {
        while true {
            let known = state.withLock { state -> Result<Head, HTTPError>? in
                switch state.phase {
                case .waiting: return nil
                case .receiving(let head), .ended(.some(let head), _): return .success(head)
                case .ended(nil, let error): return .failure(error ?? Self.noAnswer)
                }
            }
            if let known { return try known.get() }
            try await waitForChange { if case .waiting = $0.phase { true } else { false } }
        }
    }

    /// The next bytes, nil at the end.
    func next() async throws(HTTPError) -> Piece? {
        while true {
            enum Known {
                case piece(Piece)
                case end(HTTPError?)
                case nothing
            }
            let known = state.withLock { state -> Known in
                if !state.bytes.isEmpty {
                    let piece = Piece(bytes: state.bytes, resumesTransfer: state.isPaused)
                    state.bytes = []
                    state.isPaused = false
                    return .piece(piece)
                }
                if case .ended(_, let error) = state.phase { return .end(error) }
                return .nothing
            }
            switch known {
            case .piece(let piece): return piece
            case .end(let error):
                if let error { throw error }
                return nil
            case .nothing:
                try await waitForChange { state in
                    if case .ended = state.phase { return false }
                    return state.bytes.isEmpty
                }
            }
        }
    }

    /// Waits until the state changes, unless it is no longer as `isUnchanged` says.
    private func waitForChange(while isUnchanged: (State) -> Bool) async throws(HTTPError) {
        let isOnlyReader = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            let known = state.withLock { state -> Bool? in
                guard isUnchanged(state) else { return true }
                guard state.reader == nil else { return false }
                state.reader = continuation
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
        guard isOnlyReader else {
            throw HTTPError(code: .invalidRequest, message: "the body of an answer is read by two tasks at once")
        }
    }

    /// Gives the head to the reader. Ignored after the first.
    func receive(head: Head) {
        wake { state in
            if case .waiting = state.phase { state.phase = .receiving(head) }
        }
    }

    /// Gives bytes of the body to the reader.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Receipt {
        var receipt = Receipt.taken
        wake { state in
            // Nobody reads an answer that was given up.
            if case .ended = state.phase { return }
            if state.bytes.count >= Self.highWater {
                state.isPaused = true
                receipt = .pause
            } else {
                unsafe state.bytes.append(contentsOf: bytes)
            }
        }
        return receipt
    }

    /// The last call of the receiver; later ones are ignored.
    func finish(_ error: HTTPError?) {
        wake { state in
            switch state.phase {
            case .waiting: state.phase = .ended(nil, error)
            case .receiving(let head): state.phase = .ended(head, error)
            case .ended: break
            }
            // Whoever cancels or loses a transfer does not want the rest.
            if error?.code == .cancelled { state.bytes = [] }
        }
    }

    var isFinished: Bool {
        state.withLock { if case .ended = $0.phase { true } else { false } }
    }

    private func wake(_ change: (inout State) -> Void) {
        let reader = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            change(&state)
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: true)
    }

    private static let noAnswer = HTTPError(
        code: .malformed, message: "the server ended the exchange without an answer", mayHaveBeenSent: true)
}
