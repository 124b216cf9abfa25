/// What travels with every call beside its request.
public struct CallContext: Sendable, Hashable {
    /// Time that the host gives this call, in milliseconds from its receipt; nil: no limit.
    public var deadlineMs: Int?
    /// W3C trace context of the operation that causes the call.
    public var traceparent: String?

    public init(deadlineMs: Int? = nil, traceparent: String? = nil) {
        self.deadlineMs = deadlineMs
        self.traceparent = traceparent
    }

    /// Tells the host how far the present call is (``Capability/progress``). Does nothing where nobody listens.
    public static func reportProgress(fraction: Double? = nil, message: String) {
        progressSink?.report(ProgressReport(fraction: fraction, message: message))
    }

    /// Where ``reportProgress(fraction:message:)`` of the present task goes; set by the host or SDK.
    @TaskLocal package static var progressSink: ProgressSink?
}

/// Takes reports of progress.
///
/// A struct, since a task-local value that is a function crashes optimized builds (docs/design/compiler.md).
public struct ProgressSink: Sendable {
    /// May be called from any thread, any number of times.
    public let report: @Sendable (ProgressReport) -> Void

    public init(_ report: @escaping @Sendable (ProgressReport) -> Void) {
        self.report = report
    }
}

/// How far a call is.
public struct ProgressReport: Sendable, Hashable, Codable {
    /// From 0 to 1, where it is known.
    public var fraction: Double?
    public var message: String

    public init(fraction: Double? = nil, message: String) {
        self.fraction = fraction
        self.message = message
    }
}
