import Foundation

/// A value behind a lock of the system's thread library.
///
/// Why not `Synchronization.Mutex`: when two threads meet at it, Linux hands the lock over inside the kernel
/// (`FUTEX_LOCK_PI`), which the thread sanitizer does not see, so that it reports races between accesses that the lock
/// orders. It knows this one. For values that threads of our own meet at.
///
/// `@unchecked Sendable`: `value` is touched in ``withLock(_:)`` alone, while the lock is held.
package final class LockedValue<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    package init(_ value: Value) {
        self.value = value
    }

    /// `body` must be short, must not wait and must not come back here.
    package func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}
