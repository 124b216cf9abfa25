import RADL
import TOSCA
import Testing

/// What recipes get: inputs of operations and of whole interfaces, and the functions in them.
@Suite struct OperationInputTests {
    private static let recipe = "https://files.example/b.yml"

    /// A node `s` of type `my.S` on the machines `a`.
    private func text(_ interface: String, own: String = "", properties: String = "", count: Int = 2) -> String {
        template(
            """
            node_types:
              my.S:
                derived_from: tosca.nodes.SoftwareComponent
                properties:
                  ips: { type: list, required: false, entry_schema: { type: string } }
                  pair: { type: list, required: false, entry_schema: { type: string } }
                interfaces: { Standard: { \(interface) } }
            topology_template:
              node_templates:
                a: { type: tosca.nodes.indigo.Compute, capabilities: { scalable: { properties: { count: \(count) } } } }
                s:
                  type: my.S
                  requirements: [ { host: a } ]
                  properties: { \(properties) }
                  interfaces: { Standard: { \(own) } }
              outputs:
                host: { value: { get_attribute: [ s, host, private_address ] } }
                first: { value: { get_attribute: [ s, host, private_address, 0 ] } }
                state: { value: { get_attribute: [ a, state ] } }
                joined: { value: { join: [ { get_property: [ s, ips ] }, ',' ] } }

            """)
    }

    private func body(_ text: String) async throws -> String {
        let translation = try await translate(text)
        #expect(translation.warnings.isEmpty, "\(translation.warnings)")
        return translation.document.configures.map { "\($0.content)" }.joined().replacing("\\'", with: "'")
    }

    private static let list =
        "(groups['a']|map('extract', hostvars,'IM_NODE_PRIVATE_IP')|list if 'a' in groups else [])"

    @Test(arguments: [
        ("{ join: [ { get_attribute: [ a, private_address ] }, ',' ] }", "{{ \(list) | join(',') }}"),
        ("{ join: [ { get_property: [ SELF, ips ] }, ' ' ] }", "{{ \(list) | join(' ') }}"),
        (
            "{ concat: [ x, { join: [ { get_attribute: [ HOST, private_address ] }, ';' ] } ] }",
            "x{{ \(list) | join(';') }}"
        ),
        (
            "{ token: [ { join: [ { get_attribute: [ a, private_address ] }, ',' ] }, ',', 0 ] }",
            "{{ ((\(list) | join(','))).split(',')[0] }}"
        ),
        ("{ get_property: [ SELF, ips, 1 ] }", "{{ (\(list))[1] }}"),
        (
            "{ join: [ { get_property: [ SELF, pair ] }, '-' ] }",
            "{{ hostvars[groups['a'][0]]['IM_NODE_PRIVATE_IP'] }}-q"
        ),
        (
            "{ get_attribute: [ SELF, host, private_address, 1 ] }",
            "{{ hostvars[groups['a'][1]]['IM_NODE_PRIVATE_IP'] }}"
        ),
        ("{ get_attribute: [ SELF, host, private_address ] }", String(list.dropFirst().dropLast())),
        ("{ get_property: [ SELF, host, num_cpus ] }", "v: 7"),
    ])
    func listsOfMachinesAreUsed(_ value: String, expected: String) async throws {
        let properties =
            "ips: { get_attribute: [ a, private_address ] }, pair: [ { get_attribute: [ a, private_address, 0 ] }, q ]"
        let text = text(
            "configure: { implementation: '\(Self.recipe)', inputs: { v: \(value) } }", properties: properties
        )
        .replacing("capabilities: { scalable", with: "capabilities: { host: { properties: { num_cpus: 7 } }, scalable")
        let body = try await body(text)
        #expect(body.replacing("''", with: "'").contains(expected), "\(body)")
    }

    @Test func outputsKnowThemToo() async throws {
        let text = text("configure: '\(Self.recipe)'", properties: "ips: { get_attribute: [ a, private_address ] }")
        let translation = try await translate(text)
        #expect(translation.warnings.isEmpty)
        var machines = [TOSCADeployment.Machine(id: "0", system: "a"), TOSCADeployment.Machine(id: "1", system: "a")]
        #expect(translation.outputs(given: TOSCADeployment(machines: []))["state"]?.string == "initial")
        machines[0].state = "configuring"
        machines[0].privateAddress = "10.0.0.1"
        machines[1].privateAddress = "10.0.0.2"
        let outputs = translation.outputs(given: TOSCADeployment(machines: machines))
        #expect(outputs["host"]?.list?.compactMap(\.string) == ["10.0.0.1", "10.0.0.2"])
        #expect(outputs["first"]?.string == "10.0.0.1")
        #expect(outputs["state"]?.string == "configuring")
        #expect(outputs["joined"]?.string == "10.0.0.1,10.0.0.2")
    }

