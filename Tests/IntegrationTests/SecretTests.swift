import Foundation
import Glibc
import HTTPTransport
import Support
import Testing

/// Passwords that were never seen before are given in every way, and looked for everywhere afterwards.
///
/// One is the login user's, for SSH and sudo; one is in a task with `no_log`; one is in the authorization file.
@Suite(.serialized) struct SecretTests {
    private struct Markers {
        let login = Self.make()
        let variable = Self.make()
        let cloud = Self.make()
        /// Given in an environment on purpose: proves that looking there would find the others.
        let control = Self.make()

        var all: [String] { [login, variable, cloud] }

        private static func make() -> String { "mark" + UUID().uuidString.replacing("-", with: "") }
    }

    private static let tasks = """
        - name: use it
          shell: cat >/dev/null; sleep 0.5
          args:
            stdin: "{{ token }}"
          no_log: true
        - name: keep it in a file
          copy:
            content: "{{ token }}"
            dest: /srv/token
            mode: "0600"
          no_log: true
        - name: say it
          debug:
            msg: "{{ token }}"
          no_log: true
        - name: remove the file
          file:
            path: /srv/token
            state: absent
        - name: stop while the gate is shut
          shell: cat; cat >&2 /srv/token; sleep 0.3; test -e /srv/gate
          args:
            stdin: "{{ token }}"
          no_log: true
        """

    /// A host of our own, whose login user has the marker as password; sudo asks for it.
    private static func host(_ markers: Markers) async throws -> TestHost {
        try await HostScenario.testbed("up", "1", "--prefix", "secret", "--password-login", "--sudo-password")
        let list = try await HostScenario.testbed("list", "--json")
        let hosts = try JSONDecoder().decode([TestHost].self, from: Data(list.utf8))
        let host = try #require(hosts.first { $0.name == "secret-1" })
        try await HostScenario.shell(host, "echo '\(host.user):\(host.password)' | chpasswd; rm -f /srv/gate")
        return host
    }

    private static func document(_ host: TestHost, _ markers: Markers) throws -> String {
        try HostScenario.document(
            [.init(system: "node", host: host, login: .password(markers.login))], tasks: tasks,
            variables: "  vars:\n    token: \(markers.variable)\n"
        ).replacing("deploy node 1", with: "deploy node 1 existing")
    }

    /// For the cloud whose password is a marker.
    private static let cloudDocument =
        "network lan ()\nsystem cloudy (net_interface.0.connection = 'lan' and disk.0.image.url = 'dummy://image')\n"
        + "contextualize ()\ndeploy cloudy 1 dummy\n"

    private static func authorization(_ scratch: Scratch, _ markers: Markers) -> String {
        "id = dummy; type = Dummy; username = ada; password = \(markers.cloud); stateFile = \(scratch.path("cloud")); "
            + "bootMs = 30; addresses = unique"
    }

    private static func openGate(_ host: TestHost, _ markers: Markers) async throws {
        try await HostScenario.shell(host, "touch /srv/gate")
    }

    private static func setPassword(_ host: TestHost, _ password: String) async throws {
        try await HostScenario.shell(host, "echo '\(host.user):\(password)' | chpasswd")
    }

    /// Nothing of what is on disk, was printed or lies on the host holds a marker.
    private static func expectNoTrace(
        _ markers: Markers, folder: String, outputs: [String], host: TestHost,
        location: SourceLocation = #_sourceLocation
    ) async throws {
        for (index, marker) in markers.all.enumerated() {
            for output in outputs {
                #expect(!output.contains(marker), "marker \(index) was printed", sourceLocation: location)
            }
            let forms = [marker, Data(marker.utf8).base64EncodedString()]
            for form in forms {
                let found = files(with: form, below: folder)
                #expect(found.isEmpty, "marker \(index): \(found)", sourceLocation: location)
            }
            let left = try await HostScenario.shell(
                host, "grep -rlF \(marker) /etc /home /run /srv /tmp /dev/shm /var/log /var/tmp ~root 2>&- || true")
            #expect(left.isEmpty, "marker \(index) is on the host: \(left)", sourceLocation: location)
        }
    }

