import Foundation

/// What cloud-init reads at a machine's first start: the document's sections as they are, and the login, which is laid over
/// them.
struct BootData {
    let text: String

    /// - Parameters:
    ///   - parts: A mapping, a script, or another form that cloud-init knows by its first line; each.
    ///   - login: A cloud-config.
    init(parts: [String], login: String?) {
        var pieces = parts.map(Self.piece)
        // Lists of both count, such as `users` and `runcmd`; else the document's word.
        if let login { pieces.append(login + "merge_how: list(append)+dict(recurse_array,no_replace)+str()\n") }
        guard pieces.count > 1 else {
            text = pieces.first ?? ""
            return
        }
        var boundary = "gantry-boot-data"
        while pieces.contains(where: { $0.contains(boundary) }) { boundary += "-" }
        var lines = ["Content-Type: multipart/mixed; boundary=\"\(boundary)\"", "MIME-Version: 1.0", ""]
        for piece in pieces {
            // What it is stands in its first line.
            lines += ["--\(boundary)", "Content-Type: text/plain; charset=\"utf-8\""]
            if piece.utf8.allSatisfy({ $0 < 0x80 }) {
                lines += ["Content-Transfer-Encoding: 7bit", "", piece]
            } else {
                let coded = Data(piece.utf8).base64EncodedString(options: [
                    .lineLength76Characters, .endLineWithLineFeed,
                ])
                lines += ["Content-Transfer-Encoding: base64", "", coded]
            }
        }
        text = (lines + ["--\(boundary)--", ""]).joined(separator: "\n")
    }

    /// Whether a section is a list, which no form of cloud-init is.
    static func isPlaybook(_ text: String) -> Bool {
        guard !isKnown(text.drop(while: \.isWhitespace)) else { return false }
        let first = text.split(separator: "\n").lazy.map { $0.trimmingCharacters(in: .whitespaces) }
            .first { !$0.isEmpty && $0 != "---" && !$0.hasPrefix("#") }
        return first == "-" || first?.hasPrefix("- ") == true
    }

    /// A section begins with the line break behind its `@begin`, and may begin as YAML does.
    private static func piece(_ text: String) -> String {
        var rest = Substring(text).drop(while: \.isNewline)
        if rest.hasPrefix("---\n") { rest = rest.dropFirst(4) }
        let known = rest.drop(while: \.isWhitespace)
        let piece = isKnown(known) ? String(known) : "#cloud-config\n\(rest)"
        return piece.hasSuffix("\n") ? piece : piece + "\n"
    }

    private static func isKnown(_ text: Substring) -> Bool {
        ["#!", "#cloud-config", "#cloud-boothook", "#include", "#part-handler", "## template:"]
            .contains { text.hasPrefix($0) }
    }
}
