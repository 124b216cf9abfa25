import Foundation
import RADL
import Testing

@Suite("Any bytes at all")
struct HostileTests {
    static let repeated: [(String, String)] = [
        ("parentheses", "("), ("closed", ")"), ("softs", "soft 1 ("), ("contains", "x contains ("), ("quotes", "'"),
        ("escaped quotes", "\\'"), ("escaped quotes in lines", "\\'\n"), ("backslashes", "\\"), ("brackets", "["),
        ("signs", "<="), ("recipes", "@begin\n"), ("ends", "@end\n"), ("comments", "#\n"), ("ands", "and "),
        ("digits", "9"), ("numbers", "9 "), ("names", "a "), ("letters", "a"), ("systems", "system "),
        ("sentences", "system\n"), ("commas", ","), ("carriage returns", "\r"), ("zeros", "\0"), ("odd", "é\u{301}🎉"),
    ]

    @Test(arguments: repeated)
    func `a hundred kilobytes of one thing`(_ name: String, _ piece: String) {
        let text = String(repeating: piece, count: 100_000 / piece.utf8.count)
        for start in ["", "system a (", "system a (x = ", "system a (x = [", "contextualize (", "configure a ("] {
            let clock = ContinuousClock()
            var reading: RADLReading?
            let time = clock.measure { reading = RADLDocument.read(RADLSource(text: start + text)) }
            #expect(reading.map { $0.errors.count <= 1000 } == true)
            // Generous: a debug build on a busy machine. A quadratic reader needs minutes.
            #expect(time < .seconds(20), "\(name) behind '\(start)'")
        }
    }

    @Test func `a megabyte of parentheses`() {
        let reading = RADLDocument.read(RADLSource(text: String(repeating: "(", count: 1_000_000)))
        #expect(reading.errors.first?.imText == "Line 1: Parse error in: LexToken(LPAREN,'(',1,0)")
    }

    @Test(arguments: ["(", "system a (x contains ", ")", "soft 1 ("])
    func `a hundred thousand of them nested`(_ piece: String) {
        for start in ["", "system a (", "contextualize (", "configure a ("] {
            let reading = RADLDocument.read(RADLSource(text: start + String(repeating: piece, count: 100_000)))
            #expect(!reading.errors.isEmpty)
        }
    }

    /// Told or not, mistakes must not look at the whole text, or at a long line, once each.
    @Test(arguments: [
        "system a (x 1) ", "deploy b 1\n", "deploy ñ 1 ", "system a (cpu.count = 'x')\n",
        "network n (outports = 'ñ') ", "system a (net_interface.0.connection = 'no') ", "$ ",
        "'\\\n",
        "configure a (@begin ", "configure a (@begin\n @end\n", "system a (x = 'y\nz'b) ", "system a (x = 'it's') ",
        "x = 'a'b 'c\n'd ", "include x ", "system a (x contains 'y' and x contains 'z') ",
    ])
    func `nothing but mistakes`(_ piece: String) {
        let text = String(repeating: piece, count: 300_000 / piece.utf8.count)
        let clock = ContinuousClock()
        var count = 0
        let time = clock.measure {
            let diagnostics = RADLDocument.diagnostics(of: RADLSource(text: text))
            count = diagnostics.map(\.description).count
        }
        #expect(count <= 4_000)
        // Generous, as above: a reader that looks at all of it for each takes minutes.
        #expect(time < .seconds(20))
    }

    @Test func `sixteen megabytes, a string of ten of them`() throws {
        let long = String(repeating: "ñ\\'x\n", count: 10_000_000 / 6)
        let text = "system a (x = '\(long)')\n" + String(repeating: "# comment\r\n", count: 500_000)
        let document = try RADLDocument(parsing: text)
        #expect(document.systems[0].features.string("x")?.utf8.count == long.utf8.count - 10_000_000 / 6)
        #expect(try RADLDocument(parsing: document.text()) == document)
    }

