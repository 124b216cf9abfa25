import Authorization
import Logging
import Orchestration

/// What is told of an error, whatever interface it goes to. What only the operator may know goes to the log.
enum RefusalText {
    static func make(_ error: any Error, logger: Logger) -> String {
        switch error {
        case let error as ManagerError:
            if let cause = error.cause { logger.error("a request failed", metadata: ["error": "\(cause)"]) }
            return error.message
        case let error as FailedCall: return error.message
        case let error as AuthorizationError: return error.message
        case let error as VaultProblem: return error.message
        case let error as TooManyRequests: return error.description
        case is CancellationError: return "the service is stopping; what was asked for is on record"
        default:
            logger.error("a request failed", metadata: ["error": "\(error)"])
            return "an internal error; the log of the service has it"
        }
    }
}
