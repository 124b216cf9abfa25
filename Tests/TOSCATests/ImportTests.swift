import Foundation
import RADL
import TOSCA
import Testing

/// Where imports and recipes come from, and where not.
@Suite struct ImportTests {
    @Test(arguments: [
        "127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "172.16.9.9", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1",
        "::ffff:169.254.169.254", "64:ff9b::10.0.0.1", "2002:0a00:0001::1", "::", "ff02::1", "2001:db8::1", "nonsense",
        "0x7f.1", "2130706433", "0177.0.0.1", "127.1", "",
    ])
    func addressesWithinAreNotConnectedTo(_ address: String) {
        #expect(!TOSCAFetchPolicy.permits(address: address))
    }

    @Test(arguments: [
        "8.8.8.8", "140.82.121.4", "2606:4700::6810:84e5", "::ffff:8.8.8.8", "172.32.0.1", "64:ff9b::8.8.8.8",
    ])
    func publicAddressesAre(_ address: String) {
        #expect(TOSCAFetchPolicy.permits(address: address))
    }

    @Test(arguments: [
        "http://raw.githubusercontent.com/x", "https://evil.example/x", "ftp://raw.githubusercontent.com/x",
        "https://user:pw@raw.githubusercontent.com/x", "https://raw.githubusercontent.com@evil.example/x",
        "https://169.254.169.254/latest", "https://[::1]/x", "https://localhost/x", "file:///etc/passwd", "raw",
        "https://2130706433/x", "https://evil.example\\@raw.githubusercontent.com/", "https://", "https:///x",
    ])
    func urlsBesidesTheListAreRefused(_ url: String) {
        #expect(TOSCAFetchPolicy.published.refusal(of: url) != nil)
    }

    @Test(arguments: ["https://raw.githubusercontent.com/x/y.yaml", "https://GitHub.com/x", "https://github.com:443/x"])
    func urlsOfTheListAreTaken(_ url: String) {
        #expect(TOSCAFetchPolicy.published.refusal(of: url) == nil)
    }

    @Test func wildcardsMeanSubdomains() {
        let policy = TOSCAFetchPolicy(allowedHosts: ["*.example.org"])
        #expect(policy.refusal(of: "https://a.example.org/x") == nil)
        #expect(policy.refusal(of: "https://example.org/x") != nil)
        #expect(policy.refusal(of: "https://badexample.org/x") != nil)
    }

    private static let head = "tosca_definitions_version: tosca_simple_yaml_1_0\n"
    private static let body = "topology_template: { node_templates: { n: { type: my.Compute } } }\n"

    private func resolver(_ answers: [String: String], cache: (any TOSCACaching)? = nil) -> TOSCAResolver {
        TOSCAResolver(
            fetcher: StubFetcher(answers: answers), policy: TOSCAFetchPolicy(allowedHosts: ["types.example"]),
            cache: cache)
    }

    @Test(arguments: [
        "imports: [ 'https://types.example/a/types.yaml' ]",
        "imports: [ { file: 'https://types.example/a/types.yaml' } ]",
        "imports: [ { mine: 'https://types.example/a/types.yaml' } ]",
        "imports: [ { mine: { file: 'https://types.example/a/types.yaml' } } ]",
        "imports: { mine: 'https://types.example/a/types.yaml' }",
        "repositories: { r: 'https://types.example/a' }\nimports: [ { file: types.yaml, repository: r } ]",
        "repositories: { r: { url: 'https://types.example/a/' } }\nimports: [ { m: { file: types.yaml, repository: r } } ]",
    ])
    func allFormsAreRead(_ imports: String) async throws {
        let answers = [
            "https://types.example/a/types.yaml": "imports: [ ../b/more.yaml ]\n",
            "https://types.example/b/more.yaml": "node_types: { my.Compute: { derived_from: tosca.nodes.Compute } }\n",
        ]
        let template = try await TOSCATemplate(
            text: Self.head + imports + "\n" + Self.body, resolver: resolver(answers))
        #expect(template.imports.map(\.origin) == [.network, .network])
        #expect(template.imports.allSatisfy { $0.checksum.count == 64 })
        #expect(template.nodes[0].isCompute)
    }

