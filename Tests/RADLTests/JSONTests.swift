import RADL
import Testing

@Suite("JSON form")
struct JSONTests {
    static let example = """
        [
          {"class": "ansible", "id": "a1", "host": "server", "credentials.username": "user", "credentials.password": "pass"},
          {"class": "network", "id": "public", "outbound": "yes", "outports": "8080-80,22"},
          {"class": "system", "id": "front", "cpu.arch": "x86_64", "cpu.count_min": 1, "memory.size_min": 536870912,
           "net_interface.0.connection": "public", "disk.0.os.name": "linux",
           "disk.0.image.url": ["one://a/1", "ost://b/2"],
           "disk.0.applications": [{"name": "ansible.roles.grycap.nfs"}, {"name": "x", "version": "2"}],
           "softs": [{"weight": 20, "items": {"memory.size_min": 2000000000}}]},
          {"class": "configure", "id": "front", "recipes": "---\\n- tasks:\\n  - debug: msg=hi\\n"},
          {"class": "deploy", "system": "front", "vm_number": 1, "cloud": "cloud_id"},
          {"class": "contextualize", "max_time": 1200, "items": [{"system": "front", "configure": "front", "step": 1}]},
          {"class": "description", "id": "d", "name": "My infrastructure"}
        ]
        """

    @Test func `the example of the specification survives`() throws {
        let document = try RADLDocument(parsingJSON: Self.example)
        #expect(document.check().isEmpty)
        let expected = try RADLJSONValue(parsing: RADLSource(text: Self.example))
        #expect(document.jsonValue == expected)
        #expect(document.systems[0].features.bytes("memory.size") == 536_870_912)
        #expect(document.systems[0].features.softs.first?.weight == .integer(20))
        let fromText = try RADLDocument(parsing: document.text())
        #expect(fromText == document)
    }

    @Test func `both ends, booleans and plain lists`() throws {
        let document = try RADLDocument(
            parsingJSON: """
                [{"class": "system", "id": "a", "cpu.count_min": 1, "cpu.count_max": 4, "spot": true, "x_min": "text",
                  "net_interface.0.additional_dns_names": [], "y": [], "disk.0.applications": [], "z": ["a"], "w": {"name": "n"}, "v": 1.5e3}]
                """)
        let features = document.systems[0].features
        #expect(features.range("cpu.count") == NumericRange(low: 1, high: 4))
        #expect(features.string("spot") == "yes")
        #expect(features.string("x_min") == "text")
        #expect(features["net_interface.0.additional_dns_names"]?.value == .list([], .equal))
        #expect(features["y"]?.value == .list([], .equal))
        #expect(features["disk.0.applications"] == nil)
        #expect(features.strings("z") == ["a"])
        #expect(features.sets("w").map(\.name) == ["n"])
        #expect(features.number("v") == 1500)
        #expect(document.jsonText().contains(#""cpu.count_min":1,"cpu.count_max":4"#))
    }

