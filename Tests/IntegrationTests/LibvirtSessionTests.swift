import ConnectorAPI
import Foundation
import HTTPTransport
import Libvirt
import Support
import Testing

/// Machines of an ordinary user, without bridge and without a service: `qemu:///session`.
@Suite("libvirt session of a user", .enabled(if: LibvirtTestBed.isNamed), .serialized, .timeLimit(.minutes(5)))
struct LibvirtSessionTests {
    private let environment = LibvirtTestBed.environment

    @Test("Machines are reached by a port of the loopback, and reach one another on a network that is made")
    func machines() async throws {
        let uri = try #require(environment["LIBVIRT_TESTBED_SESSION_URI"])
        let image = try #require(environment["LIBVIRT_TESTBED_SESSION_IMAGE"])
        let bench = try await LibvirtBench(config: ["pool": "small"], uri: uri, image: image)
        let network = try await bench.connector.ensureNetwork(
            EnsureRequest(session: bench.session, spec: NetworkSpec(name: bench.tag), tags: bench.tags),
            context: bench.context
        ).get()
        let group = await #expect(throws: ConnectorError.self) {
            _ = try await bench.connector.ensureSecurityGroup(
                EnsureRequest(
                    session: bench.session, spec: SecurityGroupSpec(name: "g", description: "g", rules: []),
                    tags: bench.tags), context: bench.context)
        }
        #expect(group?.code == .unsupported)
        var items = bench.specs(2)
        // The second has no card but that on the network that is made.
        items[0].interfaces.append(.init(index: 1, network: network.id))
        items[1].interfaces = [.init(index: 0, network: network.id)]
        var machines: [Machine] = []
        for outcome in try await bench.launch(items) {
            let machine = try await bench.wait(outcome.get().id, "a port") { $0.sshPort != nil }
            #expect(machine.addresses.map(\.address).first == "127.0.0.1")
            machines.append(machine)
        }
        #expect(machines[0].sshPort != machines[1].sshPort)
        #expect(try await bench.ssh(machines[1], "hostname") == "node-1")
        let peer = try #require(machines[1].addresses.first { !$0.public }).address
        #expect(
            try await bench.ssh(machines[0], "ping -c 1 -W 5 \(peer) >/dev/null && echo reached") == "reached")
        let again = try await bench.launch(items).map { try $0.get().sshPort }
        #expect(again == machines.map(\.sshPort))
        try await bench.clean()
        let left = try await Program(name: "virsh", executable: URL(fileURLWithPath: "/usr/bin/virsh")).run([
            "-q", "-c", uri, "vol-list", "small",
        ])
        #expect(left.status == 0 && left.output.lines.isEmpty, "\(left.output)\(left.errors)")
    }

    @Test("What a URL has new leaves the machines over what it had as they are")
    func newerImage() async throws {
        let uri = try #require(environment["LIBVIRT_TESTBED_SESSION_URI"])
        let image = try #require(environment["LIBVIRT_TESTBED_SESSION_IMAGE"])
        let scratch = try Scratch()
        // The user of the session reads it in place.
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.url.path)
        let (folder, cache) = (scratch.path("web"), scratch.path("cache"))
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: image, toPath: folder + "/guest.qcow2")
        let pages = try Pages(folder, log: scratch.url.appending(path: "pages"))
        defer { pages.end() }
        let url = "http://127.0.0.1:\(try await pages.port())/guest.qcow2"
        let connector = LibvirtConnector(http: try CurlClient(options: .init(proxy: .none)), cacheFolder: cache)
        func disks() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: cache).filter { $0.hasSuffix("guest-qcow2") }
        }
        let first = try await LibvirtBench(config: ["pool": "small"], uri: uri, image: image, connector: connector)
        let old = try await first.wait(
            try await first.launch(first.specs(1, image: url))[0].get().id, "a port"
        ) { $0.sshPort != nil }
        let file = cache + "/" + (try #require(disks().first))
        let content = try Digest.sha256(Array(Data(contentsOf: URL(fileURLWithPath: file))))
        // The same guest, with bytes behind its end that QEMU does not look at.
        let newer = try FileHandle(forWritingTo: URL(fileURLWithPath: folder + "/guest.qcow2"))
        try newer.seekToEnd()
        try newer.write(contentsOf: Data(repeating: 7, count: 65_536))
        try newer.close()
        // As a process that begins a minute later.
        let later = try await LibvirtBench(
            config: ["pool": "small"], uri: uri, image: image,
            connector: LibvirtConnector(http: try CurlClient(options: .init(proxy: .none)), cacheFolder: cache))
        let new = try await later.wait(
            try await later.launch(later.specs(1, image: url))[0].get().id, "a port"
        ) { $0.sshPort != nil }
        #expect(try await later.ssh(new, "hostname") == "node-0")
        #expect(try disks().count == 2)
        #expect(try Digest.sha256(Array(Data(contentsOf: URL(fileURLWithPath: file)))) == content)
        // A third over the newer one fetches nothing.
        let asked = try pages.gets()
        _ = try await later.launch(later.specs(1, image: url), token: later.tag + "-2")[0].get()
        #expect(try pages.gets() == asked)
        let request = MachinesRequest(session: first.session, ids: [old.id])
        _ = try await first.finish(first.connector.stop(request, context: first.context)[0]) { $0.machine }
        _ = try await first.connector.start(request, context: first.context)[0].get()
        let again = try await first.wait(old.id, "a port") { $0.sshPort != nil }
        #expect(try await first.ssh(again, "hostname") == "node-0")
        for bench in [first, later] { try await bench.clean() }
    }
}

/// Serves a folder as `python3 -m http.server` does: with dates, without ETags, never a part.
private struct Pages {
    private let process: ChildProcess
    private let log: URL

    init(_ folder: String, log: URL) throws {
        self.log = log
        process = try Program(name: "python3", executable: URL(fileURLWithPath: "/usr/bin/python3")).start(
            ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "-d", folder], output: log)
    }

    func port() async throws -> String {
        for _ in 0..<200 {
            if let match = try String(contentsOf: log, encoding: .utf8).firstMatch(of: /port (\d+)/) {
                return String(match.1)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw TestFailure("the server of pages does not start")
    }

    /// How often the whole was sent.
    func gets() throws -> Int {
        try String(contentsOf: log, encoding: .utf8).lines.count { $0.contains("\"GET") && $0.contains(" 200 ") }
    }

    func end() { process.end() }
}
