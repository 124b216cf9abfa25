import ConnectorAPI
package import ConnectorHost
import Foundation
package import Logging

extension BuiltInConnectors {
    /// Names the configuration file of connectors; without it, that is `connectors.json` in the state folder.
    private static let configurationVariable = "GANTRY_CONNECTORS"

    /// The built-in ones with those that folders hold, as the configuration file wants them. A file that cannot be read
    /// switches off what folders hold: what it demands of them cannot be kept.
    ///
    /// - Parameters:
    ///   - stateFolder: Holds the configuration file and what connectors said of themselves; nil: there is none.
    ///   - logger: Gets what the processes of connectors write to their standard error.
    ///   - asksAnew: Also those are asked that did not answer a moment ago.
    ///   - patience: How long a connector may take to say what it is.
    package static func registry(
        folders: [String], stateFolder: String? = nil, logger: Logger, asksAnew: Bool = false,
        patience: Duration = .seconds(10)
    ) async -> (registry: ConnectorRegistry, problems: [String]) {
        let state = stateFolder.flatMap { $0 == ":memory:" ? nil : $0 }
        let configuration: ConnectorConfiguration
        do {
            configuration = try self.configuration(stateFolder: state)
        } catch {
            let reason = (error as? ConnectorError)?.message ?? "\(error)"
            return (
                ConnectorRegistry(builtIn: all()), ["\(reason); until it is right, only built-in connectors are used"]
            )
        }
        guard !folders.isEmpty || configuration != ConnectorConfiguration() else {
            return (ConnectorRegistry(builtIn: all()), [])
        }
        let cache = state.flatMap { FileManager.default.fileExists(atPath: $0) ? $0 + "/connectors.cache" : nil }
        return await ConnectorRegistry.discovering(
            builtIn: all(), folders: folders, configuration: configuration, cacheFile: cache, asksAnew: asksAnew,
            patience: patience, options: ProcessConnector.Options(logger: logger))
    }

    private static func configuration(stateFolder: String?) throws -> ConnectorConfiguration {
        if let path = ProcessInfo.processInfo.environment[configurationVariable], !path.isEmpty {
            return try ConnectorConfiguration(path: path)
        }
        guard let path = stateFolder.map({ $0 + "/connectors.json" }), FileManager.default.fileExists(atPath: path)
        else { return ConnectorConfiguration() }
        return try ConnectorConfiguration(path: path)
    }

    /// Where the results of the kit are kept.
    package static func checkRecords(stateFolder: String) -> String { stateFolder + "/connector-checks.json" }
}
