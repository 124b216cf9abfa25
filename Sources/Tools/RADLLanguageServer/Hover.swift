import RADL

/// What is known of the word at a place, in Markdown.
enum Hover {
    static func hover(_ outline: SourceOutline, at offset: Int) -> LSPHover? {
        guard let token = outline.token(at: offset), token.kind != .comment, token.kind != .recipe else { return nil }
        let text = outline.text(token)
        let range = outline.document.range(token.start, token.end)
        if let feature = outline.feature(named: token) {
            if let rule = FeatureRule.rule(for: text, in: feature.section ?? .system), feature.section != nil {
                return LSPHover(contents: LSPMarkup(value: Self.text(rule, named: text)), range: range)
            }
            if token.kind == .name {
                let note = "**\(text)**\n\nNothing is known of this feature: it is kept, and nothing here reads it."
                return LSPHover(contents: LSPMarkup(value: note), range: range)
            }
        }
        if let mention = outline.mention(at: offset) {
            return definition(outline, mention).map {
                LSPHover(
                    contents: LSPMarkup(value: $0), range: outline.document.range(mention.start, mention.end))
            }
        }
        if token.kind == .keyword || text == "include", let word = SentenceWord.word(text) {
            return LSPHover(contents: LSPMarkup(value: "`\(word.syntax)`\n\n\(word.meaning)"), range: range)
        }
        return value(outline, token, text).map { LSPHover(contents: LSPMarkup(value: $0), range: range) }
    }

    /// A feature: meaning, what it may hold, default and example.
    static func text(_ rule: FeatureRule, named name: String) -> String {
        var lines = ["**\(name)** · \(rule.kind.words)", "", rule.meaning, ""]
        if !rule.units.isEmpty { lines.append("- units: " + rule.units.map { "`\($0)`" }.joined(separator: " ")) }
        if rule.comparisons.count > 1 {
            lines.append("- comparisons: " + rule.comparisons.map { "`\($0.sign)`" }.joined(separator: " "))
        }
        if let value = rule.defaultValue { lines.append("- where it is not set: \(value)") }
        if rule.isOutput { lines.append("- set by the service; documents need not hold it") }
        if rule.isSecret { lines.append("- a secret: messages never show it") }
        if lines.last != "" { lines.append("") }
        lines += ["```radl", rule.example, "```"]
        return lines.joined(separator: "\n")
    }

    /// The sentence that defines what is named, without its secrets.
    private static func definition(_ outline: SourceOutline, _ mention: SourceScanner.Mention) -> String? {
        let places = outline.mentions(of: mention)
        let count = places.count { !$0.isDefinition }
        guard let definition = outline.definition(of: mention),
            let section = outline.sections.first(where: { $0.id?.start == definition.start })
        else {
            return "\(mention.kind.rawValue) `\(mention.id)` is not in this document."
        }
        let times = "named \(count == 1 ? "once" : "\(count) times") here"
        guard section.hasBody, mention.kind != .configure else {
            return "\(mention.kind.rawValue) **\(mention.id)** · \(times)"
        }
        let features = section.features.filter { $0.depth == 1 }.prefix(12).map { feature in
            let name = outline.text(feature.name)
            let rule = FeatureRule.rule(for: name, in: feature.section ?? .system)
            if rule?.isSecret ?? name.contains("password") { return "    \(name) = '***'" }
            let text = outline.document.text(feature.name.start, feature.end)
            return "    " + (text.utf8.count > 200 ? text.prefix(80) + "…" : text)
        }
        let body = features.joined(separator: " and\n")
        let text = "\(mention.kind.rawValue) \(mention.id) (\n\(body)\n)"
        return "\(mention.kind.rawValue) **\(mention.id)** · \(times)\n\n```radl\n\(text)\n```"
    }

    // MARK: - Values

    private static func value(_ outline: SourceOutline, _ token: RADLToken, _ text: String) -> String? {
        guard let feature = outline.feature(around: token.start),
            let rule = FeatureRule.rule(for: outline.text(feature.name), in: feature.section ?? .system)
        else { return nil }
        switch rule.kind {
        case .outports where token.kind == .string:
            guard let ports = try? Outport.list(parsing: String(text.dropFirst().dropLast())) else { return nil }
            return ports.map { "- \(words($0))" }.joined(separator: "\n")
        case .number(.memory), .integer(.memory): return size(outline, feature)
        default: return nil
        }
    }

    private static func words(_ port: Outport) -> String {
        let from = port.cidr == "0.0.0.0/0" ? "" : ", from \(port.cidr) only"
        let name = port.transport.rawValue
        if port.isRange { return "\(name) ports \(port.remote) to \(port.local)\(from)" }
        if port.remote == port.local { return "\(name) port \(port.local)\(from)" }
        return "\(name) port \(port.remote), led to port \(port.local) of the machine\(from)"
    }

    /// `2GiB`: how many bytes, and in the other kind of units.
    private static func size(_ outline: SourceOutline, _ feature: SourceScanner.FeatureMention) -> String? {
        let words = outline.tokens.filter { $0.start >= feature.name.start && $0.end <= feature.end }
        guard let index = words.firstIndex(where: { $0.kind == .number }) else { return nil }
        let unit = index + 1 < words.count && words[index + 1].kind == .name ? outline.text(words[index + 1]) : ""
        guard let number = Double(outline.text(words[index])) else { return nil }
        return SizeText.text(number * Double(RADLUnit(unit).factor))
    }
}

/// Sizes in words.
enum SizeText {
    /// `2,147,483,648 bytes: 2.15 GB, 2 GiB`.
    static func text(_ bytes: Double) -> String? {
        guard bytes.isFinite, bytes >= 0, bytes < 9e18 else { return nil }
        var text = "\(grouped(Int(bytes))) bytes"
        if bytes >= 1000 {
            text += ": \(scaled(bytes, by: 1000, ["B", "KB", "MB", "GB", "TB"]))"
            text += ", \(scaled(bytes, by: 1024, ["B", "KiB", "MiB", "GiB", "TiB"]))"
        }
        return text
    }

    private static func scaled(_ bytes: Double, by base: Double, _ units: [String]) -> String {
        var value = bytes
        var unit = 0
        while value >= base, unit + 1 < units.count {
            value /= base
            unit += 1
        }
        let rounded = (value * 100).rounded() / 100
        return (rounded == rounded.rounded() ? String(Int(rounded)) : "\(rounded)") + " " + units[unit]
    }

    /// With a comma for each three digits.
    static func grouped(_ number: Int) -> String {
        var digits = Array(String(number))
        var position = digits.count - 3
        while position > 0 {
            digits.insert(",", at: position)
            position -= 3
        }
        return String(digits)
    }
}

extension SourceOutline {
    /// The feature whose name is this token.
    func feature(named token: RADLToken) -> SourceScanner.FeatureMention? {
        section(at: token.start)?.features.first { $0.name.start == token.start }
    }

    /// The innermost feature that has a byte in it.
    func feature(around offset: Int) -> SourceScanner.FeatureMention? {
        section(at: offset)?.features.last { $0.name.start <= offset && offset < $0.end }
    }
}
