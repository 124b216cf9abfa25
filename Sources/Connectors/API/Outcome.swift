/// The result of one item of a call: done, to be continued, or failed.
///
/// In JSON: `{"done": …}`, `{"inProgress": {"state": …, "pollAfterMs": …}}` or `{"error": …}`.
public enum Outcome<Value: Sendable & Hashable & Codable>: Sendable, Hashable, Codable {
    case done(Value)
    case inProgress(InProgress)
    case failed(ConnectorError)

    private enum CodingKeys: String, CodingKey {
        case done, inProgress, error
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let error = try container.decodeIfPresent(ConnectorError.self, forKey: .error) {
            self = .failed(error)
        } else if let progress = try container.decodeIfPresent(InProgress.self, forKey: .inProgress) {
            self = .inProgress(progress)
        } else {
            self = .done(try container.decode(Value.self, forKey: .done))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .done(let value): try container.encode(value, forKey: .done)
        case .inProgress(let progress): try container.encode(progress, forKey: .inProgress)
        case .failed(let error): try container.encode(error, forKey: .error)
        }
    }

    /// The value of a done item; throws the error of a failed one, and `internal` for one in progress.
    public func get() throws(ConnectorError) -> Value {
        switch self {
        case .done(let value): return value
        case .failed(let error): throw error
        case .inProgress: throw ConnectorError(code: .internal, message: "the call is still in progress")
        }
    }
}

/// What the host gives back to continue a call.
public struct InProgress: Sendable, Hashable, Codable {
    /// Opaque to the host, at most 64 KiB; holds no secret.
    public var state: String
    /// When to call `continue`, in milliseconds from now.
    public var pollAfterMs: Int

    public init(state: String, pollAfterMs: Int) {
        self.state = state
        self.pollAfterMs = pollAfterMs
    }
}

/// No value: `{}`.
public struct Empty: Sendable, Hashable, Codable {
    public init() {}
}

/// One page of a list. `next` is given back in ``CatalogRequest/page`` or ``ListRequest/page`` for the following one.
public struct Page<Item: Sendable & Hashable & Codable>: Sendable, Hashable, Codable {
    public var items: [Item]
    /// Opaque; nil on the last page.
    public var next: String?
    /// How long the host may keep the answer, in milliseconds; nil or 0: not at all.
    public var maxAgeMs: Int?

    public init(items: [Item], next: String? = nil, maxAgeMs: Int? = nil) {
        self.items = items
        self.next = next
        self.maxAgeMs = maxAgeMs
    }
}
