import RADL

/// Documents as editors hold them: laid out, a document says the same, and laying it out again changes nothing; edits of
/// ranges give the text that the editor has; any place of any text can be asked about.
package enum LanguageSubject {
    package static func feed(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        layOut(RADLSource(text: text))
        edit(text, by: bytes)
    }

    private static func layOut(_ source: RADLSource) {
        do throws(RADLFormatter.Refusal) {
            let text = try RADLFormatter.format(source)
            precondition((try? RADLFormatter.format(RADLSource(text: text))) == text, "the layout does not settle")
        } catch {
            // What cannot be read is left alone.
            guard case .differs = error else { return }
            preconditionFailure("laid out, the document says something else")
        }
    }

    /// The numbers are those of the bytes: few, and the same for the same text.
    private static func edit(_ text: String, by bytes: [UInt8]) {
        var document = TextDocument(uri: "file:///fuzz", version: 0, text: text)
        for (number, byte) in bytes.prefix(4).enumerated() {
            let count = document.bytes.count
            let places = [Int(byte) * 7 % (count + 1), Int(bytes[bytes.count - 1 - number]) * 11 % (count + 1)].sorted()
            let range = document.range(places[0], places[1])
            let (start, end) = (document.offset(of: range.start), document.offset(of: range.end))
            precondition(start <= end && end <= count, "a range beyond the text")
            var expected = document.bytes
            expected.replaceSubrange(start..<end, with: "'é\n".utf8)
            document.apply([LSPContentChange(range: range, text: "'é\n")], version: number)
            precondition(document.bytes == expected, "an edit gives another text")
            look(at: document, places[0])
        }
        look(at: document, document.bytes.count)
    }

    private static func look(at document: TextDocument, _ offset: Int) {
        let outline = SourceOutline(document)
        _ = Hover.hover(outline, at: offset)
        _ = Completion.items(outline, at: offset, usesSnippets: true)
        _ = (outline.symbols(), outline.foldingRanges())
        _ = outline.mention(at: offset).map(outline.mentions)
    }
}
