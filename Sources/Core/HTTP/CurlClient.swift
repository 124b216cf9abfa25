package import Logging

/// The HTTP client on libcurl's multi interface: one thread for all transfers, none of Swift's pool is blocked.
///
/// Connections are kept and shared by all requests of one client, so make one and pass it on. The thread ends, and
/// transfers in flight fail with ``HTTPError/Code/closed``, when the last copy of the client and the last unread body are
/// gone. TLS is verified, redirects are not followed. Nothing is sent again but as
/// ``HTTPRequest/repetition`` allows: retrying is the part of whoever asks.
package struct CurlClient: HTTPClient {
    package struct TLS: Sendable, Hashable {
        /// PEM file with the certificate authorities to trust; nil: the system's.
        package var certificateAuthorities: String?
        /// Off only where a user asked for it by name: without it, anybody on the way can read and change everything.
        package var verifiesPeer: Bool

        package init(certificateAuthorities: String? = nil, verifiesPeer: Bool = true) {
            self.certificateAuthorities = certificateAuthorities
            self.verifiesPeer = verifiesPeer
        }
    }

    package enum Proxy: Sendable, Hashable {
        /// No proxy, whatever the environment says.
        case none
        /// By `https_proxy`, `http_proxy` and `no_proxy`.
        case environment
        case url(String)
    }

    package enum Version: Sendable, Hashable {
        case http1
        /// HTTP/2 where TLS negotiates it, else HTTP/1.1.
        case http2overTLS
    }

    /// Most connections; 0: no limit. Requests over the limit wait in line, and their time limits run.
    package struct Connections: Sendable, Hashable {
        package var perHost: Int
        package var total: Int
        /// Kept open while idle.
        package var kept: Int

        package init(perHost: Int = 16, total: Int = 128, kept: Int = 32) {
            self.perHost = perHost
            self.total = total
            self.kept = kept
        }
    }

    package struct Options: Sendable, Hashable {
        package var tls: TLS
        package var proxy: Proxy
        package var version: Version
        package var connections: Connections
        package var userAgent: String

        package init(
            tls: TLS = TLS(), proxy: Proxy = .environment, version: Version = .http2overTLS,
            connections: Connections = Connections(), userAgent: String = "gantry"
        ) {
            self.tls = tls
            self.proxy = proxy
            self.version = version
            self.connections = connections
            self.userAgent = userAgent
        }
    }

    private let engine: CurlEngine
    private let options: Options
    private let logger: Logger?

    /// - Parameter logger: Gets one line at debug level for each exchange, without secrets.
    package init(options: Options = Options(), logger: Logger? = nil) throws(HTTPError) {
        engine = CurlEngine(loop: try CurlLoop(connections: options.connections))
        self.options = options
        self.logger = logger
    }

    package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let start = ContinuousClock.now
        do throws(HTTPError) {
            let response = try await exchange(request)
            logger?.debug(
                "\(request.method.rawValue) \(request.url)",
                metadata: ["status": "\(response.status)", "time": "\(ContinuousClock.now - start)"])
            return response
        } catch {
            logger?.debug(
                "\(request.method.rawValue) \(request.url)",
                metadata: ["error": "\(error)", "time": "\(ContinuousClock.now - start)"])
            throw error
        }
    }

    private func exchange(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        // Before the loop's thread can see it: a cancelled task sends nothing.
        guard !Task.isCancelled else {
            throw HTTPError(code: .cancelled, message: "\(request.method.rawValue) \(request.url) was cancelled")
        }
        let source = TransferSource(transfer: CurlTransfer(request: request, options: options), engine: engine)
        engine.loop.submit(.start(source.transfer))
        let head = try await source.head()
        return HTTPResponse(status: head.status, headers: head.headers, body: HTTPBody(source: source))
    }
}

/// Owns the loop: its thread ends with the last owner.
final class CurlEngine: Sendable {
    let loop: CurlLoop

    init(loop: CurlLoop) {
        self.loop = loop
    }

    deinit { loop.submit(.stop) }
}

/// The reading side of one transfer. Dropped before the end, it ends the transfer.
final class TransferSource: HTTPBodySource {
    let transfer: CurlTransfer
    private let engine: CurlEngine

    init(transfer: CurlTransfer, engine: CurlEngine) {
        self.transfer = transfer
        self.engine = engine
    }

    deinit {
        if !transfer.buffer.isFinished { abort() }
    }

    private func abort() {
        let error = HTTPError(
            code: .cancelled,
            message: "\(transfer.request.method.rawValue) \(transfer.request.url) was cancelled",
            mayHaveBeenSent: true)
        // The reader goes on at once; the loop's thread then takes the handle out of its hands.
        transfer.buffer.finish(error)
        engine.loop.submit(.abort(transfer, error))
    }

    func head() async throws(HTTPError) -> ResponseBuffer.Head {
        let transfer = transfer
        return try await aborting { () async -> Result<ResponseBuffer.Head, HTTPError> in
            do throws(HTTPError) { return .success(try await transfer.buffer.head()) } catch { return .failure(error) }
        }.get()
    }

    func next() async throws(HTTPError) -> [UInt8]? {
        let transfer = transfer
        let piece = try await aborting { () async -> Result<ResponseBuffer.Piece?, HTTPError> in
            do throws(HTTPError) { return .success(try await transfer.buffer.next()) } catch { return .failure(error) }
        }.get()
        guard let piece else { return nil }
        if piece.resumesTransfer { engine.loop.submit(.resume(transfer)) }
        return piece.bytes
    }

    /// Waits for something of the transfer, which the cancellation of the task aborts.
    private func aborting<Value: Sendable>(
        _ wait: () async -> Result<Value, HTTPError>
    ) async -> Result<Value, HTTPError> {
        await withTaskCancellationHandler {
            await wait()
        } onCancel: {
            abort()
        }
    }
}
