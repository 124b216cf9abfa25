import RADL
import Testing

@Suite("EC3's wider dialect")
struct DialectTests {
    static let names = Corpus.names(in: "ec3-wider", ending: ".radl")
    /// Documents that are refused, and why: none.
    static let refused: [String: String] = [:]

    @Test func `all documents are there`() {
        #expect(Self.names.count == 23)
        #expect(Self.refused.count * 10 <= Self.names.count)
    }

    @Test(arguments: names)
    func `reads, and survives text and JSON`(_ name: String) throws {
        let document = try RADLDocument(parsing: Corpus.text("ec3-wider/\(name).radl"), file: name)
        #expect(!document.systems.isEmpty || !document.networks.isEmpty || !document.configures.isEmpty)
        #expect(try RADLDocument(parsing: document.text()) == document)
        // IM's style has no includes and quotes references.
        var without = document
        without.includes = []
        #expect(try RADLDocument(parsing: without.text(style: .im)).systems == document.systems)
        #expect(try RADLDocument(parsingJSON: document.jsonText()).jsonValue == document.jsonValue)
    }

    @Test(arguments: names)
    func `only what is missing is told`(_ name: String) throws {
        let document = try RADLDocument(parsing: Corpus.text("ec3-wider/\(name).radl"), file: name)
        // A template for the second disk of a system, and includes, which nothing here opens.
        let expected: [RADLError.Code] =
            name.contains("extra_hd") ? [.index] : document.includes.map { _ in .include }
        #expect(document.check().map(\.code) == expected)
    }

    @Test func `strings are gathered to lists, ports to one string`() throws {
        let document = try RADLDocument(
            parsing: """
                network n (outports contains '22/tcp' and outports contains '80/tcp' and outports contains '22/tcp')
                network m (outports = '22' and outports contains '80/tcp' and outports = '443')
                system a (t contains 'x' and y = 1 and t contains 'z' and t = ['w'] and t = 'v')
                """)
        #expect(document.network("n")?.features.string("outports") == "22/tcp,80/tcp")
        #expect(document.network("m")?.features.string("outports") == "22,80/tcp,443")
        #expect(document.network("n")?.outports.map(\.remote) == [22, 80])
        #expect(document.system("a")?.features.strings("t") == ["x", "z", "w", "v"])
        #expect(document.system("a")?.features.all.map(\.name) == ["t", "y"])
        #expect(document.check().isEmpty)
    }

    @Test(arguments: [
        "system a (x = 1 and x contains 'a')", "system a (x contains 'a' and x = 1)",
        "system a (x contains (name = 'b') and x contains 'a')",
        "system a (x contains 'a' and x contains (name = 'b'))",
        "system a (x >= 'v' and x contains 'a')",
    ])
    func `what is something else already conflicts`(_ text: String) throws {
        let errors = try #require(throws: RADLErrors.self) { try RADLDocument(parsing: text) }
        #expect(errors.all.map(\.code) == [.conflict])
    }

    @Test func `inherited features and recipes are taken over`() throws {
        let document = try RADLDocument(
            parsing: """
                network public (outbound = 'yes')
                network other (ec3_inherit_from = network public and outports = '22')
                system wn (ec3_if_fail = 'wn_ec2' and disk.0.image.url = 'one://a/9' and net_interface.0.connection = 'public')
                system wn_ec2 (ec3_inherit_from = system wn and disk.0.image.url = 'aws://r/ami-1' and ec3_if_fail = '')
                system third (ec3_inherit_from = system wn_ec2)
                configure wn (
                @begin
                ---
                  - tasks:
                    - user: name=one
                @end
                )
                configure wn_ec2 (
                @begin
                - tasks:
                  - apt: name=pkg
                @end
                )
                """)
        let resolved = try document.resolvingInheritance()
        let system = try #require(resolved.system("wn_ec2"))
        #expect(system.imageURLs == ["aws://r/ami-1"])
        #expect(system.interfaces.map(\.connection) == ["public"])
        #expect(system.features.string("ec3_if_fail") == "")
        #expect(!system.features.contains("ec3_inherit_from"))
        #expect(resolved.system("third")?.imageURLs == ["aws://r/ami-1"])
        #expect(resolved.network("other")?.isPublic == true)
        let both = "\n- tasks:\n  - user: name=one\n- tasks:\n  - apt: name=pkg\n"
        #expect(resolved.configure("wn_ec2")?.recipe == both)
        #expect(resolved.configure("third")?.recipe == both)
        #expect(try RADLDocument(parsing: document.text()) == document)
        #expect(document.text().contains("ec3_inherit_from = system wn and"))
        #expect(document.text(style: .im).contains("ec3_inherit_from = 'system wn' and"))
    }

