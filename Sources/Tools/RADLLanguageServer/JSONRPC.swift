import JSONCoding

/// The id of a request: a number or a text.
enum JSONRPCID: Sendable, Hashable, Codable {
    case number(Int)
    case text(String)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
            self = .number(number)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        }
    }
}

/// A message that came, its parameters not yet read.
struct JSONRPCMessage: Sendable {
    private struct Head: Decodable {
        var id: JSONRPCID?
        var method: String?
    }

    private struct Body<Parameters: Decodable>: Decodable {
        var params: Parameters
    }

    /// Nil for notifications.
    var id: JSONRPCID?
    /// Nil for answers, of which this server awaits none.
    var method: String?
    private var bytes: [UInt8]

    /// - Throws: ``JSONRPCError`` where the bytes are no message.
    init(_ bytes: [UInt8]) throws(JSONRPCError) {
        do {
            let head = try JSONText.decode(Head.self, from: bytes)
            (id, method) = (head.id, head.method)
        } catch DecodingError.dataCorrupted(let context) {
            throw JSONRPCError(.parse, "the message is no JSON: \(context.debugDescription)")
        } catch {
            throw JSONRPCError(.invalidRequest, "the message is no request of JSON-RPC 2.0")
        }
        self.bytes = bytes
    }

    /// - Throws: ``JSONRPCError`` where the parameters are others than the method takes.
    func parameters<Parameters: Decodable>(_ type: Parameters.Type) throws(JSONRPCError) -> Parameters {
        do {
            return try JSONText.decode(Body<Parameters>.self, from: bytes).params
        } catch {
            throw JSONRPCError(.invalidParameters, "the parameters of '\(method ?? "")' cannot be read")
        }
    }
}

/// An error as it is answered.
struct JSONRPCError: Error, Sendable, Hashable, Encodable {
    enum Code: Int, Sendable, Encodable {
        case parse = -32700
        case invalidRequest = -32600
        case methodNotFound = -32601
        case invalidParameters = -32602
        case serverNotInitialized = -32002
        case requestCancelled = -32800
        case requestFailed = -32803
    }

    var code: Code
    var message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// Messages that go out, framed.
struct JSONRPCWriter: Sendable {
    private struct Answer<Result: Encodable>: Encodable {
        var jsonrpc = "2.0"
        var id: JSONRPCID
        var result: Result?

        enum CodingKeys: CodingKey { case jsonrpc, id, result }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(jsonrpc, forKey: .jsonrpc)
            try container.encode(id, forKey: .id)
            // A result has to be there, also where it is null.
            try container.encode(result, forKey: .result)
        }
    }

    private struct Refusal: Encodable {
        var jsonrpc = "2.0"
        var id: JSONRPCID?
        var error: JSONRPCError

        enum CodingKeys: CodingKey { case jsonrpc, id, error }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(jsonrpc, forKey: .jsonrpc)
            try container.encode(id, forKey: .id)
            try container.encode(error, forKey: .error)
        }
    }

    private struct Notification<Parameters: Encodable>: Encodable {
        var jsonrpc = "2.0"
        var method: String
        var params: Parameters
    }

    private(set) var bytes: [UInt8] = []

    /// Hands out what was written since the last time.
    mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    mutating func answer(_ id: JSONRPCID, _ result: (some Encodable)?) {
        write(Answer(id: id, result: result))
    }

    mutating func refuse(_ id: JSONRPCID?, _ error: JSONRPCError) {
        write(Refusal(id: id, error: error))
    }

    mutating func notify(_ method: String, _ parameters: some Encodable) {
        write(Notification(method: method, params: parameters))
    }

    private mutating func write(_ message: some Encodable) {
        // Nothing that is written has numbers that JSON does not know.
        guard let content = try? JSONText.encode(message) else { return }
        bytes += Array("Content-Length: \(content.count)\r\n\r\n".utf8)
        bytes += content
    }
}
