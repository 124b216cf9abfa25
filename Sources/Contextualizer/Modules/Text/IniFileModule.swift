import Jinja

/// `ini_file`: one option of an INI file.
package enum IniFileModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "ini_file", collections: ["community.general"], summary: "Sets and removes options of INI files.",
        parameters: FileParameters.all + [
            ModuleParameter("path", .path, aliases: ["dest"], required: true, "The file."),
            ModuleParameter("section", .string, "The section; none: before the first one."),
            ModuleParameter("option", .string, "The option; none: the whole section."),
            ModuleParameter("value", .string, "Its value."),
            ModuleParameter("values", .list, "Its values, one line each."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
            ModuleParameter("exclusive", .boolean, default: true, "Other lines of the option go."),
            ModuleParameter("no_extra_spaces", .boolean, default: false, "No blanks around =."),
            ModuleParameter("ignore_spaces", .boolean, default: false, "Blanks around = do not count."),
            ModuleParameter("allow_no_value", .boolean, default: false, "An option may stand without = and value."),
            ModuleParameter("modify_inactive_option", .boolean, default: true, "A commented option is used, too."),
            ModuleParameter("create", .boolean, default: true, "Make the file."),
            ModuleParameter("backup", .boolean, default: false, "Keep the old file."),
            ModuleParameter("follow", .boolean, default: false, "Accepted: links are followed."),
            ModuleParameter("section_has_values", .list, "Not supported: refused when given."),
        ],
        exclusive: [["value", "values"]])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        if arguments.value("section_has_values") != nil {
            throw ModuleError(code: .invalidArgument, message: "ini_file: section_has_values is not supported")
        }
        let values = arguments.list("values") ?? arguments.string("value").map { [$0] } ?? []
        let isPresent = arguments.string("state") != "absent"
        let allowsNoValue = arguments.bool("allow_no_value") ?? false
        if isPresent, values.isEmpty, !allowsNoValue {
            throw ModuleError(
                code: .missingParameter,
                message: "Parameter 'value(s)' must be defined if state=present and allow_no_value=False.")
        }
        let edit = IniEdit(
            section: arguments.string("section"), option: arguments.string("option"), values: values,
            isExclusive: arguments.bool("exclusive") ?? true,
            separator: arguments.bool("no_extra_spaces") == true ? "=" : " = ",
            ignoresSpaces: arguments.bool("ignore_spaces") ?? false,
            usesInactive: arguments.bool("modify_inactive_option") ?? true)
        let creates = arguments.bool("create") ?? true
        let path = arguments.string("path") ?? ""
        var text = try TextEdit(arguments, context) { content in
            if content == nil, !creates || !isPresent {
                return isPresent ? .failed("Destination \(path) does not exist!", rc: 257) : .unchanged("OK", [:])
            }
            let lines = TextLines(content ?? [])
            var edited = edit
            // A file that begins with a section gets an empty line first, as with Ansible.
            edited.lines = lines.lines.isEmpty ? [""] : lines.lines
            let message = isPresent ? edited.set() : edited.remove()
            guard !edited.lines.elementsEqual(lines.lines, by: { $0.isSame(as: $1) }) || content == nil else {
                return .unchanged("OK", [:])
            }
            return .changed(
                Array((edited.lines.map { $0 + lines.lineEnd }.joined()).utf8),
                content == nil ? "section and option added" : message, [:])
        }
        text.finish = { result in
            if result.failed { return }
            if result.changed { result.message = result.message?.replacing(TextEdit.attributeNote, with: "") }
            result["path"] = result["path"] ?? .string(path)
        }
        return text.step
    }
}

/// The edit of the lines of an INI file.
private struct IniEdit: Sendable {
    var section: String?
    var option: String?
    var values: [String]
    var isExclusive: Bool
    var separator: String
    var ignoresSpaces: Bool
    var usesInactive: Bool
    var lines: [String] = []

    /// An option's line taken apart.
    private struct Line {
        var isActive: Bool
        var value: String?
    }

