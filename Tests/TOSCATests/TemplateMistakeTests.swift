import RADL
import TOSCA
import Testing

/// Mistakes in nodes, types and whole templates.
@Suite struct TemplateMistakeTests {
    // MARK: Names

    @Test(arguments: ["''", "'...'", "'-'", "all", "localhost", String(repeating: "n", count: 300), "\"a\\0b\""])
    func namesThatMachinesCannotHaveAreRefused(_ name: String) async {
        let text = template(
            "topology_template:\n  node_templates:\n    \(name): { type: tosca.nodes.indigo.Compute }\n")
        let errors = await errors(text)
        #expect(errors.count == 1)
        #expect(errors.first?.line == 5 && errors.first?.column == 5)
    }

    @Test(arguments: ["knöchel", "1", "a.b", "_x", "wn-1"])
    func otherNamesAreTaken(_ name: String) async {
        let text = template(
            "topology_template:\n  node_templates:\n    '\(name)': { type: tosca.nodes.indigo.Compute }\n")
        #expect(await errors(text).isEmpty)
    }

    @Test func aMarkOfTheByteOrderIsTaken() async throws {
        let text = template("topology_template:\n  node_templates:\n    a: { type: tosca.nodes.indigo.Compute }\n")
        #expect(try await translate("\u{feff}" + text).document.systems.count == 1)
    }

    // MARK: Filters

    private static func filtered(_ condition: String, cpus: String) -> String {
        template(
            """
            topology_template:
              inputs: { n: { type: integer, default: 4 } }
              node_templates:
                s:
                  type: tosca.nodes.SoftwareComponent
                  requirements: [ { host: { node: tosca.nodes.Compute, node_filter: { capabilities: [ { host: { properties: [ { num_cpus: \(condition) } ] } } ] } } } ]
                  interfaces: { Standard: { configure: 'https://files.example/b.yml' } }
                big: { type: tosca.nodes.indigo.Compute, capabilities: { host: { properties: { num_cpus: \(cpus) } } } }
                other: { type: tosca.nodes.indigo.Compute, capabilities: { host: { properties: { num_cpus: 16 } } } }

            """)
    }

    @Test(arguments: [
        ("{ in_range: [ 2, 8 ] }", "{ get_input: n }", 4, "big"), ("{ equal: { get_input: n } }", "4", 4, "big"),
        ("{ equal: { get_input: n } }", "4", 16, "other"), ("{ in_range: [ 2, { get_input: n } ] }", "3", 3, "big"),
        ("{ equal: { get_property: [ big, host, num_cpus ] } }", "4", 4, "big"),
        ("{ in_range: [ 10, 20 ] }", "{ get_input: n }", 12, "big"),
    ])
    func filtersEvaluateFunctions(_ condition: String, cpus: String, input: Int, host: String) async throws {
        let text = Self.filtered(condition, cpus: cpus)
        let translation = try await translate(text, inputs: ["n": TOSCAValue(input)])
        #expect(translation.document.configures.map(\.id) == ["s_\(host)_conf"])
        #expect(translation.document.contextualize?.items.map(\.system) == [host])
    }

    @Test func filtersThatNothingPassesAreTold() async throws {
        let text = Self.filtered("{ equal: { get_input: n } }", cpus: "4")
        let template = try await TOSCATemplate(text: text, resolver: .stub)
        #expect(template.nodes.count == 3)
        #expect(await errors(text, inputs: ["n": TOSCAValue(5)]).map(\.code) == [.requirement])
        #expect(await errors(Self.filtered("{ equal: 5 }", cpus: "4")).map(\.code) == [.requirement])
    }

    // MARK: Requirements and values

    @Test func networksHostNothing() async {
        let text = template(
            """
            topology_template:
              node_templates:
                a: { type: tosca.nodes.indigo.Compute }
                b: { type: tosca.nodes.DBMS, requirements: [ { host: n } ] }
                n: { type: tosca.nodes.network.Network }

            """)
        let errors = await errors(text)
        #expect(errors.map(\.code) == [.requirement])
        #expect(errors.first?.path == "topology_template.node_templates.b.requirements[0].host")
    }

