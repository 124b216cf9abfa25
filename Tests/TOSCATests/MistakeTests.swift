import RADL
import TOSCA
import Testing

/// What is written wrongly, or means something else than its author thinks, is told.
@Suite struct MistakeTests {
    private static let machines = """
        topology_template:
          inputs: { number: { type: integer, default: 4096 } }
          node_templates:
            front: { type: tosca.nodes.indigo.Compute }
            wn: { type: tosca.nodes.indigo.Compute }
            app: { type: tosca.nodes.SoftwareComponent, requirements: [ { host: front } ] }
            net: { type: tosca.nodes.network.Network }

        """

    private func warnings(_ text: String) async throws -> [TOSCADiagnostic] { try await translate(text).warnings }

    /// A template whose node `n` has these fields.
    static func node(_ fields: String, type: String = "tosca.nodes.indigo.Compute") -> String {
        template(
            """
            topology_template:
              inputs: { number: { type: integer, default: 4096 } }
              node_templates:
                n: { type: \(type), \(fields) }

            """)
    }

    // MARK: Fields

    @Test(arguments: [
        ("policies: [ { p: { type: tosca.policies.Placement, target: [ front ] } } ]", "targets"),
        ("policies: [ { p: { type: tosca.policies.Placement, propertys: { cloud_id: a } } } ]", "properties"),
        ("policies: [ { p: { type: tosca.policies.Placement, properties: { cloudid: a } } } ]", "cloud_id"),
        ("groups: { g: { type: tosca.groups.Root, member: [ front ] } }", "members"),
        ("outputs: { o: { vlaue: 1, value: 2 } }", "value"),
    ])
    func misspeltFieldsAreRefused(_ section: String, nearest: String) async {
        let errors = await errors(template(Self.machines + "  \(section)\n"))
        #expect(errors.map(\.code) == [.unknownField])
        #expect(errors.first?.nearest == nearest)
        #expect(errors.first?.line == 10)
    }

    @Test func misspeltFieldsOfInputsAreRefused() async {
        let text = Self.machines.replacing("default: 4096", with: "defualt: 4096, default: 1, constraint: []")
        #expect(await errors(template(text)).map(\.nearest) == ["default", "constraints"])
    }

    @Test(arguments: [
        "directives: [ select ]", "node_filter: { properties: [ { instance_name: x } ] }",
        "attributes: { private_address: [ 10.0.0.1 ] }",
    ])
    func fieldsWithoutEffectAreTold(_ field: String) async throws {
        let warnings = try await warnings(Self.node(field))
        #expect(warnings.count == 1)
        #expect(warnings.first?.message.contains("has no effect") == true)
        #expect(warnings.first?.path == "topology_template.node_templates.n.\(field.prefix { $0 != ":" })")
        #expect(try await self.warnings(Self.node("directives: []")).isEmpty)
    }

    @Test(arguments: [
        ("Standard: { confgiure: 'https://types.example/x.yml' }", "configure"),
        ("Standard: { operations: { strat: 'https://types.example/x.yml' } }", "start"),
        ("Standrad: { configure: 'https://types.example/x.yml' }", "Standard"),
    ])
    func misspeltOperationsAreRefused(_ interface: String, nearest: String) async {
        let errors = await errors(Self.node("interfaces: { \(interface) }"))
        #expect(errors.map(\.code) == [.unknownField])
        #expect(errors.first?.nearest == nearest)
    }

    @Test(arguments: [
        "Standard: { stop: 'https://types.example/x.yml' }", "my.Own: { run: 'https://types.example/x.yml' }",
    ])
    func operationsThatAreNotRunAreTold(_ interface: String) async throws {
        let warnings = try await warnings(Self.node("interfaces: { \(interface) }"))
        #expect(warnings.map(\.code) == [.translation])
    }

    // MARK: Placement

    private func placed(_ policies: String) async throws -> [String: String] {
        let document = try await translate(template(Self.machines + "  policies:\n\(policies)\n")).document
        return Dictionary(
            uniqueKeysWithValues: document.deploys.compactMap { deploy in
                deploy.cloud.map { (deploy.system, $0) }
            })
    }

