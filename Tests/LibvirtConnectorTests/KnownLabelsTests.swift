import ConnectorAPI
import Testing

@testable import Libvirt

@Suite struct KnownLabelsTests {
    private static func label(_ machine: String) throws -> MachineLabel {
        MachineLabel(
            machineID: machine, batchToken: "token", items: "0", tags: [:], image: "image", flavor: "1-1-x86_64",
            acceleration: Acceleration(kind: .qemu, reason: ""), pool: "pool", base: "base", ownsBase: false,
            interfaces: [])
    }

    @Test("A domain is asked once, also one of others, until it changes")
    func askedOnce() throws {
        let labels = KnownLabels()
        let first = try Self.label("first")
        let second = try Self.label("second")
        var asked = 0
        func look(_ uuid: String, _ answer: MachineLabel?) throws -> String? {
            try labels.label(uuid) { () throws(ConnectorError) in
                asked += 1
                return answer
            }?.machineID
        }
        #expect(try look("a", first) == "first")
        #expect(try look("a", second) == "first")
        #expect(try look("b", nil) == nil)
        #expect(try look("b", second) == nil)
        #expect(asked == 2)
        labels.forget("a")
        labels.forget("unknown")
        #expect(try look("a", second) == "second")
        #expect(try look("b", second) == nil)
        #expect(asked == 3)
    }

    @Test("What was read before a change is not kept after it")
    func overtaken() throws {
        let labels = KnownLabels()
        let (old, new) = (try Self.label("old"), try Self.label("new"))
        let answered = try labels.label("a") { () throws(ConnectorError) in
            labels.forget("a")
            return old
        }
        #expect(answered?.machineID == "old")
        #expect(try labels.label("a") { () throws(ConnectorError) in new }?.machineID == "new")
        #expect(try labels.label("a") { () throws(ConnectorError) in old }?.machineID == "new")
    }

    @Test("A read that fails leaves nothing")
    func failed() throws {
        let labels = KnownLabels()
        #expect(throws: ConnectorError.self) {
            _ = try labels.label("a") { () throws(ConnectorError) in
                throw ConnectorError(code: .unavailable, message: "gone")
            }
        }
        let label = try Self.label("first")
        #expect(try labels.label("a") { () throws(ConnectorError) in label }?.machineID == "first")
    }
}