    @Test func `many references to what is not there are told in time`() throws {
        var text = ""
        for number in 0..<5_000 { text += "system s\(number)x ()\ndeploy t\(number)y 1\n" }
        let document = try RADLDocument(parsing: text)
        let clock = ContinuousClock()
        var errors: [RADLError] = []
        #expect(clock.measure { errors = document.check() } < .seconds(30))
        #expect(errors.count == 1001)
        #expect(errors.last?.message == "there are 4000 mistakes more, which are not told")
    }

    @Test func `twenty thousand unknown features are looked at once`() throws {
        let features = (0..<20_000).map { "feature\($0) = \($0)" }.joined(separator: " and\n")
        let document = try RADLDocument(parsing: "system a (\(features) and memory.sise = 1)")
        let clock = ContinuousClock()
        #expect(clock.measure { _ = document.check() + document.advice() + document.misspellings() } < .seconds(60))
        #expect(document.check().isEmpty)
    }

    @Test func `an escaped quote does not make strings quadratic`() {
        let text = "system a (x = '" + String(repeating: "\\'\n", count: 100_000) + "\\\n"
        let clock = ContinuousClock()
        #expect(clock.measure { _ = RADLDocument.read(RADLSource(text: text)) } < .seconds(20))
    }

    @Test func `nesting ends somewhere`() throws {
        func nested(_ depth: Int) -> String {
            "system a (" + String(repeating: "soft 1 (", count: depth) + "x = 1" + String(repeating: ")", count: depth)
                + ")"
        }
        let document = try RADLDocument(parsing: nested(63))
        #expect(try RADLDocument(parsing: document.text()) == document)
        #expect(try RADLDocument(parsingJSON: document.jsonText()) == document)
        let errors = try #require(throws: RADLErrors.self) { try RADLDocument(parsing: nested(64)) }
        #expect(errors.first.code == .nesting)
        #expect(throws: RADLErrors.self) { try RADLDocument(parsing: nested(100_000)) }
    }

