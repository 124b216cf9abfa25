/// One request. A value: the same one may be sent many times, also at once.
package struct HTTPRequest: Sendable, Hashable {
    package enum Method: String, Sendable, Hashable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"

        /// Whether a repetition has the effect of one request (RFC 9110, 9.2.2).
        package var isIdempotent: Bool { self != .post && self != .patch }
    }

    package enum Body: Sendable, Hashable {
        case none
        case bytes([UInt8])
        /// The content of a regular file, from its beginning to the length it has when the request starts.
        case file(path: String)

        /// UTF-8 bytes of a text.
        package static func text(_ text: String) -> Body { .bytes(Array(text.utf8)) }
    }

    /// Whether the transport and retries may send the request a second time after it may have reached the server.
    package enum Repetition: Sendable, Hashable {
        /// By the method: GET, HEAD, PUT, DELETE.
        case byMethod
        /// Always: the server recognizes the repetition, by a client token for example.
        case safe
        /// Never.
        case never
    }

    package struct Timeouts: Sendable, Hashable {
        /// Until the connection is made, TLS included.
        package var connect: Duration
        /// For the whole exchange, the body of the answer included; nil: none.
        package var total: Duration?
        /// Longest time without a byte; nil: none. Counts in whole seconds, and not while the reader of the body rests.
        package var stall: Duration?

        package init(connect: Duration = .seconds(10), total: Duration? = .seconds(60), stall: Duration? = nil) {
            self.connect = connect
            self.total = total
            self.stall = stall
        }
    }

    package var method: Method
    package var url: HTTPURL
    package var headers: HTTPHeaders
    package var body: Body
    package var timeouts: Timeouts
    package var repetition: Repetition
    /// Most bytes that the body of the answer may have, after decompression; nil: no limit.
    package var maximumBodyBytes: Int?
    /// Most redirects that are followed, for GET and HEAD only. 0: an answer with status 3xx is handed out as it is.
    package var maximumRedirects: Int
    /// The address to connect to, numeric, in the place of what the host's name resolves to: for who has looked at the
    /// address first. The host stays what it is in the request, and in the certificate. Nil: as the name resolves. A proxy
    /// that the client uses resolves by itself.
    package var address: String?
    /// Whether the answer may come compressed; it is handed out decompressed.
    package var acceptsCompression: Bool

    package init(
        _ method: Method, _ url: HTTPURL, headers: HTTPHeaders = HTTPHeaders(), body: Body = .none,
        timeouts: Timeouts = Timeouts(), repetition: Repetition = .byMethod, maximumBodyBytes: Int? = nil,
        maximumRedirects: Int = 0, acceptsCompression: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.repetition = repetition
        self.maximumBodyBytes = maximumBodyBytes
        self.maximumRedirects = maximumRedirects
        self.acceptsCompression = acceptsCompression
    }

    /// Whether the request may reach the server twice.
    package var isRepeatable: Bool {
        switch repetition {
        case .byMethod: return method.isIdempotent
        case .safe: return true
        case .never: return false
        }
    }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Method, URL, headers and size of the body, without secrets. The body itself is never printed.
    package var description: String {
        var text = "\(method.rawValue) \(url)"
        if !headers.fields.isEmpty { text += " {\(headers)}" }
        switch body {
        case .none: break
        case .bytes(let bytes): text += " body of \(bytes.count) bytes"
        case .file(let path): text += " body from \(path)"
        }
        return text
    }

    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
