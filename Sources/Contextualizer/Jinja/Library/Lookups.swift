/// The lookups that need nothing but their terms. They serve `lookup()`, `query()` and `with_<name>:`.
enum Lookups {
    typealias Body = @Sendable ([JinjaValue], JinjaDict, JinjaContext) throws(JinjaError) -> [JinjaValue]

    static let all: [String: Body] = [
        "items": { terms, _, _ in BuiltIns.flatten(terms, levels: 1, skipsNulls: false) },
        "list": { terms, _, _ in terms },
        "flattened": { terms, _, _ in BuiltIns.flatten(terms, levels: nil, skipsNulls: true) },
        "indexed_items": { terms, _, _ in
            BuiltIns.flatten(terms, levels: 1, skipsNulls: false).enumerated().map {
                .list([.int($0.offset), $0.element])
            }
        },
        "dict": { terms, _, _ throws(JinjaError) in
            var items: [JinjaValue] = []
            for term in BuiltIns.flatten(terms, levels: 1, skipsNulls: false) {
                guard case .dict(let dict) = term else {
                    throw .type("with_dict expects a dict, not \(term.typeName)")
                }
                items += dict.map { ["key": $0.key, "value": $0.value] }
            }
            return items
        },
        "together": { terms, _, context throws(JinjaError) in
            var columns: [[JinjaValue]] = []
            for term in terms { columns.append(try context.items(of: term)) }
            let count = columns.map(\.count).max() ?? 0
            return (0..<count).map { row in .list(columns.map { row < $0.count ? $0[row] : .none }) }
        },
        "nested": nested, "cartesian": nested,
        "sequence": { terms, options, context throws(JinjaError) in
            var items: [JinjaValue] = []
            for term in terms.isEmpty ? [.none] : terms { items += try SequenceLookup.items(term, options, context) }
            return items
        },
        "subelements": { terms, _, context throws(JinjaError) in
            guard terms.count >= 2 else { throw .type("subelements lookup expects a list of two or three items") }
            let skips = terms.count > 2 && terms[2]["skip_missing"].map { BuiltIns.toBool($0).isTrue } ?? false
            // The lookup gives the elements without the list, the filter with it.
            return try Subelements.pairs(terms[0], path: terms[1], skipMissing: skips, dropsKey: true, context)
        },
        "random_choice": { terms, _, _ in
            BuiltIns.flatten(terms, levels: 1, skipsNulls: false).randomElement().map { [$0] } ?? []
        },
        "vars": { terms, options, context throws(JinjaError) in
            var items: [JinjaValue] = []
            for term in terms {
                guard case .string(let name) = term else {
                    throw .type(
                        "Invalid setting identifier, \"\(term.text)\" is not a string, it is a \(term.typeName)")
                }
                let value = try context.lookupName(name)
                if value.isUndefined, let fallback = options["default"] {
                    items.append(fallback)
                } else {
                    items.append(try context.defined(value))
                }
            }
            return items
        },
    ]

    private static let nested: Body = { terms, _, context throws(JinjaError) in
        var columns: [[JinjaValue]] = []
        for term in terms { columns.append(term.listValue ?? [term]) }
        guard !columns.isEmpty else { throw .value("with_nested requires at least one element in the nested list") }
        return try BuiltIns.product(columns, context).map { .list(BuiltIns.flatten($0, levels: 1, skipsNulls: false)) }
    }
}

/// `with_sequence`: `start=0 end=10 stride=2 format=web%02d`, or `5`, `1-10/2:host%02x`.
enum SequenceLookup {
    static func items(
        _ term: JinjaValue, _ options: JinjaDict, _ context: JinjaContext
    ) throws(JinjaError) -> [JinjaValue] {
        var settings = options
        if case .dict(let dict) = term { settings.merge(dict) }
        if case .string(let text) = term { settings.merge(try parse(text)) }
        if case .int(let number) = term { settings["end"] = .int(number) }
        func number(_ name: String) throws(JinjaError) -> Int? {
            guard let value = settings[name], !value.isNone else { return nil }
            guard
                case .int(let number)? = value.stringValue.map({ Numbers.int($0, base: 0) })?.map(JinjaValue.int)
                    ?? (value.intValue.map(JinjaValue.int))
            else { throw .value("can't parse \(name)=\(value.text) as integer") }
            return number
        }
        let start = try number("start") ?? 1
        let stride = try number("stride") ?? 1
        var end = try number("end")
        if let count = try number("count") {
            guard end == nil else { throw .value("can't specify both count and end in with_sequence") }
            end = count == 0 ? nil : start + (count - 1) * stride
            if count == 0 { return [] }
        }
        guard let end else { throw .value("must specify count or end in with_sequence") }
        guard stride != 0 else { return [] }
        if stride > 0, end < start { throw .value("to count backwards make stride negative") }
        if stride < 0, end > start { throw .value("to count forward don't make stride negative") }
        let count = (end - start) / stride + 1
        try context.count(count)
        try context.checkSize(count)
        let format = settings["format"]?.text ?? "%d"
        var items: [JinjaValue] = []
        for index in 0..<count {
            items.append(
                .string(try PercentFormat.format(format, .int(start + index * stride), context: context)))
        }
        return items
    }

    private static func parse(_ text: String) throws(JinjaError) -> JinjaDict {
        var settings = JinjaDict()
        if text.contains("=") {
            for part in try StringMethods.split(text, separator: nil, limit: -1) {
                guard let place = part.firstIndex(of: "=") else {
                    throw .value("unrecognized arguments to with_sequence: \(part)")
                }
                settings[String(part[..<place])] = .string(String(part[part.index(after: place)...]))
            }
            return settings
        }
        // [start-]end[/stride][:format]
        var rest = text[...]
        if let colon = rest.firstIndex(of: ":") {
            settings["format"] = .string(String(rest[rest.index(after: colon)...]))
            rest = rest[..<colon]
        }
        if let slash = rest.firstIndex(of: "/") {
            settings["stride"] = .string(String(rest[rest.index(after: slash)...]))
            rest = rest[..<slash]
        }
        if let dash = rest.dropFirst().firstIndex(of: "-") {
            settings["start"] = .string(String(rest[..<dash]))
            rest = rest[rest.index(after: dash)...]
        }
        settings["end"] = .string(String(rest))
        return settings
    }
}
