import Foundation
import Glibc
import Support
import Testing

/// Infrastructures over hosts of the test bed, brought up by `gantry`.
struct HostScenario {
    /// How the document says to log in.
    enum Login {
        case key
        case password(String)
        /// The password answers sudo as well.
        case keyAndPassword(String)
    }

    /// A system of the document with one machine.
    struct Member {
        var system: String
        var host: TestHost
        var login = Login.key
        /// Networks and addresses, for hosts with more than one; else the host's address in `lan`.
        var interfaces: [(network: String, address: String)] = []
    }

    let scratch: Scratch
    let members: [Member]
    /// Features of the network `lan`.
    var network = "outbound = 'yes'"
    /// Features of the network `inside`.
    var inside = ""
    var gantry = Program(name: "gantry")

    /// - Parameter recipe: The tasks of a play, each line indented by four spaces or none.
    init(_ members: [Member], tasks: String, variables: String = "") throws {
        scratch = try Scratch()
        self.members = members
        try write(members, tasks: tasks, variables: variables)
    }

    /// Writes the document anew, for example with other credentials.
    func write(_ members: [Member], tasks: String, variables: String = "") throws {
        try scratch.write(
            "hosts.radl", Self.document(members, tasks: tasks, variables: variables, network: network, inside: inside))
    }

    static func document(
        _ members: [Member], tasks: String, variables: String = "", network: String = "outbound = 'yes'",
        inside: String = ""
    ) throws -> String {
        var text = "network lan (\(network))\nnetwork inside (\(inside))\n"
        for member in members {
            var features = ["disk.0.os.name = 'linux'", "disk.0.os.credentials.username = '\(member.host.user)'"]
            let interfaces =
                member.interfaces.isEmpty ? [(network: "lan", address: member.host.address)] : member.interfaces
            for (index, interface) in interfaces.enumerated() {
                features.append("net_interface.\(index).connection = '\(interface.network)'")
                features.append("net_interface.\(index).ip = '\(interface.address)'")
            }
            let key = try String(contentsOfFile: member.host.privateKey, encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            switch member.login {
            case .key: features.append("disk.0.os.credentials.private_key = '\(key)'")
            case .password(let password): features.append("disk.0.os.credentials.password = '\(password)'")
            case .keyAndPassword(let password):
                features.append("disk.0.os.credentials.private_key = '\(key)'")
                features.append("disk.0.os.credentials.password = '\(password)'")
            }
            text += "system \(member.system) (\n  \(features.joined(separator: " and\n  "))\n)\n"
        }
        let lines = tasks.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }
        text += "configure work (\n@begin\n---\n- become: true\n\(variables)  tasks:\n"
        text += lines.joined(separator: "\n") + "\n@end\n)\ncontextualize (\n"
        for member in members { text += "  system \(member.system) configure work\n" }
        text += ")\n"
        for member in members { text += "deploy \(member.system) 1\n" }
        return text
    }

    // MARK: gantry

    func arguments(_ more: [String] = []) -> [String] {
        ["up", scratch.path("hosts.radl"), "--state-dir", scratch.path("state"), "--yes"] + more
    }

    /// `gantry up` with a limit that no test should need.
    func up(_ more: [String] = [], timeout: Int = 40) async throws -> Program.Ended {
        try await gantry.run(arguments(["--timeout", String(timeout)] + more))
    }

    /// Starts `gantry up` and kills it with SIGKILL as soon as a condition holds.
    /// - Parameter condition: Asked every 10 ms with what was printed so far.
    func upKilled(when condition: (String) async throws -> Bool) async throws {
        let log = scratch.url.appending(path: "killed.log")
        let process = try gantry.start(arguments(), output: log)
        defer { process.end() }
        let deadline = ContinuousClock.now + .seconds(40)
        while process.isRunning {
            let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
            if try await condition(text) { return }
            guard ContinuousClock.now < deadline else { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("never to be killed: \((try? String(contentsOf: log, encoding: .utf8)) ?? "")")
    }

    // MARK: The test bed

    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// `testbed/hosts` with arguments; its output. A status other than 0 is a failure of the test.
    ///
    /// - Parameter install: Packages of hosts that are started, beside those that all have.
    @discardableResult
    static func testbed(_ arguments: String..., install: [String] = []) async throws -> String {
        var program = Program(name: "hosts", executable: repository.appending(path: "testbed/hosts"))
        program.environment["GANTRY_TESTBED"] = ProcessInfo.processInfo.environment["GANTRY_TESTBED"]
        if !install.isEmpty { program.environment["GANTRY_TESTBED_INSTALL"] = install.joined(separator: ",") }
        let ended = try await program.run(arguments)
        #expect(ended.status == 0, "testbed/hosts \(arguments): \(ended.output)\(ended.errors)")
        return ended.output
    }

    /// Runs shell text as root in a host, without SSH.
    @discardableResult
    static func shell(_ host: TestHost, _ script: String) async throws -> String {
        try await testbed("exec", host.name, "sh", "-c", script)
    }
}

extension TestHost {
    /// The host of that name.
    static func named(_ name: String) throws -> TestHost {
        try #require(try all().first { $0.name == name }, "no host \(name) in the test bed")
    }
}
