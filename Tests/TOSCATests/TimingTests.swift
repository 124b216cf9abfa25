import RADL
import TOSCA
import Testing

/// How long reading and translating takes. The bounds are far from what is measured on an idle machine (see the comment
/// of each), so that they fail for algorithms, not for load.
@Suite struct TimingTests {
    private func best(of runs: Int, _ body: () async throws -> Void) async rethrows -> Duration {
        var best = Duration.seconds(1000)
        for _ in 0..<runs {
            let clock = ContinuousClock()
            let start = clock.now
            try await body()
            best = min(best, start.duration(to: clock.now))
        }
        return best
    }

    /// A few milliseconds in an optimized build.
    @Test func bothCollectionsAreImportedQuickly() async throws {
        let text =
            try Corpus.text("tosca-templates-nomad.yaml")
            .replacing(
                "imports:\n",
                with: "imports:\n  - https://raw.githubusercontent.com/indigo-dc/tosca-types/master/custom_types.yaml\n"
            )
        let time = try await best(of: 5) { _ = try await translate(text) }
        print("nomad.yaml with both collections: \(time)")
        #expect(time < .seconds(20))
    }

    static func large(_ count: Int) -> String {
        var text = "topology_template:\n  inputs: { cpus: { type: integer, default: 2 } }\n  node_templates:\n"
        for number in 0..<(count / 2) {
            text += """
                    server_\(number):
                      type: tosca.nodes.indigo.Compute
                      capabilities:
                        endpoint: { properties: { network_name: \(number % 7 == 0 ? "PUBLIC" : "PRIVATE"), ports: { http: { protocol: tcp, source: 80 } } } }
                        host: { properties: { num_cpus: { get_input: cpus }, mem_size: 4 GiB } }
                        os: { properties: { type: linux, distribution: ubuntu, image: 'ost://cloud.example/image' } }
                    app_\(number):
                      type: tosca.nodes.SoftwareComponent
                      requirements: [ { host: server_\(number) }\(number > 0 ? ", { dependency: app_\(number / 2) }" : "") ]
                      artifacts: { role: { file: grycap.docker, type: tosca.artifacts.AnsibleGalaxy.role } }
                      interfaces:
                        Standard:
                          configure:
                            implementation: https://types.example/app.yml
                            inputs: { ip: { get_attribute: [ server_0, private_address, 0 ] }, cpus: { get_property: [ HOST, host, num_cpus ] } }

                """
        }
        return template(text)
    }

    /// Less than 100 ms in an optimized build.
    @Test func thousandNodesAreTranslatedQuickly() async throws {
        let text = Self.large(1000)
        let time = try await best(of: 3) {
            let document = try await translate(text).document
            #expect(document.systems.count == 500 && document.configures.count == 500)
        }
        print("1,000 nodes, \(text.utf8.count) bytes: \(time)")
        #expect(time < .seconds(60))
    }

    @Test func timeIsLinear() async throws {
        let small = try await best(of: 2) { _ = try await translate(Self.large(500)) }
        let large = try await best(of: 2) { _ = try await translate(Self.large(4000)) }
        print("500 nodes: \(small), 4,000 nodes: \(large)")
        #expect(large < small * 8 * 4)
    }
}
