import Foundation
import Support

/// The loops that all communicators share: a few threads, however many machines there are. Each is made when there is work
/// for it.
enum EventLoops {
    private struct Made {
        var loops: [EventLoop] = []
        var executors: [LoopTasks] = []
        var turn = 0

        mutating func next() -> Int {
            let index = turn % mostLoops
            turn += 1
            if index == loops.count {
                let loop = EventLoop(name: "gantry-ssh-\(index)")
                loops.append(loop)
                executors.append(LoopTasks(loop))
            }
            return index
        }
    }

    private static let mostLoops = min(max(2, ProcessInfo.processInfo.activeProcessorCount), 8)
    private static let made = LockedValue(Made())

    /// The next loop in turn.
    static func next() -> EventLoop {
        made.withLock { made in made.loops[made.next()] }
    }

    /// The next loop in turn, for tasks that mostly wait for what it does.
    static func nextExecutor() -> any TaskExecutor {
        made.withLock { made in made.executors[made.next()] }
    }

    /// The loop whose thread the caller is on.
    static var current: EventLoop? {
        made.withLock(\.loops).first { $0.isOnLoop }
    }
}

/// Runs tasks on the thread of a loop: an answer is taken on the thread that it came to.
private final class LoopTasks: TaskExecutor {
    private let loop: EventLoop

    init(_ loop: EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        loop.run(job, of: self)
    }
}
