import RADL
import Testing

@Suite("Print")
struct PrintTests {
    @Test(arguments: [
        "x", "o'brien", "'", "''", "a\\nb", "a\\\\b", "a\\\\", "\\d+", "multi\nline", "#no comment", "(", "ñ€🎉", "",
        "C:\\dir\\file", "--- \"quoted\" ---", "\t", "\\\\'", "a\\'b", "a\\", "a\\\nb", "\\\\\\", "\\", "\\'", "'\\",
        "a\\\\\\'b\\n\\",
    ])
    func `strings survive`(_ text: String) throws {
        var document = RADLDocument()
        document.systems = [
            RADLSystem(
                id: "a",
                features: Features([Feature("x", .string(text, .equal)), Feature("y", .list(["y" + text], .equal))]))
        ]
        for style in [RADLTextStyle.exact, .im] {
            let again = try RADLDocument(parsing: document.text(style: style))
            #expect(again.systems == document.systems)
        }
        #expect(try RADLDocument(parsingJSON: document.jsonText()).systems == document.systems)
    }

    /// IM skips the backslash behind the string, and keeps those within.
    @Test func `what IM has no way for is written so that it reads something`() throws {
        let json = #"[{"class": "system", "id": "a", "x": "C:\\", "y": ["it\\'s", "b\\"]}]"#
        let document = try RADLDocument(parsingJSON: json)
        #expect(document.text(style: .im).contains(#"x = 'C:\\'\ and"#))
        #expect(document.text().contains(#"y = ['it\\\'s'\,'b\\'\]"#))
        #expect(try RADLDocument(parsing: document.text()).jsonText() == document.jsonText())
        // Without the backslash behind it, as IM reads.
        let plain = try RADLDocument(parsing: #"system a (x = 'C:\\' and y = 'a\'b')"#)
        #expect(plain.systems[0].features.string("x") == #"C:\\"#)
        #expect(plain.systems[0].features.string("y") == "a'b")
    }

    @Test func `all sentences, exactly`() throws {
        let text = """
            description d
            ansible h (host = '10.0.0.9' and
            credentials.username = 'u' and
            credentials.password = 'p')
            network n ( outbound = 'yes' )
            network r 
            system a (
            cpu.count >= 2 and
            cpu.count < 4 and
            disk.0.applications contains (name = 'x' and
            version >= '1.2') and
            disk.0.applications contains (name = 'y') and
            soft 10.5 ( memory.size >= 2G and
            soft 1 ( x = [] ) )
            )

            system r 
            configure a (
            @begin
            - tasks: []
            @end
            )
            configure b ()
            configure c
            contextualize 300 (
            option ansible_version = '2.9'
            system a configure a step 1 
            system a configure c  with cloud_init
            )
            deploy a 2 ost1
            """
        #expect(try RADLDocument(parsing: text).text() == text)
        let short = try RADLDocument(parsing: "contextualize 10 ()\nsystem a ()")
        #expect(short.text() == "system a (\n\n)\n\ncontextualize 10 ()")
        #expect(short.text(style: .im) == "system a (\n\n)\n\ncontextualize ()")
    }

    @Test func `a recipe never grows`() throws {
        var document = try RADLDocument(parsing: "configure a (\n@begin - x: y\n@end\n)")
        let first = document.configures[0].recipe
        for _ in 0..<3 { document = try RADLDocument(parsing: document.text()) }
        #expect(document.configures[0].recipe == first)
        #expect(document.text(style: .im) == "configure a (\n@begin\n - x: y\n\n@end\n)\n")
    }

    @Test func `an item with step and tool is printed with the one that matters`() throws {
        let json = """
            [{"class": "contextualize", "items": [
              {"system": "a", "configure": "b", "step": 1, "ctxt_tool": "cloud_init"},
              {"system": "a", "configure": "c", "step": 1, "ctxt_tool": "Ansible"}]}]
            """
        let text = try RADLDocument(parsingJSON: json).text()
        #expect(text.contains("system a configure b  with cloud_init\nsystem a configure c step 1 \n"))
        #expect(throws: Never.self) { try RADLDocument(parsing: text) }
    }

    @Test(arguments: [("---\\n- tasks: []", "\n---\n- tasks: []"), ("\\n- a", "\n- a"), ("\\r\\n- a", "\r\n- a")])
    func `recipes are written below their begin`(_ json: String, _ recipe: String) throws {
        let document = try RADLDocument(parsingJSON: #"[{"class":"configure","id":"a","recipes":"\#(json)"}]"#)
        let below = document.withRecipesBelow
        #expect(below.configures.map(\.recipe) == [recipe + "\n"])
        #expect(below.withRecipesBelow == below && RADLDifference(from: document, to: below).isEmpty)
        #expect(try RADLDocument(parsing: below.text()) == below)
        #expect(
            try RADLDocument(parsingJSON: #"[{"class":"configure","id":"a","recipes":null}]"#).withRecipesBelow
                .configures
                .map(\.content) == [.disabled])
    }

    /// Only the text form draws: what another form calls `random(12)` is that text, also where it has been printed.
    @Test func `a text that reads random is not drawn`() throws {
        let json = """
            [{"class":"system","id":"a","x":"random(12)","y":["random(3)"],"z":[{"name":"random(4)"}]},\
            {"class":"contextualize","options":{"o":"random(5)"}}]
            """
        var document = try RADLDocument(parsingJSON: json)
        #expect(document.jsonText() == json)
        document.systems[0].features.set("set", to: "random(1)")
        for style in [RADLTextStyle.exact, .im] {
            let text = document.text(style: style)
            #expect(text.contains("x = 'random(12)'\\ and") && text.contains("y = ['random(3)'\\]"))
            #expect(try RADLDocument(parsing: text) == document)
            #expect(RADLDocument.read(RADLSource(text: text)).warnings.isEmpty)
        }
        let drawn = try RADLDocument(parsing: "system a (x = 'random(12)')")
        #expect(drawn.undrawn.text().contains("x = 'random(12)'\n"))
        #expect(drawn.undrawn.undrawn.text() == drawn.undrawn.text())
        for text in ["random()", "random(x)", "random(1) ", "Random(1)", "random(1"] {
            let document = try RADLDocument(parsing: "system a (x = '\(text)')")
            #expect(document.systems[0].features.string("x") == text)
            #expect(document.text().contains("x = '\(text)'\n"))
        }
    }

    @Test func `random characters come from the generator`() throws {
        let source = RADLSource(text: "system a (x = 'random(20)' and y = 'random(0)')")
        var one = CountingGenerator()
        var other = CountingGenerator()
        let first = try RADLDocument(parsing: source, using: &one)
        #expect(try first == RADLDocument(parsing: source, using: &other))
        #expect(first.systems[0].features.string("x")?.count == 20)
        #expect(first.systems[0].features.string("y") == "")
        #expect(try first != RADLDocument(parsing: source, using: &one))
    }
}
