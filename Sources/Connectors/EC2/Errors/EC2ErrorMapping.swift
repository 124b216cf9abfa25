import ConnectorAPI
import HTTPTransport

/// What EC2's error codes mean for the host (AWS, "Error codes for the Amazon EC2 API").
enum EC2ErrorMapping {
    /// Codes that no rule by form gets right.
    static let table: [String: ConnectorError.Code] = [
        "AuthFailure": .unauthenticated,
        "ExpiredToken": .unauthenticated,
        "ExpiredTokenException": .unauthenticated,
        "IncompleteSignature": .unauthenticated,
        "InvalidAccessKeyId": .unauthenticated,
        "InvalidClientTokenId": .unauthenticated,
        "InvalidSecurityToken": .unauthenticated,
        "MissingAuthenticationToken": .unauthenticated,
        "RequestExpired": .unauthenticated,
        "SignatureDoesNotMatch": .unauthenticated,
        "UnrecognizedClientException": .unauthenticated,

        "AccessDenied": .permissionDenied,
        "AccessDeniedException": .permissionDenied,
        "Blocked": .permissionDenied,
        "OperationNotPermitted": .permissionDenied,
        "OptInRequired": .permissionDenied,
        "PendingVerification": .permissionDenied,
        "UnauthorizedOperation": .permissionDenied,

        "BandwidthLimitExceeded": .throttled,
        "EC2ThrottledException": .throttled,
        "RequestLimitExceeded": .throttled,
        "RequestThrottled": .throttled,
        "SlowDown": .throttled,
        "Throttling": .throttled,
        "ThrottlingException": .throttled,
        "TooManyRequestsException": .throttled,

        "FilterLimitExceeded": .internal,
        "InsufficientFreeAddressesInSubnet": .quotaExceeded,
        "ResourceCountExceeded": .quotaExceeded,
        "SpotMaxPriceTooLow": .invalidArgument,
        "TagLimitExceeded": .invalidArgument,

        "InsufficientAddressCapacity": .unavailable,
        "InsufficientCapacity": .unavailable,
        "InsufficientHostCapacity": .unavailable,
        "InsufficientInstanceCapacity": .unavailable,
        "InsufficientVolumeCapacity": .unavailable,
        "InternalError": .unavailable,
        "InternalFailure": .unavailable,
        "ServerInternal": .unavailable,
        "ServiceUnavailable": .unavailable,
        "Unavailable": .unavailable,

        "IdempotentInstanceTerminated": .alreadyExists,
        "IdempotentParameterMismatch": .alreadyExists,

        "ConcurrentModification": .aborted,
        "DependencyViolation": .unavailable,
        "IncorrectInstanceState": .aborted,
        "IncorrectState": .aborted,
        "InvalidGroup.InUse": .unavailable,
        "InvalidIPAddress.InUse": .aborted,
        "InvalidState": .aborted,
        "ResourceInUse": .aborted,
        "VolumeInUse": .aborted,

        "InvalidAction": .unsupported,
        "NoSuchVersion": .unsupported,
        "Unsupported": .unsupported,
        "UnsupportedHibernationConfiguration": .unsupported,
        "UnsupportedInstanceAttribute": .unsupported,
        "UnsupportedOperation": .unsupported,
    ]

    /// The code of the contract for a code of EC2.
    static func code(_ code: String, status: Int) -> ConnectorError.Code {
        if let known = table[code] { return known }
        if code.hasSuffix(".NotFound") || code.hasSuffix("NotFoundException") { return .notFound }
        if code.hasSuffix(".Duplicate") || code.hasSuffix("AlreadyExists") { return .alreadyExists }
        if code.hasSuffix("LimitExceeded") { return .quotaExceeded }
        return self.code(status: status)
    }

    /// By the status alone.
    private static func code(status: Int) -> ConnectorError.Code {
        switch status {
        case 401: return .unauthenticated
        case 403: return .permissionDenied
        case 429: return .throttled
        case 400..<500: return .invalidArgument
        case 500..<600: return .unavailable
        default: return .internal
        }
    }

    /// An answer that is no success.
    static func error(_ action: String, _ answer: HTTPFullResponse) -> ConnectorError {
        let retryAfter = answer.retryAfter.map { Int($0.components.seconds) * 1_000 }
        guard let said = EC2ErrorDocument(answer.body) else {
            return ConnectorError(
                code: code(status: answer.status),
                message: "EC2 answered \(action) with status \(answer.status) and no error document",
                retryAfterMs: retryAfter, provider: .init(status: answer.status))
        }
        return ConnectorError(
            code: code(said.code, status: answer.status), message: "EC2 refused \(action): \(said.message)",
            retryAfterMs: retryAfter,
            provider: .init(code: said.code, requestID: said.requestID, status: answer.status))
    }

    /// No answer. What may have been carried out is ``ConnectorError/Code/timeout``, what never left is `unavailable`.
    static func error(_ action: String, _ error: HTTPError) -> ConnectorError {
        let code: ConnectorError.Code
        switch error.code {
        case .cancelled: code = .cancelled
        case .timeout: code = .timeout
        case .connectionLost, .truncated: code = .timeout
        case .unresolved, .unreachable, .untrusted, .malformed, .closed: code = .unavailable
        default: code = .internal
        }
        let advice = error.code == .unresolved ? "; check the name of the region, and the network" : ""
        return ConnectorError(code: code, message: "\(action) got no answer from EC2: \(error.message)\(advice)")
    }
}

/// `<Response><Errors><Error><Code>…`: the first error of an answer.
struct EC2ErrorDocument: Sendable, Hashable {
    var code = ""
    var message = ""
    var requestID: String?

    /// nil when it is no such document.
    init?(_ body: [UInt8]) {
        do {
            let reader = try XMLPullReader(body)
            try reader.document { _ in try read(reader) }
        } catch {
            return nil
        }
        if code.isEmpty { return nil }
    }

    /// EC2 nests the error in `Errors`, other services of AWS do not.
    private mutating func read(_ reader: XMLPullReader) throws {
        try reader.children { name in
            switch name {
            case "Errors": try read(reader)
            case "Error": if code.isEmpty { try readError(reader) }
            case "RequestID", "RequestId": requestID = try reader.text()
            default: break
            }
        }
    }

    private mutating func readError(_ reader: XMLPullReader) throws {
        try reader.children { name in
            switch name {
            case "Code": code = try reader.text()
            case "Message": message = try reader.text()
            default: break
            }
        }
    }
}
