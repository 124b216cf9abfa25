import ConnectorAPI
import Foundation
import JSONCoding
import Testing

@testable import OpenStack

@Suite("What OpenStack has, in the contract's words")
struct OpenStackMappingTests {
    private func server(_ json: String) throws -> NovaServer {
        try JSONText.decode(NovaServer.self, from: json)
    }

    @Test(
        arguments: [
            ("BUILD", nil, .pending), ("ACTIVE", nil, .running), ("ACTIVE", "deleting", .terminated),
            ("ACTIVE", "powering-off", .stopping), ("SHUTOFF", nil, .stopped), ("SHUTOFF", "powering-on", .pending),
            ("PAUSED", nil, .stopped), ("SHELVED_OFFLOADED", nil, .stopped), ("VERIFY_RESIZE", nil, .running),
            ("HARD_REBOOT", nil, .running), ("DELETED", nil, .terminated), ("SOFT_DELETED", nil, .terminated),
            ("ERROR", nil, .failed), ("SOMETHING", nil, .unknown),
        ] as [(String, String?, Machine.State)])
    func states(_ status: String, _ task: String?, _ state: Machine.State) throws {
        #expect(Machine.state(try server(Canned.server(1, status: status, task: task))) == state)
    }

    @Test func aServerInErrorSaysWhy() throws {
        let machine = Machine(
            try server(
                Canned.server(1, status: "ERROR", extra: #", "fault": {"code": 500, "message": "No valid host"}"#)))
        #expect(machine.failure == .init(code: "500", message: "No valid host"))
    }

    @Test func addressesAreOfTheInterfacesThatAskedForThem() throws {
        let machine = Machine(
            try server(
                Canned.server(
                    1, metadata: ["gantry:interfaces": "0:private;1p:flat;2f", "gantry:machine": "inf.1"],
                    extra: """
                        , "addresses": {"private": [
                            {"addr": "10.1.0.9", "version": 4, "OS-EXT-IPS:type": "fixed"},
                            {"addr": "203.0.113.7", "version": 4, "OS-EXT-IPS:type": "floating"}],
                          "flat": [{"addr": "172.24.4.9", "version": 4, "OS-EXT-IPS:type": "fixed"}]}
                        """)))
        #expect(
            machine.addresses == [
                .init(interface: 0, address: "10.1.0.9", public: false),
                .init(interface: 1, address: "172.24.4.9", public: true),
                .init(interface: 2, address: "203.0.113.7", public: true),
            ])
        #expect(machine.tags == ["gantry:machine": "inf.1"])
        #expect(machine.launchedAt == Date(timeIntervalSince1970: 1_769_860_800))
        #expect(machine.image == Canned.image)
    }

    @Test func aServerFromAVolumeHasNoImage() throws {
        let json = Canned.server(1).replacing(#"{"id": "\#(Canned.image)"}"#, with: #""""#)
        #expect(Machine(try server(json)).image == nil)
    }

    @Test func namesOfNetworksSurvive() {
        var names = InterfaceNames(nil)
        names.networks = ["a;b:c%": .init(interface: 1, isPublic: true), "net": .init(interface: 0, isPublic: false)]
        names.floating = 2
        #expect(InterfaceNames(names.text) == names)
        names.networks[String(repeating: "x", count: 300)] = .init(interface: 3, isPublic: false)
        #expect(names.text == nil)
    }

    // MARK: - Tags

    @Test(arguments: [
        ["gantry:infrastructure": "inf-1"], ["gantry:a": "x;y=z%", "b": "ä ö"], [:], ["gantry:empty": ""],
    ])
    func labelsAreReadAgain(_ tags: [String: String]) throws {
        let text = try ResourceLabel(tags).description()
        #expect(ResourceLabel(description: text)?.tags == tags)
        #expect(text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f })
    }

    @Test(arguments: ["", "a description", "gantry's own", "gantryx;a=b", "gantry;broken"])
    func whatOthersDescribedIsTheirs(_ text: String) {
        #expect(ResourceLabel(description: text) == nil)
    }

    @Test func theHostsTagsComeFirst() throws {
        var tags = ["gantry:infrastructure": "inf-1", "a-note": String(repeating: "n", count: 250)]
        #expect(
            ResourceLabel(description: try ResourceLabel(tags).description())?.tags == [
                "gantry:infrastructure": "inf-1"
            ])
        tags["gantry:more"] = String(repeating: "m", count: 250)
        let error = #expect(throws: ConnectorError.self) { try ResourceLabel(tags).description() }
        #expect(error?.code == .invalidArgument)
    }

    @Test func namesOfKeyPairsHoldTheTags() throws {
        let tags = ["gantry:infrastructure": "inf-1", "gantry:role": "gäntry/1"]
        let name = try KeyPairName.name("gantry-inf 1!", tags: tags)
        #expect(name.wholeMatch(of: /gantry_gantry-inf-1-_[A-Za-z0-9_-]+/) != nil)
        #expect(KeyPairName.tags(name) == tags)
        #expect(KeyPairName.tags("mine") == nil)
        #expect(KeyPairName.tags("gantry_is_great!") == nil)
        let error = #expect(throws: ConnectorError.self) {
            try KeyPairName.name("x", tags: ["k": String(repeating: "v", count: 200)])
        }
        #expect(error?.code == .invalidArgument)
    }

    @Test func wordsForNovaAreShort() throws {
        let words = try LaunchIdentity.serverTags(["gantry:batch": String(repeating: "b", count: 255), "x": "1,2/3"])
        #expect(words.count == 2)
        #expect(words.allSatisfy { $0.wholeMatch(of: /gantry-[0-9a-f]{40}/) != nil })
        #expect(try LaunchIdentity.searchTags(["x": "1"]).isEmpty)
    }

    // MARK: - Images and flavors

    @Test(arguments: [
        ("11111111-2222-3333-4444-555555555555", false),
        ("ost://cloud.test/11111111-2222-3333-4444-555555555555", false),
        ("ost://CLOUD.test/image/11111111-2222-3333-4444-555555555555", false),
        ("ost://cloud.test/volume/11111111-2222-3333-4444-555555555555", true),
        ("ost://cloud.test/11111111222233334444555555555555", false),
    ])
    func namesOfImages(_ text: String, _ isVolume: Bool) throws {
        let name = try ImageName(text, host: "cloud.test", field: "image")
        #expect(name.id.filter { $0 != "-" } == "11111111222233334444555555555555")
        #expect(name.isVolume == isVolume)
    }

    @Test(arguments: [
        "no-such-image", "ost://other.test/11111111-2222-3333-4444-555555555555", "ost://cloud.test",
        "ost://cloud.test/x",
        "aws://eu-west-1/ami-1", "",
    ])
    func whatNamesNoImage(_ text: String) {
        let error = #expect(throws: ConnectorError.self) { try ImageName(text, host: "cloud.test", field: "image") }
        #expect(error?.code == .invalidArgument)
        #expect(error?.field == "image")
    }

    @Test(
        arguments: [
            ([:], nil), (["Accelerator:Type": "GPU", "Accelerator:Number": "2", "Accelerator:Model": "A100"], 2),
            (["pci_passthrough:alias": "gpu-v100:4"], 4), (["resources:VGPU": "1"], 1), (["gpu": "false"], nil),
            (["pci_passthrough:alias": "fpga:1"], nil),
        ] as [([String: String], Int?)])
    func graphicsProcessors(_ specs: [String: String], _ count: Int?) throws {
        let text = specs.map { #""\#($0.key)": "\#($0.value)""# }.joined(separator: ", ")
        let json = #"{"id": "1", "name": "g", "ram": 1024, "disk": 0, "vcpus": 2, "extra_specs": {\#(text)}}"#
        let flavor = Flavor(try JSONText.decode(NovaFlavors.Flavor.self, from: json))
        #expect(flavor.gpus?.first?.count == count)
        #expect(flavor.memoryBytes == 1 << 30)
        #expect(flavor.diskBytes == nil)
    }

    @Test func anImageTellsItsSystem() throws {
        let json = """
            {"id": "\(Canned.image)", "name": "Debian 12", "status": "active", "min_disk": 2, "size": 7, "owner": "p",
            "os_distro": "Debian", "os_version": "12", "architecture": "x86_64", "tags": [], "protected": false}
            """
        let image = Image(try JSONText.decode(GlanceImage.self, from: json), host: "cloud.test")
        #expect(image.uri == "ost://cloud.test/\(Canned.image)")
        #expect(image.os == .init(name: "linux", flavour: "debian", version: "12"))
        #expect(image.loginUser == "debian")
        #expect(image.minDiskBytes == 2 << 30)
        #expect(image.matches(distribution: "debian", version: "12"))
        #expect(!image.matches(distribution: "ubuntu", version: nil))
        #expect(!image.matches(distribution: nil, version: "11"))
    }

    // MARK: - Rules

    @Test func rulesOfAGroup() throws {
        let spec = SecurityGroupSpec(
            name: "g", description: "d",
            rules: [
                .init(transport: .tcp, fromPort: 22, toPort: 22), .init(transport: .udp, fromPort: 0, toPort: 9),
                .init(transport: .icmp, fromPort: 0, toPort: 0, cidr: "10.1.2.3/8"),
                .init(transport: .icmp, fromPort: 0, toPort: 0, cidr: "2001:DB8::/32"),
            ])
        #expect(
            try SecurityRule.all(spec, group: "sg") == [
                SecurityRule(ethertype: "IPv4", group: "sg"), SecurityRule(ethertype: "IPv6", group: "sg"),
                SecurityRule(ethertype: "IPv4", transport: "tcp", fromPort: 22, toPort: 22),
                SecurityRule(ethertype: "IPv4", transport: "udp", fromPort: 1, toPort: 9),
                SecurityRule(ethertype: "IPv4", transport: "icmp", prefix: "10.0.0.0/8"),
                SecurityRule(ethertype: "IPv6", transport: "ipv6-icmp", prefix: "2001:db8::/32"),
            ])
    }

    @Test(arguments: [
        (SecurityGroupSpec.Rule(transport: .tcp, fromPort: 9, toPort: 8)),
        (.init(transport: .tcp, fromPort: 1, toPort: 70_000)),
        (.init(transport: .tcp, fromPort: 1, toPort: 2, cidr: "10.0.0/8")),
        (.init(transport: .tcp, fromPort: 1, toPort: 2, cidr: "10.0.0.0/33")),
    ])
    func noRules(_ rule: SecurityGroupSpec.Rule) {
        let spec = SecurityGroupSpec(name: "g", description: "d", rules: [rule])
        let error = #expect(throws: ConnectorError.self) { try SecurityRule.all(spec, group: "sg") }
        #expect(error?.code == .invalidArgument)
        #expect(error?.field == "spec.rules[0]")
    }

    // MARK: - Disks

    private func disks(_ disks: [MachineSpec.Disk], image: String = Canned.image) throws -> JSONValue {
        var spec = Canned.spec(0)
        spec.image = image
        spec.disks = disks
        let body = try LaunchBody(spec, host: "keystone.test", tags: [:], at: 0)
        return body.json(ports: ["p"], metadata: [:], tags: [])["server"] ?? .null
    }

    @Test func aLargerRootDiskIsAVolume() throws {
        let server = try disks([.init(index: 0, sizeBytes: 10 << 30, type: "ssd")])
        #expect(server["imageRef"] == nil)
        #expect(
            server["block_device_mapping_v2"] == [
                [
                    "boot_index": 0, "uuid": .string(Canned.image), "source_type": "image",
                    "destination_type": "volume",
                    "volume_size": 10, "delete_on_termination": true, "volume_type": "ssd",
                ]
            ])
    }

