import ContextualizationAPI
import Foundation
import Modules
import Support
import Testing

@testable import Contextualization

/// The steps `basic` and `main`, and the lock of a run.
@Suite struct BuiltInTests {
    private static var machine: ContextualizationMachine {
        var machine = Harness.machine(1, user: "debian")
        machine.basics = MachineBasics(
            fqdn: "front.example.org", hostsEntries: ["10.0.0.1 front.example.org front"], packages: ["git"],
            disks: [
                .init(number: 1, device: "hdb", filesystem: "ext4", mountPath: "/data"),
                .init(number: 2, serials: ["vol-1"], device: nil, filesystem: "swap", mountPath: nil),
            ], authorizedKeys: ["ssh-ed25519 AAAA one"], newPassword: "marker-new", token: "marker-token")
        return machine
    }

    private static var tasks: [BuiltInTask] {
        BasicStep.tasks(for: machine, bootTimeout: .seconds(10)) + MainStep.tasks(for: machine)
    }

    @Test(arguments: [["/bin/dash", "-n"], ["/bin/busybox", "sh", "-n"]])
    func programsAreShell(shell: [String]) throws {
        var scripts = Self.tasks.map(\.script) + [LeaveStep.task(for: Self.machine).script]
        let lock = RunLock(id: "an id/with.odd \"characters\"")
        scripts += [lock.prefix, lock.clearing(patience: .seconds(5))]
        for script in scripts {
            let file = NSTemporaryDirectory() + "gantry-script-" + UUID().uuidString
            try Data(script.utf8).write(to: URL(fileURLWithPath: file))
            defer { try? FileManager.default.removeItem(atPath: file) }
            let completed = try ChildCommand(shell + [file]).run()
            #expect(completed.ending == .exited(0), "\(script): \(String(decoding: completed.errors, as: UTF8.self))")
        }
    }

    @Test(
        "what stays gets its /etc/hosts back",
        arguments: [
            // As `main` left it, also without a newline at the end of the original.
            ("127.0.0.1 localhost", "127.0.0.1 localhost\n10.0.0.1 front.example.org front\n", "127.0.0.1 localhost"),
            ("a\n", "a\n10.0.0.1 front.example.org front\n", "a\n"),
            ("", "10.0.0.1 front.example.org front\n", ""),
            // Somebody has added a line since.
            ("a\n", "a\n10.0.0.1 front.example.org front\nb\n", "a\nb\n"),
            // Our line was there before us.
            (
                "10.0.0.1 front.example.org front\n", "10.0.0.1 front.example.org front\nb\n",
                "10.0.0.1 front.example.org front\nb\n"
            ),
            // Nothing of ours: not touched, and the other file is somebody else's.
            ("a\n", "b\n", "b\n"),
        ])
    func hostsAreGivenBack(original: String, present: String, left: String) async throws {
        let machines = try FakeMachines()
        try FileManager.default.createDirectory(atPath: machines.path("h", ""), withIntermediateDirectories: true)
        try original.write(toFile: machines.path("h", "hosts.orig"), atomically: true, encoding: .utf8)
        try present.write(toFile: machines.path("h", "hosts"), atomically: true, encoding: .utf8)
        let task = LeaveStep.task(for: Self.machine, folder: machines.path("h", ""))
        for _ in 1...2 {
            let output = try await machines.run(ShellProgram(script: task.script, files: task.files), on: "h")
            guard case .finish(let result) = task.invocation.decode(output) else { throw EventLog.Stopped() }
            #expect(!result.failed, "\(result)")
            #expect(machines.read("h", "hosts") == left)
            let isOurs = present.contains("10.0.0.1")
            #expect((machines.read("h", "hosts.orig") == nil) == isOurs)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: machines.path("h", "")).count <= 2)
    }

    @Test(
        "the owner's token is in /etc/environment, once",
        arguments: [
            (nil, "BEARER_TOKEN=ey.new-1_\n"), ("A=1", "A=1\nBEARER_TOKEN=ey.new-1_\n"),
            ("BEARER_TOKEN=old\nA=1\nBEARER_TOKEN=older\n", "A=1\nBEARER_TOKEN=ey.new-1_\n"),
        ])
    func ownersToken(before: String?, after: String) async throws {
        let machines = try FakeMachines()
        try FileManager.default.createDirectory(atPath: machines.path("h", ""), withIntermediateDirectories: true)
        let path = machines.path("h", "environment")
        try before?.write(toFile: path, atomically: true, encoding: .utf8)
        if before != nil { chmod(path, 0o600) }
        let task = MainStep.token("ey.new-1_", folder: machines.path("h", ""))
        #expect(!task.script.contains("ey.new") && task.secrets == ["ey.new-1_"])
        for round in 1...2 {
            let output = try await machines.run(ShellProgram(script: task.script, files: task.files), on: "h")
            guard case .finish(let result) = task.invocation.decode(output) else { throw EventLog.Stopped() }
            #expect(!result.failed && result.changed == (round == 1), "\(result)")
            #expect(machines.read("h", "environment") == after)
        }
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == (before == nil ? 0o644 : 0o600))
        #expect(try FileManager.default.contentsOfDirectory(atPath: machines.path("h", "")) == ["environment"])
        // On a machine that stays, it goes with the infrastructure.
        var machine = Self.machine
        machine.basics.token = "ey.new-1_"
        let leave = LeaveStep.task(for: machine, folder: machines.path("h", ""))
        let output = try await machines.run(ShellProgram(script: leave.script, files: leave.files), on: "h")
        guard case .finish(let result) = leave.invocation.decode(output) else { throw EventLog.Stopped() }
        #expect(!result.failed, "\(result)")
        #expect(machines.read("h", "environment") == after.replacing("BEARER_TOKEN=ey.new-1_\n", with: ""))
    }

