import ArgumentParser
import Glibc
import ServiceConfiguration
import Support

/// The files of settings.
struct ConfigurationFiles: ParsableArguments {
    /// Read where no file is named.
    static let usual = "/etc/gantry/gantryd.cfg"

    @Option(
        name: .customLong("config"),
        help: ArgumentHelp(
            "A file of settings, such as IM's im.cfg; may be repeated, later ones count before earlier ones. "
                + "(default: \(usual), where it is)",
            valueName: "file"))
    var names: [String] = []

    /// The settings of all files over the defaults.
    /// - Throws: `ExitCode` 5, after every mistake was written to standard error.
    func configuration() throws -> ServiceConfiguration {
        let found = names.isEmpty && access(Self.usual, F_OK) == 0 ? [Self.usual] : names
        do {
            return try ServiceConfiguration(files: found.map { ($0, try TextFile.read($0)) })
        } catch let problem as FileProblem {
            try Ending.fail("the settings cannot be read: \(problem)")
        } catch {
            try Ending.fail("\(error)")
        }
    }
}
