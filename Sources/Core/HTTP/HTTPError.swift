/// An exchange that gave no answer. An answer with a status of 400 and more is no error here.
package struct HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String {
            case invalidRequest, unresolved, unreachable, untrusted, timeout, connectionLost, truncated, malformed
            case tooLarge, bodyUnreadable, cancelled, closed
        }
        private let value: Value

        /// The request cannot be sent as it stands.
        package static let invalidRequest = Code(value: .invalidRequest)
        /// The name of the host or proxy has no address.
        package static let unresolved = Code(value: .unresolved)
        /// No connection could be made.
        package static let unreachable = Code(value: .unreachable)
        /// The TLS handshake failed or the certificate is not trusted.
        package static let untrusted = Code(value: .untrusted)
        /// A time limit of the request passed.
        package static let timeout = Code(value: .timeout)
        /// The connection ended before the answer did.
        package static let connectionLost = Code(value: .connectionLost)
        /// The body ended before its announced length.
        package static let truncated = Code(value: .truncated)
        /// The answer is not HTTP, or its content encoding is broken.
        package static let malformed = Code(value: .malformed)
        /// The answer is larger than the request's limit.
        package static let tooLarge = Code(value: .tooLarge)
        /// The file with the request's body cannot be read, or changed.
        package static let bodyUnreadable = Code(value: .bodyUnreadable)
        /// The task was cancelled, or the body was dropped before its end.
        package static let cancelled = Code(value: .cancelled)
        /// The client was shut down.
        package static let closed = Code(value: .closed)

        package var description: String { value.rawValue }
    }

    package var code: Code
    /// For people; holds no secret.
    package var message: String
    /// Whether bytes of the request left this machine: false means that the server cannot have acted on it.
    package var mayHaveBeenSent: Bool

    package init(code: Code, message: String, mayHaveBeenSent: Bool = false) {
        self.code = code
        self.message = message
        self.mayHaveBeenSent = mayHaveBeenSent
    }

    package var description: String { "\(code): \(message)" }
}
