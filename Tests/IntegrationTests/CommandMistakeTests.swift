import Foundation
import Glibc
import HTTPTransport
import TestSupport
import Testing

/// What a user gets wrong: each is told in words that name the thing and the next step, with the documented exit status.
@Suite struct CommandMistakeTests {
    private let scratch: Scratch
    private let gantry = Program(name: "gantry")

    init() throws {
        scratch = try Scratch()
    }

    private static let document = """
        network public (outbound = 'yes')
        system node (net_interface.0.connection = 'public' and disk.0.image.url = 'dummy://image')
        configure node (
        @begin
        - tasks:
          - nosuch: x=1
          - command: ls
            whne: true
          - debug: {msg: "{{ unclosed"}
        @end
        )
        deploy node 1

        """

    // MARK: gantryd

    /// Runs it until it ends by itself; it has ten seconds.
    private func daemon(_ arguments: [String]) async throws -> Program.Ended {
        try await Program(name: "gantryd").run(
            ["--state-dir", scratch.path("state")] + arguments, killAfter: .seconds(10))
    }

    @Test func aPortInUseIsNamed() async throws {
        let taken = try LoopbackPort()
        let port = taken.number
        let ended = try await daemon(["--rest-port", String(port)])
        #expect(ended.status == 5, "\(ended.errors)")
        #expect(ended.errors.contains("cannot listen on 127.0.0.1:\(port): Address already in use"))
        #expect(ended.errors.contains("--rest-port"))
        withExtendedLifetime(taken) {}
    }

    @Test func aPortInUseOfTheOtherInterfaceIsNamed() async throws {
        let taken = try LoopbackPort()
        let ended = try await daemon(["--rest-port", "0", "--xmlrpc-port", String(taken.number)])
        #expect(ended.status == 5, "\(ended.errors)")
        #expect(ended.errors.contains("127.0.0.1:\(taken.number)") && ended.errors.contains("--xmlrpc-port"))
        withExtendedLifetime(taken) {}
    }

    @Test func anAddressOfAnotherMachineIsNamed() async throws {
        for (host, word) in [
            ("192.0.2.1", "192.0.2.1:18800"), ("2001:db8::1", "[2001:db8::1]:18800"), ("no.invalid", "'no.invalid'"),
        ] {
            let ended = try await daemon(["--host", host, "--rest-port", "18800"])
            #expect(ended.status == 5, "\(host): \(ended.errors)")
            #expect(ended.errors.contains("cannot listen on"), "\(ended.errors)")
            #expect(ended.errors.contains(word) && ended.errors.contains("--host"), "\(ended.errors)")
        }
    }

