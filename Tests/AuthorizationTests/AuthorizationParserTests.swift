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
        Case(
            name: "a list stays as it stands", line: #"type = X; zones = [ "a", "b;c=d" ] ; host = h"#,
            values: ["type": "X", "zones": #"[ "a", "b;c=d" ]"#, "host": "h"]),
        Case(
            name: "an object stays as it stands", line: #"type = X; tags = {"it's": "a \"b\"; c", "n": [1.50, {}]}"#,
            values: ["type": "X", "tags": #"{"it's": "a \"b\"; c", "n": [1.50, {}]}"#]),
        Case(
            name: "newlines of a list stay escaped", line: #"type = X; zones = ["a\nb"]"#,
            values: ["type": "X", "zones": #"["a\nb"]"#]),
        Case(
            name: "a list in quotes", line: #"type = X; zones = '["a", "b"]'"#,
            values: ["type": "X", "zones": #"["a", "b"]"#]),
        Case(
            name: "a bracket alone is text", line: "type = X; password = [a{; host = 'h'",
            values: ["type": "X", "password": "[a{", "host": "h"]),
        Case(
            name: "brackets with more behind are text", line: "type = X; password = [1] 'a;b'",
            values: ["type": "X", "password": "[1] a;b"]),
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

    @Test(.timeLimit(.minutes(1)), arguments: ["a=[;", "a=[{};", "a={\"\";", "a='[';", "'[]'", "\\\\n", "a=[]x;"])
    func longHeadersAreReadInTime(_ part: String) throws {
        let line = "type = X; " + String(repeating: part, count: (64 << 10) / part.utf8.count)
        let begin = ContinuousClock.now
        _ = try? AuthorizationParser().items(ofHeader: line)
        #expect(ContinuousClock.now - begin < .seconds(10))
    }

    @Test func headerAsJSON() throws {
        let items = try AuthorizationParser().items(ofHeader: #"[{"type": "Dummy", "id": "d", "n": 1}]"#)
        #expect(items.first?.id == "d")
        #expect(items.first?["n"] == "1")
    }

    @Test func headerAsJSONKeepsValuesAsTheyStand() throws {
        let item = try #require(
            try AuthorizationParser().items(
                ofHeader: #"""
                    [ {"type":"X", "zones": [ "a", "b\n\"}],\u00e9" ], "tags": {"z": 1, "a": {"b": []} },
                      "price": 1.10, "large": 12345678901234567890, "on": true, "off": false, "none": null,
                      "t\u0065xt": "a\n\"\u00e9\uD83D\uDE00" } , {"type": "Y"}]
                    """#
            ).first)
        #expect(
            item.values.expose() == [
                "type": "X", "zones": #"[ "a", "b\n\"}],\u00e9" ]"#, "tags": #"{"z": 1, "a": {"b": []} }"#,
                "price": "1.10", "large": "12345678901234567890", "on": "true", "off": "false",
                "text": "a\n\"\u{e9}\u{1F600}",
            ])
    }

    @Test(arguments: [
        ("type = X; password = 'open-marker-6371", "line 1 of the authorization data, key 'password'"),
        (
            "type = X\ntype = Y; private_key = \"marker-6371; host = h",
            "line 2 of the authorization data, key 'private_key'"
        ),
        ("type = X; token = it's-marker-6371", "line 1 of the authorization data, key 'token'"),
        ("type = X; 'marker-6371 = a", "line 1 of the authorization data"),
    ])
    func anOpenQuoteIsTold(_ text: String, _ place: String) {
        for isHeader in [false, true] {
            #expect {
                let parser = AuthorizationParser()
                return try isHeader
                    ? parser.items(ofHeader: text.replacing("\n", with: "\\n")) : parser.items(ofFile: text)
            } throws: { error in
                "\(error)".hasPrefix(place) && "\(error)".contains("is not closed") && !"\(error)".contains("6371")
            }
        }
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
        let up = String(repeating: "/..", count: NSHomeDirectory().split(separator: "/").count)
        #expect(try AuthorizationFile.load("~" + up + file.path).warnings.count == 1)
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
