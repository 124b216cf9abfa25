import Authorization
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Orchestration
import RADL

/// A failed request: a status and IM's text.
struct RESTError: Error, Sendable {
    var status: HTTPResponse.Status
    var message: String

    init(_ status: HTTPResponse.Status, _ message: String) {
        self.status = status
        self.message = message
    }

    /// The one table from the manager's errors to statuses.
    ///
    /// What only the operator may know goes to the log.
    init(_ error: any Error, prefix: String, logger: Logger) {
        switch error {
        case let error as RESTError:
            self = error
        case let error as ManagerError:
            let status: HTTPResponse.Status
            switch error.code {
            case .invalidDocument, .noCloud, .launchFailed: status = .badRequest
            case .notFound, .destroyed: status = .notFound
            case .accessDenied: status = .forbidden
            case .busy: status = .conflict
            case .internal: status = .internalServerError
            default: status = .serviceUnavailable
            }
            if let cause = error.cause { logger.error("a request failed", metadata: ["error": "\(cause)"]) }
            self.init(status, "\(prefix): \(error.message)")
        case let error as AuthorizationError:
            self.init(.unauthorized, error.message)
        default:
            logger.error("a request failed", metadata: ["error": "\(error)"])
            self.init(.internalServerError, "\(prefix): an internal error; the log of the service has it")
        }
    }
}

/// Prints errors as the caller accepts them: JSON, HTML or text (im.md 4.1).
struct ErrorMiddleware<Context: RequestContext>: RouterMiddleware {
    let logger: Logger

    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as RESTError {
            return Self.response(error, request)
        } catch let error as HTTPError {
            return Self.response(RESTError(error.status, error.body ?? error.status.reasonPhrase), request)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return Self.response(RESTError(error, prefix: "Error", logger: logger), request)
        }
    }

    static func response(_ error: RESTError, _ request: Request) -> Response {
        let accept = request.headers[.accept] ?? ""
        if accept.contains("application/json") {
            return .json(ErrorBody(message: error.message, code: error.status.code), status: error.status)
        }
        if accept.contains("text/html") {
            let text = error.message.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            return .text(
                "<!DOCTYPE html><html><head><title>Error \(error.status.code).</title></head><body>"
                    + "<h1>Code: \(error.status.code).</h1><h1>Message: \(text)</h1></body></html>\n",
                type: "text/html", status: error.status)
        }
        return .text(error.message, status: error.status)
    }
}

extension Response {
    static func text(
        _ text: String, type: String = "text/plain", status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = "\(type); charset=utf-8"
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        let data = (try? encoder.encode(value)) ?? Data("null".utf8)
        return .rawJSON(String(decoding: data, as: UTF8.self), status: status, headers: headers)
    }

    static func rawJSON(
        _ text: String, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}

private struct ErrorBody: Encodable {
    var message: String
    var code: Int
}
