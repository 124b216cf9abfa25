import Foundation

/// One request and its answer as a recording keeps them: without secret headers and parameters.
package struct HTTPExchange: Sendable, Hashable, Codable {
    package struct Line: Sendable, Hashable, Codable {
        package var name: String
        package var value: String
    }

    package var method: String
    package var url: String
    /// UTF-8 text, or base64 after `base64:`.
    package var requestBody: String
    package var status: Int
    package var headers: [Line]
    package var body: String

    package init(method: String, url: String, requestBody: String, status: Int, headers: [Line], body: String) {
        self.method = method
        self.url = url
        self.requestBody = requestBody
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// - Parameter secrets: Texts that must not stay in the recording, wherever they occur.
    init(_ request: HTTPRequest, _ answer: HTTPFullResponse, hiding secrets: [String]) {
        func clean(_ text: String) -> String {
            secrets.filter { !$0.isEmpty }.reduce(text) { $0.replacing($1, with: Redaction.mark) }
        }
        method = request.method.rawValue
        url = clean(Redaction.url(request.url.text))
        requestBody = clean(Self.text(of: request))
        status = answer.status
        headers = answer.headers.fields.map { field in
            let isSecret = Redaction.isSecret(header: field.name)
            return Line(name: field.name, value: isSecret ? Redaction.mark : clean(field.value))
        }
        body = clean(Self.text(answer.body))
    }

    /// What ``ReplayClient`` compares of a request.
    static func text(of request: HTTPRequest) -> String {
        switch request.body {
        case .none: return ""
        case .bytes(let bytes): return text(bytes)
        case .file(let path): return "file:\(path)"
        }
    }

    private static func text(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self), !text.hasPrefix("base64:") { return text }
        return "base64:" + Data(bytes).base64EncodedString()
    }

    /// The answer, or nil when its base64 is broken.
    package var response: HTTPFullResponse? {
        var lines = HTTPHeaders()
        for line in headers { lines.add(line.name, line.value) }
        guard body.hasPrefix("base64:") else {
            return HTTPFullResponse(status: status, headers: lines, body: Array(body.utf8))
        }
        guard let data = Data(base64Encoded: String(body.dropFirst(7))) else { return nil }
        return HTTPFullResponse(status: status, headers: lines, body: Array(data))
    }
}

/// Passes requests on and keeps what was exchanged, for ``ReplayClient``. For tests: it holds whole bodies in memory.
package actor RecordingClient: HTTPClient {
    private let base: any HTTPClient
    private let secrets: [String]
    private let limit: Int
    /// In the order in which the answers came.
    package private(set) var exchanges: [HTTPExchange] = []

    /// - Parameters:
    ///   - secrets: Texts that must not stay in the recording, wherever they occur.
    ///   - limit: Most bytes of a body.
    package init(_ base: any HTTPClient, hiding secrets: [String], upTo limit: Int = 16 << 20) {
        self.base = base
        self.secrets = secrets
        self.limit = limit
    }

    package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let answer = try await base.fetch(request, upTo: limit)
        exchanges.append(HTTPExchange(request, answer, hiding: secrets))
        return HTTPResponse(status: answer.status, headers: answer.headers, body: HTTPBody(bytes: answer.body))
    }

    /// Writes the recording: a JSON array that a person can read and mend.
    package func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(exchanges).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}

/// Answers from a recording, without a network.
///
/// A request gets the first answer that is left for its method, URL and body; `normalize` takes away from bodies what
/// differs from run to run, such as tokens.
package actor ReplayClient: HTTPClient {
    private var left: [HTTPExchange]
    private let normalize: @Sendable (String) -> String
    /// The requests that were answered, in order.
    package private(set) var requests: [HTTPRequest] = []

    package init(_ exchanges: [HTTPExchange], normalize: @escaping @Sendable (String) -> String = { $0 }) {
        left = exchanges
        self.normalize = normalize
    }

    /// Reads what ``RecordingClient/write(to:)`` wrote.
    package init(path: String, normalize: @escaping @Sendable (String) -> String = { $0 }) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        self.init(try JSONDecoder().decode([HTTPExchange].self, from: data), normalize: normalize)
    }

    package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let url = Redaction.url(request.url.text)
        let body = normalize(HTTPExchange.text(of: request))
        let index = left.firstIndex {
            $0.method == request.method.rawValue && $0.url == url && normalize($0.requestBody) == body
        }
        guard let index, let answer = left[index].response else {
            throw HTTPError(
                code: .notRecorded, message: "the recording has no answer left for \(request); record it again")
        }
        left.remove(at: index)
        requests.append(request)
        return HTTPResponse(status: answer.status, headers: answer.headers, body: HTTPBody(bytes: answer.body))
    }
}
