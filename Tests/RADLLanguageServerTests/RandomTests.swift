import Foundation
import RADL
import Testing

@testable import RADLLanguageServer

/// Documents and sessions that nobody would write.
@Suite struct RandomTests {
    /// The same numbers in every run.
    struct Draws: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 31)
        }
    }

    private static let words = [
        "system", "network", "deploy", "configure", "contextualize", "description", "ansible", "include", "and", "soft",
        "contains", "step", "with", "option", "(", ")", "[", "]", ",", "=", ">=", "<", "'x'", "'it\\'s'",
        "'two\nlines'",
        "'random(4)'", "1", "2.5", "512m", "M", ".5", "a", "b-1", "disk.0.size", "# c\n", "#\n", "\n", "\n\n\n", " ",
        "\t", "\r\n", ";", "-", "@begin", "@begin\n- x: 1\n@end\n", "@end", "ü", "😀", "\u{0}", "\"",
    ]

    /// Sentences that can be read, with blanks and comments between their words at random.
    private static func readable(_ draws: inout Draws) -> String {
        func gap(_ draws: inout Draws) -> String {
            let gaps = [" ", "  ", "\n", "\n\n\n", " # c\n", "\n# own line\n\n", "\t", "\r\n", " #\n # d \n"]
            return gaps[Int.random(in: 0..<gaps.count, using: &draws)]
        }
        let sentences: [[String]] = [
            ["network", "n", "(", ")"], ["network", "m"], ["system", "t"], ["deploy", "s", "2"],
            ["deploy", "s", "1", "c"],
            ["network", "o", "(", "outbound", "=", "'yes'", "and", "outports", "=", "'22,80'", ")"],
            [
                "system", "s", "(", "a", ">=", "512", "M", "and", "b", "=", "[", "'x'", ",", "'y'", "]", "and", "soft",
                "5",
                "(", "c", "=", "1", "and", "d", "=", "'e'", ")", "and", "f", "contains", "(", "name", "=", "'g'", ")",
                ")",
            ],
            ["configure", "c", "(", "@begin\n- x: 1 # no comment\n@end", ")"], ["configure", "d", "(", ")"],
            [
                "contextualize", "60", "(", "option", "p", "=", "'q'", "system", "s", "configure", "c", "step", "1",
                "system", "s", "configure", "d", "with", "cloud_init", ")",
            ],
            ["ansible", "h", "(", "host", "=", "'x\n y'", ")"],
        ]
        var text = ""
        for sentence in sentences.shuffled(using: &draws).prefix(Int.random(in: 1...11, using: &draws)) {
            for word in sentence { text += word + gap(&draws) }
            text += "\n"
        }
        return text
    }

    @Test func anyLayoutIsLaidOutTheSame() throws {
        var draws = Draws(state: 7)
        var count = 0
        for number in 0..<400 {
            let text = Self.readable(&draws)
            let source = RADLSource(text: text)
            guard RADLDocument.read(source).errors.isEmpty else { continue }
            count += 1
            let once = try RADLFormatter.format(source)
            #expect(try RADLFormatter.format(RADLSource(text: once)) == once, "\(number): \(text.debugDescription)")
        }
        #expect(count > 250)
    }

    @Test func anyWordsAreSafe() throws {
        var draws = Draws(state: 11)
        for number in 0..<1000 {
            let text = (0..<Int.random(in: 0...40, using: &draws)).map { _ in
                Self.words[Int.random(in: 0..<Self.words.count, using: &draws)]
                    + (Bool.random(using: &draws) ? " " : "")
            }.joined()
            do throws(RADLFormatter.Refusal) {
                _ = try RADLFormatter.format(RADLSource(text: text))
            } catch {
                if case .differs = error { Issue.record("\(number): \(text.debugDescription)") }
            }
            let document = TextDocument(uri: "", version: nil, text: text)
            let outline = SourceOutline(document)
            _ = (outline.symbols(), outline.foldingRanges())
            let offset = Int.random(in: 0...document.bytes.count, using: &draws)
            _ = Completion.items(outline, at: offset, usesSnippets: true)
            _ = Hover.hover(outline, at: offset)
            _ = outline.mention(at: offset).flatMap(outline.definition)
        }
    }

    /// What the server has is what the editor has, whatever is typed.
    @Test func changesAreFollowed() throws {
        var draws = Draws(state: 3)
        var document = TextDocument(uri: "", version: nil, text: "")
        var text: [UInt16] = []
        for _ in 0..<2000 {
            // UTF-16 offsets at the bounds of characters.
            let whole = String(decoding: text, as: UTF16.self)
            var bounds = [0]
            for scalar in whole.unicodeScalars { bounds.append((bounds.last ?? 0) + UTF16.width(scalar)) }
            let picks = [bounds.randomElement(using: &draws) ?? 0, bounds.randomElement(using: &draws) ?? 0].sorted()
            let (start, end) = (picks[0], min(picks[1], picks[0] + 12))
            // Between `\r` and `\n` there is no place.
            func isPlace(_ offset: Int) -> Bool {
                bounds.contains(offset)
                    && !(offset > 0 && offset < text.count && text[offset - 1] == 13 && text[offset] == 10)
            }
            guard isPlace(start), isPlace(end) else { continue }
            let word = Self.words[Int.random(in: 0..<Self.words.count, using: &draws)]
            let range = LSPRange(start: Self.position(start, in: text), end: Self.position(end, in: text))
            document.apply([LSPContentChange(range: range, text: word)], version: nil)
            text.replaceSubrange(start..<end, with: word.utf16)
            #expect(String(decoding: document.bytes, as: UTF8.self) == String(decoding: text, as: UTF16.self))
            if text.count > 400 {
                text = []
                document.apply([LSPContentChange(range: nil, text: "")], version: nil)
            }
        }
    }

    /// As an editor counts: a line ends with `\n`, `\r\n` or `\r`.
    private static func position(_ offset: Int, in text: [UInt16]) -> LSPPosition {
        var (line, start) = (0, 0)
        for index in 0..<offset {
            let isEnd = text[index] == 10 || (text[index] == 13 && (index + 1 == text.count || text[index + 1] != 10))
            if isEnd { (line, start) = (line + 1, index + 1) }
        }
        return LSPPosition(line: line, character: offset - start)
    }
}
