/// A call that was read: `methodCall`.
package struct XMLRPCCall: Sendable, Hashable {
    package var method: String
    package var parameters: [XMLRPCValue]

    package init(method: String, parameters: [XMLRPCValue]) {
        self.method = method
        self.parameters = parameters
    }

    /// Reads a call that is in memory as a whole; ``XMLRPCReader`` takes one in pieces.
    /// - Throws: ``XMLRPCError``.
    package init(parsing bytes: [UInt8], limits: XMLRPCLimits = XMLRPCLimits()) throws(XMLRPCError) {
        let reader = try XMLRPCReader(limits: limits)
        try reader.read(bytes)
        self = try reader.finish()
    }
}

/// What a server answers: `methodResponse`.
package enum XMLRPCAnswer: Sendable, Hashable {
    case value(XMLRPCValue)
    /// The call itself cannot be answered.
    case fault(code: Int64, text: String)
}

/// What is read at most.
package struct XMLRPCLimits: Sendable, Hashable {
    /// Arrays and structures within each other.
    package var depth: Int
    /// Values of one call.
    package var values: Int
    /// Bytes of one tag or comment, about.
    package var tagBytes: Int

    package init(depth: Int = 32, values: Int = 250_000, tagBytes: Int = 4096) {
        self.depth = depth
        self.values = values
        self.tagBytes = tagBytes
    }
}

/// Why bytes are no call: not XML, not XML-RPC, or more than is read. The message names the line, never a value.
package struct XMLRPCError: Error, Sendable, Hashable, CustomStringConvertible {
    package var message: String

    package init(_ message: String) {
        self.message = message
    }

    package var description: String { message }
}
