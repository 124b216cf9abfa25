import Foundation
import XMLRPC

/// Calls and answers in the notation of `Recorded/xmlrpc-1.19.txt`.
struct RecordedCalls {
    struct Exchange {
        var title: String
        var method: String
        /// Authorization data stands as the text ``RecordedCalls/authorization``.
        var parameters: [XMLRPCValue]
        var answer: XMLRPCAnswer
    }

    static let authorization = XMLRPCValue.string("AUTH")

    var exchanges: [Exchange] = []

    init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Recorded/xmlrpc-1.19.txt").standardizedFileURL
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        var title = ""
        var call: (String, [XMLRPCValue]) = ("", [])
        for line in lines {
            let text = String(line.dropFirst(2))
            switch line.first {
            case "#": title = text
            case ">":
                let method = text.prefix { $0 != "(" }
                var reader = Reader(text.dropFirst(method.count + 1))
                call = (String(method), try reader.values(until: ")"))
            default:
                let isFault = text.hasPrefix("FAULT ")
                var reader = Reader(isFault ? text.dropFirst(6) : text[...])
                let value = try reader.value()
                exchanges.append(
                    Exchange(
                        title: title, method: call.0, parameters: call.1,
                        answer: isFault ? .fault(code: 1, text: value["faultString"].text) : .value(value)))
            }
        }
    }

    struct Mistake: Error {
        var rest: String
    }

    private struct Reader {
        var rest: Substring

        init(_ rest: Substring) { self.rest = rest }

        private mutating func take(_ word: String) -> Bool {
            guard rest.hasPrefix(word) else { return false }
            rest = rest.dropFirst(word.count)
            return true
        }

        mutating func values(until end: String) throws -> [XMLRPCValue] {
            var values: [XMLRPCValue] = []
            while !take(end) {
                values.append(try value())
                _ = take(", ")
            }
            return values
        }

        mutating func value() throws -> XMLRPCValue {
            if take("AUTH") { return RecordedCalls.authorization }
            if take("nil") { return .null }
            if take("array[") { return .array(try values(until: "]")) }
            if take("struct{") {
                var members: [XMLRPCValue.Member] = []
                while !take("}") {
                    let name = rest.prefix { $0 != ":" }
                    rest = rest.dropFirst(name.count + 2)
                    members.append(.init(String(name), try value()))
                    _ = take(", ")
                }
                return .structure(members)
            }
            if take("string ") { return .string(try text()) }
            if take("boolean ") { return .boolean(word() == "1") }
            if take("int "), let number = Int64(word()) { return .integer(number) }
            throw Mistake(rest: String(rest.prefix(40)))
        }

        private mutating func word() -> String {
            let word = rest.prefix { $0.isNumber || $0 == "-" }
            rest = rest.dropFirst(word.count)
            return String(word)
        }

        /// A text in quotes, with JSON's escapes.
        private mutating func text() throws -> String {
            var end = rest.index(after: rest.startIndex)
            while end < rest.endIndex, rest[end] != "\"" {
                end = rest.index(end, offsetBy: rest[end] == "\\" ? 2 : 1)
            }
            guard end < rest.endIndex else { throw Mistake(rest: String(rest.prefix(40))) }
            let quoted = rest[...end]
            rest = rest[rest.index(after: end)...]
            return try JSONDecoder().decode([String].self, from: Data("[\(quoted)]".utf8))[0]
        }
    }
}

extension XMLRPCValue {
    /// The text of a string; empty for anything else.
    var text: String {
        if case .string(let text) = self { return text }
        return ""
    }
}

extension XMLRPCValue? {
    var text: String { self.map(\.text) ?? "" }
}