    private static func files(with text: String, below folder: String) -> [String] {
        let needle = Data(text.utf8)
        var found: [String] = []
        for case let name as String in FileManager.default.enumerator(atPath: folder) ?? .init() {
            guard let data = FileManager.default.contents(atPath: folder + "/" + name) else { continue }
            if data.range(of: needle) != nil { found.append(name) }
        }
        return found
    }

    // MARK: Where they must not be

    @Test func theCommandLeavesNoTrace() async throws {
        let markers = Markers()
        let (outputs, inputs) = (try Scratch(), try Scratch())
        let host = try await Self.host(markers)
        let document = try inputs.write("hosts.radl", try Self.document(host, markers))
        let authorization = try inputs.write("auth", Self.authorization(inputs, markers) + "\n")
        let gantry = Program(name: "gantry")
        let arguments = [
            "up", document, "-a", authorization, "--state-dir", outputs.path("state"), "--yes", "--timeout", "40",
        ]
        let sampler = ProcessSampler(markers.all, control: markers.control)
        let wrong = try await gantry.run(arguments)
        #expect(wrong.status == 1, "\(wrong.output)\(wrong.errors)")
        #expect(wrong.errors.contains("tried password"), "\(wrong.errors)")
        sampler.pause()
        try await Self.setPassword(host, markers.login)
        sampler.resume()
        let shut = try await gantry.run(arguments)
        #expect(shut.status == 1, "\(shut.output)\(shut.errors)")
        #expect(shut.errors.contains("stop while the gate is shut"), "\(shut.errors)")
        try await Self.openGate(host, markers)
        let done = try await gantry.run(arguments)
        #expect(done.status == 0, "\(done.output)\(done.errors)")
        let cloudy = try inputs.write("cloudy.radl", Self.cloudDocument)
        let other = try await gantry.run(["up", cloudy] + arguments.dropFirst(2))
        #expect(other.status == 0, "\(other.output)\(other.errors)")
        try await sampler.finish()
        var texts = [wrong, shut, done, other].flatMap { [$0.output, $0.errors] }
        for words in [["log", "hosts"], ["show", "hosts"], ["show", "hosts", "--json"], ["list", "--json"]] {
            let ended = try await gantry.run(words + ["--state-dir", outputs.path("state")])
            #expect(ended.status == 0, "\(words): \(ended.errors)")
            texts.append(ended.output + ended.errors)
        }
        try await Self.expectNoTrace(markers, folder: outputs.url.path, outputs: texts, host: host)
        try await HostScenario.testbed("down", host.name)
    }

    @Test func theServiceLeavesNoTrace() async throws {
        let markers = Markers()
        let (outputs, inputs) = (try Scratch(), try Scratch())
        let host = try await Self.host(markers)
        try await Self.setPassword(host, markers.login)
        let sampler = ProcessSampler(markers.all, control: markers.control)
        let daemon = try await Daemon(
            state: outputs.path("state"), authorization: [Self.authorization(inputs, markers)],
            log: outputs.path("log"))
        let shut = try await daemon.create(try Self.document(host, markers))
        #expect(try await daemon.settledState(shut, within: .seconds(30)) == "unconfigured")
        try await Self.openGate(host, markers)
        let done = try await daemon.create(try Self.document(host, markers))
        #expect(try await daemon.settledState(done, within: .seconds(30)) == "configured")
        let other = try await daemon.create(Self.cloudDocument)
        #expect(try await daemon.settledState(other, within: .seconds(30)) == "configured")
        try await sampler.finish()
        var texts = [daemon.logText]
        for id in [shut, done] {
            for path in ["contmsg", "state"] {
                texts.append(try await daemon.call(.get, "/infrastructures/\(id)/\(path)"))
            }
        }
        #expect(texts.joined().contains("stop while the gate is shut"))
        try await Self.expectNoTrace(markers, folder: outputs.url.path, outputs: texts, host: host)
        try await HostScenario.testbed("down", host.name)
    }

