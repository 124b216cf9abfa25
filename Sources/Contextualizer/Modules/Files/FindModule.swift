import ContextualizationAPI
import Jinja

/// `find`: files by name, kind, age, size and content.
package enum FindModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "find", summary: "Answers the files below folders that match.",
        parameters: [
            ModuleParameter("paths", .list, aliases: ["name", "path"], required: true, "The folders."),
            ModuleParameter("patterns", .list, aliases: ["pattern"], default: [], "Names: shell patterns."),
            ModuleParameter("excludes", .list, aliases: ["exclude"], default: [], "Names that are left out."),
            ModuleParameter("use_regex", .boolean, default: false, "The patterns are regular expressions."),
            ModuleParameter("contains", .string, "Regular expression that a line must match from its begin."),
            ModuleParameter(
                "read_whole_file", .boolean, default: false, "`contains` is searched in the whole content."),
            ModuleParameter(
                "file_type", .string, choices: ["any", "directory", "file", "link"], default: "file", "Which kind."),
            ModuleParameter("recurse", .boolean, default: false, "Look into folders, too."),
            ModuleParameter("depth", .integer, "Levels to look into."),
            ModuleParameter("hidden", .boolean, default: false, "Names with a dot, too."),
            ModuleParameter("follow", .boolean, default: false, "Follow links to folders."),
            ModuleParameter("age", .string, "Older than this, such as 2d; negative: younger."),
            ModuleParameter(
                "age_stamp", .string, choices: ["atime", "ctime", "mtime"], default: "mtime", "Which time."),
            ModuleParameter("size", .string, "Larger than this, such as 1m; negative: smaller."),
            ModuleParameter("mode", .mode, "Permissions."),
            ModuleParameter("exact_mode", .boolean, default: true, "The mode is equal, not contained."),
            ModuleParameter("get_checksum", .boolean, default: false, "Answer checksums."),
            ModuleParameter(
                "checksum_algorithm", .string, aliases: ["checksum", "checksum_algo"],
                choices: ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"], default: "sha1", "Which one."),
            ModuleParameter("limit", .integer, "Most files that are answered."),
            ModuleParameter("encoding", .string, choices: ["utf-8"], "Only utf-8."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let filter = try FindFilter(arguments)
        let paths = arguments.list("paths") ?? []
        let isRecursive = arguments.bool("recurse") ?? false
        let depth = isRecursive ? arguments.int("depth").flatMap { $0 > 0 ? $0 : nil } : 1
        let follows = arguments.bool("follow") == true ? "-L " : ""
        let sums =
            arguments.bool("get_checksum") == true
            ? "find \(follows)\"$p\" -mindepth 1 \(depth.map { "-maxdepth \($0) " } ?? "")-type f -exec "
                + "\(arguments.string("checksum_algorithm") ?? "sha1")sum {} + 2>/dev/null"
                + "|while IFS= read -r l;do o sum \"$l\";fl;done" : ":"
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + """
                o now "$(date +%s)"
                one(){ p=$1;[ -d "$p" ]||{ o skip "$p";return; };fl
                find \(follows)"$p" -mindepth 1 \(depth.map { "-maxdepth \($0) " } ?? "")-exec stat -c '\u{1e}e\u{1f}\(StatFields.format)\t%n' {} + 2>/dev/null
                \(sums); }
                for p in \(paths.map(ShellText.path).joined(separator: " "));do one "$p";done
                fin

                """
        return .run(
            ModuleInvocation(script: script, reads: paths) { output in
                let records = Records(output.standardOutput)
                guard records.isComplete else { return .finish(ModuleResult(records: records, output: output)) }
                return filter.next(records)
            })
    }
}

/// What of the found files is answered.
private struct FindFilter: Sendable {
    var patterns: [String]
    var excludes: [String]
    var expressions: (patterns: [PythonPattern], excludes: [PythonPattern])?
    var contains: PythonPattern?
    var readsWhole: Bool
    var kind: String
    var isHidden: Bool
    var age: Int?
    var stamp: String
    var size: Int?
    var mode: FileMode?
    var isExactMode: Bool
    var limit: Int?

    init(_ arguments: ModuleArguments) throws(ModuleError) {
        patterns = arguments.list("patterns") ?? []
        excludes = arguments.list("excludes") ?? []
        if arguments.bool("use_regex") == true {
            // A pattern with commas is one pattern, as in Python's `match`: from the begin.
            expressions = (try Self.compile(patterns), try Self.compile(excludes))
        }
        readsWhole = arguments.bool("read_whole_file") ?? false
        contains = try arguments.string("contains").map { [readsWhole] text throws(ModuleError) in
            try PythonPattern(readsWhole ? text : "^(?:\(text))")
        }
        kind = arguments.string("file_type") ?? "file"
        isHidden = arguments.bool("hidden") ?? false
        age = try Self.number(arguments.string("age"), "age", ["s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604_800])
        stamp = arguments.string("age_stamp") ?? "mtime"
        size = try Self.number(
            arguments.string("size"), "size", ["b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40])
        mode = try arguments.string("mode").map { text throws(ModuleError) in try FileMode(text) }
        if case .symbolic? = mode {
            throw ModuleError(code: .invalidArgument, message: "find: mode must be octal here")
        }
        isExactMode = arguments.bool("exact_mode") ?? true
        limit = arguments.int("limit")
    }

    private static func compile(_ texts: [String]) throws(ModuleError) -> [PythonPattern] {
        var compiled: [PythonPattern] = []
        for text in texts { compiled.append(try PythonPattern("^(?:\(text))")) }
        return compiled
    }

    private static func number(
        _ text: String?, _ name: String, _ units: [String: Int]
    ) throws(ModuleError) -> Int? {
        guard let text else { return nil }
        let digits = text.prefix { $0 == "-" || $0.isNumber }
        let unit = text.dropFirst(digits.count).prefix(1).lowercased()
        guard let value = Int(digits), let factor = unit.isEmpty ? 1 : units[unit] else {
            throw ModuleError(code: .invalidArgument, message: "failed to process \(name)")
        }
        return value * factor
    }

    /// The result, or the program that reads the contents.
    func next(_ records: Records) -> ModuleStep {
        let now = records["now"].flatMap { Int($0) } ?? 0
        var sums: [String: String] = [:]
        for line in records.values["sum"] ?? [] {
            guard let blank = line.firstIndex(of: " ") else { continue }
            sums[String(line[blank...].dropFirst(2))] = String(line[..<blank])
        }
        let entries = records.values["e"] ?? []
        var files: [JinjaDict] = []
        for entry in entries {
            guard let tab = entry.firstIndex(of: "\t"), let fields = StatFields.values(String(entry[..<tab])) else {
                continue
            }
            var path = String(entry[entry.index(after: tab)...])
            if path.hasSuffix("\n") { path.removeLast() }
            guard isWanted(path, fields, now) else { continue }
            var file: JinjaDict = ["path": .string(path)]
            file.merge(fields)
            if let sum = sums[path] { file["checksum"] = .string(sum) }
            files.append(file)
        }
        let skipped = records.values["skip"] ?? []
        guard let contains else { return .finish(result(files, entries.count, skipped)) }
        let paths = files.filter { $0["isreg"] == true }.compactMap { $0["path"]?.stringValue }
        let script =
            ShellLibrary.prologue(isCheckMode: true)
            + "c(){ o f \"$1\";o c;fl;[ \"$(wc -c <\"$1\")\" -gt 4194304 ]||tr '\\036\\037' '??' <\"$1\"; }\n"
            + paths.map { "c \(ShellText.quote($0))\n" }.joined() + "fin\n"
        let found = files
        return .run(
            ModuleInvocation(script: script, reads: paths) { output in
                let records = Records(output.standardOutput)
                guard records.isComplete else { return .finish(ModuleResult(records: records, output: output)) }
                var matching: Set<String> = []
                for (path, text) in zip(records.values["f"] ?? [], records.values["c"] ?? [])
                where isContained(text, contains) { matching.insert(path) }
                return .finish(
                    result(found.filter { matching.contains($0["path"]?.text ?? "") }, entries.count, skipped))
            })
    }

    /// Whether a line matches, or the whole text holds a match. Lines may end in any way.
    private func isContained(_ text: String, _ pattern: PythonPattern) -> Bool {
        let plain = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        return readsWhole
            ? pattern.isFound(in: plain) : TextLines(Array(plain.utf8)).lines.contains { pattern.isFound(in: $0) }
    }

    private func result(_ files: [JinjaDict], _ examined: Int, _ skipped: [String]) -> ModuleResult {
        let answered = limit.map { Array(files.prefix($0)) } ?? files
        var missing = JinjaDict()
        for path in skipped { missing[path] = .string("'\(path)' is not a directory") }
        var result = ModuleResult(
            message: skipped.isEmpty ? "All paths examined" : "Not all paths examined, check warnings for details",
            values: [
                "files": .list(answered.map { .dict($0) }), "matched": .int(answered.count),
                "examined": .int(examined), "skipped_paths": .dict(missing),
            ])
        if !skipped.isEmpty {
            result["warnings"] = .list(
                skipped.map {
                    .string("Skipped '\($0)' path due to this access issue: '\($0)' is not a directory")
                })
        }
        return result
    }

    private func isWanted(_ path: String, _ fields: JinjaDict, _ now: Int) -> Bool {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        if name.hasPrefix("."), !isHidden { return false }
        switch kind {
        case "file": guard fields["isreg"] == true else { return false }
        case "directory": guard fields["isdir"] == true else { return false }
        case "link": guard fields["islnk"] == true else { return false }
        default: break
        }
        if let expressions {
            if !expressions.patterns.isEmpty, !expressions.patterns.contains(where: { $0.isFound(in: name) }) {
                return false
            }
            if expressions.excludes.contains(where: { $0.isFound(in: name) }) { return false }
        } else {
            if !patterns.isEmpty, !patterns.contains(where: { Wildcard.matches(name, $0) }) { return false }
            if excludes.contains(where: { Wildcard.matches(name, $0) }) { return false }
        }
        if let age {
            let passed = now - Int(Double(fields[stamp]?.text ?? "") ?? 0)
            guard age >= 0 ? passed >= age : passed <= -age else { return false }
        }
        if let size, fields["isreg"] == true || kind == "file" {
            let bytes = fields["size"]?.intValue ?? 0
            guard size >= 0 ? bytes >= size : bytes <= -size else { return false }
        }
        if case .octal(let wanted)? = mode, let text = fields["mode"]?.stringValue, let bits = Int(text, radix: 8) {
            guard isExactMode ? bits == wanted : bits & wanted != 0 else { return false }
        }
        return true
    }
}
