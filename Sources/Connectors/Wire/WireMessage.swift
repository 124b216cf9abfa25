package import ConnectorAPI

/// One JSON-RPC 2.0 message, read as far as routing needs it.
package enum WireMessage: Sendable {
    /// A call; `id` is echoed as it was written.
    case request(id: [UInt8], method: String, params: [UInt8])
    case notification(method: String, params: [UInt8])
    /// An answer.
    case response(id: Int64, result: [UInt8])
    case failure(id: Int64?, error: WireError)

    /// Reads one line.
    ///
    /// - Throws: ``WireViolation`` where it is no message.
    package init(_ line: [UInt8]) throws(WireViolation) {
        guard let members = JSONMembers(line) else { throw WireViolation(reason: "is no JSON object", line: line) }
        let id = members["id"]
        if let method = members["method"] {
            guard method.first == UInt8(ascii: "\""), method.count > 2 else {
                throw WireViolation(reason: "has a method that is no name", line: line)
            }
            let isPlain = !method.contains(UInt8(ascii: "\\"))
            let name =
                isPlain
                ? String(decoding: method.dropFirst().dropLast(), as: UTF8.self)
                : (try? WireCodec.decode(String.self, from: Array(method))) ?? ""
            let params = members["params"].map(Array.init) ?? Array("{}".utf8)
            if let id, !id.elementsEqual("null".utf8) {
                self = .request(id: Array(id), method: name, params: params)
            } else {
                self = .notification(method: name, params: params)
            }
            return
        }
        let number = id.flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
        if let error = members["error"], !error.elementsEqual("null".utf8) {
            guard let decoded = try? WireCodec.decode(WireError.self, from: Array(error)) else {
                throw WireViolation(reason: "has an error that is none", line: line)
            }
            self = .failure(id: number, error: decoded)
        } else if let result = members["result"] {
            guard let number else { throw WireViolation(reason: "answers no call: its id is not ours", line: line) }
            self = .response(id: number, result: Array(result))
        } else {
            throw WireViolation(reason: "has neither method nor result nor error", line: line)
        }
    }

    // MARK: Writing

    /// A call with its deadline and trace context, with newline.
    package static func request(id: Int64, method: String, params: [UInt8], context: CallContext) -> [UInt8] {
        var line = Array(#"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":"#.utf8)
        line.reserveCapacity(line.count + params.count + 128)
        line.append(contentsOf: params)
        var extra = ""
        if let deadline = context.deadlineMs { extra += #","deadlineMs":\#(deadline)"# }
        if let trace = context.traceparent, trace.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x22 && $0 != 0x5C }) {
            extra += #","_meta":{"traceparent":"\#(trace)"}"#
        }
        if !extra.isEmpty, line.last == UInt8(ascii: "}") {
            line.removeLast()
            // An empty object has no member to follow.
            if line.last == UInt8(ascii: "{") { extra.removeFirst() }
            line.append(contentsOf: extra.utf8)
            line.append(UInt8(ascii: "}"))
        }
        line.append(contentsOf: "}\n".utf8)
        return line
    }

    package static func notification(method: String, params: [UInt8]) -> [UInt8] {
        Array(#"{"jsonrpc":"2.0","method":"\#(method)","params":"#.utf8) + params + Array("}\n".utf8)
    }

    package static func response(id: [UInt8], result: [UInt8]) -> [UInt8] {
        var line = Array(#"{"jsonrpc":"2.0","id":"#.utf8)
        line.reserveCapacity(line.count + id.count + result.count + 16)
        line.append(contentsOf: id)
        line.append(contentsOf: #","result":"#.utf8)
        line.append(contentsOf: result)
        line.append(contentsOf: "}\n".utf8)
        return line
    }

    /// - Parameter id: nil where the call could not be read.
    package static func failure(id: [UInt8]?, _ error: WireError) -> [UInt8] {
        let fallback = Array(#"{"code":-32603,"message":"the error cannot be written"}"#.utf8)
        let encoded = (try? WireCodec.encode(error)) ?? fallback
        return Array(#"{"jsonrpc":"2.0","id":"#.utf8) + (id ?? Array("null".utf8)) + Array(#","error":"#.utf8) + encoded
            + Array("}\n".utf8)
    }
}

/// A line that is no message of the protocol.
package struct WireViolation: Error, Sendable, Hashable, CustomStringConvertible {
    package var reason: String
    /// The beginning of the line, printable.
    package var excerpt: String

    package init(reason: String, line: [UInt8]) {
        self.reason = reason
        excerpt =
            String(decoding: line.prefix(80), as: UTF8.self).map { character in
                character.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } ? String(character) : "?"
            }.joined() + (line.count > 80 ? "…" : "")
    }

    package var description: String { "the line \"\(excerpt)\" \(reason)" }
}

/// What every call carries beside its request.
package struct WireMeta: Sendable {
    package var context: CallContext

    /// Reads `deadlineMs` and `_meta` without decoding the request.
    package init(params: [UInt8]) {
        context = CallContext()
        guard let members = JSONMembers(params) else { return }
        context.deadlineMs = members["deadlineMs"].flatMap { Int(String(decoding: $0, as: UTF8.self)) }
        if let meta = members["_meta"].flatMap({ JSONMembers(Array($0)) }), let trace = meta["traceparent"] {
            context.traceparent = try? WireCodec.decode(String.self, from: Array(trace))
        }
    }
}
