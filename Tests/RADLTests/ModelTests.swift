import RADL
import Testing

@Suite("What a document says")
struct ModelTests {
    private let document: RADLDocument

    init() throws {
        document = try RADLDocument(
            parsing: """
                description d (name = 'cluster' and owner = 'me')
                network public (outbound = 'yes' and outports = '8080-80/tcp,22,9000:9100/udp')
                network private (create = 'yes' and cidr = '10.0.*.0/24')
                network capital (outbound = 'YES')
                system front (
                  cpu.count >= 2 and cpu.count < 8 and memory.size >= 2 GiB and
                  net_interface.0.connection = 'private' and net_interface.0.dns_name = 'front-#N#' and
                  net_interface.1.connection = 'public' and net_interface.1.dns.0.name = 'www#N#.example.org' and
                  net_interface.1.dns.1.name = 'api.example.org' and
                  disk.0.image.url = ['one://a/1', 'ost://b/2'] and disk.0.os.credentials.username = 'ubuntu' and
                  disk.1.size = 100 GB and disk.1.mount_path = '/data' and disk.1.fstype = 'ext4' and
                  disk.0.applications contains (name = 'ansible.roles.grycap.nfs,v1') and
                  disk.0.applications contains (name = 'nginx' and version >= '1.20' and preinstalled = 'yes') and
                  nat_instance = 'yes'
                )
                system wn (disk.0.image.url = 'one://a/1')
                configure front (
                @begin
                - tasks: []
                @end
                )
                configure wn ()
                deploy front 1
                deploy wn 3 ost1
                """)
    }

    /// A document is mostly features: this is what it costs beside the text.
    @Test func `a feature takes few bytes`() {
        #expect(MemoryLayout<Feature>.stride <= 56)
    }

    @Test func `numbers have ends, units and a value`() throws {
        let front = try #require(document.system("front"))
        #expect(front.features.range("cpu.count") == NumericRange(low: 2, high: 8, excludesHigh: true))
        #expect(front.features.range("cpu.count")?.contains(8) == false)
        #expect(front.features.range("cpu.count")?.contains(2) == true)
        #expect(front.features.integer("cpu.count") == 2)
        #expect(front.features.bytes("memory.size") == 2 << 30)
        #expect(front.features.number("memory.size", in: "M") == 2147)
        #expect(front.features.number("memory.size", in: .gibi) == 2)
        #expect(front.features.number("price") == nil)
        #expect(front.features.text("cpu.count") == "2")
        #expect(front.features.flag("nat_instance"))
    }

    @Test func `strings, lists and flags`() throws {
        let front = try #require(document.system("front"))
        #expect(front.imageURLs == ["one://a/1", "ost://b/2"])
        #expect(front.features.string("disk.0.image.url") == "one://a/1")
        #expect(document.system("wn")?.imageURLs == ["one://a/1"])
        #expect(front.credentials.username == "ubuntu")
        #expect(front.credentials.password == nil)
        #expect(document.name == "cluster")
    }

    @Test func `interfaces and disks by their index`() throws {
        let front = try #require(document.system("front"))
        #expect(front.interfaces.map(\.connection) == ["private", "public"])
        #expect(front.interfaces.map(\.dnsNames) == [["front-#N#"], ["www#N#.example.org", "api.example.org"]])
        #expect(document.networks(of: front).map(\.id) == ["private", "public"])
        #expect(front.disks.map(\.index) == [0, 1])
        #expect(front.disks[1].size == 100_000_000_000)
        #expect(front.disks[1].mountPath == "/data")
        #expect(front.disks[1].fileSystem == "ext4")
    }

    @Test func `applications`() throws {
        let applications = try #require(document.system("front")).applications
        #expect(applications.map(\.name) == ["ansible.roles.grycap.nfs,v1", "nginx"])
        #expect(applications[0].ansibleRole == "grycap.nfs,v1")
        #expect(applications[1].version == "1.20")
        #expect(applications[1].comparison == .greaterOrEqual)
        #expect(applications[1].isPreinstalled)
    }

    @Test func `networks`() throws {
        #expect(document.networks.map(\.isPublic) == [true, false, false])
        #expect(document.network("public")?.outports.map(\.local) == [80, 22, 9100])
        #expect(document.network("private")?.isCreated == true)
        #expect(document.network("private")?.outports == [])
    }

