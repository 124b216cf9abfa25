package import Foundation

/// A machine as it is stored. Holds no secret.
package struct MachineRecord: Sendable, Hashable, Codable, Identifiable {
    /// Where the machine is on its way. Each phase carries what exists in it.
    package enum Phase: Sendable, Hashable, Codable {
        /// To be launched by its ``MachineRecord/placement``; nothing is outside yet.
        case planned
        /// The launch call was decided; whether it was done is unknown until it answers.
        case launching(batch: BatchToken)
        /// Known to the provider, not yet running with an address.
        case starting(provider: String)
        case running(provider: String)
        case stopped(provider: String)
        /// Removal was decided. Without a provider's id the launch that may have made it is looked for first.
        case terminating(provider: String?)
        case terminated
        /// Came to nothing. A provider's id means that something is there to be removed.
        case failed(message: String, provider: String?)
        /// The provider no longer knows it although nobody asked for its removal.
        case vanished
    }

    /// How its contextualization stands.
    package enum Configuration: Sendable, Hashable, Codable {
        case pending
        /// The document asks for none.
        case disabled
        case configured
        case failed(message: String)
    }

    /// What its deployment asks for.
    package enum Goal: String, Sendable, Hashable, Codable {
        case present, absent
    }

    /// What is asked of its power, beside that it runs.
    package enum PowerGoal: String, Sendable, Hashable, Codable {
        case stopped
        /// To be rebooted once; then it is to run again.
        case rebooted
    }

    package struct Address: Sendable, Hashable, Codable {
        package var interface: Int
        package var address: String
        package var isPublic: Bool
        package var isIPv6: Bool

        package init(interface: Int, address: String, isPublic: Bool, isIPv6: Bool = false) {
            self.interface = interface
            self.address = address
            self.isPublic = isPublic
            self.isIPv6 = isIPv6
        }
    }

    package var id: MachineID
    /// Name of the RADL system.
    package var system: String
    package var goal: Goal
    /// nil: it shall run.
    package var power: PowerGoal?
    package var phase: Phase
    package var configuration: Configuration
    /// Where and as what it is launched.
    package var placement: Placement
    /// Further candidates, best first, tried when this one fails.
    package var alternatives: [Placement]
    /// Why earlier candidates failed.
    package var attempts: [String]
    package var batch: BatchToken?
    /// Place within its batch.
    package var batchIndex: Int?
    package var addresses: [Address]
    /// SSH port where the provider says another than 22.
    package var sshPort: Int?
    /// Host keys that the machine must show, `TYPE BASE64`.
    package var hostKeys: [String]
    /// Endpoint that let us in last, `host` and `port`: it may be the machine's no more, see ``currentEndpoint``.
    package var endpoint: Endpoint?
    package var createdAt: Date
    package var launchedAt: Date?
    /// The size that it is to have, while it has another one.
    package var resize: Placement?
    /// Disks that it got after its launch, with those that are still to be made.
    package var disks: [Disk]?
    /// What its last contextualization left undone although it is configured, such as a disk that could not be
    /// formatted; nil: nothing.
    package var warnings: [String]?
    /// Why it does not run although nobody asked for that, as its provider says; nil: it runs, or nothing was said.
    package var halt: String?
    /// The provider's id of one that somebody else removed, by which what may be left beside it is removed; nil: of others.
    package var vanishedID: String?
    /// Digest of the parts of the document that a running machine cannot change: another one means a new machine.
    package var specification: String

    /// Where it let us in last, as long as its provider says nothing else: many give another address at each start, and a
    /// session of libvirt's another port.
    package var currentEndpoint: Endpoint? {
        guard let endpoint, !addresses.isEmpty else { return endpoint }
        guard addresses.contains(where: { $0.address == endpoint.host }) else { return nil }
        return sshPort == nil || sshPort == endpoint.port ? endpoint : nil
    }

    package struct Endpoint: Sendable, Hashable, Codable {
        package var host: String
        package var port: Int

        /// `HOST:PORT`, by which what is known of it is kept.
        package var place: String { "\(host):\(port)" }

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    package init(
        id: MachineID, system: String, placement: Placement, alternatives: [Placement], createdAt: Date,
        specification: String, configuration: Configuration = .pending
    ) {
        self.id = id
        self.system = system
        self.goal = .present
        self.phase = .planned
        self.configuration = configuration
        self.placement = placement
        self.alternatives = alternatives
        self.attempts = []
        self.addresses = []
        self.hostKeys = []
        self.createdAt = createdAt
        self.specification = specification
    }

    /// Takes what is equal from another machine, so that both hold the same memory. Nothing else changes.
    package mutating func share(_ other: MachineRecord) {
        if system == other.system { system = other.system }
        if placement == other.placement {
            placement = other.placement
        } else if placement.cloud == other.placement.cloud {
            placement.cloud = other.placement.cloud
        }
        if alternatives == other.alternatives { alternatives = other.alternatives }
        if attempts == other.attempts { attempts = other.attempts }
        if batch == other.batch { batch = other.batch }
        if hostKeys == other.hostKeys { hostKeys = other.hostKeys }
        if disks == other.disks { disks = other.disks }
        if specification == other.specification { specification = other.specification }
    }

    /// The provider's id, where there is one.
    package var providerID: String? {
        switch phase {
        case .starting(let id), .running(let id), .stopped(let id): return id
        case .terminating(let id), .failed(_, let id): return id
        case .planned, .launching, .terminated, .vanished: return nil
        }
    }

    /// Whether clients are told of it: it is there, or it is missed. One that somebody else removed is `off` until it is
    /// removed here, too.
    package var isListed: Bool { isAlive || (goal == .present && phase == .vanished) }

    /// Whether it still counts: neither ended nor vanished.
    package var isAlive: Bool {
        switch phase {
        case .terminated, .vanished: return false
        default: return true
        }
    }
}

/// Where and as what a machine is launched: the result of matching.
package struct Placement: Sendable, Hashable, Codable {
    package var cloud: CloudReference
    /// Id or URL of the image.
    package var image: String
    /// Flavor id; empty where the connector has no catalog of them.
    package var flavor: String
    package var cpuCount: Int?
    package var memoryBytes: Int64?
    /// Per hour, in the provider's currency.
    package var price: Double?
    /// User that the image or the document lets in.
    package var loginUser: String?
    package var zone: String?
    /// The machine was there before us, and stays.
    package var isExisting: Bool
    /// What the provider says of how it runs there, for people: first what it foresees, then what it sees.
    package var remark: String?

    package init(
        cloud: CloudReference, image: String, flavor: String, cpuCount: Int? = nil, memoryBytes: Int64? = nil,
        price: Double? = nil, loginUser: String? = nil, zone: String? = nil, isExisting: Bool = false
    ) {
        self.cloud = cloud
        self.image = image
        self.flavor = flavor
        self.cpuCount = cpuCount
        self.memoryBytes = memoryBytes
        self.price = price
        self.loginUser = loginUser
        self.zone = zone
        self.isExisting = isExisting
    }

    /// Where, with what the provider says of it.
    package var text: String { "at \(cloud.id)" + (remark.map { ", \($0)" } ?? "") }
}
