import RADL
import TOSCA
import Testing

/// Functions in properties, in recipes and in outputs.
@Suite struct FunctionTests {
    private func name(_ value: String, inputs: [String: TOSCAValue] = [:]) async throws -> String? {
        let text = template(
            """
            topology_template:
              inputs:
                who: { type: string, default: world }
                list: { type: list, default: [ a, { b: [ c, d ] } ] }
              node_templates:
                other:
                  type: tosca.nodes.indigo.Compute
                  properties: { instance_name: name-of-other, tags: { k: v } }
                  capabilities: { host: { properties: { instance_type: m1 } } }
                n:
                  type: tosca.nodes.indigo.Compute
                  properties: { instance_name: \(value) }
            """)
        return try await translate(text, inputs: inputs).document.system("n")?.features.string("instance_name")
    }

    @Test(arguments: [
        ("{ get_input: who }", "world"), ("{ get_input: [ list, 1, b, 0 ] }", "c"),
        ("{ concat: [ hello-, { get_input: who }, -, 5 ] }", "hello-world-5"),
        ("{ concat: [ x, get_input: who ] }", "xworld"), ("{ token: [ a.b.c, '.', 2 ] }", "c"),
        ("{ token: [ { get_input: who }, o, 0 ] }", "w"), ("{ join: [ [ a, b, 3 ], '+' ] }", "a+b+3"),
        ("{ join: [ [ a, { get_input: who } ] ] }", "aworld"),
        ("{ get_property: [ other, instance_name ] }", "name-of-other"),
        ("{ get_property: [ other, tags, k ] }", "v"), ("{ get_property: [ other, host, instance_type ] }", "m1"),
        ("{ get_attribute: [ other, instance_name ] }", "name-of-other"),
        ("{ get_attribute: [ SELF, tosca_name ] }", "n"),
    ])
    func valuesAreMade(_ value: String, expected: String) async throws {
        #expect(try await name(value) == expected)
    }

    @Test func inputsOfTheRequestWin() async throws {
        #expect(try await name("{ get_input: who }", inputs: ["who": TOSCAValue("me")]) == "me")
    }

    @Test(arguments: [
        "{ get_input: whom }", "{ get_inptu: who }", "{ get_property: other }",
        "{ get_property: [ othre, instance_name ] }",
        "{ get_property: [ other, none ] }", "{ concat: x }", "{ token: [ a, b ] }", "{ token: [ a.b, '.', 7 ] }",
        "{ get_attribute: [ other, private_address, 0 ] }", "{ get_property: [ SOURCE, x ] }",
        "{ concat: [ { a: b } ] }",
        "{ get_nodes_of_type: tosca.nodes.Compute }", "{ get_input: { a: b } }",
    ])
    func wrongCallsAreTold(_ value: String) async {
        await #expect(throws: TOSCAErrors.self) { try await name(value) }
    }

