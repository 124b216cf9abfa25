import Foundation
import Testing

@testable import RADLLanguageServer

/// The protocol itself, and what is none.
@Suite struct ServerTests {
    @Test func lifeOfASession() async throws {
        var server = LanguageServer(version: "1")
        func code(_ bytes: [UInt8]) throws -> Int? {
            (try Editor.messages(bytes).first?["error"] as? [String: Any])?["code"] as? Int
        }
        let early = server.receive(try Editor.frame(["id": 1, "method": "textDocument/hover", "params": [:]]))
        #expect(try code(early) == -32002)
        let hello = try Editor.messages(
            server.receive(try Editor.frame(["id": "a", "method": "initialize", "params": ["capabilities": [:]]])))
        let result = hello.first?["result"] as? [String: Any]
        let capabilities = result?["capabilities"] as? [String: Any]
        #expect(hello.first?["id"] as? String == "a")
        #expect(capabilities?["positionEncoding"] as? String == "utf-16")
        let again = server.receive(try Editor.frame(["id": 2, "method": "initialize", "params": [:]]))
        #expect(try code(again) == -32600)
        let end = try Editor.messages(server.receive(try Editor.frame(["id": 3, "method": "shutdown"])))
        #expect(end.first?["result"] is NSNull)
        let late = server.receive(try Editor.frame(["id": 4, "method": "textDocument/hover", "params": [:]]))
        #expect(try code(late) == -32600)
        #expect(server.exitStatus == nil)
        #expect(server.receive(try Editor.frame(["method": "exit"])).isEmpty)
        #expect(server.exitStatus == 0)
    }

    @Test func anExitWithoutShutdownIsAFailure() throws {
        var server = LanguageServer(version: "1")
        _ = server.receive(try Editor.frame(["method": "exit"]))
        #expect(server.exitStatus == 1)
    }

    @Test(arguments: [
        ("workspace/nosuch", -32601), ("textDocument/nosuch", -32601), ("nosuch", -32601),
        ("textDocument/hover", -32602), ("textDocument/formatting", -32602),
    ])
    func wrongRequests(method: String, code: Int) async throws {
        var editor = try await Editor("system a ()")
        let error = try await editor.request(method) as? [String: Any]
        #expect(error?["code"] as? Int == code)
        let other = try await editor.request(
            "textDocument/hover", ["textDocument": ["uri": "file:///other"], "position": ["line": 0, "character": 0]])
        #expect((other as? [String: Any])?["code"] as? Int == -32602)
    }

    @Test(arguments: [(-1, 0), (0, -1), (-5, -5)])
    func negativePositionsAreRefused(line: Int, character: Int) async throws {
        var editor = try await Editor("system a ()")
        let position = ["line": line, "character": character]
        for method in ["hover", "completion", "definition", "rename"] {
            let error = try await editor.ask(method, ["position": position]) as? [String: Any]
            #expect(error?["code"] as? Int == -32602, "\(method)")
            #expect(error?["message"] as? String == "lines and characters count from 0")
        }
        let range = ["start": position, "end": ["line": 0, "character": 3]]
        let error = try await editor.ask("codeAction", ["range": range]) as? [String: Any]
        #expect(error?["code"] as? Int == -32602)
        #expect(try await editor.hover() != nil)
    }

    @Test func unknownNotificationsAreIgnored() async throws {
        var editor = try await Editor("system a ()")
        try await editor.notify("$/setTrace", ["value": "off"])
        try await editor.notify("textDocument/didSave", ["textDocument": ["uri": Editor.uri]])
        try await editor.notify("textDocument/didChange", ["nosuch": 1])
        try await editor.notify("textDocument/didChange", ["textDocument": ["uri": "other"], "contentChanges": []])
        #expect(try await editor.hover() != nil)
    }

    @Test func cancelledRequestsAreNotBegun() async throws {
        var editor = try await Editor("system a ()")
        let parameters: [String: Any] = [
            "textDocument": ["uri": Editor.uri], "position": ["line": 0, "character": 0],
        ]
        let bytes =
            try Editor.frame(["id": 90, "method": "textDocument/hover", "params": parameters])
            + Editor.frame(["id": "x", "method": "textDocument/hover", "params": parameters])
            + Editor.frame(["method": "$/cancelRequest", "params": ["id": 90]])
            + Editor.frame(["method": "$/cancelRequest", "params": ["id": 4711]])
        let answers = try await editor.send(bytes)
        #expect((answers.first?["error"] as? [String: Any])?["code"] as? Int == -32800)
        #expect(answers.count == 2 && answers.last?["result"] is [String: Any])
    }

