import ConnectorAPI
import ConnectorSDK
import ConnectorWire
import Foundation
import Glibc
import Synchronization
import Testing

/// The SDK's side of the conversation, over pipes within this process.
@Suite struct ConnectorServerTests {
    /// Tells on which thread a call began; `describe` holds that thread until it is let go, unless it asks for nothing.
    private final class Holding: Connector {
        let description = ConnectorDescription(
            name: "holding", version: "1", title: "Holding", providerTypes: ["Holding"])
        let release = DispatchSemaphore(value: 0)
        private let state = Mutex<[String]>([])

        var threads: [String] { state.withLock { $0 } }

        private func begins() {
            let name = Thread.current.name ?? ""
            state.withLock { $0.append(name) }
        }

        private func holdThread() { release.wait() }

        func openSession(_ request: OpenSessionRequest, context: CallContext) async throws -> OpenSessionResponse {
            begins()
            return OpenSessionResponse(session: SessionID(rawValue: "s"), account: "a")
        }

        func closeSession(_ session: SessionID, context: CallContext) async throws {
            begins()
        }

        func describe(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
            begins()
            if !request.ids.isEmpty { holdThread() }
            if request.ids == ["waits"] { try await Task.sleep(for: .seconds(1000)) }
            return []
        }

        func launch(_ request: LaunchRequest, context: CallContext) async throws -> [Outcome<Machine>] { [] }
        func list(_ request: ListRequest, context: CallContext) async throws -> Page<Resource> { Page(items: []) }
        func terminate(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Empty>] { [] }
    }

    /// The host's end.
    private final class Client: Sendable {
        let input: Int32
        let writer: PipeWriter
        let server: Task<Void, Never>
        private let answers: AsyncStream<String>

        init(_ connector: some Connector) throws {
            var (calls, answers): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
            guard pipe(&calls) == 0, pipe(&answers) == 0 else { throw POSIXError(.EMFILE) }
            writer = PipeWriter(descriptor: calls[1])
            input = calls[0]
            let (input, output, reading) = (calls[0], answers[1], answers[0])
            server = Task { await ConnectorServer(connector, output: PipeWriter(descriptor: output)).run(input: input) }
            let (stream, continuation) = AsyncStream<String>.makeStream()
            self.answers = stream
            Thread {
                var splitter = LineSplitter(limit: 1 << 20)
                var buffer = [UInt8](repeating: 0, count: 4096)
                while true {
                    let count = read(reading, &buffer, buffer.count)
                    guard count > 0 else { break }
                    buffer[..<count].withUnsafeBytes { bytes in
                        splitter.append(bytes) { piece in
                            guard case .line(let line) = piece else { return }
                            continuation.yield(String(decoding: line, as: UTF8.self))
                        }
                    }
                }
                close(reading)
                continuation.finish()
            }.start()
        }

        /// Sends lines in one write.
        func send(_ lines: String...) throws {
            try writer.write(Array((lines.joined(separator: "\n") + "\n").utf8))
        }

        func next() async throws -> String {
            for await line in answers { return line }
            throw POSIXError(.EPIPE)
        }

        func initialize() async throws {
            try send(#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersions":[1]}}"#)
            #expect(try await next().contains(#""protocolVersion":1"#))
        }

        /// Waits until so many calls began.
        func begun(_ count: Int, _ connector: Holding) async throws {
            while connector.threads.count < count { try await Task.sleep(for: .milliseconds(1)) }
        }

        /// Ends the conversation and waits for the server.
        func finish() async {
            writer.close()
            await server.value
            close(input)
        }
    }

    private let holding = #"{"session":"s","ids":["1"]}"#

    private func call(_ id: Int, _ method: String, _ params: String = #"{"session":"s","ids":[]}"#) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(params)}"#
    }

    private func converse(_ body: (Holding, Client) async throws -> Void) async throws {
        let connector = Holding()
        let client = try Client(connector)
        try await client.initialize()
        try await body(connector, client)
        for _ in 0..<10 { connector.release.signal() }
        await client.finish()
    }

    @Test func aCallThatComesAloneBeginsOnTheReader() async throws {
        try await converse { connector, client in
            for id in 1...3 {
                try client.send(call(id, "session.close"))
                #expect(try await client.next() == #"{"jsonrpc":"2.0","id":\#(id),"result":{}}"#)
            }
            #expect(connector.threads == Array(repeating: "sdk-reader", count: 3))
        }
    }

    @Test func ofCallsThatComeTogetherTheReaderBeginsNone() async throws {
        try await converse { connector, client in
            try client.send(call(1, "session.close"), call(2, "session.close"), call(3, "session.close"))
            let answers = [try await client.next(), try await client.next(), try await client.next()]
            #expect(Set(answers).count == 3)
            #expect(connector.threads.count == 3)
            #expect(connector.threads.filter { $0 == "sdk-reader" }.count <= 1)
        }
    }

    @Test func aCallThatHoldsTheReaderHoldsNoOther() async throws {
        try await converse { connector, client in
            try client.send(call(1, "machine.describe", holding))
            try await client.begun(1, connector)
            try client.send(call(2, "ping", "{}"))
            #expect(try await client.next() == #"{"jsonrpc":"2.0","id":2,"result":{}}"#)
            connector.release.signal()
            #expect(try await client.next() == #"{"jsonrpc":"2.0","id":1,"result":[]}"#)
            // Its method begins on the pool from now on, others on the reader.
            try client.send(call(3, "machine.describe"))
            #expect(try await client.next() == #"{"jsonrpc":"2.0","id":3,"result":[]}"#)
            try client.send(call(4, "session.close"))
            #expect(try await client.next() == #"{"jsonrpc":"2.0","id":4,"result":{}}"#)
            #expect(connector.threads.count == 3)
            #expect(connector.threads.first == "sdk-reader")
            #expect(connector.threads.dropFirst().first?.hasPrefix("sdk-") == false)
            #expect(connector.threads.last == "sdk-watch")
        }
    }

    @Test func theDeadlineOfACallThatHoldsTheReaderIsKept() async throws {
        try await converse { _, client in
            try client.send(call(1, "machine.describe", #"{"session":"s","ids":["1"],"deadlineMs":60}"#))
            let answer = try await client.next()
            #expect(answer.contains(#""id":1"#))
            #expect(answer.contains(#""timeout""#))
        }
    }

    @Test func aCallIsCancelledThatHeldTheReader() async throws {
        try await converse { connector, client in
            try client.send(call(1, "machine.describe", #"{"session":"s","ids":["waits"]}"#))
            try await client.begun(1, connector)
            try client.send(#"{"jsonrpc":"2.0","method":"$/cancel","params":{"id":1}}"#, call(2, "ping", "{}"))
            #expect(try await client.next() == #"{"jsonrpc":"2.0","id":2,"result":{}}"#)
            connector.release.signal()
            let answer = try await client.next()
            #expect(answer.contains(#""id":1"#))
            #expect(answer.contains(#""cancelled""#))
        }
    }
}
