import Foundation
import InfrastructureModel
import Testing

@testable import Persistence

/// The JSON of records: what Foundation's coders write is read, and they read what is written.
@Suite struct RecordCodingTests {
    private struct Everything: Codable, Hashable {
        enum Choice: Codable, Hashable {
            case none
            case one(String)
            case many(first: Int, second: [String: Double])
        }

        enum Named: String, Codable { case a, b }

        var text: String
        var flag: Bool
        var small: Int8
        var large: UInt64
        var negative: Int64
        var double: Double
        var float: Float
        var date: Date
        var data: Data
        var absent: String?
        var present: Int?
        var list: [Choice]
        var nested: [[Int?]]
        var dictionary: [String: [Named]]
        var numbers: [Int: String]
        var url: URL?
    }

    private static let everything = Everything(
        text: "\u{0}\u{1f}\u{7f}\"\\/\n\r\t ñ 漢 😀", flag: true, small: -128, large: .max, negative: .min,
        double: .leastNonzeroMagnitude, float: 0.1, date: Sample.start, data: Data([0, 255]), absent: nil, present: 0,
        list: [.none, .one(""), .many(first: -1, second: ["a\"b": 1e300, "": -0.5])], nested: [[], [1, nil, 3]],
        dictionary: ["x": [.a, .b], "y": []], numbers: [1: "one", -2: "two"], url: nil)

    @Test func aValueComesBackEqual() throws {
        let text = try RecordCoding.text(Self.everything)
        #expect(try RecordDecoder.decode(Everything.self, from: text) == Self.everything)
        #expect(try RecordCoding.text(Self.everything.dictionary["y"]) == "[]")
    }

    @Test func foundationReadsWhatIsWritten() throws {
        var value = Self.everything
        value.data = Data()
        let text = try RecordCoding.text(value)
        let decoder = JSONDecoder()
        decoder.dataDecodingStrategy = .deferredToData
        #expect(try decoder.decode(Everything.self, from: Data(text.utf8)) == value)
    }

    @Test(arguments: [JSONEncoder.OutputFormatting(), .prettyPrinted, [.sortedKeys, .withoutEscapingSlashes]])
    func whatFoundationWritesIsRead(_ formatting: JSONEncoder.OutputFormatting) throws {
        let encoder = JSONEncoder()
        encoder.dataEncodingStrategy = .deferredToData
        encoder.outputFormatting = formatting
        let text = String(decoding: try encoder.encode(Self.everything), as: UTF8.self)
        #expect(try RecordDecoder.decode(Everything.self, from: text) == Self.everything)
    }

    @Test(arguments: [
        #""a\u0062\u00f1\ud83d\ude00\/\b\f""#: "abñ😀/\u{8}\u{c}",
        #"  "x"  "#: "x",
    ])
    func escapesAreRead(_ text: String, _ value: String) throws {
        #expect(try RecordDecoder.decode(String.self, from: text) == value)
    }

    @Test func wholeNumbersAreIntegersInAnyForm() throws {
        #expect(try RecordDecoder.decode([Int].self, from: "[1.0, 2e3, -0]") == [1, 2000, 0])
        #expect(throws: DecodingError.self) { try RecordDecoder.decode(Int.self, from: "1.5") }
        #expect(throws: DecodingError.self) { try RecordDecoder.decode(Int8.self, from: "128") }
        #expect(throws: DecodingError.self) { try RecordDecoder.decode(UInt.self, from: "-1") }
        #expect(throws: DecodingError.self) { try RecordDecoder.decode(Int64.self, from: "9223372036854775808") }
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "[1", "[1,", "[1,]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{1:2}", "\"",
        "\"\\",
        "\"\\\"", "nul", "tru", "-", "+1", ".5", "e", "1 2", "[1 2]", "\u{1}", "\"\n\"", "{\"a\" 1}", "[}",
        String(repeating: "[", count: 100_000),
    ])
    func whatIsNoJSONThrows(_ text: String) {
        #expect(throws: DecodingError.self) { try RecordDecoder.decode([String: Int].self, from: text) }
        #expect(throws: DecodingError.self) { try RecordDecoder.decode(String.self, from: text) }
    }

    @Test(arguments: [#""\ud83d""#, #""\u12""#, #""\ud83dx""#, #""\uzzzz""#, #""\udc00""#])
    func brokenEscapesThrow(_ text: String) {
        #expect(throws: DecodingError.self) { try RecordDecoder.decode(String.self, from: text) }
    }

    @Test func errorsNameTheKey() throws {
        let text = #"{"interface":0,"address":"a","isPublic":1,"isIPv6":false}"#
        let error = #expect(throws: DecodingError.self) {
            try RecordDecoder.decode([MachineRecord.Address].self, from: "[\(text)]")
        }
        #expect(String(describing: error).contains("isPublic"))
        let other = #expect(throws: DecodingError.self) {
            try RecordDecoder.decode(MachineRecord.Address.self, from: "{}")
        }
        #expect(String(describing: other).contains("interface"))
    }

    /// Truncated and spoiled texts throw or give a value; none ends the process.
    @Test func spoiledTextsAreSafe() throws {
        let text = Array(try RecordCoding.text(Sample.machine(1)).utf8)
        var generator = SystemRandomNumberGenerator()
        for round in 0..<5000 {
            var spoiled = text
            if round < text.count { spoiled.removeLast(round) }
            guard !spoiled.isEmpty else { continue }
            for _ in 0..<(round % 4) {
                spoiled[Int.random(in: spoiled.indices, using: &generator)] = UInt8.random(in: 0...127)
            }
            _ = try? RecordDecoder.decode(MachineRecord.self, from: String(decoding: spoiled, as: UTF8.self))
        }
    }

    @Test func numbersThatAreNotFiniteThrow() {
        for value in [Double.nan, .infinity, -.infinity] {
            #expect(throws: EncodingError.self) { try RecordCoding.text([value]) }
        }
    }

    @Test func aContainerUsedAfterItsEndThrows() {
        struct Late: Encodable {
            enum Key: CodingKey { case a, b }
            func encode(to encoder: any Encoder) throws {
                var outer = encoder.container(keyedBy: Key.self)
                var inner = outer.nestedContainer(keyedBy: Key.self, forKey: .a)
                try outer.encode(1, forKey: .b)
                try inner.encode(2, forKey: .a)
            }
        }
        #expect(throws: EncodingError.self) { try RecordCoding.text(Late()) }
    }
}
