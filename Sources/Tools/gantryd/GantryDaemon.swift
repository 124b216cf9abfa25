import APIServer
import ArgumentParser
import Assembly
import CProcess
import Foundation
import Logging
import Orchestration
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

            The log goes to standard error, a line each: what the service starts with, the begin and the end of every \
            operation, starts and ends of connectors.

            EXIT STATUS:
              0    stopped
              1    it failed
              5    the address or the store cannot be used
              64   wrong usage

            EXAMPLES:
              gantryd --state-dir /var/lib/gantry
              gantryd --host 0.0.0.0 --rest-port 8800
              gantryd --no-xmlrpc
            """,
        version: "0.1.0")

    @Option(name: .customLong("state-dir"), help: ArgumentHelp("Folder of the state.", valueName: "dir"))
    var stateFolder = "/var/lib/gantry"

    @Option(help: ArgumentHelp("Address to listen on.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(name: .customLong("rest-port"), help: ArgumentHelp("Port of the REST interface.", valueName: "port"))
    var restPort = 8800

    @Option(
        name: .customLong("xmlrpc-port"),
        help: ArgumentHelp("Port of the XML-RPC interface.", valueName: "port"))
    var xmlrpcPort = 8899

    @Flag(name: .customLong("no-xmlrpc"), help: "Do not serve XML-RPC.")
    var isWithoutXMLRPC = false

    @Option(
        name: .customLong("connector-dir"),
        help: ArgumentHelp("A folder with connector-* executables; may be repeated.", valueName: "dir"))
    var connectorFolders: [String] = []

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"

    /// Passwords and keys of all users are in memory.
    static func main() async {
        _ = gantry_process_keep_private()
        await main(nil)
    }

    func validate() throws {
        for (name, port) in [("--rest-port", restPort), ("--xmlrpc-port", xmlrpcPort)]
        where !(0...65535).contains(port) {
            throw ValidationError("\(name) is a number from 0 to 65535, not \(port)")
        }
    }

    func run() async throws {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw ValidationError(
                "--log-level is one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let logger = StandardErrorLog.logger(label: "gantryd", level: level)
        let rest = ListeningAddress(host: host, port: restPort, option: "--rest-port")
        let xmlrpc = isWithoutXMLRPC ? nil : ListeningAddress(host: host, port: xmlrpcPort, option: "--xmlrpc-port")
        let addresses = [rest, xmlrpc].compactMap(\.self)
        for address in addresses {
            if let problem = address.problem() { try Self.fail(problem) }
        }
        let services: GantryServices
        do {
            services = try await GantryServices.make(
                GantryServices.Options(
                    stateFolder: stateFolder, connectorFolders: connectorFolders, logger: logger,
                    manager: ManagerConfiguration(advice: .service)))
        } catch {
            try Self.fail("\(error)")
        }
        logger.info(
            "starts",
            metadata: [
                "version": "\(Self.configuration.version)", "state": "\(stateFolder)", "rest": "\(rest.text)",
                "xmlrpc": "\(xmlrpc?.text ?? "none")",
                "connectors": "\(services.connectorNames.joined(separator: ","))",
            ])
        for problem in services.problems { logger.warning("a connector cannot be used: \(problem)") }
        let running: [any Service] = [WorkerService(manager: services.manager)] + servers(services, logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: running.map { .init(service: $0) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await withCleanup {
            do {
                try await group.run()
            } catch let error where !(error is CancellationError) {
                // Somebody may have been quicker than the server, after the look at the address.
                for address in addresses {
                    if let problem = address.problem() { try Self.fail(problem) }
                }
                logger.error("ends after an error", metadata: ["error": "\(error)"])
                throw ExitCode(1)
            }
        } cleanup: {
            await services.stop()
        }
        logger.info("ends")
    }

    private func servers(_ services: GantryServices, _ logger: Logger) -> [any Service] {
        let rest = RESTServer(manager: services.manager, logger: logger)
            .application(host: host, port: restPort, logger: logger)
        guard !isWithoutXMLRPC else { return [rest] }
        let xmlrpc = XMLRPCServer(manager: services.manager, logger: logger)
            .application(host: host, port: xmlrpcPort, logger: logger)
        return [rest, xmlrpc]
    }

    /// The store or the address cannot be used: as of `gantry`'s exit status.
    private static func fail(_ message: String) throws -> Never {
        try? FileHandle.standardError.write(contentsOf: Data("error: \(message)\n".utf8))
        throw ExitCode(5)
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
