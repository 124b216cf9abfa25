import RADL

/// Requests about one document.
extension LanguageServer {
    private static let methods: Set<String> = [
        "hover", "completion", "definition", "references", "documentHighlight", "documentSymbol", "foldingRange",
        "formatting", "rename", "codeAction",
    ]

    mutating func documentRequest(
        _ id: JSONRPCID, _ method: String, _ message: JSONRPCMessage
    ) throws(JSONRPCError) {
        let prefix = "textDocument/"
        let name = String(method.dropFirst(prefix.count))
        guard method.hasPrefix(prefix), Self.methods.contains(name) else {
            throw JSONRPCError(.methodNotFound, "this server does not know '\(method)'")
        }
        let parameters = try message.parameters(LSPDocumentParameters.self)
        let uri = parameters.textDocument.uri
        guard let document = documents[uri] else {
            throw JSONRPCError(.invalidParameters, "the document '\(uri)' is not open")
        }
        let places = [parameters.position, parameters.range?.start, parameters.range?.end].compactMap(\.self)
        guard places.allSatisfy({ $0.line >= 0 && $0.character >= 0 }) else {
            throw JSONRPCError(.invalidParameters, "lines and characters count from 0")
        }
        let outline = outlines[uri] ?? SourceOutline(document)
        outlines[uri] = outline
        switch name {
        case "documentSymbol": writer.answer(id, outline.symbols())
        case "foldingRange": writer.answer(id, outline.foldingRanges())
        case "formatting": writer.answer(id, try Self.formatting(document))
        case "codeAction": writer.answer(id, codeActions(document, parameters))
        default:
            guard let position = parameters.position else {
                throw JSONRPCError(.invalidParameters, "'\(method)' needs a position")
            }
            try request(id, name, outline, document.offset(of: position), parameters)
        }
    }

    private mutating func request(
        _ id: JSONRPCID, _ name: String, _ outline: SourceOutline, _ offset: Int, _ parameters: LSPDocumentParameters
    ) throws(JSONRPCError) {
        let document = outline.document
        switch name {
        case "hover": writer.answer(id, Hover.hover(outline, at: offset))
        case "completion":
            writer.answer(
                id, LSPCompletionList(items: Completion.items(outline, at: offset, usesSnippets: usesSnippets)))
        case "definition":
            let definition = outline.mention(at: offset).flatMap(outline.definition)
            writer.answer(
                id, definition.map { LSPLocation(uri: document.uri, range: document.range($0.start, $0.end)) })
        case "references":
            let keepsDefinition = parameters.context?.includeDeclaration ?? true
            let all = outline.mention(at: offset).map(outline.mentions) ?? []
            writer.answer(
                id,
                all.filter { keepsDefinition || !$0.isDefinition }
                    .map { LSPLocation(uri: document.uri, range: document.range($0.start, $0.end)) })
        case "documentHighlight":
            let all = outline.mention(at: offset).map(outline.mentions) ?? []
            writer.answer(id, all.map { LSPDocumentHighlight(range: document.range($0.start, $0.end)) })
        default: writer.answer(id, try Self.rename(outline, offset, parameters.newName ?? ""))
        }
    }

    // MARK: - Edits

    private static func formatting(_ document: TextDocument) throws(JSONRPCError) -> [LSPTextEdit] {
        let text: String
        do throws(RADLFormatter.Refusal) {
            text = try RADLFormatter.format(document.source)
        } catch {
            throw JSONRPCError(.requestFailed, reason(error))
        }
        // Only what differs, so that the cursor stays where it is.
        let (old, new) = (document.bytes, Array(text.utf8))
        var start = 0
        while start < min(old.count, new.count), old[start] == new[start] { start += 1 }
        while start > 0, start < old.count, old[start] & 0xC0 == 0x80 { start -= 1 }
        if start == old.count, start == new.count { return [] }
        var end = 0
        while end < min(old.count, new.count) - start, old[old.count - 1 - end] == new[new.count - 1 - end] {
            end += 1
        }
        while end > 0, old[old.count - end] & 0xC0 == 0x80 { end -= 1 }
        // Not between the two bytes of a line end.
        if start > 0, start < old.count, old[start - 1] == 0x0D { start -= 1 }
        if end > 0, end < old.count, old[old.count - end] == 0x0A, old[old.count - end - 1] == 0x0D { end -= 1 }
        return [
            LSPTextEdit(
                range: document.range(start, old.count - end),
                newText: String(decoding: new[start..<(new.count - end)], as: UTF8.self))
        ]
    }

    private static func reason(_ refusal: RADLFormatter.Refusal) -> String {
        guard case .unreadable(let errors) = refusal else {
            return "the document cannot be laid out without changing it"
        }
        let first = errors.first.map { error in
            let line = error.range.map { "line \($0.line): " } ?? ""
            return line + error.message
        }
        let mistakes = errors.count == 1 ? "its mistake is" : "its \(errors.count) mistakes are"
        return "the document can be laid out once \(mistakes) mended: \(first ?? "")"
    }

    private static func rename(
        _ outline: SourceOutline, _ offset: Int, _ name: String
    ) throws(JSONRPCError) -> LSPWorkspaceEdit {
        guard let mention = outline.mention(at: offset) else {
            throw JSONRPCError(.requestFailed, "only ids of sections can be renamed")
        }
        let words = RADLSource(text: name).tokens()
        guard words.count == 1, words[0].kind == .name, words[0].start == 0, words[0].end == name.utf8.count else {
            throw JSONRPCError(
                .invalidParameters, "'\(name)' is no id: letters, digits, '_', '.' and '-', and no reserved word")
        }
        var renamed = outline.mentions(of: mention)
        // Without `contextualize` a recipe belongs to the system of its own id.
        if !outline.sections.contains(where: { $0.kind == .contextualize }) {
            for other in [SourceScanner.SectionKind.system, .configure]
            where other != mention.kind && (mention.kind == .system || mention.kind == .configure) {
                renamed += outline.mentions.filter { $0.kind == other && $0.id == mention.id }
            }
        }
        let document = outline.document
        let edits = renamed.sorted { $0.start < $1.start }
            .map { LSPTextEdit(range: document.range($0.start, $0.end), newText: name) }
        return LSPWorkspaceEdit(changes: [document.uri: edits])
    }

    /// What mends the mistakes of a range.
    private func codeActions(_ document: TextDocument, _ parameters: LSPDocumentParameters) -> [LSPCodeAction] {
        guard let range = parameters.range, !changed.contains(document.uri) else { return [] }
        let (first, last) = (document.offset(of: range.start), document.offset(of: range.end))
        return (findings[document.uri] ?? []).compactMap { error in
            guard error.inclusion == nil, let place = error.range, let suggestion = error.suggestion,
                place.offset <= last, place.end >= first,
                suggestion.range.end <= document.bytes.count
            else { return nil }
            let words = suggestion.replacement.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            let old = document.text(suggestion.range.offset, suggestion.range.end)
            let title =
                words.isEmpty ? "Remove '\(old)'" : old.isEmpty ? "Insert '\(words)'" : "Change to '\(words)'"
            return LSPCodeAction(
                title: title, diagnostics: [Self.diagnostic(error, in: document)],
                edit: LSPWorkspaceEdit(
                    changes: [
                        document.uri: [
                            LSPTextEdit(range: document.range(suggestion.range), newText: suggestion.replacement)
                        ]
                    ]))
        }
    }
}
