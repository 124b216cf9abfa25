import ConnectorAPI
import Dispatch
import Foundation
import Support

/// Work that may take longer than a call: who asks for it again finds it going on. A failure at
/// whose end nobody waited is told to the next who asks, and a value, for as long as it is kept, to all. A process that ends
/// takes it along; what is there of it is found by whoever begins anew.
final class BackgroundWork<Value: Sendable>: Sendable {
    private struct Job {
        var waiters: [Int: CheckedContinuation<Result<Value, ConnectorError>?, Never>] = [:]
        var end: (result: Result<Value, ConnectorError>, at: ContinuousClock.Instant)?
    }

    private struct State {
        var jobs: [String: Job] = [:]
        var nextWaiter = 0
    }

    private let state = LockedValue(State())
    private let threads: ComputingThreads

    private let keeps: Duration

    /// - Parameter keeps: For how long a value is there for those who ask after its end.
    init(_ name: String, keeps: Duration = .zero) {
        self.keeps = keeps
        threads = ComputingThreads(name: name, limit: 4)
    }

    /// The result of the work under a key, which begins where it is not going on; nil when it takes longer than `patience`, or
    /// the caller is cancelled.
    func result(
        _ key: String, patience: Duration, _ work: @escaping @Sendable () async throws(ConnectorError) -> Value
    ) async throws(ConnectorError) -> Value? {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                wait(key, number, patience: patience, continuation, work)
                // Where that was before anybody waited.
                if Task.isCancelled { giveUp(key, number) }
            }
        } onCancel: {
            giveUp(key, number)
        }
        return try result?.get()
    }

    private func wait(
        _ key: String, _ number: Int, patience: Duration,
        _ continuation: CheckedContinuation<Result<Value, ConnectorError>?, Never>,
        _ work: @escaping @Sendable () async throws(ConnectorError) -> Value
    ) {
        let (isNew, end) = state.withLock { state -> (Bool, Result<Value, ConnectorError>?) in
            let now = ContinuousClock.now
            for (other, job) in state.jobs {
                if case (.success, let at)? = job.end, at.duration(to: now) > keeps { state.jobs[other] = nil }
            }
            if let end = state.jobs[key]?.end {
                if case .failure = end.result { state.jobs[key] = nil }
                return (false, end.result)
            }
            let isNew = state.jobs[key] == nil
            state.jobs[key, default: Job()].waiters[number] = continuation
            return (isNew, nil)
        }
        if let end { return continuation.resume(returning: end) }
        if isNew { begin(key, work) }
        DispatchQueue.global().asyncAfter(deadline: .now() + patience.inSeconds) { [self] in giveUp(key, number) }
    }

    private func giveUp(_ key: String, _ number: Int) {
        state.withLock { $0.jobs[key]?.waiters.removeValue(forKey: number) }?.resume(returning: nil)
    }

    private func begin(_ key: String, _ work: @escaping @Sendable () async throws(ConnectorError) -> Value) {
        Task.detached(executorPreference: threads) { [self] in
            let result: Result<Value, ConnectorError>
            do throws(ConnectorError) {
                result = .success(try await work())
            } catch {
                result = .failure(error)
            }
            let waiters = state.withLock { state in
                let waiters = state.jobs[key]?.waiters ?? [:]
                state.jobs[key] = nil
                switch result {
                case .failure where waiters.isEmpty: state.jobs[key] = Job(end: (result, .now))
                case .success where keeps > .zero: state.jobs[key] = Job(end: (result, .now))
                default: break
                }
                return waiters
            }
            for waiter in waiters.values { waiter.resume(returning: result) }
        }
    }
}

/// One at a time under each key, on threads that may block.
///
/// `@unchecked Sendable`: what is held is touched while the condition's lock is held.
final class KeyedLock: @unchecked Sendable {
    private let condition = NSCondition()
    private var held: Set<String> = []

    /// - Throws: ``ConnectorError/Code/aborted`` when another call holds the key for as long as this one may take.
    func hold<Value>(
        _ key: String, _ budget: CallBudget, _ body: () throws(ConnectorError) -> Value
    ) throws(ConnectorError) -> Value {
        condition.lock()
        while held.contains(key) {
            let left = (budget.end - ContinuousClock.now).inSeconds
            guard left > 0, condition.wait(until: Date(timeIntervalSinceNow: left)) else {
                condition.unlock()
                throw ConnectorError(
                    code: .aborted, message: "another call that works on \(key) is still in flight", retryAfterMs: 500)
            }
        }
        held.insert(key)
        condition.unlock()
        defer {
            condition.lock()
            held.remove(key)
            condition.broadcast()
            condition.unlock()
        }
        return try body()
    }
}