    @Test func otherDisksAreVolumesOfTheirOwn() throws {
        let server = try disks([
            .init(index: 1, sizeBytes: (1 << 30) + 1, device: "hdb"),
            .init(index: 2, sizeBytes: 1 << 30, type: "ephemeral", filesystem: "xfs"),
            .init(index: 3, source: "ost://keystone.test/volume/\(Canned.id(9))"),
        ])
        #expect(server["imageRef"]?.stringValue == Canned.image)
        guard case .array(let devices)? = server["block_device_mapping_v2"] else { return #expect(Bool(false)) }
        #expect(devices.count == 4)
        #expect(devices[0]["destination_type"] == "local")
        #expect(devices[1]["volume_size"] == 2)
        #expect(devices[1]["device_name"] == "/dev/vdb")
        #expect(devices[2]["guest_format"] == "xfs")
        #expect(devices[3]["source_type"] == "volume")
        #expect(devices[3]["delete_on_termination"] == false)
    }

    @Test func aVolumeToBootFrom() throws {
        let server = try disks([], image: "ost://keystone.test/volume/\(Canned.id(9))")
        #expect(server["imageRef"] == nil)
        guard case .array(let devices)? = server["block_device_mapping_v2"] else { return #expect(Bool(false)) }
        #expect(devices[0]["uuid"]?.stringValue == Canned.id(9))
        #expect(devices[0]["delete_on_termination"] == false)
    }

    @Test(arguments: ["flavor", "userData", "disks", "spot", "tags"])
    func whatCannotBeLaunched(_ what: String) {
        var spec = Canned.spec(0)
        switch what {
        case "flavor": spec.flavor = ""
        case "userData": spec.userData = Data(count: 16_385)
        case "disks": spec.disks = [.init(index: 1)]
        case "spot": spec.spot = .init()
        default: spec.tags = ["käy": "v"]
        }
        let error = #expect(throws: ConnectorError.self) {
            try LaunchBody(spec, host: "keystone.test", tags: [:], at: 0)
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.field == "items[0].\(what)")
    }

    @Test(arguments: [
        ("10.1.2.3", true), ("172.31.0.1", true), ("172.32.0.1", false), ("192.168.1.0/24", true), ("8.8.8.8", false),
        ("100.64.0.1", true), ("2001:db8::1", false), ("fd00::1", true), ("rubbish", true),
    ])
    func privateAddresses(_ text: String, _ isPrivate: Bool) {
        #expect(AddressRange.isPrivate(text) == isPrivate)
    }
}
