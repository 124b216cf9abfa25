package import Support

/// A way to run programs on one machine: SSH, or a local shell in tests. It carries programs and knows nothing of modules.
///
/// Programs sent through one communicator run one after the other, each in a persistent shell of the wanted user, so a
/// program costs one round trip. Safe to call from several tasks: calls queue up. Cancelling a call closes the connection.
package protocol Communicator: Sendable {
    /// Runs a program and answers what it printed.
    ///
    /// A program that ends with a status other than 0 is a result, not an error.
    /// - Throws: ``CommunicatorError``.
    func run(_ program: ShellProgram) async throws -> ProgramOutput

    /// Closes the connection and ends the remote shells. Idempotent.
    func close() async
}

/// A POSIX `sh` program with the files it needs.
package struct ShellProgram: Sendable, Hashable {
    /// Shell text. Runs in a subshell whose working directory is the home of the user and whose standard input is empty
    /// unless ``standardInput`` is set. `$GANTRY_FILES` names a private folder (mode 0700) with ``files``.
    package var script: String
    /// Files delivered before the script runs, removed after it: name (no slash) and content. Sent down the same stream.
    package var files: [String: [UInt8]]
    /// Given to the script as its standard input.
    package var standardInput: [UInt8]?
    /// As whom it runs; nil: as the login user.
    package var escalation: Escalation?
    /// Time limit from the moment it starts; then the program is killed with its children and
    /// ``CommunicatorError/Code/timeout`` is thrown.
    package var timeout: Duration?
    /// Most bytes kept of each output stream; what is over is dropped and ``ProgramOutput/truncated`` set.
    package var outputLimit: Int

    package init(
        script: String, files: [String: [UInt8]] = [:], standardInput: [UInt8]? = nil,
        escalation: Escalation? = nil, timeout: Duration? = nil, outputLimit: Int = 16 << 20
    ) {
        self.script = script
        self.files = files
        self.standardInput = standardInput
        self.escalation = escalation
        self.timeout = timeout
        self.outputLimit = outputLimit
    }
}

/// How to become another user.
package struct Escalation: Sendable, Hashable {
    package enum Method: String, Sendable, Hashable {
        case sudo, su, doas
    }

    package var method: Method
    package var user: String
    /// Handed over the stream after a prompt, never in arguments or environment.
    package var password: Secret<String>?
    /// Another program than the method's own: a name or a path.
    package var program: String?
    /// Options of the program instead of the usual ones. What asks for a password, and forbids to, is ours in any case.
    package var flags: [String]?

    package init(
        method: Method = .sudo, user: String = "root", password: Secret<String>? = nil, program: String? = nil,
        flags: [String]? = nil
    ) {
        self.method = method
        self.user = user
        self.password = password
        self.program = program
        self.flags = flags
    }
}

/// What a program printed and how it ended.
package struct ProgramOutput: Sendable, Hashable {
    /// 128 + signal where a signal ended it.
    package var status: Int32
    package var standardOutput: [UInt8]
    package var standardError: [UInt8]
    package var truncated: Bool

    package init(status: Int32, standardOutput: [UInt8], standardError: [UInt8], truncated: Bool = false) {
        self.status = status
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.truncated = truncated
    }
}

/// Why a program could not be run or its end is unknown.
package struct CommunicatorError: Error, Sendable, Hashable, CustomStringConvertible {
    package struct Code: Sendable, Hashable {
        private enum Value: String {
            case refused, unreachable, authenticationFailed, hostKeyChanged, escalationFailed, connectionLost, timeout
            case noSpace, protocolViolation, cancelled
        }
        private let value: Value

        /// Nothing listens there: worth waiting for while a machine boots.
        package static let refused = Code(value: .refused)
        /// No answer, no route, or the name does not resolve: worth waiting for while a machine boots.
        package static let unreachable = Code(value: .unreachable)
        /// The machine accepts none of the given keys and passwords. May pass while cloud-init still makes the user.
        package static let authenticationFailed = Code(value: .authenticationFailed)
        /// The host key is not the pinned one: never retried.
        package static let hostKeyChanged = Code(value: .hostKeyChanged)
        /// sudo, su or doas is missing or refuses.
        package static let escalationFailed = Code(value: .escalationFailed)
        /// The connection ended during a program; whether it was done is unknown.
        package static let connectionLost = Code(value: .connectionLost)
        package static let timeout = Code(value: .timeout)
        /// The machine has no room for the files of the program.
        package static let noSpace = Code(value: .noSpace)
        /// The other side does not behave like a POSIX shell over SSH.
        package static let protocolViolation = Code(value: .protocolViolation)
        package static let cancelled = Code(value: .cancelled)

        /// The name of the code.
        package var name: String { value.rawValue }
    }

    package var code: Code
    /// Names the machine and the next step. Never a secret.
    package var message: String

    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code.name): \(message)" }
}
