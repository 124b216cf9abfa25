import RADL
import Testing

/// What has to hold for every document.
@Suite("Properties")
struct PropertyTests {
    static let seeds: [UInt64] = Array(1...8)
    static let rounds = 60

    private func forEachDocument(_ seed: UInt64, _ body: (String, RADLDocument) throws -> Void) throws {
        var documents = GeneratedDocuments(seed: seed)
        for _ in 0..<Self.rounds {
            let text = documents.document()
            let reading = RADLDocument.read(RADLSource(text: text))
            try #require(reading.errors.isEmpty, "\(text)\n\(reading.errors.map(\.description))")
            try body(text, reading.document)
        }
    }

    @Test(arguments: seeds)
    func `text survives, in both styles`(_ seed: UInt64) throws {
        try forEachDocument(seed) { text, document in
            let printed = document.text()
            let again = try RADLDocument(parsing: printed)
            #expect(again == document, "\(text)")
            #expect(again.text() == printed)
            let compatible = try RADLDocument(parsing: document.text(style: .im))
            #expect(compatible.systems == document.systems, "\(text)")
            #expect(compatible.networks == document.networks)
            #expect(compatible.deploys == document.deploys)
            #expect(compatible.configures.map(\.id) == document.configures.map(\.id))
        }
    }

    @Test(arguments: seeds)
    func `JSON survives`(_ seed: UInt64) throws {
        try forEachDocument(seed) { text, document in
            // The form has no room for features that are called as its own members.
            guard !text.contains("class "), !text.contains("id "), !text.contains("_min"), !text.contains("_max") else {
                return
            }
            let json = document.jsonText()
            let again = try RADLDocument(parsingJSON: json)
            #expect(again.jsonText() == json, "\(text)")
            #expect(again.systems.map(\.id) == document.systems.map(\.id))
            // By way of text, too.
            #expect(try RADLDocument(parsing: again.text()).jsonText() == json, "\(text)")
        }
    }

    @Test(arguments: seeds)
    func `merging with nothing changes nothing`(_ seed: UInt64) throws {
        try forEachDocument(seed) { text, document in
            var merged = document
            #expect(merged.update(with: RADLDocument()).isEmpty)
            #expect(merged == document, "\(text)")
            merged.reconfigure(with: RADLDocument())
            #expect(merged == document, "\(text)")
            var fromNothing = RADLDocument()
            fromNothing.update(with: document)
            // What is defined elsewhere stays there.
            #expect(fromNothing.systems == document.systems.filter { !$0.isReference })
            #expect(fromNothing.networks == document.networks.filter { !$0.isReference })
            #expect(fromNothing.deploys == document.deploys)
        }
    }

    @Test(arguments: seeds)
    func `nothing differs from itself, and all from nothing`(_ seed: UInt64) throws {
        try forEachDocument(seed) { text, document in
            #expect(RADLDifference(from: document, to: document).isEmpty)
            let printed = try RADLDocument(parsing: document.text(style: .im))
            let difference = RADLDifference(from: document, to: printed)
            // Empty contextualize sentences lose their time there.
            #expect(difference.entries.allSatisfy { $0.kind == .contextualize }, "\(text) \(difference.entries)")
            let added = RADLDifference(from: RADLDocument(), to: document)
            #expect(added.entries(.system).map(\.id) == document.systems.map(\.id))
            #expect(added.entries.allSatisfy { $0.change == .added })
            let removed = RADLDifference(from: document, to: RADLDocument())
            #expect(removed.entries.count == added.entries.count)
            #expect(removed.entries.allSatisfy { $0.change == .removed })
        }
    }

    @Test(arguments: seeds)
    func `what is said of a document lies within it`(_ seed: UInt64) throws {
        try forEachDocument(seed) { text, document in
            let size = text.utf8.count
            for diagnostic in RADLDocument.diagnostics(of: RADLSource(text: text)) {
                if let range = diagnostic.range { #expect(range.end <= size) }
                if let suggestion = diagnostic.suggestion { #expect(suggestion.range.end <= size) }
            }
            _ = RADLExplanation(document).text
            for system in document.systems {
                for feature in system.features.all {
                    let place = try #require(feature.source)
                    let start = feature.name == Feature.softName ? "soft" : feature.name
                    #expect(document.source?.text(of: place).hasPrefix(start) == true)
                }
            }
        }
    }

    /// One piece of a good document is left out, doubled or replaced: the rest stays readable, and nothing is told twice.
    @Test(arguments: seeds)
    func `one mistake is told once or twice, never by the dozen`(_ seed: UInt64) throws {
        var mutations = GeneratedDocuments(seed: seed + 1000)
        try forEachDocument(seed) { text, document in
            let tokens = RADLSource(text: text).tokens().filter { token in
                token.kind == .keyword || token.kind == .comparison || token.kind == .comma
            }
            guard !tokens.isEmpty else { return }
            let token = mutations.one(of: tokens)
            var bytes = Array(text.utf8)
            bytes.replaceSubrange(token.start..<token.end, with: mutations.one(of: ["", "xyzzy", "'", ","]).utf8)
            let reading = RADLDocument.read(RADLSource(bytes: bytes))
            // A quote that is never closed may swallow what follows.
            #expect(reading.errors.count <= 4, "\(String(decoding: bytes, as: UTF8.self))\n\(reading.errors)")
            let places = reading.errors.compactMap { $0.range?.offset }
            #expect(Set(places).count >= places.count - 1)
        }
    }
}
