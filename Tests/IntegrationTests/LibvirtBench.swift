import ConnectorAPI
import Foundation
import Libvirt
import Support
import Testing

/// The libvirt to test against, as `testbed/libvirt env` names it.
enum LibvirtTestBed {
    static let environment = ProcessInfo.processInfo.environment
    static var isNamed: Bool { environment["LIBVIRT_TESTBED_URI"] != nil }
    static var uri: String { environment["LIBVIRT_TESTBED_URI"] ?? "" }
    /// File of the small guest.
    static var image: String { environment["LIBVIRT_TESTBED_IMAGE"] ?? "" }
    /// File of a Debian, where one was made.
    static var debian: String? { environment["LIBVIRT_TESTBED_DEBIAN"] }
    static var state: String { environment["LIBVIRT_TESTBED_STATE"] ?? "" }

    /// What `virsh` says, which goes past the connector.
    static func virsh(_ arguments: String...) async throws -> String {
        let ended = try await Program(name: "virsh", executable: URL(fileURLWithPath: "/usr/bin/virsh")).run(
            ["-q", "-c", uri] + arguments)
        return ended.output
    }

    /// The script of the test bed, for what happens to a libvirt.
    static func bed(_ arguments: String...) async throws -> Program.Ended {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "testbed/libvirt")
        let isRoot = getuid() == 0
        let program = Program(name: "libvirt", executable: isRoot ? script : URL(fileURLWithPath: "/usr/bin/sudo"))
        let ended = try await program.run((isRoot ? [] : [script.path]) + ["--state", state] + arguments)
        guard ended.status == 0 else { throw TestFailure("testbed/libvirt \(arguments): \(ended.errors)") }
        return ended
    }

    /// Makes volumes whose names begin so as if nobody had written to them for two hours.
    static func age(_ prefix: String) async throws {
        _ = try await bed("exec", "sh", "-c", "touch -d '2 hours ago' /var/lib/libvirt/images/gantry/\(prefix)*")
    }

    /// Names of all that there is: domains, networks, volumes, filters, files of the pool.
    static func inventory() async throws -> [String] {
        var all = try await virsh("list", "--all", "--name").lines.map { "domain \($0)" }
        all += try await virsh("net-list", "--all", "--name").lines.map { "network \($0)" }
        for pool in try await virsh("pool-list", "--name").lines {
            all += try await virsh("vol-list", pool).lines.map { "volume \($0)" }
        }
        all += try await virsh("nwfilter-list").lines.map { "filter \($0.split(separator: " ").last ?? "")" }
        let files = FileManager.default.enumerator(atPath: state + "/lib/images")?.allObjects as? [String] ?? []
        all += files.filter { $0.contains(".") }.map { "file \($0)" }
        return all.sorted()
    }
}

extension String {
    var lines: [String] {
        split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
}

/// A session with what a test makes in it.
struct LibvirtBench: Sendable {
    let connector: LibvirtConnector
    let session: SessionID
    let tag = "test-\(UUID().uuidString.prefix(8).lowercased())"
    let context = CallContext(deadlineMs: 120_000)
    let key: Key

    /// A key pair for logins.
    struct Key: Sendable {
        let folder: String
        var file: String { folder + "/key" }
        let publicKey: String

        init() async throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "gantry-key-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            _ = try await Program(name: "ssh-keygen", executable: URL(fileURLWithPath: "/usr/bin/ssh-keygen")).run([
                "-q", "-t", "ed25519", "-N", "", "-f", folder + "/key",
            ])
            publicKey = try String(contentsOfFile: folder + "/key.pub", encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }

