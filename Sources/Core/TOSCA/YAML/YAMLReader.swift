import Yams

/// Reads YAML as PyYAML does (the types of YAML 1.1), with positions; aliases, nesting and size are bounded.
struct YAMLReader {
    let file: UInt16
    let limits: TOSCALimits
    let report: Report
    /// Added to each line: a part of a larger document knows where it stood.
    let firstLine: UInt32
    private var remaining = 0
    private var hasFailed = false

    init(file: UInt16, limits: TOSCALimits, report: Report, firstLine: UInt32 = 1) {
        self.file = file
        self.limits = limits
        self.report = report
        self.firstLine = firstLine
    }

    /// Nil where the text is empty or no YAML; the report tells which.
    mutating func read(_ text: String) -> TOSCAValue? {
        let size = text.utf8.count
        guard size <= limits.maximumSize else {
            fail(.limit, "the document has \(size) bytes, more than the \(limits.maximumSize) that are read", 1, 1)
            return nil
        }
        // Editors of Windows begin a file with a mark of its byte order.
        let text = text.unicodeScalars.first == "\u{feff}" ? String(text.unicodeScalars.dropFirst()) : text
        guard acceptsKeys(text) else { return nil }
        remaining = size + limits.maximumAliasedValues
        guard let node = compose(text) else { return nil }
        let value = convert(node, depth: 0)
        return hasFailed ? nil : value
    }

    // MARK: Composing

    private static let mark = "\u{f8ff}"
    private static let maximumRepeatedKeys = 20

    /// Yams refuses equal keys, where PyYAML takes the last: earlier ones get a mark that no text has, and are dropped.
    private func compose(_ text: String) -> Node? {
        guard !text.unicodeScalars.contains("\u{f8ff}") else {
            fail(.syntax, "the document holds the private character U+F8FF", 1, 1)
            return nil
        }
        var current = text
        for round in 0...Self.maximumRepeatedKeys {
            do {
                return try Parser(yaml: current, resolver: .basic, encoding: .utf8).singleRoot()
            } catch let YamlError.duplicatedKeysInMapping(keys, context) {
                let place = TOSCAPosition(
                    file: file, line: UInt32(clamping: context.mark.line) + firstLine - 1,
                    column: UInt32(clamping: context.mark.column))
                let key = "\((keys.first ?? "").prefix(80))"
                guard round < Self.maximumRepeatedKeys, let marked = markKey(at: context.mark, in: current) else {
                    report.error(.syntax, "the key '\(key)' occurs twice in one mapping", at: place, .root)
                    return nil
                }
                report.warning(
                    .syntax, "the key '\(key)' occurs again in the same mapping: the last one counts", at: place, .root)
                current = marked
            } catch let error as YamlError {
                explain(error, in: current)
                return nil
            } catch {
                fail(.syntax, "the document is no YAML", 1, 1)
                return nil
            }
        }
        return nil
    }

