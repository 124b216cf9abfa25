/// Fixed addresses in networks that the document makes: here everything is known that decides whether they can be.
extension Checker {
    mutating func checkFixedAddresses() {
        let made = document.networks.filter { $0.isCreated && !$0.isPublic && $0.providerID == nil }
        guard !made.isEmpty else { return }
        let ranges = Dictionary(
            made.map { ($0.id, $0.cidr.flatMap { FixedRange($0) }) }, uniquingKeysWith: { first, _ in first })
        // Of one cloud: each has networks of its own.
        var deploys: [String: [String: Int]] = [:]
        for deploy in document.deploys where deploy.count > 0 {
            deploys[deploy.system, default: [:]][deploy.cloud ?? "", default: 0] += deploy.count
        }
        var holders: [FixedPlace: String] = [:]
        for system in document.systems {
            for interface in system.interfaces {
                guard let network = interface.connection, let range = ranges[network],
                    let feature = system.features["net_interface.\(interface.index).ip"],
                    case .string(let text, .equal) = feature.value, let address = FixedRange.number(text)
                else { continue }
                section = ("system", system.id)
                let subject = FixedSubject(feature: feature, address: text, network: network, system: system.id)
                if let range, let problem = range.problem(address, network) {
                    reportFixed(subject, problem, hint: "write one from \(range.first) to \(range.last)")
                    continue
                }
                for (cloud, count) in deploys[system.id, default: [:]].sorted(by: { $0.key < $1.key }) {
                    let place = FixedPlace(cloud: cloud, network: network, address: address)
                    if let other = holders[place] {
                        reportFixed(
                            subject,
                            other == system.id
                                ? "is that of another interface of it in network '\(network)'"
                                : "is that of system '\(other)' in network '\(network)', too",
                            hint: "give each interface an address of its own")
                        break
                    }
                    holders[place] = system.id
                    if count > 1 {
                        reportFixed(
                            subject,
                            "would be that of all \(count) machines that are deployed of it in network '\(network)'",
                            hint: "make a system for each machine, or leave the address out: each gets one")
                        break
                    }
                }
            }
        }
        section = nil
    }

    private mutating func reportFixed(_ subject: FixedSubject, _ problem: String, hint: String) {
        report(
            .value, "'\(subject.feature.name)' of system '\(subject.system)': \(subject.address) \(problem)",
            hint: hint,
            at: place(ofValue: subject.feature), imText: "Invalid value in property '\(subject.feature.name)'")
    }
}

/// An address that a system's interface shall have.
private struct FixedSubject {
    var feature: Feature
    var address: String
    var network: String
    var system: String
}

/// What one machine alone can have.
private struct FixedPlace: Hashable {
    var cloud: String
    var network: String
    var address: UInt32
}

/// A range of IPv4 addresses as `cidr` names it: `10.0.*.0/24`.
private struct FixedRange {
    private let text: String
    private let base: UInt32
    /// Bits of the network that are given: not those of the hosts, nor of a `*`.
    private let given: UInt32
    /// Bits of the hosts.
    private let hosts: UInt32
    /// Bits that a `*` stands for.
    private let free: UInt32

    /// nil: it is none, or so small that it has no addresses beside the first.
    init?(_ cidr: String) {
        let parts = cidr.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let prefix = UInt32(parts[1]), (1...30).contains(prefix) else { return nil }
        let octets = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard octets.count == 4 else { return nil }
        var free: UInt32 = 0
        for octet in octets { free = free << 8 | (octet == "*" ? 255 : 0) }
        guard let base = Self.number(octets.map { $0 == "*" ? "0" : String($0) }.joined(separator: ".")) else {
            return nil
        }
        text = cidr
        hosts = ~UInt32(0) >> prefix
        given = ~hosts & ~free
        self.base = base & given
        self.free = free & ~hosts
    }

    /// nil: it is no IPv4 address.
    static func number(_ text: String) -> UInt32? {
        let octets = text.split(separator: ".", omittingEmptySubsequences: false)
        guard octets.count == 4, Checker.isAddress(text) else { return nil }
        return octets.reduce(UInt32(0)) { $0 << 8 | (UInt32($1) ?? 0) }
    }

    /// Why no machine can have an address; nil: it can.
    func problem(_ address: UInt32, _ network: String) -> String? {
        guard address & given == base else { return "is not in network '\(network)', which has \(text)" }
        switch address & hosts {
        case 0: return "is the address of network '\(network)' (\(text)) itself"
        case hosts: return "is the broadcast address of network '\(network)' (\(text))"
        case 1: return "is that of the gateway of network '\(network)' (\(text))"
        default: return nil
        }
    }

    var first: String { words(base | 2) }
    var last: String { words(base | (hosts - 1)) }

    private func words(_ address: UInt32) -> String {
        [24, 16, 8, 0].map { shift in
            free >> UInt32(shift) & 255 == 255 ? "*" : String(address >> UInt32(shift) & 255)
        }.joined(separator: ".")
    }
}
