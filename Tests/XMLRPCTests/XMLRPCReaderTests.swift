import Testing
import XMLRPC

/// What clients send.
@Suite struct XMLRPCReaderTests {
    private static func call(_ parameters: String) -> [UInt8] {
        Array("<?xml version='1.0'?>\n<methodCall><methodName>M</methodName>\(parameters)</methodCall>\n".utf8)
    }

    private static func value(_ text: String) throws -> XMLRPCValue {
        let call = try XMLRPCCall(parsing: call("<params><param>\(text)</param></params>"))
        #expect(call.method == "M")
        return try #require(call.parameters.first)
    }

    static let values: [(String, XMLRPCValue)] = [
        ("<value><int>5</int></value>", 5),
        ("<value><i4>-2147483648</i4></value>", -2_147_483_648),
        ("<value><i8>9223372036854775807</i8></value>", .integer(.max)),
        ("<value> <int> 7\n</int> </value>", 7),
        ("<value><int>+7</int></value>", 7),
        ("<value><boolean>1</boolean></value>", true),
        ("<value><boolean>false</boolean></value>", false),
        ("<value><double>-1.5e3</double></value>", .double(-1500)),
        ("<value><string>a</string></value>", "a"),
        ("<value>a b</value>", "a b"),
        ("<value> a\n</value>", " a\n"),
        ("<value></value>", ""),
        ("<value/>", ""),
        ("<value><string/></value>", ""),
        ("<value><string>&lt;&amp;&gt;&quot;&apos;&#10;&#x20AC;</string></value>", "<&>\"'\n€"),
        ("<value><string><![CDATA[<deploy> & ]]]]><![CDATA[>]]></string></value>", "<deploy> & ]]>"),
        ("<value><string>a<!-- no part of it -->b</string></value>", "ab"),
        ("<value><string>ñ€🎉</string></value>", "ñ€🎉"),
        ("<value><string>a\r\nb</string></value>", "a\nb"),
        ("<value><string>a&#13;\nb</string></value>", "a\r\nb"),
        ("<value><nil/></value>", .null),
        ("<value><ex:nil xmlns:ex='http://ws.apache.org/xmlrpc/namespaces/extensions'/></value>", .null),
        ("<value><ex:i8 xmlns:ex='urn:x'>4294967296</ex:i8></value>", .integer(4_294_967_296)),
        ("<value><dateTime.iso8601>20260131T10:11:12</dateTime.iso8601></value>", .dateTime("20260131T10:11:12")),
        ("<value><base64>aGVs\n bG8=</base64></value>", .base64(Array("hello".utf8))),
        ("<value><base64></base64></value>", .base64([])),
        ("<value><array><data></data></array></value>", []),
        ("<value><array><data/></array></value>", []),
        ("<value><array/></value>", []),
        (
            "<value><array><data>\n<value><int>1</int></value>\n<value><array><data><value>x</value></data></array>"
                + "</value>\n</data></array></value>", [1, ["x"]]
        ),
        ("<value><struct></struct></value>", .structure([])),
        (
            "<value><struct>\n<member>\n<name>a b</name>\n<value><int>1</int></value>\n</member><member><name>s"
                + "</name><value><struct><member><name/><value/></member></struct></value></member></struct></value>",
            .structure([.init("a b", 1), .init("s", .structure([.init("", "")]))])
        ),
    ]

    @Test(arguments: values) func reads(_ text: String, _ value: XMLRPCValue) throws {
        #expect(try Self.value(text) == value)
    }

    @Test(arguments: ["", "<params/>", "<params></params>", "<params>\n</params>", "<!-- none -->"])
    func callsWithoutParameters(_ text: String) throws {
        #expect(try XMLRPCCall(parsing: Self.call(text)) == XMLRPCCall(method: "M", parameters: []))
    }

    @Test(arguments: values) func inPiecesOfAnySize(_ text: String, _ value: XMLRPCValue) throws {
        let bytes = Self.call("<params><param>\(text)</param><param>\(text)</param></params>")
        for size in [1, 2, 3, 7, 64] {
            let reader = try XMLRPCReader()
            for start in stride(from: 0, to: bytes.count, by: size) {
                try reader.read(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            #expect(try reader.finish() == XMLRPCCall(method: "M", parameters: [value, value]), "\(size)")
        }
    }

    @Test func declarationAfterAnEmptyLine() throws {
        let bytes = Array("\r\n \n".utf8) + Self.call("")
        #expect(try XMLRPCCall(parsing: bytes).method == "M")
    }

    @Test func encodingsThatAreDeclared() throws {
        let latin =
            Array("<?xml version='1.0' encoding='ISO-8859-1'?><methodCall><methodName>M</methodName>".utf8)
            + Array("<params><param><value>".utf8) + [0xF1] + Array("</value></param></params></methodCall>".utf8)
        #expect(try XMLRPCCall(parsing: latin).parameters == ["ñ"])
        let marked: [UInt8] = [0xEF, 0xBB, 0xBF] + Self.call("<params><param><value>ñ</value></param></params>")
        #expect(try XMLRPCCall(parsing: marked).parameters == ["ñ"])
        let wide = Self.call("<params><param><value>€</value></param></params>")
        let text = String(decoding: wide, as: UTF8.self).replacing(
            "version='1.0'", with: "version='1.0' encoding='UTF-16'")
        let utf16: [UInt8] = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        #expect(try XMLRPCCall(parsing: [0xFF, 0xFE] + utf16).parameters == ["€"])
    }

    @Test func aLargeDocument() throws {
        let line = "system node (cpu.count >= 1 and memory.size >= 512m)\n"
        let document = String(repeating: line, count: 300_000)
        let escaped = document.replacing(">", with: "&gt;")
        #expect(
            try Self.value("<value><string>\(escaped)</string></value>") == .string(document))
        #expect(try Self.value("<value><![CDATA[\(document)]]></value>") == .string(document))
    }

    @Test func deepUpToTheLimit() throws {
        let depth = XMLRPCLimits().depth
        let text =
            String(repeating: "<value><array><data>", count: depth)
            + String(repeating: "</data></array></value>", count: depth)
        #expect(throws: Never.self) { try Self.value(text) }
    }
}