    @Test(arguments: [
        ("system a (ec3_inherit_from = system b)", "there is no system 'b' to inherit from"),
        (
            "system a (ec3_inherit_from = system b)\nsystem b (ec3_inherit_from = system a)",
            "systems inherit from each other in a circle"
        ), ("system a (ec3_inherit_from = system a)", "systems inherit from each other in a circle"),
    ])
    func `nothing inherits from nothing or from itself`(_ text: String, _ message: String) throws {
        let document = try RADLDocument(parsing: text)
        let errors = try #require(throws: RADLErrors.self) { try document.resolvingInheritance() }
        #expect(errors.first.message == message)
    }

    @Test func `a long chain of heirs ends`() throws {
        let text = (0..<3_000).map { number in
            number == 0
                ? "system s0 (f0 = 0)"
                : "system s\(number) (ec3_inherit_from = system s\(number - 1) and f\(number) = 1)"
        }.joined(separator: "\n")
        let document = try RADLDocument(parsing: text)
        #expect(throws: RADLErrors.self) { try document.resolvingInheritance() }
    }
}

@Suite("Includes")
struct IncludeTests {
    struct Missing: Error, CustomStringConvertible {
        var description: String { "no such file" }
    }

    private func resolve(
        _ text: String, _ files: [String: String], limits: RADLInclude.Limits = RADLInclude.Limits()
    ) throws -> RADLDocument {
        try RADLDocument(parsing: text, file: "main").resolvingIncludes(limits: limits) { include, _ in
            guard let text = files[include.template] else { throw Missing() }
            return RADLSource(text: text, file: include.template)
        }
    }

    @Test func `sections are completed, ports united, recipes joined`() throws {
        let document = try resolve(
            """
            include nfs_misc ( template = 'nfs' )
            network public (outports = '22' and outbound = 'yes')
            system front (cpu.count >= 2 and disk.0.applications contains (name = 'a'))
            configure front (
            @begin
            - tasks: [two]
            @end
            )
            deploy front 1
            """,
            [
                "nfs": """
                include 'base'
                network public (outports contains '111/tcp' and outports contains '22' and outbound = 'no')
                system front (cpu.count >= 1 and memory.size >= 1G and disk.0.applications contains (name = 'b'))
                system wn (cpu.count >= 1)
                configure front (
                @begin
                  - tasks: [one]
                @end
                )
                """, "base": "system wn (memory.size >= 2G)\ncontextualize (system front configure front step 2)",
            ])
        #expect(document.includes.isEmpty)
        let network = try #require(document.network("public"))
        #expect(network.features.string("outports") == "22,111/tcp")
        #expect(network.isPublic)
        let front = try #require(document.system("front"))
        #expect(front.features.range("cpu.count") == NumericRange(low: 2, high: nil))
        #expect(front.features.bytes("memory.size") == 1_000_000_000)
        #expect(front.applications.map(\.name) == ["a", "b"])
        #expect(document.system("wn")?.features.bytes("memory.size") == 2_000_000_000)
        #expect(document.configure("front")?.recipe == "\n- tasks: [one]\n- tasks: [two]\n")
        #expect(document.contextualize?.items.map(\.step) == [2])
        #expect(document.deploys.count == 1)
        #expect(document.check().isEmpty)
    }

