import RADL
import Testing

@Suite("Errors of the text form")
struct ErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var text: String
        var description: String
        var testDescription: String { text }

        init(_ text: String, _ description: String) {
            self.text = text
            self.description = description
        }
    }

    static let cases = [
        Case(
            "system a (\n  cpu.count >= 2,\n  memory.size >= 1G\n)",
            """
            a.radl:2:17: error: expected 'and' or ')', found ','
                  cpu.count >= 2,
                                ^
                features are separated by 'and'
            """),
        Case(
            "netwrok n ()\nsystem a ()",
            """
            a.radl:1:1: error: expected a sentence (network, system, configure, contextualize, deploy, ansible, \
            description), found 'netwrok'
                netwrok n ()
                ^^^^^^^
                did you mean 'network'?
            """),
        Case(
            "system a (\n\tx = 'a\n)\n",
            """
            a.radl:2:6: error: this string has no end
                \tx = 'a
                \t    ^^
                close it with ', and write \\' for a quote within it
            """),
        Case(
            "system ñandú-é (x = 1 and\ny == 2)",
            """
            a.radl:2:3: error: '==' compares nothing
                y == 2)
                  ^^
                did you mean '='?
            """),
        Case(
            "system a (x = 1\ndeploy a 1",
            """
            a.radl:1:10: error: this '(' is never closed
                system a (x = 1
                         ^
                write ')' behind the last feature
            """),
        Case(
            "configure a (\n@begin\n- x: y\n  @end\n)",
            """
            a.radl:4:3: error: the recipe of 'a' has no end: this @end is indented
                  @end
                  ^^^^
                write @end at the beginning of its line
            """),
        Case(
            "configure a (\n@begin\n- x: y\n)",
            """
            a.radl:2:1: error: the recipe of 'a' has no end
                @begin
                ^^^^^^
                write @end at the beginning of a line behind it
            """),
        Case(
            "system a (\n  x = 'b and\n  y = 'c' and\n  z = 'd'\n)\n",
            """
            a.radl:2:7: error: this string has no end
                  x = 'b and
                      ^^
                close it with ', and write \\' for a quote within it
            """),
        Case(
            "system web ()\ndeploy web 1\ncontextualise (\n)",
            """
            a.radl:3:1: error: expected a sentence (network, system, configure, contextualize, deploy, ansible, \
            description), found 'contextualise'
                contextualise (
                ^^^^^^^^^^^^^
                did you mean 'contextualize'?
            """),
        Case(
            "\u{FEFF}system a (x 1)",
            """
            a.radl:1:13: error: expected '=', '<=', '>=', '<', '>' or 'contains' behind 'x', found '1'
                system a (x 1)
                            ^
                write: x = …
            """),
        Case(
            "system a (x = '\u{202E}b\u{7F}' 1)",
            """
            a.radl:1:21: error: expected 'and' or ')', found '1'
                system a (x = '\\u{202E}b\\u{7F}' 1)
                                                ^
            """),
        Case(
            "system a (é = 1 and x = 'ñ' and x = 'o')",
            """
            a.radl:1:13: error: expected a feature, found '='
                system a (é = 1 and x = 'ñ' and x = 'o')
                            ^
            """),
        Case(
            "system a (x >= 5 and\nx <= 1)",
            """
            a.radl:2:1: error: no number is both 'x <= 1' and 'x >= 5' in line 1
                x <= 1)
                ^^^^^^
                change or remove one of them
            """),
        Case(
            "system deploy ()",
            """
            a.radl:1:8: error: expected the id of the system, found the reserved word 'deploy'
                system deploy ()
                       ^^^^^^
                reserved words cannot be ids; choose another name
            """),
        Case(
            "system a (x = linux)",
            """
            a.radl:1:15: error: expected a number, a string or a list as the value of 'x', found 'linux'
                system a (x = linux)
                              ^^^^^
                strings stand in single quotes
            """),
        Case(
            "contextualize (\nsystem a configure b step 1 with x\n)\nsystem a ()\nconfigure b ()",
            """
            a.radl:2:29: error: expected the next item or ')', found the reserved word 'with'
                system a configure b step 1 with x
                                            ^^^^
                an item has a step or a tool, not both
            """),
        Case(
            "# nothing\n",
            """
            a.radl:2:1: error: the document describes nothing
                \n\
                ^
                write at least one of network, system, configure, contextualize, deploy, ansible, description
            """),
    ]

    @Test(arguments: cases)
    func `first error has its place and says what to do`(_ example: Case) throws {
        let errors = try #require(throws: RADLErrors.self) {
            try RADLDocument(parsing: example.text, file: "a.radl")
        }
        #expect(errors.first.description == example.description)
    }

    @Test func `all mistakes of a document are told, in order, each once`() throws {
        let text = """
            network n (outbound = 'yes', outports = '22')
            system a (
              cpu.count => 1 and
              memory.size >= 1G
              disk.0.size = 5G and
              x = [1, 2] and
              net_interface.0.connection = 'n'
            )
            sytem b ()
            system a ()
            deploy a
            contextualize (
              system a configur c
              system a configure c
            )
            deploy a 1
            """
        let reading = RADLDocument.read(RADLSource(text: text))
        #expect(reading.errors.compactMap { $0.range?.line } == [1, 3, 5, 6, 9, 10, 12, 13])
        #expect(reading.document.networks.first?.features.string("outports") == "22")
        #expect(reading.document.system("a")?.features.bytes("disk.0.size") == 5_000_000_000)
        #expect(reading.document.system("a")?.interfaces.first?.connection == "n")
        #expect(reading.document.deploys == [RADLDeploy(system: "a", count: 1)])
        #expect(reading.document.contextualize?.items.count == 1)
    }

    @Test func `a misspelled sentence behind a deploy is no cloud`() throws {
        let errors = try #require(throws: RADLErrors.self) {
            try RADLDocument(parsing: "system a ()\ndeploy a 1\nSystem b ()")
        }
        #expect(errors.first.range?.line == 3)
        #expect(errors.first.hint == "did you mean 'system'? Reserved words are in lower case")
    }

    @Test(arguments: ["system a ()\ndeploy a -3", "system a ()\ndeploy a - 3"])
    func `negative numbers of machines are refused`(text: String) {
        let reading = RADLDocument.read(RADLSource(text: text))
        #expect(reading.errors.map(\.message) == ["the number of machines cannot be negative"])
        #expect(reading.errors.first?.range?.column == 10 && reading.warnings.isEmpty)
        #expect(reading.errors.first?.range?.line == 2)
    }

    private static let tooLarge = "the number of machines is too large: an infrastructure has at most 20000"

    @Test(arguments: [
        ("1.5", "the number of machines has to be whole"),
        ("99999999999999999999999", tooLarge),
        (String(repeating: "9", count: 350), tooLarge),
        (String(repeating: "9", count: 5000), tooLarge),
    ])
    func `numbers of machines that cannot be are told with the limit`(number: String, message: String) {
        let reading = RADLDocument.read(RADLSource(text: "system a ()\ndeploy a \(number) cloud\nnetwork a"))
        #expect(reading.errors.map(\.message) == [message])
        #expect(reading.errors.first?.range?.line == 2)
        #expect(reading.document.networks.count == 1)
    }

    @Test(
        arguments: [
            ("deploy a 20000", nil),
            ("deploy a 20001", "2:the document asks for 20001 machines, an infrastructure has at most 20000"),
            (
                "deploy a 19999\ndeploy a 1\ndeploy a 9223372036854775807\ndeploy a 5",
                "4:the document asks for 9223372036854775807 machines, an infrastructure has at most 20000"
            ),
        ] as [(String, String?)])
    func `too many machines are refused`(text: String, message: String?) throws {
        let errors = try RADLDocument(parsing: "system a ()\n\(text)").check()
        #expect(errors.map { "\($0.range?.line ?? 0):\($0.message)" } == (message.map { [$0] } ?? []))
    }

    @Test(arguments: [
        ("system a (cpu.count = -4)", 23, 2), ("system a (cpu.count >= -  1)", 24, 4),
        ("system a (soft -3 (x = 1))", 16, 2), ("contextualize (option x = -1)", 27, 2),
        ("contextualize - 5 ()", 15, 3), ("contextualize (system a configure b step -2)", 42, 2),
    ])
    func `a number with a sign is refused`(_ text: String, _ column: Int, _ length: Int) {
        let reading = RADLDocument.read(RADLSource(text: text))
        #expect(reading.errors.map(\.message) == ["a number cannot have a sign"])
        #expect(reading.errors.first?.range?.column == column)
        #expect(reading.errors.first?.range?.length == length)
        #expect(reading.warnings.isEmpty)
    }

    @Test func `a name that ends with a dash is no sign`() throws {
        let document = try RADLDocument(parsing: "system a- () system bñ-- (x = 1) deploy a- 3 deploy bñ-- 2")
        #expect(document.deploys.map(\.count) == [3, 2])
    }

    @Test(arguments: [
        "system a (cpu.count = 2 or memory.size = 1G)", "system a (x = 'a' or y = 'b')",
        "system a (x = 'a' OR y = 'b')",
    ])
    func `there is no or`(_ text: String) {
        let errors = RADLDocument.read(RADLSource(text: text)).errors
        #expect(errors.map(\.message) == ["there is no 'or'"])
        #expect(errors.first?.suggestion?.replacement == "and")
    }

    @Test(arguments: [
        ("<!DOCTYPE html><html>404</html>", nil),
        ("tosca_definitions_version: x\ntopology_template:\n  a: {}", "this is a TOSCA template, not RADL"),
        ("include 05-x\n", "write: include NAME, or include 'FILE' in quotes"),
    ])
    func `what is no RADL is one mistake`(_ text: String, _ hint: String?) {
        let found = RADLDocument.diagnostics(of: RADLSource(text: text))
        #expect(found.count == 1 && found.first?.hint == hint, "\(found)")
        // Where a sentence is, what is skipped may be its mistake.
        #expect(RADLDocument.diagnostics(of: RADLSource(text: "system ñ ()")).count == 2)
    }

    @Test func `a document in UTF-16 is told`() {
        for bytes in [[0xFF, 0xFE, 0x73, 0x00], [0xFE, 0xFF, 0x00, 0x73]] as [[UInt8]] {
            let errors = RADLDocument.read(RADLSource(bytes: bytes)).errors
            #expect(errors.map(\.message) == ["the document is in UTF-16"])
            #expect(errors.first?.hint == "save it in UTF-8")
        }
    }

    @Test func `letters of other scripts begin no name`() {
        let warnings = RADLDocument.read(RADLSource(text: "system a (名 = 1 and x = ; 2)")).warnings
        #expect(warnings.map(\.hint) == ["names begin with a letter from a to z, '_' or '.'", nil])
    }

    @Test(arguments: [
        ("22,icmp,23", "'icmp' is none: "), ("22,,23", "there is a comma too many: "), ("22a", ""), ("22, 80", ""),
        ("22,1.2.3.4/33-22, 80", "'1.2.3.4/33' is no range of IPv4 addresses; ' 80' is none: "),
    ])
    func `the item of a list of ports that is none is named`(_ ports: String, _ item: String) throws {
        let error = try #require(try RADLDocument(parsing: "network n (outports = '\(ports)')").check().first)
        #expect(error.hint == item + "write for example '22,8080-80,9000:9100/udp', without blanks")
    }

    @Test func `contextualize alone is one mistake`() throws {
        let part = "contextualize (\n system a configure b\n system c configure d step 2\n)"
        let errors = try RADLDocument(parsing: part).check()
        #expect(errors.map(\.message) == ["contextualize names systems and recipes, and the document has none"])
        #expect(errors.first?.range?.line == 2 && errors.first?.imText == "Line 2: Invalid system id 'a'")
        #expect(errors.first?.hint?.contains("add: system a and configure b, without parentheses") == true)
        let rest = try RADLDocument(parsing: part + "\nsystem a\nconfigure b")
        #expect(rest.check().map { $0.range?.line ?? 0 } == [3, 3])
        #expect(try RADLDocument(parsing: part + "\nsystem a system c configure b configure d").check().isEmpty)
    }

    @Test(arguments: ["system a ()\nsystem a ()", "network a ()\nnetwork a ()"])
    func `an id that is there twice is told once`(_ text: String) {
        let errors = RADLDocument.analyze(RADLSource(text: text)).errors
        #expect(errors.map(\.code) == [.duplicate])
        #expect(errors.first?.range?.line == 2)
    }

    @Test func `mistakes of recipes stand where the document has them`() throws {
        let text = "system a ()\nconfigure a (\n@begin\n- tasks:\n  - ñ: nosuch\n  - password: 'x'\n@end\n)\n"
        let document = try RADLDocument(parsing: text, file: "a.radl")
        let mistake = document.mistake(inRecipe: "a", line: 3, column: 5, "no such module")
        #expect(
            mistake.description
                == "a.radl:5:5: error: recipe 'a': no such module\n      - ñ: nosuch\n        ^")
        let secret = document.mistake(inRecipe: "a", line: 4, column: 5, "no such module", severity: .warning)
        #expect(secret.description == "a.radl:6:5: warning: recipe 'a': no such module")
        #expect(document.mistake(inRecipe: "a", line: nil, "empty").range?.line == 2)
        #expect(document.mistake(inRecipe: "a", line: 99, "beyond").range?.line == 101)
        let elsewhere = document.mistake(inRecipe: "b", line: 1, "elsewhere")
        #expect(elsewhere.description == "a.radl: error: recipe 'b': elsewhere")
    }

    @Test func `skipped characters are warnings`() throws {
        let reading = RADLDocument.read(RADLSource(text: "system a! (x = 'ñ') ;é"))
        #expect(reading.errors.isEmpty)
        #expect(reading.warnings.map(\.message) == ["!", ";", "é"].map { "'\($0)' means nothing here and is skipped" })
        #expect(reading.warnings.compactMap { $0.range?.column } == [9, 21, 22])
        #expect(reading.warnings.allSatisfy { $0.severity == .warning })
    }

    @Test(arguments: [
        "system a (disk.0.os.credentials.password = 'Marker\\'Pass1' 'x')",
        "system a (disk.0.os.credentials.password = 'MarkerPass1' and disk.0.os.credentials.password = 'MarkerPass2')",
        "system a (disk.0.os.credentials.password = 'MarkerPass1' 'MarkerPass2')",
        "system a (vault.password = 'MarkerPass\n)",
        "system a (disk.0.os.credentials.new.password = 'marker') deploy",
        "network a (proxy_host = 'user:MarkerPass1@host:22' 5)",
    ])
    func `no secret stands in an error`(_ text: String) throws {
        let errors = try #require(throws: RADLErrors.self) { try RADLDocument(parsing: text) }
        #expect(!errors.description.lowercased().contains("marker"))
        #expect(!errors.imText.lowercased().contains("marker"))
    }

    @Test func `a weak password is not shown`() throws {
        let document = try RADLDocument(parsing: "system a (disk.0.os.credentials.new.password = 'marker')")
        let error = try #require(document.check().first)
        #expect(error.description.contains("'******'"))
        #expect(!"\(error)".contains("marker"))
    }

    @Test func `long lines are cut around the mistake`() throws {
        let filler = String(repeating: "x", count: 5_000)
        let text = "system a (a = '\(filler)' and b = c and d = '\(filler)')"
        let errors = try #require(throws: RADLErrors.self) { try RADLDocument(parsing: text) }
        let excerpt = try #require(errors.first.excerpt)
        #expect(excerpt.line.count <= 112)
        let scalars = Array(excerpt.line.unicodeScalars)
        #expect(String(String.UnicodeScalarView(scalars[excerpt.indent..<excerpt.indent + excerpt.width])) == "c")
        #expect(errors.first.range?.column == text.utf8.count - filler.count - 12)
    }

    @Test func `a text is never taken for a file name`() throws {
        let errors = try #require(throws: RADLErrors.self) { try RADLDocument(parsing: "/etc/passwd") }
        #expect(errors.imText == "Line 1: Parse error in: LexToken(VAR,'etc',1,1)")
        #expect(!errors.description.contains("root"))
    }
}

