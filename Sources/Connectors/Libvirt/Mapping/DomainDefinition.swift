import ConnectorAPI

/// Everything that a domain is made of.
struct DomainDefinition: Sendable, Hashable {
    struct Disk: Sendable, Hashable {
        var path: String
        var format = "qcow2"
        /// By which the guest finds it: `/dev/disk/by-id/virtio-SERIAL`.
        var serial: String
        var isReadOnly = false
    }

    var name: String
    var uuid: String
    var label: MachineLabel
    var cpus: Int
    var memoryBytes: Int64
    var architecture: String
    var emulator: String
    /// Types of machines that the emulator knows.
    var machines: Set<String>
    var hasUEFI: Bool
    /// The root disk first.
    var disks: [Disk]
    var seed: Disk?
    /// nil: nothing of the console is kept.
    var consoleLog: String?

    /// As libvirt takes it.
    func xml() throws(ConnectorError) -> String {
        var os: [XMLNode] = [.init(name: "type", attributes: machineType, text: "hvm")]
        os.append(.init(name: "boot", attributes: ["dev": "hd"]))
        // Else it says to a screen, which nobody sees, that it finds nothing to boot, and so does a boot loader.
        if tellsByBIOS { os.append(.init(name: "bios", attributes: ["useserial": "yes"])) }
        if hasUEFI {
            // With keys the firmware boots nothing but what is signed by them. Of ARM's with Secure Boot and without keys
            // Debian 12 has the description and not the file.
            let unwanted = isX86 ? ["enrolled-keys"] : ["enrolled-keys", "secure-boot"]
            os.append(
                .init(
                    name: "firmware",
                    children: unwanted.map { .init(name: "feature", attributes: ["enabled": "no", "name": $0]) }))
        }
        var domain = XMLNode(
            name: "domain", attributes: ["type": label.acceleration.kind.rawValue],
            children: [
                .init(name: "name", text: name), .init(name: "uuid", text: uuid),
                .init(name: "metadata", children: [try label.element()]),
                .init(name: "memory", attributes: ["unit": "b"], text: String(memoryBytes)),
                .init(name: "vcpu", text: String(cpus)),
                .init(name: "os", attributes: hasUEFI ? ["firmware": "efi"] : [:], children: os),
            ])
        if !features.isEmpty { domain.children.append(.init(name: "features", children: features)) }
        if let processor { domain.children.append(processor) }
        domain.children += [
            .init(name: "clock", attributes: ["offset": "utc"]), .init(name: "on_poweroff", text: "destroy"),
            .init(name: "on_reboot", text: "restart"), .init(name: "on_crash", text: "destroy"),
            .init(name: "devices", children: devices),
        ]
        if label.interfaces.contains(where: \.isOfProcess) {
            domain.attributes["xmlns:qemu"] = "http://libvirt.org/schemas/domain/qemu/1.0"
            domain.children.append(userNetworking)
        }
        return domain.xml
    }

    private var isX86: Bool { ["x86_64", "i686"].contains(architecture) }

    private var tellsByBIOS: Bool { isX86 && !hasUEFI && label.acceleration.kind != .test }

    /// The plain board where there is one: on it devices are added while it runs.
    private var machineType: [String: String] {
        guard label.acceleration.kind != .test else { return [:] }
        var attributes = ["arch": architecture]
        let wanted = hasUEFI && isX86 ? ["q35"] : ["pc", "virt", "pseries", "s390-ccw-virtio"]
        attributes["machine"] = wanted.first(where: machines.contains)
        return attributes
    }

    private var features: [XMLNode] {
        if isX86 { return [.init(name: "acpi"), .init(name: "apic")] }
        // It comes from UEFI. Without it no guest hears that it shall shut down: kernels for clouds have no driver for the
        // other way.
        var features: [XMLNode] = hasUEFI ? [.init(name: "acpi")] : []
        // The older one, which libvirt takes by itself, has eight processors at most.
        if isEmulatedARM { features.append(.init(name: "gic", attributes: ["version": "3"])) }
        return features
    }

    private var isEmulatedARM: Bool { architecture == "aarch64" && label.acceleration.kind == .qemu }

    private var processor: XMLNode? {
        switch label.acceleration.kind {
        case .kvm: return .init(name: "cpu", attributes: ["mode": "host-passthrough"])
        case .qemu where isX86: return .init(name: "cpu", attributes: ["mode": "maximum"])
        // Twice as fast as the most that QEMU knows, which signs pointers.
        case .qemu where isEmulatedARM:
            return .init(
                name: "cpu", attributes: ["mode": "custom"], children: [.init(name: "model", text: "cortex-a72")])
        case .qemu, .test: return nil
        }
    }

