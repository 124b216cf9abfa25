import Testing
import XMLRPC

/// What is no call: a clear error, at once.
@Suite struct XMLRPCRefusalTests {
    private static func call(_ value: String) -> String {
        "<methodCall><methodName>M</methodName><params><param>\(value)</param></params></methodCall>"
    }

    /// Text, and what the error says.
    static let refused: [(String, String)] = [
        ("", "empty"),
        (" \n ", "empty"),
        ("not xml", "well-formed"),
        ("{\"method\": 1}", "well-formed"),
        ("<methodCall>", "well-formed"),
        ("<methodCall></methodcall>", "well-formed"),
        ("<methodCall/>", "no methodName"),
        ("<methodCall><methodName/></methodCall>", "methodName is empty"),
        ("<methodResponse/>", "<methodResponse> cannot stand here"),
        ("<html><body>x</body></html>", "<html> cannot stand here"),
        ("<methodCall><methodName>M</methodName><methodName>N</methodName></methodCall>", "<methodName> cannot stand"),
        ("<methodCall>x<methodName>M</methodName></methodCall>", "text in methodCall"),
        (
            "<methodCall><methodName>M</methodName><params><value/></params></methodCall>",
            "<value> cannot stand in params"
        ),
        ("<methodCall><methodName>M</methodName></methodCall><methodCall/>", "well-formed"),
        (call("<int>1</int>"), "<int> cannot stand in param"),
        (call("<value><int>x</int></value>"), "line 1: an int"),
        (call("<value><int></int></value>"), "an int"),
        (call("<value><int>1.5</int></value>"), "an int"),
        (call("<value><i8>9223372036854775808</i8></value>"), "an int"),
        (call("<value><double>x</double></value>"), "a double"),
        (call("<value><double>nan</double></value>"), "a double"),
        (call("<value><boolean>2</boolean></value>"), "a boolean"),
        (call("<value><base64>?</base64></value>"), "base64"),
        (call("<value><text>x</text></value>"), "'text' is no type"),
        (call("<value>x<int>1</int></value>"), "text in value"),
        (call("<value><int>1</int>x</value>"), "text in value"),
        (call("<value><int>1</int><int>2</int></value>"), "<int> cannot stand in value"),
        (call("<value><int><int>1</int></int></value>"), "<int> cannot stand"),
        (call("<value><array><value/></array></value>"), "<value> cannot stand in array"),
        (call("<value><struct><member><name>a</name></member></struct></value>"), "name and a value"),
        (call("<value><struct><member><value/></member></struct></value>"), "one name, then one value"),
        (
            call("<value><struct><member><name>a</name><value/><value/></member></struct></value>"),
            "one name, then one value"
        ),
        (call("<value>&nbsp;</value>"), "well-formed"),
        (call("<value>\u{1}</value>"), "well-formed"),
        (call("<value>&#0;</value>"), "well-formed"),
        ("<!DOCTYPE methodCall SYSTEM 'file:///etc/passwd'>" + call("<value/>"), "document type"),
        (
            "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>" + call("<value>&e;</value>"),
            "document type"
        ),
        (
            "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>"
                + (1...20).map { "<!ENTITY a\($0) '&a\($0 - 1);&a\($0 - 1);'>" }.joined() + "]>"
                + call("<value>&a20;</value>"), "document type"
        ),
        (call(String(repeating: "<value><array><data>", count: 10_000)), "deeper than 32"),
        (String(repeating: "<methodCall>", count: 10_000), "<methodCall> cannot stand in methodCall"),
        (call("<value " + (0..<100_000).map { "a\($0)=''" }.joined(separator: " ") + "/>"), "a tag"),
        (call("<value " + (0..<100).map { "a\($0)=''" }.joined(separator: " ") + "/>"), "attributes"),
        (call("<value>" + "<" + String(repeating: "a", count: 10_000_000) + "/></value>"), "a tag"),
        (call("<value><!--" + String(repeating: "a", count: 10_000_000) + "--></value>"), "a tag or comment"),
        (call("<value><array><data>" + String(repeating: "<value/>", count: 300_000)), "more than 250000 values"),
    ]

    @Test(arguments: refused.indices) func refuses(_ index: Int) throws {
        let (text, words) = Self.refused[index]
        let error = #expect(throws: XMLRPCError.self, "\(text.prefix(80))") {
            try XMLRPCCall(parsing: Array(text.utf8))
        }
        #expect(error?.message.contains(words) == true, "\(text.prefix(80)): \(error?.message ?? "")")
        #expect(error?.message.contains("passwd") == false)
        #expect(error.map { $0.message.utf8.count < 300 } == true, "\(error?.message ?? "")")
    }

    @Test func bytesOfAnotherEncoding() {
        let head = Array("<methodCall><methodName>M</methodName><params><param><value>".utf8)
        let tail = Array("</value></param></params></methodCall>".utf8)
        for bytes in [[0xF1], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xFF, 0xFE]] as [[UInt8]] {
            let error = #expect(throws: XMLRPCError.self) { try XMLRPCCall(parsing: head + bytes + tail) }
            #expect(error?.message.contains("well-formed") == true, "\(error?.message ?? "")")
        }
    }

    @Test func everyHalfCall() {
        let text = Self.call(
            "<value><struct><member><name>a</name><value><array><data><value><int>1</int></value></data></array>"
                + "</value></member></struct></value>")
        let bytes = Array(text.utf8)
        #expect(throws: Never.self) { try XMLRPCCall(parsing: bytes) }
        for count in 0..<bytes.count {
            #expect(throws: XMLRPCError.self, "\(count)") { try XMLRPCCall(parsing: Array(bytes.prefix(count))) }
        }
    }

    /// A reader is refused what comes after a mistake, and says the same again.
    @Test func afterAMistake() throws {
        let reader = try XMLRPCReader()
        #expect(throws: XMLRPCError.self) { try reader.read(Array("<methodCall><x>".utf8)) }
        #expect(throws: XMLRPCError.self) { try reader.read(Array("</x></methodCall>".utf8)) }
        #expect(throws: XMLRPCError.self) { try reader.finish() }
    }
}
