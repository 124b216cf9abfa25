import ConnectorAPI
import Foundation
import Testing

@testable import Libvirt

@Suite("Definitions of domains")
struct DomainDefinitionTests {
    static func label(
        _ kind: Acceleration.Kind, _ interfaces: [MachineLabel.Interface] = [], launchedAt: Double? = nil
    ) -> MachineLabel {
        MachineLabel(
            machineID: "inf.0", batchToken: "token", items: "00", tags: ["owner": "<Ada & 'Co'>\n"], image: "file:///i",
            flavor: "1-536870912-x86_64", acceleration: .init(kind: kind, reason: "because"), pool: "gantry",
            base: "/i", ownsBase: false, interfaces: interfaces, launchedAt: launchedAt)
    }

    private func definition(
        _ kind: Acceleration.Kind, _ interfaces: [MachineLabel.Interface], uefi: Bool = false,
        architecture: String = "x86_64"
    ) -> DomainDefinition {
        DomainDefinition(
            name: "web-0-1", uuid: "00000000-0000-8000-8000-000000000001", label: Self.label(kind, interfaces), cpus: 2,
            memoryBytes: 1 << 30, architecture: architecture, emulator: "/usr/bin/qemu",
            machines: ["pc", "q35", "virt"],
            hasUEFI: uefi, disks: [.init(path: "/p/a & b", serial: "gantry-disk0"), .init(path: "/p/1", serial: "s1")],
            seed: .init(path: "/p/seed", format: "raw", serial: "gantry-seed", isReadOnly: true), consoleLog: "/p/log")
    }

    private static let network = MachineLabel.Interface(
        indexes: [0, 1], mac: "52:54:00:00:00:01", network: "default", isPublic: true)
    private static let bridge = MachineLabel.Interface(
        indexes: [0], mac: "52:54:00:00:00:02", bridge: "br0", isPublic: true)
    private static let user = MachineLabel.Interface(indexes: [0], mac: "52:54:00:00:00:03", isPublic: false)

    @Test(
        "KVM takes the host's processor, emulation the most it can",
        arguments: [
            (Acceleration.Kind.kvm, "host-passthrough"), (.qemu, "maximum"),
        ])
    func processor(kind: Acceleration.Kind, mode: String) throws {
        let domain = try XMLNode.parse(try definition(kind, [Self.network]).xml(), "test")
        #expect(domain.attributes["type"] == kind.rawValue)
        #expect(domain.child("cpu")?.attributes["mode"] == mode)
        #expect(domain.child("memory")?.text == "1073741824")
        #expect(domain.child("vcpu")?.text == "2")
        #expect(domain.child("os")?.child("type")?.attributes["machine"] == "pc")
    }

    @Test("The label comes back from the metadata as it was, whatever is in it")
    func labelSurvives() throws {
        let definition = definition(.qemu, [Self.network])
        let domain = try XMLNode.parse(try definition.xml(), "test")
        let element = try #require(domain.child("metadata")?.child("machine"))
        #expect(MachineLabel(element.xml) == definition.label)
        #expect(MachineLabel("<machine>hello</machine>") == nil)
    }

    @Test("Disks are in the order of their numbers, the seed last and read-only")
    func disks() throws {
        let devices = try #require(try XMLNode.parse(try definition(.qemu, []).xml(), "test").child("devices"))
        let disks = devices.children("disk")
        #expect(disks.map { $0.child("target")?.attributes["dev"] } == ["vda", "vdb", "vdz"])
        #expect(disks[0].child("source")?.attributes["file"] == "/p/a & b")
        #expect(disks[2].child("readonly") != nil)
        #expect(disks[1].child("readonly") == nil)
        #expect(disks[0].child("serial")?.text == "gantry-disk0")
    }

    @Test("A disk is found by its number, which is not its place")
    func disksByNumber() throws {
        var wanted = definition(.qemu, [])
        wanted.disks[1] = .init(path: "/p/5", serial: DomainDefinition.serial(5))
        let domain = try XMLNode.parse(try wanted.xml(), "test")
        #expect(AttachedDisk(0, of: domain)?.target == "vda")
        #expect(AttachedDisk(5, of: domain)?.target == "vdb")
        #expect(AttachedDisk(5, of: domain)?.path == "/p/5")
        #expect(AttachedDisk(1, of: domain) == nil)
        #expect(AttachedDisk(-1, of: domain) == nil)
    }

