import RADL
import TOSCA
import Testing

/// Disks and networks of a template.
@Suite struct DiskTests {
    private static func text(_ requirements: [String], nodes: String, count: Int = 1) -> String {
        let list = requirements.map { "{ local_storage: { \($0) } }" }.joined(separator: ", ")
        return template(
            """
            topology_template:
              node_templates:
                a: { type: tosca.nodes.indigo.Compute, requirements: [ \(list) ], capabilities: { scalable: { properties: { count: \(count) } } } }
                \(nodes)

            """)
    }

    private static func at(_ node: String, _ properties: String) -> String {
        "node: \(node), relationship: { type: tosca.relationships.AttachesTo, properties: { \(properties) } }"
    }

    @Test func aDiskHasASizeOrAVolume() async throws {
        let errors = await errors(
            Self.text([Self.at("t", "location: /d")], nodes: "t: { type: tosca.nodes.BlockStorage }"))
        #expect(errors.map(\.code) == [.missing])
        #expect(errors.first?.path == "topology_template.node_templates.t")
        // What dashboards send for a disk that nobody wants.
        let none = Self.text(
            [Self.at("t", "location: /d")], nodes: "t: { type: tosca.nodes.BlockStorage, properties: { size: 0 GB } }")
        #expect(try await translate(none).document.system("a")?.features.string("disk.1.mount_path") == nil)
    }

    private static let two = """
        s: { type: tosca.nodes.BlockStorage, properties: { size: 1 GB } }
            t: { type: tosca.nodes.BlockStorage, properties: { size: 2 GB } }
            v: { type: tosca.nodes.BlockStorage, properties: { volume_id: vol-1 } }
            w: { type: tosca.nodes.BlockStorage, properties: { volume_id: vol-1 } }
        """

    @Test(arguments: [
        (["s", "location: /d"], ["t", "location: /d"], "place"),
        (["s", "location: /d"], ["t", "location: /d/"], "place"),
        (["s", "location: /a, device: sdb"], ["t", "location: /b, device: sdb"], "device"),
        (["v", "location: /a"], ["v", "location: /b"], "volume"),
        (["v", "location: /a"], ["w", "location: /b"], "volume"),
    ])
    func disksDoNotMeet(_ first: [String], _ second: [String], what: String) async {
        let text = Self.text([Self.at(first[0], first[1]), Self.at(second[0], second[1])], nodes: Self.two)
        let errors = await errors(text)
        #expect(errors.map(\.code) == [.translation])
        #expect(errors.first?.message.contains(what) == true, "\(errors)")
        #expect(errors.first?.path.contains("requirements[1]") == true)
    }

    @Test func oneVolumeForMachinesIsTold() async throws {
        let several = try await translate(Self.text([Self.at("v", "location: /a")], nodes: Self.two, count: 3)).warnings
        #expect(several.contains { $0.message.contains("'v'") && $0.message.contains("3 machines") }, "\(several)")
        let other = Self.text([Self.at("v", "location: /a")], nodes: Self.two)
            .replacing(
                "    s: {",
                with:
                    "    b: { type: tosca.nodes.indigo.Compute, requirements: [ { local_storage: { \(Self.at("w", "location: /a")) } } ] }\n    s: {"
            )
        let found = try await translate(other).warnings
        #expect(found.contains { $0.message.contains("vol-1") }, "\(found)")
        let one = try await translate(Self.text([Self.at("v", "location: /a")], nodes: Self.two)).warnings
        #expect(!one.contains { $0.message.contains("vol-1") || $0.message.contains("machines") })
    }

    @Test func requirementsAreMergedByTheirNodes() async throws {
        let stored = Self.text([Self.at("s", "location: /s"), Self.at("t", "location: /t")], nodes: Self.two)
        func disks(_ list: String) async throws -> [String?] {
            let change = "topology_template: { node_templates: { a: { requirements: [ \(list) ] } } }"
            let features = try await translate(TOSCAMerge.merge(stored, with: change).text).document.system("a")?
                .features
            return [
                features?.string("disk.1.mount_path"), features?.string("disk.2.mount_path"),
                features?.string("disk.3.mount_path"),
            ]
        }
        #expect(try await disks("{ local_storage: { \(Self.at("t", "location: /new")) } }") == ["/s", "/new", nil])
        #expect(try await disks("{ local_storage: { \(Self.at("v", "location: /v")) } }") == ["/s", "/t", "/v"])
        let swapped =
            "{ local_storage: { \(Self.at("t", "location: /2")) } }, { local_storage: { \(Self.at("s", "location: /1")) } }"
        #expect(try await disks(swapped) == ["/1", "/2", nil])
        let renamed =
            "{ local_storage: { \(Self.at("s", "location: /s")) } }, { local_storage: { \(Self.at("v", "location: /v")) } }"
        #expect(try await disks(renamed) == ["/s", "/v", nil])
    }

    // MARK: Networks

    @Test func networksOfOtherKindsAreNotJoined() async throws {
        let text = template(
            """
            topology_template:
              node_templates:
                private_net: { type: tosca.nodes.network.Network, properties: { network_type: public, network_name: x } }
                b: { type: tosca.nodes.indigo.Compute }

            """)
        let document = try await translate(text).document
        #expect(document.system("b")?.features.string("net_interface.0.connection") == "private_net_1")
        let other = text.replacing("private_net:", with: "public_net:").replacing(
            "network_type: public", with: "network_type: private"
        )
        .replacing(
            "b: { type: tosca.nodes.indigo.Compute",
            with:
                "b: { type: tosca.nodes.indigo.Compute, capabilities: { endpoint: { properties: { network_name: PUBLIC } } }"
        )
        let features = try await translate(other).document.system("b")?.features
        #expect(features?.string("net_interface.1.connection") == "public_net_1")
    }

    @Test(arguments: ["foo", "999.168.0.0/24", "10.0.0.0/33", "10.0.0.0", "10.0.0.0/"])
    func rangesAreLookedAt(_ range: String) async {
        let errors = await errors(Self.network("cidr: '\(range)'"))
        #expect(errors.map(\.code) == [.type])
        #expect(errors.first?.path == "topology_template.node_templates.net.properties.cidr")
    }

    @Test(arguments: ["10.0.0.0/8", "10.*.*.0/24", "fd00::/64", "192.168.1.0/24"])
    func rangesAreTaken(_ range: String) async {
        #expect(await errors(Self.network("cidr: '\(range)'")).isEmpty)
    }

    @Test func addressesAreLookedAt() async throws {
        #expect(await errors(Self.network("gateway_ip: bar")).map(\.code) == [.type])
        #expect(await errors(Self.network("gateway_ip: 10.0.0.1")).isEmpty)
        #expect(await errors(Self.network("gateway_ip: '0.0.0.0/0,m'")).isEmpty)
        #expect(await everything(Self.network("network_type: pubblic")).map(\.nearest) == ["public"])
        #expect(await everything(Self.network("network_type: PUBLIC")).isEmpty)
        let port =
            "p: { type: tosca.nodes.network.Port, properties: { ip_address: 'x y' }, requirements: [ { binding: m }, { link: net } ] }"
        #expect(await errors(Self.network("cidr: 10.0.0.0/8", port)).map(\.code) == [.type])
    }

    private static func network(_ properties: String, _ node: String = "") -> String {
        template(
            """
            topology_template:
              node_templates:
                m: { type: tosca.nodes.indigo.Compute }
                net: { type: tosca.nodes.network.Network, properties: { \(properties) } }
                \(node)

            """)
    }
}
