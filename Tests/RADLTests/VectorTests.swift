import RADL
import Testing

@Suite("Vectors recorded from IM's library")
struct VectorTests {
    /// Where Gantry answers otherwise on purpose, and why.
    static let differences: [String: String] = [
        "escaped quote": "Q1: a quote in a string is escaped in print, so that the print can be read again",
        "interval": "Q2: KEY_max stands beside KEY_min",
        "interval lt gt": "Q2: KEY_max stands beside KEY_min",
        "units mix": "Q2: KEY_max stands beside KEY_min",
        "random 5": "the characters are drawn",
        "random 12": "Q4: any number of digits works",
        "deploy float": "one machine and a half cannot be deployed",
        "configure indented end": "YAML is checked above this module",
        "configure bad yaml": "YAML is checked above this module",
        "neg": "a number with a sign is refused: IM reads it without",
        "soft feature reserved": "EC3's contains 'string' is read",
    ]

    @Test func `all vectors are there`() {
        #expect(Vector.all.count == 138)
        let names = Set(Vector.all.map(\.name))
        #expect(Self.differences.keys.allSatisfy(names.contains))
    }

    @Test(arguments: Vector.all.filter { differences[$0.name] == nil })
    func `text, check and JSON are as recorded`(_ vector: Vector) throws {
        if let expected = vector.parseError {
            let errors = try #require(throws: RADLErrors.self) { try RADLDocument(parsing: vector.input) }
            // Refusals by accident have texts that nobody can want.
            let prefix = ["RADLParseException: ", "Exception: "].first { expected.hasPrefix($0) }
            if let prefix { #expect(errors.imText == String(expected.dropFirst(prefix.count))) }
            return
        }
        let document = try RADLDocument(parsing: vector.input)
        #expect(document.text(style: .im) == vector.print)
        #expect(document.jsonValue.normalized == vector.json.normalized)
        let problem = document.check().first
        switch vector.checkError {
        case nil: #expect(problem == nil)
        case let text? where text.hasPrefix("RADLParseException: "):
            #expect(problem?.imText == String(text.dropFirst("RADLParseException: ".count)))
        default: #expect(problem != nil)
        }
    }

    @Test(arguments: Vector.all.filter { differences[$0.name]?.hasPrefix("Q2") == true })
    func `both ends stand in JSON`(_ vector: Vector) throws {
        let document = try RADLDocument(parsing: vector.input)
        #expect(document.text(style: .im) == vector.print)
        #expect(document.jsonValue.normalized != vector.json.normalized)
        #expect(document.jsonText().contains("_max\":"))
        #expect(try RADLDocument(parsingJSON: document.jsonText()).jsonValue == document.jsonValue)
    }

    @Test func `other differences are as said`() throws {
        func input(_ name: String) throws -> String {
            try #require(Vector.all.first { $0.name == name }).input
        }
        #expect(try RADLDocument(parsing: input("escaped quote")).text(style: .im) == "system a (\nx = 'a\\'b'\n)\n\n")

        for (name, count) in [("random 5", 5), ("random 12", 12)] {
            let drawn = try RADLDocument(parsing: input(name)).system("a")?.features.string("x")
            #expect(drawn?.count == count)
            #expect(drawn?.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } == true)
        }

        let half = try #require(throws: RADLErrors.self) { try RADLDocument(parsing: input("deploy float")) }
        #expect(half.imText == "Line 2: Invalid number of virtual machines to deploy.")

        for name in ["configure indented end", "configure bad yaml"] {
            let vector = try #require(Vector.all.first { $0.name == name })
            let document = try RADLDocument(parsing: vector.input)
            #expect(document.text(style: .im) == vector.print)
            #expect(document.jsonValue.normalized == vector.json.normalized)
            let problem = document.check { _ in "found no end" }.first
            #expect(problem?.imText == "Line 1: Invalid YAML code: found no end.")
        }
    }

    @Test(arguments: Vector.all.filter { $0.parseError == nil && differences[$0.name] != "the characters are drawn" })
    func `what is printed reads back to the same document`(_ vector: Vector) throws {
        guard let document = try? RADLDocument(parsing: vector.input) else { return }
        #expect(try RADLDocument(parsing: document.text()) == document)
        let compatible = document.text(style: .im)
        let again = try RADLDocument(parsing: compatible)
        #expect(again.systems == document.systems)
        #expect(again.networks == document.networks)
        #expect(again.deploys == document.deploys)
    }
}

@Suite("Documents of grycap/ec3")
struct CorpusTests {
    static let names = Corpus.names(in: "ec3", ending: ".radl")

    @Test func `all documents are there`() {
        #expect(Self.names.count == 9)
    }

    @Test(arguments: names)
    func `reads as IM's library reads it`(_ name: String) throws {
        let document = try RADLDocument(parsing: Corpus.text("ec3/\(name).radl"), file: name)
        let expected = try RADLJSONValue(parsing: RADLSource(text: Corpus.text("ec3/\(name).radl.json")))
        #expect(document.jsonValue.normalized == expected.normalized)
        #expect(document.check().isEmpty)
    }

    @Test(arguments: names)
    func `survives text and JSON`(_ name: String) throws {
        let document = try RADLDocument(parsing: Corpus.text("ec3/\(name).radl"))
        #expect(try RADLDocument(parsing: document.text()) == document)
        let fromJSON = try RADLDocument(parsingJSON: document.jsonText(spacing: .indented))
        #expect(fromJSON.jsonValue == document.jsonValue)
        #expect(fromJSON.configures == document.configures)
    }
}
