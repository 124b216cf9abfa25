import Jinja

/// `lineinfile`: one line of a file is there, is different, or is gone.
package enum LineInFileModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "lineinfile", summary: "Makes sure that a line is in a file, or that it is not.",
        parameters: FileParameters.all + [
            ModuleParameter("path", .path, aliases: ["dest", "destfile", "name"], required: true, "The file."),
            ModuleParameter("line", .string, aliases: ["value"], "The line."),
            ModuleParameter("regexp", .string, aliases: ["regex"], "Finds the line to replace or remove."),
            ModuleParameter("search_string", .string, "As regexp, taken literally."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
            ModuleParameter("backrefs", .boolean, default: false, "\\1 in line is the group of regexp."),
            ModuleParameter("insertafter", .string, "Pattern or EOF."),
            ModuleParameter("insertbefore", .string, "Pattern or BOF."),
            ModuleParameter("create", .boolean, default: false, "Make the file."),
            ModuleParameter("firstmatch", .boolean, default: false, "The first match counts, not the last."),
            ModuleParameter("backup", .boolean, default: false, "Keep the old file."),
            ModuleParameter("validate", .string, "Command with %s that must accept the new file."),
        ],
        exclusive: [
            ["insertbefore", "insertafter"], ["regexp", "search_string"], ["backrefs", "search_string"],
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let isPresent = arguments.string("state") != "absent"
        let line = arguments.string("line")
        let search = try Search(arguments)
        let warning = Search.warning(arguments)
        if isPresent {
            guard let line else {
                throw ModuleError(code: .missingParameter, message: "line is required with state=present")
            }
            if arguments.bool("backrefs") == true, search.pattern == nil {
                throw ModuleError(code: .missingParameter, message: "regexp is required with backrefs=true")
            }
            let insertion = try Insertion(arguments, line: line)
            let creates = arguments.bool("create") ?? false
            let path = arguments.string("path") ?? ""
            return try TextEdit(arguments, context) { content in
                if content == nil, !creates {
                    return .failed("Destination \(path) does not exist !", rc: 257)
                }
                return insertion.apply(to: content ?? [], search: search)
            }.ofLines(warning: warning).step
        }
        guard line != nil || search.isGiven else {
            throw ModuleError(
                code: .missingParameter,
                message: "one of line, search_string, or regexp is required with state=absent")
        }
        return try TextEdit(arguments, context) { content in
            guard let content else { return .unchanged(TextEdit.missing, [:]) }
            return remove(from: content, line: line, search: search)
        }.ofLines(warning: warning).step
    }

    private static func remove(from content: [UInt8], line: String?, search: Search) -> TextEdit.Outcome {
        let lines = EndedLines(content)
        let kept = lines.lines.filter { !search.matches($0, line: line) }
        let removed = lines.lines.count - kept.count
        let values: JinjaDict = ["found": .int(removed)]
        guard removed > 0 else { return .unchanged("", values) }
        return .changed(lines.joined(kept), "\(removed) line(s) removed", values)
    }
}

/// How `lineinfile` finds its line.
struct Search: Sendable {
    var pattern: PythonPattern?
    var literal: String?

    init(_ arguments: ModuleArguments) throws(ModuleError) {
        pattern = try arguments.string("regexp").map { text throws(ModuleError) in try PythonPattern(text) }
        literal = arguments.string("search_string")
    }

    var isGiven: Bool { pattern != nil || literal != nil }

    /// What is odd in it.
    static func warning(_ arguments: ModuleArguments) -> String? {
        let isPattern = arguments.string("regexp")?.isEmpty == true
        guard isPattern || arguments.string("search_string")?.isEmpty == true else { return nil }
        let text =
            "The \(isPattern ? "regular expression" : "search string") is an empty string: every line matches it, and "
            + "the last one may be replaced where a line was to be added."
        return text + (isPattern ? " Where that is wanted, '^' says it without this warning." : "")
    }

    func matches(_ candidate: EndedLines.Line, line: String?) -> Bool {
        if let pattern { return pattern.isFound(in: candidate.whole) }
        if let literal { return candidate.whole.utf8Contains(literal) }
        return line.map { candidate.text.isSame(as: $0) } ?? false
    }
}

/// Where `lineinfile` puts its line.
private struct Insertion: Sendable {
    var line: String
    var backrefs: Bool
    var isFirstMatch: Bool
    var after: String?
    var before: String?
    var place: PythonPattern?

    init(_ arguments: ModuleArguments, line: String) throws(ModuleError) {
        self.line = line
        backrefs = arguments.bool("backrefs") ?? false
        isFirstMatch = arguments.bool("firstmatch") ?? false
        before = arguments.string("insertbefore")
        after = arguments.string("insertafter") ?? (before == nil ? "EOF" : nil)
        if let text = after ?? before, text != "EOF", text != "BOF" { place = try PythonPattern(text) }
    }

    func apply(to content: [UInt8], search: Search) -> TextEdit.Outcome {
        let text = EndedLines(content)
        var lines = text.lines
        // The pattern decides; where it finds nothing, the very line counts, so that a second run changes nothing.
        let found =
            (isFirstMatch
                ? lines.firstIndex { search.matches($0, line: line) }
                : lines.lastIndex { search.matches($0, line: line) })
            ?? lines.lastIndex { $0.text.isSame(as: line) }
        var position: Int?
        if let place {
            let match =
                isFirstMatch
                ? lines.firstIndex { place.isFound(in: $0.whole) } : lines.lastIndex { place.isFound(in: $0.whole) }
            position = match.map { after != nil ? $0 + 1 : $0 }
        }
        if let found {
            if backrefs, let pattern = search.pattern, pattern.isFound(in: lines[found].whole),
                let flaw = pattern.flaw(in: line)
            {
                return .failed("Task failed: Module failed: \(flaw)", rc: nil)
            }
            var wanted = backrefs ? search.pattern?.expansion(of: line, in: lines[found].whole) ?? line : line
            if backrefs, wanted.utf8.last == 0x0a { wanted = String(decoding: wanted.utf8.dropLast(), as: UTF8.self) }
            // The end counts, too: a line that ends otherwise is written anew.
            guard !lines[found].whole.isSame(as: wanted + EndedLines.lineEnd) else {
                return .unchanged("", [:])
            }
            lines[found] = text.made(wanted)
            return .changed(text.joined(lines), "line replaced", [:])
        }
        if backrefs { return .unchanged("", [:]) }
        if before == "BOF" || after == "BOF" {
            lines.insert(text.made(line), at: 0)
        } else if let position {
            let neighbour = after != nil ? position : position - 1
            if lines.indices.contains(neighbour), lines[neighbour].text.isSame(as: line) { return .unchanged("", [:]) }
            lines.insert(text.made(line), at: position)
        } else {
            lines.append(text.made(line))
        }
        return .changed(text.joined(lines), "line added", [:])
    }
}
