/// A failed call or item. The list of codes is closed and each has a recovery by the host.
public struct ConnectorError: Error, Sendable, Hashable, Codable, CustomStringConvertible {
    /// What kind of failure it is, and so what the host does about it.
    public struct Code: RawRepresentable, Sendable, Hashable, Codable {
        public var rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The request can never succeed: next candidate, or the machine fails with the message.
        public static let invalidArgument = Code(rawValue: "invalidArgument")
        /// Credentials or session are not accepted: the session is reopened once, then the call fails.
        public static let unauthenticated = Code(rawValue: "unauthenticated")
        /// The account may not do this: the next cloud of the user, else failure.
        public static let permissionDenied = Code(rawValue: "permissionDenied")
        /// The named object does not exist: gone, for describe and terminate; else failure.
        public static let notFound = Code(rawValue: "notFound")
        /// The token or name is in use with another content: never retried.
        public static let alreadyExists = Code(rawValue: "alreadyExists")
        /// A limit of the account is reached: next candidate, else retried with long delays.
        public static let quotaExceeded = Code(rawValue: "quotaExceeded")
        /// The provider or its capacity is not available now: retried with the same token.
        public static let unavailable = Code(rawValue: "unavailable")
        /// Too many requests: retried after ``ConnectorError/retryAfter``, with lower concurrency.
        public static let throttled = Code(rawValue: "throttled")
        /// Another call on the same object is in flight: described again, then decided.
        public static let aborted = Code(rawValue: "aborted")
        /// The connector or provider cannot do this: never retried.
        public static let unsupported = Code(rawValue: "unsupported")
        /// No answer within the deadline; whether it was done is unknown: retried with the same token.
        public static let timeout = Code(rawValue: "timeout")
        /// The host cancelled the call.
        public static let cancelled = Code(rawValue: "cancelled")
        /// A fault of the connector: two retries, then failure.
        public static let `internal` = Code(rawValue: "internal")
        /// Added by the host: the connector process ended during the call. Retried with the same token.
        public static let pluginCrashed = Code(rawValue: "pluginCrashed")
        /// Added by the host: the connector answered something that is not the protocol. Not retried.
        public static let protocolViolation = Code(rawValue: "protocolViolation")
    }

    /// What the provider itself said.
    public struct Provider: Sendable, Hashable, Codable {
        public var code: String?
        public var requestID: String?
        public var status: Int?

        public init(code: String? = nil, requestID: String? = nil, status: Int? = nil) {
            self.code = code
            self.requestID = requestID
            self.status = status
        }
    }

    public var code: Code
    /// For people: what failed, on which object, what to do next. Never a secret.
    public var message: String
    /// With ``Code/throttled`` or ``Code/unavailable``: earliest time for the next try, in milliseconds from now.
    public var retryAfterMs: Int?
    public var provider: Provider?
    /// With ``Code/invalidArgument``: the field of the request, such as `items[0].flavor`.
    public var field: String?

    public init(
        code: Code, message: String, retryAfterMs: Int? = nil, provider: Provider? = nil, field: String? = nil
    ) {
        self.code = code
        self.message = message
        self.retryAfterMs = retryAfterMs
        self.provider = provider
        self.field = field
    }

    private enum CodingKeys: String, CodingKey {
        case code, message, retryAfterMs, provider, field
    }

    /// The message becomes one line: it is shown among others' words.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        code = try container.decode(Code.self, forKey: .code)
        message = OneLine.text(try container.decode(String.self, forKey: .message))
        retryAfterMs = try container.decodeIfPresent(Int.self, forKey: .retryAfterMs)
        provider = try container.decodeIfPresent(Provider.self, forKey: .provider).map { said in
            Provider(
                code: said.code.map(OneLine.text), requestID: said.requestID.map(OneLine.text), status: said.status)
        }
        field = try container.decodeIfPresent(String.self, forKey: .field).map(OneLine.text)
    }

    public var description: String {
        var text = "\(code.rawValue): \(message)"
        if let field { text += " (field \(field))" }
        if let providerCode = provider?.code { text += " [provider code \(providerCode)" }
        if provider?.code != nil {
            if let id = provider?.requestID { text += ", request \(id)" }
            text += "]"
        }
        return text
    }
}
