import RADL
import TOSCA
import Testing

/// Changed templates.
@Suite struct UpdateTests {
    private static let base = template(
        """
        topology_template:
          inputs:
            secret: { type: string, default: random(10) }
            other: { type: string, default: "random(5)" } # kept
          node_templates:
            app:
              type: tosca.nodes.SoftwareComponent
              requirements: [ { host: srv }, { dependency: wn } ]
              interfaces: { Standard: { configure: { implementation: https://types.example/a.yml, inputs: { s: { get_input: secret } } } } }
            srv: { type: tosca.nodes.indigo.Compute }
            wn: { type: tosca.nodes.indigo.Compute, capabilities: { scalable: { properties: { count: 3 } } } }
        """)

    private func machines(_ systems: String...) -> [TOSCADeployment.Machine] {
        systems.enumerated().map { TOSCADeployment.Machine(id: "\($0)", system: $1) }
    }

    @Test func drawnInputsStay() async throws {
        let first = try await translate(Self.base)
        var options = TOSCAOptions()
        options.earlierInputs = first.inputs
        let second = try await translate(Self.base, options: options)
        #expect(first.inputs["secret"]?.string?.count == 10)
        #expect(first.inputs == second.inputs && first.document == second.document)
        #expect(try await translate(Self.base).inputs != first.inputs)
        let kept = first.template.text(keeping: first.inputs)
        let third = try await translate(kept)
        #expect(third.inputs == first.inputs && kept.contains("# kept"))
    }

    @Test func nothingChangedIsNothingToDo() async throws {
        let first = try await translate(Self.base)
        let update = TOSCAUpdate(from: first, to: first, machines: machines("srv", "wn", "wn", "wn"))
        #expect(update.additions.isEmpty && update.removals.isEmpty && !update.reconfigures)
        #expect(update.difference.isEmpty && update.summary.isEmpty)
    }

    @Test func systemsGrowAndShrink() async throws {
        let first = try await translate(Self.base)
        var options = TOSCAOptions()
        options.earlierInputs = first.inputs
        let more = try await translate(Self.base.replacing("count: 3", with: "count: 5"), options: options)
        let growth = TOSCAUpdate(from: first, to: more, machines: machines("srv", "wn", "wn", "wn"))
        #expect(growth.additions.map(\.system) == ["wn"] && growth.additions.map(\.count) == [2])
        #expect(growth.reconfigures)
        let less = try await translate(Self.base.replacing("count: 3", with: "count: 1"), options: options)
        let shrinkage = TOSCAUpdate(from: first, to: less, machines: machines("srv", "wn", "wn", "wn"))
        #expect(shrinkage.removals == ["1", "2"], "the oldest go")
        let list = "count: 1, removal_list: [ 'https://im.example/infrastructures/x/vms/3', '99' ]"
        let named = try await translate(Self.base.replacing("count: 3", with: list), options: options)
        let chosen = TOSCAUpdate(from: first, to: named, machines: machines("srv", "wn", "wn", "wn"))
        #expect(chosen.removals == ["3", "1"])
        #expect(chosen.warnings.contains { $0.message.contains("99") })
    }

    @Test func nodesComeAndGo() async throws {
        let first = try await translate(Self.base)
        var options = TOSCAOptions()
        options.earlierInputs = first.inputs
        let text = Self.base.replacing("    wn: {", with: "    db: {").replacing(
            "dependency: wn", with: "dependency: db")
        let second = try await translate(text, options: options)
        let update = TOSCAUpdate(from: first, to: second, machines: machines("srv", "wn", "wn", "wn"))
        #expect(update.difference.added == ["db"] && update.difference.removed == ["wn"])
        #expect(update.removals == ["1", "2", "3"] && update.additions.map(\.count) == [3])
    }

