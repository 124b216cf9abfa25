import Foundation
import InfrastructureModel
import Orchestration
import Support
import Testing

@testable import gantry

/// What is told of machines and resources to people and programs.
@Suite struct SummaryTests {
    private static let cloud = CloudReference(
        id: "here", type: "T", connector: "t", credential: CredentialID(rawValue: "x"))
    private static let id = InfrastructureID(rawValue: "i")

    private static func machine(
        _ number: Int, _ system: String = "node", remark: String? = nil, warnings: [String]? = nil,
        stopped: Bool = false
    ) -> MachineRecord {
        var machine = MachineRecord(
            id: MachineID(infrastructure: id, number: number), system: system,
            placement: Placement(cloud: cloud, image: "", flavor: ""), alternatives: [],
            createdAt: Date(timeIntervalSince1970: 0), specification: "", configuration: .configured)
        machine.phase = stopped ? .stopped(provider: "p") : .running(provider: "p")
        machine.placement.remark = remark
        machine.warnings = warnings
        return machine
    }

    private static func summary(_ machines: [MachineRecord], _ resources: [ResourceRecord] = [])
        -> InfrastructureSummary
    {
        InfrastructureSummary(
            InfrastructureSnapshot(
                infrastructure: InfrastructureRecord(
                    id: id, name: "two", owners: [], createdAt: Date(timeIntervalSince1970: 0), configured: true),
                secrets: InfrastructureSecrets(document: Secret("")), machines: machines, resources: resources))
    }

    @Test func howMachinesRunIsToldOfThoseTogetherThatRunSo() {
        let summary = Self.summary([
            Self.machine(0, remark: "KVM (svm)"), Self.machine(1, "db", remark: "emulated: a start by KVM failed (no)"),
            Self.machine(2, remark: "KVM (svm)"),
        ])
        let text = SummaryText.text(summary, counts: TaskCounts(), name: "two")
        #expect(text.contains("  machines 0, 2: KVM (svm)\n  machine 1 (db): emulated: a start by KVM failed (no)\n"))
        #expect(text.hasSuffix("two is configured\n"))
        #expect(SummaryText.text(summary).contains("emulated: a start by KVM failed (no)"))
    }

    @Test func eachAddressStandsOnceAndHowAFailedMachineRunsIsNotTold() {
        var both = Self.machine(0, remark: "KVM (svm)")
        both.addresses = [
            .init(interface: 0, address: "192.0.2.7", isPublic: true, isIPv6: false),
            .init(interface: 1, address: "192.0.2.7", isPublic: false, isIPv6: false),
            .init(interface: 2, address: "10.0.0.7", isPublic: false, isIPv6: false),
        ]
        var failed = Self.machine(1, remark: "emulated: no KVM here")
        failed.phase = .failed(message: "no room", provider: nil)
        let summary = Self.summary([both, failed])
        #expect(summary.machines[0].addresses == ["192.0.2.7", "10.0.0.7"])
        let text = SummaryText.text(summary, counts: TaskCounts(), name: "two")
        #expect(text.contains("machine 0 (node): KVM (svm)") && !text.contains("no KVM here"), "\(text)")
    }

    @Test func anAlterationEndsWithTheSize() {
        var small = Self.machine(0)
        (small.placement.cpuCount, small.placement.memoryBytes) = (2, 512_000_000)
        let summary = Self.summary([small, Self.machine(1)])
        func text(_ chosen: Set<Int>, isAlteration: Bool) -> String {
            SummaryText.text(
                summary, counts: TaskCounts(), name: "two", chosen: chosen, isDeployment: false,
                isAlteration: isAlteration)
        }
        #expect(text([0], isAlteration: true).contains("  machine 0 (node): 2 CPU, 512 MB\n"))
        #expect(!text([0], isAlteration: false).contains("CPU"))
        // A server that does not tell.
        #expect(!text([1], isAlteration: true).contains("CPU"))
    }

    @Test func whatWasLeftUndoneIsToldAsNoFailure() throws {
        let note = "Make the disk 1: could not format /dev/vdb1: mkfs.foo is not on this machine"
        let summary = Self.summary([Self.machine(0, warnings: [note]), Self.machine(1)])
        let text = SummaryText.text(summary, counts: TaskCounts(), name: "two")
        #expect(text.contains("left undone, which is no failure:\n  machine 0 (node): \(note)\ntwo is configured\n"))
        #expect(SummaryText.text(summary).contains("  machine 0 (node): \(note)\n"))
        let json = JSONOutput.line(summary)
        #expect(json.contains("\"warnings\":[\"Make the disk 1: could not format"), "\(json)")
        #expect(json.components(separatedBy: "warnings").count == 2)
    }