    @Test("A card is on a network, a bridge, or the process's own network with SSH forwarded")
    func cards() throws {
        let domain = try XMLNode.parse(try definition(.qemu, [Self.network, Self.bridge]).xml(), "test")
        let cards = try #require(domain.child("devices")).children("interface")
        #expect(cards.map { $0.attributes["type"] } == ["network", "bridge"])
        #expect(cards[1].child("source")?.attributes["bridge"] == "br0")
        #expect(domain.child("commandline") == nil)
        let session = try XMLNode.parse(try definition(.qemu, [Self.user]).xml(), "test")
        let words = try #require(session.child("commandline")).children("arg").compactMap { $0.attributes["value"] }
        #expect(words.contains("user,id=gantry0,hostfwd=tcp:127.0.0.1:0-:22"))
        #expect(words.contains { $0.contains("mac=52:54:00:00:00:03") })
        #expect(session.child("devices")?.children("interface").isEmpty == true)
        var joined = Self.user
        joined.segment = .init(group: "239.1.2.3:20000", address: "10.170.1.3", prefix: 24)
        let both = try XMLNode.parse(try definition(.qemu, [joined, Self.user]).xml(), "test")
        let more = try #require(both.child("commandline")).children("arg").compactMap { $0.attributes["value"] }
        #expect(more.contains("socket,id=gantry0,mcast=239.1.2.3:20000,localaddr=127.0.0.1"))
        #expect(more.contains("user,id=gantry1,hostfwd=tcp:127.0.0.1:0-:22"))
    }

    @Test("UEFI and other architectures have their boards")
    func firmware() throws {
        let uefi = try XMLNode.parse(try definition(.qemu, [], uefi: true).xml(), "test")
        #expect(uefi.child("os")?.attributes["firmware"] == "efi")
        func unwanted(_ domain: XMLNode) -> [String?] {
            (domain.child("os")?.child("firmware")?.children("feature") ?? []).filter {
                $0.attributes["enabled"] == "no"
            }
            .map { $0.attributes["name"] }
        }
        #expect(unwanted(uefi) == ["enrolled-keys"])
        #expect(uefi.child("os")?.child("bios") == nil)
        #expect(uefi.child("os")?.child("type")?.attributes["machine"] == "q35")
        // A BIOS says where it is heard that it finds nothing to boot.
        let bios = try XMLNode.parse(try definition(.qemu, []).xml(), "test")
        #expect(bios.child("os")?.child("bios")?.attributes == ["useserial": "yes"])
        #expect(try XMLNode.parse(try definition(.test, []).xml(), "test").child("os")?.child("bios") == nil)
        var arm = definition(.qemu, [], uefi: true, architecture: "aarch64")
        arm.machines = ["virt"]
        let xml = try XMLNode.parse(try arm.xml(), "test")
        #expect(xml.child("os")?.child("type")?.attributes == ["arch": "aarch64", "machine": "virt"])
        #expect(unwanted(xml) == ["enrolled-keys", "secure-boot"])
        #expect(xml.child("features")?.child("acpi") != nil)
        #expect(xml.child("features")?.child("apic") == nil)
        #expect(xml.child("features")?.child("gic")?.attributes == ["version": "3"])
        #expect(xml.child("cpu")?.child("model")?.text == "cortex-a72")
        // By KVM the processor and the interrupts are the host's.
        let own = try XMLNode.parse(try definition(.kvm, [], uefi: true, architecture: "aarch64").xml(), "test")
        #expect(own.child("cpu")?.attributes == ["mode": "host-passthrough"])
        #expect(own.child("features")?.child("gic") == nil)
        #expect(own.child("features")?.child("acpi") != nil)
        let other = try XMLNode.parse(try definition(.qemu, [], architecture: "s390x").xml(), "test")
        #expect(other.child("features") == nil)
        #expect(other.child("os")?.child("bios") == nil)
        #expect(other.child("cpu") == nil)
    }

    @Test("The forwarded port is read from what QEMU's monitor says")
    func forwardedPort() {
        let text = """
            Hub -1 (gantry0):
              Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
              TCP[HOST_FORWARD]  23       127.0.0.1 38521       10.0.2.15    22     0     0
              UDP[235 sec]       24       10.0.2.15 52014   192.0.2.9       53     0     0
            """
        #expect(DomainDefinition.forwardedPort(text) == 38521)
        #expect(DomainDefinition.forwardedPort("") == nil)
    }
}

@Suite("States and addresses of machines")
struct MachineMappingTests {
    @Test(
        "libvirt's states",
        arguments: [
            (Int32(1), Int32(1), true, Machine.State.running), (1, 1, false, .pending), (5, 0, false, .pending),
            (5, 1, true, .stopped), (5, 3, true, .failed), (5, 6, true, .failed), (4, 1, true, .stopping),
            (6, 1, true, .failed), (3, 5, true, .failed), (3, 1, true, .stopped), (7, 0, true, .stopped),
        ])
    func states(state: Int32, reason: Int32, launched: Bool, expected: Machine.State) {
        let label = DomainDefinitionTests.label(.qemu, launchedAt: launched ? 1 : nil)
        let machine = Machine(id: "u", label, DomainState(state: state, reason: reason), leases: [])
        #expect(machine.state == expected)
        #expect((machine.failure != nil) == (expected == .failed || state == DomainState.paused))
    }

