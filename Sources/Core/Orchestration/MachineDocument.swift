import Foundation
package import InfrastructureModel
package import RADL
import Support

/// A machine as a RADL document: what IM's clients read as VM info.
package enum MachineDocument {
    /// The networks and the system of a machine, with what is known of it written over what was asked for.
    /// - Throws: ``ManagerError`` when the stored document cannot be read.
    package static func make(_ machine: MachineRecord, of snapshot: InfrastructureSnapshot) throws -> RADLDocument {
        let index = try DocumentCache.shared.index(snapshot.secrets.document.expose())
        guard var system = snapshot.system(of: machine, in: index) else {
            throw ManagerError(
                code: .invalidDocument, message: "system '\(machine.system)' is not in the stored document")
        }
        system.features.set("state", to: machine.state.rawValue)
        system.features.set("provider.type", to: machine.placement.cloud.type)
        if let provider = machine.providerID { system.features.set("instance_id", to: provider) }
        if let cpus = machine.placement.cpuCount { system.features.set("cpu.count", to: cpus) }
        if let memory = machine.placement.memoryBytes { system.features.set("memory.size", to: Int(memory)) }
        if !machine.placement.flavor.isEmpty { system.features.set("instance_type", to: machine.placement.flavor) }
        if let launched = machine.launchedAt {
            system.features.set("launch_time", to: Int(launched.timeIntervalSince1970))
        }
        for disk in machine.disks ?? [] where disk.isAttached {
            system.features.set("disk.\(disk.index).size", to: Int(disk.sizeBytes))
        }
        for address in machine.addresses {
            let interface = interface(for: address, system, index)
            system.features.set("net_interface.\(interface).\(address.isIPv6 ? "ipv6" : "ip")", to: address.address)
        }
        for interface in system.interfaces where interface.connection != nil {
            let name = interface.dnsNames.first ?? (interface.index == 0 ? "vnode-#N#" : nil)
            if let name {
                system.features.set(
                    "net_interface.\(interface.index).dns_name",
                    to: name.replacingMachineNumber(with: machine.id.number))
            }
        }
        system.features.set(
            "disk.0.os.credentials.username", to: LoginUser.name(machine, system.features))
        if let key = snapshot.secrets.privateKey, system.credentials.privateKey == nil,
            system.credentials.password == nil
        {
            system.features.set("disk.0.os.credentials.private_key", to: key.expose())
        }
        var result = RADLDocument()
        result.networks = index.networks(of: system)
        result.systems = [system]
        return result
    }

    /// Public addresses belong to the interface of a public network, where there is one.
    private static func interface(
        for address: MachineRecord.Address, _ system: RADLSystem, _ index: RADLIndex
    ) -> Int {
        let matching = system.interfaces.first { interface in
            interface.connection.flatMap { index.network($0) }?.isPublic == address.isPublic
        }
        return matching?.index ?? address.interface
    }

    /// The stored document, printed.
    package static func document(of snapshot: InfrastructureSnapshot) throws -> RADLDocument {
        try DocumentCache.shared.index(snapshot.secrets.document.expose()).document
    }
}
