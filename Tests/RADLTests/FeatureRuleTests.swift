import RADL
import Testing

@Suite("Table of features")
struct FeatureRuleTests {
    @Test func `no feature stands in the table twice`() {
        let keys = FeatureRule.all.map { "\($0.section.rawValue) \($0.name)" }
        #expect(Set(keys).count == keys.count)
        #expect(keys.count > 110)
    }

    @Test(arguments: FeatureRule.all)
    func `is complete, and its example is good`(_ rule: FeatureRule) throws {
        #expect(rule.meaning.hasSuffix("."))
        #expect(!rule.kind.words.isEmpty)
        #expect(FeatureRule.rule(for: rule.name, in: rule.section) == rule)
        #expect(rule.comparisons.isEmpty == (rule.kind == .applications))
        let text: String
        // What the example refers to.
        let others =
            "network public ()\nsystem wn ()\nansible control (host = 'h' and credentials.username = 'u'"
            + " and credentials.password = 'p')\n"
        switch rule.section {
        case .description: text = "description d (\(rule.example))\nsystem a ()"
        case .ansible:
            let whole = ["host", "credentials.username", "credentials.password"].filter { $0 != rule.name }
            text = "ansible a (\(rule.example) and \(whole.map { "\($0) = 'x'" }.joined(separator: " and ")))"
        case .network: text = others + "network a (\(rule.example))"
        case .application:
            text =
                "system a (disk.0.applications contains (\(rule.name == "name" ? "" : "name = 'x' and ")\(rule.example)))"
        case .option: text = "contextualize (\(rule.example))"
        case .system:
            var first = ""
            if rule.example.hasPrefix("net_interface.0"), !rule.example.contains("connection") {
                first = "net_interface.0.connection = 'public' and "
            }
            if rule.example.hasPrefix("disk.1") { first = "disk.0.size >= 1G and " }
            text = others + "system a (\(first)\(rule.example))"
        }
        let strong = text.replacing("new.password = '…'", with: "new.password = 'Abcdef1!'")
        let diagnostics = RADLDocument.diagnostics(of: RADLSource(text: strong))
        #expect(diagnostics.map(\.description) == [])
    }

    @Test(arguments: [
        ("disk.12.size", "disk.N.size"), ("net_interface.0.dns.3.name", "net_interface.N.dns.M.name"),
        ("cpu.count", "cpu.count"), ("input.0.path", "input.N.path"),
    ])
    func `names with numbers are found`(_ name: String, _ pattern: String) {
        #expect(FeatureRule.rule(for: name, in: .system)?.name == pattern)
    }

    @Test func `unknown names have no rule`() {
        #expect(FeatureRule.rule(for: "disk.x.size", in: .system) == nil)
        #expect(FeatureRule.rule(for: "cpu.count", in: .network) == nil)
        #expect(FeatureRule.rule(for: "disk.size", in: .system) == nil)
    }

    @Test func `units and values are those of the checks`() throws {
        for rule in FeatureRule.rules(in: .system) where rule.isEnforced && !rule.name.contains("N") {
            for unit in rule.units {
                let text = "system a (\(rule.name) >= 1\(unit))"
                #expect(try RADLDocument(parsing: text).check().isEmpty, "\(text)")
            }
            for value in rule.allowedValues {
                let text = "system a (\(rule.name) = '\(value)')"
                #expect(try RADLDocument(parsing: text).check().isEmpty, "\(text)")
            }
        }
    }
}
