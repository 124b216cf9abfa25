import RADL
import Testing

@Suite("JSON form: sections in the place of ids, types, lists")
struct JSONSectionTests {
    @Test func `a section or a reference stands for its id`() throws {
        let system = #"{"class":"system","id":"a","reference":true}"#
        let configure = #"{"class":"configure","id":"c","reference":true}"#
        let document = try RADLDocument(
            parsingJSON: """
                [{"class":"system","id":"a","cpu.count":2},{"class":"deploy","system":\(system),"vm_number":1},
                 {"class":"deploy","system":{"class":"system","id":"b","cpu.count":1},"vm_number":2},
                 {"class":"contextualize","items":[{"system":\(system),"configure":\(configure),"step":1}]}]
                """)
        #expect(document.systems.map(\.id) == ["a", "b"])
        #expect(document.systems.map(\.isReference) == [false, false])
        #expect(document.deploys.map(\.system) == ["a", "b"])
        #expect(document.contextualize?.items.map(\.system) == ["a"])
        #expect(document.contextualize?.items.map(\.configure) == ["c"])
        #expect(document.configures.map(\.isReference) == [true])
        #expect(document.check().isEmpty)
    }

    @Test(arguments: [
        (
            #"[{"class":"deploy","system":{"class":"network","id":"a"},"vm_number":1}]"#,
            "system of the deploy at [0] is no system"
        ),
        (#"[{"class":"deploy","system":{"class":"system"},"vm_number":1}]"#, "system of the deploy at [0] has no id"),
        (
            #"[{"class":"deploy","system":"a","vm_number":"3"}]"#,
            "the vm_number of the deploy of 'a' has to be a number, without quotes"
        ),
        (#"[{"class":"deploy","system":3,"vm_number":1}]"#, "the system of the deploy at [0] has to be a string"),
        (#"[{"class":"deploy","system":"a"}]"#, "the deploy of 'a' has no vm_number"),
        (#"[{"class":"system","id":5}]"#, "the id of the system at [0] has to be a string"),
        (
            #"[{"class":"configure","id":"a","recipes":5}]"#,
            "the recipes of configure 'a' has to be a string, or null for none"
        ),
        (#"[{"class":"system","id":"a","y_min":5,"y_max":1}]"#, "system 'a': no number is both 'y <= 1' and 'y >= 5'"),
        (#"[{"class":"system","id":"a","y":"5","y":"1"}]"#, "'y' of system 'a' is set twice"),
    ])
    func `what is wrong is said`(_ text: String, _ message: String) {
        #expect(RADLDocument.readJSON(RADLSource(text: text)).errors.map(\.message) == [message])
    }

    @Test func `a step beside a tool is warned of`() {
        let text = """
            [{"class":"contextualize","items":[{"system":"a","configure":"a","step":2,"ctxt_tool":"cloud_init"},
              {"system":"b","configure":"b","ctxt_tool":"cloud_init"}]}]
            """
        let reading = RADLDocument.readJSON(RADLSource(text: text))
        #expect(reading.errors.isEmpty)
        #expect(
            reading.warnings.map(\.message) == [
                "item 0 of contextualize has step 2 and the tool cloud_init: RADL's text form has room for one, the tool"
            ])
        #expect(reading.document.contextualize?.itemsWithLostStep.map(\.system) == ["a"])
        #expect(reading.warnings.first?.range?.line == 1)
    }

    @Test func `empty strings stay in lists`() throws {
        for text in ["['a', '', 'b']", "['', 'a']", "['']", "[]", "['a', '']"] {
            let document = try RADLDocument(parsing: "system a (x = \(text))")
            #expect(try RADLDocument(parsing: document.text()) == document)
            #expect(try RADLDocument(parsingJSON: document.jsonText()) == document)
        }
        let list = try RADLDocument(parsing: "system a (x = ['a', '', 'b'] and y = [''])").systems[0].features
        #expect(list.strings("x") == ["a", "", "b"])
        #expect(list["y"]?.value == .list([], .equal))
    }

    @Test(arguments: [
        ("system a (memory.size >= 1G and memory.size <= 1G)", "system a (memory.size = 1G)"),
        ("system a (x >= 1K and x <= 1000)", "system a (x = 1000)"),
        ("network n (outports = '22,80')", "network n (outports = '80,22/tcp')"),
        ("network n (outbound = 'no')", "network n ()"), ("network n ()", "network n (outbound = 'NO')"),
    ])
    func `another writing is no difference`(_ one: String, _ other: String) throws {
        let old = try RADLDocument(parsing: one)
        #expect(RADLDifference(from: old, to: try RADLDocument(parsing: other)).isEmpty)
        #expect(RADLDifference(from: old, to: try RADLDocument(parsingJSON: old.jsonText())).isEmpty)
    }

    @Test(arguments: [
        ("system a (x > 1)", "system a (x >= 1)"), ("system a (x >= 1 and x < 2)", "system a (x >= 1 and x <= 2)"),
        ("network n (outports = '22')", "network n (outports = '22/udp')"),
        ("network n (outbound = 'yes')", "network n ()"), ("system a (outbound = 'no')", "system a ()"),
    ])
    func `another meaning is one`(_ one: String, _ other: String) throws {
        #expect(!RADLDifference(from: try RADLDocument(parsing: one), to: try RADLDocument(parsing: other)).isEmpty)
    }
}
