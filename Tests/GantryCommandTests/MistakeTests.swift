import ArgumentParser
import Foundation
import InfrastructureModel
import Logging
import Orchestration
import Support
import Testing

@testable import Assembly
@testable import gantry

/// What users and systems get wrong, in words.
@Suite struct MistakeTests {
    private static func machine(_ number: Int, _ system: String) -> MachineRecord {
        MachineRecord(
            id: MachineID(infrastructure: InfrastructureID(rawValue: "i"), number: number), system: system,
            placement: Placement(
                cloud: CloudReference(id: "c", type: "T", connector: "t", credential: CredentialID(rawValue: "x")),
                image: "", flavor: ""), alternatives: [], createdAt: Date(timeIntervalSince1970: 0), specification: "")
    }

    @Test func aMachineIsNamedByItsNumberOrItsSystem() throws {
        let machines = [Self.machine(0, "web"), Self.machine(2, "db"), Self.machine(3, "db"), Self.machine(4, "5")]
        func number(_ word: String) throws -> Int {
            try MachineChoice.number(
                word, of: machines.map(InfrastructureSummary.Machine.init), option: "--new-host-key")
        }
        #expect(try number("2") == 2)
        #expect(try number("web") == 0)
        #expect(try number("5") == 4)
        for (word, text) in [("db", "the machines 2, 3"), ("7", "0 (web), 2 (db)"), ("", "there is no machine ''")] {
            let error = #expect(throws: UsageError.self) { try number(word) }
            #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
        }
    }

    @Test func whatIsRemovedAlreadyMayBeNamedAgain() throws {
        let present = [Self.machine(0, "web"), Self.machine(2, "db")].map(InfrastructureSummary.Machine.init)
        let leaving = [Self.machine(1, "web"), Self.machine(3, "old")].map(InfrastructureSummary.Machine.init)
        func staying(_ words: String...) throws -> Set<Int> {
            try MachineChoice.staying(words, of: present, leaving: leaving)
        }
        #expect(try staying("old", "1") == [])
        #expect(try staying("old", "2", "web") == [0, 2])
        #expect(throws: UsageError.self) { try staying("old", "7") }
    }

    @Test(arguments: [("web", true), ("a b", true), ("ü", true), ("", false), ("a\nb", false), ("a\u{7F}", false)])
    func namesOfInfrastructures(name: String, isGood: Bool) {
        #expect((DeploymentRequest.problem(withName: name) == nil) == isGood)
        #expect(DeploymentRequest.problem(withName: String(repeating: "é", count: 128)) == nil)
        #expect(DeploymentRequest.problem(withName: String(repeating: "é", count: 129)) != nil)
    }

    @Test(arguments: [["--parallel", "0"], ["--timeout", "0"], ["--timeout=-1"], ["--parallel=-3"]])
    func limitsAreAtLeastOne(words: [String]) {
        #expect(throws: (any Error).self) { try Gantry.parseAsRoot(["up", "a.radl"] + words) }
        #expect(throws: (any Error).self) { try Gantry.parseAsRoot(["destroy", "a"] + words) }
    }

    @Test(arguments: [["--cpus", "0"], ["--cpus=-1"], ["--instance-type", ""]])
    func aMachineHasASize(words: [String]) {
        #expect(throws: (any Error).self) { try Gantry.parseAsRoot(["alter", "a", "0"] + words) }
        #expect(throws: Never.self) { try Gantry.parseAsRoot(["alter", "a", "0", "--cpus", "1"]) }
    }

    @Test(arguments: ["", " "])
    func anImageHasAName(name: String) {
        #expect(throws: (any Error).self) { try Gantry.parseAsRoot(["snapshot", "a", "0", "--image", name]) }
        #expect(throws: Never.self) { try Gantry.parseAsRoot(["snapshot", "a", "0", "--image", "golden"]) }
    }