@Suite("Errors of the check")
struct CheckTests {
    static let cases: [(String, String)] = [
        (
            "network public ()\nsystem a (net_interface.0.connection = 'pubic')",
            """
            radl:2:40: error: 'net_interface.0.connection' names the network 'pubic', which the document does not have
                system a (net_interface.0.connection = 'pubic')
                                                       ^^^^^^^
                did you mean 'public'?
            """
        ),
        (
            "system a (\n  memory.size >= 1.5 G\n)",
            """
            radl:2:18: error: 'memory.size' has to be a whole number
                  memory.size >= 1.5 G
                                 ^^^^^
                write digits, without quotes and point, and a unit: 512M
            """
        ),
        (
            "system a (spot = 'ye')",
            """
            radl:1:18: error: 'spot' cannot be 'ye'
                system a (spot = 'ye')
                                 ^^^^
                did you mean 'yes'?
            """
        ),
        (
            "system a (memory.size >= 1Ti)",
            """
            radl:1:26: error: 'memory.size' cannot have the unit 'Ti'
                system a (memory.size >= 1Ti)
                                         ^^^
                write TiB
            """
        ),
        (
            "system a (disk.1.size = 5G)",
            """
            radl:1:11: error: system 'a' has disk.1 but no disk.0
                system a (disk.1.size = 5G)
                          ^^^^^^^^^^^^^^^^
                number them from 0 without gaps
            """
        ),
        (
            "system front ()\ndeploy fron 2 ost",
            """
            radl:2:1: error: there is no system 'fron' to deploy
                deploy fron 2 ost
                ^^^^^^^^^^^^^^^^^
                did you mean 'front'?
            """
        ),
        (
            "network n (outports = '22, 80')",
            """
            radl:1:23: error: 'outports' is no list of ports
                network n (outports = '22, 80')
                                      ^^^^^^^^
                write for example '22,8080-80,9000:9100/udp', without blanks
            """
        ),
    ]

