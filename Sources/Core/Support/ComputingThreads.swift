package import Foundation

/// A few threads for long computations, beside those that all tasks share: while these compute, requests of others are
/// answered. To be used with `withTaskExecutorPreference`. Threads are started when they are needed and end when there has
/// been nothing to do for a while.
///
/// `@unchecked Sendable`: the state is touched only while the condition's lock is held.
package final class ComputingThreads: TaskExecutor, @unchecked Sendable {
    private struct State {
        /// From `next` on: in the order in which they came.
        var jobs: [UnownedJob] = []
        var next = 0
        var threads = 0
        var idle = 0

        var waiting: Int { jobs.count - next }

        mutating func take() -> UnownedJob? {
            guard next < jobs.count else { return nil }
            defer {
                next += 1
                if next == jobs.count {
                    jobs.removeAll(keepingCapacity: true)
                    next = 0
                }
            }
            return jobs[next]
        }
    }

    private let name: String
    private let limit: Int
    private let patience: TimeInterval
    private let condition = NSCondition()
    private var state = State()

    /// - Parameters:
    ///   - name: Of the threads, for who looks at the process.
    ///   - limit: Most threads.
    ///   - patience: Seconds after which a thread without work ends.
    package init(name: String, limit: Int, patience: TimeInterval = 10) {
        self.name = name
        self.limit = max(1, limit)
        self.patience = patience
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let startsThread = locked { state in
            state.jobs.append(job)
            condition.signal()
            guard state.idle < state.waiting, state.threads < limit else { return false }
            state.threads += 1
            return true
        }
        guard startsThread else { return }
        let thread = Thread { [self] in work() }
        thread.name = name
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// How many threads there are.
    var threads: Int { locked { $0.threads } }

    private func locked<Value>(_ body: (inout State) -> Value) -> Value {
        condition.lock()
        defer { condition.unlock() }
        return body(&state)
    }

    private func work() {
        while let job = wait() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// The next job; nil: the thread shall end.
    private func wait() -> UnownedJob? {
        // Others change the state while this waits: no access to it may go on meanwhile.
        condition.lock()
        defer { condition.unlock() }
        let deadline = Date(timeIntervalSinceNow: patience)
        while true {
            if let job = state.take() { return job }
            state.idle += 1
            let isInTime = condition.wait(until: deadline)
            state.idle -= 1
            if !isInTime, state.waiting == 0 {
                state.threads -= 1
                return nil
            }
        }
    }
}
