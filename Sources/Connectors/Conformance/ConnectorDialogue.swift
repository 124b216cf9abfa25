import ConnectorAPI
import Foundation

/// A process of a connector that is talked to line by line, without anything in between that would hide what it does.
public protocol ConnectorDialogue: Sendable {
    /// Writes bytes to its standard input.
    ///
    /// - Returns: Whether it took all of them in time.
    func send(_ bytes: [UInt8], withinMs: Int) async -> Bool
    /// The next line of its standard output, without its end; nil: none came in time, or none comes any more.
    func line(withinMs: Int) async -> String?
    /// Ends its standard input.
    func closeInput() async
    /// Its exit status once it ended, or the negative number of the signal that ended it; nil: it runs on.
    func status(withinMs: Int) async -> Int32?
    /// Ends it in any case.
    func kill() async
    /// What it wrote to standard error so far.
    var standardError: String { get }
    /// The arguments of the process and of all that it started and that runs now.
    var commandLines: [String] { get }
}

/// A conversation in messages, written into the transcript of a check.
struct Conversation: Sendable {
    let wire: any ConnectorDialogue
    let transcript: Transcript
    /// Most time for one answer.
    let patienceMs: Int

    private static let decoder = JSONDecoder()

    // MARK: Sending

    /// Sends text as it is; `shown` stands in the transcript in its place.
    func send(_ text: String, shown: String? = nil) async throws {
        transcript.sent(shown ?? text)
        guard await wire.send(Array(text.utf8), withinMs: patienceMs) else {
            throw CheckEnd.failed("the connector did not read what was sent\(ending)")
        }
    }

    func request(_ id: Int, _ method: String, _ params: JSONValue = [:]) -> String {
        let message: JSONValue = [
            "jsonrpc": "2.0", "id": .integer(Int64(id)), "method": .string(method), "params": params,
        ]
        return Transcript.json(message) + "\n"
    }

    func notify(_ method: String, _ params: JSONValue = [:]) async throws {
        let message: JSONValue = ["jsonrpc": "2.0", "method": .string(method), "params": params]
        try await send(Transcript.json(message) + "\n")
    }

    // MARK: Receiving

    /// The next message; nil: none came in time. What is none fails the check.
    func next(withinMs: Int? = nil) async throws -> JSONValue? {
        guard let line = await wire.line(withinMs: withinMs ?? patienceMs) else { return nil }
        transcript.received(line)
        guard let message = try? Self.decoder.decode(JSONValue.self, from: Data(line.utf8)),
            case .object = message, message["jsonrpc"] == .string("2.0"),
            message["id"] != nil || message["method"] != nil
        else {
            throw CheckEnd.failed("standard output has a line that is no message: \(line.prefix(100))")
        }
        return message
    }

    /// The answer to a call; notifications before it are passed over.
    func answer(_ id: Int, to what: String) async throws -> JSONValue {
        while let message = try await next() {
            if message["method"] != nil { continue }
            guard message["id"] == .integer(Int64(id)) else {
                let other = message["id"].map(Transcript.json) ?? "none"
                throw CheckEnd.failed(
                    "where the answer to \(what), with the id \(id), was due, one with the id \(other) came: each call is "
                        + "answered once")
            }
            return message
        }
        throw CheckEnd.failed("\(what) was not answered within \(patienceMs) ms\(ending)")
    }

    /// Makes a call and gives its result; an error fails the check.
    func call(_ id: Int, _ method: String, _ params: JSONValue = [:], shown: String? = nil) async throws -> JSONValue {
        try await send(request(id, method, params), shown: shown)
        let message = try await answer(id, to: method)
        guard let result = message["result"] else {
            throw CheckEnd.failed("\(method) failed: \(Transcript.json(message["error"] ?? .null))")
        }
        return result
    }

    static func parameters(_ request: some Encodable) throws -> JSONValue {
        try decoder.decode(JSONValue.self, from: JSONEncoder().encode(request))
    }

    /// The handshake.
    @discardableResult
    func initialize(versions: [Int] = [1]) async throws -> JSONValue {
        try await call(1, "initialize", Self.offer(versions))
    }

    static func offer(_ versions: [Int]) -> JSONValue {
        [
            "protocolVersions": .array(versions.map { .integer(Int64($0)) }),
            "host": ["name": "connector-check", "version": "1"],
            "limits": ["maxMessageBytes": 16_777_216, "maxConcurrentCalls": 16],
        ]
    }

    /// That it still answers.
    func ping(_ id: Int, after what: String) async throws {
        try await send(request(id, "ping"))
        let message = try await answer(id, to: "a ping after \(what)")
        guard case .object? = message["result"] else {
            throw CheckEnd.failed("a ping after \(what) was answered with \(Transcript.json(message))")
        }
    }

    /// For messages: what is known of its end.
    var ending: String {
        let words = wire.standardError.split(separator: "\n").last.map { "; its last words: \($0.prefix(200))" }
        return words ?? ""
    }
}

extension CheckRun {
    /// Talks to a process of its own, which is ended in any case.
    func talk<Value: Sendable>(
        _ verb: String = "serve", byHand: Bool = false, patienceMs: Int? = nil,
        _ body: (Conversation) async throws -> Value
    ) async throws -> Value {
        guard let dialogue = subject.dialogue else { throw skip("needs a connector that runs as a process") }
        let wire = try dialogue(verb, byHand)
        let conversation = Conversation(wire: wire, transcript: transcript, patienceMs: patienceMs ?? settings.answerMs)
        do {
            let value = try await body(conversation)
            await wire.kill()
            return value
        } catch {
            await wire.kill()
            throw error
        }
    }

    /// Shakes hands and opens a session with the calls 1 and 2.
    func session(_ talk: Conversation) async throws -> JSONValue {
        try await talk.initialize()
        let params = try Conversation.parameters(openRequest())
        let opened = try await talk.call(2, "session.open", params, shown: "session.open {…}")
        guard let session = opened["session"] else { throw CheckEnd.failed("session.open gave no session") }
        return session
    }

    /// Fails the check unless the process ends by itself with a status.
    func expectEnd(_ talk: Conversation, status wanted: Int32, after what: String) async throws {
        guard let status = await talk.wire.status(withinMs: settings.endMs) else {
            throw CheckEnd.failed("\(settings.endMs) ms after \(what) the process still runs")
        }
        let text = status < 0 ? "by signal \(-status)" : "with status \(status)"
        try expect(
            status == wanted, "after \(what) the process ended \(text) instead of status \(wanted)\(talk.ending)")
    }
}
