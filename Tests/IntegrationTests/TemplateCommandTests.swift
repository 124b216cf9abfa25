import Foundation
import Testing

/// A TOSCA template over real SSH hosts: its recipe comes from the template's folder, its outputs from the machines.
@Suite(.serialized) struct TemplateCommandTests {
    private static let recipe = """
        ---
        - hosts: all
          become: true
          tasks:
            - name: The page
              copy: {dest: /srv/tosca-page, content: "{{ title }} {{ peers }}"}
            - name: What it says
              command: cat /srv/tosca-page
        """

    private static func template(_ first: TestHost, _ second: TestHost) -> String {
        func machine(_ name: String, _ host: TestHost) -> String {
            """
                \(name):
                  type: tosca.nodes.indigo.Compute
                  capabilities:
                    os:
                      properties:
                        type: linux
                        credential:
                          user: \(host.user)
                          token_type: private_key
                          token: {get_input: key}
                \(name)_port:
                  type: tosca.nodes.indigo.network.Port
                  properties: {order: 0, ip_address: \(host.address)}
                  requirements: [{binding: \(name)}, {link: lan}]

            """
        }
        return """
            tosca_definitions_version: tosca_simple_yaml_1_0
            imports: [grycap]
            topology_template:
              inputs:
                key: {type: string, required: true}
                title: {type: string, default: Hello}
              node_templates:
                lan:
                  type: tosca.nodes.network.Network
                  properties: {network_type: public}

            """ + machine("front", first) + machine("back", second) + """
                    site:
                      type: tosca.nodes.SoftwareComponent
                      requirements: [{host: front}]
                      interfaces:
                        Standard:
                          configure:
                            implementation: recipes/site.yml
                            inputs:
                              title: {get_input: title}
                              peers: {get_attribute: [back, ip_address]}
                  outputs:
                    address: {value: {get_attribute: [front, ip_address]}}
                    page: {value: {get_attribute: [front, ansible_output, site_front_conf_front, tasks, What it says, output]}}

                """
    }

    @Test func aTemplateConfiguresHostsAndTellsItsOutputs() async throws {
        let scratch = try Scratch()
        let (first, second) = (try TestHost.named("host-1"), try TestHost.named("host-2"))
        try FileManager.default.createDirectory(
            at: scratch.url.appending(path: "recipes"), withIntermediateDirectories: true)
        try scratch.write("recipes/site.yml", Self.recipe)
        try scratch.write("cluster.yaml", Self.template(first, second))
        let key = try String(contentsOfFile: first.privateKey, encoding: .utf8)
        try scratch.write(
            "inputs.yaml",
            "title: Welcome\nkey: |\n" + key.split(separator: "\n").map { "  \($0)\n" }.joined())
        let gantry = Program(name: "gantry")
        let state = ["--state-dir", scratch.path("state")]
        let up = ["up", scratch.path("cluster.yaml"), "--inputs", scratch.path("inputs.yaml"), "-y"] + state

        let made = try await gantry.run(up)
        #expect(made.status == 0, "\(made.output)\(made.errors)")
        let page = try await HostScenario.shell(first, "cat /srv/tosca-page")
        #expect(page.hasPrefix("Welcome ") && page.contains(second.address), "\(page)")
        let outputs = try await gantry.run(["outputs", "cluster", "--json"] + state)
        #expect(outputs.output.contains(#""address": "\#(first.address)""#), "\(outputs.output)\(outputs.errors)")
        #expect(outputs.output.contains(#""page": "Welcome "#), "\(outputs.output)")

        let again = try await gantry.run(up + ["--input", "title=Bye"])
        #expect(again.status == 0, "\(again.output)\(again.errors)")
        #expect(try await HostScenario.shell(first, "cat /srv/tosca-page").hasPrefix("Bye "))
        let gone = try await gantry.run(["destroy", "cluster", "-y"] + state)
        #expect(gone.status == 0, "\(gone.output)\(gone.errors)")
        let files = try FileManager.default.subpathsOfDirectory(atPath: scratch.path("state")).joined(separator: " ")
        #expect(!files.contains("recipes"), "nothing of the template's folder is kept")
    }

    /// The commands of docs/tosca.md about its first template, as they stand there.
    @Test func thePageRuns() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/tosca.md"), encoding: .utf8)
        let section = try #require(page.split(separator: "\n## ").first { $0.hasPrefix("The first template\n") })
        let commands = section.split(separator: "\n").filter {
            $0.hasPrefix("    gantry ") || $0.hasPrefix("    echo ")
        }
        #expect(commands.count == 7)
        let scratch = try Scratch()
        try FileManager.default.createSymbolicLink(
            at: scratch.url.appending(path: "examples"), withDestinationURL: root.appending(path: "examples"))
        let paths = [Program.folder.path, ProcessInfo.processInfo.environment["PATH"] ?? ""]
        let shell = Program(
            name: "sh", executable: URL(filePath: "/bin/sh"),
            environment: ["PATH": paths.joined(separator: ":"), "GANTRY_STATE_DIR": scratch.path("state")],
            workingFolder: scratch.url)
        let ended = try await shell.run(["-ec", commands.map { $0.dropFirst(4) }.joined(separator: "\n")])
        #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
        #expect(ended.output.contains("examples/machines.yaml: good (2 nodes, 1 input, 2 outputs, 3 machines)"))
        let workers = ended.output.split(separator: "\n").filter { $0.contains("workers") }
        #expect(workers.contains { $0.hasPrefix("workers: [") && $0.count { $0 == "," } == 1 }, "\(ended.output)")
        #expect(workers.contains { $0.hasPrefix("{\"address\": ") && $0.count { $0 == "," } == 3 }, "\(ended.output)")
    }
}
