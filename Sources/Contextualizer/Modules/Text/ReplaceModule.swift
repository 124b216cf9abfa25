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
        if arguments.string("after") != nil || arguments.string("before") != nil {
            throw ModuleError(
                code: .invalidArgument,
                message: "replace: after and before are not supported; use a pattern with lookaround")
        }
        let pattern = try PythonPattern(arguments.string("regexp") ?? "", isMultiline: true)
        let replacement = arguments.string("replace") ?? ""
        let path = arguments.string("path") ?? ""
        return try TextEdit(arguments, context) { content in
            guard let content else { return .failed("Path \(path) does not exist !", rc: 257) }
            let text = String(decoding: content, as: UTF8.self)
            let (changed, count) = pattern.replacingAll(in: text, with: replacement)
            guard changed != text else { return .unchanged("", [:]) }
            return .changed(Array(changed.utf8), "\(count) replacements made", [:])
        }.step
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
        let path = arguments.string("path") ?? ""
        return try TextEdit(arguments, context) { [place] content in
            if content == nil, !isPresent { return .unchanged("File \(path) not present", [:]) }
            if content == nil, !creates { return .failed("Path \(path) does not exist !", rc: 257) }
            let text = TextLines(content ?? [])
            var lines = text.lines
            var insertion: Int?
            if let first = lines.firstIndex(of: begin), let last = lines[first...].firstIndex(of: end) {
                lines.removeSubrange(first...last)
                insertion = first
            }
            if isPresent {
                let position =
                    insertion
                    ?? position(in: lines, after: after, before: before, place: place)
                let body = TextLines(Array(block.utf8)).lines
                lines.insert(contentsOf: [begin] + body + [end], at: position)
            }
            guard lines != text.lines || content == nil else { return .unchanged("", [:]) }
            return .changed(text.joined(lines), isPresent ? "Block inserted" : "Block removed", [:])
        }.step
    }

    private static func position(
        in lines: [String], after: String?, before: String?, place: PythonPattern?
    ) -> Int {
        if before == "BOF" { return 0 }
        guard let place, let found = lines.lastIndex(where: { place.isFound(in: $0) }) else { return lines.count }
        return after != nil ? found + 1 : found
    }
}