    private static let rubbish: [(name: String, text: String)] = [
        ("text", "rubbish\r\n\r\n"), ("lines", "\n\n"), ("empty header", "\r\n\r\n"),
        ("no number", "Content-Length: x\r\n\r\n{}"), ("negative", "Content-Length: -5\r\n\r\n"),
        ("beyond 64 bits", "Content-Length: 99999999999999999999\r\n\r\n"),
        ("no method", "Content-Length: 2\r\n\r\n{}"), ("list", "Content-Length: 2\r\n\r\n[]"),
        ("null", "Content-Length: 4\r\n\r\nnull"), ("no JSON", "Content-Length: 3\r\n\r\n{\"a"),
        ("nothing", "Content-Length: 0\r\n\r\n"),
        ("two lengths", "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}"),
        ("no length", "Content-Type: x\r\n\r\n"), ("zero byte", "X: \u{0}ü\r\nno colon\r\n\r\n"),
        ("method of another type", "Content-Length: 22\r\n\r\n{\"id\":1,\"method\":true}"),
        ("id of another type", "Content-Length: 9\r\n\r\n{\"id\":{}}"),
        ("too short", "Content-Length: 5\r\n\r\n{\"id\":{}}"),
        ("long line", String(repeating: "A", count: 100_000)), ("many lines", String(repeating: "\n", count: 50_000)),
        ("many headers", String(repeating: "Content-Length: \r\n\r\n", count: 5000)),
        ("deep", "Content-Length: 10000\r\n\r\n" + String(repeating: "[", count: 10_000)),
    ]

    @Test("whatever comes, the next request is answered", arguments: rubbish.indices)
    func anyBytes(number: Int) async throws {
        let (name, text) = Self.rubbish[number]
        var editor = try await Editor("system a ()")
        let errors = try await editor.send(Array(text.utf8))
        #expect(errors.count <= 2, "\(name)")
        for error in errors { #expect(error["id"] is NSNull || name == "no method", "\(name)") }
        #expect(try await editor.hover() != nil, "\(name)")
    }

    @Test func messagesComeInPieces() async throws {
        var editor = try await Editor("system a ()")
        let parameters: [String: Any] = [
            "textDocument": ["uri": Editor.uri], "position": ["line": 0, "character": 0],
        ]
        let bytes = try Editor.frame(["id": 7, "method": "textDocument/hover", "params": parameters])
        for byte in bytes.dropLast() { #expect(try await editor.send([byte]).isEmpty) }
        #expect(try await editor.send(Array(bytes.suffix(1))).count == 1)
    }

    @Test func hugeMessagesAreSkipped() async throws {
        var editor = try await Editor("system a ()")
        let size = MessageFraming.largestMessage + 10
        var errors = try await editor.send(Array("Content-Length: \(size)\r\n\r\n".utf8))
        let piece = [UInt8](repeating: 0x20, count: size / 8)
        for _ in 0..<8 { errors += try await editor.send(piece) }
        errors += try await editor.send([UInt8](repeating: 0x20, count: size - 8 * piece.count))
        #expect(errors.count == 1)
        #expect(try await editor.hover() != nil)
    }

    // MARK: - Documents

    @Test func changesAreCountedInUTF16() async throws {
        var editor = try await Editor("# 😀é\r\nsystem a (x = '😀')\n")
        try await editor.notify(
            "textDocument/didChange",
            [
                "textDocument": ["uri": Editor.uri, "version": 2],
                "contentChanges": [
                    [
                        "range": ["start": ["line": 1, "character": 17], "end": ["line": 1, "character": 17]],
                        "text": "ü",
                    ],
                    [
                        "range": ["start": ["line": 0, "character": 4], "end": ["line": 0, "character": 99]],
                        "text": "e",
                    ],
                    [
                        "range": ["start": ["line": 2, "character": 0], "end": ["line": 9, "character": 0]],
                        "text": "y",
                    ],
                ],
            ])
        let document = try #require(editor.server.documents[Editor.uri])
        #expect(String(decoding: document.bytes, as: UTF8.self) == "# 😀e\r\nsystem a (x = '😀ü')\ny")
        #expect(document.version == 2)
        var offset = 0
        for scalar in "# 😀e\r\nsystem a (x = '😀ü')\ny".unicodeScalars {
            if scalar != "\n" { #expect(document.offset(of: document.position(of: offset)) == offset, "\(offset)") }
            offset += UTF8.width(scalar)
        }
        #expect(document.position(of: 6) == LSPPosition(line: 0, character: 4))
        #expect(document.offset(of: LSPPosition(line: 0, character: 3)) == 2)
    }

    @Test func mistakesAreShownAndGo() async throws {
        var editor = try await Editor("# 😀 ü\nsystem a (memory.size >= 512Q and x = '😀' yy)\ndeploy b 1\n")
        let places = editor.diagnostics.map(\.place)
        #expect(places.count >= 2)
        #expect(editor.diagnostics.contains { $0.place == "1:43-1:45" }, "\(places)")
        for diagnostic in editor.diagnostics {
            #expect(diagnostic["source"] as? String == "gantry" && diagnostic["code"] is String)
        }
        try await editor.notify(
            "textDocument/didChange",
            [
                "textDocument": ["uri": Editor.uri, "version": 2],
                "contentChanges": [["text": "system a ()\ndeploy a 1\n"]],
            ])
        #expect(editor.diagnostics.isEmpty)
        try await editor.open("system system")
        #expect(!editor.diagnostics.isEmpty)
        try await editor.notify("textDocument/didClose", ["textDocument": ["uri": Editor.uri]])
        #expect(editor.diagnostics.isEmpty)
    }
}
