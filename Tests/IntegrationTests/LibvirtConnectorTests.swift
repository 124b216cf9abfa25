import ConnectorAPI
import Foundation
import Libvirt
import Testing

/// The connector against a real libvirt, with guests that boot to SSH.
@Suite("libvirt connector", .enabled(if: LibvirtTestBed.isNamed), .serialized, .timeLimit(.minutes(15)))
struct LibvirtConnectorTests {
    @Test("From nothing to a guest's shell and back to nothing")
    func fromNothingToNothing() async throws {
        let before = try await LibvirtTestBed.inventory()
        let bench = try await LibvirtBench()
        var items = bench.specs(2, script: "echo was here >/tmp/runcmd")
        items[0].disks = [.init(index: 1, sizeBytes: 64 << 20)]
        let made = try await bench.launch(items).map { try $0.get() }
        #expect(made.map(\.machineID) == items.map(\.machineID))
        let again = try await bench.launch(items).map { try $0.get().id }
        #expect(again == made.map(\.id))
        // Another batch under the same token is refused, and nothing of it made.
        await #expect(throws: ConnectorError.self) {
            for outcome in try await bench.launch([items[1]]) { _ = try outcome.get() }
        }
        let first = try await bench.wait(made[0].id, "an address") { $0.state == .running && !$0.addresses.isEmpty }
        #expect(first.addresses.allSatisfy { $0.public })
        #expect(try await bench.ssh(first, "hostname; cat /tmp/runcmd") == "node-0\nwas here")
        // The disk is found by its serial number, whatever its name is.
        #expect(
            try await bench.ssh(
                first, "cat /sys/block/$(basename $(readlink /dev/disk/by-id/virtio-gantry-disk1))/size") == "131072")
        #expect(try await bench.consoleEnd(first.id).contains("tiny ready: node-0"))
        // What the machine is said to be is what it shows, and each has a key of its own.
        #expect(try await bench.shownHostKey(first) == first.hostKeys)
        let second = try await bench.wait(made[1].id, "an address") { !$0.addresses.isEmpty }
        #expect(second.hostKeys.count == 1 && second.hostKeys != first.hostKeys)
        #expect(made.map(\.hostKeys) == [first.hostKeys, second.hostKeys])
        let listed = try await bench.list()
        #expect(Set(listed.map(\.id)) == Set(made.map(\.id)))
        #expect(listed.allSatisfy { $0.machine?.batchToken == bench.tag })
        try await bench.clean()
        #expect(try await bench.describe(first.id).errorCode == .notFound)
        #expect(try await LibvirtTestBed.inventory() == before)
    }

    @Test("Stopped, started, resized, copied to an image that boots, with a volume that comes and goes")
    func stoppedResizedCopied() async throws {
        let before = try await LibvirtTestBed.inventory()
        let bench = try await LibvirtBench()
        let connector = bench.connector
        let id = try await bench.launch(bench.specs(1))[0].get().id
        let running = try await bench.wait(id, "an address") { !$0.addresses.isEmpty }
        _ = try await bench.ssh(running, "true")

        var spec = VolumeSpec(name: "data", sizeBytes: 32 << 20, machine: id)
        spec.disk = 5
        let request = EnsureRequest(
            session: bench.session, spec: spec, tags: bench.tags.merging(["role": "data"]) { $1 })
        let volume = try await connector.ensureVolume(request, context: bench.context).get()
        #expect(try await connector.ensureVolume(request, context: bench.context).get().id == volume.id)
        // The guest's kernel sees it a moment later.
        let look = "for i in $(seq 50); do cat /sys/block/vd*/size | grep -x 65536 && break; usleep 100000; done"
        #expect(try await bench.ssh(running, look) == "65536")
        #expect(try await bench.ssh(running, "grep -lx gantry-disk5 /sys/block/vd*/serial | wc -l") == "1")
        let data = SnapshotRequest(
            session: bench.session, id: id, disk: 5, name: bench.tag + "-data", tags: bench.tags)
        let copied = try await bench.finish(try await connector.snapshot(data, context: bench.context)) { $0.image }
        #expect(copied.minDiskBytes == 32 << 20)

        let order = SnapshotRequest(session: bench.session, id: id, disk: 0, name: bench.tag, tags: bench.tags)
        let image = try await bench.finish(try await connector.snapshot(order, context: bench.context)) { $0.image }
        #expect(
            try await bench.finish(try await connector.snapshot(order, context: bench.context)) { $0.image }.id
                == image.id)

        let ids = MachinesRequest(session: bench.session, ids: [id])
        for _ in 0..<2 {
            let stopped = try await bench.finish(try await connector.stop(ids, context: bench.context)[0]) {
                $0.machine
            }
            #expect(stopped.state == .stopped)
        }
        let resized = try await bench.finish(
            try await connector.resize(
                ResizeRequest(session: bench.session, id: id, flavor: "2-335544320-x86_64"), context: bench.context)
        ) { $0.machine }
        #expect(resized.flavor == "2-335544320-x86_64")
        for _ in 0..<2 { _ = try await connector.start(ids, context: bench.context)[0].get() }
        let again = try await bench.wait(id, "an address") { $0.state == .running && !$0.addresses.isEmpty }
        #expect(try await bench.ssh(again, "grep -c ^processor /proc/cpuinfo") == "2")

        let copy = try await bench.launch(bench.specs(1, image: image.uri), token: bench.tag + "-copy")[0].get()
        let booted = try await bench.wait(copy.id, "an address") { !$0.addresses.isEmpty }
        #expect(try await bench.ssh(booted, "echo up") == "up")
        try await bench.clean()
        #expect(try await LibvirtTestBed.inventory() == before)
    }

    @Test("Networks are made, give fixed addresses, and join machines; the ranges of others are kept")
    func networks() async throws {
        let before = try await LibvirtTestBed.inventory()
        let bench = try await LibvirtBench()
        func ensure(_ name: String, cidr: String? = nil) async throws -> Outcome<Resource> {
            try await bench.connector.ensureNetwork(
                EnsureRequest(
                    session: bench.session, spec: NetworkSpec(name: "\(bench.tag)-\(name)", cidr: cidr),
                    tags: bench.tags.merging(["role": name]) { $1 }), context: bench.context)
        }
        let network = try await ensure("a", cidr: "10.199.7.0/24").get()
        #expect(try await ensure("a", cidr: "10.199.7.0/24").get().id == network.id)
        let other = try await ensure("b").get()
        #expect(other.id != network.id)
        let taken = await #expect(throws: ConnectorError.self) { _ = try await ensure("c", cidr: "10.199.7.128/25") }
        #expect(taken?.code == .invalidArgument)
        #expect(taken?.message.contains("in use by network") == true)

        var items = bench.specs(2)
        for index in items.indices {
            items[index].interfaces.append(
                .init(index: 1, network: network.id, fixedAddress: "10.199.7.\(50 + index)"))
        }
        let made = try await bench.launch(items).map { try $0.get() }
        var machines: [Machine] = []
        for machine in made {
            machines.append(try await bench.wait(machine.id, "two addresses") { $0.addresses.count == 2 })
        }
        #expect(machines[1].addresses.contains { $0.interface == 1 && $0.address == "10.199.7.51" && !$0.public })
        #expect(
            try await bench.ssh(machines[0], "ping -c 1 -W 5 10.199.7.51 >/dev/null && echo reached") == "reached")
        try await bench.clean()
        #expect(try await LibvirtTestBed.inventory() == before)
    }

    @Test("A security group closes ports to the host and other machines, not to its own; rules change under machines")
    func securityGroups() async throws {
        let before = try await LibvirtTestBed.inventory()
        let bench = try await LibvirtBench()
        func ensure(_ name: String, _ ports: Int...) async throws -> String {
            let rules = ([22] + ports).map { SecurityGroupSpec.Rule(transport: .tcp, fromPort: $0, toPort: $0) }
            return try await bench.connector.ensureSecurityGroup(
                EnsureRequest(
                    session: bench.session,
                    spec: SecurityGroupSpec(name: "\(bench.tag)-\(name)", description: "test", rules: rules),
                    tags: bench.tags.merging(["role": name]) { $1 }), context: bench.context
            ).get().id
        }
        let (group, other) = (try await ensure("a", 8_080), try await ensure("b"))
        let serve = "echo served >/tmp/index.html; for port in 8080 9090; do busybox httpd -p $port -h /tmp; done"
        var items = bench.specs(3, script: serve)
        for (place, id) in [group, group, other].enumerated() { items[place].interfaces[0].groups = [id] }
        var machines: [Machine] = []
        for outcome in try await bench.launch(items) {
            machines.append(try await bench.wait(outcome.get().id, "an address") { !$0.addresses.isEmpty })
        }
        for machine in machines { _ = try await bench.ssh(machine, "true") }
        let address = machines[0].addresses[0].address
        func fromHost(_ port: Int) async throws -> Bool {
            try await Program(name: "curl", executable: URL(fileURLWithPath: "/usr/bin/curl")).run([
                "-s", "-m", "3", "http://\(address):\(port)/index.html",
            ]).output == "served\n"
        }
        func from(_ machine: Int, _ port: Int) async throws -> Bool {
            try await bench.ssh(
                machines[machine],
                "timeout 3 busybox wget -q -O - http://\(address):\(port)/index.html 2>/dev/null; true") == "served"
        }
        #expect(try await fromHost(8_080))
        #expect(try await !fromHost(9_090))
        #expect(try await from(1, 9_090), "a machine of the group")
        #expect(try await from(2, 8_080), "another machine, to an open port")
        #expect(try await !from(2, 9_090), "another machine")
        #expect(try await ensure("a", 9_090) == group)
        #expect(try await fromHost(9_090))
        #expect(try await !fromHost(8_080))
        let groups = try await bench.list([.securityGroup])
        #expect(Set(groups.map(\.id)) == [group, other])
        // In use it is not deleted.
        let deletion = DeleteResourceRequest(session: bench.session, kind: .securityGroup, id: group)
        await #expect(throws: ConnectorError.self) {
            _ = try await bench.connector.delete(deletion, context: bench.context).get()
        }
        try await bench.clean()
        #expect(try await LibvirtTestBed.inventory() == before)
    }

    @Test("A hundred machines are described in one request within 30 ms a hundred")
    func manyMachines() async throws {
        let bench = try await LibvirtBench()
        // Defined by hand, as they would be: described, they need not run.
        let one = try await bench.launch(bench.specs(1))[0].get()
        _ = try await bench.connector.terminate(
            MachinesRequest(session: bench.session, ids: [one.id]), context: bench.context)
        let ids = (0..<100).map { _ in UUID().uuidString.lowercased() }
        let label =
            #"{"acceleration":{"kind":"qemu","reason":"r"},"base":"/b","batchToken":"t","flavor":"1-1-x86_64","#
            + #""image":"i","interfaces":[],"items":"0","launchedAt":1,"machineID":"m","ownsBase":false,"#
            + #""pool":"gantry","tags":{"gantry:infrastructure":"\#(bench.tag)"}}"#
        for id in ids {
            let xml =
                "<domain type='qemu'><name>\(bench.tag)-\(id)</name><uuid>\(id)</uuid><metadata><gantry:machine "
                + "xmlns:gantry='urn:gantry:libvirt:1'>\(label)</gantry:machine></metadata><memory unit='MiB'>64</memory>"
                + "<os><type arch='x86_64'>hvm</type></os></domain>"
            let file = bench.key.folder + "/domain.xml"
            try xml.write(toFile: file, atomically: true, encoding: .utf8)
            _ = try await LibvirtTestBed.virsh("define", file)
        }
        let request = MachinesRequest(session: bench.session, ids: ids)
        var best = Duration.seconds(60)
        for _ in 0..<20 {
            let start = ContinuousClock.now
            let outcomes = try await bench.connector.describe(request, context: bench.context)
            best = min(best, ContinuousClock.now - start)
            #expect(outcomes.allSatisfy { (try? $0.get().state) == .stopped })
        }
        print("libvirt: 100 machines described in \(best)")
        #expect(best < .milliseconds(30))
        try await changedByOthers(ids, label: label, bench)
        try await bench.clean()
    }

    /// What is known of machines is asked for again when another program has changed it.
    private func changedByOthers(_ ids: [String], label: String, _ bench: LibvirtBench) async throws {
        let (changed, removed) = (ids[0], ids[1])
        let text = label.replacingOccurrences(of: #""machineID":"m""#, with: #""machineID":"other""#)
        _ = try await LibvirtTestBed.virsh(
            "metadata", changed, "urn:gantry:libvirt:1", "--key", "gantry", "--set", "<machine>\(text)</machine>")
        _ = try await LibvirtTestBed.virsh("undefine", removed)
        let request = MachinesRequest(session: bench.session, ids: ids)
        let end = ContinuousClock.now + .seconds(10)
        var names: [String: String] = [:]
        repeat {
            let outcomes = try await bench.connector.describe(request, context: bench.context)
            #expect(outcomes[1].errorCode == .notFound)
            names = [:]
            for machine in outcomes.compactMap({ try? $0.get() }) { names[machine.id] = machine.machineID }
        } while names[changed] != "other" && ContinuousClock.now < end
        #expect(names[changed] == "other")
        #expect(names.values.filter { $0 == "m" }.count == ids.count - 2)
    }
}

extension Outcome {
    /// Of one that failed.
    var errorCode: ConnectorError.Code? {
        if case .failed(let error) = self { error.code } else { nil }
    }
}