    @Test func changedMachinesAndRecipesAreTold() async throws {
        let first = try await translate(Self.base)
        var options = TOSCAOptions()
        options.earlierInputs = first.inputs
        let text = Self.base
            .replacing(
                "srv: { type: tosca.nodes.indigo.Compute }",
                with:
                    "srv: { type: tosca.nodes.indigo.Compute, capabilities: { host: { properties: { num_cpus: 4 } } } }"
            )
            .replacing("a.yml", with: "b.yml")
        let second = try await translate(text, options: options)
        let update = TOSCAUpdate(from: first, to: second, machines: machines("srv", "wn", "wn", "wn"))
        #expect(update.difference.changed == ["srv": ["cpu.count"]] && update.outdated == ["srv"])
        #expect(update.difference.recipes == ["app_srv_conf"] && update.reconfigures)
    }

    @Test func changesAreLaidOver() throws {
        let stored = """
            a: { b: 1, c: 2 }
            requirements: [ { host: x }, { local_storage: d1 }, { local_storage: d2 } ]
            list: [ 1, 2, 3 ]
            gone: x
            f: { get_input: a }
            """
        let change = """
            a: { b: 5 }
            requirements: [ { local_storage: e1 }, { dependency: z } ]
            list: [ 9 ]
            gone: null
            f: { get_input: b }
            new: y
            """
        let merged = try TOSCAMerge.merge(stored, with: change).text
        let expected = """
            a:
              b: 5
              c: 2
            requirements:
            - host: x
            - local_storage: d1
            - local_storage: d2
            - local_storage: e1
            - dependency: z
            list:
            - 9
            f:
              get_input: b
            new: y

            """
        #expect(merged == expected)
    }

    @Test func mistakesOfAChangeHaveTheirPlacesInIt() async throws {
        let change = """
            # only what changes
            topology_template:
              node_templates:

                wn: { capabilities: { host: { properties: { nmu_cpus: 1 } } } }
                app:
                  requirements:
                    - dependency: nobody
                srv:
                  type: tosca.nodes.indigo.Computer
            """
        let merged = try TOSCAMerge.merge(Self.base, with: change, name: "change")
        let error = await #expect(throws: TOSCAErrors.self) {
            _ = try await TOSCATemplate(text: merged.text, name: "change", resolver: .stub)
        }
        let refusal = try #require(error)
        let found = merged.located(refusal).errors
        #expect(Set(found.map(\.file)) == ["change"])
        #expect(found.compactMap(\.line).sorted() == [5, 8, 10])
        let columns = Dictionary(found.map { ($0.line, $0.column) }, uniquingKeysWith: { first, _ in first })
        #expect(columns[10] == 13 && columns[5] == 49)
    }

    @Test func mistakesOfTheStoredTemplateHaveTheirPlacesThere() async throws {
        let change = "topology_template: { inputs: { secret: null } }"
        let merged = try TOSCAMerge.merge(Self.base, with: change, name: "change")
        let error = await #expect(throws: TOSCAErrors.self) {
            _ = try await TOSCATemplate(text: merged.text, name: "change", resolver: .stub)
        }
        let refusal = try #require(error)
        let found = try #require(merged.located(refusal).errors.first)
        #expect(found.file == "stored template" && found.line == 11)
        #expect(found.path.hasPrefix("topology_template.node_templates.app.interfaces.Standard.configure.inputs.s"))
    }

    @Test(arguments: Corpus.templates)
    func mergingWithItselfChangesNothing(_ name: String) throws {
        let text = try Corpus.text(name)
        let merged = try TOSCAMerge.merge(text, with: text).text
        #expect(try TOSCAMerge.merge(merged, with: merged).text == merged)
        #expect(try TOSCAInputs.read(merged) == TOSCAInputs.read(text))
    }

    @Test func namesOfContainersStay() async throws {
        let text = template(
            """
            topology_template:
              node_templates:
                web_app:
                  type: tosca.nodes.Container.Application.Docker
                  artifacts: { image: { file: nginx, type: tosca.artifacts.Deployment.Image.Container.Docker } }
                  requirements: [ { host: rt } ]
                rt: { type: tosca.nodes.Container.Runtime.Docker }
            """)
        var options = TOSCAOptions()
        options.salt = "one"
        let first = try await translate(text, options: options)
        let second = try await translate(text + "# changed\n", options: options)
        #expect(first.document.systems.map(\.id) == second.document.systems.map(\.id))
        options.salt = "two"
        #expect(
            try await translate(text, options: options).document.systems.map(\.id) != first.document.systems.map(\.id))
    }
}
