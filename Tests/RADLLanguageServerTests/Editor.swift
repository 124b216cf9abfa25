import Foundation
import RADLLanguageServer
import Testing

/// An editor as the server sees it, with one document.
struct Editor {
    static let uri = "file:///cluster.radl"
    var server = LanguageServer(version: "test")
    private var nextID = 0
    private(set) var notifications: [[String: Any]] = []
    /// Where `|` stood in the text.
    private(set) var cursor = (line: 0, character: 0)

    /// - Parameter text: With a `|` where the cursor is, if it is anywhere.
    init(_ text: String? = nil, snippets: Bool = false) async throws {
        _ = try await request(
            "initialize",
            [
                "capabilities": [
                    "textDocument": ["completion": ["completionItem": ["snippetSupport": snippets]]]
                ]
            ])
        try await notify("initialized", [:])
        if let text { try await open(text) }
    }

    mutating func open(_ text: String) async throws {
        var text = text
        if let mark = text.firstIndex(of: "|") {
            let lines = text[..<mark].split(separator: "\n", omittingEmptySubsequences: false)
            cursor = (lines.count - 1, lines.last?.utf16.count ?? 0)
            text.remove(at: mark)
        }
        try await notify(
            "textDocument/didOpen",
            ["textDocument": ["uri": Self.uri, "languageId": "radl", "version": 1, "text": text]])
    }

    static func frame(_ message: [String: Any]) throws -> [UInt8] {
        let body = try JSONSerialization.data(withJSONObject: message)
        return Array("Content-Length: \(body.count)\r\n\r\n".utf8) + Array(body)
    }

    static func messages(_ bytes: [UInt8]) throws -> [[String: Any]] {
        var rest = bytes[...]
        var messages: [[String: Any]] = []
        while let end = rest.indices.dropLast(3).first(where: { rest[$0..<($0 + 4)].elementsEqual([13, 10, 13, 10]) }) {
            let head = String(decoding: rest[..<end], as: UTF8.self)
            let count = try #require(Int(head.split(separator: " ").last ?? ""))
            let body = Data(rest[(end + 4)..<(end + 4 + count)])
            messages.append(try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any]))
            rest = rest[(end + 4 + count)...]
        }
        #expect(rest.isEmpty)
        return messages
    }

    /// Sends bytes as they are.
    mutating func send(_ bytes: [UInt8]) async throws -> [[String: Any]] {
        var answer = server.receive(bytes)
        if server.hasChanges { answer += await server.publishDiagnostics() }
        let messages = try Self.messages(answer)
        notifications += messages.filter { $0["method"] != nil }
        return messages.filter { $0["method"] == nil }
    }

    mutating func notify(_ method: String, _ parameters: [String: Any]) async throws {
        let answers = try await send(
            Self.frame(["jsonrpc": "2.0", "method": method, "params": parameters]))
        #expect(answers.isEmpty)
    }

    /// - Returns: The result, or the error.
    mutating func request(_ method: String, _ parameters: [String: Any] = [:]) async throws -> Any? {
        nextID += 1
        let answers = try await send(
            Self.frame(["jsonrpc": "2.0", "id": nextID, "method": method, "params": parameters]))
        // Rubbish that came before is told only when something follows it.
        let own = answers.filter { !($0["id"] is NSNull) }
        let answer = try #require(own.first)
        #expect(own.count == 1 && answer["id"] as? Int == nextID && answer["jsonrpc"] as? String == "2.0")
        if let error = answer["error"] as? [String: Any] { return error }
        #expect(answer.keys.contains("result"))
        return answer["result"]
    }

    /// A request about the document, at the cursor.
    mutating func ask(_ method: String, _ more: [String: Any] = [:]) async throws -> Any? {
        var parameters: [String: Any] = [
            "textDocument": ["uri": Self.uri],
            "position": ["line": cursor.line, "character": cursor.character],
        ]
        parameters.merge(more) { $1 }
        return try await request("textDocument/\(method)", parameters)
    }

    /// Labels of what can be written at the cursor.
    mutating func completions() async throws -> [String] {
        let list = try await ask("completion") as? [String: Any]
        let items = list?["items"] as? [[String: Any]] ?? []
        return items.compactMap { $0["label"] as? String }
    }

    mutating func hover() async throws -> String? {
        let hover = try await ask("hover") as? [String: Any]
        return (hover?["contents"] as? [String: Any])?["value"] as? String
    }

    /// What was told last of the document.
    var diagnostics: [[String: Any]] {
        let last = notifications.last { $0["method"] as? String == "textDocument/publishDiagnostics" }
        return (last?["params"] as? [String: Any])?["diagnostics"] as? [[String: Any]] ?? []
    }
}

extension [String: Any] {
    /// `line:character-line:character` of a range.
    var place: String {
        func text(_ name: String) -> String {
            let position = (self["range"] as? [String: Any])?[name] as? [String: Any]
            return "\(position?["line"] ?? "-"):\(position?["character"] ?? "-")"
        }
        return "\(text("start"))-\(text("end"))"
    }
}
