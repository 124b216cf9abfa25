extension BuiltIns {
    static let textFilters: [String: JinjaFunction] = [
        "default": defaultFilter, "d": defaultFilter,
        "lower": JinjaFunction(["s"]) { arguments, _ in .string(arguments.subject.text.lowercased()) },
        "upper": JinjaFunction(["s"]) { arguments, _ in .string(arguments.subject.text.uppercased()) },
        "capitalize": JinjaFunction(["s"]) { arguments, _ in
            .string(StringMethods.capitalize(arguments.subject.text))
        },
        "title": JinjaFunction(["s"]) { arguments, _ in .string(title(arguments.subject.text)) },
        "string": JinjaFunction(["object"], acceptsUndefined: true) { arguments, context in
            if let object = arguments.subject.python { return .string(object.text) }
            return .string(try context.plain(arguments.subject).text)
        },
        "trim": JinjaFunction(["value", "chars"]) { arguments, _ in
            .string(
                StringMethods.strip(
                    arguments.subject.text, try arguments.text(1, "chars"), left: true, right: true))
        },
        "replace": JinjaFunction(["s", "old", "new", "count"]) { arguments, context in
            guard let old = arguments.value(1, "old"), let new = arguments.value(2, "new") else {
                throw JinjaError.type("replace() needs the old and the new text")
            }
            let limit = try arguments.int(3, "count") ?? -1
            return .string(
                try StringMethods.replace(arguments.subject.text, old.text, new.text, limit: limit, context))
        },
        "center": JinjaFunction(["value", "width"]) { arguments, context in
            .string(try StringMethods.center(arguments.subject.text, try arguments.int(1, "width") ?? 80, context))
        },
        "indent": JinjaFunction(["s", "width", "first", "blank"], indent),
        "truncate": JinjaFunction(["s", "length", "killwords", "end", "leeway"], truncate),
        "wordcount": JinjaFunction(["s"]) { arguments, _ in .int(wordCount(arguments.subject.text)) },
        "wordwrap": JinjaFunction(
            ["s", "width", "break_long_words", "wrapstring", "break_on_hyphens"], WordWrap.filter),
        "format": JinjaFunction(nil) { arguments, context in
            let values = Array(arguments.positional.dropFirst())
            guard values.isEmpty || arguments.named.isEmpty else {
                throw JinjaError.type("can't handle positional and keyword arguments at the same time")
            }
            let given: JinjaValue =
                arguments.named.isEmpty
                ? .tuple(values) : .dict(JinjaDict(arguments.named.map { (.string($0.name), $0.value) }))
            return .string(try PercentFormat.format(arguments.subject.text, given, context: context))
        },
        "pprint": JinjaFunction(["value"]) { arguments, _ in .string(arguments.subject.prettyText) },
    ]

    private static let defaultFilter = JinjaFunction(
        ["value", "default_value", "boolean"], acceptsUndefined: true
    ) { arguments, context in
        let value = arguments.subject
        let fallback = arguments.value(1, "default_value") ?? .string("")
        if value.isUndefined { return fallback }
        let alsoFalse = try context.plain(arguments.value(2, "boolean") ?? .bool(false)).isTrue
        return try alsoFalse && !context.plain(value).isTrue ? fallback : value
    }

    /// Jinja2's own rule: a word begins behind a space, a hyphen or an opening bracket.
    private static func title(_ text: String) -> String {
        var output = ""
        var isStart = true
        for scalar in text.unicodeScalars {
            output += isStart ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
            isStart = scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar)
        }
        return output
    }

    private static func wordCount(_ text: String) -> Int {
        var count = 0
        var insideWord = false
        for scalar in text.unicodeScalars {
            if scalar.isWord, !insideWord { count += 1 }
            insideWord = scalar.isWord
        }
        return count
    }

    private static func indent(_ arguments: JinjaArguments, _ context: JinjaContext) throws -> JinjaValue {
        let indentation: String
        if case .string(let text)? = arguments.value(1, "width") {
            indentation = text
        } else {
            let width = try arguments.int(1, "width") ?? 4
            try context.checkSize(width)
            indentation = String(repeating: " ", count: max(0, width))
        }
        let first = arguments.flag(2, "first")
        let blank = arguments.flag(3, "blank")
        let text = arguments.subject.text + "\n"
        let lines = StringMethods.splitLines(text)
        _ = try context.checkedSize(indentation.utf8.count + 1, times: lines.count)
        var output = ""
        if blank {
            output = lines.joined(separator: "\n" + indentation)
        } else {
            for (index, line) in lines.enumerated() {
                if index > 0 { output += "\n" + (line.isEmpty ? "" : indentation) }
                output += line
            }
        }
        return .string(first ? indentation + output : output)
    }

    private static func truncate(_ arguments: JinjaArguments, _ context: JinjaContext) throws -> JinjaValue {
        let text = arguments.subject.text.scalars
        let length = try arguments.int(1, "length") ?? 255
        let end = try arguments.text(3, "end") ?? "..."
        let leeway = try arguments.int(4, "leeway") ?? 5
        let endLength = end.unicodeScalars.count
        guard length >= endLength else {
            throw JinjaError.value("expected length >= \(endLength), got \(length)")
        }
        guard leeway >= 0 else { throw JinjaError.value("expected leeway >= 0, got \(leeway)") }
        if text.count <= length + leeway { return .string(String(scalars: text)) }
        let kept = text.prefix(length - endLength)
        if arguments.flag(2, "killwords") { return .string(String(scalars: kept) + end) }
        let lastSpace = kept.lastIndex(of: " ") ?? kept.endIndex
        return .string(String(scalars: kept[..<lastSpace]) + end)
    }
}

extension JinjaValue {
    /// Python's `pprint.pformat` for data that fits on one line; longer data one item a line.
    var prettyText: String { Self.pretty(self, indent: 0) }

    private static func pretty(_ value: JinjaValue, indent: Int) -> String {
        let sorted = sortingKeys(value)
        let line = sorted.repr
        if line.unicodeScalars.count + indent <= 80 { return line }
        let padding = "\n" + String(repeating: " ", count: indent + 1)
        switch sorted {
        case .list(let items):
            return "[" + items.map { pretty($0, indent: indent + 1) }.joined(separator: "," + padding) + "]"
        case .tuple(let items):
            return "(" + items.map { pretty($0, indent: indent + 1) }.joined(separator: "," + padding) + ")"
        case .dict(let dict):
            let entries = dict.map { entry in
                let key = entry.key.repr + ": "
                return key + pretty(entry.value, indent: indent + 1 + key.unicodeScalars.count)
            }
            return "{" + entries.joined(separator: "," + padding) + "}"
        default: return line
        }
    }

    private static func sortingKeys(_ value: JinjaValue) -> JinjaValue {
        switch value {
        case .list(let items): return .list(items.map(sortingKeys))
        case .tuple(let items): return .tuple(items.map(sortingKeys))
        case .dict(let dict):
            let entries = dict.map { ($0.key, sortingKeys($0.value)) }
            let sorted = entries.sorted { (try? $0.0.isLess(than: $1.0)) ?? ($0.0.typeName < $1.0.typeName) }
            return .dict(JinjaDict(sorted))
        default: return value
        }
    }
}
