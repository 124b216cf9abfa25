import ContextualizationAPI
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
}
