import Foundation
import Testing

/// Playbooks run by real `ansible-playbook`, which `scripts/setup integration` brings, on three hosts, and by
/// `gantry recipe run` on their twins: the same recap, tasks, results, files, accounts and packages. What differs on
/// purpose stands with its reason in the file `differences` of a playbook's folder.
///
/// `GANTRY_DIFFERENTIAL=few` runs a part of them, `GANTRY_DIFFERENTIAL=NAME,NAME` those.
@Suite(
    "Playbooks beside Ansible", .enabled(if: PythonEnvironment.program("ansible-playbook", of: "ansible") != nil),
    .timeLimit(.minutes(30)))
struct DifferentialTests {
    /// One of each kind.
    private static let few = [
        "any-errors-fatal", "block-always", "conditions", "delegate", "fail-undefined", "handlers", "include-tasks",
        "inventory-ini", "loops", "mod-file", "mod-users", "precedence", "roles", "roles-include", "run-once", "serial",
        "tags", "template", "vault",
    ]
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Playbooks")

    private static func chosen() throws -> [String] {
        let all = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        switch ProcessInfo.processInfo.environment["GANTRY_DIFFERENTIAL"] {
        case nil, "all"?: return all
        case "few"?: return few
        case let names?: return names.split(separator: ",").map(String.init)
        }
    }

    @Test func playbooksDoTheSame() async throws {
        let all = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(all.count >= 60)
        let environment = try #require(
            PythonEnvironment.program("ansible-playbook", of: "ansible")?.deletingLastPathComponent()
                .deletingLastPathComponent())
        let state = ProcessInfo.processInfo.environment["GANTRY_TESTBED"] ?? "/var/lib/gantry-testbed"
        let testbed = HostScenario.repository.appending(path: "testbed/hosts")
        var hosts = Program(name: "hosts", executable: testbed)
        hosts.environment = ["GANTRY_TESTBED_INSTALL": "python3,python3-apt"]
        let place = ["--state", "\(state)/twins"]
        let up = try await hosts.run(place + ["up", "6", "--prefix", "twin"])
        try #require(up.status == 0, "\(up.output)\(up.errors)")
        let script = HostScenario.repository.appending(path: "testbed/lib/differential.py")
        let comparison = Program(name: "differential", executable: script)
        let ended = try await comparison.run(
            [
                "--ansible", environment.path, "--gantry", Program.folder.appending(path: "gantry").path,
                "--testbed", testbed.path, "--state", "\(state)/twins",
            ] + Self.chosen().map { Self.folder.appending(path: $0).path })
        _ = try await hosts.run(place + ["down"])
        #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
    }
}
