import ArgumentParser
import Contextualization
import Foundation
import Support
import Testing

@testable import gantry

/// Files that are Ansible's or made for it: programs that print passwords and inventories, `ansible.cfg`.
@Suite struct AnsibleFileTests {
    private static func folder(_ files: [String: String], isExecutable: Bool = true) throws -> String {
        let folder = NSTemporaryDirectory() + "gantry-ansible-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, text) in files {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            try FileManager.default.setAttributes(
                [.posixPermissions: isExecutable ? 0o755 : 0o644], ofItemAtPath: "\(folder)/\(name)")
        }
        return folder
    }

    /// A program in the folder that this one was started in is not looked for in the search path.
    @Test func aPasswordProgramIsNamedWithoutAFolder() throws {
        let name = "gantry-password-\(UUID().uuidString)"
        try Data("#!/bin/sh\necho marker\n".utf8).write(to: URL(fileURLWithPath: name))
        defer { try? FileManager.default.removeItem(atPath: name) }
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: name)
        #expect(try PasswordFile.read(name).expose() == "marker")
    }
}