    @Test func anImageThatWasThereIsToldWithItsDateAndHowToRemoveIt() {
        let uri = "libvirt://gantry/gold.qcow2"
        #expect(SnapshotCommand.note(CloudImage(uri: uri, name: "gold")) == nil)
        let note = SnapshotCommand.note(CloudImage(uri: uri, name: "gold", madeEarlier: 1_700_000_000)) ?? ""
        #expect(note.contains("was there already, made at 2023-11-14T22:13:20Z"), "\(note)")
        #expect(note.contains("`gantry image delete \(uri)`"), "\(note)")
        let undated = SnapshotCommand.note(CloudImage(uri: uri, name: "gold", madeEarlier: 0)) ?? ""
        #expect(undated.contains("was there already, and what"), "\(undated)")
    }

    @Test func aStoppedMachineIsToldWithWhatStartsIt() {
        var machine = Self.machine(2, "db")
        #expect(SSHHint.stopped(machine, "two") == nil)
        machine.phase = .stopped(provider: "p")
        #expect(
            SSHHint.stopped(machine, "two")
                == "machine 2 (db) is stopped; `gantry start two --machine 2` starts it")
    }

    @Test func aPlanSaysThatAStoppedMachineWouldBeStartedAndSizesAsTheyWereWritten() {
        var place = PlanReport.Offer(cloud: "here", type: "LibVirt", cpus: 1, memoryBytes: 512 << 20)
        place.flavor = "f"
        let plan = PlanReport(
            existing: InfrastructureID(rawValue: "i"), added: [.init(system: "web", place: place)],
            kept: [
                .init(number: 0, system: "web", state: "stopped"), .init(number: 1, system: "web", state: "configured"),
            ])
        let text = PlanText.text(plan, name: "two")
        #expect(text.contains("= machine 0 (web), stopped: would be started\n"), "\(text)")
        #expect(text.contains("= machine 1 (web), configured\n"), "\(text)")
        #expect(text.contains(", f: 1 CPU, 512 MiB"), "\(text)")
        #expect(Int64(256_000_000).readableSize == "256 MB")
        #expect(Int64(1_234_567_890).readableSize == "1.1 GiB")
    }

    @Test func systemErrorsAreWords() throws {
        do {
            _ = try String(contentsOfFile: "/proc/none/file", encoding: .utf8)
            Issue.record("was read")
        } catch {
            #expect(PlainWords.text(error) == "'/proc/none/file': No such file or directory")
        }
        do {
            try FileManager.default.createDirectory(atPath: "/proc/none/a", withIntermediateDirectories: true)
            Issue.record("was made")
        } catch {
            let text = PlainWords.text(error, path: "/proc/none/a")
            #expect(text.hasPrefix("'/proc") && !text.contains("Error Domain") && !text.contains("Cocoa"), "\(text)")
        }
        #expect(PlainWords.text(UsageError("as it is")) == "as it is")
    }

    @Test func aRecordOfTheLogIsOneLine() {
        let line = StandardErrorLog.line(
            time: "T", level: .info, label: "gantryd", message: "a\nb",
            ["plain": "1", "blank": "x y", "quote": "a\"b\\", "break": "1\r\n2", "empty": ""])
        #expect(
            line == #"T info gantryd: a\nb blank="x y" break="1\u{d}\n2" empty="" plain=1 quote="a\"b\\""# + "\n")
    }

    @Test func passwordMachinesAreExplained() {
        func access(key: Bool, password: Bool) -> MachineAccess {
            MachineAccess(
                machine: Self.machine(1, "web"), inventoryName: "a_1", hostname: "a", fqdn: "a.b", host: "192.0.2.1",
                port: 22, user: "ada", privateKey: key ? Secret("marker-key") : nil,
                password: password ? Secret("marker-password") : nil, groups: [], variables: [:], jump: nil)
        }
        let hint = SSHHint.text(access(key: false, password: true)) ?? ""
        #expect(hint.hasPrefix("machine 1 (web) lets 'ada' in by password") && !hint.contains("marker"))
        #expect(SSHHint.text(access(key: true, password: true)) == nil)
        #expect(SSHHint.text(access(key: false, password: false)) == nil)
    }
}
