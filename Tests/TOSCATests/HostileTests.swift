import RADL
import TOSCA
import Testing

/// Documents that want to cost more than they are worth.
@Suite struct HostileTests {
    private static func bomb(_ levels: Int) -> String {
        var text = "a0: &a0 [ x, x, x, x, x, x, x, x, x, x ]\n"
        for level in 1..<levels {
            let previous = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [ \(previous) ]\n"
        }
        return "tosca_definitions_version: tosca_simple_yaml_1_0\nmetadata:\n"
            + text.split(separator: "\n").map { "  \($0)\n" }.joined()
    }

    @Test(arguments: [6, 12, 30])
    func aliasesAreBounded(_ levels: Int) async {
        let errors = await errors(Self.bomb(levels))
        #expect(errors.contains { $0.code == .limit })
    }

    @Test func aliasesAsKeysAreRefused() async {
        let text = Self.bomb(12) + "  ? *a11\n  : x\n"
        #expect(await errors(text).contains { $0.code == .limit })
    }

    @Test(arguments: ["[", "{a: ", "- "])
    func nestingIsBounded(_ open: String) async {
        let text =
            "tosca_definitions_version: tosca_simple_yaml_1_0\nmetadata:\n  a: "
            + String(repeating: open, count: 100_000)
        #expect(await !errors(text).isEmpty)
    }

    @Test func typesThatDeriveFromThemselvesAreRefused() async {
        let text = """
            tosca_definitions_version: tosca_simple_yaml_1_0
            node_types:
              a.A: { derived_from: a.B }
              a.B: { derived_from: a.C }
              a.C: { derived_from: a.A }
            topology_template:
              node_templates:
                n: { type: a.A }
            """
        let errors = await errors(text)
        #expect(errors.contains { $0.code == .cycle && $0.line == 5 })
    }

    @Test func chainsOfTypesAreBounded() async {
        var text =
            "tosca_definitions_version: tosca_simple_yaml_1_0\nnode_types:\n  a.T0: { derived_from: tosca.nodes.Root }\n"
        for number in 1..<5000 { text += "  a.T\(number): { derived_from: a.T\(number - 1) }\n" }
        text += "topology_template:\n  node_templates:\n    n: { type: a.T4999 }\n"
        let found = await errors(text)
        #expect(found.contains { $0.code == .limit && $0.message.contains("more than 100 levels") })
        #expect(!found.contains { $0.code == .cycle })
    }

    @Test func requirementsThatLeadBackAreRefused() async {
        let text = template(
            """
            topology_template:
              node_templates:
                a: { type: tosca.nodes.SoftwareComponent, requirements: [ { dependency: b } ] }
                b: { type: tosca.nodes.SoftwareComponent, requirements: [ { host: c } ] }
                c: { type: tosca.nodes.SoftwareComponent, requirements: [ { host: a } ] }
            """)
        let errors = await errors(text)
        #expect(errors.contains { $0.code == .cycle && $0.message.contains("a → b → c → a") })
    }

    @Test func longChainsOfRequirementsWork() async throws {
        var text = "topology_template:\n  node_templates:\n    n0: { type: tosca.nodes.indigo.Compute }\n"
        for number in 1..<3000 {
            text +=
                "    n\(number): { type: tosca.nodes.SoftwareComponent, requirements: [ { host: n\(number - 1) } ] }\n"
        }
        let document = try await translate(template(text)).document
        #expect(document.deploys.count == 1)
    }

    @Test func propertiesThatReferToEachOtherAreRefused() async {
        let text = template(
            """
            topology_template:
              node_templates:
                a:
                  type: tosca.nodes.indigo.Compute
                  properties: { instance_name: { get_property: [ b, instance_name ] } }
                b:
                  type: tosca.nodes.indigo.Compute
                  properties: { instance_name: { concat: [ x, { get_property: [ a, instance_name ] } ] } }
            """)
        #expect(await errors(text).contains { $0.code == .cycle })
    }