    // MARK: Core dumps

    /// Aborted while the passwords are in memory, with no limit on core dumps: none is written.
    @Test(arguments: ["gantry", "gantryd", "connector-dummy"], [SIGABRT, SIGXCPU])
    func noCoreDump(program: String, signal: Int32) async throws {
        let scratch = try Scratch()
        let folder = try Scratch()
        let state = scratch.path("state")
        // A Dummy machine that boots for long: the credentials are in use.
        try scratch.write(
            "auth", "id = dummy; type = Dummy; password = \(UUID().uuidString); bootMs = 60000; addresses = unique\n")
        try scratch.write(
            "web.radl", "network lan ()\nsystem web (disk.0.image.url = 'dummy://image')\ndeploy web 1\n")
        var environment: [String: String] = [:]
        var arguments: [String]
        switch program {
        case "gantry": arguments = ["up", scratch.path("web.radl"), "-a", scratch.path("auth"), "--state-dir", state]
        case "gantryd": arguments = ["--state-dir", state, "--rest-port", "0", "--no-xmlrpc"]
        default:
            arguments = ["serve"]
            environment["CONNECTOR_COOKIE"] = UUID().uuidString
        }
        let ended = try await abort(
            [Program.folder.appending(path: program).path] + arguments, in: folder, environment, signal: signal)
        #expect(ended.limit == "0", "soft limit of core dumps: \(ended.limit)")
        #expect(ended.status == -signal, "ended with \(ended.status)")
        #expect(ended.files.isEmpty, "\(ended.files)")
    }

    /// Where the kernel writes core dumps into the working folder, a program that does not forbid them leaves one: the test
    /// above would see it.
    @Test func aProgramOfOthersDumpsCore() async throws {
        let pattern = (try? String(contentsOfFile: "/proc/sys/kernel/core_pattern", encoding: .utf8)) ?? ""
        guard !pattern.hasPrefix("|"), !pattern.hasPrefix("/") else { return }
        let ended = try await abort(["/bin/sleep", "20"], in: try Scratch(), [:], signal: SIGSEGV)
        #expect(ended.limit == "unlimited")
        #expect(ended.files.contains { $0.hasPrefix("core") }, "\(ended.files)")
    }

    /// Starts a program without a limit on core dumps in a folder of its own and sends it a signal after a moment.
    private func abort(
        _ command: [String], in folder: Scratch, _ environment: [String: String], signal: Int32
    ) async throws -> (status: Int32, limit: String, files: [String]) {
        // Swift's own handler of crashes takes the first signal from outside for a crash and swallows it.
        let environment = environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
        // A connector ends when its input does: that is a pipe, which stays open.
        let (process, pipes) = try ChildCommand(
            ["/bin/sh", "-c", "ulimit -c unlimited; cd \"$0\" && exec \"$@\" >/dev/null 2>&1", folder.url.path]
                + command,
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 }
        ).startWithPipes()
        defer { for end in [pipes.input, pipes.output, pipes.error] { close(end) } }
        try await Task.sleep(for: .seconds(1))
        let limits = (try? String(contentsOfFile: "/proc/\(process.id)/limits", encoding: .utf8)) ?? ""
        let line = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
        let limit =
            process.isRunning ? line?.split(separator: " ").dropFirst(4).first.map(String.init) ?? "?" : "has ended"
        process.signal(signal)
        // So that a program that does not end fails the test and does not hold it up. Unstructured: ended below.
        let killer = Task {
            try await Task.sleep(for: .seconds(5))
            process.signal(SIGKILL)
        }
        let status = await process.status()
        killer.cancel()
        return (status, limit, try FileManager.default.contentsOfDirectory(atPath: folder.url.path))
    }
}
