import RADL
import Testing

@testable import RADLLanguageServer

/// Layout changes blanks and nothing else.
@Suite struct FormatterTests {
    static func format(_ text: String) throws -> String {
        try RADLFormatter.format(RADLSource(text: text))
    }

    static let cases: [(before: String, after: String)] = [
        ("", ""),
        ("\n\n", ""),
        ("system a ()", "system a ()\n"),
        ("system a", "system a\n"),
        (
            "network n(outbound='yes'and outports='22,80')system s(cpu.count>=2)deploy s 2",
            "network n (outbound = 'yes' and outports = '22,80')\nsystem s (cpu.count >= 2)\ndeploy s 2\n"
        ),
        (
            "system s (\ncpu.count>=2\nand memory.size>=512 m)\ndeploy s 1 one",
            "system s (\n    cpu.count >= 2 and\n    memory.size >= 512m\n)\n\ndeploy s 1 one\n"
        ),
        (
            "# top\n\n\n\n# of s\nsystem s ( # open\n  # first\n a = 1 # one  \n and b = ['x' ,'y'] # two\n # last\n) # end\n\n# tail",
            """
            # top

            # of s
            system s (  # open
                # first
                a = 1 and  # one
                b = ['x', 'y']  # two
                # last
            )  # end

            # tail

            """
        ),
        (
            "system s (\n\n\n a = 1 and\n\n\n b contains (name='x' and\n version='1') and soft 50 (c>=2)\n\n)",
            """
            system s (
                a = 1 and

                b contains (
                    name = 'x' and
                    version = '1'
                ) and
                soft 50 (c >= 2)
            )

            """
        ),
        (
            "configure c (@begin\n---\n  - tasks: []  \n\n@end\n  )\ncontextualize 10 (option o='x' system a configure c step 2 system b configure c with cloud_init)",
            """
            configure c (
            @begin
            ---
              - tasks: []  

            @end
            )

            contextualize 10 (
                option o = 'x'
                system a configure c step 2
                system b configure c with cloud_init
            )

            """
        ),
        ("system a ()\r\nsystem b (\r\nx=1)", "system a ()\r\n\r\nsystem b (\r\n    x = 1\r\n)\r\n"),
        ("\u{FEFF}system a (x='ü\n  y' and z=[])", "system a (x = 'ü\n  y' and z = [])\n"),
        ("system a (x >= 2 .5)", "system a (x >= 2 .5)\n"),
        (
            "system a (\n  x = 1 and # c\n  # d\n  y = [\n 'a', # first\n 'b'\n] and z = 2)",
            """
            system a (
                x = 1 and  # c
                # d
                y = [
                    'a',  # first
                    'b'
                ] and
                z = 2
            )

            """
        ),
    ]

    @Test(arguments: cases)
    func layout(text: (before: String, after: String)) throws {
        #expect(try Self.format(text.before) == text.after)
        #expect(try Self.format(text.after) == text.after)
    }

    @Test func longSentencesAreBroken() throws {
        let features = (0..<12).map { "feature.\($0) = 'value'" }
        let text = try Self.format("system a (\(features.joined(separator: " and ")))")
        #expect(text == "system a (\n    \(features.joined(separator: " and\n    "))\n)\n")
        let list = (0..<12).map { "'image-number-\($0)'" }
        let inner = try Self.format("system a (u = [\(list.joined(separator: ","))])")
        #expect(inner.contains("\n        'image-number-3',\n"))
        #expect(try Self.format(inner) == inner)
    }

    @Test func mistakesAreLeftAlone() {
        #expect(throws: RADLFormatter.Refusal.self) { try Self.format("system a (x = )") }
    }

    @Test func `a comment behind 'and' brings no empty line`() throws {
        let text = "network n (\n outbound = 'yes' # one\n and # two\n outports = '22' # three\n)"
        let formatted = try RADLFormatter.format(RADLSource(text: text))
        #expect(!formatted.contains("\n\n"), "\(formatted)")
        #expect(try RADLFormatter.format(RADLSource(text: formatted)) == formatted)
        #expect(
            try RADLFormatter.format(RADLSource(text: "system a (\n x = 1\n and\n y = 2\n)"))
                == "system a (\n    x = 1 and\n    y = 2\n)\n")
    }
}
