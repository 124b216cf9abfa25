import ArgumentParser
import Foundation
import Synchronization
import Testing

@testable import gantry

/// Commands with `--server`, against a server that plays gantryd or IM: which requests they make, and that a lost answer
/// never makes a second infrastructure.
@Suite(.timeLimit(.minutes(5))) struct RemoteCommandTests {
    private final class Folder: Sendable {
        let path: String

        init() throws {
            path = NSTemporaryDirectory() + "gantry-remote-" + UUID().uuidString
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try write("auth", "id = im; type = InfrastructureManager; username = ada; password = one\n")
            try write("a.radl", "system node ()\ndeploy node 1\n")
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(path)/\(name)")
        }

        /// Runs a command against a server.
        func status(_ words: [String], _ server: RecordingServer) async throws -> Int32 {
            try await Gantry.status(words + ["--server", server.url, "-a", path + "/auth"])
        }
    }

    // MARK: gantryd

    private static let gantry = ["Server": "gantry"]
    private static let summary = #"""
        {"summary": {"id": "i-1", "name": "a", "state": "configured", "created": "2026-01-01T00:00:00Z", "machines": [
        {"number": 0, "system": "node", "state": "configured", "cloud": "dummy", "addresses": []}],
        "resources": [], "underWay": [], "lastEvent": 7}}
        """#
    private static let plan = #"""
        {"plan": {"added": [], "removed": [], "kept": [], "networks": [], "rejections": [], "recipes": [], "warnings": []}}
        """#

    /// What gantryd answers to reads.
    private static func gantryd(_ request: RecordingServer.Request) -> RecordingServer.Reply {
        switch (request.method, request.target.split(separator: "?").first.map(String.init) ?? "") {
        case ("GET", "/version"): return .answer(200, gantry, #"{"version": "2.0.0"}"#)
        case ("GET", let path) where path.hasSuffix("/summary"): return .answer(200, gantry, summary)
        case ("GET", let path) where path.hasSuffix("/events"): return .answer(200, gantry, #"{"events": []}"#)
        case ("POST", "/infrastructures") where request.target.contains("dry_run"): return .answer(200, gantry, plan)
        default: return .answer(200, gantry, #"{"uri": "http://x/infrastructures/i-1"}"#)
        }
    }

    @Test func aNameGoesWithTheDocument() async throws {
        let folder = try Folder()
        let server = try RecordingServer(Self.gantryd)
        #expect(try await folder.status(["up", folder.path + "/a.radl", "-q", "--name", "my a"], server) == 0)
        let posts = server.requests.filter { $0.method == "POST" }
        #expect(
            posts.map(\.target) == [
                "/infrastructures?name=my%20a&dry_run=yes", "/infrastructures?name=my%20a&async=yes",
            ])
        #expect(posts.allSatisfy { $0.body == "system node ()\ndeploy node 1\n" })
        #expect(
            posts[1].headers["authorization"]
                == "id = im; type = InfrastructureManager; password = one; username = ada")
    }

    @Test("a lost answer is looked for before anything is asked again", arguments: [true, false])
    func lostAnswersOfNames(isOnRecord: Bool) async throws {
        let folder = try Folder()
        let asked = Mutex(0)
        let server = try RecordingServer { request in
            if request.method == "POST", !request.target.contains("dry_run") {
                let number = asked.withLock {
                    $0 += 1; return $0
                }
                return number == 1 ? .lost : Self.gantryd(request)
            }
            let isMade = asked.withLock { $0 } > 1 || isOnRecord
            if request.target == "/infrastructures/a/summary", !isMade {
                return .answer(404, Self.gantry, "there is no infrastructure 'a'")
            }
            return Self.gantryd(request)
        }
        #expect(try await folder.status(["up", folder.path + "/a.radl", "-q"], server) == 0)
        let posts = server.lines.filter { $0.hasPrefix("POST") && !$0.contains("dry_run") }
        #expect(posts.count == (isOnRecord ? 1 : 2))
        #expect(server.lines.contains("GET /infrastructures/a/summary"))
    }

    @Test("a lost answer about more machines is never sent again")
    func lostAnswersOfAdding() async throws {
        let folder = try Folder()
        let server = try RecordingServer { request in
            request.line.hasPrefix("POST /infrastructures/i-1") ? .lost : Self.gantryd(request)
        }
        #expect(try await folder.status(["add", "a", folder.path + "/a.radl", "-q"], server) == 5)
        #expect(server.lines.filter { $0.hasPrefix("POST") }.count == 1)
    }

    @Test func aConsoleIsAsked() async throws {
        let folder = try Folder()
        let server = try RecordingServer { request in
            request.target.hasSuffix("/console") ? .answer(200, Self.gantry, "booted\n") : Self.gantryd(request)
        }
        #expect(try await folder.status(["console", "a", "node"], server) == 0)
        #expect(server.lines.contains("GET /infrastructures/i-1/vms/0/console"))
        let silent = try RecordingServer { request in
            request.target.hasSuffix("/console")
                ? .answer(400, Self.gantry, "Error Getting VM. property: connector 'ec2' shows no consoles of machines")
                : Self.gantryd(request)
        }
        #expect(try await folder.status(["console", "a", "0"], silent) != 0)
    }

    @Test func everyChangeIsOneRequest() async throws {
        let folder = try Folder()
        try folder.write("more.radl", "system node\ndeploy node 1\n")
        for (words, line) in [
            (["stop", "a", "--yes"], "PUT /infrastructures/i-1/stop"),
            (["start", "a", "--machine", "0"], "PUT /infrastructures/i-1/vms/0/start"),
            (["reboot", "a", "--yes"], "PUT /infrastructures/i-1/vms/0/reboot"),
            (
                ["remove", "a", "node", "--yes", "--no-contextualization"],
                "DELETE /infrastructures/i-1/vms/0?context=0"
            ),
            (["reconfigure", "a", "--machine", "0"], "PUT /infrastructures/i-1/reconfigure?vm_list=0"),
            (["alter", "a", "0", "--cpus", "2"], "PUT /infrastructures/i-1/vms/0"),
            (["add", "a", folder.path + "/more.radl"], "POST /infrastructures/i-1"),
        ] {
            let server = try RecordingServer(Self.gantryd)
            #expect(try await folder.status(words + ["-q"], server) == 0, "\(words)")
            #expect(server.lines.filter { !$0.hasPrefix("GET") } == [line], "\(words)")
        }
    }

    @Test func machinesThatThereAreNotAreNamedBeforeAnythingIsSent() async throws {
        let folder = try Folder()
        let server = try RecordingServer(Self.gantryd)
        #expect(try await folder.status(["stop", "a", "--yes", "--machine", "7"], server) == 64)
        #expect(try await folder.status(["alter", "a", "web", "--cpus", "2"], server) == 64)
        #expect(try await folder.status(["stop", "a"], server) == 2, "nobody agreed")
        #expect(server.lines.allSatisfy { $0.hasPrefix("GET") })
    }

    @Test func whatNeedsAStateFolderSaysSo() async throws {
        let server = ["--server", "http://127.0.0.1:1"]
        for words in [
            ["ssh", "a"], ["ssh-config", "a", "--into", "/nowhere"], ["inventory", "a"],
            ["import-database", "/nowhere/inf.dat"],
        ] {
            #expect(try await Gantry.status(words + server) == 64, "\(words)")
        }
        #expect(throws: (any Error).self) { try Gantry.parseAsRoot(["tosca", "check", "x"] + server) }
    }

    // MARK: IM

    /// An IM 1.19 with infrastructures.
    private final class IM: Sendable {
        let ids = Mutex<[String]>(["other"])
        /// How often an infrastructure is made and its answer lost.
        let losses = Mutex(0)

        func reply(_ request: RecordingServer.Request) -> RecordingServer.Reply {
            let path = request.target.split(separator: "?").first.map(String.init) ?? ""
            let head = ["Server": "Cheroot"]
            switch (request.method, path) {
            case ("GET", "/version"): return .answer(200, head, #"{"version": "1.19.1"}"#)
            case ("GET", "/infrastructures"):
                let links = ids.withLock { $0 }.map { #"{"uri": "http://x/infrastructures/\#($0)"}"# }
                return .answer(200, head, #"{"uri-list": [\#(links.joined(separator: ", "))]}"#)
            case ("POST", "/infrastructures") where request.target.contains("dry_run"):
                return .answer(
                    200, head,
                    #"{"dummy": {"cloudType": "Dummy", "cloudEndpoint": "", "compute": [{"cpuCores": 1}], "storage": []}}"#
                )
            case ("POST", "/infrastructures"):
                let id = ids.withLock { ids in
                    ids.append("im-\(ids.count)")
                    return ids[ids.count - 1]
                }
                let isLost = losses.withLock { losses in
                    losses -= 1
                    return losses >= 0
                }
                return isLost ? .lost : .answer(200, head, #"{"uri": "http://x/infrastructures/\#(id)"}"#)
            case ("GET", let path) where path.hasSuffix("/state"):
                let id = String(path.split(separator: "/")[1])
                guard ids.withLock({ $0.contains(id) }) else { return .answer(404, head, "Deleted infrastructure.") }
                return .answer(200, head, #"{"state": {"state": "configured", "vm_states": {"0": "configured"}}}"#)
            case ("GET", let path) where path.hasSuffix("/vms/0"):
                return .answer(
                    200, head,
                    #"{"radl": [{"class": "network", "id": "n"}, {"class": "system", "id": "node", "provider.type": "#
                        + #""Dummy", "net_interface.0.ip": "10.0.0.1"}]}"#)
            case ("DELETE", let path):
                let id = String(path.split(separator: "/")[1])
                ids.withLock { $0.removeAll { $0 == id } }
                return .answer(200, head)
            case ("PUT", _): return .answer(200, head)
            default: return .answer(404, head, "Not found")
            }
        }
    }

    private func remembering(_ folder: Folder, _ words: [String], _ server: RecordingServer) async throws -> Int32 {
        try await folder.status(words + ["--state-dir", folder.path + "/state"], server)
    }

    @Test("names of an IM are remembered here, and a lost answer is found again")
    func namesOfAnIM() async throws {
        let folder = try Folder()
        let im = IM()
        im.losses.withLock { $0 = 1 }
        let server = try RecordingServer { im.reply($0) }
        let up = ["up", folder.path + "/a.radl", "-q"]
        #expect(try await remembering(folder, up, server) == 0)
        #expect(im.ids.withLock { $0 } == ["other", "im-1"])
        // The same document: it is configured again.
        #expect(try await remembering(folder, up, server) == 0)
        #expect(
            server.lines.filter { !$0.hasPrefix("GET") && !$0.contains("dry_run") } == [
                "POST /infrastructures?async=yes", "PUT /infrastructures/im-1/reconfigure",
            ])
        #expect(try await remembering(folder, ["show", "a", "--json"], server) == 0)
        // Another document is no second infrastructure, either.
        try folder.write("a.radl", "system node ()\ndeploy node 2\n")
        #expect(try await remembering(folder, up, server) == 2)
        #expect(im.ids.withLock { $0 } == ["other", "im-1"])
        #expect(try await remembering(folder, ["destroy", "a", "-q", "--yes"], server) == 0)
        #expect(im.ids.withLock { $0 } == ["other"])
        #expect(try await remembering(folder, ["show", "a"], server) == 3)
        #expect(try await remembering(folder, up, server) == 0)
        #expect(im.ids.withLock { $0 }.count == 2)
    }

    @Test("where it cannot be told which one it is, nothing is made")
    func twoNewInfrastructures() async throws {
        let folder = try Folder()
        let im = IM()
        im.losses.withLock { $0 = 1 }
        // Somebody else makes one at the same time.
        let server = try RecordingServer { request in
            if request.line == "POST /infrastructures?async=yes" { im.ids.withLock { $0.append("somebody's") } }
            return im.reply(request)
        }
        let up = ["up", folder.path + "/a.radl", "-q"]
        #expect(try await remembering(folder, up, server) == 5)
        #expect(try await remembering(folder, up, server) == 5)
        #expect(server.lines.filter { $0.hasPrefix("POST") && !$0.contains("dry_run") }.count == 1)
        im.ids.withLock { $0.removeAll { $0 == "somebody's" } }
        #expect(try await remembering(folder, up, server) == 0)
        #expect(server.lines.filter { $0.hasPrefix("POST") && !$0.contains("dry_run") }.count == 1)
    }
}