    @Test func theServiceLogsItsWork() async throws {
        let daemon = try await Daemon(
            state: scratch.path("state"),
            authorization: ["id = dummy; type = Dummy; username = u; password = marker-4711"],
            log: scratch.path("log"))
        let id = try await daemon.create(
            "network public (outbound = 'yes')\nsystem node (net_interface.0.connection = 'public' and "
                + "disk.0.image.url = 'dummy://image')\ndeploy node 3\ncontextualize ()\n")
        #expect(try await daemon.settledState(id) == "configured")
        try await daemon.call(.delete, "/infrastructures/\(id)")
        let deadline = ContinuousClock.now + .seconds(20)
        while !daemon.logText.contains("destroy ends"), ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(50))
        }
        let log = daemon.logText
        let lines = log.split(separator: "\n")
        func has(_ words: String...) -> Bool { lines.contains { line in words.allSatisfy { line.contains($0) } } }
        #expect(
            has("info gantryd: starts", "version=", "state=\(scratch.path("state"))", "rest=http://127.0.0.1:"),
            "\(log)")
        #expect(has("create begins", "inf.id=\(id)", "owner=ada", "machines=pending:3"), "\(log)")
        #expect(has("create ends", "inf.id=\(id)", "status=succeeded", "machines=configured:3", "seconds="), "\(log)")
        #expect(has("destroy ends", "inf.id=\(id)", "status=succeeded"), "\(log)")
        #expect(!log.contains("marker-4711") && !log.contains("password"), "\(log)")
    }

    // MARK: radl check

    @Test func recipesAreCheckedWhereTheyStand() async throws {
        try scratch.write("a.radl", Self.document)
        let ended = try await gantry.run(["radl", "check", scratch.path("a.radl")])
        #expect(ended.status == 2, "\(ended.output)\(ended.errors)")
        for (line, word) in [(6, "'nosuch'"), (8, "whne"), (9, "template")] {
            #expect(
                ended.errors.split(separator: "\n").contains {
                    $0.hasPrefix("\(scratch.path("a.radl")):\(line):") && $0.contains(word)
                }, "\(line): \(ended.errors)")
        }
        try scratch.write("b.radl", "system node ()\nconfigure node (\n@begin\n- hosts: db\n  tasks: []\n@end\n)\n")
        let warned = try await gantry.run(["radl", "check", scratch.path("b.radl")])
        #expect(warned.status == 0)
        #expect(
            warned.errors.contains("b.radl:4:3: warning: recipe 'node': 'hosts: db' is not followed"),
            "\(warned.errors)")
        try scratch.write("c.radl", "system node ()\ndeploy node -3\n")
        let negative = try await gantry.run(["radl", "check", scratch.path("c.radl")])
        #expect(negative.status == 2)
        #expect(
            negative.errors.contains("c.radl:2:13: error: the number of machines cannot be negative"),
            "\(negative.errors)")
    }

    // MARK: Arguments and files

    @Test func wrongArgumentsAreRefused() async throws {
        try scratch.write("web.radl", Self.document.replacing("nosuch: x=1", with: "command: ls"))
        let web = scratch.path("web.radl")
        let state = ["--state-dir", scratch.path("state")]
        let cases: [([String], Int32, String)] = [
            (["up", web, "--parallel", "0"], 64, "--parallel"),
            (["up", web, "--timeout", "0"], 64, "--timeout"),
            (["up", web, "--timeout=-5"], 64, "--timeout"),
            (["destroy", "web", "--parallel=-1"], 64, "--parallel"),
            (["up", web, "--name", ""], 64, "cannot be empty"),
            (["up", web, "--name", "a\u{1B}[31m"], 64, "control characters"),
            (["plan", web, "--name", String(repeating: "x", count: 129)], 64, "at most 128"),
            (["up", "/"], 64, "'/' cannot be read: is a folder"),
            (["plan", scratch.path("none.radl")], 64, "No such file or directory"),
            (["plan", web, "-a", "/"], 64, "is a folder"),
        ]
        for (arguments, status, text) in cases {
            let ended = try await gantry.run(arguments + state)
            #expect(ended.status == status, "\(arguments): \(ended.errors)")
            #expect(ended.errors.contains(text), "\(arguments): \(ended.errors)")
        }
    }

    @Test func anInventoryWithoutTheHostOfTheLimit() async throws {
        try scratch.write("site.yml", "- hosts: all\n  tasks: []\n")
        try scratch.write("hosts", "[web]\na\nb\n")
        let ended = try await gantry.run(
            ["recipe", "run", scratch.path("site.yml"), "-i", scratch.path("hosts"), "-l", "nosuch"])
        #expect(ended.status == 1)
        #expect(ended.errors.contains("'nosuch'") && ended.errors.contains("a, b"), "\(ended.errors)")
    }

    // MARK: The state folder

    @Test func foldersAndDatabasesThatCannotBeTrusted() async throws {
        let state = scratch.path("state")
        _ = try await gantry.run(["list", "--state-dir", state])
        chmod(state, 0o777)
        let open = try await gantry.run(["list", "--state-dir", state])
        #expect(open.status == 5 && open.errors.contains("chmod 700 \(state)"), "\(open.errors)")
        chmod(state, 0o700)
        try Data().write(to: URL(fileURLWithPath: state + "/gantry.sqlite"))
        let empty = try await gantry.run(["list", "--state-dir", state])
        #expect(empty.status == 5 && empty.errors.contains("is empty"), "\(empty.errors)")
    }

    @Test func authorizationFilesAreReadClosely() async throws {
        let scenario = try DummyScenario()
        try scenario.scratch.write("auth", "id = dummy; type = Dummy; stateFil = x; usrname = marker-4712\n")
        let plan = [
            "plan", scenario.scratch.path("web.radl"), "-a", scenario.scratch.path("auth"), "--state-dir",
            scenario.scratch.path("state"),
        ]
        let warned = try await gantry.run(plan)
        #expect(warned.status == 0)
        #expect(warned.errors.contains("nothing reads 'stateFil', 'usrname'"), "\(warned.errors)")
        #expect(warned.errors.contains("username") && !warned.errors.contains("4712"), "\(warned.errors)")
        try scenario.scratch.write("auth", "id = a; type = Dummy\nid = a; type = Dummy\n")
        let twice = try await gantry.run(plan)
        #expect(twice.status == 64 && twice.errors.contains("'a' more than once"), "\(twice.errors)")
    }
}
