import TOSCA
import Testing

/// Files that templates name and that cannot be used.
@Suite struct FileMistakeTests {
    private struct Bytes: TOSCAFetching {
        var bytes: [UInt8]

        func fetch(_ url: String, policy: TOSCAFetchPolicy, maximumSize: Int) async throws -> [UInt8] { bytes }
    }

    private func resolver(_ bytes: [UInt8]) -> TOSCAResolver {
        TOSCAResolver(fetcher: Bytes(bytes: bytes), policy: TOSCAFetchPolicy(allowedHosts: ["types.example"]))
    }

    @Test(arguments: ["run.sh", "play.yml"])
    func filesThatAreNoTextAreRefused(_ file: String) async {
        let text = MistakeTests.node("interfaces: { Standard: { start: 'https://types.example/\(file)' } }")
        let errors = await errors(text, resolver: resolver(Array("#!/bin/sh\necho ".utf8) + [0xe9, 0x0a]))
        #expect(errors.map(\.code) == [.import])
        #expect(errors.first?.message.contains("\(file)' is no text in UTF-8: byte 15") == true)
    }

    @Test func importsThatAreNoTextAreRefused() async {
        let text = "tosca_definitions_version: tosca_simple_yaml_1_0\nimports: [ 'https://types.example/t.yaml' ]\n"
        #expect(await errors(text, resolver: resolver([0x61, 0x3a, 0x20, 0xff])).map(\.code) == [.import])
    }

    @Test func artifactsOfTheFolderAreNotDownloadedByMachines() async {
        let text = template(
            """
            topology_template:
              node_templates:
                n:
                  type: tosca.nodes.indigo.Compute
                  artifacts: { data: { file: FILE, type: tosca.artifacts.File } }
                  interfaces:
                    Standard:
                      configure: { implementation: 'https://types.example/x.yml', inputs: { f: { get_artifact: [ SELF, data ] } } }
            """)
        #expect(await errors(text.replacing("FILE", with: "files/data.csv")).map(\.code) == [.import])
        #expect(await errors(text.replacing("FILE", with: "https://types.example/data.csv")).isEmpty)
    }

    @Test func whatCannotBeFetchedTellsWhatToDo() async throws {
        struct Offline: TOSCAFetching {
            struct Problem: Error, CustomStringConvertible { var description: String { "the host is not known" } }

            func fetch(_ url: String, policy: TOSCAFetchPolicy, maximumSize: Int) async throws -> [UInt8] {
                throw Problem()
            }
        }
        let resolver = TOSCAResolver(fetcher: Offline(), policy: .published)
        let text = template(
            """
            topology_template:
              node_templates:
                fe: { type: tosca.nodes.indigo.LRMS.FrontEnd.Slurm, requirements: [ { host: server } ] }
                server: { type: tosca.nodes.indigo.Compute }
            """)
        let error = try #require(await errors(text, resolver: resolver).first)
        #expect(error.message.contains("slurm_fe_install.yml' cannot be fetched: the host is not known"))
        #expect(error.expected?.hasPrefix("a connection to raw.githubusercontent.com: ") == true)
        let other = MistakeTests.node("interfaces: { Standard: { start: 'https://other.example/run.sh' } }")
        let refusal = try #require(await errors(other, resolver: resolver).first)
        #expect(refusal.expected?.contains("raw.githubusercontent.com or github.com") == true)
    }
}