    @Test func recipesGetNoStateThatWillChange() async {
        let text = text(
            "configure: { implementation: '\(Self.recipe)', inputs: { v: { get_attribute: [ a, state ] } } }")
        #expect(await everything(text).map(\.code) == [.unknownName])
    }

    @Test func oneMessageForAMistake() async throws {
        let text = text(
            "configure: '\(Self.recipe)'", own: "configure: { inputs: { v: { get_attribute: [ SELF, nothing ] } } }")
        let found = await everything(text)
        #expect(found.count == 1, "\(found)")
        let joined = text.replacing("{ get_attribute: [ SELF, nothing ] }", with: "{ join: [ abc, ',' ] }")
        #expect(await everything(joined).map(\.code) == [.function])
    }

    // MARK: Declarations

    @Test func declarationsAreNoValues() async throws {
        let declared =
            "w: { type: integer, required: true }, v: { type: string }, x: { value: 3, type: integer }, "
            + "y: { type: string, default: dd }"
        let interface = "configure: { implementation: '\(Self.recipe)', inputs: { \(declared) } }"
        let found = await everything(text(interface))
        #expect(found.map(\.code) == [.missing] && found.first?.severity == .error)
        #expect(found.first?.message.contains("'w'") == true && found.first?.line != nil)
        let body = try await body(text(interface, own: "configure: { inputs: { w: 9 } }"))
        #expect(body.contains("w: 9") && body.contains("x: 3") && body.contains("y: dd"))
        #expect(!body.contains("v:") && !body.contains("type:"))
    }

    @Test func mappingsOfATemplateAreValues() async throws {
        let interface = "configure: { implementation: '\(Self.recipe)' }"
        let body = try await body(text(interface, own: "configure: { inputs: { w: { type: string } } }"))
        #expect(body.contains("type: string"))
    }

    // MARK: Interfaces

    @Test func inputsOfAnInterfaceAreForAllOperations() async throws {
        let interface =
            "inputs: { both: { type: string, default: one }, kept: { type: string, default: kk } }, "
            + "create: '\(Self.recipe)', configure: { implementation: '\(Self.recipe)', inputs: { both: own } }"
        let inherited = try await body(text(interface))
        #expect(inherited.contains("both: one") && inherited.contains("both: own"))
        #expect(inherited.ranges(of: "kept: kk").count == 2)
        let own = try await body(text(interface, own: "inputs: { both: two }, start: '\(Self.recipe)'"))
        #expect(own.ranges(of: "both: two").count == 2 && own.contains("both: own") && !own.contains("both: one"))
        #expect(own.ranges(of: "kept: kk").count == 3)
    }

    @Test func mistakesInThemAreToldOnce() async throws {
        let interface = "inputs: { i: { get_input: none } }, create: '\(Self.recipe)', configure: '\(Self.recipe)'"
        let found = await everything(text("configure: '\(Self.recipe)'", own: interface))
        #expect(found.count == 1)
        #expect(found.first?.path.hasSuffix("interfaces.Standard.inputs.i.get_input") == true)
    }

    @Test func partsOfAnImplementationWithoutEffectAreTold() async throws {
        let own = "configure: { implementation: { primary: '\(Self.recipe)', dependencies: [ a.sh ], timeout: 60 } }"
        let found = try await translate(text("configure: '\(Self.recipe)'", own: own)).warnings
        #expect(found.map { $0.path.split(separator: ".").last } == ["dependencies", "timeout"])
    }

    // MARK: Names

    @Test func sectionsHaveNamesOfTheirOwn() async throws {
        let operation =
            "interfaces: { Standard: { configure: { implementation: '\(Self.recipe)', inputs: { v: 1 } } } }"
        let text = template(
            """
            topology_template:
              node_templates:
                b_c: { type: tosca.nodes.indigo.Compute }
                c: { type: tosca.nodes.indigo.Compute }
                a: { type: tosca.nodes.SoftwareComponent, requirements: [ { host: b_c } ], \(operation) }
                a_b: { type: tosca.nodes.SoftwareComponent, requirements: [ { host: c } ], \(operation) }

            """)
        let document = try await translate(text).document
        #expect(document.configures.map(\.id) == ["a_b_c_conf", "a_b_c_conf_2"])
        #expect(document.contextualize?.items.map(\.configure) == ["a_b_c_conf", "a_b_c_conf_2"])
    }
}