    @Test func loopsAreTold() async {
        let answers = [
            "https://types.example/a.yaml": "imports: [ b.yaml ]\n",
            "https://types.example/b.yaml": "imports: [ a.yaml ]\n",
        ]
        let text = Self.head + "imports: [ 'https://types.example/a.yaml' ]\n" + Self.body
        let errors = await errors(text, resolver: resolver(answers))
        #expect(errors.first?.code == .cycle)
        #expect(errors.first?.file == "https://types.example/b.yaml")
    }

    @Test func documentsImportedTwiceAreReadOnce() async throws {
        let answers = [
            "https://types.example/a.yaml": "imports: [ c.yaml ]\n",
            "https://types.example/b.yaml": "imports: [ c.yaml ]\n",
            "https://types.example/c.yaml": "node_types: { my.Compute: { derived_from: tosca.nodes.Compute } }\n",
        ]
        let text =
            Self.head + "imports: [ 'https://types.example/a.yaml', 'https://types.example/b.yaml' ]\n" + Self.body
        let template = try await TOSCATemplate(text: text, resolver: resolver(answers))
        #expect(template.imports.count == 3)
    }

    @Test func endlessImportsEnd() async {
        struct Endless: TOSCAFetching {
            func fetch(_ url: String, policy: TOSCAFetchPolicy, maximumSize: Int) async throws -> [UInt8] {
                Array("imports: [ '\(url)x' ]\n".utf8)
            }
        }
        let resolver = TOSCAResolver(fetcher: Endless(), policy: TOSCAFetchPolicy(allowedHosts: ["types.example"]))
        let text = Self.head + "imports: [ 'https://types.example/a' ]\n" + Self.body
        #expect(await errors(text, resolver: resolver).first?.code == .limit)
    }

