import RADL
import Testing

@Suite("What to write instead")
struct SuggestionTests {
    /// The text with all suggestions applied, from the end.
    static func mended(_ text: String, _ diagnostics: [RADLError]) -> String {
        var bytes = Array(text.utf8)
        let suggestions = diagnostics.compactMap(\.suggestion).sorted { $0.range.offset > $1.range.offset }
        for suggestion in suggestions {
            bytes.replaceSubrange(suggestion.range.offset..<suggestion.range.end, with: suggestion.replacement.utf8)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Mistakes, how many are told, and the text that the suggestions make of it.
    static let cases: [(text: String, count: Int, mended: String)] = [
        (
            "contextualise (\nsystem a configure a\n)\nsystem a ()\nconfigure a ()", 1,
            "contextualize (\nsystem a configure a\n)\nsystem a ()\nconfigure a ()"
        ),
        ("netwrok n ()\nsytem a ()\ndeply a 1", 3, "network n ()\nsystem a ()\ndeploy a 1"),
        ("System a ()\nDEPLOY a 1", 2, "system a ()\ndeploy a 1"),
        (
            "system a (cpu.count => 2 and memory.size =< 4G and price == 1)", 3,
            "system a (cpu.count >= 2 and memory.size <= 4G and price = 1)"
        ),
        ("system a (x = 1, y = 2)", 1, "system a (x = 1 and y = 2)"),
        ("system a (x = 1 an y = 2 AND z = 3)", 2, "system a (x = 1 and y = 2 and z = 3)"),
        ("system a (x = 1\ny = 2)", 1, "system a (x = 1\nand y = 2)"),
        ("system a (x = 1 and)", 1, "system a (x = 1 )"),
        (
            "system a (disk.0.os.name = linux and cpu.count = 1)", 1,
            "system a (disk.0.os.name = 'linux' and cpu.count = 1)"
        ),
        (
            "system a (disk.0.os.flavour = \"ubuntu (LTS)\" and cpu.count = 1)", 1,
            "system a (disk.0.os.flavour = 'ubuntu (LTS)' and cpu.count = 1)"
        ),
        (
            "system a (disk.0.applications contain (name = 'x'))", 1,
            "system a (disk.0.applications contains (name = 'x'))"
        ),
        (
            "contextualize (\nsystem a configur b stpe 2\n)\nsystem a ()\nconfigure b ()", 2,
            "contextualize (\nsystem a configure b step 2\n)\nsystem a ()\nconfigure b ()"
        ),
        (
            "system a (memory.sise >= 1G and disk.0.sice = 2G and net_interface.0.conection = 'n')\nnetwork n (outbond = 'yes')",
            4,
            "system a (memory.size >= 1G and disk.0.size = 2G and net_interface.0.connection = 'n')\nnetwork n (outbound = 'yes')"
        ),
        (
            "network public ()\nsystem a (net_interface.0.connection = 'pubic')", 1,
            "network public ()\nsystem a (net_interface.0.connection = 'public')"
        ),
        (
            "system a (spot = 'ye' and disk.0.os.name = 'linx')", 2,
            "system a (spot = 'yes' and disk.0.os.name = 'linux')"
        ),
        ("system a (memory.size >= 1Ti)", 1, "system a (memory.size >= 1TiB)"),
        ("system a (cpu.count = '2' and memory.size >= '2 GB')", 2, "system a (cpu.count = 2 and memory.size >= 2 GB)"),
        ("system a (disk.0.os.version >= 22.04)", 1, "system a (disk.0.os.version >= '22.04')"),
        ("system a (x = ['b, 'c'] and y = 1)", 1, "system a (x = ['b', 'c'] and y = 1)"),
        ("system a (x = 'b and y = 'c' and z = 1)", 1, "system a (x = 'b' and y = 'c' and z = 1)"),
        (
            "description d (content = 'It's the dog's\nbone' and name = 'n')\nsystem a ()", 1,
            "description d (content = 'It\\'s the dog\\'s\nbone' and name = 'n')\nsystem a ()"
        ),
        ("system a (x = 'it's here' and y = 'b')", 1, "system a (x = 'it\\'s here' and y = 'b')"),
        (
            "system a (\n  x = 'b and\n  y = 'c' and\n  z = 'd'\n)\ndeploy a 1", 1,
            "system a (\n  x = 'b' and\n  y = 'c' and\n  z = 'd'\n)\ndeploy a 1"
        ),
        (
            "network n (outbound = 'yes)\nsystem a (\n  net_interface.0.connection = 'n'\n)", 1,
            "network n (outbound = 'yes')\nsystem a (\n  net_interface.0.connection = 'n'\n)"
        ),
        (
            "system a (x = 'b\n)\nconfigure a (\n@begin\n- debug: msg='c'\n@end\n)", 1,
            "system a (x = 'b'\n)\nconfigure a (\n@begin\n- debug: msg='c'\n@end\n)"
        ),
        (
            "system a (disk.size = 1G and net_interface.connection = 'n')\nnetwork n ()", 2,
            "system a (disk.0.size = 1G and net_interface.0.connection = 'n')\nnetwork n ()"
        ),
        (
            "system web ()\ndeploy web 1\ncontextualise (\nsystem web configure web\n)\nconfigure web ()", 1,
            "system web ()\ndeploy web 1\ncontextualize (\nsystem web configure web\n)\nconfigure web ()"
        ),
        (
            "system a (memory = 2G and cpu_count = 2 and disk.1.image = 'x' and disk.0.size = 1G)", 3,
            "system a (memory.size = 2G and cpu.count = 2 and disk.1.image.url = 'x' and disk.0.size = 1G)"
        ),
        (
            "contextualize (option ansible_versin = '2')\nsystem a ()", 1,
            "contextualize (option ansible_version = '2')\nsystem a ()"
        ),
        (
            "configure a (\n@begin\n- x: y\n  @end\n)\nsystem a ()", 1,
            "configure a (\n@begin\n- x: y\n@end\n)\nsystem a ()"
        ),
        (
            "system web ()\ndeploy web 1\nconfigure wbe (\n@begin\n@end\n)", 1,
            "system web ()\ndeploy web 1\nconfigure web (\n@begin\n@end\n)"
        ),
        ("network n (outports = '22, 80')", 1, "network n (outports = '22,80')"),
        ("system front ()\ndeploy frnt 2", 1, "system front ()\ndeploy front 2"),
        (
            "system front ()\nconfigure c ()\ncontextualize (system fron configure c)", 1,
            "system front ()\nconfigure c ()\ncontextualize (system front configure c)"
        ),
    ]

    @Test(arguments: cases.indices)
    func `a mistake is told once, and the suggestion mends it`(_ index: Int) {
        let example = Self.cases[index]
        let diagnostics = RADLDocument.diagnostics(of: RADLSource(text: example.text))
            .filter { $0.code != .character }
        #expect(diagnostics.count == example.count, "\(example.text)\n\(diagnostics.map(\.description))")
        #expect(Self.mended(example.text, diagnostics) == example.mended)
        #expect(diagnostics.allSatisfy { $0.severity == .warning || !$0.expected.isEmpty || $0.suggestion != nil })
    }

    @Test(arguments: cases.indices)
    func `what is suggested is good`(_ index: Int) {
        let mended = Self.cases[index].mended
        #expect(RADLDocument.diagnostics(of: RADLSource(text: mended)).map(\.description) == [])
    }

    @Test func `what was expected is told as data`() throws {
        let reading = RADLDocument.read(RADLSource(text: "system a (x 1)\nconfigure b [\ndeploy"))
        #expect(
            reading.errors.map(\.expected) == [
                ["'='", "'<='", "'>='", "'<'", "'>'", "'contains'"], ["a name"],
            ])
        #expect(
            RADLDocument.diagnostics(of: RADLSource(text: "system a (cpu.arch = 'arm')"))
                .map(\.expected) == [["'i386'", "'x86_64'", "'aarch64'"]])
    }

