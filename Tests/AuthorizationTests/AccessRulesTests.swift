import Authorization
import Foundation
import Support
import Testing

struct AccessRulesTests {
    @Test(arguments: [
        (AccessRules.Mode.everything, [true, true, true]), (.reading, [true, false, false]),
        (.readingAndDestroying, [true, false, true]),
    ])
    func modesAllow(mode: AccessRules.Mode, allowed: [Bool]) {
        let rules = AccessRules(mode: mode)
        #expect([AccessRules.Deed.reading, .changing, .destroying].map(rules.allows) == allowed)
    }

    @Test func administratorsNeedTheirPassword() {
        let rules = AccessRules(administrators: [.init(username: "root", password: Secret("one"))])
        #expect(rules.isAdministrator("root", Secret("one")))
        #expect(!rules.isAdministrator("root", Secret("")))
        #expect(!rules.isAdministrator("root", Secret("oneone")))
        #expect(!rules.isAdministrator("ada", Secret("one")))
        #expect(rules.knows("anybody", Secret("any")))
    }

    /// A file of users in a folder of its own.
    private final class UserFile {
        let folder: URL
        var path: String { folder.appending(path: "users.json").path }

        init(_ text: String) throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "users-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try write(text)
        }

        func write(_ text: String) throws {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        }

        deinit { try? FileManager.default.removeItem(at: folder) }
    }

    @Test func usersAreReadAgainWhenTheFileChanges() throws {
        let file = try UserFile(#"{"users": [{"username": "ada", "password": "one"}]}"#)
        let complaints = LockedValue<[String]>([])
        let users = try UserDatabase(path: file.path) { text in complaints.withLock { $0.append(text) } }
        let rules = AccessRules(
            administrators: [.init(username: "root", password: Secret("admin"))], users: users)
        #expect(rules.knows("ada", Secret("one")))
        #expect(rules.knows("root", Secret("admin")))
        #expect(!rules.knows("ada", Secret("two")) && !rules.knows("bob", Secret("one")))
        try file.write(#"{"users": [{"username": "bob", "password": "two"}, {"username": "bob", "password": "3"}]}"#)
        #expect(rules.knows("bob", Secret("two")) && rules.knows("bob", Secret("3")))
        #expect(!rules.knows("ada", Secret("one")))
        #expect(complaints.withLock { $0 }.isEmpty)
    }

    @Test func aBrokenFileKeepsWhoWasInIt() throws {
        let file = try UserFile(#"{"users": [{"username": "ada", "password": "one"}]}"#)
        let complaints = LockedValue<[String]>([])
        let users = try UserDatabase(path: file.path) { text in complaints.withLock { $0.append(text) } }
        try file.write(#"{"users": [{"username": "ada", "pass"#)
        for _ in 0..<3 { #expect(users.contains("ada", Secret("one"))) }
        try FileManager.default.removeItem(atPath: file.path)
        for _ in 0..<3 { #expect(users.contains("ada", Secret("one"))) }
        let told = complaints.withLock { $0 }
        #expect(told.count == 2)
        #expect(told.first?.contains("is no file of users; write") == true)
        #expect(told.last?.contains("No such file or directory") == true)
        #expect(!told.joined().contains("one"))
    }

    @Test func withoutItsFileNothingStarts() {
        #expect(throws: FileProblem.self) { try UserDatabase(path: "/nowhere/users.json") { _ in } }
    }
}
