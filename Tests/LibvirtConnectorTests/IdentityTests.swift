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

    @Test("The tags of disks and groups of an infrastructure fit into a name", arguments: ["", ".qcow2"])
    func longTags(ending: String) throws {
        let infrastructure = UUID().uuidString.lowercased()
        let role = "gantry-\(infrastructure)"
        for own in [
            ["gantry:machine": "\(infrastructure).12", "gantry:role": role + ".12-disk-1"],
            ["gantry:role": role + "-gantry-\(infrastructure)-a-private-network"],
        ] {
            let tags = own.merging(["gantry:infrastructure": infrastructure]) { $1 }
            let text = try TaggedName(kind: "volume", name: role, tags: tags).text(ending: ending)
            #expect(TaggedName(text, ending: ending)?.tags == tags)
        }
    }

    @Test("Cards of a security group know one another by their addresses")
    func groups() throws {
        let (first, second) = (try LaunchIdentity.mac("u", 0, group: "g"), try LaunchIdentity.mac("v", 0, group: "g"))
        #expect(first != second)
        #expect(first.prefix(9) == second.prefix(9))
        #expect(try LaunchIdentity.mac("u", 0, group: "h").prefix(9) != first.prefix(9))
        #expect(try LaunchIdentity.mac("u", 0).hasPrefix("52:54:00:"))
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

    @Test(
        "What is left of a machine without its domain is known by its names alone, and what others named alike is not")
    func rest() throws {
        let (uuid, other) = (try LaunchIdentity.uuid("t", 3), try LaunchIdentity.uuid("t", 4))
        let names = [
            MachineVolume.root(uuid), MachineVolume.disk(uuid, 12), MachineVolume.seed(uuid),
            MachineVolume.console(uuid), MachineVolume.console(uuid) + ".0",
        ]
        for name in names {
            #expect(MachineVolume.isOwn(name, uuid), "\(name)")
            #expect(!MachineVolume.isOwn(name, other), "\(name)")
        }
        for name in ["\(uuid)-backup.qcow2", "\(uuid)-root.qcow2.bak", "\(uuid)-disk.qcow2", "x-\(uuid)-root.qcow2"] {
            #expect(!MachineVolume.isOwn(name, uuid), "\(name)")
        }
        #expect(CopiedImage.isName("base-0123456789ab-debian.qcow2"))
        #expect(!CopiedImage.isName("base-image.qcow2") && !CopiedImage.isName("base-debian-12.qcow2"))
        #expect(try LaunchIdentity.isMac(try LaunchIdentity.mac(uuid, 2), of: uuid))
        #expect(try LaunchIdentity.isMac(try LaunchIdentity.mac(uuid, 0, group: "g"), of: uuid))
        #expect(try !LaunchIdentity.isMac(try LaunchIdentity.mac(other, 0), of: uuid))
        #expect(try !LaunchIdentity.isMac("02:00:00" + (try LaunchIdentity.mac(uuid, 0)).dropFirst(8), of: uuid))
    }
}
