import Testing

@testable import Jinja

/// Single filters and tests, with what Python and ansible-core give.
@Suite struct FilterTests {
    static func value(_ expression: String, _ scope: JinjaDict = [:]) throws -> JinjaValue {
        try JinjaEnvironment().evaluate(expression: expression, scope: scope)
    }

    @Test(
        "texts are equal when their code points are",
        arguments: [
            ("nfd == nfc", "False"), ("nfd == nfd", "True"), ("[nfd, nfc] | unique | length", "2"),
            ("{nfd: 1, nfc: 2} | length", "2"), ("nfc in [nfd]", "False"), ("[nfd] | difference([nfc]) | length", "1"),
            ("nfd is eq nfc", "False"), ("nfd != nfc", "True"), ("(nfd ~ 'x').startswith(nfc)", "False"),
            ("nfd | replace(nfc, 'x') == nfd", "True"), ("[nfc, nfd] | sort | first == nfd", "True"),
            ("{'a': nfd} == {'a': nfc}", "False"), ("[nfd, nfc] | groupby('0') | length", "2"),
            ("nfd | length", "2"), ("(nfd ~ ',' ~ nfc).split(nfc) | length", "2"), ("two == other", "False"),
        ])
    func codePoints(expression: String, expected: String) throws {
        let scope: JinjaDict = [
            "nfd": "e\u{301}", "nfc": "\u{e9}", "two": "a\u{323}\u{307}", "other": "a\u{307}\u{323}",
        ]
        #expect(try Self.value(expression, scope).text == expected)
    }

    @Test("one environment keeps templates of equivalent texts apart") func cachedTexts() throws {
        let environment = JinjaEnvironment()
        for text in ["e\u{301}", "\u{e9}", "e\u{301}"] {
            let value = try environment.evaluate(expression: "'\(text)'", scope: JinjaDict())
            #expect(value.text.unicodeScalars.elementsEqual(text.unicodeScalars))
            let rendered = try environment.renderText("{{ 1 }}\(text)", scope: JinjaDict())
            #expect(rendered.unicodeScalars.elementsEqual("1\(text)".unicodeScalars))
        }
    }

    @Test("large dicts keep equivalent keys apart") func manyKeys() {
        var dict = JinjaDict()
        for number in 0..<20 {
            dict["e\u{301}\(number)"] = .int(number)
            dict["\u{e9}\(number)"] = .int(-number)
        }
        #expect(dict.count == 40)
        #expect(dict["e\u{301}7"] == 7)
        #expect(dict["\u{e9}7"] == -7)
    }

    /// From `random.Random(seed)` of CPython 3.
    @Test(
        "seeds give Python's numbers",
        arguments: [
            ("59 | random(seed='web1')", "52"), ("59 | random(seed='web2')", "22"),
            ("['a', 'b', 'c'] | random(seed='x')", "c"), ("[1, 2, 3, 4] | shuffle(seed='x')", "[1, 2, 4, 3]"),
            ("1000 | random(seed=42)", "654"), ("1000 | random(seed=-7)", "331"),
            ("100 | random(start=5, step=7, seed=0)", "96"),
            ("1000000000000 | random(seed=1099511627779)", "65368487886"), ("1000 | random(seed=1.5)", "565"),
            ("1000 | random(seed=true)", "137"), ("1000000000000000 | random(seed='é')", "105765356802474"),
            ("2 | random(seed='')", "1"),
            (
                "range(20) | list | shuffle(seed=7)",
                "[17, 15, 11, 18, 7, 6, 19, 3, 14, 0, 9, 5, 16, 8, 13, 2, 1, 12, 4, 10]"
            ),
        ])
    func seeds(expression: String, expected: String) throws {
        #expect(try Self.value(expression).text == expected)
    }

    @Test func randomWithoutSeedStaysInItsRange() throws {
        for _ in 0..<50 {
            let number = try #require(try Self.value("20 | random(start=10, step=5)").intValue)
            #expect(number == 10 || number == 15)
            #expect(try Self.value("[1, 2, 3] | shuffle | sort").text == "[1, 2, 3]")
            #expect(try Self.value("1 | random(start=4, step=-1)").intValue.map { (2...4).contains($0) } == true)
        }
        for wrong in ["5 | random(start=5)", "[1] | random(start=1)", "[] | random", "5 | random(seed=[1])"] {
            #expect(throws: JinjaError.self, "\(wrong)") { try Self.value(wrong) }
        }
    }