    private func markKey(at place: Mark, in text: String) -> String? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard place.line >= 1, place.line <= lines.count else { return nil }
        var scalars = lines[place.line - 1].unicodeScalars
        guard place.column >= 1, place.column <= scalars.count else { return nil }
        var index = scalars.index(scalars.startIndex, offsetBy: place.column - 1)
        if scalars[index] == "'" || scalars[index] == "\"" { index = scalars.index(after: index) }
        let unique = "\(Self.mark)\(place.line).\(place.column)."
        scalars.insert(contentsOf: unique.unicodeScalars, at: index)
        lines[place.line - 1] = String(scalars)
        return lines.joined(separator: "\n")
    }

    private func position(_ mark: Mark?) -> TOSCAPosition {
        TOSCAPosition(
            file: file, line: UInt32(clamping: mark?.line ?? 1) + firstLine - 1,
            column: UInt32(clamping: mark?.column ?? 1))
    }

    private func fail(_ code: TOSCADiagnostic.Code, _ message: String, _ line: Int, _ column: Int) {
        let place = TOSCAPosition(
            file: file, line: UInt32(clamping: line) + firstLine - 1, column: UInt32(clamping: column))
        report.error(code, message, at: place, .root)
    }

    // MARK: Values

    private mutating func convert(_ node: Node, depth: Int) -> TOSCAValue {
        let place = position(node.mark)
        remaining -= 1
        guard !hasFailed else { return TOSCAValue(.null, at: place) }
        guard remaining >= 0 else {
            hasFailed = true
            report.error(.limit, "the aliases of the document expand to too many values", at: place, .root)
            return TOSCAValue(.null, at: place)
        }
        guard depth <= limits.maximumDepth else {
            hasFailed = true
            report.error(
                .limit, "lists and mappings are nested deeper than the \(limits.maximumDepth) levels that are read",
                at: place, .root)
            return TOSCAValue(.null, at: place)
        }
        switch node {
        case .scalar(let scalar): return self.scalar(scalar, place)
        case .sequence(let sequence):
            var items: [TOSCAValue] = []
            items.reserveCapacity(sequence.count)
            for item in sequence { items.append(convert(item, depth: depth + 1)) }
            return TOSCAValue(.list(items), at: place)
        case .mapping(let mapping):
            return TOSCAValue(.map(self.mapping(mapping, depth: depth)), at: place)
        case .alias: return TOSCAValue(.null, at: place)
        }
    }

    private mutating func mapping(_ mapping: Node.Mapping, depth: Int) -> TOSCAMap {
        var entries: [TOSCAMap.Entry] = []
        entries.reserveCapacity(mapping.count)
        var merged: [TOSCAMap] = []
        for (keyNode, valueNode) in mapping {
            guard case .scalar(let key) = keyNode else {
                hasFailed = true
                report.error(
                    .syntax, "a list or mapping cannot be a key", at: position(keyNode.mark), .root,
                    expected: "a name; a text that begins with { or [ has to be quoted")
                continue
            }
            if key.string.hasPrefix(Self.mark) { continue }
            var value = convert(valueNode, depth: depth + 1)
            // `{ token: [ TEXT, SEPARATOR, NUMBER ] }` is a function.
            if TOSCASecret.isSecret(key.string), key.string != "token" || value.list == nil { value = value.hidden }
            if key.string == "<<", key.style == .plain {
                switch value.content {
                case .map(let map): merged.append(map)
                case .list(let list): merged += list.compactMap(\.map)
                default: report.error(.syntax, "'<<' merges mappings only", at: value.position, .root)
                }
                continue
            }
            entries.append(
                TOSCAMap.Entry(key: key.string, keyPosition: position(key.mark ?? keyNode.mark), value: value))
        }
        var map = TOSCAMap(entries)
        for lower in merged {
            for entry in lower.entries where map[entry.key] == nil {
                map.set(entry.key, entry.value, at: entry.keyPosition)
            }
        }
        return map
    }

    private func scalar(_ scalar: Node.Scalar, _ place: TOSCAPosition) -> TOSCAValue {
        let text = scalar.string
        let tag = scalar.tag.rawValue
        switch tag {
        case "", "?":
            guard scalar.style == .plain else { return TOSCAValue(.text(text), at: place) }
            return YAMLScalars.resolve(text, at: place)
        case "!": return TOSCAValue(.text(text), at: place)
        default: break
        }
        let standard = "tag:yaml.org,2002:"
        guard tag.hasPrefix(standard) else { return TOSCAValue(.tagged(tag, text), at: place) }
        let resolved = YAMLScalars.resolve(text, at: place)
        switch tag.dropFirst(standard.count) {
        case "null", "bool", "int": return resolved
        case "float": return resolved.double.map { TOSCAValue(.real($0), at: place, written: text) } ?? resolved
        default: return TOSCAValue(.text(text), at: place)
        }
    }

    // MARK: Errors

    private func explain(_ error: YamlError, in text: String) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            if problem.contains("aximum nesting") {
                fail(.limit, "lists and mappings are nested too deeply", mark.line, mark.column)
                return
            }
            var message = problem.trimmed
            if let situation = context?.text.trimmed, !situation.isEmpty { message = "\(situation): \(message)" }
            report.error(
                .syntax, "this is no YAML: \(message)", at: position(mark), .root,
                expected: hint(problem, mark.line, text))
        case .reader(let problem, _, _, _): fail(.syntax, "this is no YAML: \(problem.trimmed)", 1, 1)
        case .memory: fail(.limit, "there is not enough memory to read the document", 1, 1)
        default: fail(.syntax, "this is no YAML", 1, 1)
        }
    }

    private func hint(_ problem: String, _ line: Int, _ text: String) -> String? {
        let lines = text.split(separator: "\n", maxSplits: max(1, line), omittingEmptySubsequences: false)
        guard line >= 1, line <= lines.count else { return nil }
        if lines[line - 1].contains("\t") { return "spaces: YAML allows no tab in the indentation" }
        if problem.contains("mapping values are not allowed") {
            return "the same indentation as the lines around it, and quotes around a text that holds ': '"
        }
        return nil
    }

    // MARK: Keys

    /// Yams compares the keys of a mapping with all that their aliases expand to, before anything here could count it:
    /// a document with many aliases may have plain keys only.
    private func acceptsKeys(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var aliases = 0
            var complexKey: Int?
            var line = 1
            var previous: UInt8 = 0x0a
            for (offset, byte) in bytes.enumerated() {
                let isStart = previous <= 0x20 || previous == 0x2c || previous == 0x5b || previous == 0x7b
                switch byte {
                case 0x0a: line += 1
                case UInt8(ascii: "*") where isStart:
                    aliases += 1
                    var end = offset + 1
                    while end < bytes.count, bytes[end] > 0x20, bytes[end] != 0x3a, bytes[end] != 0x2c { end += 1 }
                    if Self.endsKey(bytes, end) { complexKey = complexKey ?? line }
                case UInt8(ascii: "]"), UInt8(ascii: "}"):
                    if Self.endsKey(bytes, offset + 1) { complexKey = complexKey ?? line }
                case UInt8(ascii: "?") where isStart && offset + 1 < bytes.count && bytes[offset + 1] <= 0x20:
                    complexKey = complexKey ?? line
                default: break
                }
                previous = byte
            }
            guard aliases >= 10, let complexKey else { return true }
            fail(.limit, "aliases, lists and mappings cannot be keys in a document with many aliases", complexKey, 1)
            return false
        }
    }

    private static func endsKey(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
        var index = start
        while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
        guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else { return false }
        return index + 1 == bytes.count || bytes[index + 1] <= 0x20
    }
}

extension String {
    /// Without blanks and newlines at both ends.
    var trimmed: String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        while text.first?.isWhitespace == true { text.removeFirst() }
        return String(text)
    }
}
