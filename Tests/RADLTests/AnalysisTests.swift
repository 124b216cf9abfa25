import RADL
import Testing

@Suite("All mistakes at once")
struct AnalysisTests {
    private struct Absent: Error, CustomStringConvertible {
        var description: String
    }

    private func told(_ text: String, _ files: [String: String] = [:]) -> [String] {
        let resolver: RADLIncludeResolver = { include, _ in
            guard let text = files[include.template] else { throw Absent(description: "no '\(include.template)'") }
            return RADLSource(text: text, file: include.template)
        }
        let analysis = RADLDocument.analyze(RADLSource(text: text, file: "a.radl"), including: resolver)
        #expect(analysis.isReadable || !analysis.errors.isEmpty)
        return analysis.diagnostics.map {
            "\($0.file ?? ""):\($0.range?.line ?? 0):\($0.range?.column ?? 0): \($0.message)"
        }
    }

    @Test func `a wrong word of an include hides no other mistake`() {
        let text = """
            include a (template = 'lib')
            include b (templat = 'lib')
            include c (template = 'none' and x = 1)
            system s (cpu.count = 'x')
            deploy s 1
            """
        #expect(
            told(text, ["lib": "network n (outports = 'x')", "b": ""]) == [
                "a.radl:2:12: an include has no feature 'templat'",
                "a.radl:3:1: the document 'none' cannot be included: no 'none'",
                "a.radl:3:34: an include has no feature 'x'",
                "a.radl:4:23: 'cpu.count' has to be a number",
            ])
        #expect(
            told(
                "include a (template = 'lib' and x = 1)\nsystem s (net_interface.0.connection = 'n')",
                ["lib": "network n ()"])
                == ["a.radl:1:33: an include has no feature 'x'"])
    }

    @Test func `a missing document is told beside mistakes of syntax`() {
        #expect(
            told("include none ()\nsystem s (cpu.count >= 1,)\ndeploy s 1").first
                == "a.radl:1:1: the document 'none' cannot be included: no 'none'")
        #expect(
            told("include lib ()\nsystem s (cpu.count >= 1 and)\ndeploy s 1", ["lib": "network n (outports = 'x')"])
                == [
                    "lib:1:23: 'outports' is no list of ports",
                    "a.radl:2:29: expected a feature behind 'and', found ')'",
                ])
    }

    @Test func `an included document may be JSON`() {
        let json = #"[{"class": "network", "id": "n", "outports": "x"}]"#
        #expect(
            told("include lib ()\nsystem s (net_interface.0.connection = 'n')", ["lib": json])
                == ["lib:1:46: 'outports' is no list of ports"])
    }

    @Test func `a broken system hides nothing of another one`() {
        let text = """
            system a (disk.0.size = 1G and disk.2.size = 1G and disk.0.size = '1G')
            system b (disk.0.size = 1G and disk.2.size = 1G and x 5)
            system c (net_interface.0.ip = '10.0.0.1')
            """
        #expect(
            told(text) == [
                "a.radl:1:32: system 'a' has disk.2 but no disk.1",
                "a.radl:1:53: 'disk.0.size' has another value already in line 1: 'disk.0.size = 1G'",
                "a.radl:2:55: expected '=', '<=', '>=', '<', '>' or 'contains' behind 'x', found '5'",
                "a.radl:3:11: net_interface.0 of system 'c' is connected to no network",
            ])
    }

    @Test func `a mistake in the form of JSON hides no value`() {
        let text = #"[{"class":"system","id":"a","memory.size":"2G","cpu.arch":"arm64"},{"class":"syst"}]"#
        #expect(
            told(text).map { $0.split(separator: " ", maxSplits: 1).last.map(String.init) ?? "" } == [
                "system 'a': 'memory.size' has to be a whole number", "system 'a': 'cpu.arch' cannot be 'arm64'",
                "[1] has the unknown class 'syst'",
            ])
    }

    @Test func `all that an ansible host lacks, and all wrong ports`() {
        #expect(
            told("ansible h ()") == [
                "a.radl:1:1: the ansible host 'h' has no host",
                "a.radl:1:1: the ansible host 'h' has no credentials.username",
                "a.radl:1:1: the ansible host 'h' has no credentials.password or credentials.private_key",
            ])
    }

    @Test(arguments: [
        (
            "icmp,0/icmp,70000,8080-80/udp,80:70",
            "'icmp' is none; 70000 is larger than 65535; '8080-80/udp' has two protocols: "
        ),
        ("65536", "65536 is larger than 65535: "),
        ("300.0.0.0/8-22", "'300.0.0.0/8' is no range of IPv4 addresses: "),
        ("10.0.0.0/33-22,22", "'10.0.0.0/33' is no range of IPv4 addresses: "),
        ("22,", "there is a comma too many: "),
        ("a,b,c,d,e,f,g", "'a' is none; 'b' is none; 'c' is none; 'd' is none; 'e' is none; there are more: "),
    ])
    func `what is wrong with ports`(_ ports: String, _ hint: String) {
        let errors = RADLDocument.analyze(RADLSource(text: "network n (outports = '\(ports)')")).errors
        #expect(errors.map(\.hint) == [hint + "write for example '22,8080-80,9000:9100/udp', without blanks"])
    }

    @Test func `a range of ports that runs backwards is warned of`() throws {
        let text = "network n (outports = '9100:9000')\nsystem a (net_interface.0.connection = 'n')\ndeploy a 1"
        let analysis = RADLDocument.analyze(RADLSource(text: text))
        #expect(analysis.errors.isEmpty)
        #expect(analysis.warnings.map(\.message) == ["the range 9100:9000 begins with its larger port"])
        #expect(RADLExplanation(analysis.document).text.contains("9000 to 9100/tcp"))
    }

    @Test(arguments: [
        ("on", "did you mean 'yes'?"), ("True", "did you mean 'yes'?"), ("off", "did you mean 'no'?"),
        ("yess", "did you mean 'yes'?"), ("ye", "did you mean 'yes'?"), ("maybe", "write one of 'yes', 'no'"),
        ("do", "write one of 'yes', 'no'"),
    ])
    func `no suggestion turns a meaning round`(_ value: String, _ hint: String) {
        #expect(
            RADLDocument.analyze(RADLSource(text: "network n (outbound = '\(value)')")).errors.map(\.hint) == [hint])
    }

    @Test func `words of messages`() {
        #expect(told("system a (cpu.sgx = 2)") == ["a.radl:1:21: 'cpu.sgx' cannot be '2'"])
        #expect(told("system a (cpu.sgx = 1)").isEmpty)
        #expect(
            told("system a (disk.99999999999999999999.size = 1G)")
                == ["a.radl:1:11: the number in 'disk.99999999999999999999.size' is too large"])
        let host = "ansible h (host = 'h' and credentials.username = 'u' and credentials.password = 'p')\n"
        #expect(told(host + host) == ["a.radl:2:9: there is an ansible host 'h' already"])
        func hints(_ text: String) -> [String?] { RADLDocument.read(RADLSource(text: text)).errors.map(\.hint) }
        #expect(hints("netwrok n ()") == ["did you mean 'network'?"])
        #expect(hints("Network n ()") == ["did you mean 'network'? Reserved words are in lower case"])
        #expect(
            told("network wn ()\nsystem wn (cpu.count = 1)\nsystem a (ec3_inherit_from = network wn)")
                == ["a.radl:3:11: a system cannot inherit from a network"])
    }

    @Test(arguments: [
        ("system a (x = '日本' 5)", "                     ^"), ("system a (x = 'e\u{301}' 5)", "                  ^"),
        ("system a (\tx = 'é' 5)", "          \t        ^"),
    ])
    func `carets stand under what they mean`(_ text: String, _ marker: String) {
        #expect(RADLDocument.read(RADLSource(text: text)).errors.map(\.excerpt?.marker) == [marker])
    }

    @Test func `numbers that two documents limit have both limits`() throws {
        let document = try RADLDocument(
            parsing: "system p (memory.size >= 4G and cpu.count = 4)\n"
                + "system c (ec3_inherit_from = system p and memory.size >= 1G and cpu.count = 8)")
        let features = try document.resolvingInheritance().systems[1].features
        #expect(features.range("memory.size")?.low == 4e9)
        #expect(features.range("cpu.count")?.low == 8)
    }
}
