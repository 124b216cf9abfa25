import ConnectorAPI
import Foundation
import Testing

@testable import Libvirt

@Suite("Decisions")
struct DecisionTests {
    @Test(
        "KVM needs libvirt's word and the processor's feature",
        arguments: [
            ("x86_64", "x86_64", nil, ["vmx", "sse"], Acceleration.Kind.kvm, "vmx"),
            ("x86_64", "x86_64", nil, ["svm"], .kvm, "svm"),
            ("i686", "x86_64", nil, ["svm"], .kvm, "svm"),
            ("x86_64", "x86_64", nil, ["sse2"], .qemu, "neither vmx nor svm"),
            ("x86_64", "x86_64", nil, nil, .qemu, "not known"),
            ("x86_64", "x86_64", "the accel 'kvm' is not supported", ["vmx"], .qemu, "not supported"),
            ("aarch64", "x86_64", nil, ["vmx"], .qemu, "the host is x86_64"),
            ("aarch64", "aarch64", nil, nil, .kvm, "KVM"),
        ] as [(String, String, String?, Set<String>?, Acceleration.Kind, String)])
    func acceleration(
        _ guest: String, _ host: String, _ refusal: String?, _ features: Set<String>?, _ kind: Acceleration.Kind,
        _ word: String
    ) {
        let found = Acceleration.choose(architecture: guest, host: host, refusal: refusal, features: features)
        #expect(found.kind == kind)
        #expect(found.reason.contains(word))
    }

    @Test func processorFeatures() {
        let text = "processor\t: 0\nmodel name\t: some vmx like CPU\nflags\t\t: fpu sse2 svm\n\nprocessor\t: 1\n"
        #expect(Acceleration.features(cpuinfo: text) == ["fpu", "sse2", "svm"])
        #expect(Acceleration.features(cpuinfo: "processor: 0\n") == nil)
    }

    @Test("Capabilities say emulators by architecture")
    func capabilities() throws {
        let text = """
            <capabilities><host><uuid>u</uuid><cpu><arch>x86_64</arch></cpu>
            <secmodel><baselabel type='kvm'>x</baselabel></secmodel></host>
            <guest><os_type>hvm</os_type><arch name='x86_64'><emulator>/usr/bin/qemu</emulator>
            <machine canonical='pc-i440fx-7.2'>pc</machine><domain type='qemu'/></arch></guest>
            <guest><os_type>exe</os_type><arch name='riscv64'><emulator>/x</emulator></arch></guest></capabilities>
            """
        let abilities = HostAbilities(try XMLNode.parse(text, "test"))
        #expect(abilities.uuid == "u")
        #expect(abilities.architecture == "x86_64")
        #expect(abilities.guests.keys.sorted() == ["x86_64"])
        #expect(abilities.guests["x86_64"]?.types == ["qemu"])
        #expect(abilities.guests["x86_64"]?.machines == ["pc", "pc-i440fx-7.2"])
    }

    private static let room = HostRoom(
        cpus: 4, memoryBytes: 8 << 30, availableMemory: 2 << 30, pool: "gantry", poolBytes: 100 << 30,
        availableDisk: 1 << 30)

    private func size(_ cpus: Int, _ memory: Int64) -> MachineSize {
        MachineSize(cpus: cpus, memoryBytes: memory, architecture: "x86_64")
    }

