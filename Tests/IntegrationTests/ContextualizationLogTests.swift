import Foundation
import HTTPTransport
import Testing

/// What `contmsg` says of real machines, and what the service does where a recipe fails.
@Suite(.serialized) struct ContextualizationLogTests {
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
            #expect(try await host.shell("cat /root/runs") == "x\nx\n")
            try await daemon.call(.delete, "/infrastructures/\(id)")
        }
    }
}
