import Foundation
import Glibc
import Support
import Testing

/// What commands tell of an infrastructure that did not go as it should.
@Suite struct CommandLifeTests {
    private func run(_ scenario: DummyScenario, _ arguments: [String]) async throws -> Program.Ended {
        try await scenario.gantry.run(arguments + ["--state-dir", scenario.scratch.path("state")])
    }

    @Test func logOfAMachineThatIsNoneAndOfWhatWasDestroyed() async throws {
        let scenario = try DummyScenario()
        #expect(try await scenario.up().status == 0)
        let none = try await run(scenario, ["log", "web", "-m", "7"])
        #expect(none.status == 3)
        #expect(none.errors.contains("no machine 7") && none.errors.contains("0 (node), 1 (node), 2 (node)"))
        #expect(try await scenario.destroy().status == 0)
        let log = try await run(scenario, ["log", "web"])
        #expect(log.status == 0, "\(log.errors)")
        #expect(log.output.contains("destroy is done") && log.errors.contains("was destroyed"), "\(log.output)")
        #expect(try await run(scenario, ["log", "web", "-m", "1"]).output.contains("machine 1: "))
        let show = try await run(scenario, ["show", "web"])
        #expect(show.status == 3 && show.errors.contains("`gantry log web`"), "\(show.errors)")
    }

    @Test func aDestroyThatFailedIsShown() async throws {
        let scenario = try DummyScenario()
        let auth = "id = dummy; type = Dummy; stateFile = \(scenario.scratch.path("cloud")); bootMs = 30"
        try scenario.scratch.write(
            "auth",
            auth + #"; faults = '[{"call": "machine.terminate", "times": 1000, "error": "permissionDenied"}]'"# + "\n")
        #expect(try await scenario.up().status == 0)
        let destroyed = try await scenario.destroy()
        #expect(destroyed.status == 1, "\(destroyed.output)\(destroyed.errors)")
        let show = try await run(scenario, ["show", "web"])
        #expect(show.status == 0)
        #expect(
            show.output.contains("the last operation failed: destroy: not everything could be removed"),
            "\(show.output)")
        let json = try await run(scenario, ["show", "web", "--json"])
        #expect(json.output.contains("\"lastFailure\" : \"destroy: not everything"), "\(json.output)")
    }

    @Test func aDeadHolderIsNotBusy() async throws {
        let scenario = try DummyScenario()
        let killed = try await scenario.up(failpoints: "operation.claimed=kill")
        #expect(killed.status < 0)
        let show = try await run(scenario, ["show", "web"])
        #expect(show.output.contains("interrupted: create: process"), "\(show.output)")
        #expect(show.output.contains("has ended") && !show.output.contains("under way"), "\(show.output)")
    }

    @Test func whoIsBusyIsNamed() async throws {
        let scenario = try DummyScenario()
        // A launch that hangs keeps the first one at work.
        try scenario.scratch.write(
            "auth",
            "id = dummy; type = Dummy; stateFile = \(scenario.scratch.path("cloud")); "
                + #"faults = '[{"call": "machine.launch", "hang": true}]'"# + "\n")
        let words = [
            "up", scenario.scratch.path("web.radl"), "-a", scenario.scratch.path("auth"), "--state-dir",
            scenario.scratch.path("state"), "--yes",
        ]
        let first = try scenario.gantry.start(words, output: scenario.scratch.url.appending(path: "first.log"))
        defer { first.end() }
        let deadline = ContinuousClock.now + .seconds(20)
        var show = try await run(scenario, ["show", "web"])
        while !show.output.contains("under way: create by process \(first.id)"),
            ContinuousClock.now < deadline
        {
            try await Task.sleep(for: .milliseconds(50))
            show = try await run(scenario, ["show", "web"])
        }
        #expect(show.output.contains("under way: create by process \(first.id)"), "\(show.output)")
        let second = try await scenario.gantry.run(words)
        #expect(second.status == 4, "\(second.errors)")
        #expect(
            second.errors.contains("'web' is busy: process \(first.id) carries out create"),
            "\(second.errors)")
    }

    @Test func unwritablePlacesAreNamedInPlainWords() async throws {
        let scenario = try DummyScenario()
        #expect(try await scenario.up().status == 0)
        try scenario.scratch.write("file", "")
        let ended = try await run(scenario, ["ssh-config", "web", "--into", scenario.scratch.path("file/below")])
        #expect(ended.status == 64, "\(ended.errors)")
        #expect(ended.errors.contains("Not a directory") && ended.errors.contains("--into"), "\(ended.errors)")
        #expect(!ended.errors.contains("Cocoa") && !ended.errors.contains("NSError"), "\(ended.errors)")
    }

