import Foundation
import JSONCoding
import Testing

/// What Foundation's coders write is read, and they read what is written.
@Suite struct JSONCodingTests {
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
        double: .leastNonzeroMagnitude, float: 0.1, date: Date(timeIntervalSinceReferenceDate: 812_345_678.123456),
        data: Data([0, 255]), absent: nil, present: 0,
        list: [.none, .one(""), .many(first: -1, second: ["a\"b": 1e300, "": -0.5])], nested: [[], [1, nil, 3]],
        dictionary: ["x": [.a, .b], "y": []], numbers: [1: "one", -2: "two"], url: nil)

    private func text(_ value: some Encodable) throws -> String {
        String(decoding: try JSONText.encode(value), as: UTF8.self)
    }

    @Test func aValueComesBackEqual() throws {
        let text = try self.text(Self.everything)
        #expect(try JSONText.decode(Everything.self, from: text) == Self.everything)
        #expect(try self.text(Self.everything.dictionary["y"]) == "[]")
    }

    @Test func foundationReadsWhatIsWritten() throws {
        var value = Self.everything
        value.data = Data()
        let text = try self.text(value)
        let decoder = JSONDecoder()
        decoder.dataDecodingStrategy = .deferredToData
        #expect(try decoder.decode(Everything.self, from: Data(text.utf8)) == value)
    }

    @Test(
        arguments: [
            (#"{}"#, [:]), (#"{"a":"1","b":""}"#, ["a": "1", "b": ""]), (#"{"\u0061":"1","a":"2"}"#, ["a": "1"]),
            (#"{"a":"1","b":{"c":1}}"#, nil), (#"{"a":null}"#, nil), (#"["a"]"#, nil), (#"null"#, nil),
            (#"{"\ud800":"1"}"#, nil),
        ] as [(String, [String: String]?)])
    func objectsOfStringsAreRead(text: String, expected: [String: String]?) throws {
        if let expected {
            #expect(try JSONText.decode([String: String].self, from: text) == expected)
            #expect(try JSONText.decode([[String: String]].self, from: "[\(text)]") == [expected])
        } else {
            #expect(throws: DecodingError.self) { try JSONText.decode([String: String].self, from: text) }
        }
    }

    @Test(arguments: [JSONEncoder.OutputFormatting(), .prettyPrinted, [.sortedKeys, .withoutEscapingSlashes]])
    func whatFoundationWritesIsRead(_ formatting: JSONEncoder.OutputFormatting) throws {
        let encoder = JSONEncoder()
        encoder.dataEncodingStrategy = .deferredToData
        encoder.outputFormatting = formatting
        let text = String(decoding: try encoder.encode(Self.everything), as: UTF8.self)
        #expect(try JSONText.decode(Everything.self, from: text) == Self.everything)
    }

    @Test(arguments: [
        #""a\u0062\u00f1\ud83d\ude00\/\b\f""#: "abñ😀/\u{8}\u{c}",
        #"  "x"  "#: "x",
    ])
    func escapesAreRead(_ text: String, _ value: String) throws {
        #expect(try JSONText.decode(String.self, from: text) == value)
    }

    @Test func wholeNumbersAreIntegersInAnyForm() throws {
        #expect(try JSONText.decode([Int].self, from: "[1.0, 2e3, -0]") == [1, 2000, 0])
        #expect(throws: DecodingError.self) { try JSONText.decode(Int.self, from: "1.5") }
        #expect(throws: DecodingError.self) { try JSONText.decode(Int8.self, from: "128") }
        #expect(throws: DecodingError.self) { try JSONText.decode(UInt.self, from: "-1") }
        #expect(throws: DecodingError.self) { try JSONText.decode(Int64.self, from: "9223372036854775808") }
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "[1", "[1,", "[1,]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{1:2}", "\"",
        "\"\\",
        "\"\\\"", "nul", "tru", "-", "+1", ".5", "e", "1 2", "[1 2]", "\u{1}", "\"\n\"", "{\"a\" 1}", "[}",
        String(repeating: "[", count: 100_000),
    ])
    func whatIsNoJSONThrows(_ text: String) {
        #expect(throws: DecodingError.self) { try JSONText.decode([String: Int].self, from: text) }
        #expect(throws: DecodingError.self) { try JSONText.decode(String.self, from: text) }
    }

    @Test(arguments: [#""\ud83d""#, #""\u12""#, #""\ud83dx""#, #""\uzzzz""#, #""\udc00""#])
    func brokenEscapesThrow(_ text: String) {
        #expect(throws: DecodingError.self) { try JSONText.decode(String.self, from: text) }
    }

    /// The same numbers in each run.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }

    private struct Inner: Codable { var flag: Bool }
    private struct Outer: Codable { var list: [[String: Inner]] }

    @Test(arguments: [
        (#"{"x":[[{}],1],"list":[{},{"a":{"flag":true},"b":{"flag":1}}]}"#, "list.Index 1.b.flag"),
        (#"{"list":[{},{"a":{"flag":null}}]}"#, "list.Index 1.a.flag"), (#"{"list":[{"a":{}}]}"#, "list.Index 0.a"),
        (#"{"list":{}}"#, "list"), ("[]", ""), (#"{"list":[[]]}"#, "list.Index 0"),
    ])
    func errorsNameThePlace(_ text: String, _ place: String) throws {
        let error = try #require(throws: DecodingError.self) { try JSONText.decode(Outer.self, from: text) }
        let context =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
                .dataCorrupted(let context):
                context
            @unknown default: throw error
            }
        #expect(context.codingPath.map(\.stringValue).joined(separator: ".") == place)
    }

    @Test func errorsHoldNoValue() throws {
        for text in [#"{"list":"secret"}"#, #"{"list":[{"a":{"flag":"secret"}}]}"#, #"{"list":[secret]}"#] {
            let error = #expect(throws: DecodingError.self) { try JSONText.decode(Outer.self, from: text) }
            #expect(!String(reflecting: error).contains("secret"))
        }
    }

    @Test(arguments: [
        #"{"a":1,"b":2,"a":3}"#, #"{"a":1,"\u0061":3,"b":2}"#, #"{"\u0061":1,"a":3,"b":2}"#,
        #"{"b":2,"a":1,"a":3,"b":4}"#,
        "{" + (0..<40).map { #""x\#($0)":0,"# }.joined() + #""a":1,"b":2,"a":3}"#,
        "{" + (0..<30).map { #""x\#($0)":0,"# }.joined() + #""a":1,"b":2,"a":3,"b":5,"a":4}"#,
    ])
    func theFirstOfTwoMembersOfOneNameCounts(_ text: String) throws {
        struct Reversed: Decodable {
            var a: Int
            var b: Int
            enum Key: CodingKey { case a, b }
            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Key.self)
                b = try container.decode(Int.self, forKey: .b)
                a = try container.decode(Int.self, forKey: .a)
            }
        }
        let value = try JSONText.decode(Reversed.self, from: text)
        #expect(value.a == 1)
        #expect(value.b == 2)
        #expect(try JSONText.decode([String: Int].self, from: text)["a"] == 1)
    }

    @Test func largeObjectsAreRead() throws {
        let value = Dictionary(uniqueKeysWithValues: (0..<10_000).map { ("name \($0)", $0) })
        #expect(try JSONText.decode([String: Int].self, from: text(value)) == value)
    }

    @Test func depthIsBounded() throws {
        indirect enum Nest: Decodable {
            case end, list([Nest])
            init(from decoder: any Decoder) throws {
                self = .list(try decoder.singleValueContainer().decode([Nest].self))
            }
        }
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSONText.decode(Nest.self, from: nested(256))
        for depth in [257, 100_000] {
            let error = #expect(throws: DecodingError.self) { try JSONText.decode(Nest.self, from: nested(depth)) }
            #expect(String(describing: error).contains("nested too deep"))
        }
        // Also in a member that nobody asks for.
        #expect(throws: DecodingError.self) {
            try JSONText.decode(Inner.self, from: #"{"flag":true,"later":\#(nested(300))}"#)
        }
        #expect(try JSONText.decode(Inner.self, from: #"{"later":\#(nested(200)),"flag":true}"#).flag)
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
            [0x22, 0xE6, 0xBC, 0x22], [0xFF], [0x22, 0x80, 0x22],
        ] as [[UInt8]])
    func whatIsNoUTF8IsRefused(_ bytes: [UInt8]) {
        let error = #expect(throws: DecodingError.self) { try JSONText.decode(String.self, from: bytes) }
        #expect(String(describing: error).contains("not in UTF-8"))
    }

    @Test(arguments: [
        "0", "-0", "1", "10", "0.5", "-0.0", "1e3", "1E+3", "1e-3", "1.25e2", "123456789012345678901234567890",
        "-1.5E10",
        "0e0", "1e308", "9007199254740993",
    ])
    func numbersAreThoseOfFoundation(_ text: String) throws {
        #expect(
            try JSONText.decode(Double.self, from: text) == JSONDecoder().decode(Double.self, from: Data(text.utf8)))
    }

    @Test(arguments: [
        "00", "01", "-", "-01", "1.", ".1", "1e", "1e+", "1.e1", "0x1", "+1", "1_000", "NaN", "Infinity", "-Infinity",
        "1e400",
        "--1", "1-1", "1e5.5",
    ])
    func whatIsNoNumberThrows(_ text: String) {
        #expect(throws: DecodingError.self) { try JSONText.decode(Double.self, from: text) }
        #expect(throws: DecodingError.self) { try JSONText.decode([Double].self, from: "[\(text)]") }
    }

    @Test func datesAndBytesTakeTheirForm() throws {
        struct Both: Codable, Hashable {
            var date: Date?
            var dates: [Date]
            var data: [String: Data]
        }
        let form = JSONForm(
            dateText: { "T\($0.timeIntervalSince1970)" },
            date: { Double($0.dropFirst()).map(Date.init(timeIntervalSince1970:)) })
        let value = Both(
            date: Date(timeIntervalSince1970: 1), dates: [Date(timeIntervalSince1970: 2)], data: ["x": Data([0, 255])])
        let bytes = try JSONText.encode(value, form: form)
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"date":"T1.0","dates":["T2.0"],"data":{"x":"AP8="}}"#)
        #expect(try JSONText.decode(Both.self, from: bytes, form: form) == value)
        for text in [
            #"{"date":"x","dates":[],"data":{}}"#, #"{"dates":[],"data":{"x":"?"}}"#, #"{"dates":[1],"data":{}}"#,
        ] {
            #expect(throws: DecodingError.self) { try JSONText.decode(Both.self, from: text, form: form) }
        }
    }

    /// Truncated and spoiled texts throw, or give what Foundation's decoder gives.
    @Test func spoiledTextsAreReadAsFoundationReadsThem() throws {
        let decoder = JSONDecoder()
        decoder.dataDecodingStrategy = .deferredToData
        var everything = Self.everything
        // Foundation refuses numbers that are rounded to zero.
        everything.double = 0.1
        let text = Array(try self.text(everything).utf8)
        var generator = Generator(state: 1)
        for round in 0..<5000 {
            var spoiled = text
            if round < text.count { spoiled.removeLast(round) }
            guard !spoiled.isEmpty else { continue }
            for _ in 0..<(round % 4) {
                spoiled[Int.random(in: spoiled.indices, using: &generator)] = UInt8.random(
                    in: .min ... .max, using: &generator)
            }
            // Foundation forgives a comma too many.
            guard let value = try? JSONText.decode(Everything.self, from: spoiled) else { continue }
            #expect(
                try value == decoder.decode(Everything.self, from: Data(spoiled)),
                "\(String(decoding: spoiled, as: UTF8.self))")
        }
    }

    @Test func numbersThatAreNotFiniteThrow() {
        for value in [Double.nan, .infinity, -.infinity] {
            #expect(throws: EncodingError.self) { try text([value]) }
        }
    }

    @Test func aValueMayAskForItsContainerTwice() throws {
        enum Key: CodingKey { case a, b, c }
        struct Part: Encodable {
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Key.self)
                try container.encode([1], forKey: .b)
            }
        }
        struct Whole: Encodable {
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Key.self)
                try container.encode(["x": Part()], forKey: .a)
                try Part().encode(to: encoder)
                try container.encode(true, forKey: .c)
            }
        }
        struct Mixed: Encodable {
            func encode(to encoder: any Encoder) throws {
                _ = encoder.container(keyedBy: Key.self)
                _ = encoder.unkeyedContainer()
            }
        }
        #expect(try text([Whole()]) == #"[{"a":{"x":{"b":[1]}},"b":[1],"c":true}]"#)
        #expect(throws: EncodingError.self) { try text([Mixed()]) }
    }

    @Test func whatASuperclassEncodesIsAValueOfItsOwn() throws {
        class Base: Codable {
            var name = "base"
        }
        final class Derived: Base {
            enum Key: CodingKey { case number }
            var number = 1

            override init() { super.init() }

            override func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Key.self)
                try super.encode(to: container.superEncoder())
                try container.encode(number, forKey: .number)
            }

            required init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Key.self)
                number = try container.decode(Int.self, forKey: .number)
                try super.init(from: container.superDecoder())
            }
        }
        let written = try text(Derived())
        #expect(written == #"{"super":{"name":"base"},"number":1}"#)
        #expect(try JSONText.decode(Derived.self, from: written).name == "base")
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
        #expect(throws: EncodingError.self) { try text(Late()) }
    }
}
