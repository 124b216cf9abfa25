import Jinja

/// `replace`: all matches of a regular expression in a file.
package enum ReplaceModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "replace", summary: "Replaces all matches of a regular expression in a file.",
        parameters: FileParameters.all + [
            ModuleParameter("path", .path, aliases: ["dest", "destfile", "name"], required: true, "The file."),
            ModuleParameter("regexp", .string, required: true, "What; ^ and $ match at each line."),
            ModuleParameter("replace", .string, default: "", "By what."),
            ModuleParameter("after", .string, "Only what follows the first match of this."),
            ModuleParameter("before", .string, "Only what stands before the first match of this."),
            ModuleParameter("backup", .boolean, default: false, "Keep the old file."),
            ModuleParameter("validate", .string, "Command with %s that must accept the new file."),
            ModuleParameter("encoding", .string, choices: ["utf-8"], "Only utf-8."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let pattern = try PythonPattern(arguments.string("regexp") ?? "", isMultiline: true)
        let replacement = arguments.string("replace") ?? ""
        let path = arguments.string("path") ?? ""
        let section = try Self.section(after: arguments.string("after"), before: arguments.string("before"))
        var edit = try TextEdit(arguments, context) { content in
            guard let content else { return .failed("Path \(path) does not exist !", rc: 257) }
            let text = String(decoding: content, as: UTF8.self)
            let flaw = pattern.flaw(in: replacement)
            var range = text.startIndex..<text.endIndex
            if let section {
                guard let found = section.pattern.range(ofGroup: "section", in: text) else {
                    return .unchanged(
                        "Pattern for before/after params did not match the given file: \(section.text)", ["rc": 0])
                }
                range = found
            }
            if let flaw { return .failed("Unable to process replace due to error: \(flaw)", rc: nil) }
            let part = String(text[range])
            let (changed, count) = pattern.replacingAll(in: part, with: replacement)
            guard !changed.isSame(as: part) else { return .unchanged("", ["rc": 0]) }
            let whole = text[..<range.lowerBound] + changed + text[range.upperBound...]
            return .changed(Array(whole.utf8), "\(count) replacements made", ["rc": 0])
        }
        edit.difference = ""
        return edit.withoutFile.step
    }

    /// The part of the text in which matches count: to the first `before` that follows `after`, else to the last one.
    private static func section(
        after: String?, before: String?
    ) throws(ModuleError) -> (pattern: PythonPattern, text: String)? {
        let text: String
        switch (after, before) {
        case (let after?, let before?): text = "\(after)(?P<section>.*?)\(before)"
        case (let after?, nil): text = "\(after)(?P<section>.*)"
        case (nil, let before?): text = "(?P<section>.*)\(before)"
        case (nil, nil): return nil
        }
        return (
            try PythonPattern(text, matchesNewlines: true),
            text.replacing("?P<section>", with: "?P<subsection>")
        )
    }
}

/// `blockinfile`: a block of lines between two marker lines.
package enum BlockInFileModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "blockinfile", summary: "Keeps a block of lines between two marker lines.",
        parameters: FileParameters.all + [
            ModuleParameter("path", .path, aliases: ["dest", "destfile", "name"], required: true, "The file."),
            ModuleParameter("block", .string, aliases: ["content"], default: "", "The lines; empty removes them."),
            ModuleParameter("marker", .string, default: "# {mark} ANSIBLE MANAGED BLOCK", "The marker lines."),
            ModuleParameter("marker_begin", .string, default: "BEGIN", "Word for {mark} at the begin."),
            ModuleParameter("marker_end", .string, default: "END", "Word for {mark} at the end."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
            ModuleParameter("insertafter", .string, "Pattern or EOF."),
            ModuleParameter("insertbefore", .string, "Pattern or BOF."),
            ModuleParameter("create", .boolean, default: false, "Make the file."),
            ModuleParameter("append_newline", .boolean, default: false, "An empty line after the block."),
            ModuleParameter("prepend_newline", .boolean, default: false, "An empty line before the block."),
            ModuleParameter("backup", .boolean, default: false, "Keep the old file."),
            ModuleParameter("validate", .string, "Command with %s that must accept the new file."),
        ],
        exclusive: [["insertbefore", "insertafter"]])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let marker = arguments.string("marker") ?? ""
        let begin = marker.replacing("{mark}", with: arguments.string("marker_begin") ?? "BEGIN")
        let end = marker.replacing("{mark}", with: arguments.string("marker_end") ?? "END")
        let block = arguments.string("block") ?? ""
        let isPresent = arguments.string("state") != "absent" && !block.isEmpty
        let before = arguments.string("insertbefore")
        let after = arguments.string("insertafter") ?? (before == nil ? "EOF" : nil)
        var place: PythonPattern?
        if let text = after ?? before, text != "EOF", text != "BOF" { place = try PythonPattern(text) }
        let creates = arguments.bool("create") ?? false
        let appends = arguments.bool("append_newline") ?? false
        let prepends = arguments.bool("prepend_newline") ?? false
        let path = arguments.string("path") ?? ""
        var edit = try TextEdit(arguments, context) { [place] content in
            if content == nil, !creates { return .failed("Path \(path) does not exist !", rc: 257) }
            let text = TextLines(content ?? [])
            var lines = text.lines
            var insertion: Int?
            // The last of each, in whichever order they stand.
            if let first = lines.lastIndex(where: begin.isSame), let last = lines.lastIndex(where: end.isSame) {
                lines.removeSubrange(min(first, last)...max(first, last))
                insertion = min(first, last)
            }
            if isPresent {
                let position =
                    insertion
                    ?? position(in: content ?? [], lines, text.lineEnd, after: after, before: before, place: place)
                let body = TextLines(Array(block.utf8)).lines
                var whole = [begin] + body + [end]
                let isAfterText = position > 0 && lines.indices.contains(position - 1) && !lines[position - 1].isEmpty
                if prepends, isAfterText { whole.insert("", at: 0) }
                if appends, lines.indices.contains(position), !lines[position].isEmpty { whole.append("") }
                lines.insert(contentsOf: whole, at: position)
            }
            guard !lines.elementsEqual(text.lines, by: { $0.isSame(as: $1) }) || content == nil else {
                return .unchanged("", [:])
            }
            let message = content == nil ? "File created" : isPresent ? "Block inserted" : "Block removed"
            return .changed(text.joined(lines), message, [:])
        }
        edit.showsAttributes = true
        edit.takesAnyBytes = true
        return edit.withoutFile.step
    }

    private static func position(
        in content: [UInt8], _ lines: [String], _ lineEnd: String, after: String?, before: String?,
        place: PythonPattern?
    ) -> Int {
        if before == "BOF" { return 0 }
        guard let place else { return lines.count }
        if place.isMultiline {
            // Held against the whole text; the line in which the match ends, or begins, is the one found.
            let whole = String(decoding: content, as: UTF8.self)
            guard let range = place.firstRange(in: whole) else { return lines.count }
            let end = after != nil ? range.upperBound : range.lowerBound
            let line = whole.utf8[..<end].count { $0 == 0x0a }
            return min(after != nil ? line + 1 : line, lines.count)
        }
        let isOpen = content.last != 0x0a
        let found = lines.indices.last { index in
            place.isFound(in: lines[index] + (isOpen && index == lines.count - 1 ? "" : lineEnd))
        }
        guard let found else { return lines.count }
        return after != nil ? found + 1 : found
    }
}
