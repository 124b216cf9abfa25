import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// How both interfaces listen.
enum HTTPListener {
    /// Most bytes of all headers of a request: private keys of several clouds stand in one.
    static let largestHeaders = 512 << 10

    /// How long a connection may be silent, between requests and within one. What is being answered takes its time.
    static let patience = Duration.seconds(60)

    /// A server that listens. A `Service`: it stops gracefully.
    static func application(
        _ responder: some HTTPResponder<BasicRequestContext>, host: String, port: Int,
        patience: Duration = HTTPListener.patience, logger: Logger
    ) -> some ApplicationProtocol {
        // The library refuses without a text, so it refuses later than we do.
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: 2 * largestHeaders, maxHeaderListSize: 2 * largestHeaders)
        return Application(
            responder: responder,
            server: .http1(
                configuration: .init(idleTimeout: TimeAmount(patience), httpDecoderConfiguration: decoder)),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "gantry"),
            logger: logger)
    }
}
