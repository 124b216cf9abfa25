import Foundation
import Glibc
import Jinja
import Modules
import Support
import Testing

/// What modules of files do, as a comparison with ansible-core 2.19 found it.
@Suite struct FileParityTests {
    @Test("links out of an archive get the owner, what they lead to does not", arguments: TestShell.allCases)
    func ownerOfLinks(shell: TestShell) async throws {
        guard geteuid() == 0 else { return }
        let box = try Sandbox(shell)
        try box.write("outside", "")
        let made = try ChildCommand(
            ["/bin/sh", "-ec", "mkdir s d; cd s; echo 1 >a; ln -s ../outside l; ln -s none m; tar cf ../t.tar a l m"],
            environment: ["PATH": "/usr/bin:/bin"], directory: box.root
        ).run()
        try #require(made.ending.status == 0)
        let arguments: JinjaDict = [
            "src": .string(box.path("t.tar")), "dest": .string(box.path("d")), "remote_src": true, "owner": "games",
            "group": "games",
        ]
        #expect(try await box.run("unarchive", arguments).changed)
        for (name, owner) in [("d/a", "games"), ("d/l", "games"), ("d/m", "games"), ("outside", "root")] {
            let attributes = try FileManager.default.attributesOfItem(atPath: box.path(name))
            #expect(attributes[.ownerAccountName] as? String == owner, "\(name)")
        }
        #expect(try await box.run("unarchive", arguments).changed == false)
    }
}