    @Test(arguments: [
        ("wn-#N#", "wn-7"), ("#N#", "7"), ("a#b#N#.#N", "a#b7.#N"), ("##N#", "#7"), ("plain", "plain"), ("", ""),
    ])
    func `machine numbers stand for #N#`(_ name: String, _ expected: String) {
        #expect(name.replacingMachineNumber(with: 7) == expected)
    }

    @Test func `which recipes run where`() throws {
        #expect(RADLIndex(document).contextualizationItems(of: "front").map(\.configure) == ["front"])
        #expect(RADLIndex(document).contextualizationItems(of: "wn").isEmpty)
        #expect(RADLIndex(document).isContextualized("front"))
        #expect(!RADLIndex(document).isContextualized("wn"))

        var other = document
        other.contextualize = RADLContextualize(items: [
            .init(system: "wn", configure: "b", step: 2), .init(system: "wn", configure: "a"),
            .init(system: "wn", configure: "c", step: 2), .init(system: "wn", configure: "d", tool: "cloud_init"),
        ])
        #expect(RADLIndex(other).contextualizationItems(of: "wn").map(\.configure) == ["d"], "its own is empty")
        other.configures.removeAll { $0.id == "wn" }
        #expect(RADLIndex(other).contextualizationItems(of: "wn").map(\.configure) == ["a", "d", "b", "c"])
        #expect(RADLIndex(other).contextualizationItems(of: "front").isEmpty)
        other.contextualize = RADLContextualize()
        #expect(!RADLIndex(other).isContextualized("front"))
        #expect(RADLIndex(other).contextualizationItems(of: "front").isEmpty)
    }

    @Test func `what a machine has become is set over what was asked`() throws {
        var system = try #require(document.system("front"))
        system.features.set("cpu.count", to: 4)
        system.features.set("memory.size", to: 2048, unit: "M")
        system.features.set("price", to: 0.25)
        system.features.set("provider.type", to: "EC2")
        system.features.set("net_interface.1.ip", to: "10.0.0.1")
        system.features.set("disk.0.image.url", to: "one://a/1")
        let text = system.text()
        #expect(text.contains("cpu.count = 4 and\n"))
        #expect(text.components(of: "cpu.count") == 1)
        #expect(text.contains("memory.size = 2048M and\n"))
        #expect(text.contains("price = 0.25 and\n"))
        let again = try RADLDocument(parsing: text).systems.first
        #expect(again == system)
        #expect(again?.interfaces[1].ip == "10.0.0.1")
        #expect(again?.imageURLs == ["one://a/1"])
        system.features.remove("price")
        #expect(system.features["price"] == nil)
    }

    @Test func `equality does not look at places`() throws {
        let spread = try RADLDocument(parsing: "system a (\n\n x = 1 )  # comment")
        let dense = try RADLDocument(parsing: "system a(x=1)")
        #expect(spread == dense)
        #expect(spread.hashValue == dense.hashValue)
        #expect(spread.systems[0].features.all[0].source?.line == 3)
        #expect(dense.systems[0].features.all[0].source?.line == 1)
    }

    @Test func `places tell feature, id and value`() throws {
        let document = try RADLDocument(parsing: "network n ()\nsystem a-ñ (\n  soft 2 (x = 'é') and y = 5 GB\n)")
        let source = try #require(document.source)
        let system = document.systems[0]
        #expect(system.source.map(source.text) == "system a-ñ")
        #expect(system.features.all[0].source.map(source.text) == "soft 2 (x = 'é')")
        let last = try #require(system.features.all[1].source)
        #expect(source.text(of: last) == "y = 5 GB")
        #expect(last.column == 24)
    }
}

extension String {
    fileprivate func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}

@Suite("Units and intervals")
struct QuantityTests {
    @Test(
        arguments: [
            ("", 1), ("B", 1), ("k", 1000), ("Kb", 1000), ("Ki", 1024), ("KIB", 1024), ("m", 1_000_000),
            ("MiB", 1 << 20),
            ("G", 1_000_000_000), ("gb", 1_000_000_000), ("Gi", 1 << 30), ("T", 1_000_000_000_000), ("TiB", 1 << 40),
            ("ECU", 1), ("zz", 1), ("KK", 1), ("KIBB", 1), ("MBB", 1),
        ] as [(String, Int)])
    func `factors`(_ unit: String, _ factor: Int) {
        #expect(RADLUnit(unit).factor == factor)
    }

