/// The methods of Python's `str`.
enum StringMethods {
    static func call(
        _ name: String, _ text: String, _ arguments: JinjaArguments, _ context: JinjaContext
    ) throws(JinjaError) -> JinjaValue {
        try context.count(text.utf8.count / 16)
        let call = Call(name: name, arguments: arguments)
        switch name {
        case "upper": return .string(text.uppercased())
        case "lower", "casefold": return .string(text.lowercased())
        case "capitalize": return .string(capitalize(text))
        case "title": return .string(title(text))
        case "swapcase":
            return .string(
                String(
                    text.unicodeScalars.map { scalar in
                        scalar.properties.isUppercase
                            ? scalar.properties.lowercaseMapping : scalar.properties.uppercaseMapping
                    }.joined()))
        case "strip": return .string(strip(text, try call.optionalText(0, "chars"), left: true, right: true))
        case "lstrip": return .string(strip(text, try call.optionalText(0, "chars"), left: true, right: false))
        case "rstrip": return .string(strip(text, try call.optionalText(0, "chars"), left: false, right: true))
        case "split", "rsplit":
            let parts = try split(
                text, separator: try call.optionalText(0, "sep"), limit: try call.int(1, "maxsplit") ?? -1,
                fromRight: name == "rsplit")
            return .list(parts.map(JinjaValue.string))
        case "splitlines":
            return .list(splitLines(text, keepEnds: call.value(0, "keepends")?.isTrue ?? false).map(JinjaValue.string))
        case "replace":
            let (old, new) = (try call.text(0, "old"), try call.text(1, "new"))
            return .string(try replace(text, old, new, limit: try call.int(2, "count") ?? -1, context))
        case "startswith", "endswith": return .bool(try hasAffix(text, call, atStart: name == "startswith"))
        case "removeprefix":
            let prefix = try call.text(0, "prefix")
            return .string(
                text.utf8.starts(with: prefix.utf8)
                    ? String(scalars: text.scalars.dropFirst(prefix.unicodeScalars.count)) : text)
        case "removesuffix":
            let suffix = try call.text(0, "suffix").scalars
            let scalars = text.scalars
            return .string(
                !suffix.isEmpty && scalars.hasPart(suffix, at: scalars.count - suffix.count)
                    ? String(scalars: scalars.dropLast(suffix.count)) : text)
        case "find", "rfind", "index", "rindex": return .int(try find(text, call, name))
        case "count": return .int(try countParts(text, call))
        case "join":
            var parts: [String] = []
            for (index, item) in try context.items(of: call.value(0, "iterable") ?? .none).enumerated() {
                guard case .string(let part) = item else {
                    throw .type("sequence item \(index): expected str instance, \(item.typeName) found")
                }
                parts.append(part)
            }
            return .string(parts.joined(separator: text))
        case "partition", "rpartition": return .tuple(try partition(text, call, fromRight: name == "rpartition"))
        case "center", "ljust", "rjust":
            return .string(
                try justify(text, name, try call.int(0, "width") ?? 0, try call.optionalText(1, "fillchar"), context))
        case "zfill": return .string(try zeroFill(text, try call.int(0, "width") ?? 0, context))
        case "expandtabs": return .string(expandTabs(text, try call.int(0, "tabsize") ?? 8))
        case "format": return .string(try BraceFormat.format(text, arguments, context))
        case "encode": return .string(text)
        default: return .bool(try test(text, name))
        }
    }

    /// Access to the arguments of one call.
    struct Call {
        let name: String
        let arguments: JinjaArguments

        func value(_ index: Int, _ keyword: String) -> JinjaValue? { arguments.value(index, keyword) }

        func text(_ index: Int, _ keyword: String) throws(JinjaError) -> String {
            guard let text = try optionalText(index, keyword) else {
                throw .type("\(name)() takes at least \(index + 1) argument(s)")
            }
            return text
        }

