import RADL

/// A mistake in a document as it is shown on standard error: place, text, the line with carets, and what to write.
enum FindingText {
    static func tell(_ error: RADLError) {
        Terminal.note(painted: text(error, isColored: Terminal.hasErrorColor))
    }

    static func text(_ error: RADLError, isColored: Bool) -> String {
        guard isColored else { return Terminal.harmless(error.description) }
        func paint(_ text: String, _ code: String) -> String { "\u{1B}[\(code)m\(text)\u{1B}[0m" }
        let color = error.severity == .error ? "31" : "33"
        var place = error.file ?? "radl"
        if let range = error.range { place += ":\(range.line):\(range.column)" }
        var lines = [
            "\(paint(Terminal.harmless(place) + ":", "1")) \(paint(error.severity.rawValue + ":", "1;" + color)) "
                + paint(Terminal.harmless(error.message), "1")
        ]
        if let excerpt = error.excerpt {
            lines.append("    " + Terminal.harmless(excerpt.line))
            lines.append("    " + paint(excerpt.marker, "1;" + color))
        }
        if let hint = error.hint { lines.append("    " + paint(Terminal.harmless(hint), "36")) }
        return lines.joined(separator: "\n")
    }
}
