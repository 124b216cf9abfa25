import ConnectorAPI

/// Addresses of networks that a document gives to machines.
extension Hypervisor {
    /// Looks whether the fixed addresses of an item are free. Makes nothing.
    func foreseeAddresses(_ spec: MachineSpec, _ session: LibvirtSession) throws(ConnectorError) {
        guard !uri.isTest else { return }
        for interface in spec.interfaces {
            guard let address = interface.fixedAddress, let name = try place(interface, spec, session).network,
                let network = try network(name)
            else { continue }
            if let host = try network.fixedLeases().first(where: { $0.attributes["ip"] == address }) {
                throw takenAddress(address, name, by: host.attributes["mac"])
            }
            // A lease outlives its machine: it counts while that is there.
            guard network.isActive, let lease = try network.leases().first(where: { $0.address == address }),
                try owner(ofCard: lease.mac) != nil
            else { continue }
            throw takenAddress(address, name, by: lease.mac)
        }
    }

    private func takenAddress(_ address: String, _ network: String, by card: String?) -> ConnectorError {
        var whose = card ?? "another card"
        var step = "free it (virsh net-edit \(network))"
        if let card, let machine = try? owner(ofCard: card) {
            whose = "machine '\(machine)'"
            step = "remove that machine first"
        }
        return ConnectorError(
            code: .invalidArgument,
            message: "address \(address) of network '\(network)' is that of \(whose): write another one in "
                + "net_interface.N.ip, or \(step)",
            field: "interfaces")
    }

    /// The name of the domain that has a card, whosever it is; nil: none has.
    private func owner(ofCard mac: String) throws(ConnectorError) -> String? {
        for domain in try domains() {
            guard let text = try Self.optional({ () throws(ConnectorError) in try domain.xml() }) else { continue }
            let devices = try XMLNode.parse(text, "domain '\(domain.name)'").child("devices")
            let cards = devices?.children("interface").compactMap { $0.child("mac")?.attributes["address"] } ?? []
            if cards.contains(where: { $0.lowercased() == mac.lowercased() }) { return domain.name }
        }
        return nil
    }

    /// Leases for cards with an address of the document's.
    func reserveAddresses(_ label: MachineLabel) throws(ConnectorError) {
        for interface in label.interfaces {
            guard let address = interface.fixedAddress, let name = interface.network, let network = try network(name)
            else { continue }
            let hosts = try network.fixedLeases()
            if hosts.contains(where: { $0.attributes["mac"] == interface.mac }) { continue }
            if let other = hosts.first(where: { $0.attributes["ip"] == address }) {
                throw takenAddress(address, name, by: other.attributes["mac"])
            }
            try network.change(host: Self.reservation(interface, address), adds: true)
        }
    }

    func releaseAddresses(_ label: MachineLabel) {
        for interface in label.interfaces {
            guard let address = interface.fixedAddress, let name = interface.network,
                let network = try? network(name)
            else { continue }
            // One that is gone already is no error.
            try? network.change(host: Self.reservation(interface, address), adds: false)
        }
    }

    private static func reservation(_ interface: MachineLabel.Interface, _ address: String) -> String {
        XMLNode(name: "host", attributes: ["mac": interface.mac, "ip": address]).xml
    }
}

extension VirtualNetwork {
    /// Those of its definition.
    func fixedLeases() throws(ConnectorError) -> [XMLNode] {
        try xml().children("ip").compactMap { $0.child("dhcp") }.flatMap { $0.children("host") }
    }
}