    private static func typed(_ types: String, type: String = "my.N", fields: String = "") -> String {
        template("\(types)\ntopology_template:\n  node_templates:\n    a: { type: \(type)\(fields) }\n")
    }

    @Test func requirementsThatATypeAsksForAreTold() async {
        let type =
            "node_types: { my.N: { derived_from: tosca.nodes.Compute, requirements: [ { db: { capability: "
            + "tosca.capabilities.Endpoint, node: tosca.nodes.Database, occurrences: [ 1, UNBOUNDED ] } } ] } }"
        let found = await everything(Self.typed(type))
        #expect(found.map(\.code) == [.requirement] && found.first?.severity == .warning)
        #expect(await everything(Self.typed(type.replacing("[ 1,", with: "[ 0,"))).isEmpty)
    }

    @Test(arguments: [
        ("version", "x.y", false), ("version", "'22.04'", true), ("version", "2.0.1.alpha-10", true),
        ("version", "1.2.x", false), ("version", "''", true), ("version", "7", true),
        ("timestamp", "yesterday", false), ("timestamp", "2001-12-14t21:59:43.10-05:00", true),
        ("timestamp", "2001-12-14", true), ("timestamp", "'2001-13-14'", false),
    ])
    func versionsAndTimesAreLookedAt(_ type: String, value: String, isGood: Bool) async {
        let types = "node_types: { my.N: { derived_from: tosca.nodes.Compute, properties: { p: { type: \(type) } } } }"
        let errors = await errors(Self.typed(types, fields: ", properties: { p: \(value) }"))
        #expect(errors.map(\.code) == (isGood ? [] : [.type]))
    }

    // MARK: Types

    @Test func typesWithoutUsersAreLookedAt() async {
        let types = """
            node_types:
              my.Y: { derived_from: my.Z }
              my.Z: { derived_from: my.Y }
              my.Q: { derived_from: nowhere.Type }
              my.P: { derived_from: my.Q }
              tosca.nodes.WebServer: { derived_from: tosca.nodes.SoftwareComponent }
            """
        let found = await everything(Self.typed(types, type: "tosca.nodes.indigo.Compute"))
        #expect(found.map(\.code) == [.cycle, .unknownType, .unknownType], "\(found)")
        #expect(found.allSatisfy { $0.severity == .warning })
        #expect(found.map(\.line) == [5, 6, 8])
    }

    @Test(arguments: [
        ("type: { get_input: x }", "functions stand in properties only"), ("properties: {}", "'type'"),
    ])
    func nodesWithoutTypesAreTold(_ field: String, expected: String) async {
        let text = template("topology_template:\n  node_templates:\n    a: { \(field) }\n")
        let errors = await errors(text)
        #expect(errors.count == 1 && errors.first?.expected?.contains(expected) == true)
    }

    @Test func namesThatWereExpectedAreToldOnce() async {
        let node =
            MistakeTests.node("properties: {}") + "  outputs: { o: { value: { get_attribute: [ n, zzzzzzzz ] } } }\n"
        let names = await everything(node).first?.expected?.split(separator: ": ").last?.split(separator: ", ") ?? []
        #expect(names.count > 5 && Set(names).count == names.count)
    }

    @Test func misspeltFunctionsAreToldOnce() async {
        let text = MistakeTests.node("properties: { instance_name: { get_foo: x } }")
        #expect(await errors(text).map(\.code) == [.function])
    }

