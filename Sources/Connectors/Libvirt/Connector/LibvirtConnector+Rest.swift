import ConnectorAPI
import Foundation

extension Hypervisor {
    /// Removes what is left of a machine whose domain somebody else has removed: its volumes, which its UUID is the name
    /// of, its fixed leases, and the copy of its image that nothing is laid over any more. What another domain has taken
    /// for itself is left to it.
    func removeRest(of uuid: String, lock: KeyedLock, _ budget: CallBudget) throws(ConnectorError) {
        guard UUIDText.isValid(uuid) else { return }
        for pool in try pools() where pool.isActive {
            if !uri.isTest { try? pool.refresh() }
            let volumes = try pool.volumes().filter { MachineVolume.isOwn($0.name, uuid) }
            guard !volumes.isEmpty else { continue }
            let taken = try disksOfDomains()
            // Whoever makes it again defines it before its volumes.
            guard try domain(uuid) == nil else { return }
            var base: String?
            for volume in volumes {
                guard !taken.contains(try volume.path()) else { continue }
                if volume.name == MachineVolume.root(uuid) { base = try volume.xml().backingPath }
                try volume.remove()
            }
            if let base, CopiedImage.isName((base as NSString).lastPathComponent), try overlay(of: base) == nil {
                try removeBase(base, of: uuid, in: pool, lock: lock, budget)
            }
        }
        for network in try networks() {
            let ranges = try network.xml().children("ip").compactMap { $0.child("dhcp") }
            for host in ranges.flatMap({ $0.children("host") }) {
                guard let mac = host.attributes["mac"], try LaunchIdentity.isMac(mac, of: uuid) else { continue }
                // One that is gone already is no error.
                try? network.change(host: host.xml, adds: false)
            }
        }
    }

    /// Files of the disks of all domains, whosever they are.
    private func disksOfDomains() throws(ConnectorError) -> Set<String> {
        var files: Set<String> = []
        for domain in try domains() {
            guard let text = try Self.optional({ () throws(ConnectorError) in try domain.xml() }) else { continue }
            let disks = try XMLNode.parse(text, "domain '\(domain.name)'").child("devices")?.children("disk") ?? []
            files.formUnion(disks.compactMap { $0.child("source")?.attributes["file"] })
        }
        return files
    }
}
