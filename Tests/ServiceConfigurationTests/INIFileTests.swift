import ServiceConfiguration
import Testing

struct INIFileTests {
    @Test func readsWhatPythonWrites() throws {
        let text = """
            # A comment
            ; another
            [DEFAULT]
            folder = /srv

            [im]
            REST_PORT: 8800
            Url = http://host:80/?a=b # no comment
            Path = %(folder)s/im/100%%
            many = one
                two

                three
            empty =
            [OpenNebula]
            IMAGE_UNAME = oneadmin
            """
        let file = try INIFile(text, source: "im.cfg")
        #expect(file.sections.map(\.name) == ["DEFAULT", "im", "OpenNebula"])
        let values = try #require(file.section("im")).entries.map { [$0.name, $0.value] }
        #expect(
            values == [
                ["rest_port", "8800"], ["url", "http://host:80/?a=b # no comment"], ["path", "/srv/im/100%"],
                ["many", "one\ntwo\n\nthree"], ["empty", ""],
            ])
        #expect(file.section("im")?.entries.first?.line == 7)
    }

    @Test(arguments: [
        ("a = 1", "f:1: 'a' stands before the first section: begin with [im]"),
        ("[im]\nword", "f:2: 'word' has no value: write name = value"),
        ("[im]\n= 1", "f:2: there is no name before '='"),
        ("[im]\na = 1\nA = 2", "f:3: 'a' is there already, in line 2; keep one of them"),
        ("[im]\n[im]", "f:2: section [im] is there already; put its options together"),
        (
            "[im\na = 1",
            "f:1: a section is its name in brackets, such as [im]\n"
                + "f:2: 'a' stands before the first section: begin with [im]"
        ),
        ("[im]\na = 50%", "f:2: a: a percent sign is written %%"),
        ("[im]\na = %(b)s", "f:2: a: there is no option 'b' to put in"),
        ("[im]\na = %(a)s", "f:2: a: it refers to itself"),
    ])
    func namesTheLine(text: String, message: String) {
        #expect { try INIFile(text, source: "f") } throws: { "\($0)" == message }
    }

    @Test func referencesCannotExplode() {
        let lines = (0..<9).map { "a\($0) = " + String(repeating: "%(a\($0 + 1))s", count: 50) }
        let text = "[im]\n" + lines.joined(separator: "\n") + "\na9 = " + String(repeating: "x", count: 100)
        #expect { try INIFile(text, source: "f") } throws: { "\($0)".contains("it becomes too long") }
    }
}