        func optionalText(_ index: Int, _ keyword: String) throws(JinjaError) -> String? {
            switch value(index, keyword) {
            case nil, .some(.none): return nil
            case .string(let text)?: return text
            case let other?:
                throw .type("\(name)() argument \(index + 1) must be str, not \(other.typeName)")
            }
        }

        func int(_ index: Int, _ keyword: String) throws(JinjaError) -> Int? {
            switch value(index, keyword) {
            case nil, .some(.none): return nil
            case .int(let number)?: return number
            case .bool(let flag)?: return flag ? 1 : 0
            case let other?: throw .type("'\(other.typeName)' object cannot be interpreted as an integer")
            }
        }
    }

    // MARK: Case

    static func capitalize(_ text: String) -> String {
        guard let first = text.unicodeScalars.first else { return "" }
        return first.properties.titlecaseMapping + String(scalars: text.unicodeScalars.dropFirst()).lowercased()
    }

    private static func title(_ text: String) -> String {
        var output = ""
        var insideWord = false
        for scalar in text.unicodeScalars {
            output += insideWord ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
            insideWord = scalar.properties.isCased
        }
        return output
    }

    private static func test(_ text: String, _ name: String) throws(JinjaError) -> Bool {
        let scalars = text.unicodeScalars
        func all(_ holds: (Unicode.Scalar) -> Bool) -> Bool { !scalars.isEmpty && scalars.allSatisfy(holds) }
        switch name {
        case "isalpha": return all { $0.properties.isAlphabetic && $0.properties.numericType == nil }
        case "isalnum": return all { $0.isWord && $0 != "_" }
        case "isdigit": return all { $0.properties.numericType == .decimal || $0.properties.numericType == .digit }
        case "isdecimal": return all { $0.properties.numericType == .decimal }
        case "isnumeric": return all { $0.properties.numericType != nil }
        case "isspace": return all(\.isPythonSpace)
        case "isascii": return scalars.allSatisfy { $0.value < 0x80 }
        case "isprintable": return scalars.allSatisfy(\.isPrintable)
        case "islower": return scalars.contains { $0.properties.isCased } && text.isSame(as: text.lowercased())
        case "isupper": return scalars.contains { $0.properties.isCased } && text.isSame(as: text.uppercased())
        case "istitle": return scalars.contains { $0.properties.isCased } && text.isSame(as: title(text))
        case "isidentifier":
            return all(\.isWord) && !(scalars.first?.isDecimalDigit ?? false)
        default: throw .type("'str' object has no attribute '\(name)'")
        }
    }

    // MARK: Whitespace and padding

    static func strip(_ text: String, _ characters: String?, left: Bool, right: Bool) -> String {
        let set = characters.map { Set($0.unicodeScalars) }
        func isStripped(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? scalar.isPythonSpace }
        var view = text.unicodeScalars[...]
        if left { view = view.drop(while: isStripped) }
        if right { while let last = view.last, isStripped(last) { view.removeLast() } }
        return String(view)
    }

    private static func justify(
        _ text: String, _ name: String, _ width: Int, _ fill: String?, _ context: JinjaContext
    ) throws(JinjaError) -> String {
        let fill = fill ?? " "
        guard fill.unicodeScalars.count == 1 else {
            throw .type("The fill character must be exactly one character long")
        }
        try context.checkSize(width)
        let missing = width - text.unicodeScalars.count
        guard missing > 0 else { return text }
        func filler(_ count: Int) -> String { String(repeating: fill, count: count) }
        switch name {
        case "ljust": return text + filler(missing)
        case "rjust": return filler(missing) + text
        default:
            let left = missing / 2 + (missing & width & 1)
            return filler(left) + text + filler(missing - left)
        }
    }

    static func center(_ text: String, _ width: Int, _ context: JinjaContext) throws(JinjaError) -> String {
        try justify(text, "center", width, nil, context)
    }