    @Test func `an architecture that has another name here is named`() {
        func hints(_ name: String) -> [String?] {
            RADLDocument.diagnostics(of: RADLSource(text: "system a (cpu.arch = '\(name)')")).map(\.hint)
        }
        #expect(hints("arm64") == ["did you mean 'aarch64'?"])
        #expect(hints("amd64") == ["did you mean 'x86_64'?"])
        #expect(hints("I686") == ["did you mean 'i386'?"])
        #expect(hints("aarch64").isEmpty)
        #expect(hints("vax") == ["write one of 'i386', 'x86_64', 'aarch64'"])
    }

    @Test func `sections with mistakes stay, so that nothing follows from them`() {
        let text = """
            network public (outbound = 'yes' and outports 22)
            system front (
              net_interface.0.connection = 'public' and
              disk.0.image.url =
            )
            deploy front 1
            contextualize (
              system front configure front
            )
            configure front (
            @begin
            @end
            )
            """
        let diagnostics = RADLDocument.diagnostics(of: RADLSource(text: text))
        #expect(diagnostics.compactMap { $0.range?.line } == [1, 5])
    }

    @Test func `an unclosed section is told once`() {
        let text = "system a (\n  x = 1\n\nnetwork n ()\nsystem b (y = 1)\ndeploy a 1\ndeploy b 1"
        let analysis = RADLDocument.analyze(RADLSource(text: text))
        #expect(analysis.diagnostics.map(\.message) == ["this '(' is never closed"])
        #expect(analysis.document.systems.map(\.id) == ["a", "b"])
    }