    /// Its files name each other, and it may be used from any folder.
    @Test func aConfigurationForSSHHoldsFromEveryFolder() async throws {
        let scenario = try DummyScenario()
        #expect(try await scenario.up().status == 0)
        var program = scenario.gantry
        program.workingFolder = scenario.scratch.url
        let words = ["ssh-config", "web", "--into", "keys", "--state-dir", scenario.scratch.path("state")]
        let ended = try await program.run(words)
        #expect(ended.status == 0, "\(ended.errors)")
        let path = ended.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(path == scenario.scratch.path("keys/config"))
        let config = try String(contentsOfFile: path, encoding: .utf8)
        let files = config.split(separator: "\n").compactMap { line -> String? in
            let words = line.split(separator: " ")
            return ["UserKnownHostsFile", "IdentityFile"].contains(words[0]) ? String(words[1]) : nil
        }
        #expect(!files.isEmpty && files.allSatisfy { $0.hasPrefix(scenario.scratch.path("keys/")) }, "\(config)")
        for file in files { #expect(FileManager.default.fileExists(atPath: file), "\(file)") }
        #expect(config.contains("ConnectTimeout"), "a server that says nothing is not waited for without end")
    }

    /// Nobody answers at the addresses of these machines.
    @Test(
        "a signal ends a command that waits for machines, and the same command goes on", arguments: [SIGINT, SIGTERM])
    func aSignalEndsWhatWaits(_ signal: Int32) async throws {
        let scratch = try Scratch()
        try scratch.write("auth", "id = d; type = Dummy; address = 127.0.0.9; stateFile = \(scratch.path("cloud"))")
        try scratch.write(
            "wait.radl",
            "network n ()\nsystem s (net_interface.0.connection = 'n' and disk.0.image.url = 'dummy://i')\ndeploy s 1\n"
        )
        let arguments = [
            "up", scratch.path("wait.radl"), "-a", scratch.path("auth"), "-y", "--state-dir", scratch.path("state"),
        ]
        let log = scratch.url.appending(path: "log")
        let process = try Program(name: "gantry").start(arguments, output: log)
        defer { process.end() }
        func text() -> String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }
        let deadline = ContinuousClock.now + .seconds(20)
        while !text().contains("waiting until the machine"), ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        let asked = ContinuousClock.now
        process.signal(signal)
        #expect(await process.status() == 130, "\(text())")
        #expect(ContinuousClock.now - asked < .seconds(8))
        #expect(text().contains("stopping; everything is on record, and `gantry up"), "\(text())")
    }

    @Test("gantry ssh leaves nothing, even after SIGKILL", arguments: [SIGTERM, SIGHUP, SIGKILL])
    func sessionFoldersGo(signal: Int32) async throws {
        let scenario = try DummyScenario()
        #expect(try await scenario.up().status == 0)
        let runtime = scenario.scratch.path("runtime")
        let bin = scenario.scratch.path("bin")
        for folder in [runtime, bin] {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        }
        // In the place of ssh, one that goes on until it gets a signal.
        try "#!/bin/sh\nexec sleep 600\n".write(toFile: bin + "/ssh", atomically: true, encoding: .utf8)
        chmod(bin + "/ssh", 0o755)
        var program = scenario.gantry
        program.environment["XDG_RUNTIME_DIR"] = runtime
        program.environment["PATH"] = bin + ":/usr/bin:/bin"
        let words = ["ssh", "web", "0", "--state-dir", scenario.scratch.path("state")]
        func folders() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: runtime) }
        let process = try program.start(words, output: scenario.scratch.url.appending(path: "ssh.log"))
        defer { process.end() }
        let deadline = ContinuousClock.now + .seconds(20)
        while try folders().isEmpty, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(20)) }
        // Of whatever thread has started it.
        func child() -> Int32? {
            let tasks = "/proc/\(process.id)/task"
            for task in (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? [] {
                let children = try? String(contentsOfFile: "\(tasks)/\(task)/children", encoding: .utf8)
                if let first = children?.split(separator: " ").first { return Int32(first) }
            }
            return nil
        }
        while child() == nil, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try folders().count == 1)
        let ssh = try #require(child())
        defer { kill(ssh, SIGKILL) }
        process.signal(signal)
        while process.isRunning, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(20)) }
        #expect(!process.isRunning)
        if signal == SIGKILL {
            #expect(try folders().count == 1)
            try "#!/bin/sh\nexit 3\n".write(toFile: bin + "/ssh", atomically: true, encoding: .utf8)
            chmod(bin + "/ssh", 0o755)
            #expect(try await program.run(words).status == 3)
        }
        #expect(try folders().isEmpty)
    }
}
