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
    /// What the answer has besides, such as `Allow`.
    var headers: HTTPFields

    /// Seconds after which what is refused now may be asked for again.
    private static let patience = "5"

    init(_ status: HTTPResponse.Status, _ message: String, headers: HTTPFields = [:]) {
        self.status = status
        self.message = message
        self.headers = headers
    }

    /// The one table from the manager's errors to statuses.
    init(_ error: any Error, prefix: String, logger: Logger) {
        if let error = error as? RESTError {
            self = error
            return
        }
        let text = RefusalText.make(error, logger: logger)
        switch error {
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
            self.init(
                status, "\(prefix): \(text)", headers: error.code == .busy ? [.retryAfter: Self.patience] : [:])
        case is FailedCall: self.init(.badRequest, "\(prefix): \(text)")
        case is AuthorizationError: self.init(.unauthorized, text)
        case let error as VaultProblem:
            self.init(error.isRefusal ? .unauthorized : .serviceUnavailable, "\(prefix): \(text)")
        case is CancellationError: self.init(.serviceUnavailable, "\(prefix): \(text)")
        default: self.init(.internalServerError, "\(prefix): \(text)")
        }
    }
}

/// Prints errors as the caller accepts them: JSON, HTML or text (im.md 4.1). Answers what no route does: headers that are
/// too long, `OPTIONS`, and methods that a path does not have.
struct ErrorMiddleware<Context: RequestContext>: RouterMiddleware {
    /// Methods by path.
    let paths: PathTable
    /// Most bytes of all headers of a request.
    let largestHeaders: Int
    let logger: Logger

    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            try checkHeaders(request)
            return try await next(request, context)
        } catch let error as RESTError {
            return Self.response(error, request)
        } catch let error as HTTPError where error.status == .notFound {
            return unrouted(request)
        } catch let error as HTTPError {
            return Self.response(RESTError(error.status, error.body ?? error.status.reasonPhrase), request)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return Self.response(RESTError(error, prefix: "Error", logger: logger), request)
        }
    }

    private func checkHeaders(_ request: Request) throws(RESTError) {
        let size = request.headers.reduce(0) { $0 + $1.name.rawName.utf8.count + $1.value.utf8.count }
        guard size > largestHeaders else { return }
        throw RESTError(
            .requestHeaderFieldsTooLarge,
            "The headers of the request have \(size) bytes, at most \(largestHeaders >> 10) KiB are read: leave "
                + "credentials out of the Authorization header that this request does not need")
    }

    private func unrouted(_ request: Request) -> Response {
        guard let methods = paths.methods(of: request.uri.path) else {
            return Self.response(Self.unknown(request.uri.path), request)
        }
        // A word of a longer path, where the name of a property stands in others.
        guard !methods.contains(request.method.rawValue) else {
            let parts = request.uri.path.split(separator: "/")
            let text =
                parts.count == 5
                ? "Incorrect property \(parts[4]) for VM ID \(parts[3])" : "Incorrect infrastructure property"
            return Self.response(RESTError(.notFound, text), request)
        }
        let allowed = methods.joined(separator: ", ")
        if request.method == .options { return .text("OK", headers: [.allow: allowed]) }
        return Self.response(
            RESTError(
                .methodNotAllowed, "The method is not allowed for the requested URL. Allowed are: \(allowed)",
                headers: [.allow: allowed]), request)
    }

    /// A path that is not served, in IM's words for what it serves where that is enabled.
    private static func unknown(_ path: String) -> RESTError {
        switch path.split(separator: "/").first {
        case "static": RESTError(.notFound, "Static files not enabled.")
        case "oai": RESTError(.badRequest, "OAI-PMH not enabled.")
        default: RESTError(.notFound, "Not Found")
        }
    }

    static func response(_ error: RESTError, _ request: Request) -> Response {
        let accept = request.headers[.accept] ?? ""
        if accept.contains("application/json") {
            return .json(
                ErrorBody(message: error.message, code: error.status.code), status: error.status,
                headers: error.headers)
        }
        if accept.contains("text/html") {
            let text = error.message.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            return .text(
                "<!DOCTYPE html><html><head><title>Error \(error.status.code).</title></head><body>"
                    + "<h1>Code: \(error.status.code).</h1><h1>Message: \(text)</h1></body></html>\n",
                type: "text/html", status: error.status, headers: error.headers)
        }
        return .text(error.message, status: error.status, headers: error.headers)
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

    /// JSON that is written already.
    static func json(_ buffer: ByteBuffer) -> Response {
        Response(status: .ok, headers: [.contentType: "application/json"], body: .init(byteBuffer: buffer))
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
