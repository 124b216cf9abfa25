import ContextualizationAPI
import Foundation
import Support
import Testing

@testable import Contextualization

/// Modules that end the connection, wait for it, or write on the controller.
@Suite struct ConnectionModuleTests {
    private static func reboot(_ command: String, more: String = "") -> String {
        """
        - gather_facts: false
          tasks:
            - {name: boot, shell: "echo 1 > boot"}
            - name: restart
              reboot:
                reboot_command: "\(command)"
                boot_time_command: cat boot
                \(more)
              register: restarted
            - {name: after, shell: "echo {{ restarted.rebooted }} {{ restarted.changed }} >> out"}
        """
    }

    @Test func rebootWaitsForAnotherBoot() async throws {
        let harness = try Harness()
        let (report, log) = try await harness.run(Self.reboot("/bin/sh -c 'echo 2 > boot'"))
        #expect(report.results["m1"] == .configured, "\(log.records)")
        #expect(harness.machines.read("10.0.0.1", "out") == "True True\n")
        // The one before, and one for each question afterwards.
        #expect(harness.machines.seen("10.0.0.1").connections == 3)
    }

    /// A machine that goes down takes the connection with it.
    @Test func rebootMayEndTheConnection() async throws {
        var faults = FakeMachines.Faults()
        faults.losesProgram = 1000
        let probe = try Harness(["10.0.0.1": faults])
        _ = try await probe.run(Self.reboot("/bin/sh -c 'echo 2 > boot'"))
        let programs = probe.machines.seen("10.0.0.1").programs
        let number = try #require(programs.firstIndex { $0.script.hasSuffix("/bin/sh -c 'echo 2 > boot'") }) + 1
        // The program itself is lost, so that nothing changes the boot: time runs out.
        faults.losesProgram = number
        let harness = try Harness(["10.0.0.1": faults])
        let (report, log) = try await harness.run(
            Self.reboot("/bin/sh -c 'echo 2 > boot'", more: "reboot_timeout: 1"))
        #expect(report.results["m1"] != .configured)
        let record = try #require(log.record("restart"))
        #expect(record.status == .failed)
        #expect("\(record)".contains("Timed out waiting for last boot time check (timeout=1)"), "\(record)")
    }

    @Test func rebootCommandFails() async throws {
        let harness = try Harness()
        let (_, log) = try await harness.run(Self.reboot("/bin/sh -c 'echo no >&2; exit 3'"))
        let record = try #require(log.record("restart"))
        #expect(record.summary == "Reboot command failed. Error was: ', no'", "\(record)")
        let (_, missing) = try await harness.run(Self.reboot("no-such-program"))
        #expect("\(missing.record("restart").debugDescription)".contains("Unable to find command"))
    }

    @Test func rebootInCheckMode() async throws {
        let harness = try Harness()
        let (report, _) = try await harness.run(
            Self.reboot("/bin/sh -c 'echo 2 > boot'").replacing("  reboot:", with: "  check_mode: true\n      reboot:"))
        #expect(report.results["m1"] == .configured)
        #expect(harness.machines.read("10.0.0.1", "boot") == "1\n")
        #expect(harness.machines.read("10.0.0.1", "out") == "True True\n")
    }

    @Test func waitForConnectionOpensANewOne() async throws {
        let harness = try Harness()
        let (report, log) = try await harness.run(
            "- gather_facts: false\n  tasks:\n    - {name: a, shell: echo a}\n    - {name: w, wait_for_connection: {timeout: 5}}\n"
        )
        #expect(report.results["m1"] == .configured, "\(log.records)")
        #expect(log.record("w")?.status == .ok)
        #expect(harness.machines.seen("10.0.0.1").connections == 2)
    }

    /// What a recipe of a document brings would land on the service's disk.
    @Test func fetchIsRefusedInDocuments() async throws {
        let harness = try Harness()
        let place = harness.machines.root + "/stolen"
        let (report, log) = try await harness.run(
            "- gather_facts: false\n  tasks:\n    - {name: f, fetch: {src: /etc/hostname, dest: \(place), flat: true}}\n"
        )
        #expect(report.results["m1"] != .configured)
        #expect("\(log.record("f").debugDescription)".contains("has no files there"))
        #expect(!FileManager.default.fileExists(atPath: place))
    }

    @Test func fetchInAPlaybook() async throws {
        let machines = try FakeMachines()
        let folder = machines.root + "/project"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let play = """
            - hosts: all
              gather_facts: false
              tasks:
                - {name: make, copy: {content: "{{ inventory_hostname }}\\n", dest: it}}
                - {name: fetch, fetch: {src: it, dest: got}}
            """
        try Data(play.utf8).write(to: URL(fileURLWithPath: folder + "/site.yml"))
        let runner = RecipeRunner(factory: machines, clock: ImmediateClock())
        let log = EventLog()
        let report = try await runner.run(
            playbook: folder + "/site.yml", inventory: try RecipeRunner.inventory(file: "a,b,")
        ) { try log.take($0) }
        #expect(report.results.values.allSatisfy { $0 == .configured }, "\(log.records)")
        for name in ["a", "b"] {
            let got = FileManager.default.contents(atPath: "\(folder)/got/\(name)/it").map {
                String(decoding: $0, as: UTF8.self)
            }
            #expect(got == name + "\n")
        }
    }

    @Test("machines that edit one file of one machine all leave their mark", arguments: ["localhost", "keeper"])
    func editsOfManyMachines(place: String) async throws {
        let machines = try FakeMachines()
        let names = (1...12).map { "m\($0)" }
        let play = """
            - hosts: all,!keeper
              gather_facts: false
              tasks:
                - lineinfile: {path: "\(machines.root)/lines", line: "{{ inventory_hostname }}", create: true}
                  delegate_to: \(place)
                - blockinfile:
                    path: "\(machines.root)/blocks"
                    block: "{{ inventory_hostname }}"
                    marker: "# {mark} {{ inventory_hostname }}"
                    create: true
                  delegate_to: \(place)
                - lineinfile: {path: "\(machines.root)/here", line: "{{ inventory_hostname }}", create: true}
                  connection: local
            """
        try Data(play.utf8).write(to: URL(fileURLWithPath: machines.root + "/site.yml"))
        let runner = RecipeRunner(factory: machines, local: machines, clock: ImmediateClock())
        let log = EventLog()
        let report = try await runner.run(
            playbook: machines.root + "/site.yml",
            inventory: try RecipeRunner.inventory(file: (names + ["keeper"]).joined(separator: ",") + ",")
        ) { try log.take($0) }
        #expect(names.allSatisfy { report.results[$0] == .configured }, "\(log.records)")
        for (file, count) in [("lines", 12), ("blocks", 36), ("here", 12)] {
            let data = try #require(FileManager.default.contents(atPath: machines.root + "/" + file))
            let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
            #expect(lines.count == count && Set(names).isSubset(of: lines), "\(file): \(lines)")
        }
    }
}
