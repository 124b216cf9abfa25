import ConnectorWire
import Foundation
import Glibc
import Support

/// A process of a connector with nothing in between: what is given is written to it as it is, what it writes is given
/// line by line. For the conformance kit, which must see what ``ProcessConnector`` forgives or hides.
package final class BareConnector: Sendable {
    private struct State {
        var lines: [String] = []
        var errors = ""
        var isOpen = true
        /// Whether all that it wrote is here.
        var isWhole = false
    }

    /// Most bytes of standard error that are kept.
    private static let longestErrors = 1 << 20
    private static let pause = Duration.milliseconds(2)

    private let child: ConnectorChild
    private let writer: PipeWriter
    private let state = LockedValue(State())

    /// Starts a process.
    ///
    /// - Parameters:
    ///   - verb: `serve` or `describe`.
    ///   - byHand: Without the cookie that says who starts it.
    /// - Throws: ``ConnectorError`` where it cannot be started.
    package init(_ command: ConnectorCommand, _ verb: String, byHand: Bool = false) throws {
        var command = command
        command.isByHand = byHand
        child = try ConnectorChild(command, verb) {}
        writer = PipeWriter(descriptor: child.input)
        let thread = Thread { [child, state] in Self.readAll(child, state) }
        thread.name = "connector-bare"
        thread.stackSize = 512 << 10
        thread.start()
    }

    deinit {
        child.signal(SIGKILL)
        writer.close()
    }

    private static func readAll(_ child: ConnectorChild, _ state: LockedValue<State>) {
        var splitter = LineSplitter(limit: WireCodec.maxMessageBytes)
        var polled = [
            pollfd(fd: child.output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: child.error, events: Int16(POLLIN), revents: 0),
        ]
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while polled.contains(where: { $0.fd >= 0 }) {
            poll(&polled, nfds_t(polled.count), -1)
            for index in polled.indices where polled[index].fd >= 0 && polled[index].revents != 0 {
                let count = read(polled[index].fd, &buffer, buffer.count)
                if count < 0, errno == EAGAIN || errno == EINTR { continue }
                guard count > 0 else {
                    if index == 0 {
                        let rest = splitter.finish().map { String(decoding: $0, as: UTF8.self) }
                        state.withLock { state in
                            if let rest, !rest.isEmpty { state.lines.append(rest) }
                            state.isOpen = false
                        }
                    }
                    polled[index].fd = -1
                    continue
                }
                if index == 1 {
                    let text = String(decoding: buffer[..<count], as: UTF8.self)
                    state.withLock { state in
                        if state.errors.utf8.count < longestErrors { state.errors += text }
                    }
                    continue
                }
                var lines: [String] = []
                buffer[..<count].withUnsafeBytes { bytes in
                    splitter.append(bytes) { piece in
                        switch piece {
                        case .line(let line): lines.append(String(decoding: line, as: UTF8.self))
                        case .tooLong(let start): lines.append(String(decoding: start, as: UTF8.self))
                        }
                    }
                }
                state.withLock { $0.lines += lines }
            }
        }
        close(child.output)
        close(child.error)
        state.withLock { $0.isWhole = true }
    }

    /// Writes bytes to its standard input.
    ///
    /// - Returns: Whether it took all of them in time.
    package func send(_ bytes: [UInt8], withinMs: Int) async -> Bool {
        do {
            try writer.write(bytes)
        } catch {
            return false
        }
        return await wait(withinMs) { self.writer.isDrained ? true : nil } ?? false
    }

    /// The next line of its standard output, without its end; nil: none came in time, or none comes any more.
    package func line(withinMs: Int) async -> String? {
        let found = await wait(withinMs) {
            self.state.withLock { state -> String?? in
                if !state.lines.isEmpty { return .some(state.lines.removeFirst()) }
                return state.isOpen ? nil : .some(nil)
            }
        }
        return found ?? nil
    }

    /// Ends its standard input.
    package func closeInput() async {
        writer.close()
    }

    /// Its exit status once it ended, or the negative number of the signal that ended it; nil: it runs on.
    package func status(withinMs: Int) async -> Int32? {
        let status = await wait(withinMs) { () -> Int32? in
            switch self.child.ending {
            case .exited(let status)?: status
            case .signalled(let signal)?: -signal
            case nil: nil
            }
        }
        // Its last words are read, unless others hold its streams open.
        if status != nil { _ = await wait(1000) { self.state.withLock { $0.isWhole } ? true : nil } }
        return status
    }

    /// Ends it in any case, with all that it started.
    package func kill() async {
        child.signal(SIGKILL)
        writer.close()
        _ = await status(withinMs: 10_000)
    }

    /// What it wrote to standard error so far.
    package var standardError: String { state.withLock { $0.errors } }

    /// The arguments of the process and of all that it started and that runs now.
    package var commandLines: [String] {
        let group = child.id
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { getpgid($0) == group }.compactMap { id in
            guard let words = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") else { return nil }
            return words.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        }
    }

    private func wait<Value>(_ milliseconds: Int, _ look: () -> Value?) async -> Value? {
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(milliseconds))
        while true {
            if let value = look() { return value }
            guard ContinuousClock.now < deadline, !Task.isCancelled else { return nil }
            try? await Task.sleep(for: Self.pause)
        }
    }
}
