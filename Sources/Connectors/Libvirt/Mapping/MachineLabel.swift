import ConnectorAPI
import Foundation
import Support

/// What a domain says of itself: JSON within an element of its metadata, written with its definition, so that there is no
/// moment at which a domain exists without its identity.
struct MachineLabel: Sendable, Hashable, Codable {
    static let namespace = "urn:gantry:libvirt:1"
    static let prefix = "gantry"

    /// A network among machines of a user's session, which can have no bridge: what one says all others hear, by multicast
    /// on the host's loopback. Nobody gives addresses there, so each machine has one from the beginning.
    struct Segment: Sendable, Hashable, Codable {
        /// Multicast address and port.
        var group: String
        var address: String
        var prefix: Int
    }

    struct Interface: Sendable, Hashable, Codable {
        /// Those of the document that it stands for: two that would be on the same network are one.
        var indexes: [Int]
        var mac: String
        /// Name of the network of libvirt's; nil: user-mode networking.
        var network: String?
        /// Bridge of the host's, in place of a network.
        var bridge: String?
        /// Place among the machines of a user's session, in place of a network.
        var segment: Segment?
        /// A lease that was made for it.
        var fixedAddress: String?
        var isPublic: Bool
        /// Network filter of its security group.
        var filter: String?
    }

    var machineID: String
    var batchToken: String
    /// Digest of all items of the batch: the token together with other items is refused.
    var items: String
    var tags: [String: String]
    var image: String
    var flavor: String
    /// `kvm`, `qemu` or `test`, and why.
    var acceleration: Acceleration
    var pool: String
    /// Path of the image that its disk is laid over, and whether it was copied for that.
    var base: String
    var ownsBase: Bool
    var interfaces: [Interface]
    /// The host key that its seed gives it, `TYPE BASE64`, from the moment at which the seed is whole.
    var hostKey: String?
    /// Seconds since 1970; nil: its launch has not come to its end.
    var launchedAt: Double?
    /// Images that were made of its disks: the volume by the name that was asked for.
    var snapshots: [String: String]?
    /// Of these, those whose copy has not come to its end.
    var copying: Set<String>?

    /// The element for the metadata.
    func element() throws(ConnectorError) -> XMLNode {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let text = String(decoding: try encoder.encode(self), as: UTF8.self)
            return XMLNode(
                name: "\(Self.prefix):machine", attributes: ["xmlns:\(Self.prefix)": Self.namespace], text: text)
        } catch {
            throw ConnectorError(code: .internal, message: "the label of a machine cannot be encoded: \(error)")
        }
    }

    /// nil: the domain is somebody else's.
    init?(_ xml: String) {
        guard let node = try? XMLNode.parse(xml, "the label of a machine"),
            let label = try? JSONDecoder().decode(Self.self, from: Data(node.text.utf8))
        else { return nil }
        self = label
    }

    init(
        machineID: String, batchToken: String, items: String, tags: [String: String], image: String, flavor: String,
        acceleration: Acceleration, pool: String, base: String, ownsBase: Bool, interfaces: [Interface],
        launchedAt: Double? = nil
    ) {
        self.machineID = machineID
        self.batchToken = batchToken
        self.items = items
        self.tags = tags
        self.image = image
        self.flavor = flavor
        self.acceleration = acceleration
        self.pool = pool
        self.base = base
        self.ownsBase = ownsBase
        self.interfaces = interfaces
        self.launchedAt = launchedAt
    }
}

extension Domain {
    /// nil: it is somebody else's, and never touched.
    func label() throws(ConnectorError) -> MachineLabel? {
        try metadata(MachineLabel.namespace).flatMap { MachineLabel($0) }
    }

    /// The same, without a question where it is known.
    func knownLabel() throws(ConnectorError) -> MachineLabel? {
        guard let known else { return try label() }
        return try known.label(uuid) { () throws(ConnectorError) in try label() }
    }

