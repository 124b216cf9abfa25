import ContextualizationAPI
import Foundation
import Glibc
import Support

/// Shells that are child processes, each in a session of its own. Confined to the actor that owns it.
final class LocalProcesses: ShellCarrier {
    static let machine = "the local machine"

    private struct Child {
        let process: ChildProcess
        var input: Int32?
        var output: Int32?
        var error: Int32?
        var outgoing = OutgoingBytes()
    }

    private let loop: EventLoop
    private let shell: [String]
    private let environment: [String: String]?
    private var children: [Int: Child] = [:]
    /// Shells by descriptor.
    private var owners: [Int32: Int] = [:]
    /// Ended shells whose process is still to be collected.
    private var leaving: [ChildProcess] = []
    private var reapTimer: UInt64?
    private static let reapToken = UInt64.max
    weak var owner: (any EventHandler)?
    private(set) lazy var pool = ShellPool(
        carrier: self, machine: Self.machine, user: Self.userName(), startLimit: .seconds(30))

    init(loop: EventLoop, shell: [String], environment: [String: String]?) {
        self.loop = loop
        self.shell = shell
        self.environment = environment
    }

    // MARK: Carrier

    func openShell(_ id: Int) throws(CommunicatorError) {
        let child = try LocalProcess.spawn(shell + ["-c", ShellLoop.reader], environment: environment)
        children[id] = Child(
            process: child.process, input: child.input, output: child.output, error: child.error)
        guard let owner else { return }
        for descriptor in [child.output, child.error] {
            owners[descriptor] = id
            loop.watch(descriptor, .read, handler: owner)
        }
        owners[child.input] = id
    }

    func send(_ bytes: [UInt8], to id: Int) {
        children[id]?.outgoing.append(bytes)
        flush(id)
    }

    func closeShell(_ id: Int) {
        guard let child = children.removeValue(forKey: id) else { return }
        for descriptor in [child.input, child.output, child.error] { close(descriptor) }
        leaving.append(child.process)
        reap()
    }

    func setTimer(_ delay: Duration, token: UInt64) -> UInt64 {
        guard let owner else { return 0 }
        return loop.schedule(after: delay, token: token, handler: owner)
    }

    func cancelTimer(_ id: UInt64) {
        loop.cancel(timer: id)
    }

    // MARK: Events

    func descriptorReady(_ descriptor: Int32) {
        guard let id = owners[descriptor], let child = children[id] else { return }
        switch descriptor {
        case child.input: flush(id)
        case child.output: read(descriptor, .output, id)
        default: read(descriptor, .error, id)
        }
    }

    func timerFired(_ token: UInt64) {
        if token == Self.reapToken {
            reapTimer = nil
            reap()
        } else {
            pool.timerFired(token)
        }
    }

    /// Ends all shells; their programs are killed by the loop in them.
    func shutDown(_ error: CommunicatorError) {
        pool.quit()
        pool.end(error)
        for id in Array(children.keys) { closeShell(id) }
    }

    private func read(_ descriptor: Int32, _ stream: ShellStream, _ id: Int) {
        // One buffer is enough for a turn: the loop comes back while there is more.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
            count = unsafe max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
        }
        if !bytes.isEmpty { return pool.received(bytes, on: stream, shell: id) }
        close(descriptor)
        switch stream {
        case .output: children[id]?.output = nil
        case .error: children[id]?.error = nil
        }
        if children[id]?.output == nil, children[id]?.error == nil {
            pool.shellClosed(id, status: nil)
            closeShell(id)
        }
    }

    private func flush(_ id: Int) {
        guard let owner, var child = children[id], let input = child.input else { return }
        children[id] = nil
        let state = unsafe child.outgoing.write { bytes in
            let count = unsafe Glibc.write(input, bytes.baseAddress, bytes.count)
            return count >= 0 ? count : (errno == EAGAIN || errno == EINTR ? 0 : nil)
        }
        switch state {
        case .empty: loop.unwatch(input)
        case .blocked: loop.watch(input, .write, handler: owner)
        case .failed:
            // The shell has gone; the end of its output tells the rest.
            close(input)
            child.input = nil
        }
        children[id] = child
    }

    private func close(_ descriptor: Int32?) {
        guard let descriptor else { return }
        owners[descriptor] = nil
        loop.unwatch(descriptor)
        _ = Glibc.close(descriptor)
    }

    private func reap() {
        leaving.removeAll { $0.collect() != nil }
        guard !leaving.isEmpty, reapTimer == nil, let owner else { return }
        reapTimer = loop.schedule(after: .milliseconds(20), token: Self.reapToken, handler: owner)
    }

    private static func userName() -> String {
        NSUserName()
    }
}