    private var devices: [XMLNode] {
        var devices: [XMLNode] = []
        if !emulator.isEmpty { devices.append(.init(name: "emulator", text: emulator)) }
        for (place, disk) in disks.enumerated() { devices.append(Self.device(disk, Self.target(place))) }
        // After all others, so that these have the names that documents expect.
        if let seed { devices.append(Self.device(seed, "vdz")) }
        devices += label.interfaces.filter { !$0.isOfProcess }.map(Self.device)
        guard label.acceleration.kind != .test else { return devices }
        var serial = XMLNode(name: "serial", attributes: ["type": "pty"])
        if let consoleLog {
            serial.children = [.init(name: "log", attributes: ["file": consoleLog, "append": "off"])]
        }
        devices.append(serial)
        // A session has no use for it, and its socket would be too deep in the user's folder.
        if !label.interfaces.contains(where: \.isOfProcess) {
            devices.append(
                .init(
                    name: "channel", attributes: ["type": "unix"],
                    children: [
                        .init(name: "target", attributes: ["type": "virtio", "name": "org.qemu.guest_agent.0"])
                    ]))
        }
        devices += [
            .init(
                name: "rng", attributes: ["model": "virtio"],
                children: [.init(name: "backend", attributes: ["model": "random"], text: "/dev/urandom")]),
            .init(name: "memballoon", attributes: ["model": "virtio"]),
        ]
        if isX86 { devices.append(.init(name: "controller", attributes: ["type": "usb", "model": "none"])) }
        return devices
    }

    /// By which a guest finds the disk of a number.
    static func serial(_ disk: Int) -> String { "gantry-disk\(disk)" }

    static func target(_ place: Int) -> String {
        "vd" + String(Character(UnicodeScalar(UInt8(ascii: "a") + UInt8(min(place, 24)))))
    }

    static func device(_ disk: Disk, _ target: String) -> XMLNode {
        var driver = ["name": "qemu", "type": disk.format]
        if !disk.isReadOnly { driver["discard"] = "unmap" }
        var node = XMLNode(
            name: "disk", attributes: ["type": "file", "device": "disk"],
            children: [
                .init(name: "driver", attributes: driver), .init(name: "source", attributes: ["file": disk.path]),
                .init(name: "target", attributes: ["dev": target, "bus": "virtio"]),
                .init(name: "serial", text: disk.serial),
            ])
        if disk.isReadOnly { node.children.append(.init(name: "readonly")) }
        return node
    }

    static func device(_ interface: MachineLabel.Interface) -> XMLNode {
        let source: XMLNode
        let type: String
        if let bridge = interface.bridge {
            (type, source) = ("bridge", .init(name: "source", attributes: ["bridge": bridge]))
        } else {
            let network = interface.network ?? ""
            (type, source) = ("network", .init(name: "source", attributes: ["network": network]))
        }
        var node = XMLNode(
            name: "interface", attributes: ["type": type],
            children: [
                .init(name: "mac", attributes: ["address": interface.mac]), source,
                .init(name: "model", attributes: ["type": "virtio"]),
            ])
        if let filter = interface.filter {
            node.children.append(.init(name: "filterref", attributes: ["filter": filter]))
        }
        return node
    }

    /// Where no bridge can be had: the guest's SSH at a port of the host's loopback, which the kernel chooses. libvirt 9 has
    /// no words for that.
    private var userNetworking: XMLNode {
        var arguments: [String] = []
        let first = label.interfaces.firstIndex(where: \.isUserMode)
        for (place, interface) in label.interfaces.enumerated() where interface.isOfProcess {
            let backend =
                if let segment = interface.segment {
                    "socket,id=gantry\(place),mcast=\(segment.group),localaddr=127.0.0.1"
                } else {
                    "user,id=gantry\(place)" + (place == first ? ",hostfwd=tcp:127.0.0.1:0-:22" : "")
                }
            let card = architecture == "s390x" ? "virtio-net-ccw" : "virtio-net-pci"
            // Far from the places that libvirt gives to its own devices.
            let address = card.hasSuffix("pci") && isX86 && !hasUEFI ? ",addr=0x\(String(16 + place, radix: 16))" : ""
            arguments += [
                "-netdev", backend, "-device",
                "\(card),netdev=gantry\(place),mac=\(interface.mac)\(address)",
            ]
        }
        return XMLNode(
            name: "qemu:commandline",
            children: arguments.map { .init(name: "qemu:arg", attributes: ["value": $0]) })
    }

    /// The port of the host's loopback that leads to the guest's SSH, from the monitor's `info usernet`.
    static func forwardedPort(_ text: String) -> Int? {
        for line in text.split(whereSeparator: \.isNewline) where line.contains("HOST_FORWARD") {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            // Protocol[State] Fd Address Port Address Port …
            if words.count > 5, words[5] == "22" || words[5].hasPrefix("22"), let port = Int(words[3]) { return port }
        }
        return nil
    }
}

extension MachineLabel.Interface {
    /// A network of the process that runs the machine, with the host's way out.
    var isUserMode: Bool { isOfProcess && segment == nil }
    /// Neither on a network of libvirt's nor on a bridge.
    var isOfProcess: Bool { network == nil && bridge == nil }
}

/// A disk of a domain that is there.
struct AttachedDisk: Sendable, Hashable {
    /// Such as `vdc`: the number of a disk does not tell it, since numbers may be left out.
    var target: String
    var path: String

    /// nil: the domain has no disk of that number.
    init?(_ number: Int, of domain: XMLNode) {
        let disks = domain.child("devices")?.children("disk") ?? []
        guard let disk = disks.first(where: { $0.child("serial")?.text == DomainDefinition.serial(number) }),
            let target = disk.child("target")?.attributes["dev"], let path = disk.child("source")?.attributes["file"]
        else { return nil }
        (self.target, self.path) = (target, path)
    }
}