    @Test func `mistakes of included documents have their own place`() throws {
        let main = "include a\nsystem s (cpu.count = 'x')\nconfigure s (\n@begin\n- one: 1\n@end\n)\ndeploy s 1"
        let document = try resolve(
            main,
            [
                "a":
                    "# ñ\nsystem t (\n  cpu.count = 'y')\ninclude b\nconfigure s (\n@begin\n---\n  - two: 2\n  - three: 3\n@end\n)",
                "b": "deploy u 1\nconfigure s (\n@begin\n - four: 4\n@end\n)",
            ])
        let found = document.check()
        #expect(
            found.map { "\($0.file ?? ""):\($0.range?.line ?? 0):\($0.range?.column ?? 0) \($0.excerpt?.line ?? "")" }
                == [
                    "main:2:23 system s (cpu.count = 'x')", "a:3:15   cpu.count = 'y')", "b:1:1 deploy u 1",
                ])
        #expect(found.map { $0.inclusion?.line } == [nil, 1, 1])
        #expect(document.source?.parts.map(\.source.file) == ["main", "a", "b"])
        #expect(document.source?.parts.first?.source.bytes == Array(main.utf8))
        for error in found {
            let part = document.source?.parts.first { $0.source.file == error.file }
            #expect(error.range.flatMap { part?.source.text(of: $0) }?.contains("1") == (error.file == "b"))
        }
        #expect(document.configure("s")?.recipe == "\n- four: 4\n- two: 2\n- three: 3\n- one: 1\n")
        let places = (1...5).map { line in
            let mistake = document.mistake(inRecipe: "s", line: line, column: 3, "x")
            return "\(mistake.file ?? ""):\(mistake.range?.line ?? 0):\(mistake.range?.column ?? 0)"
        }
        #expect(Array(places.dropFirst()) == ["b:4:4", "a:8:5", "a:9:5", "main:5:3"])
    }

    @Test func `all mistakes of all documents are told`() throws {
        let files = ["a": "sytem x ()\ninclude c", "b": "system y (z = )\nsystem $ w ()"]
        var warnings: [RADLError] = []
        let document = try RADLDocument(parsing: "include a\ninclude b\ninclude d", file: "main")
        let errors = try #require(throws: RADLErrors.self) {
            try document.resolvingIncludes(warnings: &warnings) { include, _ in
                guard let text = files[include.template] else { throw Missing() }
                return RADLSource(text: text, file: include.template)
            }
        }
        #expect(errors.all.map { "\($0.file ?? ""):\($0.range?.line ?? 0)" } == ["a:1", "a:2", "b:1", "main:3"])
        #expect(errors.all.map { $0.inclusion?.line } == [1, 1, 2, nil])
        #expect(warnings.map { "\($0.file ?? ""):\($0.range?.line ?? 0)" } == ["b:2"])
    }

    @Test func `a service that resolves nothing says so, at the place`() throws {
        let document = try RADLDocument(parsing: "system a ()\n  include others (template = '/etc/hosts')", file: "x")
        #expect(
            document.check().map(\.description) == [
                """
                x:2:3: error: the document '/etc/hosts' is included, but nothing is opened here
                      include others (template = '/etc/hosts')
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                    write its sections into this document; 'gantry radl convert --to radl' does so for files
                """
            ])
    }

    @Test(
        arguments: [
            (["a": "include x (template = 'a')"], "documents include each other in a circle"),
            (["a": "include 'main'"], "documents include each other in a circle"),
            (["a": "include b", "b": "include a"], "documents include each other in a circle"),
            ([:], "the document 'a' cannot be included: no such file"),
            (["a": "sytem b ()"], "expected a sentence (network, system, configure, contextualize, deploy, ansible,"),
            (
                ["a": "configure r (\n@begin\nx: y\n@end\n)"],
                "the included document 'a' has a recipe 'r' too, and the two"
            ),
        ] as [([String: String], String)])
    func `refuses`(_ files: [String: String], _ message: String) throws {
        let text = "include a\nconfigure r (\n@begin\n- tasks: []\n@end\n)"
        var files = files
        files["main"] = text
        let errors = try #require(throws: RADLErrors.self) { try resolve(text, files) }
        #expect(errors.first.message.hasPrefix(message))
    }

    @Test func `depth, number and size are limited`() throws {
        var files: [String: String] = [:]
        for number in 0..<100 { files["f\(number)"] = "include f\(number + 1)" }
        files["f100"] = "system a ()"
        let deep = try #require(throws: RADLErrors.self) { try resolve("include f0", files) }
        #expect(deep.first.message == "documents include each other more than 16 levels deep")
        let many = (0..<300).map { "include f100 (template = 'f100') # \($0)" }.joined(separator: "\n")
        let count = try #require(throws: RADLErrors.self) { try resolve(many, files) }
        #expect(count.first.message == "there are more than 256 includes")
        let large = try #require(throws: RADLErrors.self) {
            try resolve("include f100", files, limits: RADLInclude.Limits(bytes: 5))
        }
        #expect(large.first.message == "the included documents have more than 5 bytes together")
        // Twice the same is the same once.
        #expect(try resolve("include f100\ninclude f100", files).systems.count == 1)
    }

    @Test func `the word is free for ids and features`() throws {
        let document = try RADLDocument(parsing: "system include (include = 1)\ndeploy include 1\nnetwork n")
        #expect(document.systems.first?.id == "include")
        #expect(document.includes.isEmpty)
    }
}
