import Dispatch
import Support

/// Messages for one reader, who takes all that have come at once: so what came together is stored together.
final class Mailbox<Message: Sendable>: Sendable {
    private struct State {
        var messages: [Message] = []
        var reader: CheckedContinuation<Void, Never>?
        var refuse: (@Sendable (Message) -> Void)?
        /// Whether one of the messages shall be taken now.
        var isUrgent = false
        /// Whether the reader will be woken for messages that do not wake him.
        var isWakingLater = false
    }

    private let patience: DispatchTimeInterval
    private let state = LockedValue(State())

    /// - Parameter patience: How long a message waits at most that is left with ``sendUnhurried(_:)``.
    init(patience: DispatchTimeInterval = .milliseconds(200)) {
        self.patience = patience
    }

    /// Leaves a message; never blocks.
    func send(_ message: Message) {
        let (reader, refuse) = state.withLock {
            state -> (CheckedContinuation<Void, Never>?, (@Sendable (Message) -> Void)?) in
            if let refuse = state.refuse { return (nil, refuse) }
            state.messages.append(message)
            state.isUrgent = true
            defer { state.reader = nil }
            return (state.reader, nil)
        }
        refuse?(message)
        reader?.resume()
    }

    /// Leaves a message that is taken with the next one, or by itself when none comes soon: one transaction less.
    func sendUnhurried(_ message: Message) {
        let (wakesLater, refuse) = state.withLock { state -> (Bool, (@Sendable (Message) -> Void)?) in
            if let refuse = state.refuse { return (false, refuse) }
            state.messages.append(message)
            defer { state.isWakingLater = true }
            return (!state.isWakingLater, nil)
        }
        refuse?(message)
        guard wakesLater else { return }
        DispatchQueue.global().asyncAfter(deadline: .now() + patience) { [weak self] in self?.wake() }
    }

    private func wake() {
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.isWakingLater = false
            guard !state.messages.isEmpty else { return nil }
            state.isUrgent = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    /// Ends reading: `refuse` gets every message that is left and those that still come.
    func close(_ refuse: @escaping @Sendable (Message) -> Void) {
        let left = state.withLock { state -> [Message] in
            state.refuse = refuse
            defer { state.messages = [] }
            return state.messages
        }
        for message in left { refuse(message) }
    }

    /// Takes all messages; waits for the first. One reader only. Empty when the task is cancelled.
    func receive() async -> [Message] {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let ready = state.withLock { state -> Bool in
                    if state.isUrgent || Task.isCancelled { return true }
                    state.reader = continuation
                    return false
                }
                if ready { continuation.resume() }
            }
        } onCancel: {
            let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
                defer { state.reader = nil }
                return state.reader
            }
            reader?.resume()
        }
        return state.withLock { state in
            state.isUrgent = false
            defer { state.messages = [] }
            return state.messages
        }
    }
}
