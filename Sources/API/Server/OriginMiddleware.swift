import HTTPTypes
import Hummingbird

/// Lets pages of other origins use the interface, as IM 2.0 does (im.md 4.1). Nothing is known by cookies: who has no
/// credentials of their own gets nothing by the page that somebody else has open.
struct OriginMiddleware<Context: RequestContext>: RouterMiddleware {
    /// The origin of such pages; `*`: any.
    let allowed: String

    private static var methods: String { "DELETE, GET, HEAD, OPTIONS, POST, PUT" }
    private static var headers: String {
        "Accept, Accept-Language, Authorization, Content-Language, Content-Type, Origin"
    }

    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let origin = request.headers[.origin], allowed == "*" || origin == allowed else {
            var response = try await next(request, context)
            response.headers.append(.init(name: .vary, value: "Origin"))
            return response
        }
        var response: Response
        if request.method == .options {
            response = .text(
                "OK",
                headers: [
                    .accessControlAllowMethods: Self.methods, .accessControlAllowHeaders: Self.headers,
                    .accessControlMaxAge: "600",
                ])
        } else {
            response = try await next(request, context)
        }
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.accessControlAllowCredentials] = "true"
        response.headers[.accessControlExposeHeaders] = "InfID, Retry-After"
        response.headers.append(.init(name: .vary, value: "Origin"))
        return response
    }
}
