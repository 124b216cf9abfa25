import RADL
import TOSCA
import Testing

/// The types that are part of the program, and those of templates.
@Suite struct TypeTests {
    @Test func bundledTypesAreWhole() {
        let types = TOSCATypeCatalog.all()
        for collection in BundledCollection.all {
            let names = TOSCATypeKind.allCases.flatMap { collection.names($0) }
            let resolved = types.filter { $0.origin == collection.name }
            #expect(Set(resolved.map(\.name)) == Set(names), "\(collection.name): each type can be used")
        }
        #expect(types.filter { $0.origin == "grycap" }.count == 78)
        #expect(types.count > 250)
    }

    @Test func typesOfBundledPropertiesAreDefined() {
        let types = TOSCATypeCatalog.all()
        let simple: Set<String> = [
            "string", "integer", "float", "boolean", "timestamp", "range", "list", "map", "version", "json", "xml",
            "scalar-unit.size", "scalar-unit.time", "scalar-unit.frequency", "scalar-unit.bitrate",
        ]
        let normative = Set(types.filter { $0.kind == .data && $0.origin == "normative" }.map(\.name))
        for collection in ["normative", "grycap", "indigo"] {
            let own = types.filter { $0.origin == collection }
            let known = simple.union(normative).union(own.filter { $0.kind == .data }.map(\.name))
            for type in own {
                let properties =
                    type.properties.elements + type.attributes.elements
                    + type.capabilities.elements.flatMap(\.properties.elements)
                for property in properties {
                    var reference: TOSCATypeReference? = property.type
                    while let current = reference {
                        #expect(known.contains(current.name), "\(type.name).\(property.name): \(current.name)")
                        reference = current.entry?.type
                    }
                }
            }
        }
    }