    /// The order of semver.org's rule 11 and of PEP 440's own examples.
    @Test(
        "versions in their order",
        arguments: [
            (
                "semver",
                [
                    "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
                    "1.0.0-rc.1", "1.0.0", "1.0.1", "1.10.0", "2.0.0",
                ]
            ), ("strict", ["0.4", "0.5a1", "0.5b3", "0.5", "0.9.6", "1.0", "1.0.4a3", "1.0.4b1", "1.0.4"]),
            (
                "pep440",
                [
                    "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2",
                    "1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5",
                    "1.0+abc.7", "1.0+5", "1.0.post456.dev34", "1.0.post456", "1.0.15", "1.1.dev1", "1!0.1",
                ]
            ),
        ])
    func versions(type: String, ordered: [String]) throws {
        for (place, left) in ordered.enumerated() {
            for (other, right) in ordered.enumerated() {
                for (symbol, holds) in [("<", place < other), ("==", place == other), (">", place > other)] {
                    let expression = "'\(left)' is version('\(right)', '\(symbol)', version_type='\(type)')"
                    #expect(try Self.value(expression).isTrue == holds, "\(expression)")
                }
            }
        }
    }

    @Test func versionsAsTestersWriteThem() throws {
        #expect(try Self.value("'1.0.0-rc1' is version('1.0.0', '<', version_type='semver')") == true)
        #expect(try Self.value("'1.0.0+a' is version('1.0.0+b', '==', version_type='semantic')") == true)
        #expect(try Self.value("'1.0' is version('1.0.0', '==', version_type='pep440')") == true)
        #expect(try Self.value("'1.0-RC.1' is version('1.0rc1', '==', version_type='pep440')") == true)
        #expect(try Self.value("'1.2' is version('1.10', '<')") == true)
        for wrong in [
            "'1.0' is version('1.0.0', '<', version_type='semver')",
            "'1.0.0' is version('01.0.0', '<', version_type='semver')", "'1' is version('1.0', '<', strict=true)",
            "'1.0' is version('1.0', '<', version_type='other')", "'x' is version('1.0', '<', version_type='pep440')",
            "'1.0' is version('1.0', '<', strict=true, version_type='loose')",
        ] {
            #expect(throws: JinjaError.self, "\(wrong)") { try Self.value(wrong) }
        }
    }

    @Test(
        "items2dict takes pairs",
        arguments: [
            ("[['x', '1'], ['y', '2']] | items2dict(key_name=0, value_name=1)", "{'x': '1', 'y': '2'}"),
            ("[('x', 1)] | items2dict(0, -1)", "{'x': 1}"), ("[{'key': 1, 'value': 2}] | items2dict", "{1: 2}"),
            ("[{0: 'a', 1: 'b'}] | items2dict(0, 1)", "{'a': 'b'}"),
        ])
    func items2dict(expression: String, expected: String) throws {
        #expect(try Self.value(expression).text == expected)
    }

    @Test func items2dictRefusesOthers() {
        for wrong in ["[['x']] | items2dict(0, 1)", "[['x', 1]] | items2dict", "['x'] | items2dict(0, 1)"] {
            #expect(throws: JinjaError.self, "\(wrong)") { try Self.value(wrong) }
        }
    }

    @Test(
        "Base64 of other encodings",
        arguments: [
            ("'aé' | b64encode(encoding='utf-16-le')", "YQDpAA=="), ("'aé' | b64encode('UTF_16')", "//5hAOkA"),
            ("'YQDpAA==' | b64decode(encoding='utf-16-le')", "aé"), ("'AGEA6Q==' | b64decode('utf-16-be')", "aé"),
            ("'//5hAOkA' | b64decode('utf-16')", "aé"), ("'é' | b64encode('latin-1')", "6Q=="),
            ("'6Q==' | b64decode('iso-8859-1')", "é"), ("'😀' | b64encode('utf-32-be')", "AAH2AA=="),
            ("'AAH2AA==' | b64decode('utf-32-be')", "😀"), ("'é' | b64encode", "w6k="), ("'w6k=' | b64decode", "é"),
        ])
    func encodings(expression: String, expected: String) throws {
        #expect(try Self.value(expression).text == expected)
    }

    @Test func unknownEncodingsAreRefused() {
        for wrong in ["'a' | b64encode('klingon')", "'YQ==' | b64decode(encoding='x')", "'é' | b64encode('ascii')"] {
            #expect(throws: JinjaError.self, "\(wrong)") { try Self.value(wrong) }
        }
    }
}
