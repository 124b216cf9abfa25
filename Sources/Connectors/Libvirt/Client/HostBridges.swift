import ConnectorAPI
import Foundation

/// Bridges of the host that this process is on.
struct HostBridges: Sendable {
    var folder = "/sys/class/net"

    func names() -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return all.filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)/bridge") }.sorted()
    }

    /// - Parameter own: Bridges that libvirt has made. Where this process sees none of them, it may be in a container, and
    ///   what it does not see may be there all the same.
    /// - Throws: ``ConnectorError/Code/invalidArgument`` for a bridge that is not there.
    func check(_ name: String, own: [String]) throws(ConnectorError) {
        let names = names()
        guard !names.contains(name), own.contains(where: names.contains) else { return }
        throw ConnectorError(
            code: .invalidArgument,
            message: "the host has no bridge '\(name)'; \(NamesThere.text(names)) (ip link show type bridge)",
            field: "interfaces")
    }
}

extension Hypervisor {
    /// libvirt itself looks for a bridge when a machine starts. Of another host nothing is known here.
    func check(bridge name: String) throws(ConnectorError) {
        guard uri.isLocal, !uri.isTest else { return }
        var own: [String] = []
        for network in try networks() where network.isActive {
            let xml = try Self.optional { () throws(ConnectorError) in try network.xml() }
            if let bridge = xml?.child("bridge")?.attributes["name"] { own.append(bridge) }
        }
        try HostBridges().check(name, own: own)
    }
}