    @Test("What was done with single machines is told of these")
    func chosen() {
        let summary = Self.summary([
            Self.machine(0, "web"), Self.machine(1, "db", stopped: true), Self.machine(2, "db", stopped: true),
        ])
        func ending(_ chosen: Set<Int>?) -> String {
            let lines = SummaryText.text(summary, counts: TaskCounts(), name: "two", chosen: chosen).split(
                separator: "\n")
            return lines.dropFirst(4).joined(separator: "\n")
        }
        #expect(ending(nil) == "two is stopped")
        #expect(ending([1]) == "machine 1 (db) of two is stopped")
        #expect(ending([1, 2]) == "machines 1, 2 of two are stopped")
        #expect(ending([0, 1]) == "machine 0 (web) of two is configured\nmachine 1 (db) of two is stopped")
        #expect(InfrastructureRequest.power(.stop, Self.id, [1]).chosen == [1])
        #expect(InfrastructureRequest.alter(Self.id, 2, document: "").chosen == [2])
        #expect(InfrastructureRequest.power(.stop, Self.id, nil).hint("two") == nil)
        #expect(InfrastructureRequest.alter(Self.id, 2, document: "").hint("two") == nil)
        let resized = InfrastructureRequest.alter(Self.id, 2, document: "").hint("two", resized: true)
        #expect(resized?.contains("`gantry ssh two` may fail at first") == true)
        #expect(InfrastructureRequest.power(.reboot, Self.id, nil).hint("t o")?.contains("`gantry ssh 't o'`") == true)
    }

    @Test("Resources have the names that they have here, and ids where these fit")
    func resources() {
        let long = "gantry_group_gantry-i_" + String(repeating: "Z2FudHJ5", count: 12)
        let text = SummaryText.text(
            Self.summary(
                [],
                [
                    ResourceRecord(
                        infrastructure: Self.id, cloud: Self.cloud, kind: "securityGroup", id: long, name: "gantry-i"),
                    ResourceRecord(
                        infrastructure: Self.id, cloud: Self.cloud, kind: "keyPair", id: "k-1", name: "gantry-i"),
                    ResourceRecord(infrastructure: Self.id, cloud: Self.cloud, kind: "network", id: "n", name: "n"),
                ]))
        let rows = text.split(separator: "\n").dropFirst().map {
            $0.split(separator: "  ").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        }
        #expect(rows[0] == ["RESOURCE", "NAME", "ID", "CLOUD", "PROBLEM"])
        #expect(rows[1] == ["security group", "gantry-i", String(long.prefix(47)) + "…", "here"])
        #expect(rows[2] == ["key pair", "gantry-i", "k-1", "here"])
        #expect(rows[3] == ["network", "n", "here"])
    }

    @Test(arguments: [
        (CloudQuota(name: "ram", used: 8_200_000_000, limit: 16 << 30), "7.6 GiB", "16 GiB"),
        (CloudQuota(name: "pool_storage", used: 15 << 20, limit: 3 << 40), "15 MiB", "3 TiB"),
        (CloudQuota(name: "ram", used: 0, limit: 1_536), "0 B", "1.5 KiB"),
        (CloudQuota(name: "cores", used: 3, limit: 1 << 30), "3", "1073741824"),
    ])
    func quotas(quota: CloudQuota, used: String, limit: String) {
        #expect(QuotaCommand.text(quota.used, quota) == used)
        #expect(QuotaCommand.text(quota.limit, quota) == limit)
    }

    @Test(
        "What nobody works on is told with the command that goes on",
        arguments: [
            ("create", "`gantry up` or `gantry destroy` goes on"), ("destroy", "`gantry destroy 't o'` goes on"),
            ("alter", "the same command or `gantry up` goes on"), ("stop", "the same command goes on"),
            (
                "converge",
                "`gantry reconfigure 't o'` goes on with it, and `gantry up` makes it as its document says"
            ),
        ])
    func interrupted(kind: String, next: String) {
        let operation = InfrastructureSummary.Operation(kind: kind, by: nil)
        #expect(
            SummaryText.text(operation, name: "t o") == "interrupted: \(kind); nobody works on it, \(next)")
    }
}