    @Test(
        arguments: [
            [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0x80], [0xF0, 0x9F, 0x8E],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused with their place`(_ bytes: [UInt8]) throws {
        let source = RADLSource(bytes: Array("system a ()\n# é ".utf8) + bytes + Array("\ndeploy a 1".utf8))
        let errors = try #require(throws: RADLErrors.self) { try RADLDocument(parsing: source) }
        #expect(errors.first.code == .encoding)
        #expect(errors.first.range?.line == 2)
        #expect(errors.first.range?.column == 5)
    }

    @Test func `zero bytes are skipped outside of strings and refused within`() throws {
        #expect(try RADLDocument(parsing: "system a\0 (x\0 = 1)").systems[0].features.integer("x") == 1)
        for text in ["system a (x = 'a\0b')", "configure a (\n@begin\nx: \0\n@end\n)"] {
            let errors = try #require(throws: RADLErrors.self) { try RADLDocument(parsing: text) }
            #expect(errors.first.message == "a string or recipe holds a zero byte")
        }
    }

    @Test func `CRLF, a byte order mark and tabs are fine`() throws {
        let text = "\u{FEFF}system\ta (\r\n\tx = 1 and\r\n\ty = 'a'\r\n)\r\ndeploy a 1\r\n"
        let document = try RADLDocument(parsing: text)
        #expect(document == (try RADLDocument(parsing: "system a (x = 1 and y = 'a') deploy a 1")))
    }

    @Test(arguments: [
        "x = \(String(repeating: "9", count: 500))", "x = 9223372036854775808", "x = 99999999999999999999M",
        "x = 'random(99999999999999999999)'", "x = 'random(1025)'",
    ])
    func `what is too large is refused`(_ feature: String) throws {
        let errors = try #require(throws: RADLErrors.self) { try RADLDocument(parsing: "system a (\(feature))") }
        #expect(errors.first.code == .number)
    }

    @Test(arguments: ["system a (x = 1\0.5G)", "system a (x = 1 .5G and y = 1. .5G)", "system a (x = ['','b',''])"])
    func `found by the fuzzer`(_ text: String) throws {
        let document = try RADLDocument(parsing: text)
        #expect(try RADLDocument(parsing: document.text()) == document)
        #expect(try RADLDocument(parsing: document.text(style: .im)) == document)
    }

    @Test func `random bytes never trap`() {
        var generator = CountingGenerator()
        let pieces = [
            "system ", "network ", "a", " (", ")", " and ", "=", ">=", "'x'", "'", "\\", "\n", "1", ".5", "G", "soft ",
            "contains ", "[", "]", ",", "@begin", "@end", "#", "deploy ", "configure ", "contextualize ", "step ",
            "with ", "option ", "description ", "é", "\u{301}", "'random(3)'", "disk.0.size", "\0", "\r\n", "\"",
        ]
        for _ in 0..<3_000 {
            let count = Int.random(in: 0..<60, using: &generator)
            let text = (0..<count).compactMap { _ in pieces.randomElement(using: &generator) }.joined()
            let reading = RADLDocument.read(RADLSource(text: text))
            _ = reading.errors.map(\.description)
            _ = reading.document.check().map(\.description)
            if reading.errors.isEmpty {
                let again = try? RADLDocument(parsing: reading.document.text())
                #expect(again == reading.document, "\(text.debugDescription)")
                let json = reading.document.jsonText()
                #expect((try? RADLDocument(parsingJSON: json))?.jsonText() == json, "\(text.debugDescription)")
            }
            var bytes = Array(text.utf8)
            if !bytes.isEmpty { bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255) }
            _ = RADLDocument.read(RADLSource(bytes: bytes)).errors.map(\.description)
        }
    }

    /// A document of N systems as users write them, about 310 bytes each.
    static func large(_ count: Int) -> String {
        var text = "network public (outbound = 'yes')\nnetwork private ()\n"
        for number in 0..<count {
            text += """
                system node\(number) (
                  cpu.count >= 2 and memory.size >= 2048m and
                  net_interface.0.connection = 'private' and
                  net_interface.0.dns_name = 'node-\(number)' and
                  disk.0.os.name = 'linux' and
                  disk.0.image.url = 'one://server/\(number)' and
                  disk.0.os.credentials.username = 'ubuntu' and
                  disk.0.applications contains (name = 'ansible.roles.grycap.nfs')
                )
                deploy node\(number) 1

                """
        }
        return text
    }

    @Test func `ten thousand systems take ten times as long as a thousand`() throws {
        let clock = ContinuousClock()
        func read(_ text: String) -> (RADLReading, Duration) {
            var reading = RADLDocument.read(RADLSource(text: ""))
            let time = clock.measure {
                reading = RADLDocument.read(RADLSource(text: text))
                reading.errors += reading.document.check()
            }
            return (reading, time)
        }
        let small = read(Self.large(1_000))
        let large = read(Self.large(10_000))
        #expect(small.0.errors.isEmpty)
        #expect(large.0.errors.isEmpty)
        #expect(large.0.document.systems.count == 10_000)
        // Ten is meant; a quadratic reader takes a hundred.
        #expect(large.1 < small.1 * 40)
    }

    @Test func `many features and elements of one section stay linear`() throws {
        let features = (0..<10_000).map { "f\($0) = \($0)" }.joined(separator: " and\n")
        let elements = (0..<5_000).map { "x contains (name = 'n\($0)')" }.joined(separator: " and\n")
        let repeats = (0..<5_000).map { "y >= \($0) and soft 1 (z = 1)" }.joined(separator: " and\n")
        let clock = ContinuousClock()
        var document = RADLDocument()
        let time = try clock.measure {
            document = try RADLDocument(parsing: "system a (\(features) and \(elements) and \(repeats))")
        }
        #expect(document.systems[0].features.count == 10_003)
        #expect(document.systems[0].features.sets("x").count == 5_000)
        #expect(document.systems[0].features.softs.count == 5_000)
        #expect(document.systems[0].features.integer("y") == 4_999)
        #expect(time < .seconds(20))
    }
}
