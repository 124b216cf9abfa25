import ConnectorAPI
import Operations
import Persistence

/// A request that is refused. The message is for people and says what to do; APIs map the code with one table.
package struct ManagerError: Error, Sendable, Hashable, CustomStringConvertible {
    package struct Code: Sendable, Hashable {
        private enum Value: String {
            case invalidDocument, noCloud, notFound, accessDenied, busy, destroyed, launchFailed, unavailable,
                `internal`
        }
        private let value: Value

        /// The document is wrong: positions are in the message.
        package static let invalidDocument = Code(value: .invalidDocument)
        /// No cloud of the caller can run a system of the document.
        package static let noCloud = Code(value: .noCloud)
        package static let notFound = Code(value: .notFound)
        package static let accessDenied = Code(value: .accessDenied)
        /// Another operation is under way; the message names it.
        package static let busy = Code(value: .busy)
        package static let destroyed = Code(value: .destroyed)
        /// No machine could be launched; what there was of the infrastructure is being removed.
        package static let launchFailed = Code(value: .launchFailed)
        /// A cloud or the store could not be asked.
        package static let unavailable = Code(value: .unavailable)

        /// A fault of Gantry.
        package static let `internal` = Code(value: .internal)

        /// The name of the code, as `--json` prints it.
        package var name: String { value.rawValue }
    }

    package var code: Code
    /// For whoever asks, wherever they are: names no file of the server.
    package var message: String
    /// For who runs the server: the command line prints it instead, the service logs it.
    package var cause: String?

    package init(code: Code, message: String, cause: String? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String { message }
}

extension ManagerError {
    /// An error of a part below in the manager's words.
    init(_ error: any Error) {
        switch error {
        case let error as ManagerError:
            self = error
        case let error as OperationError where error.code == .notFound:
            self.init(code: .notFound, message: error.message)
        case let error as OperationError:
            self.init(code: .busy, message: error.message)
        case let error as StoreError:
            self.init(
                code: .unavailable, message: "the store cannot be used now; nothing was done, try again later",
                cause: error.message)
        case let error as ConnectorError:
            self.init(code: .unavailable, message: error.message)
        default:
            self.init(code: .internal, message: "an internal error; the log of the service has it", cause: "\(error)")
        }
    }

    /// Runs `body`; what it throws is a ``ManagerError``, or `CancellationError`.
    static func convertingErrors<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw ManagerError(error)
        }
    }
}
