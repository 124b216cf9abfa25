import Foundation
package import Logging

/// A log handler that writes a line to standard error: time, level, message, metadata.
package struct StandardErrorLog: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    private let label: String

    package init(label: String, level: Logger.Level) {
        self.label = label
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let pairs = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let time = Date().formatted(.iso8601.time(includingFractionalSeconds: true))
        let line = "\(time) \(event.level) \(label): \(event.message)\(pairs)\n"
        FileHandle.standardError.write(Data(line.utf8))
    }

    /// A logger of the process.
    package static func logger(label: String, level: Logger.Level) -> Logger {
        Logger(label: label) { StandardErrorLog(label: $0, level: level) }
    }
}