    @Test func placementsThatContradictAreRefused() async {
        let policies = """
              policies:
                - one: { type: tosca.policies.indigo.Placement, properties: { cloud_id: a }, targets: [ front ] }
                - two: { type: tosca.policies.indigo.Placement, properties: { cloud_id: b }, targets: [ app ] }
                - three: { type: tosca.policies.Placement, properties: { availability_zone: z1 }, targets: [ wn ] }
                - four: { type: tosca.policies.Placement, properties: { availability_zone: z2 }, targets: [ wn ] }

            """
        let errors = await errors(template(Self.machines + policies))
        #expect(errors.map(\.line) == [12, 14])
        #expect(errors.first?.message.contains("'one' and 'two' put 'front' in different clouds: 'a' and 'b'") == true)
        #expect(errors.last?.message.contains("different zones") == true)
    }

    @Test func aPolicyForANodeGoesBeforeOneForAll() async throws {
        let all = "    - all: { type: tosca.policies.Placement, properties: { cloud_id: a } }"
        let one = "    - one: { type: tosca.policies.Placement, properties: { cloud_id: b }, targets: [ app ] }"
        let same = "    - same: { type: tosca.policies.Placement, properties: { cloud_id: b }, targets: [ front ] }"
        #expect(try await placed([all, one, same].joined(separator: "\n")) == ["front": "b", "wn": "a"])
        #expect(try await placed([same, all].joined(separator: "\n")) == ["front": "b", "wn": "a"])
    }

    @Test func placementsOfWhatHasNoMachineAreTold() async throws {
        let policy =
            "  policies: [ { p: { type: tosca.policies.Placement, properties: { cloud_id: a }, targets: [ net ] } } ]\n"
        #expect(try await warnings(template(Self.machines + policy)).contains { $0.message.contains("'net'") })
    }

    @Test func containersArePlaced() async throws {
        let text = template(
            """
            topology_template:
              node_templates:
                app:
                  type: tosca.nodes.Container.Application.Docker
                  artifacts: { image: { file: nginx, type: tosca.artifacts.Deployment.Image.Container.Docker } }
                  requirements: [ { host: rt } ]
                rt: { type: tosca.nodes.Container.Runtime.Docker }
              policies:
                - p: { type: tosca.policies.indigo.Placement, properties: { cloud_id: k8s }, targets: [ TARGET ] }
            """)
        for target in ["app", "rt"] {
            let document = try await translate(text.replacing("TARGET", with: target)).document
            #expect(document.deploys.map(\.cloud) == ["k8s"])
        }
    }

    // MARK: Values

    @Test(arguments: ["4", "'4'", "4.5", "2048"])
    func sizesNeedAUnit(_ size: String) async {
        let text = Self.node("capabilities: { host: { properties: { mem_size: \(size) } } }")
        let errors = await errors(text)
        #expect(errors.map(\.code) == [.type])
        #expect(errors.first?.message.contains("no unit") == true)
        #expect(errors.first?.expected?.contains("4 GiB") == true)
    }

    @Test func sizesThatFunctionsGiveNeedOneToo() async throws {
        let text = Self.node("capabilities: { host: { properties: { mem_size: { get_input: number } } } }")
        #expect(await errors(text).map(\.message) == ["the size is '4096', which has no unit"])
        let none = Self.node("capabilities: { host: { properties: { mem_size: 0 } } }")
        #expect(try await self.warnings(none).isEmpty, "nothing is nothing in any unit")
        let input = template(Self.machines.replacing("integer, default: 4096", with: "scalar-unit.size, default: 4"))
        #expect(await errors(input).map(\.code) == [.type])
    }

    @Test(arguments: [("public", "PUBLIC"), ("Private", "PRIVATE"), ("net1.public", "net1.PUBLIC")])
    func namesOfNetworksInOtherLettersAreTold(_ name: String, meant: String) async throws {
        let text = Self.node("capabilities: { endpoint: { properties: { network_name: \(name) } } }")
        let translation = try await translate(text)
        #expect(translation.warnings.first?.expected?.hasPrefix(meant + ",") == true)
        #expect(translation.document.network("private_net")?.features.string("provider_id") == name, "as IM")
    }

    @Test(arguments: ["PUBLIC", "PRIVATE", "net1", "net1.PUBLIC", "'net1,public'", "publication"])
    func otherNamesOfNetworksAreNot(_ name: String) async throws {
        let text = Self.node("capabilities: { endpoint: { properties: { network_name: \(name) } } }")
        #expect(try await warnings(text).isEmpty)
    }

    @Test(arguments: ["{ a: 'x,y' }", "{ 'a,b': x }", "{ 'a=b': x }"])
    func tagsThatRADLCannotWriteAreRefused(_ tags: String) async {
        let errors = await errors(Self.node("properties: { tags: \(tags) }"))
        #expect(errors.map(\.code) == [.translation])
        #expect(errors.first?.path.hasPrefix("topology_template.node_templates.n.properties.tags.") == true)
    }

