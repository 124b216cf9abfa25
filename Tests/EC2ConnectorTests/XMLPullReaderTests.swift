import Testing

@testable import EC2

@Suite("XML pull reader")
struct XMLPullReaderTests {
    /// The document as nested text: `name(children)` or `name=text`.
    private func outline(_ xml: String) throws -> String {
        let reader = try XMLPullReader(Array(xml.utf8))
        func read(_ name: String) throws -> String {
            var parts: [String] = []
            try reader.children { parts.append(try read($0)) }
            return parts.isEmpty ? name : "\(name)(\(parts.joined(separator: " ")))"
        }
        return try reader.document { try read($0) }
    }

    private func text(_ xml: String) throws -> String {
        let reader = try XMLPullReader(Array(xml.utf8))
        return try reader.document { _ in try reader.text() }
    }

    @Test(arguments: [
        ("<a/>", "a"), ("<a></a>", "a"), ("<a><b/><c><d/></c></a>", "a(b c(d))"),
        ("<x:a xmlns:x='urn:x'><x:b/></x:a>", "a(b)"), ("<?xml version='1.0'?>\n<!-- c -->\n<a> <b/> t </a>\n", "a(b)"),
        ("<a><b>t<c/>t</b><b/></a>", "a(b(c) b)"),
    ])
    func readsElements(xml: String, expected: String) throws {
        #expect(try outline(xml) == expected)
    }

    @Test(arguments: [
        ("<a/>", ""), ("<a></a>", ""), ("<a> t </a>", " t "), ("<a>a&amp;b &lt;&#65;&gt;</a>", "a&b <A>"),
        ("<a>x<![CDATA[<&>]]>y</a>", "x<&>y"), ("<a>one<b>not this</b>two</a>", "onetwo"), ("<a>é€😀</a>", "é€😀"),
        ("<a>x<!-- c -->y<?p q?>z</a>", "xyz"),
    ])
    func readsText(xml: String, expected: String) throws {
        #expect(try text(xml) == expected)
    }

    @Test func skipsWhatIsNotRead() throws {
        let xml = "<a><skip><deep><deeper>1</deeper></deep></skip><half><x>2</x><y>3</y></half><last>4</last></a>"
        let reader = try XMLPullReader(Array(xml.utf8))
        var seen: [String] = []
        try reader.document { _ in
            try reader.children { name in
                switch name {
                case "half": try reader.children { if $0 == "x" { seen.append(try reader.text()) } }
                case "last": seen.append(try reader.text())
                default: break
                }
            }
        }
        #expect(seen == ["2", "4"])
    }

    @Test(arguments: [
        "", " ", "no xml", "<a>", "<a><b></a>", "<a></b>", "<a/><b/>", "<a>&nope;</a>", "<a b='1' b='2'/>",
        "<a>\u{1}</a>", "<a>trunc", "<a/>trailing",
        "<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        "<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/x.dtd'><a/>",
        "<!DOCTYPE a [<!ENTITY x 'xx'><!ENTITY y '&x;&x;&x;'><!ENTITY z '&y;&y;&y;'>]><a>&z;</a>",
    ])
    func refuses(xml: String) {
        #expect(throws: XMLError.self) { try outline(xml) }
    }

    @Test func refusesDepth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        #expect(throws: XMLError.self) { try outline(nested(XMLPullReader.maximumDepth + 2)) }
        #expect(try outline(nested(XMLPullReader.maximumDepth)).hasPrefix("a(a("))
        // Also where nobody reads it.
        let hidden = "<r><skip>" + nested(2_000) + "</skip></r>"
        #expect(throws: XMLError.self) { try outline(hidden) }
    }

    @Test func everyTruncationIsAnError() {
        let xml = Array("<a><b>text &amp; more</b><c><![CDATA[x]]></c></a>".utf8)
        for length in 0..<xml.count {
            #expect(throws: XMLError.self, "\(length)") {
                let reader = try XMLPullReader(Array(xml[..<length]))
                try reader.document { _ in try reader.children { _ in _ = try reader.text() } }
            }
        }
    }

    @Test func readsAThousandInstances() throws {
        let items = (0..<1_000).map { Canned.instance(Canned.id($0), index: $0, tags: ["k": "v\($0)"]) }
        let xml =
            "<DescribeInstancesResponse xmlns='urn:x'>\(Canned.reservation(items.joined()))<nextToken>t</nextToken>"
            + "</DescribeInstancesResponse>"
        let reader = try XMLPullReader(Array(xml.utf8))
        let answer = try reader.document { _ in try EC2Instances(reader) }
        #expect(answer.items.map(\.id) == (0..<1_000).map(Canned.id))
        #expect(answer.items[999].tags == ["k": "v999"])
        #expect(answer.nextToken == "t")
    }
}
