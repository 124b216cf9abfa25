import Foundation
import Testing

/// IM's own client, the last release that speaks XML-RPC, runs every one of its commands against a real service.
/// `scripts/setup integration` brings it.
@Suite("XML-RPC by IM's client", .enabled(if: IMClient.isInstalled), .timeLimit(.minutes(5)))
struct XMLRPCClientTests {
    private static let document = """
        description site (name = 'my site')
        network public (outbound = 'yes')
        network private ()
        system front (
            cpu.count >= 1 and memory.size >= 512m and net_interface.0.connection = 'public' and
            net_interface.0.dns_name = 'front' and disk.0.image.url = 'dummy://image' and
            disk.0.os.credentials.username = 'ubuntu' and disk.0.os.credentials.password = 'secret'
        )
        system wn (
            cpu.count >= 1 and net_interface.0.connection = 'private' and disk.0.image.url = 'dummy://image'
        )
        deploy front 1
        deploy wn 2
        contextualize ()

        """

    private let scratch: Scratch
    private let daemon: Daemon
    private let client: IMClient

    init() async throws {
        scratch = try Scratch()
        daemon = try await Daemon(
            state: scratch.path("state"), authorization: ["id = dummy; type = Dummy"], log: scratch.path("log"))
        let auth = try scratch.write(
            "auth",
            "id = im; type = InfrastructureManager; username = ada; password = one\nid = dummy; type = Dummy\n")
        try scratch.write("site.radl", Self.document)
        try scratch.write("more.radl", "network private\nsystem wn\ndeploy wn 2\n")
        try scratch.write("bigger.radl", "system front (cpu.count = 2 and memory.size = 2048M)\n")
        try scratch.write("recipe.radl", "configure front (\n@begin\n- tasks:\n  - debug: msg=hi\n@end\n)\n")
        try scratch.write("wrong.radl", "system front (disk.0.image.url = 'dummy://image')\ndeploy front 1 nocloud\n")
        try scratch.write("new-auth", "type = InfrastructureManager; username = bob; password = two\n")
        client = IMClient(url: daemon.xmlrpcURL, auth: auth, folder: scratch.url)
    }

    /// The id of a new infrastructure that is configured.
    private func create() async throws -> String {
        let made = try await client.run("create", scratch.path("site.radl"))
        let words = "Infrastructure successfully created with ID: "
        try #require(made.status == 0 && made.output.contains(words), "\(made)")
        let line = try #require(made.output.split(separator: "\n").last)
        let id = String(line.dropFirst(words.count))
        #expect(try await daemon.settledState(id) == "configured")
        return id
    }

