import ArgumentParser
import Assembly
import Glibc
import ServiceConfiguration

/// Shows the settings in force.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract:
            "Shows what the service would run with: each setting, where it is from, and what does nothing here.",
        discussion: """
            Without --config, /etc/gantry/gantryd.cfg is read if it is there. A file of IM (im.cfg) is read as it is.

            EXIT STATUS:
              0    shown
              5    a file cannot be read or used; every mistake is named with its line
              64   wrong usage

            EXAMPLES:
              gantryd config --config /etc/im/im.cfg
              gantryd config --sample > gantryd.cfg
            """)

    @OptionGroup var files: ConfigurationFiles

    @Flag(help: "Print a file with every setting that does something here, commented.")
    var sample = false

    func run() throws {
        if sample {
            StandardStream.write(ServiceConfiguration.sample(), to: STDOUT_FILENO)
            return
        }
        let configuration = try files.configuration()
        StandardStream.write(configuration.report(), to: STDOUT_FILENO)
        for warning in configuration.warnings {
            StandardStream.write("warning: \(warning)\n", to: STDERR_FILENO)
        }
        if let refusal = configuration.refusal { try Ending.fail("\(refusal)") }
    }
}
