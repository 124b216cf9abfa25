import RADL
import Testing

/// Documents as users write them: each is read as it is meant.
@Suite("Documents of users")
struct UserDocumentTests {
    static let names = Corpus.names(in: "users", ending: ".radl")

    private func document(_ name: String) throws -> RADLDocument {
        try RADLDocument(parsing: Corpus.text("users/\(name).radl"), file: name)
    }

    /// What has to be told of a document, and nothing else.
    static let findings: [String: [String]] = [
        // Parts of clusters include others, which nothing opens here.
        "galaxy": [
            "the document 'openports' is included, but nothing is opened here",
            "the document 'nfs' is included, but nothing is opened here",
            "the document 'ubuntu-ec2' is included, but nothing is opened here",
        ]
    ]

    @Test func `all documents are there`() {
        #expect(Self.names.count == 15)
    }

    @Test(arguments: names)
    func `is read without a word, and survives`(_ name: String) throws {
        let source = RADLSource(text: try Corpus.text("users/\(name).radl"), file: name)
        let analysis = RADLDocument.analyze(source)
        let told = analysis.diagnostics.map { "\($0.range?.line ?? 0): \($0.message)" }
        #expect(analysis.diagnostics.map(\.message) == Self.findings[name] ?? [], "\(told)")
        var document = try document(name)
        #expect(try RADLDocument(parsing: document.text()) == document)
        document.includes = []
        // The form has no room for comparisons of strings, strict ones and two documents with one id.
        #expect(try RADLDocument(parsingJSON: document.jsonText()).jsonText() == document.jsonText())
        #expect(try RADLDocument(parsing: document.text(style: .im)).systems == document.systems)
        #expect(RADLDifference(from: document, to: document).isEmpty)
        #expect(!RADLExplanation(document).text.isEmpty)
    }

    @Test func `a web server and its database`() throws {
        let document = try document("web-and-database")
        #expect(document.name == "Two tiers")
        let network = try #require(document.network("publicnet"))
        #expect(network.isPublic && document.network("privatenet")?.isPublic == false)
        #expect(
            network.outports == [
                Outport(remote: 80, local: 80), Outport(remote: 443, local: 443),
                Outport(remote: 22, local: 22, cidr: "192.0.2.0/24"),
            ])
        let front = try #require(document.system("frontend"))
        #expect(front.features.bytes("memory.size") == 1_024_000_000)
        #expect(front.interfaces.map(\.dnsNames) == [["web-#N#"], []])
        #expect(front.applications.map(\.ansibleRole) == ["geerlingguy.apache", nil])
        #expect(front.newCredentials.password?.count == 12)
        #expect(document.system("backend")?.disks.last?.size == 50_000_000_000)
        let index = RADLIndex(document)
        #expect(index.contextualizationItems(of: "frontend").map(\.step) == [2])
        #expect(document.deployGroups().map(\.deploys.count) == [2])
    }

    @Test func `an elastic cluster`() throws {
        let document = try document("slurm")
        #expect(document.description?.features.string("content")?.contains("doesn't start") == true)
        #expect(document.network("public")?.outports.map(\.remote) == [6817, 6818, 8899])
        #expect(document.system("front")?.features.strings("ec3_templates") == ["slurm", "nfs"])
        #expect(document.system("front")?.applications.last?.ansibleRole == "grycap.im,v1.2")
        let resolved = try document.resolvingInheritance()
        let spot = try #require(resolved.system("wn_spot"))
        #expect(spot.features.integer("ec3_max_instances") == 10 && spot.features.string("ec3_if_fail") == "")
        #expect(resolved.configure("wn_spot")?.recipe == resolved.configure("wn")?.recipe)
    }

    @Test func `kubernetes with wishes`() throws {
        let document = try document("kubernetes")
        let ports = try #require(document.network("public")?.outports)
        #expect(ports.first?.localPorts == 30_000...32_767 && ports.last?.transport == .udp && ports.count == 4)
        #expect(document.network("private")?.isCreated == true)
        let front = try #require(document.system("front"))
        #expect(front.imageURLs.count == 2)
        #expect(front.credentials.privateKey?.split(separator: "\n").count == 3)
        #expect(front.features.string("instance_tags") == "owner=ada,team=o'brien")
        #expect(front.interfaces.first?.dnsNames == ["kube.example.org"])
        #expect(front.applications.last?.ansibleCollection == "community.general")
        let worker = try #require(document.system("wn"))
        #expect(worker.features.softs.map(\.weight) == [.integer(20), .integer(10)])
        #expect(worker.resolving().score == 30)
        #expect(document.contextualize?.maximumSeconds == 3600)
        #expect(document.deploys.map(\.cloud) == ["amazon", "amazon"])
    }

    @Test func `graphics, networks, disks and passwords`() throws {
        let gpu = try #require(try document("gpu").system("trainer")?.features)
        #expect(gpu.range("memory.size") == NumericRange(low: 32e9, high: 256e9))
        #expect(gpu.softs.map(\.weight) == [.integer(50), .real(5.5)])
        #expect(gpu.string("gpu.model") == "Tesla V100" && gpu.flag("cpu.sgx"))
        let networks = try document("networks")
        #expect(networks.network("dmz")?.outports.map(\.cidr).contains("10.0.0.0/8") == true)
        #expect(networks.network("dmz")?.outports.last?.transport == .icmp)
        #expect(networks.system("gateway")?.interfaces.first?.dnsNames == ["www.example.org", "example.org"])
        let disks = try #require(try document("disks").system("nas")?.disks)
        #expect(disks.map(\.size) == [nil, 1_000_000_000_000, nil, 1_500_000_000_000])
        #expect(disks[2].imageURLs == ["ost://keystone.example.org/0c1d2e"])
        let hosts = try document("ansible-host")
        #expect(hosts.ansibleHosts.map(\.host) == ["control.example.org", "10.0.0.2"])
        #expect(hosts.system("inner")?.ansibleHost == "second")
        #expect(hosts.configures.first?.recipe?.contains("@end is not") == true)
        #expect(try document("windows").system("desktop")?.credentials.password == #"C:\Users\a'b"#)
    }

    @Test func `containers, spot machines, cloud-init and additions`() throws {
        let app = try #require(try document("containers").system("app"))
        #expect(app.features.strings("environment.variables").count == 2)
        #expect(app.features.strings("command").last == #"nginx -g "daemon off;""#)
        #expect(app.features.string("disk.1.content")?.contains("value # no comment\n") == true)
        #expect(app.features.number("cpu.count") == 0.5)
        let containers = RADLIndex(try document("containers"))
        #expect(!containers.isContextualized("app"))
        let spot = try document("spot")
        #expect(spot.deploys.map(\.count) == [20, 5] && spot.systems.first?.features.flag("spot") == true)
        let boot = try document("cloud-init")
        #expect(RADLIndex(boot).contextualizationItems(of: "b").map(\.isCloudInit) == [true, false])
        let addition = try document("addition")
        #expect(addition.networks.allSatisfy(\.isReference) && addition.systems.allSatisfy(\.isReference))
        #expect(addition.configures.map(\.isReference) == [true])
        for name in ["one-line", "crlf"] {
            let document = try document(name)
            #expect(RADLExplanation(document).steps.map { $0.runs.map(\.configure) } == [["s"]], "\(name)")
            #expect(document.network("n")?.isPublic == true)
        }
    }
}
