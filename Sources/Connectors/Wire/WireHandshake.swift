package import ConnectorAPI

/// First call of a connection.
package struct InitializeRequest: Codable, Sendable, Hashable {
    package struct Host: Codable, Sendable, Hashable {
        package var name: String
        package var version: String

        package init(name: String, version: String) {
            self.name = name
            self.version = version
        }
    }

    package struct Limits: Codable, Sendable, Hashable {
        package var maxMessageBytes: Int
        package var maxConcurrentCalls: Int

        package init(maxMessageBytes: Int, maxConcurrentCalls: Int) {
            self.maxMessageBytes = maxMessageBytes
            self.maxConcurrentCalls = maxConcurrentCalls
        }
    }

    package var protocolVersions: [Int]
    package var host: Host?
    package var limits: Limits?
    package var traceparent: String?

    package init(protocolVersions: [Int], host: Host?, limits: Limits?, traceparent: String? = nil) {
        self.protocolVersions = protocolVersions
        self.host = host
        self.limits = limits
        self.traceparent = traceparent
    }
}

/// Answer of `initialize`, and what `connector-NAME describe` prints.
package struct InitializeResponse: Codable, Sendable, Hashable {
    /// The one version that this implementation speaks.
    package static let currentVersion = 1

    package var protocolVersion: Int
    package var description: ConnectorDescription

    package init(_ description: ConnectorDescription, protocolVersion: Int = currentVersion) {
        self.protocolVersion = protocolVersion
        self.description = description
    }

    private enum CodingKeys: String, CodingKey {
        case protocolVersion
    }

    package init(from decoder: any Decoder) throws {
        protocolVersion = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .protocolVersion)
        description = try ConnectorDescription(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(protocolVersion, forKey: .protocolVersion)
        try description.encode(to: encoder)
    }
}

/// `$/cancel`.
package struct CancelNotification: Codable, Sendable, Hashable {
    package var id: Int64

    package init(id: Int64) {
        self.id = id
    }
}

/// `$/progress`.
package struct ProgressNotification: Codable, Sendable, Hashable {
    package var id: Int64
    package var fraction: Double?
    package var message: String

    package init(id: Int64, fraction: Double?, message: String) {
        self.id = id
        self.fraction = fraction
        self.message = message
    }
}

/// `$/log`, and a structured line on the connector's standard error.
package struct LogNotification: Codable, Sendable, Hashable {
    package var level: String
    package var message: String

    package init(level: String, message: String) {
        self.level = level
        self.message = message
    }
}
