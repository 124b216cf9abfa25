import CLibSSH
import CProcess
import Foundation
import Glibc
import Support
import Synchronization

/// What an ``EventLoop`` tells its users. All calls are made on the thread of the loop.
protocol EventHandler: AnyObject, Sendable {
    /// The descriptor is ready for what it was registered for, or has failed.
    nonisolated func descriptorReady(_ descriptor: Int32)
    /// A timer that was set with this token has run out.
    nonisolated func timerFired(_ token: UInt64)
}

/// One thread that waits for descriptors and timers and is the executor of the actors that use them.
///
/// libssh sessions must be touched by one thread at a time and would block a pool: an actor whose executor is a loop keeps
/// both rules by construction. The loop never blocks except in `epoll_wait`; jobs on it must be short. Loops live as long
/// as the process.
///
/// `@unchecked Sendable`: ``inbox`` is guarded by its lock; everything else that changes (``watched``, ``timers``,
/// ``nextTimer``) is touched on the thread of the loop only, which every function that touches it checks.
final class EventLoop: SerialExecutor, @unchecked Sendable {
    /// What a descriptor is waited for.
    struct Interest: OptionSet {
        let rawValue: Int
        static let read = Interest(rawValue: 1)
        static let write = Interest(rawValue: 2)
    }

    private struct Watch {
        weak var handler: (any EventHandler)?
        var interest: Interest
    }

    private struct Timer {
        let id: UInt64
        let deadline: ContinuousClock.Instant
        let token: UInt64
        weak var handler: (any EventHandler)?
    }

    private enum Message {
        case job(UnownedJob)
        case task(UnownedJob, any TaskExecutor)
        case call(@Sendable () -> Void)
    }

    private struct Inbox {
        var messages: [Message] = []
        var isAwake = false
        var thread: pthread_t?
    }

    private let inbox = LockedValue(Inbox())
    private let poller: Int32
    private let wakeup: Int32
    private var watched: [Int32: Watch] = [:]
    private var timers: [Timer] = []
    private var nextTimer: UInt64 = 0

    /// A loop whose thread runs from now on.
    init(name: String) {
        poller = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        // Both fail only where the process has no descriptors left at its very start of work.
        precondition(poller >= 0 && wakeup >= 0, "no descriptor is left for an event loop: raise the limit (ulimit -n)")
        control(EPOLL_CTL_ADD, wakeup, .read)
        let thread = Thread { [self] in
            unsafe gantry_thread_name(name)
            run()
        }
        thread.stackSize = 2 << 20
        thread.start()
    }

    // MARK: Executor

