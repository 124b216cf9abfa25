import Jinja

/// A text cut into lines, with its line ends kept for putting it together again.
struct TextLines {
    var lines: [String]
    let lineEnd: String
    /// The last line when it has no line end: it gets none.
    private let open: String?

    init(_ content: [UInt8]) {
        let text = String(decoding: content, as: UTF8.self)
        // Where the ends are mixed, the returns are part of their lines: what is not touched stays as it is.
        let carriage = content.contains(0x0d) && Self.endsAllWithReturns(content)
        lineEnd = carriage ? "\r\n" : "\n"
        var parts = text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false).map { part in
            String(decoding: carriage && part.last == 0x0d ? part.dropLast() : part, as: UTF8.self)
        }
        if parts.last?.isEmpty == true {
            parts.removeLast()
            open = nil
        } else {
            open = parts.last
        }
        lines = parts
    }

    private static func endsAllWithReturns(_ content: [UInt8]) -> Bool {
        content.indices.allSatisfy { content[$0] != 0x0a || ($0 > 0 && content[$0 - 1] == 0x0d) }
            && content.contains(0x0a)
    }

    /// The lines as bytes, each with a line end but for a last one that had none.
    func joined(_ lines: [String]) -> [UInt8] {
        guard let last = lines.last else { return [] }
        return Array((lines.joined(separator: lineEnd) + (open.map(last.isSame) == true ? "" : lineEnd)).utf8)
    }
}

/// A text cut into lines, each with its own end: what is not touched stays as it is, byte for byte.
struct EndedLines {
    struct Line {
        var text: String
        /// Empty where the last line has none.
        var end: String
        /// What patterns are held against: to them a return before the line feed is a character like others.
        var whole: String { text + end }
    }

    var lines: [Line]
    /// What lines that are written end with, whatever the others do: as with Ansible.
    static let lineEnd = "\n"

    init(_ content: [UInt8]) {
        var lines: [Line] = []
        var rest = content[...]
        while !rest.isEmpty {
            let feed = rest.firstIndex(of: 0x0a)
            let part = rest[..<(feed ?? rest.endIndex)]
            let hasReturn = feed != nil && part.last == 0x0d
            lines.append(
                Line(
                    text: String(decoding: hasReturn ? part.dropLast() : part, as: UTF8.self),
                    end: feed == nil ? "" : hasReturn ? "\r\n" : "\n"))
            rest = feed.map { rest[($0 + 1)...] } ?? []
        }
        self.lines = lines
    }

    /// A new line.
    func made(_ text: String) -> Line { Line(text: text, end: Self.lineEnd) }

    /// The lines as bytes; one without an end gets one where another follows.
    func joined(_ lines: [Line]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, line) in lines.enumerated() {
            bytes += Array(line.text.utf8)
            bytes += Array((line.end.isEmpty && index + 1 < lines.count ? Self.lineEnd : line.end).utf8)
        }
        return bytes
    }
}
