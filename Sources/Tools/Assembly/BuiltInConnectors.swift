package import ConnectorAPI
package import ConnectorHost
import Dummy
import EC2
import ExistingHosts
import Libvirt
import OpenStack
import Orchestration

/// The connectors that are compiled in. To add one, add it to this list.
package enum BuiltInConnectors {
    package static func all() -> [any Connector] {
        [ExistingHostsConnector(), EC2Connector(), OpenStackConnector(), LibvirtConnector(), DummyConnector()]
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
