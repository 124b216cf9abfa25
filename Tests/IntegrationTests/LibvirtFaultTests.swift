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
            ("cut off", .invalidArgument, "cut off", { $0.image = "file://\(folder)/half.qcow2" }),
            ("address", .invalidArgument, "none of network", { $0.interfaces[0].fixedAddress = "192.0.2.77" }),
            ("bridge", .invalidArgument, "nobr9", { $0.interfaces[0].network = "bridge:nobr9" }),
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

    @Test("A machine whose domain somebody removed leaves no disk, lease or copy; what others took of it stays")
    func removedByOthers() async throws {
        let before = try await LibvirtTestBed.inventory()
        let bench = try await LibvirtBench()
        let closed = bench.key.folder + "/closed"
        try FileManager.default.createDirectory(
            atPath: closed, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try FileManager.default.copyItem(atPath: LibvirtTestBed.image, toPath: closed + "/guest.qcow2")
        var items = bench.specs(1, image: "file://\(closed)/guest.qcow2")
        items[0].disks = [.init(index: 1, sizeBytes: 16 << 20)]
        let range = try await LibvirtTestBed.virsh("net-dumpxml", "default")
        let prefix = try #require(range.firstMatch(of: /address='(\d+\.\d+\.\d+)\.1'/)).1
        items[0].interfaces[0].fixedAddress = "\(prefix).77"
        func volumes() async throws -> Set<String> {
            _ = try await LibvirtTestBed.virsh("pool-refresh", "gantry")
            return Set(
                try await LibvirtTestBed.virsh("vol-list", "gantry").lines.compactMap {
                    $0.split(separator: " ").first.map(String.init)
                })
        }
        func launched(_ token: String) async throws -> String {
            let made = try await bench.launch(items, token: token)[0]
            guard case .inProgress(let progress) = made else { return try made.get().id }
            return try await bench.finish(.inProgress(progress)) { $0.machine }.id
        }
        let id = try await launched(bench.tag + "-1")
        // Undefined while it runs, and ended then.
        _ = try await LibvirtTestBed.virsh("undefine", id)
        _ = try await LibvirtTestBed.virsh("destroy", id)
        let left = try await volumes().filter { $0.hasPrefix(id) }
        #expect(left.count == 4, "\(left)")
        // Somebody else's domain has one of them.
        let path = try await LibvirtTestBed.virsh("vol-path", "--pool", "gantry", "\(id)-disk1.qcow2").lines[0]
        let other = closed + "/other.xml"
        try """
        <domain type='qemu'><name>\(bench.tag)-other</name><memory unit='MiB'>64</memory>
        <os><type arch='x86_64'>hvm</type></os><devices><disk type='file' device='disk'>
        <source file='\(path)'/><target dev='vda' bus='virtio'/></disk></devices></domain>
        """.write(toFile: other, atomically: true, encoding: .utf8)
        _ = try await LibvirtTestBed.virsh("define", other)
        let request = MachinesRequest(session: bench.session, ids: [id])
        for _ in 0..<2 { _ = try await bench.connector.terminate(request, context: bench.context)[0].get() }
        #expect(try await volumes().filter { $0.hasPrefix(id) } == ["\(id)-disk1.qcow2"])
        #expect(try await volumes().allSatisfy { !$0.hasPrefix("base-") })
        #expect(try await !LibvirtTestBed.virsh("net-dumpxml", "default").contains("\(prefix).77"))
        _ = try await LibvirtTestBed.virsh("undefine", "\(bench.tag)-other")
        _ = try await bench.connector.terminate(request, context: bench.context)[0].get()
        try await bench.clean()
        #expect(try await LibvirtTestBed.inventory() == before)
    }

    @Test("A plan refuses what a launch would be refused for, and makes nothing")
    func plans() async throws {
        let before = try await LibvirtTestBed.inventory()
        func refusal(
            config: [String: JSONValue] = [:], count: Int = 1, networks: [NetworkSpec] = [],
            _ change: (inout MachineSpec) -> Void = { _ in }
        ) async throws -> ConnectorError? {
            let bench = try await LibvirtBench(config: config)
            defer { bench.key.remove() }
            var item = bench.specs(1)[0]
            change(&item)
            var request = PlanRequest(
                session: bench.session, cpuCountMin: 1, memoryBytesMin: item.memoryBytes, images: [item.image])
            (request.item, request.count, request.networks) = (item, count, networks)
            do {
                #expect(try await !bench.connector.plan(request, context: bench.context).isEmpty)
                return nil
            } catch let error as ConnectorError {
                return error
            }
        }
        #expect(try await refusal() == nil)
        #expect(try await refusal(networks: [NetworkSpec(name: "a", cidr: "10.199.9.0/24")]) == nil)
        let bench = try await LibvirtBench()
        let catalog = try await bench.connector.networks(CatalogRequest(session: bench.session), context: bench.context)
        let range = try #require(catalog.items.first { $0.id == "default" }?.cidr)
        let cases: [(String, ConnectorError.Code, String, ConnectorError?)] = [
            (
                "network", .invalidArgument, "there is no network 'none'; there are: default",
                try await refusal { $0.interfaces[0].network = "none" }
            ),
            (
                "network of the auth line", .invalidArgument, "network 'none', which the auth line names; there are: ",
                try await refusal(config: ["network": "none"])
            ),
            (
                "pool", .invalidArgument, "storage pool 'none', which the auth line names; there are: ",
                try await refusal(config: ["pool": "none"])
            ),
            (
                "address", .invalidArgument, "none of network 'default', which has \(range)",
                try await refusal { $0.interfaces[0].fixedAddress = "192.0.2.77" }
            ),
            (
                "memory", .quotaExceeded, "1000 machines need",
                try await refusal(count: 1000) { $0.memoryBytes = 1 << 30 }
            ),
            (
                "disk", .quotaExceeded, "in all",
                try await refusal { $0.disks = [.init(index: 1, sizeBytes: 1 << 60)] }
            ),
            (
                "volume", .invalidArgument, "no volume 'none.qcow2'",
                try await refusal { $0.disks = [.init(index: 1, sizeBytes: 1 << 20, source: "none.qcow2")] }
            ),
            (
                "no range", .invalidArgument, "network 'a': '10.0.0.0/8' is no range",
                try await refusal(networks: [NetworkSpec(name: "a", cidr: "10.0.0.0/8")])
            ),
            (
                "range in use", .invalidArgument, "\(range) are in use by network 'default'",
                try await refusal(networks: [NetworkSpec(name: "a", cidr: range)])
            ),
            (
                "two of one range", .invalidArgument, "in use by network 'a'",
                try await refusal(networks: [
                    NetworkSpec(name: "a", cidr: "10.199.9.0/24"), NetworkSpec(name: "b", cidr: "10.199.9.128/25"),
                ])
            ),
        ]
        for (name, code, words, error) in cases {
            #expect(error?.code == code, "\(name): \(error.map { "\($0)" } ?? "")")
            #expect(error?.message.contains(words) == true, "\(name): \(error.map { "\($0)" } ?? "")")
        }
        try await bench.clean()
        #expect(try await LibvirtTestBed.inventory() == before)
    }

    @Test("An image without tags is known as ours by its name; those of others and those in use are left alone")
    func images() async throws {
        let before = try await LibvirtTestBed.inventory()
        let bench = try await LibvirtBench()
        let connector = bench.connector
        let id = try await bench.launch(bench.specs(1))[0].get().id
        let order = SnapshotRequest(session: bench.session, id: id, disk: 0, name: "gold v1 \(bench.tag)", tags: [:])
        let image = try await bench.finish(try await connector.snapshot(order, context: bench.context)) { $0.image }
        #expect(image.name == "gold-v1-\(bench.tag)")
        func delete(_ uri: String) async throws -> ConnectorError? {
            do {
                _ = try await connector.delete(
                    DeleteResourceRequest(session: bench.session, kind: .image, id: uri), context: bench.context
                ).get()
                return nil
            } catch let error as ConnectorError {
                return error
            }
        }
        let copy = try await bench.launch(bench.specs(1, image: image.uri), token: bench.tag + "-copy")[0].get()
        #expect(try await delete(image.uri)?.message.contains("laid over it") == true)
        _ = try await connector.terminate(
            MachinesRequest(session: bench.session, ids: [copy.id]), context: bench.context)
        for _ in 0..<2 { #expect(try await delete(image.uri) == nil) }
        _ = try await LibvirtTestBed.virsh("vol-create-as", "gantry", "\(bench.tag).qcow2", "1M", "--format", "qcow2")
        let refused = try await delete("libvirt://gantry/\(bench.tag).qcow2")
        #expect(refused?.code == .permissionDenied && refused?.message.contains("vol-delete") == true)
        _ = try await LibvirtTestBed.virsh("vol-delete", "\(bench.tag).qcow2", "--pool", "gantry")
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
        _ = try await LibvirtTestBed.bed("restart")
        let machine = try await bench.wait(id, "an address") { $0.state == .running && !$0.addresses.isEmpty }
        #expect(try await bench.ssh(machine, "echo still here") == "still here")
        try await bench.clean()
    }

    @Test("libvirtd that is killed in the middle of a launch: the same launch goes on with what is there")
    func killedInTheMiddle() async throws {
        let before = try await LibvirtTestBed.inventory()
        let bench = try await LibvirtBench()
        let items = bench.specs(2)
        for delay in [20, 120, 400] {
            async let first = bench.launch(items)
            try await Task.sleep(for: .milliseconds(delay))
            _ = try await LibvirtTestBed.bed("restart")
            // Whatever became of it.
            _ = try? await first
            // Until it has found the machines again, libvirt lets nobody change them: the host asks again then.
            var outcomes = try await bench.launch(items)
            for _ in 0..<3 where outcomes.contains(where: { [.timeout, .unavailable].contains($0.errorCode) }) {
                outcomes = try await bench.launch(items)
            }
            let made = try outcomes.map { try $0.get().id }
            #expect(Set(made).count == 2)
            let listed = try await bench.list()
            #expect(Set(listed.map(\.id)) == Set(made))
            #expect(listed.allSatisfy { $0.machine?.state == .running })
            for outcome in try await bench.connector.terminate(
                MachinesRequest(session: bench.session, ids: made), context: bench.context)
            {
                _ = try outcome.get()
            }
            #expect(try await LibvirtTestBed.inventory() == before, "after \(delay) ms")
        }
        try await bench.clean()
    }

    @Test("A pool that fills up in the middle of a copy is told, and the copy is gone")
    func fullPool() async throws {
        let bench = try await LibvirtBench(config: ["pool": "full"])
        // A disk that boots to nothing, large enough to be overtaken.
        let closed = bench.key.folder + "/large.raw"
        try Data([0xfa, 0xf4, 0xeb, 0xfd] + Array(repeating: 0, count: 506) + [0x55, 0xaa]).write(
            to: URL(fileURLWithPath: closed))
        #expect(truncate(closed, 450 << 20) == 0)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: closed)
        let folder = "/var/lib/libvirt/images/full"
        _ = try await LibvirtTestBed.bed(
            "exec", "sh", "-c", "mkdir -p \(folder) && mount -t tmpfs -o size=500m full \(folder)")
        _ = try await LibvirtTestBed.virsh("pool-define-as", "full", "dir", "--target", folder)
        _ = try await LibvirtTestBed.virsh("pool-start", "full")
        async let others = LibvirtTestBed.bed(
            "exec", "sh", "-c",
            "until ls \(folder)/base-* >/dev/null 2>&1; do sleep 0.01; done; head -c 100M /dev/zero >\(folder)/others")
        let error = try await failure(bench) { $0.image = "file://\(closed)" }
        _ = try await others
        #expect(error.code == .quotaExceeded, "\(error)")
        #expect(error.message.contains("No space left"), "\(error)")
        #expect(try await LibvirtTestBed.bed("exec", "ls", folder).output.lines == ["others"])
        // With room again the same machine is made.
        _ = try await LibvirtTestBed.bed("exec", "rm", folder + "/others")
        var items = bench.specs(1)
        items[0].image = "file://\(closed)"
        _ = try await bench.launch(items)[0].get()
        try await bench.clean()
        #expect(try await LibvirtTestBed.bed("exec", "ls", folder).output.lines == [])
        _ = try await LibvirtTestBed.virsh("pool-destroy", "full")
        _ = try await LibvirtTestBed.virsh("pool-undefine", "full")
        _ = try await LibvirtTestBed.bed("exec", "sh", "-c", "umount \(folder) && rmdir \(folder)")
    }

    @Test("Addresses that the host itself has are told, and others are taken where none are named")
    func rangeInUse() async throws {
        let before = try await LibvirtTestBed.inventory()
        let bench = try await LibvirtBench()
        let link = "$(ls /sys/class/net | grep ^gtlv)"
        _ = try await LibvirtTestBed.bed("exec", "sh", "-c", "ip addr add 10.198.3.9/24 dev \(link)")
        let spec = NetworkSpec(name: bench.tag, cidr: "10.198.3.0/24")
        let error = await #expect(throws: ConnectorError.self) {
            _ = try await bench.connector.ensureNetwork(
                EnsureRequest(session: bench.session, spec: spec, tags: bench.tags), context: bench.context
            ).get()
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("10.198.3.0/24 are in use on the host") == true, "\(String(describing: error))")
        #expect(try await LibvirtTestBed.inventory() == before)
        _ = try await LibvirtTestBed.bed("exec", "sh", "-c", "ip addr del 10.198.3.9/24 dev \(link)")
        try await bench.clean()
    }

    @Test("A guest that ends by itself is told, one whose network is silent has no address")
    func guests() async throws {
        let bench = try await LibvirtBench()
        let id = try await bench.launch(bench.specs(1, script: "poweroff -f"))[0].get().id
        let stopped = try await bench.wait(id, "the end") { $0.state == .stopped }
        #expect(stopped.state == .stopped)
        #expect(stopped.addresses.isEmpty)
        try await bench.clean()
    }

    @Test("A BIOS that finds nothing to boot is told long before the time for a start is over")
    func nothingToBoot() async throws {
        let bench = try await LibvirtBench()
        let image = bench.key.folder + "/empty.qcow2"
        let qemuImg = Program(name: "qemu-img", executable: URL(fileURLWithPath: "/usr/bin/qemu-img"))
        #expect(try await qemuImg.run(["create", "-q", "-f", "qcow2", image, "64M"]).status == 0)
        let id = try await bench.launch(bench.specs(1, image: "file://\(image)"))[0].get().id
        let failed = try await bench.wait(id, "a failure") { $0.state == .failed }
        #expect(failed.failure?.code == "boot")
        let message = failed.failure?.message ?? ""
        #expect(message.contains("('Boot failed: not a bootable disk / No bootable device')"), "\(message)")
        #expect(message.contains("`libvirt.firmware = 'uefi'`"), "\(message)")
        #expect(try await bench.consoleEnd(id).contains("No bootable device."))
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
