import ConnectorAPI
import Foundation
import Testing

@testable import Libvirt

@Suite("Identity of machines")
struct IdentityTests {
    @Test("A machine's UUID is that of its token and place, and one that libvirt takes")
    func uuid() throws {
        let first = try LaunchIdentity.uuid("token-1", 0)
        #expect(UUIDText.isValid(first))
        #expect(try LaunchIdentity.uuid("token-1", 0) == first)
        #expect(try LaunchIdentity.uuid("token-1", 1) != first)
        #expect(try LaunchIdentity.uuid("token-2", 0) != first)
        #expect(first.split(separator: "-")[2].first == "8")
    }

    @Test("Tags in names come back as they were", arguments: ["", ".qcow2"])
    func taggedNames(ending: String) throws {
        let tags = ["gantry:infrastructure": "4b1c/ü=&", "gantry:role": "data_1", "empty": ""]
        let text = try TaggedName(kind: "volume", name: "my data_disk", tags: tags).text(ending: ending)
        #expect(!text.contains("/"))
        let read = try #require(TaggedName(text, ending: ending))
        #expect(read.tags == tags)
        #expect(read.kind == "volume")
        #expect(read.name == "my-data-disk")
        #expect(TaggedName("debian-12.qcow2", ending: ".qcow2") == nil)
        #expect(throws: ConnectorError.self) {
            try TaggedName(kind: "volume", name: "x", tags: ["k": String(repeating: "v", count: 250)]).text()
        }
    }

    @Test("Volumes say whose they are")
    func volumes() throws {
        let uuid = try LaunchIdentity.uuid("t", 3)
        for name in [MachineVolume.root(uuid), MachineVolume.seed(uuid), MachineVolume.console(uuid) + ".0"] {
            #expect(MachineVolume.machine(name) == uuid)
        }
        #expect(MachineVolume.machine("base-0123-debian.qcow2") == nil)
        #expect(MachineVolume.machine(uuid) == nil)
    }
}