    @Test("A host that is too small says the numbers")
    func room() throws {
        try Self.room.check([])
        let huge = #expect(throws: ConnectorError.self) {
            try Self.room.check([(size(1, .max), .max), (size(1, .max), .max)])
        }
        #expect(huge?.code == .quotaExceeded)
        #expect(Bytes.text(.max) == "8388607.9 TiB")
        try Self.room.check([(size(4, 1 << 30), 0), (size(1, 512 << 20), 10 << 30)])
        let memory = #expect(throws: ConnectorError.self) {
            try Self.room.check([(size(1, 1 << 30), 0), (size(1, 1 << 30), 0)])
        }
        #expect(memory?.code == .quotaExceeded)
        #expect(memory?.message.hasPrefix("2 machines need 2 GiB of memory; 2 GiB of the host's 8 GiB are") == true)
        let cpus = #expect(throws: ConnectorError.self) { try Self.room.check([(size(5, 1 << 20), 0)]) }
        #expect(cpus?.message.contains("5 processors is asked for; the host has 4") == true)
        let disk = #expect(throws: ConnectorError.self) { try Self.room.check([(size(1, 1 << 20), 200 << 30)]) }
        #expect(disk?.message.contains("200 GiB") == true)
        #expect(disk?.message.contains("100 GiB in all") == true)
        var full = Self.room
        full.availableDisk = 1 << 20
        let space = #expect(throws: ConnectorError.self) { try full.check([(size(1, 1 << 20), 0)]) }
        #expect(space?.message.contains("1 MiB of 100 GiB left") == true)
    }

    @Test("A size that the host does not have in all says both")
    func host() throws {
        let host = HostSize(cpus: 2, memoryBytes: 4 << 30, availableBytes: 1 << 30)
        try host.check(size(2, 4 << 30))
        let error = #expect(throws: ConnectorError.self) { try host.check(size(1, 9 << 40)) }
        #expect(error?.code == .quotaExceeded)
        #expect(error?.message == "a machine of 1 processor and 9 TiB is asked for; the host has 2 and 4 GiB")
        #expect(throws: ConnectorError.self) { try host.check(size(3, 1 << 30)) }
    }

    @Test("What cannot be named so is told with the names that there are")
    func names() {
        #expect(NamesThere.text(["lab", "default"]) == "there are: default, lab")
        #expect(NamesThere.text([]) == "there are none")
        #expect(TaggedName(kind: "image", name: "gold v1", tags: [:]).name == "gold-v1")
        #expect(TaggedName("gantry_image_gold-v1_.qcow2", ending: ".qcow2")?.tags == [:])
    }

    @Test("A size is any, and its id states it")
    func sizes() throws {
        let size = MachineSize(cpus: 2, memoryBytes: 1 << 30, architecture: "x86_64")
        #expect(MachineSize(flavor: size.id) == size)
        for wrong in ["", "2", "0-1-x86_64", "m1.small", "2--x86_64", "a-b-c"] {
            #expect(MachineSize(flavor: wrong) == nil, "\(wrong)")
        }
        var item = MachineSpec(machineID: "m", name: "n", image: "i", flavor: "")
        #expect(try MachineSize(item, host: "x86_64").memoryBytes == MachineSize.defaultMemory)
        item.cpuCount = 3
        item.provider = ["radl": ["cpu.arch": "arm64"]]
        #expect(try MachineSize(item, host: "x86_64").id == "3-536870912-aarch64")
        item.memoryBytes = 1
        #expect(throws: ConnectorError.self) { try MachineSize(item, host: "x86_64") }
    }

    @Test("A plan refuses sizes that no machine has, by the words of the document")
    func plannedSizes() throws {
        func size(
            cpus: Int? = nil, memory: Int64? = nil, architecture: String? = nil, type: String? = nil
        ) throws -> MachineSize {
            var request = PlanRequest(
                session: SessionID(rawValue: "s"), cpuCountMin: cpus, memoryBytesMin: memory, architecture: architecture
            )
            if let type { request.provider = ["radl": ["instance_type": .string(type)]] }
            return try MachineSize(request, host: "x86_64")
        }
        func refusal(_ body: @autoclosure () throws -> MachineSize) -> String {
            let error = #expect(throws: ConnectorError.self) { try body() }
            #expect(error?.code == .invalidArgument)
            return error?.message ?? ""
        }
        #expect(try size().id == "1-536870912-x86_64")
        #expect(try size(cpus: 1, memory: 16 << 20, architecture: "arm64").id == "1-16777216-aarch64")
        #expect(try size(cpus: 1, type: "2-1073741824-x86_64").id == "2-1073741824-x86_64")
        #expect(refusal(try size(cpus: 0)).contains("write cpu.count = 1 or more"))
        #expect(refusal(try size(memory: 0)).contains("0 bytes of memory cannot be: write a memory.size of 16 MiB"))
        #expect(refusal(try size(memory: 16 << 20 - 1)).contains("memory.size"))
        #expect(refusal(try size(type: "m1.small")).contains("CPUS-BYTES-ARCHITECTURE, such as '2-1073741824-x86_64'"))
        #expect(refusal(try size(architecture: "arm64", type: "1-1073741824-x86_64")).contains("cpu.arch"))
        #expect(refusal(try size(type: "1-1-x86_64")).contains("16 MiB"))
    }

    @Test("An image whose disk is larger than the pool is refused")
    func largeImage() throws {
        try Self.room.check(image: "file:///i", 100 << 30)
        let error = #expect(throws: ConnectorError.self) { try Self.room.check(image: "file:///i", 400 << 40) }
        #expect(error?.code == .quotaExceeded)
        #expect(error?.message.hasPrefix("image 'file:///i' is a disk of 400 TiB") == true)
        #expect(error?.message.contains("'gantry' has 100 GiB in all") == true)
    }

    @Test("A disk of a machine is none of the images")
    func ownDisk() {
        var label = DomainDefinitionTests.label(.qemu)
        let plain = Hypervisor.ownDisk("libvirt://gantry/x", of: "web-1", label)
        #expect(plain.code == .permissionDenied)
        #expect(plain.message.contains("a disk of machine 'web-1'") && plain.message.contains("`gantry destroy NAME`"))
        label.tags["gantry:infrastructure"] = "abc"
        let named = Hypervisor.ownDisk("libvirt://gantry/x", of: "web-1", label).message
        #expect(named.contains("`gantry destroy abc`") && named.contains("`gantry remove abc NUMBER`"))
        #expect(!named.contains("vol-delete"))
    }

    @Test(
        "URIs",
        arguments: [
            ("qemu:///system", "qemu", "/system", true), ("qemu:///session", "qemu", "/session", true),
            ("qemu+ssh://ada@host/system?keyfile=k", "qemu", "/system", false),
            ("test:///default", "test", "/default", true),
            ("qemu+unix:///system?socket=/s", "qemu", "/system", true),
            ("qemu+ssh:///system", "qemu", "/system", false),
            ("qemu://host/system", "qemu", "/system", false),
        ])
    func uris(text: String, driver: String, path: String, isLocal: Bool) {
        let uri = LibvirtURI(text)
        #expect(uri.driver == driver)
        #expect(uri.path == path)
        #expect(uri.isLocal == isLocal)
    }

    @Test(
        "What to do stands in the message of a connection that fails",
        arguments: [
            (
                "Failed to connect socket to '/x': No such file or directory", ConnectorError.Code.unavailable,
                "systemctl"
            ),
            ("Failed to connect socket to '/x': Permission denied", .permissionDenied, "adduser"),
            ("no connection driver available for nonsense:///", .invalidArgument, "qemu+ssh"),
        ])
    func openings(message: String, code: ConnectorError.Code, word: String) {
        let error = LibvirtErrorMapping.error("no connection", number: 38, domain: 7, message: message)
        let explained = LibvirtErrorMapping.opening("qemu:///system", error)
        #expect(explained.code == code)
        #expect(explained.message.contains(word))
    }

    @Test("A session, and a libvirt that was there before, are told of in other words")
    func otherOpenings() {
        let message = "Failed to connect socket to '/x': No such file or directory"
        let error = LibvirtErrorMapping.error("no connection", number: 38, domain: 7, message: message)
        let session = LibvirtErrorMapping.opening("qemu:///session", error)
        #expect(session.message.contains("qemu:///system") && !session.message.contains("qemu:///session"))
        // As libvirt says it to root.
        let root = LibvirtErrorMapping.error(
            "no connection", number: 38, domain: 7,
            message: "Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory")
        let ofRoot = LibvirtErrorMapping.opening("qemu:///session", root)
        #expect(ofRoot.message.contains("root's session is the libvirt of the system"), "\(ofRoot.message)")
        let again = LibvirtErrorMapping.opening("qemu:///system", error, wasThere: true)
        #expect(again.code == .unavailable)
        #expect(again.message.contains("was there before") && !again.message.contains("install"))
    }

    @Test("KVM that is asked for where it cannot work says so")
    func askedAcceleration() {
        let emulated = Acceleration.choose(architecture: "x86_64", host: "x86_64", refusal: nil, features: [])
        let asked = emulated.asked(.kvm)
        #expect(asked.kind == .kvm)
        #expect(asked.reason.contains("neither vmx nor svm") && asked.reason.contains("leave accelerator out"))
        #expect(emulated.asked(.qemu) == emulated)
        let kvm = Acceleration.choose(architecture: "x86_64", host: "x86_64", refusal: nil, features: ["svm"])
        #expect(kvm.asked(.qemu) == Acceleration(kind: .qemu, reason: "emulated, as the auth line says"))
        let test = Acceleration(kind: .test, reason: "t")
        #expect(test.asked(.kvm) == test)
    }

    @Test("Sizes are told as documents have them")
    func sizesInWords() {
        #expect(Bytes.text(512_000_000) == "512 MB")
        #expect(Bytes.text(512 << 20) == "512 MiB")
        #expect(Bytes.text(1_500_000_000) == "1.5 GB")
        #expect(Bytes.text(2 << 30) == "2 GiB")
        #expect(Bytes.text(100_000_000_000) == "100 GB")
        #expect(Bytes.text(1_234_567_890) == "1.1 GiB")
        #expect(Bytes.text(100) == "100 bytes")
        let error = #expect(throws: ConnectorError.self) { try Self.room.check([(size(1, 4_000_000_000), 0)]) }
        #expect(error?.message.contains("4 GB of memory and 32 MiB for its hypervisor process; 2 GiB") == true)
    }

    @Test("A bridge that is not there is told with those that there are, where that is known")
    func bridges() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gantry-net-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for path in ["br0/bridge", "virbr0/bridge", "eth0"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(path)", withIntermediateDirectories: true)
        }
        let bridges = HostBridges(folder: folder)
        try bridges.check("br0", own: ["virbr0"])
        for name in ["br9", "eth0"] {
            let error = #expect(throws: ConnectorError.self) { try bridges.check(name, own: ["virbr0"]) }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message.contains("no bridge '\(name)'; there are: br0, virbr0") == true)
        }
        // Those of another network namespace are not seen.
        try bridges.check("br9", own: ["virbr7"])
        try bridges.check("br9", own: [])
    }

    @Test("Firmware is one that there is")
    func firmware() throws {
        var item = MachineSpec(machineID: "m", name: "n", image: "i", flavor: "")
        #expect(try !Hypervisor.wantsUEFI(item, "x86_64"))
        #expect(try Hypervisor.wantsUEFI(item, "aarch64"))
        item.provider = ["radl": ["libvirt.firmware": "UEFI"]]
        #expect(try Hypervisor.wantsUEFI(item, "x86_64"))
        item.provider = ["radl": ["libvirt.firmware": "uefii"]]
        let error = #expect(throws: ConnectorError.self) { try Hypervisor.wantsUEFI(item, "x86_64") }
        #expect(error?.message == "libvirt.firmware is 'uefi' or 'bios', not 'uefii'")
    }

    @Test("A pool that is not there, or sleeps, is told")
    func pools() throws {
        let pools = [(name: "fast", isActive: true), (name: "slow", isActive: false)]
        try Hypervisor.check("fast", pools, "qemu:///system")
        let none = #expect(throws: ConnectorError.self) { try Hypervisor.check("x", pools, "qemu:///system") }
        #expect(none?.message == "there is no storage pool 'x'; there are: fast, slow")
        let asleep = #expect(throws: ConnectorError.self) { try Hypervisor.check("slow", pools, "qemu:///system") }
        #expect(asleep?.message.contains("virsh -c qemu:///system pool-start slow") == true)
        #expect(NamesThere.text((10..<30).map { "n\($0)" }).hasSuffix("n21 and 8 more"))
        #expect(Hypervisor.otherImage("g", "libvirt://p/v").message.contains("`gantry image delete libvirt://p/v`"))
    }

    @Test(
        "libvirt's codes",
        arguments: [
            (Int32(42), "", ConnectorError.Code.notFound), (45, "", .unauthenticated), (88, "", .permissionDenied),
            (90, "", .alreadyExists), (3, "", .unsupported), (67, "", .invalidArgument), (39, "", .unavailable),
            (38, "cannot write: No space left on device", .quotaExceeded), (1, "", .internal), (9_999, "", .internal),
        ])
    func codes(number: Int32, message: String, code: ConnectorError.Code) {
        let error = LibvirtErrorMapping.error("what", number: number, domain: 10, message: message)
        #expect(error.code == code)
        #expect(error.message == "what: \(message)")
    }

    @Test("A failure of the host's own is none of the way there")
    func ofTheHost() {
        let bridge = "Cannot get interface MTU on 'nobr9': No such device"
        #expect(LibvirtErrorMapping.error("what", number: 38, domain: 51, message: bridge).code == .invalidArgument)
        let file = "Unable to open '/x': Permission denied"
        #expect(LibvirtErrorMapping.error("what", number: 38, domain: 51, message: file).code == .internal)
        #expect(LibvirtErrorMapping.error("what", number: 38, domain: 7, message: "").code == .unavailable)
    }

    @Test func aLibvirtThatHangsUpIsNotAvailable() {
        let message = "internal error: received hangup event on socket"
        #expect(LibvirtErrorMapping.error("what", number: 1, domain: 7, message: message).code == .unavailable)
    }
}

