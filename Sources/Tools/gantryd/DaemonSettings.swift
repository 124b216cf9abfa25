import APIServer
import Assembly
import InfrastructureModel
import Logging
import Orchestration
import ServiceConfiguration
import ServiceLifecycle
import Support

/// What the service runs with: the command line before the files, these before the defaults.
struct DaemonSettings {
    /// One interface.
    struct Interface {
        var address: ListeningAddress
        var certificate: (chain: String, key: String)?

        /// `http://127.0.0.1:8800`.
        var text: String { "\(certificate == nil ? "http" : "https")://\(address.text)" }
    }

    var stateFolder: String
    var connectorFolders: [String]
    var rest: Interface?
    var xmlrpc: Interface?
    var level: Logger.Level
    /// nil: standard error.
    var logFile: (path: String, largest: Int64)?
    /// Pages of which origin may use the REST interface; nil: none of another one.
    var allowedOrigin: String?
    /// A path in front of all others of the REST interface.
    var rootPath: String
    let configuration: ServiceConfiguration

    init(_ daemon: GantryDaemon, _ configuration: ServiceConfiguration) {
        self.configuration = configuration
        stateFolder = daemon.stateFolder ?? configuration.text("STATE_DIR", in: .gantry)
        connectorFolders =
            daemon.connectorFolders.isEmpty
            ? configuration.list("CONNECTOR_DIRS", in: .gantry) : daemon.connectorFolders
        rest = Self.interface(
            "REST", host: daemon.host, port: daemon.restPort, "--rest-port", configuration)
        xmlrpc =
            daemon.isWithoutXMLRPC
            ? nil
            : Self.interface(
                "XMLRCP", host: daemon.host, port: daemon.xmlrpcPort, "--xmlrpc-port", configuration)
        level =
            daemon.logLevel.flatMap { Logger.Level(rawValue: $0) }
            ?? Self.level(configuration.text("LOG_LEVEL"))
        let file = configuration.text("LOG_FILE")
        logFile = file.isEmpty ? nil : (file, Int64(configuration.integer("LOG_FILE_MAX_SIZE")))
        rootPath = configuration.text("REST_ROOT_PATH")
        allowedOrigin = configuration.flag("ENABLE_CORS") ? configuration.text("CORS_ORIGIN") : nil
    }

    private static func interface(
        _ name: String, host: String?, port: Int?, _ option: String,
        _ configuration: ServiceConfiguration
    ) -> Interface? {
        // Somebody who names the port wants it.
        guard port != nil || configuration.flag(name == "REST" ? "ACTIVATE_REST" : "ACTIVATE_XMLRPC")
        else {
            return nil
        }
        let address = ListeningAddress(
            host: host ?? configuration.text("\(name)_ADDRESS"),
            port: port ?? configuration.integer("\(name)_PORT"),
            option: option)
        let certificate = (
            configuration.text("\(name)_SSL_CERTFILE"), configuration.text("\(name)_SSL_KEYFILE")
        )
        return Interface(
            address: address, certificate: configuration.flag("\(name)_SSL") ? certificate : nil)
    }

    /// Python has two names more for levels.
    private static func level(_ text: String) -> Logger.Level {
        text.lowercased() == "warn" ? .warning : Logger.Level(rawValue: text.lowercased()) ?? .info
    }

    /// Patience and words of the manager.
    var manager: ManagerConfiguration {
        var manager = ManagerConfiguration(advice: .service)
        manager.limits.running = .seconds(configuration.integer("WAIT_RUNNING_VM_TIMEOUT"))
        manager.reachTimeout = .seconds(configuration.integer("WAIT_SSH_ACCCESS_TIMEOUT"))
        manager.contextualizationTimeout = .seconds(configuration.integer("MAX_CONTEXTUALIZATION_TIME"))
        manager.recipeAttempts = max(1, configuration.integer("PLAYBOOK_RETRIES"))
        return manager
    }

    /// - Throws: `ExitCode` 5 where the file cannot be written.
    func logger() throws -> Logger {
        guard let logFile else { return StandardErrorLog.logger(label: "gantryd", level: level) }
        do throws(FileProblem) {
            return try LogFile(path: logFile.path, largest: logFile.largest).logger(
                label: "gantryd", level: level)
        } catch {
            try Ending.fail("the log cannot be written (LOG_FILE): \(error)")
        }
    }

    /// The interfaces that are to be served.
    /// - Throws: `FileProblem` where a certificate, a key or the file of users cannot be used; `HTTPError` where issuers
    ///   of tokens cannot be asked at all.
    func servers(_ manager: InfrastructureManager, _ logger: Logger) throws -> [any Service] {
        let access = try access(logger)
        var servers: [any Service] = []
        if let rest {
            let server = RESTServer(
                manager: manager, access: access, allowedOrigin: allowedOrigin, rootPath: rootPath, logger: logger)
            servers.append(
                try server.application(
                    host: rest.address.host, port: rest.address.port, tls: try tls(rest, logger),
                    logger: logger))
        }
        if let xmlrpc {
            let server = XMLRPCServer(manager: manager, access: access, logger: logger)
            servers.append(
                try server.application(
                    host: xmlrpc.address.host, port: xmlrpc.address.port, tls: try tls(xmlrpc, logger),
                    logger: logger))
        }
        return servers
    }

    private func tls(_ interface: Interface, _ logger: Logger) throws(FileProblem) -> TLSFiles? {
        guard let certificate = interface.certificate else { return nil }
        do {
            return try TLSFiles(certificate: certificate.chain, key: certificate.key, logger: logger)
        } catch {
            let next = "; the options that end in SSL_CERTFILE and SSL_KEYFILE name the files of TLS"
            throw FileProblem(path: error.path, reason: error.reason + next)
        }
    }
}
