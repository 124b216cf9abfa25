import Foundation
import Glibc
import Support
import Testing

/// No connector outlives the command that started it, and the kit says at once what is wrong with its files.
@Suite("Ends of connectors", .timeLimit(.minutes(4)))
struct ConnectorEndTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.write("auth", "id = stuck; type = Stuck; username = u; password = marker-4711\n")
        try scratch.write(
            "web.radl",
            "network n ()\nsystem node (disk.0.image.url = 'stuck://image')\ndeploy node 1\ncontextualize ()\n")
        try FileManager.default.createDirectory(atPath: scratch.path("connectors"), withIntermediateDirectories: true)
        // Hangs in `session.open`, reads nothing any more, and takes no SIGTERM.
        let answer =
            #"{"protocolVersion":1,"connector":{"name":"stuck","version":"1"},"providerTypes":["Stuck"],"#
            + #""imageSchemes":["stuck"],"capabilities":{"flavors":1,"images":1}}"#
        try scratch.write(
            "connectors/connector-stuck",
            """
            #!/bin/sh
            [ "$1" != describe ] || exec echo '\(answer)'
            trap '' TERM
            while read -r line; do
                id=${line#*\\"id\\":}; id=${id%%,*}
                case "$line" in
                *'"initialize"'*) printf '{"jsonrpc":"2.0","id":%s,"result":%s}\\n' "$id" '\(answer)' ;;
                *) echo $$ >'\(scratch.path("asked"))'; while :; do sleep 1; done ;;
                esac
            done

            """)
        #expect(chmod(scratch.path("connectors/connector-stuck"), 0o755) == 0)
    }

    @Test(
        "a signal while a cloud is asked for the plan ends the connector, too",
        arguments: [("plan", SIGINT), ("up", SIGTERM)])
    func interruptedWhilePlanning(command: String, signal: Int32) async throws {
        let process = try Program(name: "gantry").start(
            [
                command, scratch.path("web.radl"), "-a", scratch.path("auth"), "--state-dir", scratch.path("state"),
                "--connector-dir", scratch.path("connectors"),
            ], output: scratch.url.appending(path: "log"))
        defer { process.end() }
        var asked: pid_t?
        while asked == nil, process.isRunning {
            asked = (try? String(contentsOfFile: scratch.path("asked"), encoding: .utf8)).flatMap {
                pid_t($0.dropLast())
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        let connector = try #require(
            asked, "\((try? String(contentsOfFile: scratch.path("log"), encoding: .utf8)) ?? "")")
        process.signal(signal)
        let status = await process.status()
        let log = try String(contentsOfFile: scratch.path("log"), encoding: .utf8)
        #expect(status == 130, "\(log)")
        #expect(log.contains("stopping"), "\(log)")
        #expect(kill(connector, 0) == -1 && errno == ESRCH, "it is left behind")
    }

    @Test("mistakes in the kit's files are told before anything runs, by the member's name")
    func filesOfTheKit() async throws {
        let cases: [(option: String, text: String, message: String)] = [
            ("--config", #"{"imge": "x"}"#, "has the unknown member 'imge'; known are addresses,"),
            ("--config", #"{"waitMs": -5}"#, "'waitMs' must be a whole number from 1 on"),
            ("--config", #"{"machines": 1}"#, "'machines' must be a whole number from 2 on"),
            ("--config", #"{"config": []}"#, "'config' must be a JSON object"),
            ("--secrets", #"{"username": "u", "port": 4711}"#, "'port' must be a text"),
            ("--secrets", #"["marker-4711"]"#, "is no JSON object"),
        ]
        for (option, text, message) in cases {
            try scratch.write("file.json", text)
            let ended = try await Program(name: "connector-check").run(
                [option, scratch.path("file.json"), "--built-in", "dummy"])
            #expect(ended.status == 2 && ended.errors.contains(message), "\(text): \(ended)")
            #expect(!ended.errors.contains("4711") && !ended.errors.contains("passed"))
        }
        for option in ["--junit", "--report"] {
            let ended = try await Program(name: "connector-check").run(
                [option, scratch.path("no/such/file"), "--built-in", "dummy"])
            #expect(ended.status == 2 && ended.errors.contains("does not exist"), "\(ended)")
            #expect(!ended.errors.contains("passed"))
        }
        let part = try await Program(name: "connector-check").run(
            ["--record", scratch.path("records"), "--only", "session.closed", "--built-in", "dummy"])
        #expect(part.errors.contains("nothing is kept for 'gantry connector list': --only"), "\(part)")
    }
}
