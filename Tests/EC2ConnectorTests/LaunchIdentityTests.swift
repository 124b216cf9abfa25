import ConnectorAPI
import Foundation
import Testing

@testable import EC2

@Suite("Identity of launched machines")
struct LaunchIdentityTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var ids: [String]
        var tagCount: Int?
        var testDescription: String { name }

        static let all = [
            Case(name: "one", ids: ["inf.7"], tagCount: 1),
            Case(name: "a hundred in a row", ids: (0..<100).map { "0b5c.\($0)" }, tagCount: 1),
            Case(name: "a row that begins late", ids: (95..<120).map { "inf.\($0)" }, tagCount: 1),
            Case(name: "gaps", ids: [0, 1, 2, 5, 7, 8, 100].map { "inf.\($0)" }, tagCount: 1),
            Case(name: "backwards", ids: (0..<50).reversed().map { "inf.\($0)" }, tagCount: 1),
            Case(name: "leading zeros", ids: (0..<20).map { "vm-00\($0)" }, tagCount: 1),
            Case(name: "no prefix", ids: ["a", "b", "1", "2"], tagCount: 1),
            Case(
                name: "signs of the form itself", ids: ["a/b", "a+c", "a:d", "a=e", "a%f", "a~g", "a h"], tagCount: 1),
            Case(name: "an empty suffix", ids: ["vm", "vm1", "vm12"], tagCount: 1),
            Case(name: "huge numbers", ids: ["x99999999999999999999", "x99999999999999999998"], tagCount: 1),
            Case(name: "other scripts", ids: ["máquina-1", "máquina-2", "machine-😀"], tagCount: nil),
            Case(name: "random", ids: (0..<100).map { _ in UUID().uuidString.lowercased() }, tagCount: nil),
        ]
    }

    @Test(arguments: Case.all)
    func returns(_ example: Case) throws {
        let tags = try #require(LaunchIdentity.tags(for: example.ids))
        if let count = example.tagCount { #expect(tags.count == count) }
        #expect(tags.count <= LaunchIdentity.maximumListTags)
        #expect(tags.values.allSatisfy { $0.count <= 256 })
        for (index, id) in example.ids.enumerated() { #expect(LaunchIdentity.machine(at: index, of: tags) == id) }
        if example.ids.count > 1 { #expect(LaunchIdentity.machine(at: example.ids.count, of: tags) == nil) }
    }

    @Test func randomListsReturn() throws {
        for _ in 0..<300 {
            let prefix = ["", "a.", "inf-9", "x/"].randomElement() ?? ""
            let ids = (0..<Int.random(in: 1...40)).map { _ in prefix + String(Int.random(in: 0...30)) }
            let tags = try #require(LaunchIdentity.tags(for: ids))
            for (index, id) in ids.enumerated() { #expect(LaunchIdentity.machine(at: index, of: tags) == id) }
        }
    }

    @Test func saysWhenItDoesNotFit() {
        #expect(LaunchIdentity.tags(for: [String(repeating: "a", count: 257)]) == nil)
        #expect(LaunchIdentity.tags(for: (0..<500).map { _ in UUID().uuidString }) == nil)
    }

    @Test(arguments: [
        [:], ["gantry:machines.1": "a/0:9"], ["gantry:machines.0": "no slash"], ["gantry:machines.0": "a/9:0"],
        ["gantry:machines.0": "a/x:y"],
    ])
    func strangeTagsGiveNoIdentity(tags: [String: String]) {
        #expect(LaunchIdentity.machine(at: 0, of: tags) == nil)
    }
}

@Suite("Groups of a launch")
struct LaunchGroupsTests {
    private func request(_ items: [MachineSpec], token: String = "batch-1") -> LaunchRequest {
        LaunchRequest(
            session: SessionID(rawValue: "s"), batchToken: token, items: items, tags: ["gantry:infrastructure": "inf"])
    }

    private func groups(_ items: [MachineSpec], token: String = "batch-1") throws -> [LaunchGroup] {
        try LaunchGroups.make(request(items, token: token), Array(items.indices))
    }

    @Test func likeMachinesAreOneGroup() throws {
        let groups = try groups((0..<100).map { Canned.spec($0) })
        #expect(groups.count == 1)
        #expect(groups[0].items == Array(0..<100))
        #expect(groups[0].tags["gantry:batch"] == "batch-1")
        #expect(groups[0].tags["gantry:infrastructure"] == "inf")
        #expect(groups[0].tags["gantry:machines.0"] == "inf./0:99")
        #expect(groups[0].tags["Name"] == "worker")
        #expect(groups[0].volumeTags == ["gantry:batch": "batch-1", "gantry:infrastructure": "inf"])
    }

    @Test func differencesMakeGroupsInTheOrderOfTheItems() throws {
        var items = [
            Canned.spec(0, flavor: "t3.large"), Canned.spec(1), Canned.spec(2, flavor: "t3.large"), Canned.spec(3),
        ]
        items[3].tags["role"] = "db"
        let groups = try groups(items)
        #expect(groups.map(\.items) == [[0, 2], [1], [3]])
        #expect(groups[2].tags["role"] == "db")
        #expect(groups[2].tags["gantry:machine"] == "inf.3")
        #expect(Set(groups.map(\.clientToken)).count == 3)
    }

    @Test func tokensDependOnBatchAndPlaceAlone() throws {
        let items = (0..<3).map { Canned.spec($0) }
        let first = try groups(items)
        #expect(try groups(items) == first)
        #expect(first[0].clientToken.utf8.count <= 64)
        #expect(first[0].clientToken.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f })
        #expect(try groups(items, token: "batch-2")[0].clientToken != first[0].clientToken)
        // Other items under the same token: the same client token with other parameters, which EC2 refuses.
        let fewer = try groups(Array(items.dropLast()))
        #expect(fewer[0].clientToken == first[0].clientToken)
        #expect(fewer[0].tags != first[0].tags)
        // Also where only another group changed.
        let one = try groups([Canned.spec(0), Canned.spec(1, flavor: "t3.large")])
        let other = try groups([Canned.spec(0), Canned.spec(1, flavor: "t3.nano")])
        #expect(one[0].clientToken == other[0].clientToken)
        #expect(one[0].tags != other[0].tags)
    }

    @Test func largeGroupsAreDivided() throws {
        let groups = try groups((0..<1_200).map { Canned.spec($0) })
        #expect(groups.flatMap(\.items) == Array(0..<1_200))
        #expect(groups.allSatisfy { $0.items.count <= LaunchGroups.maximumInstances })
        let random = (0..<400).map { number in
            var item = Canned.spec(number)
            item.machineID = UUID().uuidString
            item.tags = [:]
            return item
        }
        let divided = try self.groups(random)
        #expect(divided.count > 1)
        #expect(divided.flatMap(\.items) == Array(0..<400))
    }
}