@Suite("Networks")
struct NetworkDefinitionTests {
    @Test func ranges() throws {
        let range = try #require(AddressRange("10.1.2.3/24"))
        #expect(range.text == "10.1.2.0/24")
        #expect(AddressRange.text(range.last) == "10.1.2.255")
        #expect(range.overlaps(try #require(AddressRange("10.1.0.0/16"))))
        #expect(!range.overlaps(try #require(AddressRange("10.1.3.0/24"))))
        #expect(range.holds(range.base + 1) && range.holds(range.last - 1))
        #expect(!range.holds(range.base) && !range.holds(range.last) && !range.holds(range.last + 1))
        for wrong in ["127.0.0.0/16", "169.254.0.0/16", "224.0.0.0/24", "0.1.0.0/16", "10.0.0.0/15"] {
            #expect(AddressRange(wrong) == nil, "\(wrong)")
        }
        for wrong in ["10.1.2.0", "10.1.2/24", "10.1.2.0/30", "10.1.2.0/7", "10.1.2.256/24", "a/24", ""] {
            #expect(AddressRange(wrong) == nil, "\(wrong)")
        }
        let ip = XMLNode(name: "ip", attributes: ["address": "192.168.122.1", "netmask": "255.255.255.0"])
        #expect(AddressRange(ip)?.text == "192.168.122.0/24")
        let candidates = AddressRange.candidates("word")
        #expect(Set(candidates).count == 256)
        #expect(candidates.allSatisfy { $0.text.hasPrefix("10.170.") })
    }

    @Test(
        "A network gives addresses, has a way out where it is public, and says whose it is", arguments: [true, false])
    func definition(isPublic: Bool) throws {
        let label = NetworkLabel(name: "net", tags: ["a": "<b>"])
        let definition = NetworkDefinition(
            name: "net", range: try #require(AddressRange("10.1.2.0/24")), bridge: "gvb1", hasWayOut: isPublic,
            dnsServers: ["9.9.9.9"], label: label)
        let xml = try XMLNode.parse(try definition.xml(), "test")
        #expect(NetworkLabel(xml) == label)
        #expect(xml.child("forward")?.attributes["mode"] == (isPublic ? "nat" : nil))
        #expect(xml.child("ip")?.attributes["address"] == "10.1.2.1")
        let range = xml.child("ip")?.child("dhcp")?.child("range")?.attributes
        #expect(range == ["start": "10.1.2.2", "end": "10.1.2.254"])
        #expect(xml.child("dns")?.child("forwarder")?.attributes["addr"] == "9.9.9.9")
    }
}
