import Foundation
import Glibc
package import Logging

/// A log handler that writes a line to standard error, or to a file: time, level, message, `key=value` of the metadata. A record is one
/// line, whatever is in it: line breaks and quotes are escaped, and values with blanks stand in quotes.
package struct StandardErrorLog: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    private let label: String
    private let file: LogFile?

    /// - Parameter file: Where lines go; nil: standard error.
    package init(label: String, level: Logger.Level, file: LogFile? = nil) {
        self.label = label
        self.file = file
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let time = Date().formatted(
            .iso8601.year().month().day().dateTimeSeparator(.standard).time(includingFractionalSeconds: true))
        let line = Self.line(time: time + "Z", level: event.level, label: label, message: "\(event.message)", all)
        if let file {
            file.write(line)
        } else {
            StandardStream.write(line, to: STDERR_FILENO)
        }
    }

    static func line(
        time: String, level: Logger.Level, label: String, message: String, _ metadata: Logger.Metadata
    ) -> String {
        let pairs = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\(quoted("\($0.value)"))" }.joined()
        return "\(time) \(level) \(label): \(escaped(message))\(pairs)\n"
    }

    private static func quoted(_ value: String) -> String {
        let isPlain =
            !value.isEmpty
            && value.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "\"" && $0 != "=" && $0.value != 0x7F }
        return isPlain ? value : "\"" + escaped(value).replacing("\"", with: "\\\"") + "\""
    }

    private static func escaped(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
            case _ where scalar.properties.generalCategory == .control || ("\u{2028}"..."\u{2029}").contains(scalar):
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// A logger of the process.
    package static func logger(label: String, level: Logger.Level) -> Logger {
        Logger(label: label) { StandardErrorLog(label: $0, level: level) }
    }
}