    @Test(arguments: [
        ("default_instances: 4", 4, 0), ("default_instances: 4, count: 2", 2, 1), ("min_instances: 2", 1, 1),
        ("min_instances: 1, default_instances: 3", 3, 0), ("count: 3, min_instances: 1", 3, 0), ("count: 0", 0, 0),
    ])
    func countsAreAsAssigned(_ properties: String, count: Int, warnings: Int) async throws {
        let text = Self.node("capabilities: { scalable: { properties: { \(properties) } } }")
        let translation = try await translate(text)
        #expect(translation.counts == ["n": count])
        #expect(translation.warnings.count == warnings)
        #expect(translation.warnings.allSatisfy { $0.message.contains("has no effect") })
    }

    @Test func tooManyMachinesAreRefused() async {
        func text(_ first: Int, _ second: Int) -> String {
            template(
                """
                topology_template:
                  node_templates:
                    a: { type: tosca.nodes.indigo.Compute, capabilities: { scalable: { properties: { count: \(first) } } } }
                    b: { type: tosca.nodes.indigo.Compute, capabilities: { scalable: { properties: { count: \(second) } } } }
                """)
        }
        #expect(await errors(text(10_000, 10_000)).isEmpty)
        #expect(await errors(text(10_001, 10_000)).map(\.code) == [.limit])
        #expect(await errors(text(20_001, 0)).first?.expected?.contains("20000") == true)
    }

    @Test func onlyDisksAreAttached() async {
        let text = template(
            """
            topology_template:
              node_templates:
                a:
                  type: tosca.nodes.indigo.Compute
                  requirements: [ { local_storage: { node: b, relationship: { type: AttachesTo, properties: { location: /m } } } } ]
                b: { type: tosca.nodes.indigo.Compute }
            """)
        let errors = await errors(text)
        #expect(errors.map(\.code) == [.requirement])
        #expect(errors.first?.expected?.contains("BlockStorage") == true)
    }

    @Test func mistakesInInputsHaveTheirOwnPlace() async throws {
        let text = template(Self.machines)
        let inputs = try TOSCAInputs.read("# values\nnumber: many\nother: 1\n", name: "in.yaml")
        let found = await errors(text, inputs: inputs)
        #expect(found.map(\.file) == ["inputs", "inputs"] && found.map(\.line) == [2, 3])
        let template = try await TOSCATemplate(text: text)
        let one = TOSCAInputs.value("many", for: template.inputs.first)
        let without = await errors(text, inputs: ["number": one])
        #expect(without.map(\.file) == ["template"] && without.map(\.line) == [nil])
        let error = #expect(throws: TOSCAErrors.self) { try TOSCAInputs.read("a: [", name: "in.yaml") }
        #expect(error?.errors.first?.file == "in.yaml")
    }

    // MARK: Functions

    private static func output(_ value: String) -> String {
        template(machines + "  outputs: { o: { value: \(value) } }\n")
    }

    @Test(arguments: [
        ("{ get_attribute: [ front, public_adress, 0 ] }", "public_address"),
        ("{ get_attribute: [ app, host, private_addres ] }", "private_address"),
        ("{ get_attribute: [ front, endpoint, credentials, 0 ] }", "credential"),
        ("{ concat: [ x, { get_attribute: [ front, ctxt_logg ] } ] }", "ctxt_log"),
    ])
    func attributesThatNobodyHasAreTold(_ value: String, nearest: String) async throws {
        let warnings = try await warnings(Self.output(value))
        #expect(warnings.map(\.code) == [.unknownName])
        #expect(warnings.first?.nearest == nearest)
        #expect(warnings.first?.line == 10)
    }

    @Test(arguments: [
        "[ front, public_address, 0 ]", "[ front, private_address ]", "[ front, endpoint, credential, 0 ]",
        "[ front, endpoint, ip_address, 0 ]", "[ front, tosca_id ]", "[ front, ctxt_log ]", "[ app, ip_address ]",
        "[ front, ansible_output, app_front_conf_front, tasks, x, output ]", "[ front, instance_name ]",
        "[ app, host, public_address, 0 ]", "[ front, endpoint, tls_certificates, a.example, cert ]",
        "[ front, host, num_cpus ]", "[ front, public_address, { get_input: number } ]",
    ])
    func attributesThatThereAreAreNot(_ arguments: String) async throws {
        #expect(try await warnings(Self.output("{ get_attribute: \(arguments) }")).isEmpty)
    }