    @Test func inputsAreChecked() async throws {
        let text = template(
            """
            topology_template:
              inputs:
                size: { type: scalar-unit.size, constraints: [ { greater_or_equal: 1 GB } ] }
                kind: { type: string, default: x, constraints: [ { valid_values: [ x, y ] } ] }
              node_templates:
                n:
                  type: tosca.nodes.indigo.Compute
                  capabilities: { host: { properties: { mem_size: { get_input: size } } } }
            """)
        #expect(await errors(text).map(\.code) == [.missing])
        #expect(await errors(text, inputs: ["size": TOSCAValue("1 MB")]).map(\.code) == [.constraint])
        #expect(
            await errors(text, inputs: ["size": TOSCAValue("2 GB"), "kind": TOSCAValue("z")]).map(\.code) == [
                .constraint
            ])
        #expect(
            await errors(text, inputs: ["size": TOSCAValue("2 GB"), "kidn": TOSCAValue("y")]).map(\.nearest) == ["kind"]
        )
        #expect(try await translate(text, inputs: ["size": TOSCAValue("2 GB")]).document.check().isEmpty)
        let template = try await TOSCATemplate(text: text)
        #expect(template.inputs.map(\.name) == ["size", "kind"])
        #expect(TOSCAInputs.value("2", for: template.inputs[0]).integer == 2)
        #expect(TOSCAInputs.value("yes", for: template.inputs[1]).string == "yes")
        #expect(try TOSCAInputs.read("inputs:\n  size: 3 GB\n")["size"]?.string == "3 GB")
    }

    @Test func variablesOfRecipesAreExpressions() async throws {
        let text = template(
            """
            topology_template:
              node_templates:
                app:
                  type: tosca.nodes.SoftwareComponent
                  requirements: [ { host: fe } ]
                  interfaces:
                    Standard:
                      configure:
                        implementation: https://types.example/p.yml
                        inputs:
                          url: { concat: [ 'http://', { get_attribute: [ HOST, public_address, 0 ] }, ':80' ] }
                          first: { token: [ { get_attribute: [ HOST, private_address, 0 ] }, '.', 0 ] }
                          id: { get_attribute: [ HOST, tosca_id ] }
                          name: { get_attribute: [ SELF, tosca_name ] }
                          all: { get_attribute: [ srv, private_address ] }
                          both: { concat: [ { get_attribute: [ srv, private_address ] }, { get_attribute: [ wn, private_address ] } ] }
                          text: "two\\nlines: 'x'"
                fe: { type: tosca.nodes.SoftwareComponent, requirements: [ { host: srv } ], capabilities: {} }
                srv: { type: tosca.nodes.indigo.Compute }
                wn: { type: tosca.nodes.indigo.Compute }
            """)
        let document = try await translate(text).document
        guard case .recipe(let recipe) = document.configure("app_srv_conf")?.content else {
            Issue.record("no recipe")
            return
        }
        #expect(recipe.contains("url: 'http://{{ hostvars[groups[''srv''][0]][''IM_NODE_PUBLIC_IP''] }}:80'"))
        #expect(
            recipe.contains("first: '{{ ((hostvars[groups[''srv''][0]][''IM_NODE_PRIVATE_IP''])).split(''.'')[0] }}'"))
        #expect(recipe.contains("IM_NODE_VMID") && recipe.contains("name: app"))
        #expect(recipe.contains("map(''extract'', hostvars,''IM_NODE_PRIVATE_IP'')|list"))
        #expect(recipe.contains("both: '{{ (groups[''srv'']|map("))
        #expect(recipe.contains("else []) + (groups[''wn'']|map("))
        #expect(!recipe.contains("hosts:") && !recipe.contains("connection:"))
    }

    @Test func scriptsOfAnyTextWork() async throws {
        let script = "#!/bin/sh\necho 'it''s' \"$P\" {{ not a template }}\n\texit 0\n"
        let url = "https://types.example/run.sh"
        let text = template(
            """
            topology_template:
              node_templates:
                srv:
                  type: tosca.nodes.indigo.Compute
                  interfaces: { Standard: { start: { implementation: '\(url)', inputs: { P: 5, Q: [ 1 ] } } } }
            """)
        let resolver = TOSCAResolver(
            fetcher: StubFetcher(answers: [url: script]), policy: TOSCAFetchPolicy(allowedHosts: ["types.example"]))
        let document = try await translate(text, resolver: resolver).document
        guard case .recipe(let recipe) = document.configure("srv_conf")?.content else {
            Issue.record("no recipe")
            return
        }
        #expect(recipe.contains("content: !unsafe |"))
        #expect(recipe.contains("P: '5'") && recipe.contains("Q: '[1]'"))
        #expect(document.contextualize?.items.map(\.step) == [1])
    }

    @Test func outputsAreMadeOfMachines() async throws {
        let text = template(
            """
            topology_template:
              inputs: { secret: { type: string, default: random(12) } }
              node_templates:
                app: { type: tosca.nodes.SoftwareComponent, requirements: [ { host: srv } ] }
                srv: { type: tosca.nodes.indigo.Compute }
                plain: { type: tosca.nodes.Compute }
              outputs:
                ip: { value: { get_attribute: [ srv, public_address, 0 ] } }
                late: { value: { get_attribute: [ srv, public_address, 7 ] } }
                ips: { value: { get_attribute: [ srv, private_address ] } }
                one: { value: { get_attribute: [ plain, private_address ] } }
                url: { value: { concat: [ 'http://', get_attribute: [ srv, public_address, 0 ], '/' ] } }
                early: { value: { concat: [ 'http://', get_attribute: [ srv, public_address, 5 ], '/' ] } }
                creds: { value: { get_attribute: [ srv, endpoint, credential, 0 ] } }
                token: { value: { get_attribute: [ srv, endpoint, credential, token, 1 ] } }
                id: { value: { get_attribute: [ srv, tosca_id ] } }
                task: { value: { get_attribute: [ srv, ansible_output, app_srv_conf_srv, tasks, 'a : b', output ] } }
                cert: { value: { get_attribute: [ srv, endpoint, tls_certificates, a.example, cert ] } }
                secret: { value: { get_input: secret } }
                none: { value: { get_attribute: [ srv, nonsense ] } }
            """)
        let translation = try await translate(text)
        var first = TOSCADeployment.Machine(id: "0", system: "srv")
        first.privateAddress = "10.0.0.1"
        first.publicAddress = "1.2.3.4"
        first.providerID = "i-1"
        first.user = "me"
        first.password = "pw"
        first.results = ["app_srv_conf_srv": ["a : b": .init(state: "ok", output: "done")]]
        first.certificates = ["a.example": .init(certificate: "C", key: "K")]
        var second = TOSCADeployment.Machine(id: "1", system: "srv")
        second.privateKey = "KEY"
        var plain = TOSCADeployment.Machine(id: "2", system: "plain")
        plain.privateAddress = "10.0.0.3"
        let outputs = translation.outputs(given: TOSCADeployment(machines: [first, second, plain]))
        func value(_ name: String) -> String { outputs[name]?.json ?? "absent" }
        #expect(value("ip") == "\"1.2.3.4\"" && value("late") == "null" && value("ips") == "[\"10.0.0.1\", null]")
        #expect(value("one") == "\"10.0.0.3\"" && value("url") == "\"http://1.2.3.4/\"" && value("early") == "null")
        #expect(value("creds") == "{\"user\": \"me\", \"token\": \"pw\", \"token_type\": \"password\"}")
        #expect(value("token") == "\"KEY\"" && value("id") == "\"i-1\"" && value("task") == "\"done\"")
        #expect(value("cert") == "\"C\"" && value("none") == "null")
        #expect(outputs["secret"]?.string?.count == 12)
        let before = translation.outputs(given: TOSCADeployment(machines: []))
        #expect(before["ip"]?.isNull == true && before["ips"]?.json == "[]" && before.count == 13)
    }
}