    @Test func textsThatDoubleAreBounded() async {
        var text = "topology_template:\n  node_templates:\n"
        for number in 0..<64 {
            let value =
                number == 0
                ? "x"
                : "{ concat: [ { get_property: [ n\(number - 1), instance_name ] }, { get_property: [ n\(number - 1), instance_name ] } ] }"
            text += "    n\(number): { type: tosca.nodes.indigo.Compute, properties: { instance_name: \(value) } }\n"
        }
        #expect(await errors(template(text)).contains { $0.code == .limit })
    }

    @Test(.timeLimit(.minutes(4)))
    func largeTemplatesAreReadInLinearTime() async {
        // 10 MB of nodes of a type that does not exist: an error for each, of which the first ones are told.
        var text = "topology_template:\n  node_templates:\n"
        var number = 0
        while text.utf8.count < 10_000_000 {
            text += "    node_with_a_long_name_\(number): { type: tosca.nodes.indigo.Comptue, properties: { a: b } }\n"
            number += 1
        }
        var limits = TOSCALimits()
        limits.maximumNodes = .max
        var errors: [TOSCADiagnostic] = []
        do {
            _ = try await TOSCATemplate(text: template(text), limits: limits)
        } catch let found {
            errors = found.errors
        }
        #expect(errors.first?.nearest == "tosca.nodes.indigo.Compute")
        #expect(errors.count <= 200)
    }

    @Test func tooManyMachinesAreCountedFirst() async {
        var text = "topology_template:\n  node_templates:\n"
        for number in 0...20_000 {
            text += "    n\(number): { type: tosca.nodes.indigo.Compute, properties: { tags: { x: 'a,b' } } }\n"
        }
        #expect(await errors(template(text)).map(\.code) == [.limit], "none of those that planning finds")
    }

    @Test func tooLargeTemplatesAreRefused() async {
        let text = template("# " + String(repeating: "x", count: 17 << 20))
        #expect(await errors(text).first?.code == .limit)
    }

    @Test(arguments: [
        "", "\n", "[]", "a", "- a\n- b", "null", "\u{0}", "a: b: c", "\t- x", "a: [", "{", "&a *a", "%YAML 9",
        "---\n---\n",
        "tosca_definitions_version: [ 1 ]", "topology_template: x", "imports: 5", "? [a]\n: b", "a: !!binary x\n",
        "topology_template:\n  node_templates:\n    a: 5\n    b: { type: [ x ] }\n    c: { type: tosca.nodes.Compute, requirements: 5 }\n",
        "topology_template: { inputs: [ a ], outputs: 3, groups: x, policies: 7, node_templates: { a: null } }",
    ])
    func nonsenseIsAnErrorOfItsOwn(_ text: String) async {
        #expect(await !errors(text).isEmpty)
        #expect(await !errors("tosca_definitions_version: tosca_simple_yaml_1_0\n" + text).isEmpty)
    }

    @Test func manyNodesAreRefusedFirst() async throws {
        var text = "topology_template:\n  node_templates:\n"
        for number in 0...9 { text += "    n\(number): { type: none }\n" }
        var limits = TOSCALimits()
        limits.maximumNodes = 9
        let errors = try await #require(throws: TOSCAErrors.self) {
            _ = try await TOSCATemplate(text: template(text), limits: limits)
        }
        #expect(errors.errors.map(\.code) == [.limit])
    }

    @Test func deepChainsSaySo() async throws {
        func text(_ count: Int) -> String {
            var text = "topology_template:\n  node_templates:\n"
            for number in 0..<count {
                text +=
                    "    n\(number): { type: tosca.nodes.indigo.Compute, properties: { instance_name: "
                    + "{ get_property: [ n\(number + 1), instance_name ] } } }\n"
            }
            return template(
                text + "    n\(count): { type: tosca.nodes.indigo.Compute, properties: { instance_name: x } }\n")
        }
        #expect(try await translate(text(150)).document.systems.count == 151)
        let errors = await errors(text(250))
        #expect(errors.map(\.code) == [.limit] && errors.first?.message.contains("levels deep") == true)
    }
}