    @Test(arguments: [
        ("scalable: { properties: { count: 2000000000 } }", "20000"),
        ("scalable: { properties: { count: 99999999999999999999 } }", "18 digits"),
        ("host: { properties: { mem_size: 99999999999999 TB } }", "9 EB"),
        ("scalable: { properties: { count: 1, removal_list: [ '5', x ] } }", "number of a machine"),
        ("scalable: { properties: { count: 1, removal_list: [ '-1' ] } }", "number of a machine"),
    ])
    func numbersOutOfBoundsAreTold(_ capability: String, expected: String) async {
        let errors = await errors(MistakeTests.node("capabilities: { \(capability) }"))
        #expect(errors.count == 1 && errors.first?.expected?.contains(expected) == true, "\(errors)")
    }

    @Test(arguments: [
        "capabilities: { os: { properties: { gpu_driver: true } } }",
        "properties: { os_users: [ { os_user_name: bob } ] }",
        "artifacts: { i: { type: tosca.artifacts.Deployment.Image.VM, file: 'ost://h/i' } }",
    ])
    func whatHasNoEffectIsTold(_ field: String) async {
        let found = await everything(MistakeTests.node(field))
        #expect(found.count == 1 && found.first?.message.contains("has no effect") == true, "\(found)")
    }

    // MARK: Copies

    @Test func copiesHaveTheFieldsOfTheOther() async throws {
        let text = template(
            """
            topology_template:
              node_templates:
                a: { type: tosca.nodes.indigo.Compute, properties: { instance_name: x }, capabilities: { host: { properties: { num_cpus: 2 } } } }
                b: { copy: a, capabilities: { host: { properties: { num_cpus: 3 } } } }

            """)
        let document = try await translate(text).document
        #expect(document.system("b")?.features.string("instance_name") == "x")
        #expect("\(document.text())".contains("cpu.count >= 3"))
        #expect(
            await errors(text.replacing("copy: a", with: "type: tosca.nodes.indigo.Compute, copy: c")).map(\.code) == [
                .unknownName
            ])
    }

    // MARK: Inputs

    @Test func inputsMayHaveAValue() async throws {
        let text = template(
            """
            topology_template:
              inputs: { n: { type: integer, value: 3 } }
              node_templates:
                a: { type: tosca.nodes.indigo.Compute, capabilities: { scalable: { properties: { count: { get_input: n } } } } }

            """)
        #expect(try await translate(text).counts == ["a": 3])
        #expect(await errors(text.replacing("value: 3", with: "value: x")).map(\.code) == [.type])
    }

    // MARK: Templates over templates

    private func laid(_ files: [String: String]) async -> [TOSCADiagnostic] {
        var resolver = TOSCAResolver.stub
        let urls = files.map { ("https://types.example/\($0.key).yaml", $0.value) }
        resolver.fetcher = StubFetcher(answers: Dictionary(uniqueKeysWithValues: urls))
        do {
            return try await translate(files["a"] ?? "", resolver: resolver).warnings
        } catch let errors as TOSCAErrors {
            return errors.errors
        } catch {
            return []
        }
    }

    private static func over(_ imports: String, _ node: String) -> String {
        "tosca_definitions_version: tosca_simple_yaml_1_0\nimports: \(imports)\n"
            + "topology_template: { node_templates: { \(node) } }\n"
    }

    @Test func templatesMayLieOverEachOther() async {
        let low = Self.over("[ grycap ]", "c: { type: tosca.nodes.indigo.Compute }")
        let middle = Self.over("[ { template_file: c.yaml } ]", "b: { type: tosca.nodes.indigo.Compute }")
        let top = Self.over(
            "[ { template_file: 'https://types.example/b.yaml' }, grycap ]", "c: { properties: { instance_name: z } }")
        #expect(await laid(["a": top, "b": middle, "c": low]).isEmpty)
        let loop = middle.replacing("c.yaml", with: "b.yaml")
        #expect(await laid(["a": top, "b": loop, "c": low]).map(\.code).first == .cycle)
        let two = top.replacing(", grycap", with: ", { template_file: 'https://types.example/c.yaml' }")
        #expect(await laid(["a": two, "b": middle, "c": low]).map(\.code).first == .import)
    }
}
