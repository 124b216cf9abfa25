import CLibvirt
import ConnectorAPI
import Foundation
import Glibc

/// Whether a machine runs by the processor's own virtualization, and why.
struct Acceleration: Sendable, Hashable, Codable {
    enum Kind: String, Sendable, Hashable, Codable {
        case kvm, qemu, test
    }

    var kind: Kind
    var reason: String

    /// The rule: KVM where libvirt's QEMU knows it for that architecture and the processor has the feature that it is
    /// made of. `/dev/kvm` alone says nothing: within a virtual machine it may be there and open, and no guest comes up.
    ///
    /// - Parameters:
    ///   - refusal: Why libvirt does not offer KVM; nil: it does.
    ///   - features: Of the host's processor; nil: they are not known.
    static func choose(architecture: String, host: String, refusal: String?, features: Set<String>?) -> Acceleration {
        guard runs(architecture, on: host) else {
            return Acceleration(kind: .qemu, reason: "emulated: the host is \(host), the machine \(architecture)")
        }
        if let refusal { return Acceleration(kind: .qemu, reason: "emulated: no KVM here (\(refusal))") }
        guard ["x86_64", "i686"].contains(host) else { return Acceleration(kind: .kvm, reason: "KVM") }
        guard let features else {
            return Acceleration(kind: .qemu, reason: "emulated: the features of the host's processor are not known")
        }
        guard let feature = ["vmx", "svm"].first(where: features.contains) else {
            return Acceleration(
                kind: .qemu, reason: "emulated: the host's processor has neither vmx nor svm, so KVM cannot work")
        }
        return Acceleration(kind: .kvm, reason: "KVM (\(feature))")
    }

    /// After a start by KVM that failed.
    static func fallback(_ reason: String) -> Acceleration {
        Acceleration(kind: .qemu, reason: "emulated: a start by KVM failed (\(reason))")
    }

    /// As the auth line asks for it.
    func asked(_ wanted: Kind) -> Acceleration {
        guard kind != .test, wanted != kind else { return self }
        guard wanted == .kvm else { return Acceleration(kind: wanted, reason: "emulated, as the auth line says") }
        let doubt = reason.hasPrefix("emulated: ") ? String(reason.dropFirst("emulated: ".count)) : reason
        return Acceleration(
            kind: wanted,
            reason: "KVM, as the auth line says, which will hardly start (\(doubt)): leave accelerator out there")
    }

    private static func runs(_ architecture: String, on host: String) -> Bool {
        architecture == host || architecture == "i686" && host == "x86_64"
    }

    /// `flags` of `/proc/cpuinfo`.
    static func features(cpuinfo: String) -> Set<String>? {
        for line in cpuinfo.split(separator: "\n") where line.hasPrefix("flags") || line.hasPrefix("Features") {
            return Set(line.drop { $0 != ":" }.dropFirst().split(separator: " ").map(String.init))
        }
        return nil
    }
}

/// What a host can run, from libvirt's capabilities.
struct HostAbilities: Sendable, Hashable {
    struct Guest: Sendable, Hashable {
        var emulator: String
        /// Names of machine types.
        var machines: Set<String>
        /// `kvm`, `qemu`, `test`.
        var types: Set<String>
    }

    var uuid: String?
    var architecture: String
    /// By architecture.
    var guests: [String: Guest]
    /// `host/cpu`, for libvirt to expand.
    var cpu: XMLNode?

    init(_ capabilities: XMLNode) {
        let host = capabilities.child("host")
        uuid = host?.child("uuid")?.text
        cpu = host?.child("cpu")
        architecture = cpu?.child("arch")?.text ?? "x86_64"
        guests = [:]
        for guest in capabilities.children("guest") where guest.child("os_type")?.text == "hvm" {
            guard let arch = guest.child("arch"), let name = arch.attributes["name"] else { continue }
            var machines: Set<String> = []
            for machine in arch.children("machine") {
                machines.insert(machine.text)
                if let alias = machine.attributes["canonical"] { machines.insert(alias) }
            }
            guests[name] = Guest(
                emulator: arch.child("emulator")?.text ?? "", machines: machines,
                types: Set(arch.children("domain").compactMap { $0.attributes["type"] }))
        }
    }
}

extension Hypervisor {
    /// How machines of an architecture run here.
    func acceleration(_ architecture: String, _ abilities: HostAbilities) throws(ConnectorError) -> Acceleration {
        if uri.isTest { return Acceleration(kind: .test, reason: "libvirt's test driver: nothing runs") }
        var refusal: String?
        if architecture == abilities.architecture || architecture == "i686" {
            let text = gantry_virConnectGetDomainCapabilities(pointer, nil, architecture, nil, "kvm", 0)
            if text == nil { refusal = LibvirtCall.failure("").message.trimmingCharacters(in: [":", " "]) }
            free(text)
        }
        return Acceleration.choose(
            architecture: architecture, host: abilities.architecture, refusal: refusal,
            features: try processorFeatures(abilities))
    }

    private func processorFeatures(_ abilities: HostAbilities) throws(ConnectorError) -> Set<String>? {
        if uri.isLocal {
            return (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)).flatMap(Acceleration.features)
        }
        guard let cpu = abilities.cpu else { return nil }
        let expandFeatures: UInt32 = 1
        let text = cpu.xml.withCString { first in
            var list: [UnsafePointer<CChar>?] = [first]
            return gantry_virConnectBaselineCPU(pointer, &list, 1, expandFeatures)
        }
        guard text != nil else {
            _ = LibvirtCall.failure("")
            return nil
        }
        let expanded = try XMLNode.parse(try LibvirtCall.text(text, "the processor of the host"), "the processor")
        return Set((expanded.children("feature") + cpu.children("feature")).compactMap { $0.attributes["name"] })
    }
}
