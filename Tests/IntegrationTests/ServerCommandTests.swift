import Foundation
import Glibc
import HTTPTransport
import Support
import TestSupport
import Testing

/// Every command with `--server`, against a gantryd with a Dummy cloud: what it prints is what it prints over a state
/// folder, and faults of the server or of the way to it are told and lived through.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ServerCommandTests {
    private let scratch: Scratch
    private let gantry = Program(name: "gantry")

    init() throws {
        scratch = try Scratch()
        let login = "id = im; type = InfrastructureManager; username = ada; password = one\n"
        let cloud = "id = dummy; type = Dummy; bootMs = 30; addresses = unique; stateFile = "
        try scratch.write("auth", login + cloud + scratch.path("cloud") + "\n")
        try scratch.write("local.auth", cloud + scratch.path("local-cloud") + "\n")
        try document(2)
    }

    private func document(_ count: Int) throws {
        try scratch.write(
            "web.radl",
            """
            network public (outbound = 'yes')
            system node (net_interface.0.connection = 'public' and disk.0.image.url = 'dummy://image')
            deploy node \(count)
            contextualize ()

            """)
        try scratch.write("more.radl", "system node\ndeploy node 1\n")
    }

    private func daemon(arguments: [String] = []) async throws -> Daemon {
        try await Daemon(
            state: scratch.path("state"), authorization: [], log: scratch.path("log"), arguments: arguments)
    }

    /// A command at a server.
    private func at(
        _ url: String, _ words: [String], auth: String = "auth", more: [String] = []
    ) async throws -> Program.Ended {
        try await gantry.run(words + ["--server", url, "-a", scratch.path(auth)] + more)
    }

    /// The same over a state folder of its own.
    private func here(_ words: [String]) async throws -> Program.Ended {
        try await gantry.run(
            words + ["--state-dir", scratch.path("local-state"), "-a", scratch.path("local.auth")])
    }

    /// Without what differs from run to run: ids, times, addresses, durations.
    private static func plain(_ text: String) -> String {
        var text = text
        for (pattern, name) in [
            (#"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"#, "ID"),
            (#"\b\d{12}\b"#, "PROVIDER"),
            (#"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"#, "TIME"), (#"\d\d:\d\d:\d\dZ?"#, "CLOCK"),
            (#"\d+\.\d+\.\d+\.\d+"#, "ADDRESS"), (#""lastEvent" : \d+"#, "EVENT"), (#" +"#, " "),
            (#"process \d+"#, "PROCESS"), (#""sequence":\d+"#, "SEQUENCE"),
        ] {
            guard let pattern = try? Regex(pattern) else { continue }
            text = text.replacing(pattern, with: name)
        }
        return text
    }

    // MARK: The same

    @Test("every command prints the same as over a state folder")
    func everyCommand() async throws {
        let daemon = try await daemon()
        let file = scratch.path("web.radl")
        let more = scratch.path("more.radl")
        func same(_ words: [String], _ status: Int32 = 0, isSorted: Bool = false) async throws {
            let there = try await at(daemon.url, words)
            let here = try await here(words)
            #expect(there.status == status, "\(words): \(there.output)\(there.errors)")
            #expect(here.status == status, "\(words): \(here.output)\(here.errors)")
            func text(_ text: String) -> String {
                let plain = Self.plain(text)
                return isSorted ? plain.split(separator: "\n").sorted().joined(separator: "\n") : plain
            }
            #expect(text(there.output) == text(here.output), "\(words)")
        }
        try await same(["list", "--json"])
        try await same(["plan", file])
        try await same(["plan", file, "--json"])
        try await same(["up", file, "-q"])
        try await same(["show", "web"])
        try await same(["show", "web", "--json"])
        try await same(["list"])
        try await same(["plan", file])
        try await same(["log", "web"], isSorted: true)
        try await same(["up", file, "-q"])
        try await same(["add", "web", more, "-q"])
        try await same(["show", "web"])
        try await same(["remove", "web", "1", "--yes", "-q"])
        try await same(["stop", "web", "--yes", "-q"])
        try await same(["show", "web"])
        try await same(["start", "web", "-q"])
        try await same(["stop", "web", "--machine", "2", "--yes", "-q"])
        try await same(["start", "web", "--machine", "2", "-q"])
        // All at once is an operation a machine there: IM's interface reboots single ones.
        try await same(["reboot", "web", "--machine", "0", "--yes", "-q"])
        try await same(["alter", "web", "0", "--cpus", "2", "-q"])
        try await same(["alter", "web", "0", "--cpus", "2"])
        try await same(["alter", "web", "0", "--cpus", "2000", "-q"], 2)
        try await same(["reconfigure", "web", "-q"])
        try await same(["show", "web", "--json"])
        try await same(["outputs", "web"], 3)
        try await same(["images", "dummy"])
        try await same(["images", "--json"])
        try await same(["quota", "dummy", "--json"], isSorted: true)
        try await same(["snapshot", "web", "0", "--image", "golden"])
        try await same(["stop", "nothing", "--yes"], 3)
        try await same(["stop", "web"], 2)
        try await same(["remove", "web", "17", "--yes"], 64)
        try await same(["log", "web", "--machine", "17"], 3)
        // One machine fewer: nobody agrees, then somebody does.
        try document(1)
        try await same(["up", file], 2)
        try await same(["up", file, "--yes", "-q"])
        try await same(["show", "web"])
        try await same(["destroy", "web", "--yes"], isSorted: true)
        try await same(["destroy", "web", "--yes"], 3)
        try await same(["show", "web"], 3)
        try await same(["list", "--all"])
        try await same(["log", "web"], isSorted: true)
    }

    @Test func sharingExportingImportingAndFigures() async throws {
        let daemon = try await daemon()
        #expect(try await at(daemon.url, ["up", scratch.path("web.radl"), "-q"]).status == 0)
        #expect(try await at(daemon.url, ["share", "web"]).output == "ada\n")
        let stats = try await at(daemon.url, ["stats", "--json"])
        #expect(stats.status == 0 && stats.output.contains(#""machines" : 2"#), "\(stats.output)\(stats.errors)")
        #expect(try await at(daemon.url, ["stats", "--from", "2000-01-01", "--through", "2000-01-02"]).status == 0)
        let refused = try await at(daemon.url, ["export", "web", "--delete"])
        #expect(refused.status == 2 && refused.output.isEmpty)
        let exported = try await at(daemon.url, ["export", "web", "--delete", "--yes"])
        #expect(exported.status == 0, "\(exported.errors)")
        try scratch.write("web.json", exported.output)
        #expect(try await at(daemon.url, ["show", "web"]).status == 3)
        let imported = try await at(daemon.url, ["import", scratch.path("web.json"), "--name", "other"])
        #expect(imported.status == 0, "\(imported.errors)")
        let id = imported.output.trimmingCharacters(in: .newlines)
        #expect(try await at(daemon.url, ["show", "other"]).output.contains(id))
        #expect(try await at(daemon.url, ["import", scratch.path("web.json")]).status == 2)
        let gone = try await at(daemon.url, ["destroy", "other", "--yes"])
        #expect(gone.status == 0 && gone.output.contains("other is destroyed; nothing is left"), "\(gone.output)")
    }

    @Test func environmentNamesTheServer() async throws {
        let daemon = try await daemon()
        var program = gantry
        program.environment = ["GANTRY_SERVER": daemon.url, "GANTRY_AUTH_FILE": scratch.path("auth")]
        #expect(try await program.run(["up", scratch.path("web.radl"), "-q"]).status == 0)
        #expect(try await program.run(["list"]).output.contains("web"))
        let local = try await program.run(["list", "--state-dir", scratch.path("local-state")])
        #expect(local.status == 0 && local.output.isEmpty, "a state folder that is named comes before")
        let refused = try await program.run(["ssh", "web"])
        #expect(refused.status == 64 && refused.errors.contains("GANTRY_SERVER"), "\(refused.errors)")
    }

    // MARK: Who asks

    @Test func whoIsNotLetInIsTold() async throws {
        try scratch.write("users.json", #"{"users": [{"username": "ada", "password": "one"}]}"#)
        try scratch.write("gantryd.cfg", "[im]\nUSER_DB = \(scratch.path("users.json"))\n")
        let daemon = try await daemon(arguments: ["--config", scratch.path("gantryd.cfg")])
        try scratch.write("wrong", "type = InfrastructureManager; username = ada; password = two\n")
        try scratch.write("none", "id = dummy; type = Dummy\n")
        #expect(try await at(daemon.url, ["list"]).status == 0)
        let wrong = try await at(daemon.url, ["list"], auth: "wrong")
        #expect(wrong.status == 3)
        #expect(wrong.errors.contains("does not let user 'ada' in") && !wrong.errors.contains("two"), "\(wrong.errors)")
        let none = try await at(daemon.url, ["list"], auth: "none")
        #expect(none.status == 64 && none.errors.contains("type = InfrastructureManager"), "\(none.errors)")
    }

    @Test func aCertificateOfOnesOwn() async throws {
        let (certificate, key) = (scratch.path("cert.pem"), scratch.path("key.pem"))
        let made = try ChildCommand([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
        ]).run()
        try #require(made.ending.status == 0)
        try scratch.write(
            "tls.cfg",
            "[im]\nREST_SSL = yes\nREST_SSL_CERTFILE = \(certificate)\nREST_SSL_KEYFILE = \(key)\n")
        let port = try LoopbackNumber.free()
        let process = try Program(name: "gantryd").start(
            [
                "--state-dir", scratch.path("state"), "--rest-port", String(port), "--no-xmlrpc", "--config",
                scratch.path("tls.cfg"),
            ], output: scratch.url.appending(path: "log"))
        defer { process.end() }
        let url = "https://127.0.0.1:\(port)"
        var trusted = try await at(url, ["list"], more: ["--ca-file", certificate])
        for _ in 0..<100 where trusted.status != 0 {
            try await Task.sleep(for: .milliseconds(100))
            trusted = try await at(url, ["list"], more: ["--ca-file", certificate])
        }
        #expect(trusted.status == 0, "\(trusted.errors)")
        let unknown = try await at(url, ["list"])
        #expect(unknown.status == 5 && unknown.errors.contains("--ca-file"), "\(unknown.errors)")
        let plain = try await at("http://127.0.0.1:\(port)", ["list"])
        #expect(plain.status == 5 && plain.errors.contains("https://"), "\(plain.errors)")
        let file = try await at(url, ["list"], more: ["--ca-file", scratch.path("nowhere.pem")])
        #expect(file.status == 64, "\(file.errors)")
    }

    @Test func whereNobodyAnswers() async throws {
        let port = try LoopbackNumber.free()
        let ended = try await at("http://127.0.0.1:\(port)", ["list"])
        #expect(ended.status == 5 && ended.errors.contains("check that the server runs"), "\(ended.errors)")
    }

    // MARK: Faults

    @Test("a server that is killed in the middle is waited for, and the deployment goes on")
    func theServerDies() async throws {
        try scratch.write(
            "auth",
            "type = InfrastructureManager; username = ada; password = one\n"
                + "id = dummy; type = Dummy; bootMs = 4000; stateFile = \(scratch.path("cloud"))\n")
        let port = try LoopbackNumber.free()
        let arguments = ["--state-dir", scratch.path("state"), "--rest-port", String(port), "--no-xmlrpc"]
        let first = try Program(name: "gantryd").start(arguments, output: scratch.url.appending(path: "log"))
        let url = "http://127.0.0.1:\(port)"
        for _ in 0..<200 where try await at(url, ["list"]).status != 0 { try await Task.sleep(for: .milliseconds(50)) }
        let errors = scratch.url.appending(path: "up.log")
        let up = try gantry.start(
            ["up", scratch.path("web.radl"), "--plain", "--server", url, "-a", scratch.path("auth")], output: errors)
        func text() -> String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }
        for _ in 0..<200 where !text().contains("machine 1:") { try await Task.sleep(for: .milliseconds(50)) }
        first.end()
        for _ in 0..<200 where !text().contains("does not answer") { try await Task.sleep(for: .milliseconds(50)) }
        #expect(text().contains("does not answer"), "\(text())")
        let second = try Program(name: "gantryd").start(arguments, output: scratch.url.appending(path: "log2"))
        defer { second.end() }
        #expect(await up.status() == 0, "\(text())")
        #expect(text().contains("answers again") && text().contains("web is configured"), "\(text())")
        let show = try await at(url, ["list", "--json"])
        #expect(show.output.components(separatedBy: #""name" : "web""#).count == 2, "\(show.output)")
    }

    @Test("the answer that names the infrastructure is lost: there is one")
    func lostAnswers() async throws {
        let daemon = try await daemon()
        let proxy = try ChaosProxy(to: HTTPURL(daemon.url))
        try await proxy.rules(
            #"[{"method": "POST", "path": "async=yes|infrastructures$", "first": 2, "reset": "after"}]"#)
        let up = try await at(proxy.url, ["up", scratch.path("web.radl"), "--plain"])
        #expect(up.status == 0, "\(up.output)\(up.errors)")
        #expect(try await proxy.faults() > 0)
        let list = try await at(daemon.url, ["list", "--json"])
        #expect(list.output.components(separatedBy: #""name" : "web""#).count == 2, "\(list.output)")
        // Machines that are added: never twice.
        try await proxy.rules(#"[{"method": "POST", "first": 1, "reset": "after"}]"#)
        let add = try await at(proxy.url, ["add", "web", scratch.path("more.radl"), "--plain"])
        let show = try await at(daemon.url, ["show", "web", "--json"])
        #expect(show.output.components(separatedBy: #""number" : "#).count == 4, "\(add.errors)\(show.output)")
        #expect(add.errors.contains("was lost"), "\(add.errors)")
    }

    @Test("a server that is busy is asked again")
    func busyServers() async throws {
        let daemon = try await daemon()
        let proxy = try ChaosProxy(to: HTTPURL(daemon.url))
        try await proxy.rules(
            #"[{"method": "POST", "first": 1, "status": 409, "style": "plain", "message": "wait", "retry_after": 1}]"#)
        let up = try await at(proxy.url, ["up", scratch.path("web.radl"), "-q"])
        #expect(up.status == 0 && up.errors.contains("is busy"), "\(up.errors)")
    }

    @Test("Ctrl-C leaves the server going on")
    func interruption() async throws {
        try scratch.write(
            "auth",
            "type = InfrastructureManager; username = ada; password = one\n"
                + "id = dummy; type = Dummy; bootMs = 3000; stateFile = \(scratch.path("cloud"))\n")
        let daemon = try await daemon()
        let errors = scratch.url.appending(path: "up.log")
        let up = try gantry.start(
            ["up", scratch.path("web.radl"), "--plain", "--server", daemon.url, "-a", scratch.path("auth")],
            output: errors)
        func text() -> String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }
        for _ in 0..<200 where !text().contains("machine 1:") { try await Task.sleep(for: .milliseconds(50)) }
        up.signal(SIGINT)
        #expect(await up.status() == 130, "\(text())")
        #expect(text().contains("goes on, and `gantry log"), "\(text())")
        for _ in 0..<200 where !(try await at(daemon.url, ["show", "web"]).output.contains("web: configured")) {
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(try await at(daemon.url, ["show", "web"]).output.contains("web: configured"))
    }
}

/// A port that is free now.
private enum LoopbackNumber {
    static func free() throws -> Int { try LoopbackPort.unusedNumber() }
}
