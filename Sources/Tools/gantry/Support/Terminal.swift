import Assembly
import Foundation
import Glibc
import Synchronization

/// Standard output and error as a person or a pipe sees them.
enum Terminal {
    /// Whether standard output is a terminal that can move its cursor.
    static var isInteractive: Bool {
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// Colours are off for pipes and where `NO_COLOR` is set (no-color.org).
    static var hasColor: Bool {
        isInteractive && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
    }

    /// The same for standard error.
    static var hasErrorColor: Bool {
        let environment = ProcessInfo.processInfo.environment
        return isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb" && (environment["NO_COLOR"] ?? "").isEmpty
    }

    /// Columns and rows.
    static var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// The work goes on where it cannot be written; that is told once, and in the exit status.
    static func write(_ text: String) {
        let number = StandardStream.write(text, to: STDOUT_FILENO)
        guard number != 0, !lost.exchange(true, ordering: .relaxed) else { return }
        error("standard output cannot be written: \(String(cString: strerror(number)))")
    }

    private static let lost = Atomic<Bool>(false)

    /// Whether something that was to be read on standard output is missing there.
    static var hasLostOutput: Bool { lost.load(ordering: .relaxed) }

    static func line(_ text: String = "") {
        write(text + "\n")
    }

    /// A text of somebody else (a cloud, a machine, a recipe) without what moves a terminal's cursor or changes its state:
    /// control characters but line feed and tab come as `\\u{1B}`.
    static func harmless(_ text: String) -> String {
        func isControl(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
        }
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.replacing("\r\n", with: "\n").unicodeScalars.reduce(into: "") { result, scalar in
            if isControl(scalar) {
                result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }

    /// `1 machine`, `2 machines`.
    static func count(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }

    static func error(_ message: String) {
        report("error", "31", message)
    }

    static func warn(_ message: String) {
        report("warning", "33", message)
    }

    private static let said = Atomic<Int>(0)

    /// How often something was said on standard error: a picture that is redrawn in place begins anew below it.
    static var messageCount: Int { said.load(ordering: .sequentiallyConsistent) }

    static func note(_ message: String) {
        said.add(1, ordering: .sequentiallyConsistent)
        StandardStream.write(harmless(message) + "\n", to: STDERR_FILENO)
    }

    /// A text whose colours are meant; parts of others have to be harmless already.
    static func note(painted text: String) {
        said.add(1, ordering: .sequentiallyConsistent)
        StandardStream.write(text + "\n", to: STDERR_FILENO)
    }

    private static func report(_ kind: String, _ color: String, _ message: String) {
        said.add(1, ordering: .sequentiallyConsistent)
        let label = hasErrorColor ? "\u{1B}[1;\(color)m\(kind):\u{1B}[0m" : "\(kind):"
        StandardStream.write("\(label) \(harmless(message))\n", to: STDERR_FILENO)
    }

    /// Asks on the terminal; false where nobody can answer.
    static func confirms(_ question: String) -> Bool {
        guard isatty(STDIN_FILENO) == 1 else { return false }
        StandardStream.write("\(question) [y/N] ", to: STDERR_FILENO)
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }

    /// Text in a colour of the terminal's palette (`32` is green), or plain.
    static func paint(_ text: String, _ code: String) -> String {
        hasColor ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