    private static func zeroFill(_ text: String, _ width: Int, _ context: JinjaContext) throws(JinjaError) -> String {
        try context.checkSize(width)
        let missing = width - text.unicodeScalars.count
        guard missing > 0 else { return text }
        let zeros = String(repeating: "0", count: missing)
        guard let sign = text.unicodeScalars.first, sign == "-" || sign == "+" else { return zeros + text }
        return String(sign) + zeros + String(scalars: text.unicodeScalars.dropFirst())
    }

    private static func expandTabs(_ text: String, _ size: Int) -> String {
        var output = String.UnicodeScalarView()
        var column = 0
        for scalar in text.unicodeScalars {
            if scalar == "\t" {
                guard size > 0 else { continue }
                let width = size - column % size
                output.append(contentsOf: String(repeating: " ", count: width).unicodeScalars)
                column += width
            } else {
                output.append(scalar)
                column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
            }
        }
        return String(output)
    }

    // MARK: Parts

    static func split(
        _ text: String, separator: String?, limit: Int, fromRight: Bool = false
    ) throws(JinjaError) -> [String] {
        if let separator {
            guard !separator.isEmpty else { throw .value("empty separator") }
            return split(text.scalars, separator.scalars, limit, fromRight)
        }
        return splitSpace(text.scalars, limit, fromRight)
    }

    private static func split(
        _ text: [Unicode.Scalar], _ separator: [Unicode.Scalar], _ limit: Int, _ fromRight: Bool
    ) -> [String] {
        var parts: [String] = []
        if fromRight {
            var end = text.count
            while limit < 0 || parts.count < limit, let at = text.lastIndex(of: separator, before: end) {
                parts.append(String(scalars: text[(at + separator.count)..<end]))
                end = at
            }
            return (parts + [String(scalars: text[..<end])]).reversed()
        }
        var start = 0
        while limit < 0 || parts.count < limit, let at = text.firstIndex(of: separator, from: start) {
            parts.append(String(scalars: text[start..<at]))
            start = at + separator.count
        }
        return parts + [String(scalars: text[start...])]
    }

    private static func splitSpace(_ text: [Unicode.Scalar], _ limit: Int, _ fromRight: Bool) -> [String] {
        let scalars = fromRight ? text.reversed() : text
        var parts: [[Unicode.Scalar]] = []
        var rest = scalars[...].drop(while: \.isPythonSpace)
        while !rest.isEmpty {
            if limit >= 0, parts.count >= limit {
                while let last = rest.last, last.isPythonSpace { rest.removeLast() }
                parts.append(Array(rest))
                break
            }
            let word = rest.prefix { !$0.isPythonSpace }
            parts.append(Array(word))
            rest = rest.dropFirst(word.count).drop(while: \.isPythonSpace)
        }
        if fromRight { return parts.reversed().map { String(scalars: $0.reversed()) } }
        return parts.map { String(scalars: $0) }
    }

