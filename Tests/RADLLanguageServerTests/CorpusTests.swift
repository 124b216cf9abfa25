import Foundation
import RADL
import Testing

@testable import RADLLanguageServer

/// Real documents: laid out, looked at everywhere.
@Suite struct CorpusTests {
    static let documents: [URL] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "RADLTests/Corpus")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "radl" }
            .sorted { $0.path < $1.path }
    }()

    @Test func thereAreDocuments() {
        #expect(Self.documents.count >= 9)
    }

    @Test(arguments: documents)
    func areLaidOut(file: URL) throws {
        let source = RADLSource(bytes: Array(try Data(contentsOf: file)), file: file.lastPathComponent)
        guard RADLDocument.read(source).errors.isEmpty else {
            #expect(throws: RADLFormatter.Refusal.self) { try RADLFormatter.format(source) }
            return
        }
        let text = try RADLFormatter.format(source)
        #expect(try RADLFormatter.format(RADLSource(text: text)) == text)
        let isRecipe = text.split(separator: "\n").contains("@begin")
        let outside = text.replacing(/(?s)@begin.*?\n@end/, with: "")
        for line in outside.split(separator: "\n") where !line.contains("'") {
            #expect(line.last != " ", "\(line)")
        }
        #expect(!outside.contains("\n\n\n") || outside.contains("'") || isRecipe)
    }

    /// A cursor at every byte, and texts that end at every byte.
    @Test(arguments: documents.prefix(4))
    func anyPlaceIsSafe(file: URL) throws {
        let text = try String(contentsOf: file, encoding: .utf8)
        let document = TextDocument(uri: "file:///x", version: 1, text: text)
        let outline = SourceOutline(document)
        for offset in stride(from: 0, through: document.bytes.count, by: 3) {
            _ = Hover.hover(outline, at: offset)
            _ = outline.mention(at: offset).map(outline.mentions)
        }
        for offset in stride(from: 0, through: document.bytes.count, by: 97) {
            _ = Completion.items(outline, at: offset, usesSnippets: true)
            let cut = TextDocument(
                uri: "file:///x", version: 1, text: String(decoding: document.bytes[..<offset], as: UTF8.self))
            let part = SourceOutline(cut)
            _ = Completion.items(part, at: cut.bytes.count, usesSnippets: true)
            _ = (part.symbols(), part.foldingRanges())
        }
    }

    @Test func largeDocumentsStayQuick() throws {
        let system = "system s%d (\n    cpu.count >= 1 and\n    net_interface.0.connection = 'n' # c\n)\ndeploy s%d 1\n"
        let text =
            "network n ()\n"
            + (0..<5000).map { system.replacing("%d", with: "\($0)") }.joined()
        let document = TextDocument(uri: "file:///x", version: 1, text: text)
        let began = ContinuousClock.now
        let outline = SourceOutline(document)
        _ = Completion.items(outline, at: document.bytes.count / 2, usesSnippets: true)
        _ = Hover.hover(outline, at: document.bytes.count / 2)
        _ = outline.symbols()
        _ = try RADLFormatter.format(document.source)
        // Quadratic time would be minutes.
        #expect(ContinuousClock.now - began < .seconds(60))
    }
}
