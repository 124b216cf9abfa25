import Testing
import XMLRPC

@Suite struct XMLRPCWriterTests {
    private static func text(_ value: XMLRPCValue, size: Int = 32 << 10) -> String {
        String(decoding: Array(XMLRPCWriter(value, size: size).joined()), as: UTF8.self)
    }

    static let values: [(XMLRPCValue, String)] = [
        (.null, "<value><nil/></value>"),
        (true, "<value><boolean>1</boolean></value>"),
        (false, "<value><boolean>0</boolean></value>"),
        (-7, "<value><int>-7</int></value>"),
        (2_147_483_647, "<value><int>2147483647</int></value>"),
        (2_147_483_648, "<value><i8>2147483648</i8></value>"),
        (.double(1.5), "<value><double>1.5</double></value>"),
        ("", "<value><string></string></value>"),
        ("a < b & c > d 'x' \"y\"", "<value><string>a &lt; b &amp; c &gt; d 'x' \"y\"</string></value>"),
        ("a\n\tb\r\n", "<value><string>a\n\tb&#13;\n</string></value>"),
        ("ñ€🎉", "<value><string>ñ€🎉</string></value>"),
        // What XML cannot hold is left out.
        ("\u{1B}[31mred\u{0}\u{FFFE}\u{FFFF}\u{FFFD}", "<value><string>[31mred\u{FFFD}</string></value>"),
        (.dateTime("20260131T10:11:12"), "<value><dateTime.iso8601>20260131T10:11:12</dateTime.iso8601></value>"),
        (.base64(Array("hello".utf8)), "<value><base64>aGVsbG8=</base64></value>"),
        ([], "<value><array><data></data></array></value>"),
        (
            [1, ["x"]],
            "<value><array><data><value><int>1</int></value><value><array><data><value><string>x</string></value>"
                + "</data></array></value></data></array></value>"
        ),
        (
            ["b": 1, "<a>": []],
            "<value><struct><member><name>b</name><value><int>1</int></value></member><member><name>&lt;a&gt;</name>"
                + "<value><array><data></data></array></value></member></struct></value>"
        ),
    ]

    @Test(arguments: values) func writes(_ value: XMLRPCValue, _ text: String) {
        #expect(Self.text(value) == text)
    }

    @Test(arguments: values, [1, 40, 32 << 10])
    func whatWasWrittenStandsAsItIs(_ value: (XMLRPCValue, String), _ size: Int) {
        let written = value.0.written()
        #expect(Self.text(written, size: size) == value.1)
        #expect(
            Self.text([written, 1, ["a": written]], size: size) == Self.text([value.0, 1, ["a": value.0]], size: size))
    }

    @Test func answers() {
        let value = String(decoding: Array(XMLRPCWriter(.value([true, ""])).joined()), as: UTF8.self)
        #expect(
            value == "<?xml version='1.0'?>\n<methodResponse><params><param><value><array><data><value><boolean>1"
                + "</boolean></value><value><string></string></value></data></array></value></param></params>"
                + "</methodResponse>\n")
        let fault = String(decoding: Array(XMLRPCWriter(.fault(code: 1, text: "a<b")).joined()), as: UTF8.self)
        #expect(
            fault
                == "<?xml version='1.0'?>\n<methodResponse><fault><value><struct><member><name>faultCode</name><value>"
                + "<int>1</int></value></member><member><name>faultString</name><value><string>a&lt;b</string></value>"
                + "</member></struct></value></fault></methodResponse>\n")
    }

    /// Values of every kind, drawn from a known sequence.
    private struct Drawn {
        var state: UInt64

        mutating func draw(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }

        private static let texts = ["", "a", " b ", "<&>\"'", "ñ€🎉\u{FFFD}", "l1\nl2\r\n", "]]>", "0", "\u{EFFF}"]

        mutating func value(_ depth: Int) -> XMLRPCValue {
            switch draw(depth < 4 ? 9 : 7) {
            case 0: .null
            case 1: .boolean(draw(2) == 0)
            case 2: .integer(Int64(draw(2000)) - 1000)
            case 3: .integer(Int64.max - Int64(draw(9)))
            case 4: .double(Double(draw(1000)) / 8)
            case 5: .base64((0..<draw(5)).map { UInt8($0) })
            case 6: .string((0..<draw(40)).map { _ in Self.texts[draw(Self.texts.count)] }.joined())
            case 7: .array((0..<draw(6)).map { _ in value(depth + 1) })
            default:
                .structure((0..<draw(6)).map { .init(Self.texts[draw(Self.texts.count)] + "\($0)", value(depth + 1)) })
            }
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>) func whatIsWrittenReadsAsTheSame(_ seed: UInt64) throws {
        var drawn = Drawn(state: seed)
        for _ in 0..<50 {
            let value = drawn.value(0)
            let call =
                "<methodCall><methodName>M</methodName><params><param>\(Self.text(value))</param></params></methodCall>"
            #expect(try XMLRPCCall(parsing: Array(call.utf8)).parameters == [value])
            for size in [1, 5, 100] { #expect(Self.text(value, size: size) == Self.text(value), "\(size)") }
        }
    }

    @Test func aLongAnswerComesInPieces() {
        let value = XMLRPCValue.array([.string(String(repeating: "a&b\n", count: 100_000)), "end"])
        var writer = XMLRPCWriter(.value(value), size: 4096)
        var pieces = 0
        var count = 0
        while let piece = writer.next() {
            pieces += 1
            count += piece.count
            #expect(piece.count < 4 * 4096 + 1024)
            #expect(writer.isAtEnd || !piece.isEmpty)
        }
        #expect(writer.isAtEnd)
        #expect(pieces > 50)
        #expect(count > 800_000)
    }
}
