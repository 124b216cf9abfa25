package import ConnectorAPI

/// The `error` member of an answer. Failures of the connector have code -32000 and the contract's error as `data`.
package struct WireError: Error, Codable, Sendable, Hashable {
    package static let connectorFailure = -32000
    package static let notInitialized = -32002
    package static let parseError = -32700
    package static let invalidRequest = -32600
    package static let methodNotFound = -32601
    package static let invalidParams = -32602
    package static let internalError = -32603

    package var code: Int
    package var message: String
    package var data: ConnectorError?

    package init(code: Int, message: String, data: ConnectorError? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }

    private enum CodingKeys: String, CodingKey {
        case code, message, data
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        code = try container.decode(Int.self, forKey: .code)
        message = try container.decodeIfPresent(String.self, forKey: .message) ?? ""
        // What other implementations put into `data` is no reason to lose the error itself.
        data = try? container.decodeIfPresent(ConnectorError.self, forKey: .data)
    }

    /// The contract's error on the wire.
    package init(_ error: ConnectorError) {
        self.init(code: Self.connectorFailure, message: error.message, data: error)
    }

    /// Any error that a call threw: others than the contract's are faults of the connector.
    package init(thrown error: any Error) {
        switch error {
        case let error as WireError: self = error
        case let error as ConnectorError: self.init(error)
        case is CancellationError:
            self.init(ConnectorError(code: .cancelled, message: "the call was cancelled"))
        default:
            self.init(ConnectorError(code: .internal, message: "the connector failed: \(error)"))
        }
    }

    /// What the host makes of it.
    package var connectorError: ConnectorError {
        if let data { return data }
        let kind: ConnectorError.Code
        switch code {
        case Self.methodNotFound: kind = .unsupported
        case Self.invalidParams: kind = .invalidArgument
        case Self.parseError, Self.invalidRequest, Self.notInitialized: kind = .protocolViolation
        default: kind = .internal
        }
        return ConnectorError(code: kind, message: message.isEmpty ? "error \(code)" : OneLine.text(message))
    }
}
