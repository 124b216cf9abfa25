import ArgumentParser
import Testing

@testable import gantry

extension Gantry {
    /// Runs a command in this process.
    ///
    /// - Returns: The exit status that it asks for.
    static func status(_ words: [String]) async throws -> Int32 {
        var command = try #require(try Gantry.parseAsRoot(words) as? any AsyncParsableCommand)
        do {
            try await command.run()
            return 0
        } catch let code as ExitCode {
            return code.rawValue
        }
    }
}
