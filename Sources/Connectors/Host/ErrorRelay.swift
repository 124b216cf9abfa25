import ConnectorAPI
import ConnectorWire
import Foundation
import Logging
import Support

/// Brings a connector's standard error into the host's log: relabelled, redacted, and bounded, so that a flood costs
/// neither disk nor memory. Belongs to the reading thread of one process.
struct ErrorRelay {
    private let logger: Logger
    private let redactor: Redactor
    private let tap: (@Sendable (String) -> Void)?
    private var splitter = LineSplitter(limit: 4096)
    /// Lines that may be logged now; refilled with time.
    private var allowance = Self.burst
    private var refilled = ContinuousClock.now
    private var suppressed = 0
    /// The last line, redacted: often says why a connector died.
    private(set) var lastLine: String?

    private static let burst = 200.0
    private static let perSecond = 20.0

    init(logger: Logger, redactor: Redactor, tap: (@Sendable (String) -> Void)?) {
        self.logger = logger
        self.redactor = redactor
        self.tap = tap
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer, now: ContinuousClock.Instant) {
        refill(now)
        var pieces: [LineSplitter.Piece] = []
        splitter.append(bytes) { pieces.append($0) }
        for piece in pieces {
            switch piece {
            case .line(let line): log(line)
            case .tooLong(let start): log(start + Array("… (line cut)".utf8))
            }
        }
    }

    mutating func finish() {
        if let rest = splitter.finish() { log(rest) }
        reportSuppressed()
    }

    /// Logs a message that came through the protocol.
    mutating func log(_ notification: LogNotification) {
        write(level: notification.level, redactor.redact(notification.message))
    }

    private mutating func log(_ line: [UInt8]) {
        guard !line.allSatisfy({ $0 <= 0x20 }) else { return }
        if let tap { tap(String(decoding: line, as: UTF8.self)) }
        guard allowance >= 1 else {
            suppressed += 1
            return
        }
        if line.first == UInt8(ascii: "{"),
            let entry = try? WireCodec.decode(LogNotification.self, from: line)
        {
            write(level: entry.level, redactor.redact(entry.message))
        } else {
            write(level: "info", redactor.redact(String(decoding: line, as: UTF8.self)))
        }
    }

    private mutating func write(level: String, _ text: String) {
        guard allowance >= 1 else {
            suppressed += 1
            return
        }
        reportSuppressed()
        allowance -= 1
        let text = OneLine.text(text)
        lastLine = text
        let known: [String: Logger.Level] = ["warn": .warning, "fatal": .critical]
        let name = level.lowercased()
        logger.log(level: Logger.Level(rawValue: name) ?? known[name] ?? .info, "\(text)")
    }

    private mutating func reportSuppressed() {
        guard suppressed > 0 else { return }
        logger.warning("\(suppressed) lines of the connector were dropped: it writes too many")
        suppressed = 0
    }

    private mutating func refill(_ now: ContinuousClock.Instant) {
        allowance = min(Self.burst, allowance + (now - refilled).inSeconds * Self.perSecond)
        refilled = now
    }
}