    @Test func typesInheritAndRefine() throws {
        let types = TOSCATypeCatalog.all()
        let slurm = try #require(
            types.first { $0.name == "tosca.nodes.indigo.LRMS.FrontEnd.Slurm" && $0.origin == "grycap" })
        #expect(slurm.properties.names.contains("wn_ips"), "from the parent")
        #expect(slurm.properties["slurm_version"] == nil)
        #expect(slurm.capabilities["lrms"]?.type.name == "tosca.capabilities.indigo.LRMS.Slurm")
        #expect(slurm.capabilities["lrms"]?.properties["type"]?.defaultValue?.string == "slurm")
        #expect(slurm.isA("tosca.nodes.SoftwareComponent"))
        #expect(
            slurm.interfaces["Standard"]?.operations["configure"]?.implementation?.hasSuffix("slurm_fe_install.yml")
                == true)
    }

    private func body(_ properties: String) -> String {
        """
        tosca_definitions_version: tosca_simple_yaml_1_0
        data_types:
          my.Disk:
            derived_from: tosca.datatypes.Root
            properties:
              size: { type: scalar-unit.size, constraints: [ { in_range: [ 1 GB, 1 TB ] } ] }
              kind: { type: string, required: false, constraints: [ { valid_values: [ ssd, hdd ] } ] }
          my.Port: { derived_from: integer, constraints: [ { less_than: 100 } ] }
        node_types:
          my.Node:
            derived_from: tosca.nodes.Compute
            properties:
              text: { type: string, required: false, constraints: [ { pattern: '[a-z]+[0-9]{2}' }, { max_length: 5 } ] }
              count: { type: integer, required: false, constraints: [ { greater_than: 2 }, { less_or_equal: 5 } ] }
              rate: { type: float, required: false }
              flag: { type: boolean, required: false }
              since: { type: version, required: false, constraints: [ { greater_or_equal: 1.10.0 } ] }
              time: { type: scalar-unit.time, required: false, constraints: [ { less_than: 2 h } ] }
              speed: { type: scalar-unit.frequency, required: false }
              range: { type: range, required: false, constraints: [ { in_range: [ 1, 10 ] } ] }
              disks: { type: list, required: false, entry_schema: { type: my.Disk }, constraints: [ { min_length: 1 } ] }
              ports: { type: map, required: false, entry_schema: { type: my.Port } }
        topology_template:
          node_templates:
            n: { type: my.Node, properties: { \(properties) } }
        """
    }

    @Test(arguments: [
        "text: ab12", "count: 3", "count: '5'", "rate: 1", "rate: '1.5'", "flag: yes", "flag: 'true'", "since: 1.10.1",
        "since: 1.11", "time: 90 m", "time: 7199 s", "speed: 2.4 GHz", "range: [ 2, 10 ]", "disks: [ { size: 10 GB } ]",
        "disks: [ { size: 1 GiB, kind: ssd } ]", "ports: { a: 80 }", "disks: { get_input: x }",
    ])
    func goodValuesAreTaken(_ properties: String) async {
        let text = body(properties).replacing(
            "  node_templates:", with: "  inputs: { x: { type: list } }\n  node_templates:")
        #expect(await errors(text) == [])
    }

    @Test(arguments: [
        ("text: ab1", "pattern"), ("text: abcd12", "length"), ("text: [ a ]", "text"), ("count: 2", "more than"),
        ("count: 6", "at most"), ("count: x", "whole number"), ("rate: x", "number"), ("flag: maybe", "true"),
        ("since: 1.9", "at least"), ("time: 2 h", "less than"), ("time: 2 parsecs", "time"), ("speed: fast", "GHz"),
        ("range: [ 2, 11 ]", "from"), ("range: [ 5, 2 ]", "range"), ("range: 5", "range"), ("disks: []", "length"),
        ("disks: [ { size: 10 MB } ]", "GB"), ("disks: [ { kind: ssd } ]", "size"),
        ("disks: [ { size: 1 GB, kind: x } ]", "ssd"),
        ("ports: { a: 100 }", "less than"), ("ports: [ 80 ]", "mapping"),
    ])
    func wrongValuesAreTold(_ properties: String, expected: String) async throws {
        let found = await errors(body(properties))
        let error = try #require(found.first)
        #expect(found.count == 1)
        #expect(error.line == 25 && error.path.hasPrefix("topology_template.node_templates.n.properties."))
        let text = (error.expected ?? "") + error.message
        #expect(text.contains(expected) || (expected == "pattern" && text.contains("matches")))
    }

    @Test func namesAreSuggested() async throws {
        let text = template(
            """
            topology_template:
              inputs: { cpus: { type: integer, default: 1 } }
              node_templates:
                front:
                  type: tosca.nodes.indigo.Compute
                  capabilites: {}
                  capabilities:
                    host: { properties: { num_cpu: { get_input: cpu } } }
                app:
                  type: tosca.nodes.SoftwareComponnet
                web:
                  type: tosca.nodes.SoftwareComponent
                  requirements: [ { hots: front }, { host: frnot } ]
            """)
        let errors = await errors(text)
        #expect(
            errors.map(\.nearest) == [
                "capabilities", "num_cpus", "cpus", "tosca.nodes.SoftwareComponent", "host", "front",
            ])
        #expect(errors.map(\.line) == [8, 10, 10, 12, 15, 15])
        #expect(errors[1].path == "topology_template.node_templates.front.capabilities.host.properties.num_cpu")
    }

    @Test func shortNamesOfTypesWork() async throws {
        let text = """
            tosca_definitions_version: tosca_simple_yaml_1_3
            topology_template:
              node_templates:
                a: { type: tosca:Compute }
                b: { type: Compute }
            """
        #expect(try await translate(text).document.systems.count == 2)
    }

    @Test func filtersChooseNodes() async throws {
        let text = """
            tosca_definitions_version: tosca_simple_yaml_1_0
            topology_template:
              node_templates:
                app:
                  type: tosca.nodes.SoftwareComponent
                  requirements:
                    - host:
                        node_filter:
                          capabilities:
                            - host: { properties: [ { num_cpus: { greater_or_equal: 4 } }, { mem_size: { greater_than: 2 GB } } ] }
                            - os: { properties: [ { distribution: ubuntu } ] }
                  interfaces: { Standard: { configure: https://types.example/x.yml } }
                small: { type: Compute, capabilities: { host: { properties: { num_cpus: 2, mem_size: 8 GB } } } }
                large:
                  type: Compute
                  capabilities:
                    host: { properties: { num_cpus: 8, mem_size: 8 GB } }
                    os: { properties: { distribution: ubuntu } }
            """
        #expect(try await translate(text).document.configures.map(\.id) == ["app_large_conf"])
        let impossible = text.replacing("greater_or_equal: 4", with: "greater_or_equal: 64")
        #expect(await errors(impossible).map(\.code) == [.requirement])
    }

    // MARK: Constraints that are wrong themselves

    private static func constrained(_ constraint: String) -> String {
        template(
            """
            topology_template:
              inputs:
                value: { type: string, default: a, constraints: [ { \(constraint) } ] }
              node_templates:
                n: { type: tosca.nodes.Compute }

            """)
    }

    @Test(
        "a constraint that no value can be compared with is refused",
        arguments: [
            ("in_range: [ 1 ]", "two bounds"), ("in_range: 5", "a list"), ("in_range: [ 9, 1 ]", "two bounds"),
            ("in_range: [ [ 1 ], 2 ]", "two bounds"), ("valid_values: a", "a list"),
            ("min_length: -1", "a whole number"),
            ("max_length: short", "a whole number"), ("pattern: [ a ]", "a regular expression"),
            ("greater_than: [ 1 ]", "a number"),
        ])
    func wrongConstraints(_ constraint: String, expected: String) async {
        let errors = await errors(Self.constrained(constraint))
        #expect(errors.count == 1)
        #expect(errors.first?.code == .type)
        #expect(errors.first?.expected?.hasPrefix(expected) == true, "\(errors)")
        let name = constraint.prefix { $0 != ":" }
        #expect(errors.first?.path == "topology_template.inputs.value.constraints[0].\(name)")
    }

    @Test(arguments: ["in_range: [ 1, UNBOUNDED ]", "in_range: [ 1 GB, 2 TB ]", "length: 1", "pattern: '[a-z]+'"])
    func rightConstraints(_ constraint: String) async throws {
        let input = constraint.hasPrefix("in_range") ? "default: 2, type: integer" : "default: a, type: string"
        let size = constraint.contains("GB") ? "default: 2 GB, type: scalar-unit.size" : input
        let text = Self.constrained(constraint).replacing("type: string, default: a", with: size)
        #expect(try await translate(text).warnings.filter { $0.code != .missing }.isEmpty)
    }

    @Test func aPatternThatCannotBeReadIsTold() async throws {
        let warnings = try await translate(Self.constrained("pattern: '(?=a)a'")).warnings
        #expect(warnings.map(\.code) == [.constraint], "\(warnings)")
    }
}