    @Test(arguments: ["99999999999999999999", "-1", "first", "1.5"])
    func numbersThatNoMachineHasAreRefused(_ number: String) async {
        let call = "{ get_attribute: [ front, public_address, \(number) ] }"
        #expect(await errors(Self.output(call)).map(\.code) == [.function])
        let recipe = """
            interfaces: { Standard: { configure: { implementation: 'https://types.example/x.yml', inputs: { i: \(call) } } } }
            """
        let text = Self.machines.replacing("[ { host: front } ] }", with: "[ { host: front } ], \(recipe) }")
        #expect(await errors(template(text)).map(\.code) == [.function])
    }

    @Test func numbersOfInputsAreLookedAt() async throws {
        let text = Self.output("{ get_attribute: [ front, public_address, { get_input: number } ] }")
            .replacing("integer, default: 4096", with: "string, default: '0'")
        let translation = try await translate(text, inputs: ["number": TOSCAValue("99999999999999999999")])
        var machine = TOSCADeployment.Machine(id: "0", system: "front")
        machine.publicAddress = "1.2.3.4"
        #expect(translation.outputs(given: TOSCADeployment(machines: [machine]))["o"]?.isNull == true)
    }

    @Test func tokensThatNobodyShowedAreRefused() async throws {
        let text = template(Self.machines.replacing("integer, default: 4096", with: "string, default: access_token()"))
        var options = TOSCAOptions()
        for token in [nil, ""] {
            options.accessToken = token
            let error = await #expect(throws: TOSCAErrors.self) { try await translate(text, options: options) }
            #expect(error?.errors.map(\.code) == [.missing])
        }
        options.isForReading = true
        #expect(try await translate(text, options: options).warnings.map(\.code) == [.missing])
        options = TOSCAOptions()
        options.accessToken = "T"
        let first = try await translate(text, options: options)
        #expect(first.inputs["number"]?.string == "T" && first.warnings.isEmpty)
        options.accessToken = nil
        options.earlierInputs = first.inputs
        #expect(try await translate(text, options: options).inputs["number"]?.string == "T")
        #expect(try await translate(text, inputs: ["number": TOSCAValue("mine")]).inputs["number"]?.string == "mine")
    }

    // MARK: All at once

    @Test func mistakesOfAllStagesAreToldAtOnce() async {
        let text = template(
            """
            topology_template:
              inputs: { size: { type: scalar-unit.size, default: 1 GB } }
              node_templates:
                a: { type: tosca.nodes.indigo.Computer }
                b: { type: tosca.nodes.indigo.Compute, properties: { tags: { x: 'a,b' } } }
                c: { type: tosca.nodes.indigo.Compute, capabilities: { host: { properties: { nmu_cpus: 1 } } } }
              policies:
                - p: { type: tosca.policies.Placement, properties: { cloud_id: x }, targets: [ b ] }
                - q: { type: tosca.policies.Placement, properties: { cloud_id: y }, targets: [ b ] }
            """)
        #expect(await errors(text).map(\.line) == [6, 7, 8, 11])
        let right = text.replacing("Computer", with: "Compute").replacing("nmu_cpus", with: "num_cpus")
        let inputs = ["size": TOSCAValue("big"), "other": TOSCAValue("x")]
        #expect(await errors(right, inputs: inputs).count == 4, "those of the inputs come with the others")
    }

    @Test func mistakesAreNotToldTwice() async {
        let text = template(
            """
            topology_template:
              inputs: { size: { type: scalar-unit.size } }
              node_templates:
                net: { type: tosca.nodes.network.Netwrok }
                a: { type: tosca.nodes.indigo.Compute }
                p: { type: tosca.nodes.network.Port, requirements: [ { binding: a }, { link: net } ] }
                b: { type: tosca.nodes.indigo.Compute, capabilities: { host: { properties: { mem_size: { get_input: size } } } } }
            """)
        #expect(await errors(text).map(\.code) == [.unknownType])
        let good = text.replacing("Netwrok", with: "Network")
        #expect(await errors(good, inputs: ["size": TOSCAValue("big")]).map(\.code) == [.type])
    }

    @Test func templatesThatAddToAnotherOneSaySo() async throws {
        let text = try Corpus.text("tosca-templates-stac_vm.yaml")
        let error = try #require(await errors(text).first { $0.message.contains("requires") })
        #expect(error.expected?.contains("'simple-node-disk.yml' below this template") == true)
        #expect(error.expected?.contains("template_file") == true)
    }
}