    static func splitLines(_ text: String, keepEnds: Bool = false) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        var afterReturn = false
        for scalar in text.unicodeScalars {
            if afterReturn {
                afterReturn = false
                if scalar == "\n" {
                    if keepEnds { lines[lines.count - 1].unicodeScalars.append(scalar) }
                    continue
                }
            }
            switch scalar {
            case "\n", "\r", "\u{0b}", "\u{0c}", "\u{1c}", "\u{1d}", "\u{1e}", "\u{85}", "\u{2028}", "\u{2029}":
                if keepEnds { line.append(scalar) }
                lines.append(String(line))
                line = String.UnicodeScalarView()
                afterReturn = scalar == "\r"
            default: line.append(scalar)
            }
        }
        if !line.isEmpty { lines.append(String(line)) }
        return lines
    }

    static func replace(
        _ text: String, _ old: String, _ new: String, limit: Int, _ context: JinjaContext
    ) throws(JinjaError) -> String {
        let (source, old, new) = (text.scalars, old.scalars, new.scalars)
        var output = String.UnicodeScalarView()
        var replaced = 0
        var start = 0
        if old.isEmpty {
            _ = try context.checkedSize(new.count + 1, times: source.count + 1)
            for (index, scalar) in source.enumerated() {
                if limit < 0 || replaced < limit {
                    output.append(contentsOf: new)
                    replaced += 1
                }
                output.append(scalar)
                if index == source.count - 1, limit < 0 || replaced < limit { output.append(contentsOf: new) }
            }
            if source.isEmpty, limit != 0 { output.append(contentsOf: new) }
            return String(output)
        }
        var size = source.count
        while limit < 0 || replaced < limit, let at = source.firstIndex(of: old, from: start) {
            output.append(contentsOf: source[start..<at])
            output.append(contentsOf: new)
            size += new.count
            try context.checkSize(size)
            start = at + old.count
            replaced += 1
        }
        output.append(contentsOf: source[start...])
        return String(output)
    }

    private static func range(_ call: Call, _ count: Int) throws(JinjaError) -> Range<Int>? {
        func place(_ index: Int) -> Int { index < 0 ? max(0, index + count) : index }
        let start = place(try call.int(1, "start") ?? 0)
        let end = min(count, place(try call.int(2, "end") ?? count))
        return start <= end ? start..<end : nil
    }

    private static func hasAffix(_ text: String, _ call: Call, atStart: Bool) throws(JinjaError) -> Bool {
        let scalars = text.scalars
        guard let range = try range(call, scalars.count) else { return false }
        let part = Array(scalars[range])
        let affixes: [JinjaValue]
        switch call.value(0, "prefix") {
        case .tuple(let several)?: affixes = several
        case let one?: affixes = [one]
        case nil: throw .type("\(call.name)() takes at least 1 argument (0 given)")
        }
        for affix in affixes {
            guard case .string(let affix) = affix else {
                throw .type(
                    "\(call.name) first arg must be str or a tuple of str, not \(affix.typeName)")
            }
            let wanted = affix.scalars
            if part.hasPart(wanted, at: atStart ? 0 : part.count - wanted.count) { return true }
        }
        return false
    }

    private static func find(_ text: String, _ call: Call, _ name: String) throws(JinjaError) -> Int {
        let (scalars, part) = (text.scalars, try call.text(0, "sub").scalars)
        var found: Int?
        if let range = try range(call, scalars.count) {
            let area = Array(scalars[range])
            let place = name.hasPrefix("r") ? area.lastIndex(of: part, before: area.count) : area.firstIndex(of: part)
            found = place.map { $0 + range.lowerBound }
        }
        if found == nil, name.hasSuffix("index") { throw .value("substring not found") }
        return found ?? -1
    }

    private static func countParts(_ text: String, _ call: Call) throws(JinjaError) -> Int {
        let (scalars, part) = (text.scalars, try call.text(0, "sub").scalars)
        guard let range = try range(call, scalars.count) else { return 0 }
        if part.isEmpty { return range.count + 1 }
        let area = Array(scalars[range])
        var (count, start) = (0, 0)
        while let at = area.firstIndex(of: part, from: start) {
            count += 1
            start = at + part.count
        }
        return count
    }

    private static func partition(
        _ text: String, _ call: Call, fromRight: Bool
    ) throws(JinjaError) -> [JinjaValue] {
        let (scalars, separator) = (text.scalars, try call.text(0, "sep"))
        let part = separator.scalars
        guard !part.isEmpty else { throw .value("empty separator") }
        let place = fromRight ? scalars.lastIndex(of: part, before: scalars.count) : scalars.firstIndex(of: part)
        guard let place else {
            return fromRight ? ["", "", .string(text)] : [.string(text), "", ""]
        }
        return [
            .string(String(scalars: scalars[..<place])), .string(separator),
            .string(String(scalars: scalars[(place + part.count)...])),
        ]
    }
}
