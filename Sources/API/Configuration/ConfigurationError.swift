/// Why a configuration cannot be used: every mistake, each with its place.
package struct ConfigurationError: Error, Hashable, CustomStringConvertible {
    /// One mistake.
    package struct Problem: Sendable, Hashable, CustomStringConvertible {
        /// The file, or another source such as an environment variable.
        package var source: String
        /// From 1; nil: the whole source.
        package var line: Int?
        package var message: String

        package var description: String { "\(source)\(line.map { ":\($0)" } ?? ""): \(message)" }
    }

    package var problems: [Problem]

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