    @Test(
        "a disk is known by its serial number, then by a name",
        arguments: [
            // The name means another disk than the serial number says.
            (["vdb", "vdc"], ["virtio-gantry-disk1": "vdc"], ["gantry-disk1"], "hdb", "vdc"),
            (["vdb", "vdc"], ["virtio-gantry-disk1-part1": "vdc"], ["gantry-disk1"], "/dev/hdb", "vdb"),
            // Twenty characters of a long one, and EBS.
            (["sdx"], ["virtio-0b3f7d1e-5a7c-4f0e-9": "sdx"], ["0b3f7d1e-5a7c-4f0e-9abc-def012345678"], nil, "sdx"),
            (["nvme2n1"], ["nvme-Amazon_Elastic_Block_Store_vol0a1b": "nvme2n1"], ["vol-0a1b"], "xvdf", "nvme2n1"),
            (["nvme1n1"], [:], [], "sdb", "nvme1n1"), (["vdb"], ["virtio-data": "vdb"], [], "data", "vdb"),
            (["xvdc"], [:], ["none"], "hdb", nil), (["vdb"], [:], ["none"], nil, nil),
        ] as [([String], [String: String], [String], String?, String?)])
    func disks(
        nodes: [String], links: [String: String], serials: [String], device: String?, found: String?
    ) async throws {
        let machines = try FakeMachines()
        let folder = machines.path("h", "dev")
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder + "/disk/by-id", withIntermediateDirectories: true)
        for node in nodes { _ = manager.createFile(atPath: "\(folder)/\(node)", contents: nil) }
        for (link, node) in links {
            try manager.createSymbolicLink(
                atPath: "\(folder)/disk/by-id/\(link)", withDestinationPath: "../../\(node)")
        }
        let disk = MachineBasics.Disk(
            number: 1, serials: serials, device: device, filesystem: "ext4", mountPath: "/none")
        var task = MainStep.disk(disk, folder: folder)
        #expect(task.isOptional == (device == nil))
        // Empty files stand for devices: partitioning one fails, and says which it was.
        task.script = task.script.replacing("[ -b ", with: "[ -f ").replacing("[ ! -b ", with: "[ ! -f ")
        let output = try await machines.run(ShellProgram(script: task.script), on: "h")
        guard case .finish(let result) = task.invocation.decode(output) else { throw EventLog.Stopped() }
        let words = found.map { "could not partition \(folder)/\($0): " } ?? "is not on this machine"
        #expect(result.failed && result.message?.contains(words) == true, "\(result.message ?? "")")
    }

    @Test func leavingTellsWhatFailed() async throws {
        let refused = CommunicatorError(code: .refused, message: "nothing listens")
        let machines = try FakeMachines(["10.0.0.1": .init(connect: [refused])])
        // The second one has nothing of ours and is not even asked.
        let problems = try await NativeContextualizer(factory: machines).leave(
            [Self.machine, Harness.machine(2)], patience: .seconds(20))
        #expect(problems == [Self.machine.id: "nothing listens"])
        #expect(machines.seen("10.0.0.2").connections == 0)
    }

    @Test func secretsStayOutOfPrograms() {
        for task in Self.tasks { #expect(!task.script.contains("marker-new") && !task.script.contains("marker-token")) }
    }

    @Test func tasksAreNumberedAndNamed() {
        let tasks = Self.tasks
        #expect(
            tasks.map(\.path) == [
                "basic.0", "basic.1", "basic.2", "basic.3", "basic.4", "main.0", "main.1", "main.2", "main.3", "main.4",
            ])
        #expect(
            tasks.map(\.module) == [
                "boot", "package_lock", "hostname", "authorized_key", "password", "hosts", "environment", "disk",
                "disk",
                "package",
            ])
    }

    /// Answers as a machine on which each program changes something, but for a package that does not exist.
    @Test func stepsAreReported() async throws {
        let harness = try Harness([
            "10.0.0.1": .init(answer: { program in
                let fails = program.script.contains("set -- git")
                let records =
                    "\u{1e}changed\u{1f}1" + (fails ? "\u{1e}failed\u{1f}1\u{1e}msg\u{1f}no such package" : "")
                    + "\u{1e}end\u{1f}1"
                return ProgramOutput(status: 0, standardOutput: Array(records.utf8), standardError: [])
            })
        ])
        let request = ContextualizationRequest(
            id: "builtin", machines: [Self.machine], variables: [:], recipes: [:],
            steps: [
                ContextualizationStep(name: "basic", number: 1, work: .basic, machines: ["m1"]),
                ContextualizationStep(name: "main_front", number: 2, work: .main, machines: ["m1"]),
            ])
        let (report, log) = try await harness.run(request)
        #expect(report.results["m1"] == .configured, "\(log.all)")
        #expect(log.outcomes().last == "Install git: ignored")
        #expect(log.all.contains { $0.body == .message("Install git: no such package") })
        #expect(log.all.contains { $0.body == .stepStarted(step: "main_front", tasks: 5) })
        let escalations = harness.machines.seen("10.0.0.1").programs.map(\.escalation)
        #expect(escalations.allSatisfy { $0 == Escalation() })
        #expect(!log.all.contains { String(describing: $0).contains("marker-") })
    }

    @Test func leftoverOfADeadControllerIsWaitedFor() async throws {
        // The leftover ends some time after our program that looks for it was sent.
        let flag = NSTemporaryDirectory() + "gantry-flag-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: flag) }
        let harness = try Harness([
            "10.0.0.1": .init(answer: { program in
                if program.script.contains("interrupted run") {
                    _ = FileManager.default.createFile(atPath: flag, contents: nil)
                }
                return nil
            })
        ])
        var request = harness.request(["web": "- tasks: [{name: t, shell: echo ours >> out}]"])
        let leftover = try await harness.leftover(
            of: request, "while [ ! -e \(flag) ];do sleep 0.1;done;sleep 2;echo theirs >> out")
        request.history = [ContextualizationEvent(machine: "m1", body: .message("began"))]
        let (report, log) = try await harness.run(request)
        leftover.wait()
        #expect(report.results["m1"] == .configured, "\(log.records)")
        #expect(harness.machines.read("10.0.0.1", "out") == "theirs\nours\n")
        #expect(
            log.all.contains { event in
                if case .message(let text) = event.body { text.hasPrefix("waited ") } else { false }
            })
    }

    @Test func leftoverIsEndedAfterPatience() async throws {
        let harness = try Harness()
        var request = harness.request(["web": "- tasks: [{name: t, shell: echo ours >> out}]"])
        let leftover = try await harness.leftover(of: request, "sh -c 'sleep 60; echo no >> out' & wait")
        request.history = [ContextualizationEvent(machine: "m1", body: .message("began"))]
        var options = NativeContextualizer.Options()
        options.leftoverPatience = .seconds(1)
        let log = EventLog()
        let report = try await NativeContextualizer(
            factory: harness.machines, options: options, clock: ImmediateClock()
        ).run(request) { try log.take($0) }
        leftover.wait()
        #expect(report.results["m1"] == .configured, "\(log.records)")
        #expect(leftover.ending?.status ?? 0 > 128, "\(String(describing: leftover.ending))")
        #expect(harness.machines.read("10.0.0.1", "out") == "ours\n")
    }
}