    @Test("A paused machine says why, and what lets it go on")
    func paused() {
        let label = DomainDefinitionTests.label(.qemu, launchedAt: 1)
        func failure(_ reason: Int32) -> String? {
            Machine(id: "u", label, DomainState(state: DomainState.paused, reason: reason), leases: []).failure?.message
        }
        #expect(failure(1)?.contains("(virsh suspend); `gantry start` lets it go on") == true)
        #expect(failure(5)?.contains("a disk cannot be written: is the storage pool full? Make room there") == true)
        // libvirt itself is at work on it.
        #expect(failure(3) == nil)
        #expect(DomainState(state: DomainState.paused, reason: 5).isHeld)
        #expect(!DomainState(state: DomainState.paused, reason: 11).isHeld)
        #expect(!DomainState(state: 1, reason: 1).isHeld)
    }

    @Test("The newest lease of a card counts, for all interfaces that share it")
    func addresses() {
        let card = MachineLabel.Interface(indexes: [0, 2], mac: "52:54:00:00:00:01", network: "n", isPublic: true)
        let leases = Lease.all(
            "52:54:00:00:00:01 10.0.0.2 4 100\n52:54:00:00:00:01 10.0.0.9 4 200\n52:54:00:ff:00:01 10.0.0.3 4 300\n"
                + "52:54:00:00:00:01 fd00::9 6 50\nnonsense\n")
        let label = DomainDefinitionTests.label(.qemu, [card], launchedAt: 1)
        let machine = Machine(id: "u", label, DomainState(state: 1, reason: 1), leases: leases)
        #expect(machine.addresses.map(\.address) == ["10.0.0.9", "fd00::9", "10.0.0.9", "fd00::9"])
        #expect(machine.addresses.map(\.interface) == [0, 0, 2, 2])
        #expect(machine.addresses.map(\.family) == [.ipv4, .ipv6, .ipv4, .ipv6])
        let stopped = Machine(id: "u", label, DomainState(state: 5, reason: 1), leases: leases)
        #expect(stopped.addresses.isEmpty)
    }

    @Test("A machine is waited for until the card for others has its address, for two minutes")
    func halfReached() {
        let inner = MachineLabel.Interface(indexes: [0], mac: "52:54:00:00:00:01", network: "n", isPublic: false)
        let outer = MachineLabel.Interface(indexes: [1], mac: "52:54:00:00:00:02", network: "default", isPublic: true)
        let one = "52:54:00:00:00:01 10.0.0.2 4 100\n"
        let running = DomainState(state: 1, reason: 1)
        func state(_ ago: Double, _ interfaces: [MachineLabel.Interface], _ leases: String) -> Machine.State {
            let label = DomainDefinitionTests.label(
                .qemu, interfaces, launchedAt: Date().timeIntervalSince1970 - ago)
            return Machine(id: "u", label, running, leases: Lease.all(leases)).state
        }
        #expect(state(5, [inner, outer], one) == .pending)
        #expect(state(5, [inner, outer], one + "52:54:00:00:00:02 192.168.1.9 4 100\n") == .running)
        #expect(state(600, [inner, outer], one) == .running)
        #expect(state(5, [inner], one) == .running)
    }

    @Test("A machine of a session has a port of the loopback, and its place among the others")
    func session() {
        let user = MachineLabel.Interface(indexes: [1], mac: "52:54:00:00:00:01", isPublic: true)
        let segment = MachineLabel.Interface(
            indexes: [0], mac: "52:54:00:00:00:02",
            segment: .init(group: "239.1.2.3:20000", address: "10.170.1.3", prefix: 24), isPublic: false)
        let label = DomainDefinitionTests.label(.qemu, [segment, user], launchedAt: 1)
        let running = DomainState(state: 1, reason: 1)
        let machine = Machine(id: "u", label, running, leases: [], sshPort: 2_222)
        #expect(machine.addresses.map(\.address) == ["127.0.0.1", "10.170.1.3"])
        #expect(machine.addresses.map(\.interface) == [1, 0])
        #expect(machine.addresses.map(\.public) == [true, false])
        #expect(machine.sshPort == 2_222)
        #expect(Machine(id: "u", label, running, leases: []).addresses.isEmpty)
    }

    @Test("Machines of an infrastructure have addresses of their own on a network of a session")
    func segments() throws {
        let range = try #require(AddressRange("10.170.1.0/28"))
        func segment(_ machine: String, _ fixed: String? = nil) throws -> MachineLabel.Segment {
            try MachineLabel.Segment(network: "n", range: range, machine: machine, fixedAddress: fixed)
        }
        #expect(try (0..<12).map { try segment("inf.\($0)").address } == (2..<14).map { "10.170.1.\($0)" })
        #expect(throws: ConnectorError.self) { try segment("inf.13") }
        #expect(try segment("inf.0", "10.170.1.9").address == "10.170.1.9")
        #expect(throws: ConnectorError.self) { try segment("inf.0", "10.170.2.9") }
        #expect(try segment("inf.0").group == segment("inf.1").group)
        let other = try MachineLabel.Segment(network: "m", range: range, machine: "inf.0", fixedAddress: nil)
        #expect(try other.group != segment("inf.0").group)
        #expect(range == AddressRange(base: try #require(AddressRange.number(segment("named").address)), prefix: 28))
    }
}
