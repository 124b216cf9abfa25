import ArgumentParser
import Assembly
import Glibc

/// How the service ends when it cannot start.
enum Ending {
    /// The store, an address, a file of settings cannot be used: as of `gantry`'s exit status.
    static func fail(_ message: String) throws -> Never {
        let lines = message.split(separator: "\n").map { "error: \($0)\n" }.joined()
        StandardStream.write(lines, to: STDERR_FILENO)
        throw ExitCode(5)
    }
}
