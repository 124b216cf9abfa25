import CProcess
import Dispatch
import Foundation
import Synchronization

/// Lets a call begin on the thread that read it, and finds another reader where it holds that thread.
///
/// Most of what a short call takes are changes of threads, and this spares them. A call that holds the reader for two
/// ticks loses it: the watching thread becomes the reader, and calls of that method begin on Swift's pool from then on.
/// So a connector that blocks delays pings, cancellations and deadlines by two ticks, once for each method. The watching
/// thread ticks while there are calls and sleeps otherwise.
final class ReaderWatch: Sendable {
    private struct State {
        /// The reader that reads now; grows with each that takes over.
        var reader = 0
        /// The method that holds the reader.
        var held: String?
        /// Counts the calls that began on the reader.
        var count: UInt64 = 0
        /// Methods that begin on the pool.
        var slow: Set<String> = []
        var hasThread = false
        var ticks = false
        var isOver = false
    }

    private static let tick = 0.02
    /// Ticks without a call after which the thread sleeps.
    private static let patience = 50

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let takeOver: @Sendable (_ watch: ReaderWatch, _ reader: Int) -> Void

    /// - Parameter takeOver: Reads until the input ends or it loses the reader itself; runs on the watching thread.
    init(takeOver: @escaping @Sendable (_ watch: ReaderWatch, _ reader: Int) -> Void) {
        self.takeOver = takeOver
    }

    /// Runs the beginning of a call, unless its method is known to take long.
    ///
    /// - Returns: nil: it did not run. Else whether `reader` is still the one that reads; where not, it must leave the
    ///   input alone and end.
    func run(_ method: String, reader: Int, _ body: () -> Void) -> Bool? {
        let (isAllowed, wakes, starts) = state.withLock { state -> (Bool, Bool, Bool) in
            guard !state.slow.contains(method) else { return (false, false, false) }
            state.held = method
            state.count &+= 1
            let (wakes, starts) = (!state.ticks, !state.hasThread)
            state.ticks = true
            state.hasThread = true
            return (true, wakes, starts)
        }
        guard isAllowed else { return nil }
        if starts {
            start()
        } else if wakes {
            wake.signal()
        }
        body()
        return state.withLock { state in
            guard state.reader == reader else { return false }
            state.held = nil
            return true
        }
    }

    /// Ends the watching thread.
    func end() {
        let wakes = state.withLock { state in
            state.isOver = true
            return state.hasThread && !state.ticks
        }
        if wakes { wake.signal() }
    }

    private func start() {
        let thread = Thread { [self] in
            gantry_thread_name("sdk-watch")
            if let reader = watch() { takeOver(self, reader) }
        }
        thread.start()
    }

    /// - Returns: The number of the reader that this thread becomes; nil: the conversation is over.
    private func watch() -> Int? {
        var last: UInt64 = 0
        var quiet = 0
        while true {
            Thread.sleep(forTimeInterval: Self.tick)
            let step = state.withLock { state -> Step in
                if state.isOver { return .end }
                if let method = state.held, state.count == last {
                    state.slow.insert(method)
                    state.held = nil
                    state.reader += 1
                    state.hasThread = false
                    state.ticks = false
                    return .read(state.reader)
                }
                quiet = state.count == last ? quiet + 1 : 0
                last = state.count
                guard quiet >= Self.patience else { return .watch }
                state.ticks = false
                return .sleep
            }
            switch step {
            case .watch: break
            case .sleep:
                wake.wait()
                quiet = 0
            case .read(let reader): return reader
            case .end: return nil
            }
        }
    }

    private enum Step {
        case watch
        case sleep
        case read(Int)
        case end
    }
}
