import ContextualizationAPI
import Foundation
import Glibc
import Support
import Testing

@testable import SSHTransport

/// Becoming somebody else.
extension SSHLoginTests {
    @Test("sudo with a password; the login user has it too")
    func sudoPassword() async throws {
        let target = try Self.server.get().target(.asker)
        #expect(try await whoami(target, Escalation(password: "asker-pw")) == "root\n")
        #expect(try await whoami(target, Escalation(user: "asker")) == "asker\n")
    }

    @Test("su with the password of the other user, and root without one")
    func su() async throws {
        let server = try Self.server.get()
        let escalation = Escalation(method: .su, user: "asker", password: "asker-pw")
        #expect(try await whoami(server.target(.plain), escalation) == "asker\n")
        #expect(try await whoami(server.target(.root), Escalation(method: .su, user: "plain")) == "plain\n")
    }

    @Test("Programs run in the login user's home, whoever they become")
    func workingFolder() async throws {
        let server = try Self.server.get()
        func folder(_ user: TestServer.User, _ escalation: Escalation) async throws -> String {
            try await run("pwd; echo $HOME", server.target(user), escalation)
        }
        func home(_ user: TestServer.User) -> String { server.folder + "/home/\(user)\n" }
        #expect(try await folder(.admin, Escalation()) == home(.admin) + "/root\n")
        #expect(try await folder(.admin, Escalation(user: "plain")) == home(.admin) + home(.plain))
        #expect(try await folder(.asker, Escalation(password: "asker-pw")) == home(.asker) + "/root\n")
        let su = Escalation(method: .su, user: "asker", password: "asker-pw")
        #expect(try await folder(.plain, su) == home(.plain) + home(.asker))
        // A folder that the new user may not read is none to work in.
        chmod(server.folder + "/home/ash", 0o700)
        let closed = Escalation(method: .su, user: "asker", password: "asker-pw")
        #expect(try await folder(.ash, closed) == home(.asker) + home(.asker))
    }

    @Test("Another program than sudo or su, with options of its own")
    func ownProgram() async throws {
        let server = try Self.server.get()
        let folder = server.folder + "/own programs"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["sudo", "su"] {
            try "#!/bin/sh\nprintf '<%s>' \"$@\" >'\(folder)/\(name).said'\nexec \(name) \"$@\"\n".write(
                toFile: "\(folder)/my \(name)", atomically: true, encoding: .utf8)
            chmod("\(folder)/my \(name)", 0o755)
            _ = FileManager.default.createFile(atPath: "\(folder)/\(name).said", contents: nil)
            chmod("\(folder)/\(name).said", 0o666)
        }
        func said(_ name: String) throws -> String {
            try String(contentsOfFile: "\(folder)/\(name).said", encoding: .utf8)
        }
        // What asks for a password or forbids to is ours, and stands there once.
        var escalation = Escalation(program: "\(folder)/my sudo", flags: ["-E", "-n", "-g", "nogroup"])
        #expect(try await whoami(server.target(.admin), escalation) == "root\n")
        #expect(try said("sudo").hasPrefix("<-E><-g><nogroup><-n><-u><root><--></bin/sh>"))
        escalation.password = "asker-pw"
        #expect(try await whoami(server.target(.asker), escalation) == "root\n")
        #expect(try said("sudo").hasPrefix("<-E><-g><nogroup><-S><-p><P"))
        let su = Escalation(
            method: .su, user: "asker", password: "asker-pw", program: "\(folder)/my su", flags: ["-p"])
        #expect(try await whoami(server.target(.plain), su) == "asker\n")
        #expect(try said("su").hasPrefix("<-p><-s></bin/sh><asker><-c>"))
        // A name that the shell must not take for something else.
        escalation.program = "no $(id) such"
        let error = await #expect(throws: CommunicatorError.self) {
            try await whoami(server.target(.plain), escalation)
        }
        #expect(error?.code == .escalationFailed && error?.message.contains("not installed") == true)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var user: TestServer.User
        var escalation: Escalation
        var words: [String]
        var testDescription: String { "\(user) \(escalation.method) \(escalation.user)" }
    }

    @Test(
        "Refusals say why and what to do",
        arguments: [
            Refusal(user: .asker, escalation: Escalation(), words: ["a password is needed", "NOPASSWD"]),
            Refusal(
                user: .asker, escalation: Escalation(password: "wrong-4711"), words: ["the password was refused"]),
            Refusal(
                user: .plain, escalation: Escalation(password: "plain-pw"), words: ["not allowed", "permit it there"]),
            Refusal(user: .admin, escalation: Escalation(user: "nobody-here"), words: ["no user nobody-here"]),
            Refusal(user: .admin, escalation: Escalation(user: "a b; reboot"), words: ["cannot be the name"]),
            Refusal(
                user: .plain, escalation: Escalation(method: .su, user: "asker", password: "wrong-4711"),
                words: ["the password was refused"]),
            Refusal(user: .plain, escalation: Escalation(method: .doas), words: ["doas", "not installed"]),
        ])
    func refusals(refusal: Refusal) async throws {
        let target = try Self.server.get().target(refusal.user)
        let error = await #expect(throws: CommunicatorError.self) { try await whoami(target, refusal.escalation) }
        #expect(error?.code == .escalationFailed)
        for word in refusal.words + ["\(refusal.user)@"] {
            #expect(error?.message.contains(word) == true, "\(word) in \(error?.message ?? "")")
        }
        #expect(error?.message.contains("4711") == false)
    }

    @Test("Without sudo on the machine")
    func noSudo() async throws {
        var options = TestServer.Options()
        options.path = ["id", "su", "sh", "cat"]
        let server = try TestServer(options)
        let error = await #expect(throws: CommunicatorError.self) { try await whoami(server.target(), Escalation()) }
        #expect(error?.code == .escalationFailed)
        #expect(error?.message.contains("not installed") == true, "\(error?.message ?? "")")
        // root needs none.
        #expect(try await whoami(server.target(.root), Escalation()) == "root\n")
        #expect(try await whoami(server.target(.root), Escalation(user: "plain")) == "plain\n")
        server.stop()
    }
}
