extension BuiltIns {
    static let sequenceFilters: [String: JinjaFunction] = [
        "length": JinjaFunction(["obj"], length), "count": JinjaFunction(["obj"], length),
        "list": JinjaFunction(["value"]) { arguments, context in .list(try context.items(of: arguments.subject)) },
        "first": JinjaFunction(["seq"]) { arguments, context in
            try context.items(of: arguments.subject).first ?? .undefined("No first item, sequence was empty.")
        },
        "last": JinjaFunction(["seq"]) { arguments, context in
            try context.items(of: arguments.subject).last ?? .undefined("No last item, sequence was empty.")
        },
        "join": JinjaFunction(["value", "d", "attribute"]) { arguments, context in
            let separator = try arguments.text(1, "d") ?? ""
            let path = arguments.value(2, "attribute").map { AttributePath($0) }
            var output = ""
            for (index, item) in try context.items(of: arguments.subject).enumerated() {
                if index > 0 { output += separator }
                output += try context.plain(try path?.get(item, context) ?? item).text
                try context.checkSize(output.utf8.count)
            }
            return .string(output)
        },
        "reverse": JinjaFunction(["value"]) { arguments, context in
            if case .string(let text) = arguments.subject {
                return .string(String(scalars: text.unicodeScalars.reversed()))
            }
            return .list(try context.items(of: arguments.subject).reversed())
        },
        "sort": JinjaFunction(["value", "reverse", "case_sensitive", "attribute"]) { arguments, context in
            let isCaseSensitive = arguments.flag(2, "case_sensitive")
            let paths = arguments.value(3, "attribute").map { AttributePath.several($0) } ?? []
            let sorted = try Sorting.sorted(
                try context.items(of: arguments.subject), isReverse: arguments.flag(1, "reverse"), context
            ) { (item) throws(JinjaError) in
                func key(_ value: JinjaValue) throws(JinjaError) -> JinjaValue {
                    let plain = try context.plain(value)
                    return isCaseSensitive ? plain : CaseFolding.fold(plain)
                }
                guard !paths.isEmpty else { return try key(item) }
                var keys: [JinjaValue] = []
                for path in paths { keys.append(try key(try path.get(item, context))) }
                return .list(keys)
            }
            return .list(sorted)
        },
        "unique": JinjaFunction(["value", "case_sensitive", "attribute"]) { arguments, context in
            let isCaseSensitive = arguments.flag(1, "case_sensitive")
            let path = arguments.value(2, "attribute").map { AttributePath($0) }
            var seen = ValueSet()
            var kept: [JinjaValue] = []
            for item in try context.items(of: arguments.subject) {
                let value = try path?.get(item, context) ?? item
                if seen.insert(isCaseSensitive ? value : CaseFolding.fold(value)) { kept.append(item) }
                try context.count()
            }
            return .list(kept)
        },
        "dictsort": JinjaFunction(["value", "case_sensitive", "by", "reverse"]) { arguments, context in
            guard case .dict(let dict) = arguments.subject else {
                throw JinjaError.type("dictsort() needs a dict, not \(arguments.subject.typeName)")
            }
            let isCaseSensitive = arguments.flag(1, "case_sensitive")
            let by = try arguments.text(2, "by") ?? "key"
            guard by == "key" || by == "value" else {
                throw JinjaError.value("You can only sort by either \"key\" or \"value\"")
            }
            let pairs = dict.map { JinjaValue.tuple([$0.key, $0.value]) }
            let sorted = try Sorting.sorted(pairs, isReverse: arguments.flag(3, "reverse"), context) { pair in
                let value = pair.listValue?[by == "key" ? 0 : 1] ?? .none
                return isCaseSensitive ? value : CaseFolding.fold(value)
            }
            return .list(sorted)
        },
        "items": JinjaFunction(["value"], acceptsUndefined: true) { arguments, context in
            if arguments.subject.isUndefined { return .list([]) }
            guard case .dict(let dict) = try context.plain(arguments.subject) else {
                throw JinjaError.type("Can only get item pairs from a mapping.")
            }
            return .list(dict.map { .tuple([$0.key, $0.value]) })
        },
        "batch": JinjaFunction(["value", "linecount", "fill_with"]) { arguments, context in
            let size = try arguments.int(1, "linecount") ?? 1
            guard size > 0 else { throw JinjaError.value("batch() needs a positive number") }
            try context.checkSize(size)
            var batches: [JinjaValue] = []
            let items = try context.items(of: arguments.subject)
            var start = 0
            while start < items.count {
                var batch = Array(items[start..<min(start + size, items.count)])
                if let filler = arguments.value(2, "fill_with"), !filler.isNone, batch.count < size {
                    batch += Array(repeating: filler, count: size - batch.count)
                }
                batches.append(.list(batch))
                start += size
            }
            return .list(batches)
        },
        "slice": JinjaFunction(["value", "slices", "fill_with"]) { arguments, context in
            let count = try arguments.int(1, "slices") ?? 1
            guard count > 0 else { throw JinjaError.value("slice() needs a positive number") }
            try context.checkSize(count)
            let items = try context.items(of: arguments.subject)
            let (size, surplus) = (items.count / count, items.count % count)
            var slices: [JinjaValue] = []
            var start = 0
            for number in 0..<count {
                let end = start + size + (number < surplus ? 1 : 0)
                var slice = Array(items[start..<end])
                if number >= surplus, surplus > 0 || items.isEmpty, let filler = arguments.value(2, "fill_with"),
                    !filler.isNone
                {
                    slice.append(filler)
                } else if number >= surplus, surplus == 0, let filler = arguments.value(2, "fill_with"),
                    !filler.isNone
                {
                    slice.append(filler)
                }
                slices.append(.list(slice))
                start = end
            }
            return .list(slices)
        },
        "groupby": JinjaFunction(["value", "attribute", "default", "case_sensitive"], groupBy),
        "attr": JinjaFunction(["obj", "name"]) { arguments, context in
            try context.attribute(arguments.subject, try arguments.text(1, "name") ?? "")
        },
        "random": JinjaFunction(["value", "start", "step", "seed"], RandomChoice.filter),
        "shuffle": JinjaFunction(["value", "seed"], RandomChoice.shuffle),
    ]