    func enqueue(_ job: consuming ExecutorJob) {
        // The runtime keeps a job alive until it is run once, which `drain` does.
        post(.job(UnownedJob(job)))
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    func checkIsolated() {
        precondition(isOnLoop, "called outside of the event loop's thread")
    }

    /// Runs a closure on the thread of the loop, soon. May be called from any thread.
    func call(_ body: @escaping @Sendable () -> Void) {
        post(.call(body))
    }

    /// Runs a part of a task on the thread of the loop, soon.
    func run(_ job: consuming ExecutorJob, of executor: any TaskExecutor) {
        post(.task(UnownedJob(job), executor))
    }

    private func post(_ message: Message) {
        let mustWake = inbox.withLock { inbox in
            inbox.messages.append(message)
            let mustWake = !inbox.isAwake
            inbox.isAwake = true
            return mustWake
        }
        if mustWake {
            var one: UInt64 = 1
            // Cannot fail in a way that matters: a full counter means that a wakeup is pending.
            _ = unsafe Glibc.write(wakeup, &one, 8)
        }
    }

    /// Whether the caller is on the thread of the loop.
    var isOnLoop: Bool {
        inbox.withLock { inbox in inbox.thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
    }

    // MARK: Descriptors and timers; on the loop only

    /// Waits for a descriptor; a second call changes the interest. The handler is not kept alive.
    func watch(_ descriptor: Int32, _ interest: Interest, handler: any EventHandler) {
        if let known = watched[descriptor] {
            guard known.interest != interest || known.handler !== handler else { return }
            watched[descriptor] = Watch(handler: handler, interest: interest)
            control(EPOLL_CTL_MOD, descriptor, interest)
        } else {
            watched[descriptor] = Watch(handler: handler, interest: interest)
            control(EPOLL_CTL_ADD, descriptor, interest)
        }
    }

    /// Forgets a descriptor. Must be called before it is closed.
    func unwatch(_ descriptor: Int32) {
        guard watched.removeValue(forKey: descriptor) != nil else { return }
        control(EPOLL_CTL_DEL, descriptor, [])
    }

    /// Calls the handler once after a while, unless cancelled.
    func schedule(after delay: Duration, token: UInt64, handler: any EventHandler) -> UInt64 {
        nextTimer += 1
        let timer = Timer(
            id: nextTimer, deadline: ContinuousClock.now.advanced(by: delay), token: token, handler: handler)
        // Latest first, so that the next one is taken from the end.
        let place = timers.firstIndex { $0.deadline <= timer.deadline } ?? timers.endIndex
        timers.insert(timer, at: place)
        return timer.id
    }

    /// Forgets a timer; nothing happens when it has fired.
    func cancel(timer id: UInt64) {
        if let place = timers.firstIndex(where: { $0.id == id }) { timers.remove(at: place) }
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ interest: Interest) {
        var event = unsafe epoll_event()
        if interest.contains(.read) { unsafe event.events |= UInt32(EPOLLIN.rawValue) }
        if interest.contains(.write) { unsafe event.events |= UInt32(EPOLLOUT.rawValue) }
        unsafe event.data.fd = descriptor
        // Fails only for a descriptor that is not open, which the handler notices with its next call on it.
        _ = unsafe epoll_ctl(poller, operation, descriptor, &event)
    }

    // MARK: The thread

    private func run() {
        // A broken pipe is reported by `write`; no signal handler shall run on this thread.
        var signals = sigset_t()
        unsafe sigfillset(&signals)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        inbox.withLock { $0.thread = pthread_self() }
        var events = unsafe [epoll_event](repeating: epoll_event(), count: 128)
        while true {
            // The array outlives the call, which fills at most its count.
            let count = unsafe epoll_wait(poller, &events, Int32(events.count), timeUntilNextTimer())
            // What is posted from here on is taken below.
            inbox.withLock { $0.isAwake = true }
            var index = 0
            while index < count {
                let descriptor = unsafe events[index].data.fd
                index += 1
                if descriptor == wakeup {
                    var counter: UInt64 = 0
                    _ = unsafe Glibc.read(wakeup, &counter, 8)
                } else {
                    watched[descriptor]?.handler?.descriptorReady(descriptor)
                }
            }
            fireTimers()
            drain()
        }
    }

    private func timeUntilNextTimer() -> Int32 {
        guard let next = timers.last else { return -1 }
        let left = next.deadline - ContinuousClock.now
        guard left > .zero else { return 0 }
        let (seconds, attoseconds) = left.components
        return Int32(clamping: min(seconds, 1_000_000) * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }

    private func fireTimers() {
        while let next = timers.last, next.deadline <= ContinuousClock.now {
            timers.removeLast()
            next.handler?.timerFired(next.token)
        }
    }

    /// Runs what was posted, also what that posts, until nothing is left.
    private func drain() {
        while true {
            let messages = inbox.withLock { inbox in
                let taken = inbox.messages
                inbox.messages = []
                inbox.isAwake = !taken.isEmpty
                return taken
            }
            guard !messages.isEmpty else { return }
            for message in messages {
                switch message {
                case .job(let job): unsafe job.runSynchronously(on: asUnownedSerialExecutor())
                case .task(let job, let executor): unsafe job.runSynchronously(on: executor.asUnownedTaskExecutor())
                case .call(let body): body()
                }
            }
        }
    }
}
