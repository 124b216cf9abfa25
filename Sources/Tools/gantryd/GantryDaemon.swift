import APIServer
import ArgumentParser
import Assembly
import CProcess
import Foundation
import Logging
import Orchestration
import ServiceConfiguration
import ServiceLifecycle
import Support
import UnixSignals

/// The service: carries operations out and answers on REST and XML-RPC.
@main
struct GantryDaemon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gantryd",
        abstract: "Serves Gantry over IM's interfaces, REST and XML-RPC, and carries operations out.",
        discussion: """
            State is on disk: after a crash or a restart everything goes on where it was. SIGTERM and SIGINT stop it \
            gracefully.

            Settings come from the command line, else from files in the form of IM's im.cfg, which may be named as they \
            are. `gantryd config` shows what is in force.

            The log goes to standard error or to LOG_FILE, a line each: what the service starts with, the begin and the \
            end of every operation, starts and ends of connectors.

            EXIT STATUS:
              0    stopped
              1    it failed
              5    an address, the store or a file of settings cannot be used
              64   wrong usage

            EXAMPLES:
              gantryd --state-dir /var/lib/gantry
              gantryd --host 0.0.0.0 --rest-port 8800
              gantryd --config /etc/im/im.cfg --no-xmlrpc
            """,
        version: "0.1.0",
        subcommands: [ConfigCommand.self])

    @OptionGroup var files: ConfigurationFiles

    @Option(
        name: .customLong("state-dir"),
        help: ArgumentHelp("Folder of the state. (default: /var/lib/gantry)", valueName: "dir"))
    var stateFolder: String?

    @Option(help: ArgumentHelp("Address to listen on. (default: 127.0.0.1)", valueName: "address"))
    var host: String?

    @Option(
        name: .customLong("rest-port"),
        help: ArgumentHelp("Port of the REST interface. (default: 8800)", valueName: "port"))
    var restPort: Int?

    @Option(
        name: .customLong("xmlrpc-port"),
        help: ArgumentHelp("Port of the XML-RPC interface. (default: 8899)", valueName: "port"))
    var xmlrpcPort: Int?

    @Flag(name: .customLong("no-xmlrpc"), help: "Do not serve XML-RPC.")
    var isWithoutXMLRPC = false

    @Option(
        name: .customLong("connector-dir"),
        help: ArgumentHelp("A folder with connector-* executables; may be repeated.", valueName: "dir"))
    var connectorFolders: [String] = []

    @Option(help: "trace, debug, info, notice, warning, error or critical. (default: info)")
    var logLevel: String?

    /// Passwords and keys of all users are in memory, and clients hold connections.
    static func main() async {
        _ = gantry_process_keep_private()
        _ = gantry_process_open_more_files()
        gantry_process_return_memory()
        await main(nil)
    }

    func validate() throws {
        if let logLevel, Logger.Level(rawValue: logLevel) == nil {
            throw ValidationError(
                "--log-level is one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        for case (let name, let port?) in [("--rest-port", restPort), ("--xmlrpc-port", xmlrpcPort)]
        where !(0...65535).contains(port) {
            throw ValidationError("\(name) is a number from 0 to 65535, not \(port)")
        }
    }

    func run() async throws {
        let configuration = try files.configuration()
        if let refusal = configuration.refusal { try Ending.fail("\(refusal)") }
        let settings = DaemonSettings(self, configuration)
        let interfaces = [settings.rest, settings.xmlrpc].compactMap(\.self)
        let ports = interfaces.map(\.address.port).filter { $0 != 0 }
        guard Set(ports).count == ports.count else {
            try Ending.fail(
                "both interfaces are to listen on port \(ports[0]): choose another one with --xmlrpc-port, or --no-xmlrpc"
            )
        }
        guard !interfaces.isEmpty else {
            try Ending.fail(
                "both interfaces are switched off: set ACTIVATE_REST or ACTIVATE_XMLRPC to yes")
        }
        for interface in interfaces {
            if let problem = interface.address.problem() { try Ending.fail(problem) }
        }
        let logger = try settings.logger()
        for warning in configuration.warnings { logger.warning("\(warning)") }
        let services: GantryServices
        let servers: [any Service]
        do {
            services = try await GantryServices.make(
                GantryServices.Options(
                    stateFolder: settings.stateFolder, connectorFolders: settings.connectorFolders,
                    logger: logger,
                    manager: settings.manager))
            servers = try settings.servers(services.manager, logger)
        } catch {
            try Ending.fail("\(error)")
        }
        logger.info(
            "starts",
            metadata: [
                "version": "\(Self.configuration.version)", "state": "\(settings.stateFolder)",
                "rest": "\(settings.rest?.text ?? "none")", "xmlrpc": "\(settings.xmlrpc?.text ?? "none")",
                "connectors": "\(services.connectorNames.joined(separator: ","))",
            ])
        for problem in services.problems { logger.warning("a connector cannot be used: \(problem)") }
        let running: [any Service] = [WorkerService(manager: services.manager), MemoryService()] + servers
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: running.map { .init(service: $0) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await withCleanup {
            do {
                try await group.run()
            } catch let error where !(error is CancellationError) {
                // Somebody may have been quicker than the server, after the look at the address.
                for interface in interfaces {
                    if let problem = interface.address.problem() { try Ending.fail(problem) }
                }
                logger.error("ends after an error", metadata: ["error": "\(error)"])
                throw ExitCode(1)
            }
        } cleanup: {
            await services.stop()
        }
        logger.info("ends")
    }
}

/// Carries operations out for as long as the service lives.
private struct WorkerService: Service {
    let manager: InfrastructureManager

    func run() async throws {
        // What is under way at the stop is on record and due again at once.
        try await cancelWhenGracefulShutdown {
            do {
                try await manager.run()
            } catch is CancellationError {
            }
        }
    }
}

/// Gives memory back that large infrastructures and answers took for a moment.
private struct MemoryService: Service {
    private static let interval = Duration.seconds(3)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                gantry_process_trim_memory()
            }
        }
    }
}