    func setLabel(_ label: MachineLabel) throws(ConnectorError) {
        // libvirt adds the declaration of the namespace by itself.
        var element = try label.element()
        element.name = "machine"
        element.attributes = [:]
        // libvirt tells of it a little later.
        defer { known?.forget(uuid) }
        try setMetadata(element.xml, prefix: MachineLabel.prefix, MachineLabel.namespace)
    }
}

extension Machine {
    /// - Parameters:
    ///   - leases: Of the networks that the machine is on.
    ///   - sshPort: On the host's loopback, in place of addresses of the machine's own.
    init(
        id: String, _ label: MachineLabel, _ state: DomainState, leases: [Lease], sshPort: Int? = nil
    ) {
        self.init(
            id: id, machineID: label.machineID, batchToken: label.batchToken, state: Self.state(label, state),
            flavor: label.flavor, image: label.image,
            launchedAt: label.launchedAt.map { Date(timeIntervalSince1970: $0) }, sshPort: sshPort, tags: label.tags,
            provider: [
                "libvirt": [
                    "acceleration": .string(label.acceleration.kind.rawValue),
                    "accelerationReason": .string(label.acceleration.reason),
                ]
            ])
        hostKeys = [label.hostKey].compactMap { $0 }
        remark = label.acceleration.reason
        if let failure = state.failure {
            self.failure = .init(code: "domain", message: failure)
        } else if self.state == .stopped, state.isHeld {
            self.failure = .init(
                code: "paused", message: "its host has paused it (virsh suspend); `gantry start` lets it go on")
        }
        guard state.isActive else { return }
        guard let user = label.interfaces.first(where: \.isUserMode) else {
            addresses = Self.addresses(label, leases)
            if self.state == .running, isHalfReached(label) { self.state = .pending }
            return
        }
        // Until its port is known nobody reaches it.
        guard sshPort != nil else { return }
        addresses = [.init(interface: user.indexes.first ?? 0, address: "127.0.0.1", public: true)]
        addresses += Self.addresses(label, leases)
    }

    /// How long after its launch a machine with a card for others may have an address on its other ones alone.
    private static let patience = 120.0

    /// Whether it has an address, but none yet where others reach it: that of another card is no place to log in.
    private func isHalfReached(_ label: MachineLabel) -> Bool {
        guard label.interfaces.contains(where: { $0.isPublic && $0.network != nil }), !addresses.isEmpty,
            !addresses.contains(where: \.public), let launched = label.launchedAt
        else { return false }
        return Date().timeIntervalSince1970 - launched < Self.patience
    }

    static func state(_ label: MachineLabel, _ state: DomainState) -> State {
        if state.failure != nil { return .failed }
        switch state.state {
        case 1, 2: return label.launchedAt == nil ? .pending : .running
        case DomainState.paused, 7: return label.launchedAt == nil ? .pending : .stopped
        case DomainState.shuttingDown: return .stopping
        case DomainState.shutOff: return label.launchedAt == nil ? .pending : .stopped
        case DomainState.crashed: return .failed
        default: return .unknown
        }
    }

    private static func addresses(_ label: MachineLabel, _ leases: [Lease]) -> [Address] {
        var found: [Address] = []
        for interface in label.interfaces {
            // Of several leases of one card the last one given is what it uses.
            let own = leases.filter { $0.mac == interface.mac }.sorted { $0.expiry > $1.expiry }
            let addresses = [own.first { !$0.isIPv6 }, own.first { $0.isIPv6 }].compactMap { $0 }
            for index in interface.indexes {
                if let segment = interface.segment {
                    found.append(Address(interface: index, address: segment.address, public: false))
                }
                for lease in addresses {
                    found.append(
                        Address(
                            interface: index, address: lease.address, family: lease.isIPv6 ? .ipv6 : .ipv4,
                            public: interface.isPublic))
                }
            }
        }
        return found
    }
}
