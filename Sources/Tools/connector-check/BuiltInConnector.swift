import ArgumentParser
import ConnectorAPI
import Dummy
import EC2
import ExistingHosts
import Libvirt
import OpenStack

/// Connectors that are part of Gantry and need no process.
enum BuiltInConnector: String, CaseIterable, ExpressibleByArgument {
    case dummy
    case ec2
    case existingHosts = "existing-hosts"
    case libvirt
    case openstack

    func make() -> any Connector {
        switch self {
        case .dummy: DummyConnector()
        case .ec2: EC2Connector()
        case .existingHosts: ExistingHostsConnector()
        case .libvirt: LibvirtConnector()
        case .openstack: OpenStackConnector()
        }
    }
}
