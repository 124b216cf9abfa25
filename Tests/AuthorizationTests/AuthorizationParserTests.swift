import Authorization
import Foundation
import Support
import Testing

@Suite struct AuthorizationParserTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var line: String
        var values: [String: String]
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "plain", line: "id = ec2; type = EC2; username = AK; password = SK",
            values: ["id": "ec2", "type": "EC2", "username": "AK", "password": "SK"]),
        Case(name: "no blanks", line: "id=a;type=Dummy", values: ["id": "a", "type": "Dummy"]),
        Case(
            name: "quotes hold the separators", line: "type = X; password = 'a;b=c'",
            values: ["type": "X", "password": "a;b=c"]),
        Case(
            name: "the other quote inside", line: "type = X; password = \"it's\"",
            values: ["type": "X", "password": "it's"]),
        Case(
            name: "an equals sign without quotes is kept", line: "type = X; token = abc==; host = h",
            values: ["type": "X", "token": "abc==", "host": "h"]),
        Case(
            name: "escaped newline", line: "type = X; private_key = 'a\\nb'",
            values: ["type": "X", "private_key": "a\nb"]),
        Case(name: "trailing separator", line: "type = X;", values: ["type": "X"]),
        Case(
            name: "functions are text for a service", line: "type = X; password = file(/etc/hostname)",
            values: ["type": "X", "password": "file(/etc/hostname)"]),
    ]

    @Test(arguments: cases) func lines(_ example: Case) throws {
        let items = try AuthorizationParser().items(ofFile: example.line)
        #expect(items.count == 1)
        #expect(items.first?.values.expose() == example.values)
    }

    @Test func positionsNameItemsWithoutId() throws {
        let items = try AuthorizationParser().items(
            ofFile: "# clouds\n\ntype = InfrastructureManager; username = u; password = p\ntype = Dummy\n")
        #expect(items.map(\.id) == ["InfrastructureManager0", "Dummy1"])
        #expect(items.map(\.isCloud) == [false, true])
        #expect(items.map(\.isLogin) == [true, false])
    }

    @Test func headerSeparatesLinesWithTwoCharacters() throws {
        let items = try AuthorizationParser().items(
            ofHeader: #"type = InfrastructureManager; username = u; password = p\nid = k; type = X; key = 'a\\nb'\n"#)
        #expect(items.count == 2)
        #expect(items.last?["key"] == "a\nb")
    }

    @Test func headerAsJSON() throws {
        let items = try AuthorizationParser().items(ofHeader: #"[{"type": "Dummy", "id": "d", "n": 1}]"#)
        #expect(items.first?.id == "d")
        #expect(items.first?["n"] == "1")
    }

    @Test(arguments: [
        "id = a", "type = X; sesame-open-marker-6371", "id = 1a; type = X", #"[{"id": "x"}]"#, "[1]",
    ])
    func refusesWithoutTellingValues(_ text: String) {
        #expect { try AuthorizationParser().items(ofFile: text) } throws: { error in
            !"\(error)".contains("marker-6371") && !"\(error)".isEmpty
        }
    }

    @Test func fileFunctionIsResolvedForTheUsersOwnFile() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let secret = folder.appending(path: "secret")
        try "from a file\n".write(to: secret, atomically: true, encoding: .utf8)
        let file = folder.appending(path: "auth")
        try "type = X; password = file(\(secret.path)); token = command(echo hi)".write(
            to: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
        let loaded = try AuthorizationFile.load(file.path)
        #expect(loaded.items.first?["password"] == "from a file")
        #expect(loaded.items.first?["token"] == "hi")
        #expect(loaded.warnings.count == 1)
    }

    @Test func filesThatAreWrongAreToldInPlainWords() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func message(_ text: String?) throws -> String {
            let file = folder.appending(path: "auth").path
            if let text { try text.write(toFile: file, atomically: true, encoding: .utf8) }
            do {
                _ = try AuthorizationFile.load(text == nil ? folder.path : file)
                return ""
            } catch {
                return (error as? AuthorizationError)?.message ?? "raw: \(error)"
            }
        }
        #expect(try message(nil).hasSuffix("cannot be read: is a folder"))
        #expect(try message("id = a; type = X\nid = b; type = X\nid = a; type = Y").contains("'a' more than once"))
        #expect(try message("type = X\ntype = X") == "")
        let missing = try message("type = X; password = file(\(folder.path)/none)")
        #expect(missing.hasSuffix("No such file or directory") && !missing.contains("Cocoa"), "\(missing)")
    }

    @Test func valuesDoNotPrint() throws {
        let items = try AuthorizationParser().items(ofFile: "type = X; password = sesame-6371")
        #expect(!"\(items)".contains("sesame"))
        var dumped = ""
        dump(items, to: &dumped)
        #expect(!dumped.contains("sesame"))
    }
}
