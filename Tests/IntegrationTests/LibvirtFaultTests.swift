import ConnectorAPI
import Foundation
import Libvirt
import Testing

/// What goes wrong at a real libvirt, and what is left of it.
@Suite("libvirt connector, faults", .enabled(if: LibvirtTestBed.isNamed), .serialized, .timeLimit(.minutes(10)))
struct LibvirtFaultTests {
    private func failure(_ bench: LibvirtBench, _ change: (inout MachineSpec) -> Void) async throws -> ConnectorError {
        var items = bench.specs(1)
        change(&items[0])
        do {
            let outcome = try await bench.launch(items, token: "\(bench.tag)-\(UUID().uuidString.prefix(8))")[0]
            if case .failed(let error) = outcome { return error }
            throw TestFailure("the launch succeeded: \(outcome)")
        } catch let error as ConnectorError {
            return error
        }
    }

    @Test("What cannot be is refused with the reason, and leaves nothing")
    func impossible() async throws {
        let before = try await LibvirtTestBed.inventory()
        let bench = try await LibvirtBench()
        let folder = bench.key.folder
        try "no disk".write(toFile: folder + "/text.qcow2", atomically: true, encoding: .utf8)
        let content = try Data(contentsOf: URL(fileURLWithPath: LibvirtTestBed.image))
        try content.prefix(content.count / 2).write(to: URL(fileURLWithPath: folder + "/half.qcow2"))
        let qemuImg = Program(name: "qemu-img", executable: URL(fileURLWithPath: "/usr/bin/qemu-img"))
        _ = try await qemuImg.run([
            "create", "-q", "-f", "qcow2", "-b", LibvirtTestBed.image, "-F", "qcow2", folder + "/over.qcow2",
        ])
        let cases: [(String, ConnectorError.Code, String, (inout MachineSpec) -> Void)] = [
            ("missing", .invalidArgument, "No such file", { $0.image = "file://\(folder)/none.qcow2" }),
            ("no image", .invalidArgument, "neither qcow2", { $0.image = "file://\(folder)/text.qcow2" }),
            ("laid over another", .invalidArgument, "qemu-img convert", { $0.image = "file://\(folder)/over.qcow2" }),
            ("no volume", .invalidArgument, "no volume", { $0.image = "none.qcow2" }),
            ("scheme", .invalidArgument, "file://", { $0.image = "ost://host/1" }),
            (
                "architecture", .invalidArgument, "no machines of architecture",
                {
                    $0.provider = ["radl": ["cpu.arch": "vax"]]
                }
            ),
            ("network", .invalidArgument, "there is no network", { $0.interfaces[0].network = "none" }),
            ("memory", .quotaExceeded, "available", { $0.memoryBytes = 1 << 50 }),
            ("processors", .quotaExceeded, "processors", { $0.cpuCount = 5_000 }),
            ("disk", .quotaExceeded, "in all", { $0.disks = [.init(index: 0, sizeBytes: 1 << 60)] }),
        ]
        for (name, code, word, change) in cases {
            let error = try await failure(bench, change)
            #expect(error.code == code, "\(name): \(error)")
            #expect(error.message.contains(word), "\(name): \(error)")
        }
        try await bench.clean()
        #expect(try await LibvirtTestBed.inventory() == before)
    }

    @Test("A domain and a network that are not ours are never touched")
    func others() async throws {
        let bench = try await LibvirtBench()
        let uuid = UUID().uuidString.lowercased()
        let xml =
            "<domain type='qemu'><name>somebody-\(bench.tag)</name><uuid>\(uuid)</uuid><memory unit='MiB'>64</memory>"
            + "<os><type arch='x86_64'>hvm</type></os></domain>"
        let file = bench.key.folder + "/domain.xml"
        try xml.write(toFile: file, atomically: true, encoding: .utf8)
        _ = try await LibvirtTestBed.virsh("define", file)
        #expect(try await bench.describe(uuid).errorCode == .notFound)
        let request = MachinesRequest(session: bench.session, ids: [uuid])
        _ = try await bench.connector.terminate(request, context: bench.context)
        #expect(try await bench.connector.start(request, context: bench.context)[0].errorCode == .notFound)
        _ = try await bench.connector.delete(
            DeleteResourceRequest(session: bench.session, kind: .network, id: "default"), context: bench.context)
        #expect(try await LibvirtTestBed.virsh("domstate", "somebody-\(bench.tag)").contains("shut off"))
        #expect(try await LibvirtTestBed.virsh("net-list", "--name").lines.contains("default"))
        _ = try await LibvirtTestBed.virsh("undefine", "somebody-\(bench.tag)")
        try await bench.clean()
    }

    @Test("libvirtd that is killed and comes back finds the session and its machines")
    func restarted() async throws {
        let bench = try await LibvirtBench()
        let id = try await bench.launch(bench.specs(1))[0].get().id
        let bed = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "testbed/libvirt")
        let ended = try await Program(name: "libvirt", executable: bed).run([
            "--state", LibvirtTestBed.state, "restart",
        ])
        #expect(ended.status == 0, "\(ended.errors)")
        let machine = try await bench.wait(id, "an address") { $0.state == .running && !$0.addresses.isEmpty }
        #expect(try await bench.ssh(machine, "echo still here") == "still here")
        try await bench.clean()
    }

    @Test("A guest that ends by itself is told, one whose network is silent has no address")
    func guests() async throws {
        let bench = try await LibvirtBench()
        let id = try await bench.launch(bench.specs(1, script: "poweroff -f"))[0].get().id
        let stopped = try await bench.wait(id, "the end") { $0.state != .running }
        #expect(stopped.state == .stopped)
        #expect(stopped.addresses.isEmpty)
        try await bench.clean()
    }

    @Test("No libvirt, or none that may be used, is told with what to do")
    func unreachable() async throws {
        let connector = LibvirtConnector()
        for (uri, code, word) in [
            ("qemu+unix:///system?socket=/nowhere/libvirt-sock", ConnectorError.Code.unavailable, "/nowhere"),
            ("nonsense:///system", .invalidArgument, "qemu+ssh://"),
            ("qemu", .invalidArgument, "no URI"),
            ("qemu+ssh://nobody@127.0.0.1:1/system", .unavailable, "log in"),
        ] {
            let error = await #expect(throws: ConnectorError.self) {
                _ = try await connector.openSession(
                    OpenSessionRequest(credentials: Credentials([:]), endpoint: uri),
                    context: CallContext(deadlineMs: 30_000))
            }
            #expect(error?.code == code, "\(uri): \(error.map { "\($0)" } ?? "")")
            #expect(error?.message.contains(word) == true, "\(uri): \(error.map { "\($0)" } ?? "")")
        }
    }
}
