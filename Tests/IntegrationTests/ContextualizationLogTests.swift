import Foundation
import HTTPTransport
import Testing

/// What `contmsg` says of real machines, and what the service does where a recipe fails.
@Suite(.serialized) struct ContextualizationLogTests {
    /// What Python's own XML-RPC client is told.
    private static func text(_ daemon: Daemon, _ method: String, _ parameters: String...) async throws -> String {
        struct Answer: Decodable {
            enum Part: Decodable, Equatable {
                case flag(Bool)
                case text(String)

                init(from decoder: any Decoder) throws {
                    let container = try decoder.singleValueContainer()
                    if let flag = try? container.decode(Bool.self) {
                        self = .flag(flag)
                    } else {
                        self = .text(try container.decode(String.self))
                    }
                }
            }

            var result: [Part]
        }
        let login = #"[{"type":"InfrastructureManager","username":"ada","password":"one"}]"#
        var words = parameters
        words.insert(login, at: method == "GetVMContMsg" ? 2 : 1)
        let ended = try await Program(name: "python3", executable: URL(filePath: "/usr/bin/python3")).run([
            PythonEnvironment.script("xmlrpc_call.py"), daemon.xmlrpcURL, method, "[\(words.joined(separator: ","))]",
        ])
        try #require(ended.status == 0, "\(ended.errors)")
        let answer = try JSONDecoder().decode(Answer.self, from: Data(ended.output.utf8)).result
        guard answer.count == 2, answer[0] == .flag(true), case .text(let text) = answer[1] else {
            Issue.record("\(method): \(ended.output)")
            return ""
        }
        return text
    }

    /// XML-RPC says what REST says; the text may grow between two looks at it.
    private static func expectTheSame(
        _ daemon: Daemon, _ path: String, location: SourceLocation = #_sourceLocation, _ call: () async throws -> String
    ) async throws {
        for _ in 0..<10 {
            let before = try await daemon.call(.get, path)
            let told = try await call()
            guard try await daemon.call(.get, path) == before else { continue }
            #expect(told == before && !told.isEmpty, "\(path): \(told)", sourceLocation: location)
            return
        }
        Issue.record("\(path) never stays as it is", sourceLocation: location)
    }

    /// The recipe fails once; the second run of it ends well.
    @Test func aRecipeIsRunAgainAndTold() async throws {
        try await RecipeHost.with(prefix: "log") { host in
            let scratch = host.scratch
            let settings = try scratch.write("im.cfg", "[im]\nPLAYBOOK_RETRIES = 2\n")
            let daemon = try await Daemon(
                state: scratch.path("state"), authorization: [], log: scratch.path("log"),
                arguments: ["--config", settings])
            let tasks = """
                - name: count the runs
                  shell: echo x >> /root/runs
                - name: only the second time
                  shell: test $(wc -l < /root/runs) = 2
                """
            let id = try await daemon.create(
                try HostScenario.document([.init(system: "node", host: host.host)], tasks: tasks))
            #expect(try await daemon.settledState(id, within: .seconds(90)) == "configured")
            let text = try await daemon.call(.get, "/infrastructures/\(id)/contmsg")
            let name = "\(host.host.address)_0"
            func banner(_ title: String) -> String {
                title + " " + String(repeating: "*", count: 79 - title.count)
            }
            for words in [
                "VM 0:\n", "\nRemote access to VM: \(host.host.address) Open!\n", "\nLaunch task: basic\n",
                "\nTask basic finished successfully\nLaunch task: main_node\n", "\nLaunch task: work_node\n",
                "\n\n" + banner("PLAY [work_node]") + "\n", "\n\n" + banner("TASK [count the runs]") + "\n",
                "\nchanged: [\(name)]\n", "\nfatal: [\(name)]: FAILED! => {",
                "\nERROR executing task work_node: (1/2): only the second time: non-zero return code",
                "\n" + banner("PLAY RECAP") + "\n\(name) ", "\nTask work_node finished successfully\n",
            ] {
                #expect(text.contains(words), "\(words)? \(text)")
            }
            #expect(text.hasSuffix("\n" + String(repeating: "*", count: 75) + "\n"), "\(text)")
            let header = try await daemon.call(.get, "/infrastructures/\(id)/contmsg?headeronly=true")
            let line = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}: .+/
            for told in header.split(separator: "\n") { #expect(try line.wholeMatch(in: told) != nil, "\(told)") }
            // It may have grown since.
            let ahead = text.prefix(upTo: text.firstRange(of: "VM 0:\n")?.lowerBound ?? text.startIndex)
            #expect(header.hasPrefix(ahead) && !ahead.isEmpty, "\(header)")
            let quoted = "\"\(id)\""
            try await Self.expectTheSame(daemon, "/infrastructures/\(id)/contmsg") {
                try await Self.text(daemon, "GetInfrastructureContMsg", quoted)
            }
            try await Self.expectTheSame(daemon, "/infrastructures/\(id)/contmsg?headeronly=true") {
                try await Self.text(daemon, "GetInfrastructureContMsg", quoted, "true")
            }
            try await Self.expectTheSame(daemon, "/infrastructures/\(id)/vms/0/contmsg") {
                try await Self.text(daemon, "GetVMContMsg", quoted, "0")
            }
            let machine = try await Self.text(daemon, "GetVMContMsg", quoted, "0")
            #expect(machine.contains("\n\n" + banner("TASK [count the runs]") + "\n"), "\(machine)")
            #expect(try await host.shell("cat /root/runs") == "x\nx\n")
            try await daemon.call(.delete, "/infrastructures/\(id)")
        }
    }
}
