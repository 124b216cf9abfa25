import RADL
import TOSCA
import Testing

/// Values of inputs, and texts that are empty because nobody chose anything.
@Suite struct DefaultTests {
    private static func text(_ input: String) -> String {
        template(
            """
            topology_template:
              inputs:
                x: { \(input) }
              node_templates:
                n: { type: tosca.nodes.indigo.Compute, properties: { instance_name: { get_input: x } } }

            """)
    }

    @Test(arguments: ["random(8)", "'random( 8 )'", "'random(8) '", "random(1)", "random(1024)"])
    func textsAreDrawn(_ value: String) async throws {
        let first = try await translate(Self.text("type: string, default: \(value)"))
        let drawn = try #require(first.inputs["x"]?.string)
        let count = value.filter(\.isNumber)
        #expect(String(drawn.utf8.count) == count && !drawn.contains("("))
        let kept = first.template.text(keeping: first.inputs)
        #expect(try await translate(kept).inputs == first.inputs)
    }

    @Test(arguments: ["random(0)", "random(1025)", "random(x)", "random()", "random(-3)", "'random( )'"])
    func wrongDrawingsAreRefused(_ value: String) async {
        let errors = await errors(Self.text("type: string, default: \(value)"))
        #expect(errors.map(\.code) == [.function])
        #expect(errors.first?.expected?.contains("from 1 to 1024") == true)
        #expect(errors.first?.line == 5)
        #expect(errors.first?.path == "topology_template.inputs.x.default")
    }

    @Test(arguments: ["integer", "boolean", "list", "scalar-unit.size"])
    func drawingsAreTexts(_ type: String) async {
        let errors = await errors(Self.text("type: \(type), default: random(3)"))
        #expect(errors.map(\.code) == [.type])
        #expect(errors.first?.line == 5)
    }

    @Test(arguments: ["random", "random(8) and more", "a random(8)"])
    func otherTextsStand(_ value: String) async throws {
        #expect(try await translate(Self.text("type: string, default: '\(value)'")).inputs["x"]?.string == value)
    }

    @Test(arguments: [
        "type: string, default: { concat: [ a, b ] }", "type: string, default: { get_input: y }",
        "type: string, default: { get_input: x }", "type: string, default: { token: [ a.b, '.', 0 ] }",
        "type: list, default: [ a, { get_input: y } ]", "type: map, default: { a: { concat: [ b, c ] } }",
        "type: integer, default: { get_property: [ n, instance_name ] }",
    ])
    func functionsInDefaultsAreRefused(_ input: String) async {
        let errors = await errors(Self.text(input))
        #expect(errors.map(\.code) == [.function])
        #expect(errors.first?.line == 5)
        #expect(errors.first?.message.contains("no functions are evaluated") == true)
    }

    @Test func functionsInValuesAreRefused() async throws {
        let values = try TOSCAInputs.read("x: { concat: [ a, b ] }")
        let errors = await errors(Self.text("type: string, default: a"), inputs: values)
        #expect(errors.map(\.code) == [.function])
    }

    @Test func mappingsMayHaveKeysOfSuchNames() async throws {
        let text = Self.text("type: map, default: { token: [ a, b, c ] }")
            .replacing("get_input: x", with: "get_input: [ x, token, 1 ]")
        #expect(try await translate(text).document.system("n")?.features.string("instance_name") == "b")
    }

    @Test(arguments: ["instance_type", "gpu_vendor", "gpu_model", "disk_type"])
    func emptyTextsOfHostsAreUnset(_ property: String) async throws {
        let text = MistakeTests.node("capabilities: { host: { properties: { num_cpus: 1, \(property): '' } } }")
        let system = try #require(try await translate(text).document.system("n"))
        #expect(system.features.all.map(\.name).allSatisfy { !$0.hasSuffix("type") && !$0.hasPrefix("gpu") })
        #expect(system.features.range("cpu.count") != nil)
    }

    @Test func artifactsThatThereAreNotAreTold() async throws {
        let text = MistakeTests.node(
            "artifacts: { data: { file: 'https://a.example/x', type: tosca.artifacts.File } }, "
                + "capabilities: { os: { properties: { image: { get_artifact: [ NODE, NAME ] } } } }")
        for node in ["n", "SELF"] {
            let errors = await errors(text.replacing("NODE", with: node).replacing("NAME", with: "dta"))
            #expect(errors.map(\.code) == [.unknownName])
            #expect(errors.first?.nearest == "data" && errors.first?.line == 6)
            #expect(await self.errorCount(text.replacing("NODE", with: node).replacing("NAME", with: "data")) == 0)
        }
        #expect(await errors(text.replacing("NODE", with: "m").replacing("NAME", with: "data")).count == 1)
    }

    private func errorCount(_ text: String) async -> Int { await errors(text).count }
}
