package import Support

/// How to reach one machine over SSH.
package struct ConnectionTarget: Sendable, Hashable {
    /// Addresses to try, best first.
    package var endpoints: [Endpoint]
    package var user: String
    /// Tried in order.
    package var authentications: [Authentication]
    /// What the host key must be.
    package var hostKey: HostKeyPolicy
    /// A machine that the connection goes through (direct-tcpip), nearest to us first.
    package var jumps: [JumpHost]
    /// Ends the message about a changed host key: how to forget the pinned one. Nil: the factory's own words.
    package var hostKeyAdvice: String?
    /// How long the login shell, or one of another user, may take to answer once there is a connection.
    package var shellTimeout: Duration = .seconds(30)

    package init(
        endpoints: [Endpoint], user: String, authentications: [Authentication], hostKey: HostKeyPolicy,
        jumps: [JumpHost] = [], hostKeyAdvice: String? = nil
    ) {
        self.endpoints = endpoints
        self.user = user
        self.authentications = authentications
        self.hostKey = hostKey
        self.jumps = jumps
        self.hostKeyAdvice = hostKeyAdvice
    }
}

/// An address and port.
package struct Endpoint: Sendable, Hashable, Codable, CustomStringConvertible {
    package var host: String
    package var port: Int

    package init(host: String, port: Int = 22) {
        self.host = host
        self.port = port
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// A way to prove who we are.
package enum Authentication: Sendable, Hashable {
    case password(Secret<String>)
    /// Private key in OpenSSH's or PEM form.
    case privateKey(Secret<String>)
    /// The keys of an SSH agent of whoever runs this, by its socket.
    case agent(socket: String)
}

/// What is known of the machine's host key.
package enum HostKeyPolicy: Sendable, Hashable {
    /// Must be one of these, each `TYPE BASE64` as in `known_hosts`.
    case pinned([String])
    /// Nothing is known yet: taken as it comes, reported, and pinned by the caller.
    case trustOnFirstUse
}

/// A machine in between.
package struct JumpHost: Sendable, Hashable {
    package var endpoint: Endpoint
    package var user: String
    package var authentications: [Authentication]
    package var hostKey: HostKeyPolicy
    /// As ``ConnectionTarget/hostKeyAdvice``.
    package var hostKeyAdvice: String?
    /// It is no machine of the run, and whoever asks keeps its host key: what it shows at first is told by
    /// ``ContextualizationEvent/Body/passed(endpoint:hostKey:)``.
    package var isProxy = false

    package init(
        endpoint: Endpoint, user: String, authentications: [Authentication], hostKey: HostKeyPolicy,
        hostKeyAdvice: String? = nil
    ) {
        self.endpoint = endpoint
        self.user = user
        self.authentications = authentications
        self.hostKey = hostKey
        self.hostKeyAdvice = hostKeyAdvice
    }
}

/// An open connection and what was learnt while it was made.
package struct Connection: Sendable {
    package var communicator: any Communicator
    /// The endpoint that answered.
    package var endpoint: Endpoint
    /// The host key that it showed: `TYPE BASE64`.
    package var hostKey: String
    /// The host keys that the machines in between showed, in the order of ``ConnectionTarget/jumps``; fewer where they are
    /// not known any more.
    package var jumpKeys: [String]

    package init(communicator: any Communicator, endpoint: Endpoint, hostKey: String, jumpKeys: [String] = []) {
        self.communicator = communicator
        self.endpoint = endpoint
        self.hostKey = hostKey
        self.jumpKeys = jumpKeys
    }
}

/// Opens communicators: libssh in the product, a local shell in tests.
package protocol CommunicatorFactory: Sendable {
    /// Connects once, trying each endpoint and authentication; does not wait for a machine to boot.
    /// - Throws: ``CommunicatorError`` of the most telling try.
    func connect(to target: ConnectionTarget, timeout: Duration) async throws -> Connection

    /// Where one machine's connection is made and used without changes of threads; nil: it makes no difference.
    ///
    /// A task that prefers it connects, runs programs and goes on with their outputs on the thread that serves the
    /// connection. What it does in between must be short: other connections share the thread.
    func executor() -> (any TaskExecutor)?
}

extension CommunicatorFactory {
    package func executor() -> (any TaskExecutor)? { nil }
}
