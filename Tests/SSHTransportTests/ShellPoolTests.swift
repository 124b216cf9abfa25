import ContextualizationAPI
import Support
import Testing

@testable import SSHTransport

/// A carrier may tell of a shell's end while it is asked for something: a program gets an answer whenever that is.
@Suite("Shell pool", .timeLimit(.minutes(1)))
@MainActor struct ShellPoolTests {
    /// Ends its shells at one moment, as a server does that refuses.
    final class Carrier: ShellCarrier {
        enum Moment: CaseIterable { case opening, firstBytes, laterBytes, connection }

        let moment: Moment
        var pool: ShellPool?
        var sent = 0
        var timers: Set<UInt64> = []
        private var nextTimer: UInt64 = 0

        init(_ moment: Moment) {
            self.moment = moment
        }

        func openShell(_ id: Int) {
            if moment == .opening { pool?.shellClosed(id, status: 1) }
        }

        func send(_ bytes: [UInt8], to id: Int) {
            sent += 1
            switch moment {
            case .opening: break
            case .firstBytes: pool?.shellClosed(id, status: 1)
            case .laterBytes: if sent == 2 { pool?.shellClosed(id, status: 1) }
            case .connection: pool?.end(CommunicatorError(code: .connectionLost, message: "the connection was lost"))
            }
        }

        func closeShell(_ id: Int) {}

        func setTimer(_ delay: Duration, token: UInt64) -> UInt64 {
            nextTimer += 1
            timers.insert(nextTimer)
            return nextTimer
        }

        func cancelTimer(_ id: UInt64) {
            timers.remove(id)
        }
    }

    @Test("A shell that ends while it is started fails the program", arguments: Carrier.Moment.allCases)
    func endsWhileStarted(moment: Carrier.Moment) async throws {
        let carrier = Carrier(moment)
        let pool = ShellPool(carrier: carrier, machine: "user@host:22", user: "user", startLimit: .seconds(30))
        carrier.pool = pool
        let error = await #expect(throws: CommunicatorError.self) { try await pool.run(ShellProgram(script: "true")) }
        #expect(error?.code == (moment == .connection ? .connectionLost : .protocolViolation))
        #expect(carrier.timers.isEmpty, "timers left: \(carrier.timers)")
        #expect(pool.isIdle)
    }

    /// The streams are read one after the other: the end of a program can be seen on standard error before the loop's first
    /// word on standard output.
    @Test("Standard error that is seen first is not lost")
    func errorIsSeenFirst() throws {
        var conversation = ShellConversation(machine: "user@host:22", escalation: nil, startLimit: .seconds(30))
        var sent = ""
        for action in conversation.start() + (try conversation.run(ShellProgram(script: "true"))) {
            if case .send(let bytes) = action { sent += String(decoding: bytes, as: UTF8.self) }
        }
        let hello = try #require(sent.split(separator: "_gn=").dropFirst().first?.prefix { $0 != ";" })
        let nonce = try #require(sent.split(separator: "\n").first { $0.hasPrefix("N ") }?.dropFirst(2))
        #expect(conversation.receive(Array("noise\n[\(nonce)\nwarning\n]\(nonce)\n".utf8), on: .error).isEmpty)
        var result: Result<ProgramOutput, CommunicatorError>?
        for action in conversation.receive(Array("H\(hello)\n[\(nonce)\nout]\(nonce) 0\n".utf8), on: .output) {
            if case .finish(let ended) = action { result = ended }
        }
        let output = try #require(result, "the program never ends").get()
        #expect(output.standardOutput == Array("out".utf8))
        #expect(output.standardError == Array("warning\n".utf8))
        #expect(conversation.isUsable)
    }

    /// A conversation with its first bytes, and the words that only it knows.
    private func conversation(password: String?) throws -> (ShellConversation, sent: String) {
        let escalation = Escalation(password: password.map { Secret($0) })
        var conversation = ShellConversation(machine: "user@host:22", escalation: escalation, startLimit: .seconds(30))
        let actions = conversation.start() + (try conversation.run(ShellProgram(script: "true")))
        return (conversation, Self.sent(actions))
    }

    private static func sent(_ actions: [ShellConversation.Action]) -> String {
        actions.map { if case .send(let bytes) = $0 { String(decoding: bytes, as: UTF8.self) } else { "" } }.joined()
    }

    private static func failure(_ actions: [ShellConversation.Action]) -> CommunicatorError? {
        for case .finish(.failure(let error)) in actions { return error }
        return nil
    }

    private let noise = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 3) }

    @Test("A question for the password is found behind noise of any length")
    func asksBehindNoise() throws {
        var (conversation, sent) = try conversation(password: "secret-word")
        let nonce = try #require(sent.split(separator: "echo L").first?.prefix { $0 != ";" })
        for piece in [noise, noise, Array("\nL\(nonce)\n".utf8)] {
            #expect(conversation.receive(piece, on: .output).isEmpty)
            #expect(conversation.receive(piece, on: .error).isEmpty)
        }
        #expect(Self.sent(conversation.receive(Array("lecture\nP\(nonce):".utf8), on: .error)) == "secret-word\n")
        #expect(Self.sent(conversation.receive(Array("R\(nonce)\n".utf8), on: .output)).contains("_gn="))
    }

    @Test("A shell that does not come is told from a refusal, each with its last words in bounds")
    func whoFailed() throws {
        var (conversation, sent) = try conversation(password: nil)
        let nonce = try #require(sent.split(separator: "echo L").first?.prefix { $0 != ";" })
        _ = conversation.receive(noise, on: .error)
        _ = conversation.receive(Array("\n\(String(repeating: "x", count: 5000))\nGo home\n".utf8), on: .error)
        var other = conversation
        var message = try #require(Self.failure(other.closed(status: 7, reason: nil))).message
        #expect(message.contains("no shell there that runs /bin/sh (status 7: "), "\(message)")
        #expect(message.contains("Go home") && message.count < 600, "\(message)")
        other = conversation
        message = try #require(Self.failure(other.timerFired(.start))).message
        #expect(
            message.hasPrefix(
                "user@host:22 lets us in, but the user's login shell did not start our program within 30"), "\(message)"
        )
        _ = conversation.receive(Array("L\(nonce)\nsudo: a password is required\n".utf8), on: .error)
        other = conversation
        message = try #require(Self.failure(other.timerFired(.start))).message
        #expect(message.hasPrefix("sudo to root on user@host:22 did not answer"), "\(message)")
        message = try #require(Self.failure(conversation.closed(status: 1, reason: nil))).message
        #expect(message.contains("a password is needed (sudo: a password is required)"), "\(message)")
    }
}
