import ConnectorAPI
import ConnectorWire
import Foundation
import Testing

@Suite struct WireTests {
    private func split(_ chunks: [String], limit: Int = 100) -> [LineSplitter.Piece] {
        var splitter = LineSplitter(limit: limit)
        var pieces: [LineSplitter.Piece] = []
        for chunk in chunks {
            Array(chunk.utf8).withUnsafeBytes { bytes in splitter.append(bytes) { pieces.append($0) } }
        }
        return pieces
    }

    @Test(arguments: [
        (["a\nb\n"], ["a", "b"]), (["a", "b", "\n"], ["ab"]), (["\n\n"], ["", ""]),
        (["ab\nc", "d\n", "e"], ["ab", "cd"]),
    ])
    func linesAreCut(chunks: [String], lines: [String]) {
        #expect(split(chunks) == lines.map { .line(Array($0.utf8)) })
    }

    @Test(arguments: [["aaaaaaaa\nb\n"], ["aaa", "aaa", "aaa\n", "b\n"], ["aaaaaaaa", "\nb\n"]])
    func overlongLinesAreDropped(chunks: [String]) {
        let pieces = split(chunks, limit: 4)
        #expect(pieces.count == 2)
        if case .line = pieces[0] { Issue.record("not dropped") }
        #expect(pieces[1] == .line([UInt8(ascii: "b")]))
    }

    @Test func membersAreFound() throws {
        let text = #" { "a" : 1 , "b":{"c":"}\"]"},"d":[1,[2]],"e":"x\\", "f":null } "#
        let members = try #require(JSONMembers(Array(text.utf8)))
        func member(_ key: StaticString) -> String? { members[key].map { String(decoding: $0, as: UTF8.self) } }
        #expect(member("a") == "1")
        #expect(member("b") == #"{"c":"}\"]"}"#)
        #expect(member("d") == "[1,[2]]")
        #expect(member("e") == #""x\\""#)
        #expect(member("f") == "null")
        #expect(member("c") == nil)
    }

    @Test(arguments: [
        "", "x", "[]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{} x", "{\"a\":\"b}", "{\"a\":[1}",
        "{\"a\\",
        "\u{0}", "{a:1}", "nul", "{\"a\":{\"b\":1}",
    ])
    func rubbishIsNoMessage(text: String) {
        #expect(throws: WireViolation.self) { try WireMessage(Array(text.utf8)) }
    }

    @Test func everyPrefixAndMutationOfAMessageIsHarmless() {
        let line = WireMessage.request(
            id: 7, method: "machine.describe", params: Array(#"{"session":"s","ids":["1","2"]}"#.utf8),
            context: CallContext(deadlineMs: 10, traceparent: "00-aa-bb-01"))
        for length in 0..<line.count { _ = try? WireMessage(Array(line[..<length])) }
        for index in line.indices {
            for byte: UInt8 in [0, 34, 92, 123, 125, 91, 93, 44, 58, 255] {
                var broken = line
                broken[index] = byte
                _ = try? WireMessage(broken)
            }
        }
    }

    @Test func deadlineAndTraceTravel() throws {
        for params in ["{}", #"{"session":"s"}"#] {
            let line = WireMessage.request(
                id: 7, method: "x", params: Array(params.utf8),
                context: CallContext(deadlineMs: 10, traceparent: "00-aa-bb-01"))
            guard case .request(let id, "x", let sent) = try WireMessage(Array(line.dropLast())) else {
                Issue.record("no request")
                return
            }
            #expect(id == Array("7".utf8))
            #expect(WireMeta(params: sent).context == CallContext(deadlineMs: 10, traceparent: "00-aa-bb-01"))
        }
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2024-02-29T12:34:56.789Z", 1_709_210_096.789),
        ("2000-03-01T01:00:00+01:00", 951_868_800), ("1969-12-31T23:59:59.5Z", -0.5),
        ("2026-10-05T10:20:30-0530", 1_791_215_430),
    ])
    func timesAreRead(text: String, seconds: Double) throws {
        let date = try #require(WireDate.date(text))
        #expect(abs(date.timeIntervalSince1970 - seconds) < 0.0005)
        #expect(WireDate.date(WireDate.text(date)).map { abs($0.timeIntervalSince(date)) < 0.0006 } == true)
    }

    @Test func timesOfManyYearsAgreeWithFoundation() throws {
        let formatter = ISO8601DateFormatter()
        for days in stride(from: -40_000, to: 60_000, by: 37) {
            let date = Date(timeIntervalSince1970: Double(days) * 86_400 + 3_723)
            #expect(WireDate.text(date) == formatter.string(from: date).replacingOccurrences(of: "Z", with: ".000Z"))
        }
    }

    @Test(arguments: [
        "", "2024", "2024-13-01T00:00:00Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00Zx",
    ])
    func wrongTimesAreRefused(text: String) {
        #expect(WireDate.date(text) == nil)
    }

    @Test(arguments: [
        (#"{"code":-32601,"message":"m"}"#, ConnectorError.Code.unsupported),
        (#"{"code":-32602,"message":"m"}"#, .invalidArgument), (#"{"code":-32603}"#, .internal),
        (#"{"code":-32700,"message":"m"}"#, .protocolViolation), (#"{"code":7,"message":"m"}"#, .internal),
        (#"{"code":-32000,"message":"m","data":{"code":"throttled","message":"m","retryAfterMs":5}}"#, .throttled),
        (#"{"code":-32000,"message":"m","data":"text"}"#, .internal),
    ])
    func errorsAreMapped(json: String, code: ConnectorError.Code) throws {
        let error = try WireCodec.decode(WireError.self, from: Array(json.utf8))
        #expect(error.connectorError.code == code)
    }

    @Test func theTableNamesEveryCallOnce() {
        #expect(WireMethods.all.count == 25)
        for name in ["session.open", "machine.launch", "continue", "catalog.quotas", "image.upload"] {
            #expect(WireMethods.all[name]?.name == name)
        }
    }

    @Test func unknownFieldsAreIgnored() throws {
        let json =
            #"{"id":"1","state":"running","later":{"x":[1]},"addresses":[{"interface":0,"address":"a","family":"ipv4","public":true,"y":1}]}"#
        let machine = try WireCodec.decode(Machine.self, from: Array(json.utf8))
        #expect(machine.addresses.count == 1)
        #expect(try WireCodec.decode(Machine.self, from: Array(#"{"id":"1","state":"new"}"#.utf8)).state == .unknown)
    }
}