    @Test func `hundreds of mistakes are all told`() {
        let text = (0..<400).map { "system s\($0) (cpu.count => 1 and x = y and z 1)" }.joined(separator: "\n")
        let errors = RADLDocument.read(RADLSource(text: text)).errors
        #expect(errors.count == 1000)
        let warnings = RADLDocument.read(RADLSource(text: text)).warnings
        #expect(warnings.map(\.code) == [.tooMany] && (333...335).contains(warnings.first?.range?.line ?? 0))
        #expect(RADLErrors(errors)?.description.hasSuffix("\nand at least 900 mistakes more") == true)
        let half = (0..<300).map { "system s\($0) (cpu.count => 1 and x = y)" }.joined(separator: "\n")
        #expect(RADLDocument.read(RADLSource(text: half)).errors.count == 600)
    }

    @Test func `advice tells of values that nobody reads, without refusing them`() throws {
        let document = try RADLDocument(
            parsing: "system a (gpu.count = '2' and cpu.sgx = 'perhaps' and net_interface.0.ipv6 = 'x')")
        #expect(document.check().isEmpty)
        let advice = document.advice()
        #expect(advice.count == 3)
        #expect(advice.allSatisfy { $0.severity == .warning })
        #expect(RADLDocument.analyze(RADLSource(text: document.text())).errors.isEmpty)
    }

    @Test(
        arguments: [
            ("memory.size >= 512", ["'memory.size' is 512 bytes"]), ("disk.0.size = 20", ["'disk.0.size' is 20 bytes"]),
            ("memory.size >= 536870912", []), ("memory.size >= 512M and disk.0.size >= 0", []),
        ] as [(String, [String])])
    func `sizes of some bytes lack their unit`(_ feature: String, _ messages: [String]) throws {
        let document = try RADLDocument(parsing: "system a (\(feature))")
        #expect(document.check().isEmpty)
        #expect(document.advice().map(\.message) == messages)
    }

    @Test(arguments: [
        ("10.0.0.1", true), ("255.255.255.255", true), ("", true), ("::1", true), ("2001:db8::5", true),
        ("fe80:0:0:0:0:0:0:1", true), ("::ffff:10.0.0.1", true), ("::", true), ("999.1.1.1", false),
        ("10.0.0", false), ("10.0.0.1.2", false), ("10.0.0.256", false), ("host", false), ("1::2::3", false),
        (":1", false), ("1:2:3", false), ("12345::", false), ("1:2:3:4:5:6:7:8:9", false), ("10.0.0.1 ", false),
        ("10.0.0.-1", false), ("1.2.3.", false), (":::", false), ("g::", false), ("0010.1.1.1", false),
    ])
    func `addresses are checked`(_ address: String, _ isGood: Bool) throws {
        let document = try RADLDocument(
            parsing: "network n ()\nsystem a (net_interface.0.connection = 'n' and net_interface.0.ip = '\(address)')")
        #expect(document.check().map(\.code) == (isGood ? [] : [.value]))
    }
}