    /// The line when it is one of the option.
    private func parse(_ line: String) -> Line? {
        guard let option else { return nil }
        var rest = line[...].trimmingBlanks()
        var isActive = true
        if let first = rest.first, first == "#" || first == ";" {
            isActive = false
            rest = rest.dropFirst().trimmingBlanks()
        }
        guard rest.hasPrefix(option) else { return nil }
        rest = rest.dropFirst(option.count).trimmingBlanks()
        if rest.isEmpty { return Line(isActive: isActive, value: nil) }
        guard rest.first == "=" else { return nil }
        return Line(isActive: isActive, value: String(rest.dropFirst().trimmingBlanks()))
    }

    /// The lines of the section without its head; nil when there is no such section.
    private var range: Range<Int>? {
        func isHead(_ line: String) -> Bool { line.trimmingBlanks().hasPrefix("[") }
        var start = 0
        if let section {
            guard let head = lines.firstIndex(where: { $0.trimmingBlanks() == "[\(section)]" }) else { return nil }
            start = head + 1
        }
        return start..<(lines[start...].firstIndex(where: isHead) ?? lines.count)
    }

    private func text(_ value: String?) -> String { (option ?? "") + (value.map { separator + $0 } ?? "") }

    private static func isEqual(_ left: String?, _ right: String?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left.isSame(as: right)
    }

    private func isSame(_ line: String, _ value: String?) -> Bool {
        if line.isSame(as: text(value)) { return true }
        guard ignoresSpaces, let parsed = parse(line) else { return false }
        return parsed.isActive && Self.isEqual(parsed.value, value)
    }

    /// Makes the option what it shall be and says what was done.
    mutating func set() -> String {
        guard let range else {
            lines.append("[\(section ?? "")]")
            guard option != nil else { return "only section added" }
            lines += wanted.map { text($0) }
            return "section and option added"
        }
        guard option != nil else { return "OK" }
        var missing = wanted
        var message = "OK"
        var body = Array(lines[range])
        // What is there stays where it is.
        var used: Set<Int> = []
        for (index, line) in body.enumerated() {
            guard let parsed = parse(line), parsed.isActive,
                let found = missing.firstIndex(where: { isSame(line, $0) || Self.isEqual(parsed.value, $0) })
            else { continue }
            if !isSame(line, missing[found]) {
                body[index] = text(missing[found])
                message = "option changed"
            }
            missing.remove(at: found)
            used.insert(index)
        }
        // Then lines of the option take the values that are left.
        for (index, line) in body.enumerated() where !used.contains(index) && !missing.isEmpty {
            guard let parsed = parse(line), parsed.isActive ? isExclusive : usesInactive else { continue }
            if !parsed.isActive, !isExclusive, !Self.isEqual(parsed.value, missing[0]) { continue }
            body[index] = text(missing.removeFirst())
            used.insert(index)
            message = "option changed"
        }
        if isExclusive {
            let kept = body.indices.filter { used.contains($0) || parse(body[$0])?.isActive != true }
            if kept.count < body.count { message = "option changed" }
            body = kept.map { body[$0] }
        }
        if !missing.isEmpty {
            var end = body.count
            while end > 0, Self.isEmptyOrComment(body[end - 1]) { end -= 1 }
            body.insert(contentsOf: missing.map { text($0) }, at: end)
            message = "option added"
        }
        lines.replaceSubrange(range, with: body)
        return message
    }

    private static func isEmptyOrComment(_ line: String) -> Bool {
        let text = line.trimmingBlanks()
        return text.isEmpty || text.hasPrefix("#") || text.hasPrefix(";")
    }

    private var wanted: [String?] { values.isEmpty ? [nil] : values }

    /// Removes the option, or the section when no option is given.
    mutating func remove() -> String {
        guard let range else { return "OK" }
        guard option != nil else {
            lines.removeSubrange((section == nil ? range.lowerBound : range.lowerBound - 1)..<range.upperBound)
            return "section removed"
        }
        let kept = lines[range].filter { line in
            guard let parsed = parse(line), parsed.isActive else { return true }
            return !isExclusive && !values.isEmpty && !values.contains { Self.isEqual($0, parsed.value) }
        }
        lines.replaceSubrange(range, with: kept)
        return "option changed"
    }
}
