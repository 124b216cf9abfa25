import Foundation
import Testing

@testable import HTTPTransport

@Suite("The client on libcurl", .timeLimit(.minutes(1)))
struct CurlClientTests {
    let client: CurlClient

    init() throws {
        client = try CurlClient(options: .init(proxy: .none))
    }

    private func failure(_ body: () async throws -> Void) async -> HTTPError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? HTTPError
        }
    }

    private func code(_ body: () async throws -> Void) async -> HTTPError.Code? {
        await failure(body)?.code
    }

    // MARK: - Requests

    @Test func getsStatusHeadersAndBody() async throws {
        let server = try LoopbackServer.answering { connection, _ in
            connection.answer(201, headers: ["X-Thing": "  a b ", "Set-Cookie": "s=1"], "hello")
        }
        let answer = try await client.fetch(HTTPRequest(.get, HTTPURL(server.url("/a?b=c"))), upTo: 100)
        #expect(answer.status == 201)
        #expect(answer.headers["x-thing"] == "a b")
        #expect(answer.text == "hello")
        #expect(!"\(answer)".contains("s=1"))
        let request = try #require(server.requests.first)
        #expect(request.line == "GET /a?b=c HTTP/1.1")
        #expect(request.headers["user-agent"] == "gantry")
        #expect(request.headers["host"] == "127.0.0.1:\(server.port)")
    }

    @Test func connectsToTheAddressThatItIsGiven() async throws {
        let server = try LoopbackServer.answering { connection, _ in connection.answer(200, "hello") }
        var request = HTTPRequest(.get, try HTTPURL("http://name.invalid:\(server.port)/a"))
        request.address = "127.0.0.1"
        #expect(try await client.fetch(request, upTo: 100).text == "hello")
        #expect(server.requests.first?.headers["host"] == "name.invalid:\(server.port)")
        request.address = nil
        let unresolved = request
        #expect(await code { _ = try await client.fetch(unresolved, upTo: 100) } == .unresolved)
    }

    @Test(arguments: [HTTPRequest.Method.post, .put, .patch, .delete])
    func sendsBytesAsTheyAre(method: HTTPRequest.Method) async throws {
        let server = try LoopbackServer.answering { connection, _ in connection.answer() }
        let body = [UInt8](repeating: 0, count: 3 << 20) + Array("end".utf8)
        let request = HTTPRequest(
            method, try HTTPURL(server.url()), headers: ["X-Empty": "", "X-A": "1"], body: .bytes(body))
        #expect(try await client.fetch(request, upTo: 10).status == 200)
        let seen = try #require(server.requests.first)
        #expect(seen.method == method.rawValue)
        #expect(seen.body == body)
        #expect(seen.headers["expect"] == nil)
        #expect(seen.headers["content-type"] == nil)
        #expect(seen.headers["x-empty"] == "")
        #expect(seen.headers["x-a"] == "1")
    }

    @Test func sendsAnEmptyBodyWithItsLength() async throws {
        let server = try LoopbackServer.answering { connection, _ in connection.answer() }
        _ = try await client.fetch(HTTPRequest(.post, HTTPURL(server.url())), upTo: 10)
        _ = try await client.fetch(HTTPRequest(.put, HTTPURL(server.url()), body: .bytes([])), upTo: 10)
        _ = try await client.fetch(HTTPRequest(.delete, HTTPURL(server.url())), upTo: 10)
        #expect(server.requests.map(\.method) == ["POST", "PUT", "DELETE"])
        #expect(server.requests.map { $0.headers["content-length"] } == ["0", "0", nil])
    }

    @Test func sendsAFile() async throws {
        let server = try LoopbackServer.answering { connection, _ in connection.answer() }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("body-\(UUID())")
        defer { try? FileManager.default.removeItem(at: file) }
        let body = Data((0..<200_000).map { UInt8(truncatingIfNeeded: $0) })
        try body.write(to: file)
        _ = try await client.fetch(HTTPRequest(.put, HTTPURL(server.url()), body: .file(path: file.path)), upTo: 10)
        _ = try await client.fetch(HTTPRequest(.post, HTTPURL(server.url()), body: .file(path: file.path)), upTo: 10)
        #expect(server.requests.map(\.method) == ["PUT", "POST"])
        #expect(server.requests.allSatisfy { $0.body == Array(body) })
    }

    @Test func refusesAFileThatIsNotThere() async throws {
        let request = HTTPRequest(.put, try HTTPURL("http://127.0.0.1:9/"), body: .file(path: "/nowhere/at/all"))
        #expect(await code { _ = try await client.send(request) } == .bodyUnreadable)
    }

    @Test func headHasNoBody() async throws {
        let server = try LoopbackServer.answering { connection, _ in
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
        }
        let answer = try await client.fetch(HTTPRequest(.head, HTTPURL(server.url())), upTo: 10_000)
        #expect(answer.body.isEmpty)
        #expect(answer.headers["content-length"] == "5000")
    }

    @Test(arguments: ["a\r\nX-Evil: 1", "a\nb", "a\0b"])
    func refusesHeadersThatCarryOthers(value: String) async throws {
        let request = HTTPRequest(.get, try HTTPURL("http://127.0.0.1:9/"), headers: ["X-Name": value])
        #expect(await code { _ = try await client.send(request) } == .invalidRequest)
    }

    // MARK: - Connections

    @Test func keepsConnections() async throws {
        let server = try LoopbackServer.answering { connection, _ in connection.answer(200, "ok") }
        for _ in 0..<5 { _ = try await client.fetch(HTTPRequest(.get, HTTPURL(server.url())), upTo: 10) }
        #expect(server.connections == 1)
    }

    @Test func sharesFewConnectionsAmongManyRequests() async throws {
        let server = try LoopbackServer.answering { connection, request in connection.answer(200, request.target) }
        let client = try CurlClient(options: .init(proxy: .none, connections: .init(perHost: 4)))
        let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for number in 0..<200 {
                group.addTask {
                    let request = HTTPRequest(.get, try HTTPURL(server.url("/\(number)")))
                    return (number, try await client.fetch(request, upTo: 100).text)
                }
            }
            var answers: [Int: String] = [:]
            for try await (number, text) in group { answers[number] = text }
            return answers
        }
        #expect(answers.count == 200)
        #expect(answers.allSatisfy { $0.value == "/\($0.key)" })
        #expect((1...4).contains(server.connections))
    }

    /// A server may close a kept connection at any time. What may be repeated is sent again by itself; what may not is
    /// never sent on a connection of which nobody knows whether it still lives.
    @Test(arguments: [(HTTPRequest.Repetition.safe, 2), (.never, 2)])
    func survivesAKeptConnectionThatTheServerClosed(repetition: HTTPRequest.Repetition, requests: Int) async throws {
        let server = try LoopbackServer { connection in
            guard connection.request() != nil else { return }
            connection.answer(200, "ok")
        }
        for _ in 0..<2 {
            let request = HTTPRequest(.post, try HTTPURL(server.url()), repetition: repetition)
            #expect(try await client.fetch(request, upTo: 10).text == "ok")
        }
        #expect(server.requests.count == requests)
        #expect(server.connections == 2)
    }

    @Test func goesThroughAProxyWhenAsked() async throws {
        let proxy = try LoopbackServer.answering { connection, _ in connection.answer(200, "from the proxy") }
        let client = try CurlClient(options: .init(proxy: .url("http://127.0.0.1:\(proxy.port)")))
        let answer = try await client.fetch(HTTPRequest(.get, HTTPURL("http://cloud.test/x")), upTo: 100)
        #expect(answer.text == "from the proxy")
        #expect(proxy.requests.first?.target == "http://cloud.test/x")
    }

    // MARK: - Answers

    @Test func streamsPiecesAsTheyCome() async throws {
        let gate = Gate()
        let server = try LoopbackServer.answering { connection, _ in
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            gate.wait()
            connection.write("6\r\nsecond\r\n0\r\n\r\n")
        }
        let response = try await client.send(HTTPRequest(.get, HTTPURL(server.url())))
        var body = response.body.makeAsyncIterator()
        #expect(try await body.next() == Array("first".utf8))
        gate.open()
        #expect(try await body.next() == Array("second".utf8))
        #expect(try await body.next() == nil)
        #expect(try await body.next() == nil)
    }

    @Test func pausesAServerThatIsFasterThanTheReader() async throws {
        let size = 64 << 20
        let server = try LoopbackServer.answering { connection, _ in
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            let block = [UInt8](repeating: 7, count: 1 << 20)
            for _ in 0..<64 where !connection.write(block) { return }
        }
        let response = try await client.send(HTTPRequest(.get, HTTPURL(server.url())))
        // Quiet means that the server can write no more: buffers of the kernel (a few MiB) and of the client are full.
        var before = -1
        while before != server.written {
            before = server.written
            try await Task.sleep(for: .milliseconds(300))
        }
        #expect(before < size / 2)
        var total = 0
        for try await piece in response.body {
            #expect(piece.count <= ResponseBuffer.highWater + (64 << 10))
            total += piece.count
        }
        #expect(total == size)
    }

    @Test func skipsInformationalAnswersAndTrailers() async throws {
        let server = try LoopbackServer.answering { connection, _ in
            connection.write("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Late: 1\r\n\r\n")
        }
        let answer = try await client.fetch(HTTPRequest(.get, HTTPURL(server.url())), upTo: 10)
        #expect(answer.status == 200)
        #expect(answer.headers["link"] == nil)
        #expect(answer.headers["x-late"] == nil)
        #expect(answer.text == "ok")
    }

    @Test func handsOutRedirectsUnlessAsked() async throws {
        let other = try LoopbackServer.answering { connection, _ in connection.answer(200, "there") }
        let server = try LoopbackServer.answering { connection, _ in
            connection.answer(302, headers: ["Location": "http://localhost:\(other.port)/there"], "moved")
        }
        var request = HTTPRequest(.get, try HTTPURL(server.url()), headers: ["Authorization": "Bearer marker"])
        #expect(try await client.fetch(request, upTo: 100).status == 302)
        #expect(other.requests.isEmpty)
        request.maximumRedirects = 3
        let answer = try await client.fetch(request, upTo: 100)
        #expect(answer.status == 200)
        #expect(answer.text == "there")
        // Credentials of one host are not carried to another.
        #expect(other.requests.first?.headers["authorization"] == nil)
        request.method = .post
        #expect(await code { _ = try await client.send(request) } == .invalidRequest)
    }

    // MARK: - Faults

    struct Fault: Sendable, CustomTestStringConvertible {
        var name: String
        var code: HTTPError.Code
        var act: @Sendable (LoopbackServer.Connection) -> Void
        var testDescription: String { name }

        static let all = [
            Fault(name: "body shorter than its length", code: .truncated) {
                $0.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfew")
            },
            Fault(name: "chunks without an end", code: .truncated) {
                $0.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            },
            Fault(name: "closed without an answer", code: .connectionLost) { _ in },
            Fault(name: "reset without an answer", code: .connectionLost) { $0.reset() },
            Fault(name: "reset within the body", code: .connectionLost) { connection in
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfew")
                connection.reset()
            },
            Fault(name: "no HTTP", code: .malformed) { $0.write("SSH-2.0-OpenSSH_9.2p1\r\n") },
            Fault(name: "broken chunk size", code: .connectionLost) {
                $0.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
            },
            Fault(name: "announced too large", code: .tooLarge) {
                $0.write("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n")
                $0.waitForEnd()
            },
            Fault(name: "grows too large", code: .tooLarge) { connection in
                connection.write("HTTP/1.1 200 OK\r\n\r\n")
                let block = [UInt8](repeating: 1, count: 100_000)
                for _ in 0..<100 where !connection.write(block) { return }
            },
            Fault(name: "endless header", code: .tooLarge) { connection in
                connection.write("HTTP/1.1 200 OK\r\n")
                for number in 0..<100_000 where !connection.write("X-\(number): aaaaaaaaaaaaaaaa\r\n") { return }
            },
        ]
    }

    @Test(arguments: Fault.all)
    func namesTheFault(_ fault: Fault) async throws {
        let server = try LoopbackServer { connection in
            guard connection.request() != nil else { return }
            fault.act(connection)
        }
        let request = HTTPRequest(.post, try HTTPURL(server.url("/path?token=marker")))
        let error = try #require(await failure { _ = try await client.fetch(request, upTo: 1_000_000) })
        #expect(error.code == fault.code, "\(error)")
        #expect(error.mayHaveBeenSent)
        #expect(error.message.contains("127.0.0.1"))
        #expect(!error.message.contains("marker"))
        #expect(server.requests.count == 1)
        #expect(try await eventually { server.ended == 1 })
    }

    @Test func saysWhenNothingWasSent() async throws {
        let port = try LoopbackServer { _ in }.port
        let request = HTTPRequest(.get, try HTTPURL("http://127.0.0.1:\(port)/"))
        let error = try #require(await failure { _ = try await client.send(request) })
        #expect(error.code == .unreachable)
        #expect(!error.mayHaveBeenSent)
    }

    @Test func saysWhenANameHasNoAddress() async throws {
        let request = HTTPRequest(.get, try HTTPURL("http://no-such-host.invalid/"))
        #expect(await code { _ = try await client.send(request) } == .unresolved)
    }

    @Test func limitsTheTimeOfAnExchange() async throws {
        let server = try LoopbackServer { connection in
            _ = connection.request()
            connection.waitForEnd()
        }
        let request = HTTPRequest(.get, try HTTPURL(server.url()), timeouts: .init(total: .milliseconds(150)))
        #expect(await code { _ = try await client.send(request) } == .timeout)
        #expect(try await eventually { server.ended == 1 })
    }

    @Test func limitsTheTimeOfABody() async throws {
        let server = try LoopbackServer { connection in
            _ = connection.request()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfew")
            connection.waitForEnd()
        }
        let request = HTTPRequest(.get, try HTTPURL(server.url()), timeouts: .init(total: .milliseconds(300)))
        let response = try await client.send(request)
        #expect(await code { _ = try await response.body.collect(upTo: 1_000) } == .timeout)
    }

    // MARK: - Cancellation

    @Test(arguments: ["head", "body"])
    func cancellationEndsTheTransfer(place: String) async throws {
        let server = try LoopbackServer { connection in
            _ = connection.request()
            if place == "body" { connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfew") }
            connection.waitForEnd()
        }
        let request = HTTPRequest(.get, try HTTPURL(server.url()))
        let task = Task { await code { _ = try await client.fetch(request, upTo: 1_000) } }
        #expect(try await eventually { server.requests.count == 1 })
        task.cancel()
        #expect(await task.value == .cancelled)
        #expect(try await eventually { server.ended == 1 })
    }

    /// Many times, since it is a race between the caller and the loop's thread.
    @Test func aCancelledTaskSendsNothing() async throws {
        let server = try LoopbackServer.answering { connection, _ in connection.answer() }
        let request = HTTPRequest(.get, try HTTPURL(server.url()))
        for _ in 0..<200 {
            let gate = AsyncStream<Void>.makeStream()
            let task = Task {
                for await _ in gate.stream {}
                return await failure { _ = try await client.send(request) }
            }
            task.cancel()
            let error = await task.value
            #expect(error?.code == .cancelled)
            #expect(error?.mayHaveBeenSent == false)
        }
        #expect(server.connections == 0)
    }

    @Test func aDroppedBodyEndsTheTransfer() async throws {
        let server = try LoopbackServer { connection in
            _ = connection.request()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            let block = [UInt8](repeating: 1, count: 1 << 20)
            while connection.write(block) {}
        }
        #expect(try await client.send(HTTPRequest(.get, HTTPURL(server.url()))).status == 200)
        #expect(try await eventually { server.ended == 1 })
    }

    @Test func aBodyHasOneReaderAtATime() async throws {
        let server = try LoopbackServer { connection in
            _ = connection.request()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
            connection.waitForEnd()
        }
        let body = try await client.send(HTTPRequest(.get, HTTPURL(server.url()))).body
        let codes = await withTaskGroup(of: HTTPError.Code?.self) { group in
            for _ in 0..<2 { group.addTask { await code { _ = try await body.collect(upTo: 100) } } }
            let first = await group.next() ?? nil
            group.cancelAll()
            return [first, await group.next() ?? nil]
        }
        #expect(codes == [.invalidRequest, .cancelled])
    }

    @Test func manyTransfersAreCancelledAndOthersGoOn() async throws {
        let server = try LoopbackServer.answering { connection, request in
            if request.target == "/silent" { connection.waitForEnd() } else { connection.answer(200, "ok") }
        }
        let client = try CurlClient(options: .init(proxy: .none, connections: .init(perHost: 0, total: 0)))
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<60 {
                group.addTask {
                    let isSilent = number.isMultiple(of: 3)
                    guard let url = try? HTTPURL(server.url(isSilent ? "/silent" : "/")) else { return false }
                    let task = Task { try await client.fetch(HTTPRequest(.get, url), upTo: 10).text }
                    if isSilent { task.cancel() }
                    let result = await task.result
                    return isSilent ? (try? result.get()) == nil : (try? result.get()) == "ok"
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