    @Test func reads() async throws {
        let version = try await client.run("getversion")
        #expect(version.output == "Connected with: \(daemon.xmlrpcURL)\nIM service version: 1.19.1\n")
        #expect(try await client.lines("list") == ["No Infrastructures."])
        let id = try await create()
        #expect(try await client.lines("list") == ["Infrastructure IDs: ", "  \(id)"])
        #expect(try await client.lines("list", "front.*wn|dns_name") == ["Infrastructure IDs: ", "  \(id)"])
        #expect(try await client.lines("list", "none of them") == ["No Infrastructures."])
        #expect(try await client.run("-n", "list").output.contains("\(id)    my site"))

        #expect(
            try await client.lines("getstate", id) == [
                "The infrastructure is in state: configured", "VM ID: 0 is in state: configured.",
                "VM ID: 1 is in state: configured.", "VM ID: 2 is in state: configured.",
            ])
        #expect(try await client.run("-n", "getstate", "my site").output.contains("in state: configured"))
        #expect(try await client.run("-q", "getstate", id).output.contains(#""vm_states": {"#))
        let info = try await client.run("getinfo", id)
        #expect(info.status == 0)
        for number in 0...2 { #expect(info.output.contains("Info about VM with ID: \(number)\n")) }
        #expect(try await client.run("-s", "wn", "getinfo", id).output.components(separatedBy: "system wn").count == 3)
        #expect(try await client.run("getinfo", id, "cpu.count").output.contains("Info about VM with ID: 2\n1"))
        #expect(try await client.run("getvminfo", id, "0").output.contains("system front ("))
        #expect(try await client.lines("getvminfo", id, "0", "state") == ["configured"])
        #expect(try await client.run("getvminfo", id, "9").output.contains("Invalid VM ID"))
        #expect(try await client.run("getvminfo", id, "0", "nope").output.contains("Incorrect property nope"))
        #expect(try await client.run("getradl", id).output.contains("deploy wn 2"))
        #expect(try await client.run("getcontmsg", id).status == 0)
        #expect(try await client.run("getvmcontmsg", id, "0").status == 0)
        let wait = try await client.run("wait", id)
        #expect(wait.status == 0)
        #expect(wait.output.contains("configured"))
        // Not over XML-RPC, says the client.
        #expect(try await client.run("getoutputs", id).status == 1)
        #expect(try await client.run("getstate", "nope").status == 1)
        #expect(
            try await client.lines("getstate", "nope") == [
                "Error getting infrastructure state: Invalid infrastructure ID or access not granted."
            ])
    }

    @Test func changes() async throws {
        let id = try await create()
        for (command, text) in [
            (["stopvm", id, "1"], "VM successfully stopped"), (["startvm", id, "1"], "VM successfully started"),
            (["rebootvm", id, "1"], "VM successfully rebooted"), (["stop", id], "Infrastructure successfully stopped"),
            (["start", id], "Infrastructure successfully started"),
        ] {
            #expect(try await client.lines(command) == [text])
        }
        #expect(try await daemon.settledState(id) == "configured")
        // The client fails to print the numbers, which are ints also in IM.
        let added = try await client.run("addresource", id, scratch.path("more.radl"))
        #expect(added.output.contains("sequence item 0: expected str instance, int found"), "\(added)")
        #expect(try await daemon.settledState(id) == "configured")
        let more = try await client.run("-q", "addresource", id, scratch.path("more.radl"), "0")
        #expect(more.status == 0)
        #expect(more.output.split { !$0.isNumber } == ["5", "6"])
        #expect(try await daemon.settledState(id) == "configured")
        // What it prints is their number.
        #expect(
            try await client.lines("removeresource", id, "3,4") == ["Resources with IDs: 2 successfully deleted."])
        #expect(try await daemon.settledState(id) == "configured")
        #expect(
            try await client.lines("removeresource", id, "5", "0") == ["Resources with IDs: 1 successfully deleted."])
        #expect(try await daemon.settledState(id) == "configured")
        #expect(try await client.run("getstate", id).output.contains("VM ID: 6 is in state: configured."))
        #expect(try await client.lines("reconfigure", id) == ["Infrastructure successfully reconfigured."])
        #expect(try await daemon.settledState(id) == "configured")
        #expect(
            try await client.lines("reconfigure", id, scratch.path("recipe.radl"), "0,1") == [
                "Infrastructure successfully reconfigured."
            ])
        #expect(try await client.run("-y", "destroy", id).output.contains("Infrastructure successfully destroyed"))
        #expect(
            try await client.lines("-y", "destroy", id) == [
                "ERROR destroying the infrastructure: Invalid infrastructure ID or access not granted."
            ])
        let wrong = try await client.run("create", scratch.path("wrong.radl"))
        #expect(wrong.status == 1)
        #expect(wrong.output.contains("nocloud"), "\(wrong)")
        #expect(try await client.lines("list") == ["No Infrastructures."])
    }

    @Test func forced() async throws {
        let id = try await create()
        #expect(try await client.run("-f", "-y", "destroy", id).output.contains("successfully destroyed"))
        let made = try await client.run("create_wait_outputs", scratch.path("site.radl"))
        #expect(made.status == 0)
        #expect(made.output.contains(#""outputs": {}"#), "\(made)")
    }

    /// What the client does by SSH, shown only.
    @Test func ways() async throws {
        let id = try await create()
        let shell = try await client.run("sshvm", id, "0", "1")
        #expect(shell.status == 0)
        #expect(shell.output.contains("ubuntu@"), "\(shell)")
        #expect(try await client.run("ssh", id, "1", "true").output.contains("ubuntu@"))
        for command in ["put", "get"] {
            #expect(try await client.run(command, id, "1", "a", "b").output.contains("ubuntu@"), "\(command)")
            #expect(
                try await client.run("\(command)vm", id, "0", "1", "a", "b").output.contains("ubuntu@"), "\(command)")
        }
    }

    @Test func clouds() async throws {
        #expect(try await client.run("cloudimages", "dummy").output.contains(#""name": "Image Name1""#))
        #expect(try await client.run("cloudusage", "dummy").output.contains(#""limit": 10"#))
        let unknown = try await client.run("cloudimages", "nope")
        #expect(unknown.status == 1)
        #expect(unknown.output.contains("ERROR getting cloud image list: "), "\(unknown)")
    }

    @Test func whatItIsAndWhoseItIs() async throws {
        let id = try await create()
        #expect(try await client.lines("alter", id, "0", scratch.path("bigger.radl")) == ["VM successfully modified."])
        #expect(try await daemon.settledState(id) == "configured")
        #expect(try await client.lines("getvminfo", id, "0", "cpu.count") == ["2"])
        #expect(
            try await client.lines("change_auth", id, scratch.path("new-auth")) == ["Auth data successfully changed."])

        // What the client prints, a JSON string with JSON in it, can be imported.
        let exported = try await client.run("-q", "export", id, "1")
        #expect(exported.status == 0)
        #expect(try await client.lines("list") == ["No Infrastructures."])
        try scratch.write("exported", exported.output)
        #expect(try await client.lines("import", scratch.path("exported")) == ["New Inf: \(id)"])
        #expect(try await client.run("getstate", id).output.contains("VM ID: 0 is in state: configured."))
        #expect(try await client.run("import", scratch.path("exported")).status == 1)
    }
}

/// The client in its Python environment.
private struct IMClient {
    private static let program = PythonEnvironment.program("im_client", of: "im-client")

    static var isInstalled: Bool { program != nil }

    let url: String
    let auth: String
    /// Where it runs: the library of RADL leaves tables there.
    let folder: URL

    func run(_ arguments: String...) async throws -> Program.Ended {
        try await run(arguments)
    }

    func run(_ arguments: [String]) async throws -> Program.Ended {
        // A home without the user's own settings of the client.
        try await Program(
            name: "im_client", executable: Self.program, environment: ["HOME": folder.path], workingFolder: folder
        ).run(["-u", url, "-a", auth] + arguments, killAfter: .seconds(60))
    }

    /// What it prints after the line that says where it is connected.
    func lines(_ arguments: String...) async throws -> [String] {
        try await lines(arguments)
    }

    func lines(_ arguments: [String]) async throws -> [String] {
        let lines = try await run(arguments).output.split(separator: "\n").map(String.init)
        #expect(lines.first == "Connected with: \(url)")
        return Array(lines.dropFirst())
    }
}
