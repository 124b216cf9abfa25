package import ConnectorAPI
package import ConnectorHost
import Dummy
import EC2
import ExistingHosts
package import Logging
import Orchestration

/// The connectors that are compiled in. To add one, add it to this list.
package enum BuiltInConnectors {
    package static func all() -> [any Connector] {
        [ExistingHostsConnector(), EC2Connector(), DummyConnector()]
    }

    /// The built-in ones with those that folders hold.
    ///
    /// - Parameters:
    ///   - logger: Gets what the processes of connectors write to their standard error.
    ///   - patience: How long a connector may take to say what it is.
    package static func registry(
        folders: [String], logger: Logger, patience: Duration = .seconds(10)
    ) async -> (registry: ConnectorRegistry, problems: [String]) {
        guard !folders.isEmpty else { return (ConnectorRegistry(builtIn: all()), []) }
        return await ConnectorRegistry.discovering(
            builtIn: all(), discovery: ConnectorDiscovery(folders: folders, timeout: patience),
            options: ProcessConnector.Options(logger: logger))
    }
}

/// The registry as the manager sees it.
package struct RegistryDirectory: ConnectorDirectory {
    private let registry: ConnectorRegistry

    package init(registry: ConnectorRegistry) {
        self.registry = registry
    }

    package func connector(forType type: String) async -> (any Connector)? {
        registry.connector(forProviderType: type)
    }

    package func connector(named name: String) async -> (any Connector)? {
        registry.connector(named: name)
    }

    package func descriptions() async -> [ConnectorDescription] {
        registry.all.map(\.description)
    }
}