    @Test func `whole numbers round half to even, others do not`() {
        #expect(Quantity(.integer(2500)).converted(to: "K") == .integer(2))
        #expect(Quantity(.integer(3500)).converted(to: "K") == .integer(4))
        #expect(Quantity(.integer(1), unit: "GI").converted(to: "M") == .integer(1074))
        #expect(Quantity(.real(2500)).converted(to: "K") == .real(2.5))
        #expect(Quantity(.integer(.max), unit: "T").converted().isInteger == false)
    }

    @Test(arguments: [
        (1.0, "1.0"), (0.5, "0.5"), (0.00001, "0.00001"), (1.25e-7, "0.000000125"), (1e22, "10000000000000000000000.0"),
        (1.2345678901234568e+17, "123456789012345680.0"),
        (Double.leastNonzeroMagnitude, "0." + String(repeating: "0", count: 323) + "5"),
    ])
    func `numbers print without an exponent and read back`(_ value: Double, _ text: String) throws {
        #expect(RADLNumber.real(value).description == text)
        let document = try RADLDocument(parsing: "system a (x = \(text))")
        #expect(document.systems[0].features.interval("x")?.value.number == .real(value))
    }

    @Test(arguments: [
        ("x >= 1 and x <= 4", "x >= 1 and\nx <= 4"), ("x = 1K and x = 1000", "x = 1000"), ("x >= 1 and x > 1", "x > 1"),
        ("x <= 2K and x <= 2000", "x <= 2K"), ("x = 2 and x <= 5", "x = 2"), ("x >= 1 and x <= 5 and x = 5", "x = 5"),
        ("x > 1 and x < 1", "x > 1 and\nx < 1"), ("x = 2 and x = 2.0", "x = 2.0"), ("x = 1 and x >= 1", "x = 1"),
    ])
    func `constraints intersect`(_ text: String, _ printed: String) throws {
        #expect(try RADLDocument(parsing: "system a (\(text))").text() == "system a (\n\(printed)\n)\n\n")
    }

    @Test(arguments: ["x = 1 and x = 2", "x >= 2 and x < 1", "x = 1 and x = 'a'", "x = ['a'] and x = 'a'"])
    func `what excludes each other is refused`(_ text: String) {
        #expect(throws: RADLErrors.self) { try RADLDocument(parsing: "system a (\(text))") }
    }
}

@Suite("outports")
struct OutportTests {
    @Test(arguments: [
        ("8899", Outport(remote: 8899, local: 8899)), ("8899/tcp", Outport(remote: 8899, local: 8899)),
        ("8080-80", Outport(remote: 8080, local: 80)), ("8080/tcp-80/tcp", Outport(remote: 8080, local: 80)),
        ("8080/tcp-80", Outport(remote: 8080, local: 80)),
        ("22/udp", Outport(remote: 22, local: 22, transport: .udp)),
        ("9000:9100/tcp", Outport(remote: 9000, local: 9100, isRange: true)),
        ("1:10-2:20", Outport(remote: 1, local: 10, isRange: true)),
        ("0.0.0.0/24-8899/tcp-8899/tcp", Outport(remote: 8899, local: 8899, cidr: "0.0.0.0/24")),
        ("10.0.0.0/8-9000:9100", Outport(remote: 9000, local: 9100, isRange: true, cidr: "10.0.0.0/8")),
        ("0/icmp", Outport(remote: 0, local: 0, transport: .icmp)),
        ("8080/udp-80", Outport(remote: 8080, local: 80, transport: .udp)),
    ])
    func `one item`(_ text: String, _ expected: Outport) throws {
        #expect(try Outport.list(parsing: text) == [expected])
    }

    @Test(arguments: ["22/tcp-22/udp", "8080-80/udp"])
    func `protocols have to agree`(_ text: String) {
        #expect(throws: Outport.Failure.differentProtocols) { try Outport.list(parsing: text) }
    }

    @Test(arguments: [
        "icmp", "22-a", "22, 80", "", "22,", ",22", "22/foo", "99999", "1.2.3/8-22", "22-", "-22", "22:",
        "300.0.0.0/8-22",
        "22/tcp/tcp", "1.2.3.4/33-22", "1.2.3.4/8", "٣",
    ])
    func `anything else is refused`(_ text: String) {
        #expect(throws: Outport.Failure.format) { try Outport.list(parsing: text) }
    }

    @Test func `ports to open`() throws {
        let ports = try Outport.list(parsing: "8080-80,9100:9000")
        #expect(ports.map(\.localPorts) == [80...80, 9000...9100])
    }
}
