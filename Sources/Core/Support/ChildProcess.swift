import CProcess
import Glibc

/// A child process that was started. Its id stays its own until ``wait(endingGroup:)`` collects it, so that no signal
/// ever meets another process. May be used from any thread.
package final class ChildProcess: Sendable {
    /// How a process ended.
    package enum Ending: Sendable, Hashable, CustomStringConvertible {
        case exited(Int32)
        case signalled(Int32)

        init(status: Int32) {
            let signal = status & 0x7F
            self = signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)
        }

        package var description: String {
            switch self {
            case .exited(let status): "exited with status \(status)"
            case .signalled(let signal): "was killed by signal \(signal)"
            }
        }

        /// As shells tell it: the exit status, or 128 and the signal.
        package var status: Int32 {
            switch self {
            case .exited(let status): status
            case .signalled(let signal): 128 + signal
            }
        }
    }

    package let id: Int32
    private let state = LockedValue<Ending?>(nil)

    init(id: Int32) {
        self.id = id
    }

    /// How it ended, once it is collected.
    package var ending: Ending? { state.withLock { $0 } }

    package var isRunning: Bool {
        state.withLock { ending in ending == nil && !gantry_process_has_ended(id) }
    }

    /// Sends a signal to it, unless it is collected.
    ///
    /// - Parameter toGroup: Also to all of its group; only for a process that has its own.
    package func signal(_ number: Int32, toGroup: Bool = false) {
        state.withLock { ending in
            if ending == nil { _ = kill(toGroup ? -id : id, number) }
        }
    }

    /// Waits until it ends and collects it. Blocks the thread; further calls give the same answer at once.
    ///
    /// - Parameter endingGroup: Kills what is left of its group then; only for a process that has its own.
    @discardableResult
    package func wait(endingGroup: Bool = false) -> Ending {
        _ = gantry_process_wait(id)
        return state.withLock { ending in
            if let ending { return ending }
            if endingGroup { kill(-id, SIGKILL) }
            let result = Ending(status: gantry_process_reap(id))
            ending = result
            return result
        }
    }

    /// Collects it if it has ended; otherwise nil at once.
    package func collect() -> Ending? {
        isRunning ? nil : wait()
    }
}