    @Test(arguments: cases)
    func `points at the value and says what to write`(_ text: String, _ description: String) throws {
        #expect(try RADLDocument(parsing: text).check().first?.description == description)
    }

    @Test func `all problems are told`() throws {
        let document = try RADLDocument(
            parsing: """
                network n (outbound = 'maybe')
                system a (cpu.count = '2' and memory.size >= 1X and disk.0.image.url = 5 and disk.0.size = 1
                  and soft 1 (spot = 'perhaps') and disk.0.applications contains (name = '' and version = 'x'))
                deploy b 1
                contextualize (system c configure d)
                """)
        #expect(
            document.check().map(\.code) == [
                // Behind all others: features with an index, as in IM.
                .value, .type, .unit, .value, .type, .value, .value, .reference, .reference, .reference,
            ])
        #expect(throws: RADLErrors.self) { try document.validate() }
    }

    @Test(arguments: [
        (
            "system a (net_interface.0.connection = '')",
            "Line 1: Invalid value in property 'net_interface.0.connection'"
        ),
        (
            "system a (disk.0.os.name = 5 and\ndisk.0.os.credentials.new.password = 'x' and disk.0.os.version = 7)",
            "Line 2: Invalid value in property 'disk.0.os.credentials.new.password'"
        ),
        ("system a (soft 1 (disk.1.size = 1G))", "Invalid indices values in properties 'disk'"),
        ("network n (outports = '')", "Line 1: Invalid value in property 'outports'"),
    ])
    func `the first error is IM's`(_ text: String, _ imText: String) throws {
        #expect(try RADLDocument(parsing: text).check().first?.imText == imText)
    }

    @Test func `near misses of feature names are warnings`() throws {
        let document = try RADLDocument(
            parsing: "system a (memory.sise >= 1G and disk.0.imge.url = 'x' and ec3_max_instances = 5)")
        #expect(
            document.misspellings().map(\.hint) == [
                "did you mean 'memory.size'?", "did you mean 'disk.0.image.url'?",
            ])
    }

    @Test func `recipes are checked by whoever knows YAML`() throws {
        let document = try RADLDocument(parsing: "configure a (\n@begin\n- x: [\n@end\n)\nconfigure b ()\nconfigure c")
        var seen: [String] = []
        let errors = document.check { recipe in
            seen.append(recipe)
            return "unclosed ["
        }
        #expect(seen == ["\n- x: [\n"])
        #expect(errors.map(\.imText) == ["Line 1: Invalid YAML code: unclosed [."])
    }
}
