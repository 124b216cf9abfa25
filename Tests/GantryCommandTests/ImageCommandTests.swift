import ArgumentParser
import Foundation
import Support
import Testing

@testable import gantry

@Suite("Images that are built") struct ImageCommandTests {
    @Test("Another release or more packages are another file")
    func paths() {
        let plain = DebianImage(suite: "bookworm").cachePath
        #expect(plain.hasSuffix("/gantry/images/debian-bookworm-amd64.qcow2"))
        #expect(DebianImage(suite: "trixie").cachePath != plain)
        #expect(DebianImage(suite: "bookworm", packages: "nginx,rsync").cachePath.hasSuffix("-nginx-rsync.qcow2"))
    }

    @Test("The program is one for any shell", arguments: ["dash", "bash", "busybox"])
    func program(shell: String) throws {
        let words = (shell == "busybox" ? ["busybox", "sh"] : [shell]) + ["-n", "-c", DebianImage.program]
        let process = try ChildCommand(words).start()
        #expect(process.wait() == .exited(0))
    }

    @Test("What is missing is told with the packages to install")
    func missing() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gantry-image-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var command = DebianImage(suite: "bookworm").command(folder.path + "/image.qcow2")
        command.environment?["PATH"] = folder.path
        let errors = folder.appending(path: "errors")
        try Data().write(to: errors)
        let output = try FileHandle(forWritingTo: errors)
        let process = try command.start(error: output.fileDescriptor)
        #expect(process.wait() == .exited(1))
        let told = try String(contentsOf: errors, encoding: .utf8)
        #expect(told.contains("apt install mmdebstrap e2fsprogs fdisk mtools syslinux qemu-utils"), "\(told)")
    }

    @Test("A release that is none is refused", arguments: [["--suite", "a b"], ["--include", "x;reboot"]])
    func refused(words: [String]) {
        #expect(throws: (any Error).self) { try ImageCommand.BuildCommand.parse(["debian"] + words) }
    }
}
