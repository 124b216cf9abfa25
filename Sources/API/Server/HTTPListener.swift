import Glibc
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore

/// How both interfaces listen.
enum HTTPListener {
    /// Most bytes of all headers of a request: private keys of several clouds stand in one.
    static let largestHeaders = 512 << 10

    /// How long a connection may be silent, between requests and within one. What is being answered takes its time.
    static let patience = Duration.seconds(60)

    /// How long the whole body of a request may take.
    static let bodyPatience = Duration.seconds(300)

    /// Most connections of one interface: of the files that this process may open, some stay for all else, and there are
    /// two interfaces. Who comes then waits until one of them is closed.
    static var mostConnections: Int {
        var limits = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 else { return 256 }
        let files = Int(clamping: limits.rlim_cur)
        return max(64, (files - 512) / 2)
    }

    /// A server that listens. A `Service`: it stops gracefully.
    /// - Parameter tls: Its certificate; nil: without encryption.
    static func application(
        _ responder: some HTTPResponder<BasicRequestContext>, host: String, port: Int, tls: TLSFiles?,
        patience: Duration? = nil, bodyPatience: Duration? = nil, logger: Logger
    ) throws -> some ApplicationProtocol {
        // The library refuses without a text, so it refuses later than we do.
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: 2 * largestHeaders, maxHeaderListSize: 2 * largestHeaders)
        let plain = HTTPServerBuilder.http1(
            configuration: .init(
                additionalChannelHandlers: [HTTPManners(largestBody: 32 << 20)],
                idleTimeout: TimeAmount(patience ?? Self.patience), httpDecoderConfiguration: decoder))
        let limit = bodyPatience ?? Self.bodyPatience
        let paced = CallbackResponder<BasicRequestContext> { request, context in
            var request = request
            // What links begin with.
            if tls != nil { request = Request(head: request.head.secure, body: request.body) }
            let hasBody = request.headers[.contentLength] != nil || request.headers[.transferEncoding] != nil
            if hasBody { request = request.paced(within: limit) }
            let response = try await responder.respond(to: request, context: context)
            return response.status == .requestTimeout ? response.closing() : response
        }
        return Application(
            responder: paced,
            server: try tls.map { try .tls(plain, tlsConfiguration: $0.configuration) } ?? plain,
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), serverName: "gantry",
                availableConnectionsDelegate: MaximumAvailableConnections(mostConnections)),
            logger: logger)
    }
}

extension Response {
    /// The same, after which the connection ends: the rest of a body that came too slowly is not waited for.
    fileprivate func closing() -> Response {
        struct End: Error {}
        var response = self
        response.headers[.connection] = "close"
        response.body = ResponseBody(contentLength: body.contentLength) { [body] writer in
            try await body.write(writer)
            throw End()
        }
        return response
    }
}

extension HTTPRequest {
    fileprivate var secure: HTTPRequest {
        var head = self
        head.scheme = "https"
        return head
    }
}