    @Test(arguments: [
        ("{}", "the document is no array"), ("[1]", "[0] is no object with a class"),
        (#"[{"class":"systen","id":"a"}]"#, "[0] has the unknown class 'systen'"),
        (#"[{"class":"system"}]"#, "the system at [0] has no id"),
        (#"[{"class":"system","id":"a b"}]"#, "'a b' cannot be the id of the system at [0]"),
        (#"[{"class":"system","id":"step"}]"#, "'step' cannot be the id of the system at [0]"),
        (#"[{"class":"system","id":"a","x y":1}]"#, "'x y' cannot be the feature of system 'a'"),
        (#"[{"class":"system","id":"a","x":-1}]"#, "'x' of system 'a' is negative; RADL has no negative numbers"),
        (#"[{"class":"system","id":"a","x":null}]"#, "'x' of system 'a' is null"),
        (#"[{"class":"system","id":"a"},{"class":"system","id":"a"}]"#, "there is a system 'a' already"),
        (#"[{"class":"system","id":"a","x_min":2,"x_max":1}]"#, "system 'a': no number is both 'x <= 1' and 'x >= 2'"),
        (#"[{"class":"deploy","system":"a"}]"#, "the deploy of 'a' has no vm_number"),
        (#"[{"class":"deploy","system":"a","vm_number":-1}]"#, "the number of machines of 'a' is negative"),
        (#"[{"class":"deploy","system":"a","vm_number":1.5}]"#, "vm_number of 'a' has to be whole"),
        (
            #"[{"class":"deploy","system":"a","vm_number":1e300}]"#,
            "vm_number of 'a' is too large: an infrastructure has at most 20000 machines"
        ),
        (#"[{"class":"configure","id":"a"}]"#, "configure 'a' has no recipes"),
        (
            #"[{"class":"configure","id":"a","recipes":"x\n@end\n"}]"#,
            "the recipe of configure 'a' has a line that begins with @end, or a zero byte"
        ),
        (#"[{"class":"contextualize","items":[{"system":"a"}]}]"#, "item 0 of contextualize has no configure"),
        (#"[{"class":"contextualize","max_time":"x"}]"#, "max_time of contextualize is no number of seconds"),
        ("[", "Expecting value; the text ends here"), ("", "Expecting value; the text ends here"),
        (#"[{"a": 01}]"#, "Expecting ',' delimiter"), (#"["\x"]"#, "Invalid \\escape in a string"),
        (#"["\ud800"]"#, "half of a surrogate pair in a string"), ("[1,]", "Expecting value"),
        ("['a']", "Expecting value"), ("[1] 2", "expected nothing behind the value"),
        ("[1e999]", "this number is too large"), ("[9223372036854775808]", "this number is too large"),
        (String(repeating: "[", count: 100_000), "nested more than 256 levels deep"),
        (#"[{"a":1,}]"#, "Expecting property name enclosed in double quotes"),
    ])
    func `refuses`(_ text: String, _ message: String) throws {
        let errors = try #require(throws: RADLErrors.self) { try RADLDocument(parsingJSON: text) }
        #expect(errors.first.message == message)
    }

    @Test func `mistakes in JSON have a place`() throws {
        let errors = try #require(throws: RADLErrors.self) {
            try RADLDocument(parsingJSON: "[\n {\"é\" 1}]", file: "a.json")
        }
        #expect(
            errors.description == """
                a.json:2:7: error: Expecting ':' delimiter
                     {"é" 1}]
                          ^
                """)
        #expect(errors.imText == "Expecting ':' delimiter: line 2 column 7 (char 8)")
    }

    @Test func `mistakes in what the JSON says have a place, and name their section`() throws {
        let text = """
            [
              {"class": "network", "id": "n", "outports": "22, 80"},
              {"class": "system", "id": "web",
               "cpu.count": "two", "memory.sise_min": 1, "disk.0.size": 1000000,
               "é": null,
               "credentials.password": "marker", "net_interface.0.connection":
                 "m"},
              {"class": "deploy", "system": "wbe", "vm_number": 1},
              {"class": "contextualize", "items": [{"system": "web", "configure": "x"}]}
            ]
            """
        let reading = RADLDocument.readJSON(RADLSource(text: text, file: "a.json"))
        #expect(reading.errors.map { "\($0.range?.line ?? 0):\($0.range?.column ?? 0)" } == ["5:4"])
        let found = reading.document.check() + reading.document.advice()
        #expect(
            found.map { "\($0.range?.line ?? 0):\($0.range?.column ?? 0): \($0.message)" } == [
                "2:47: network 'n': 'outports' is no list of ports",
                "4:17: system 'web': 'cpu.count' has to be a number",
                "7:6: system 'web': 'net_interface.0.connection' names the network 'm', which the document does not have",
                "8:3: there is no system 'wbe' to deploy", "9:40: there is no configure section 'x'",
                "4:24: system 'web': nothing reads 'memory.sise'",
            ])
        #expect(found.allSatisfy { $0.suggestion == nil && $0.file == "a.json" })
        #expect(found.allSatisfy { !$0.imText.hasPrefix("Line") })
        #expect(found[0].excerpt?.marker.count == 54)
        #expect(!"\(found.map(\.description))".contains("marker"))
    }

    @Test(arguments: [("[1,]", 4), ("[{\"a\":1 , }]", 11), ("[1, ", nil)] as [(String, Int?)])
    func `a comma too many is told`(_ text: String, _ column: Int?) throws {
        let error = try #require(throws: RADLError.self) { try RADLJSONValue(parsing: RADLSource(text: text)) }
        #expect(error.hint == (column == nil ? nil : "remove the comma before it"))
        if let column { #expect(error.range?.column == column) }
    }

    @Test func `a whole number may have an exponent`() throws {
        let document = try RADLDocument(parsingJSON: #"[{"class":"system","id":"a","memory.size_min":1e9}]"#)
        #expect(document.systems[0].features.bytes("memory.size") == 1_000_000_000)
        #expect(document.check().isEmpty)
        let value = try RADLJSONValue(parsing: RADLSource(text: "[1E2,1.0e2,1e-2,1e300,-2e1,2e15,1e17]"))
        #expect(value.text() == "[100,100.0,0.01,1e+300,-20,2000000000000000,1e+17]")
    }

    @Test func `secrets in JSON are masked`() throws {
        let text = #"[{"class":"system","id":"a","vault.password":"mar\"ker","x":nul,"recipes":"password: marker"}]"#
        let errors = try #require(throws: RADLErrors.self) { try RADLDocument(parsingJSON: text) }
        #expect(!errors.description.contains("mar") && errors.description.contains(#""x":nul"#), "\(errors)")
    }

    @Test func `what IM writes and takes is read`() throws {
        let document = try RADLDocument(
            parsingJSON: """
                [{"class": "description", "id": 139872, "name": "x"},
                 {"class": "system", "id": "a",
                  "net_interface.0.connection": {"class": "network", "reference": true, "id": "n"},
                  "net_interface.1.connection": {"class": "network", "id": "m", "outbound": "yes"},
                  "net_interface.2.connection": {"class": "network", "reference": true, "id": "later"},
                  "ansible_host": {"class": "ansible", "id": "h", "host": "x", "credentials.username": "u",
                                   "credentials.password": "p"}},
                 {"class": "network", "id": "later", "outports": "22"}]
                """)
        #expect(document.description?.id == "_139872" && document.name == "x")
        #expect(document.systems[0].interfaces.map(\.connection) == ["n", "m", "later"])
        #expect(document.systems[0].ansibleHost == "h")
        #expect(document.networks.map(\.id) == ["later", "n", "m"])
        #expect(document.networks.map(\.isReference) == [false, true, false])
        #expect(document.network("m")?.isPublic == true && document.ansibleHost("h")?.host == "x")
        #expect(document.check().isEmpty)
        #expect(try RADLDocument(parsing: document.text()) == document)
        for id in [#""a b""#, "-1.5", "null", #""""#] {
            let other = try RADLDocument(
                parsingJSON: #"[{"class":"description","id":\#(id)},{"class":"system","id":"a"}]"#)
            #expect(try RADLDocument(parsing: other.text()) == other)
        }
    }

    @Test(arguments: [
        #"{"class": "deploy", "id": "n"}"#, #"{"class": "network"}"#, #"{"class": "network", "id": "a b"}"#,
    ])
    func `other sections within sections are refused`(_ value: String) {
        let text = #"[{"class": "system", "id": "a", "net_interface.0.connection": \#(value)}]"#
        #expect(throws: RADLErrors.self) { try RADLDocument(parsingJSON: text) }
    }

    @Test(arguments: [
        #"[0,-1,1.5,1e3,true,false,null,"a"]"#, #"{"a":{"b":[]},"c":{}}"#, #"["\"\\\n\u0001é€🎉"]"#,
        "[9223372036854775807]",
    ])
    func `values survive`(_ text: String) throws {
        let value = try RADLJSONValue(parsing: RADLSource(text: text))
        for spacing in [RADLJSONValue.Spacing.compact, .spaced, .indented] {
            #expect(try RADLJSONValue(parsing: RADLSource(text: value.text(spacing: spacing))) == value)
        }
    }

    @Test func `escapes`() throws {
        let value = try RADLJSONValue(parsing: RADLSource(text: #"["\u00e9\ud83c\udf89\/\b\f\r\t\u0041"]"#))
        #expect(value == .array([.string("é🎉/\u{8}\u{c}\r\tA")]))
        #expect(value.text() == "[\"é🎉/\\u0008\\u000c\\r\\tA\"]")
        #expect(RADLJSONValue.object([.init("a", .array([.null]))]).text(spacing: .spaced) == #"{"a": [null]}"#)
    }
}