        func remove() { try? FileManager.default.removeItem(atPath: folder) }
    }

    var tags: [String: String] { ["gantry:infrastructure": tag] }

    let image: String

    /// - Parameter uri: Of another libvirt than the test bed's own.
    init(
        config: [String: JSONValue] = [:], uri: String = LibvirtTestBed.uri, image: String = LibvirtTestBed.image,
        connector: LibvirtConnector = LibvirtConnector()
    ) async throws {
        self.image = image
        self.connector = connector
        key = try await Key()
        session = try await connector.openSession(
            OpenSessionRequest(credentials: Credentials([:]), endpoint: uri, config: config),
            context: context
        ).session
    }

    func specs(_ count: Int, image: String? = nil, script: String = "") -> [MachineSpec] {
        (0..<count).map { index in
            var spec = MachineSpec(
                machineID: "\(tag).\(index)", name: "node-\(index)", image: image ?? "file://\(self.image)",
                flavor: "", cpuCount: 1, memoryBytes: 256 << 20, interfaces: [.init(index: 0, public: true)])
            var lines = ["#cloud-config", "users:", "  - default", "  - name: cloudadm", "    ssh_authorized_keys:"]
            lines.append("      - \"\(key.publicKey)\"")
            if !script.isEmpty { lines += ["runcmd:", "  - \(script)"] }
            spec.userData = Data((lines.joined(separator: "\n") + "\n").utf8)
            return spec
        }
    }

    func launch(_ items: [MachineSpec], token: String? = nil) async throws -> [Outcome<Machine>] {
        try await connector.launch(
            LaunchRequest(session: session, batchToken: token ?? tag, items: items, tags: tags), context: context)
    }

    func describe(_ id: String) async throws -> Outcome<Machine> {
        try await connector.describe(MachinesRequest(session: session, ids: [id]), context: context)[0]
    }

    func list(_ kinds: [Resource.Kind]? = nil) async throws -> [Resource] {
        try await connector.list(ListRequest(session: session, tags: tags, kinds: kinds), context: context).items
    }

    /// Asks again until `judge` likes what a machine is.
    func wait(_ id: String, _ what: String, _ judge: (Machine) -> Bool) async throws -> Machine {
        for _ in 0..<600 {
            let machine = try await describe(id).get()
            if judge(machine) { return machine }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw TestFailure("\(what) of \(id) did not happen; its console ends with: \(try await consoleEnd(id))")
    }

    func finish<Value>(
        _ outcome: Outcome<Value>, _ pick: (StepResult) -> Value?
    ) async throws -> Value {
        guard case .inProgress(var progress) = outcome else { return try outcome.get() }
        for _ in 0..<600 {
            try await Task.sleep(for: .milliseconds(min(progress.pollAfterMs, 500)))
            let next = try await connector.resume(
                ContinueRequest(session: session, state: progress.state), context: context)
            if case .inProgress(let more) = next {
                progress = more
                continue
            }
            return try #require(pick(try next.get()))
        }
        throw TestFailure("the call does not come to its end")
    }

    func consoleEnd(_ id: String) async throws -> String {
        let place = try await connector.console(MachineRequest(session: session, id: id), context: context)
        let text = try String(contentsOfFile: try #require(place.path), encoding: .utf8)
        return text.lines.suffix(5).joined(separator: " / ")
    }

    /// The Ed25519 key of its SSH server.
    func shownHostKey(_ machine: Machine) async throws -> [String] {
        let address = try #require(machine.addresses.first).address
        let shown = try await Program(name: "ssh-keyscan", executable: URL(fileURLWithPath: "/usr/bin/ssh-keyscan"))
            .run(["-T", "30", "-t", "ed25519", "-p", "\(machine.sshPort ?? 22)", address])
        return shown.output.lines.filter { !$0.hasPrefix("#") }.map { line in
            line.split(separator: " ").dropFirst().joined(separator: " ")
        }
    }

    /// What a command in the guest prints, asked until its SSH answers.
    func ssh(_ machine: Machine, _ command: String) async throws -> String {
        let address = try #require(machine.addresses.first).address
        for _ in 0..<240 {
            let ended = try await Program(name: "ssh", executable: URL(fileURLWithPath: "/usr/bin/ssh")).run([
                "-i", key.file, "-p", "\(machine.sshPort ?? 22)", "-o", "StrictHostKeyChecking=no", "-o",
                "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "BatchMode=yes", "-o", "ConnectTimeout=3",
                "cloudadm@\(address)", command,
            ])
            if ended.status == 0 { return ended.output.trimmingCharacters(in: .whitespacesAndNewlines) }
            try await Task.sleep(for: .milliseconds(500))
        }
        throw TestFailure("SSH of \(address) does not answer")
    }

    /// Removes all that carries the tags.
    func clean() async throws {
        let found = try await list()
        let ids = found.filter { $0.kind == .machine }.map(\.id)
        for outcome in try await connector.terminate(MachinesRequest(session: session, ids: ids), context: context) {
            _ = try outcome.get()
        }
        for resource in found where resource.kind != .machine {
            _ = try await connector.delete(
                DeleteResourceRequest(session: session, kind: resource.kind, id: resource.id), context: context
            ).get()
        }
        #expect(try await list().isEmpty)
        key.remove()
    }
}

struct TestFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
