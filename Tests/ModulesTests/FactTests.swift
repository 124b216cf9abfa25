import ContextualizationAPI
import Foundation
import Jinja
import Modules
import Testing

/// Facts beside what real ansible-core says, from `Vectors/record_facts.py`.
@Suite struct FactTests {
    struct System: Decodable, Sendable, CustomTestStringConvertible {
        var name: String
        /// Files in `/etc`.
        var files: [String: String]
        var facts: [String: String]

        var testDescription: String { name }
    }

    private struct Recording: Decodable {
        var systems: [System]
    }

    static let systems: [System] = {
        let file = VectorTests.folder.appending(path: "facts/distributions.json")
        guard let data = try? Data(contentsOf: file) else { return [] }
        return (try? JSONDecoder().decode(Recording.self, from: data))?.systems ?? []
    }()

    @Test func recordingsAreThere() {
        #expect(Self.systems.count >= 15)
    }

    @Test(arguments: TestShell.allCases, systems)
    func distribution(shell: TestShell, system: System) async throws {
        let box = try Sandbox(shell, binds: ["/etc"])
        try FileManager.default.createDirectory(atPath: box.path("etc"), withIntermediateDirectories: true)
        for (name, text) in system.files { try box.write("etc/" + name, text) }
        let facts = try #require(try await box.run("setup", [:]).facts)
        for (key, value) in system.facts {
            #expect(facts[key] == .string(value), "\(key)")
        }
    }

    @Test("values of the environment may have several lines", arguments: TestShell.allCases)
    func environment(shell: TestShell) async throws {
        let box = try Sandbox(shell, exports: "export GANTRY_LINES='a\nb=c\n' GANTRY_EMPTY=''\n")
        let facts = try #require(try await box.run("setup", [:]).facts)
        #expect(facts["env"]?["GANTRY_LINES"] == "a\nb=c\n" && facts["env"]?["GANTRY_EMPTY"] == "")
        #expect(facts["env"]?["b"] == nil)
    }

    struct Subset: Decodable, Sendable, CustomTestStringConvertible {
        var subset: [String]
        /// Of the facts.
        var names: Set<String>
        var failed: String

        var testDescription: String { subset.joined(separator: ",") }
    }

    private struct Subsets: Decodable {
        var subsets: [Subset]
    }

    static let subsets: [Subset] = {
        let file = VectorTests.folder.appending(path: "facts/subsets.json")
        guard let data = try? Data(contentsOf: file) else { return [] }
        return (try? JSONDecoder().decode(Subsets.self, from: data))?.subsets ?? []
    }()

    /// Of the facts that are known here and there, those that Ansible gathers.
    @Test(arguments: subsets) func gatherSubset(test: Subset) async throws {
        #expect(Self.subsets.count >= 20)
        let known = try #require(Self.subsets.first { $0.subset == ["all"] }).names
        let box = try Sandbox(TestShell.allCases[0])
        let subset = JinjaValue.list(test.subset.map { .string($0) })
        guard test.failed.isEmpty else {
            let error = await #expect(throws: ModuleError.self) {
                try await box.run("setup", ["gather_subset": subset])
            }
            #expect(error?.message == test.failed)
            return
        }
        let all = try #require(try await box.run("setup", [:]).facts)
        let some = try #require(try await box.run("setup", ["gather_subset": subset]).facts)
        let shared = known.intersection(all.keys.map(\.text))
        #expect(shared.count > 40)
        #expect(known.intersection(some.keys.map(\.text)) == shared.intersection(test.names))
    }

    /// Bridges, bonds and mounts as `/sys` and `/proc` describe them.
    @Test func linksAndMounts() throws {
        let output = """
            \u{1e}ip_link\u{1f}1: br0: <BROADCAST,UP> mtu 1500\\ link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff
            2: bond0: <BROADCAST,UP> mtu 9000\\ link/ether 52:54:00:12:34:57 brd ff:ff:ff:ff:ff:ff
            3: tun0: <POINTOPOINT,UP> mtu 1400\\ link/none
            \u{1e}net\u{1f}br0 1 up 0x1103 1000\u{1e}bridge\u{1f}br0 8000.525400123456 1 eth0 veth1
            \u{1e}net\u{1f}bond0 1 down 0x1003 \u{1e}bonding\u{1f}bond0 802.3ad 100 fast eth1 eth2\u{1e}net\u{1f}tun0 65534 unknown 0x10d1 10
            \u{1e}uuids\u{1f}total 0
            lrwxrwxrwx 1 root root 10 Jan  1 00:00 11-22 -> ../../vda1
            \u{1e}mount\u{1f}/dev/vda1 /my\\040data ext4 rw,relatime 0 0|4096 4096 1000 400 500 300\u{1e}mount\u{1f}srv:/x /x nfs4 rw 0 0|
            \u{1e}end\u{1f}1
            """.replacing("\n\u{1e}", with: "\u{1e}")
        guard
            case .run(let invocation) = try SetupModule.plan(
                ModuleArguments([:], for: SetupModule.documentation), ModuleContext()),
            case .finish(let result) = invocation.decode(
                ProgramOutput(status: 0, standardOutput: Array(output.utf8), standardError: [])),
            let facts = result.facts
        else {
            Issue.record("no facts")
            return
        }
        #expect(facts["br0"]?["type"] == "bridge")
        #expect(facts["br0"]?["interfaces"] == ["eth0", "veth1"])
        #expect(facts["br0"]?["id"] == "8000.525400123456")
        #expect(facts["br0"]?["stp"] == true)
        #expect(facts["br0"]?["promisc"] == true)
        #expect(facts["br0"]?["speed"] == 1000)
        #expect(facts["bond0"]?["type"] == "bonding")
        #expect(facts["bond0"]?["active"] == false)
        #expect(facts["bond0"]?["mode"] == "802.3ad")
        #expect(facts["bond0"]?["miimon"] == "100")
        #expect(facts["bond0"]?["lacp_rate"] == "fast")
        #expect(facts["bond0"]?["slaves"] == ["eth1", "eth2"])
        #expect(facts["tun0"]?["type"] == "tunnel")
        let mounts = try #require(facts["mounts"]?.listValue)
        #expect(mounts.count == 2)
        #expect(mounts.first?["mount"] == "/my data")
        #expect(mounts.first?["uuid"] == "11-22")
        #expect(mounts.first?["size_total"] == 4_096_000)
        #expect(mounts.first?["size_available"] == 1_638_400)
        #expect(mounts.first?["block_used"] == 600)
        #expect(mounts.first?["inode_used"] == 200)
        #expect(mounts.last?["device"] == "srv:/x")
        #expect(mounts.last?["uuid"] == "N/A")
    }
}
