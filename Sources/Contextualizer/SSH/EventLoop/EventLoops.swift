import Foundation
import Synchronization

/// The loops that all communicators share: a few threads, however many machines there are.
enum EventLoops {
    private static let all = (0..<min(max(2, ProcessInfo.processInfo.activeProcessorCount), 8)).map {
        EventLoop(name: "gantry-ssh-\($0)")
    }
    private static let executors = all.map(LoopTasks.init)
    private static let turn = Atomic<Int>(0)

    /// The next loop in turn.
    static func next() -> EventLoop {
        all[nextIndex()]
    }

    /// The next loop in turn, for tasks that mostly wait for what it does.
    static func nextExecutor() -> any TaskExecutor {
        executors[nextIndex()]
    }

    /// The loop whose thread the caller is on.
    static var current: EventLoop? { all.first { $0.isOnLoop } }

    private static func nextIndex() -> Int {
        turn.add(1, ordering: .relaxed).oldValue % all.count
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