    @Test func slowHostsAreLeft() async {
        struct Slow: TOSCAFetching {
            func fetch(_ url: String, policy: TOSCAFetchPolicy, maximumSize: Int) async throws -> [UInt8] {
                try await Task.sleep(for: .seconds(600))
                return []
            }
        }
        let resolver = TOSCAResolver(fetcher: Slow(), policy: TOSCAFetchPolicy(allowedHosts: ["types.example"]))
        var limits = TOSCALimits()
        limits.fetchTimeout = .milliseconds(20)
        let text = Self.head + "imports: [ 'https://types.example/a' ]\n" + Self.body
        let error = await #expect(throws: TOSCAErrors.self) {
            try await TOSCATemplate(text: text, resolver: resolver, limits: limits)
        }
        #expect(error?.errors.first?.message.contains("did not answer") == true)
    }

    @Test(arguments: [
        "https://raw.githubusercontent.com/grycap/tosca/main/custom_types.yaml",
        "https://github.com/grycap/tosca/raw/main/custom_types.yaml",
        "https://raw.githubusercontent.com/indigo-dc/tosca-types/master/custom_types.yaml",
        "https://raw.githubusercontent.com/indigo-dc/tosca-types/refs/heads/master/custom_types.yaml",
        "https://raw.githubusercontent.com/indigo-dc/tosca-types/stable/custom_types.yaml", "grycap", "indigo",
    ])
    func collectionsNeedNoNetwork(_ reference: String) async throws {
        let text =
            Self.head + "imports: [ { types: '\(reference)' } ]\n"
            + "topology_template: { node_templates: { n: { type: tosca.nodes.indigo.Compute } } }\n"
        let template = try await TOSCATemplate(text: text)
        #expect(template.imports.map(\.origin) == [.bundle])
    }

    @Test func whatWasFetchedIsKept() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tosca-cache-\(UUID())").path()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let url = "https://types.example/t.yaml"
        let text = Self.head + "imports: [ '\(url)' ]\n" + Self.body
        let types = "node_types: { my.Compute: { derived_from: tosca.nodes.Compute } }\n"
        let cache = TOSCACacheFolder(path: folder)
        _ = try await TOSCATemplate(text: text, resolver: resolver([url: types], cache: cache))
        let offline = try await TOSCATemplate(text: text, resolver: resolver(["x": ""], cache: cache))
        #expect(offline.imports.map(\.origin) == [.cache])
        #expect(offline.warnings.contains { $0.message.contains("fetched earlier") })
        // A damaged copy is none.
        let file = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
        try Data("x".utf8).write(to: URL(filePath: folder + "/" + file))
        #expect(await !errors(text, resolver: resolver(["x": ""], cache: cache)).isEmpty)
    }

    @Test func checksumsAreCompared() async {
        let url = "https://types.example/t.yaml"
        var resolver = resolver([url: "node_types: {}\n"])
        resolver.checksums[url] = String(repeating: "0", count: 64)
        let errors = await errors(Self.head + "imports: [ '\(url)' ]\n" + Self.body, resolver: resolver)
        #expect(errors.first?.expected?.contains("0000") == true)
    }

    @Test func foldersAreReadWhereAllowed() async throws {
        let base = FileManager.default.temporaryDirectory.appending(path: "tosca-folder-\(UUID())")
        defer { try? FileManager.default.removeItem(at: base) }
        try FileManager.default.createDirectory(at: base.appending(path: "in/sub"), withIntermediateDirectories: true)
        let types = "node_types: { my.Compute: { derived_from: tosca.nodes.Compute } }\n"
        try Data(types.utf8).write(to: base.appending(path: "in/sub/t.yaml"))
        try Data(types.utf8).write(to: base.appending(path: "secret.yaml"))
        try FileManager.default.createSymbolicLink(
            atPath: base.appending(path: "in/link.yaml").path(), withDestinationPath: "../secret.yaml")
        let resolver = TOSCAResolver(folder: TOSCAFolder(path: base.appending(path: "in").path()))
        let good = Self.head + "imports: [ sub/t.yaml ]\n" + Self.body
        #expect(try await TOSCATemplate(text: good, resolver: resolver).imports.map(\.origin) == [.folder])
        #expect(await !errors(good, resolver: .bundled).isEmpty)
        for path in ["../secret.yaml", "sub/../../secret.yaml", "link.yaml", "/etc/passwd", "~/x", "none.yaml", "sub"] {
            #expect(await errors(Self.head + "imports: [ '\(path)' ]\n" + Self.body, resolver: resolver).count == 1)
        }
    }

    @Test func templatesLieOverOthers() async throws {
        let url = "https://types.example/base.yaml"
        let lower = template(
            """
            topology_template:
              inputs: { cpus: { type: integer, default: 1 } }
              node_templates:
                front:
                  type: tosca.nodes.indigo.Compute
                  capabilities: { host: { properties: { num_cpus: { get_input: cpus } } } }
            """)
        let text =
            Self.head
                + """
                imports: [ { template_file: '\(url)' } ]
                topology_template:
                  inputs: { cpus: 4 }
                  node_templates: { wn: { type: tosca.nodes.indigo.Compute } }
                """
        let document = try await translate(text, resolver: resolver([url: lower])).document
        #expect(document.systems.map(\.id) == ["front", "wn"])
        #expect(document.text(style: .im).contains("cpu.count >= 4"))
    }

    @Test func missingRecipesAreErrorsOrWarnings() async throws {
        let text = template(
            """
            topology_template:
              node_templates:
                app:
                  type: tosca.nodes.SoftwareComponent
                  requirements: [ { host: srv } ]
                  interfaces: { Standard: { configure: https://types.example/none.yml } }
                srv: { type: tosca.nodes.indigo.Compute }
            """)
        let error = try #require(await errors(text, resolver: .bundled).first)
        #expect(error.code == .import && error.path.hasSuffix("interfaces.Standard.configure"))
        var options = TOSCAOptions()
        options.isForReading = true
        let translation = try await translate(text, options: options, resolver: .bundled)
        #expect(translation.warnings.contains { $0.code == .import })
        #expect(translation.document.configures.count == 1)
    }
}
