import ConnectorAPI
import Foundation

extension Machine {
    /// An instance as the host sees it.
    init(_ instance: EC2Instance, region: String) {
        let machineID = LaunchIdentity.machine(at: instance.launchIndex, of: instance.tags)
        var provider: [String: JSONValue] = ["region": .string(region)]
        provider["vpc"] = instance.vpc.map { .string($0) }
        provider["subnet"] = instance.subnet.map { .string($0) }
        provider["keyPair"] = instance.keyName.map { .string($0) }
        provider["lifecycle"] = instance.lifecycle.map { .string($0) }
        let failure = Self.failure(of: instance)
        self.init(
            id: instance.id, machineID: machineID, batchToken: instance.tags[LaunchIdentity.batchKey],
            state: failure == nil ? Self.state(instance.state) : .failed, failure: failure,
            addresses: Self.addresses(of: instance), flavor: instance.type.nonEmpty, image: instance.imageID.nonEmpty,
            zone: instance.zone, launchedAt: instance.launchTime.flatMap(Self.date),
            tags: LaunchIdentity.hostTags(instance.tags, machine: machineID), provider: ["ec2": .object(provider)])
    }

    /// `shutting-down` cannot be stopped any more and so counts as the end.
    static func state(_ name: String) -> State {
        switch name {
        case "pending": return .pending
        case "running": return .running
        case "stopping": return .stopping
        case "stopped": return .stopped
        case "shutting-down", "terminated": return .terminated
        default: return .unknown
        }
    }

    /// Reasons for which EC2 itself ends an instance that it had begun to start.
    private static let launchFailures: Set<String> = [
        "Client.InternalError", "Client.InvalidSnapshot.NotFound", "Client.VolumeLimitExceeded",
        "Server.InsufficientInstanceCapacity", "Server.InternalError",
    ]

    private static func failure(of instance: EC2Instance) -> Failure? {
        guard state(instance.state) == .terminated, let code = instance.reasonCode, launchFailures.contains(code) else {
            return nil
        }
        return Failure(code: code, message: instance.reasonMessage ?? code)
    }

    /// An interface of EC2 has a private and perhaps a public address; in the document they may be two networks.
    private static func addresses(of instance: EC2Instance) -> [Address] {
        guard state(instance.state) != .terminated else { return [] }
        var addresses: [Address] = []
        func add(_ address: String?, _ interface: Int, _ family: Address.Family, isPublic: Bool) {
            guard let address, !addresses.contains(where: { $0.address == address }) else { return }
            addresses.append(Address(interface: interface, address: address, family: family, public: isPublic))
        }
        add(instance.publicAddress, 0, .ipv4, isPublic: true)
        add(instance.privateAddress, 0, .ipv4, isPublic: false)
        for interface in instance.interfaces.sorted(by: { $0.index < $1.index }) {
            add(interface.publicAddress, interface.index, .ipv4, isPublic: true)
            add(interface.privateAddress, interface.index, .ipv4, isPublic: false)
            for address in interface.ipv6Addresses { add(address, interface.index, .ipv6, isPublic: true) }
        }
        return addresses
    }

    /// `2026-01-31T12:00:00.000Z`, with or without the fraction.
    static func date(_ text: String) -> Date? {
        if let date = try? Date(text, strategy: .iso8601) { return date }
        return try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