    private static let length: JinjaFunction.Body = { arguments, _ in
        guard let length = arguments.subject.length else {
            throw JinjaError.type("object of type '\(arguments.subject.typeName)' has no len()")
        }
        return .int(length)
    }

    private static func groupBy(_ arguments: JinjaArguments, _ context: JinjaContext) throws -> JinjaValue {
        guard let attribute = arguments.value(1, "attribute") else {
            throw JinjaError.type("groupby() needs an attribute")
        }
        let path = AttributePath(attribute, fallback: arguments.value(2, "default"))
        let isCaseSensitive = arguments.flag(3, "case_sensitive")
        let items = try context.items(of: arguments.subject)
        func key(_ item: JinjaValue) throws(JinjaError) -> JinjaValue {
            let value = try context.plain(try path.get(item, context))
            return isCaseSensitive ? value : CaseFolding.fold(value)
        }
        let sorted = try Sorting.sorted(items, context) { (item) throws(JinjaError) in try key(item) }
        var groups: [(key: JinjaValue, name: JinjaValue, items: [JinjaValue])] = []
        for item in sorted {
            let itemKey = try key(item)
            if let last = groups.last, last.key.isEqual(to: itemKey) {
                groups[groups.count - 1].items.append(item)
            } else {
                groups.append((itemKey, try path.get(item, context), [item]))
            }
        }
        return .list(groups.map { .tuple([$0.name, .list($0.items)]) })
    }
}

/// A set by Python's equality; lists and dicts are members too.
struct ValueSet {
    private var members: Set<JinjaValue> = []

    /// Whether the value was new.
    mutating func insert(_ value: JinjaValue) -> Bool { members.insert(Self.key(value)).inserted }

    func contains(_ value: JinjaValue) -> Bool { members.contains(Self.key(value)) }

    private static func key(_ value: JinjaValue) -> JinjaValue {
        switch value {
        case .list(let items): .list(items.map(key))
        case .dict(let dict): .dict(JinjaDict(dict.map { ($0.key, key($0.value)) }))
        default: JinjaDict.normalized(value)
        }
    }
}
