import Synchronization

/// Messages for one reader, who takes all that have come at once: so what came together is stored together.
final class Mailbox<Message: Sendable>: Sendable {
    private struct State {
        var messages: [Message] = []
        var reader: CheckedContinuation<Void, Never>?
        var refuse: (@Sendable (Message) -> Void)?
    }

    private let state = Mutex(State())

    /// Leaves a message; never blocks.
    func send(_ message: Message) {
        let (reader, refuse) = state.withLock {
            state -> (CheckedContinuation<Void, Never>?, (@Sendable (Message) -> Void)?) in
            if let refuse = state.refuse { return (nil, refuse) }
            state.messages.append(message)
            defer { state.reader = nil }
            return (state.reader, nil)
        }
        refuse?(message)
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
                    if !state.messages.isEmpty || Task.isCancelled { return true }
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
            defer { state.messages = [] }
            return state.messages
        }
    }
}
