import Hummingbird
import Logging
import RADL

/// The document in the body of a request (im.md 4.1).
struct DocumentBody: Sendable {
    let logger: Logger

    /// Largest document that is read, in MiB.
    private static let largest = 16
    private static let mediaTypes = "text/plain, application/json, text/yaml"

    private enum Format {
        case radl, json, tosca
    }

    /// The document; an empty body is an empty document.
    /// - Throws: ``RESTError``.
    func read(_ request: Request, prefix: String) async throws -> SentDocument {
        let format = try Self.format(request)
        let text = try Self.text(try await body(request, prefix: prefix), prefix: prefix)
        guard format != .radl, !text.allSatisfy(\.isWhitespace) else { return .radl(text) }
        guard format == .json else { return .template(text) }
        do {
            return .radl(try RADLDocument(parsingJSON: text).text())
        } catch {
            throw RESTError(.badRequest, "Error parsing request body: \(error)")
        }
    }

    /// The text of a body that has to be JSON: without a type it is taken for that.
    /// - Throws: ``RESTError``.
    func json(_ request: Request, prefix: String) async throws -> String {
        let types = Self.types(request)
        guard types.isEmpty || types.contains("application/json") else {
            throw Self.unsupported(types, "application/json")
        }
        return try Self.text(try await body(request, prefix: prefix), prefix: prefix)
    }

    private static func types(_ request: Request) -> [String] {
        (request.headers[.contentType] ?? "").split(separator: ",")
            .map { item in item.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased() }
    }

    private static func unsupported(_ types: [String], _ accepted: String) -> RESTError {
        RESTError(
            .unsupportedMediaType,
            "Unsupported Media Type [\(types.map { "'\($0)'" }.joined(separator: ", "))]; accepted: \(accepted)")
    }

    private static func format(_ request: Request) throws(RESTError) -> Format {
        let types = types(request)
        guard !types.isEmpty else { return .radl }
        for type in types {
            switch type {
            case "text/plain", "*/*", "text/*", "": return .radl
            case "application/json": return .json
            case "text/yaml", "text/x-yaml", "application/yaml": return .tosca
            default: continue
            }
        }
        throw RESTError(
            .unsupportedMediaType,
            "Unsupported Media Type [\(types.map { "'\($0)'" }.joined(separator: ", "))]; "
                + "accepted are text/plain (RADL), application/json (RADL as JSON) and text/yaml (TOSCA)",
            headers: [.acceptPost: mediaTypes])
    }

    private func body(_ request: Request, prefix: String) async throws -> ByteBuffer {
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw RESTError(
                .unsupportedMediaType,
                "\(prefix): bodies of Content-Encoding '\(encoding.prefix(40))' are not read: send it as it is",
                headers: [.acceptEncoding: "identity"])
        }
        if let coding = request.headers[.transferEncoding], coding.lowercased() != "chunked" {
            throw RESTError(
                .notImplemented, "\(prefix): bodies of Transfer-Encoding '\(coding.prefix(40))' are not read")
        }
        let tooLarge = RESTError(.contentTooLarge, "\(prefix): the document is larger than \(Self.largest) MiB")
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > Self.largest << 20 {
            throw tooLarge
        }
        var request = request
        do {
            return try await request.collectBody(upTo: Self.largest << 20)
        } catch let error as any HTTPResponseError where error.status == .contentTooLarge {
            throw tooLarge
        } catch let error as LateBody {
            throw RESTError(.requestTimeout, "\(prefix): the document is too slow: \(error)")
        } catch {
            logger.info("the body of a request did not arrive", metadata: ["error": "\(error)"])
            throw RESTError(.badRequest, "\(prefix): the document did not arrive as a whole; send it again")
        }
    }

    private static func text(_ buffer: ByteBuffer, prefix: String) throws(RESTError) -> String {
        let bytes = [UInt8](buffer: buffer)
        do {
            return String(copying: try UTF8Span(validating: bytes.span))
        } catch {
            throw RESTError(
                .badRequest,
                "\(prefix): the document is no valid UTF-8 at byte \(error.byteOffsets.lowerBound) (counted from 0); "
                    + "save it as UTF-8 and send it again")
        }
    }
}
