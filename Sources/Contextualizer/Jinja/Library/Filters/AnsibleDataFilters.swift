extension BuiltIns {
    static let ansibleDataFilters: [String: JinjaFunction] = [
        "bool": JinjaFunction(["a"]) { arguments, _ in toBool(arguments.subject) },
        "ternary": JinjaFunction(["value", "true_val", "false_val", "none_val"]) { arguments, _ in
            guard let whenTrue = arguments.value(1, "true_val"), let whenFalse = arguments.value(2, "false_val") else {
                throw JinjaError.type("ternary() needs the values for true and false")
            }
            if arguments.subject.isNone, let whenNone = arguments.value(3, "none_val"), !whenNone.isNone {
                return whenNone
            }
            return arguments.subject.isTrue ? whenTrue : whenFalse
        },
        "combine": JinjaFunction(nil, Combine.filter),
        "mandatory": JinjaFunction(["a", "msg"], acceptsUndefined: true) { arguments, context in
            guard case .undefined(let message) = arguments.subject else { return arguments.subject }
            let own = try context.plain(arguments.value(1, "msg") ?? .none)
            throw JinjaError(.assertion, own.isNone ? "Mandatory variable not defined: \(message)" : own.text)
        },
        "dict2items": JinjaFunction(["mydict", "key_name", "value_name"]) { arguments, _ in
            guard case .dict(let dict) = arguments.subject else {
                throw JinjaError.type("dict2items requires a dictionary, got \(arguments.subject.typeName) instead.")
            }
            let keyName = try arguments.text(1, "key_name") ?? "key"
            let valueName = try arguments.text(2, "value_name") ?? "value"
            return .list(
                dict.map { .dict(JinjaDict([(.string(keyName), $0.key), (.string(valueName), $0.value)])) })
        },
        "items2dict": JinjaFunction(["mylist", "key_name", "value_name"]) { arguments, _ in
            let keyName = arguments.value(1, "key_name") ?? "key"
            let valueName = arguments.value(2, "value_name") ?? "value"
            guard let items = arguments.subject.listValue else {
                throw JinjaError.type("items2dict requires a list, got \(arguments.subject.typeName) instead.")
            }
            var dict = JinjaDict()
            for item in items {
                guard let key = member(keyName, of: item), let value = member(valueName, of: item) else {
                    throw JinjaError.type(
                        "items2dict requires each dictionary in the list to contain the keys '\(keyName.text)' and "
                            + "'\(valueName.text)', got \(item.repr) instead.")
                }
                try key.requireHashable()
                dict[key] = value
            }
            return .dict(dict)
        },
        "extract": JinjaFunction(["item", "container", "morekeys"]) { arguments, context in
            guard let container = arguments.value(1, "container") else {
                throw JinjaError.type("extract() needs a container")
            }
            var keys = [arguments.subject]
            switch arguments.value(2, "morekeys") {
            case .list(let more)?: keys += more
            case nil, .some(.none): break
            case let one?: keys.append(one)
            }
            var value = container
            for key in keys { value = try context.item(value, key) }
            return value
        },
        "subelements": JinjaFunction(["obj", "subelements", "skip_missing"]) { arguments, context in
            .list(
                try Subelements.pairs(
                    arguments.subject, path: arguments.value(1, "subelements") ?? .none,
                    skipMissing: arguments.flag(2, "skip_missing"), context))
        },
        "rekey_on_member": JinjaFunction(["data", "key", "duplicates"]) { arguments, context in
            let key = try arguments.text(1, "key") ?? ""
            let overwrites = try arguments.text(2, "duplicates") == "overwrite"
            var result = JinjaDict()
            let items = try arguments.subject.dictValue?.values ?? context.items(of: arguments.subject)
            for item in items {
                guard let member = item[key] else { throw JinjaError.value("Key \(key) was not found") }
                guard overwrites || result[member] == nil else {
                    throw JinjaError.value("Key \(member.repr) is not unique, cannot correctly turn into dict")
                }
                result[member] = item
            }
            return .dict(result)
        },
        "counter": JinjaFunction(["sequence"]) { arguments, context in
            var counts = JinjaDict()
            for item in try context.items(of: arguments.subject) {
                counts[item] = .int((counts[item]?.intValue ?? 0) + 1)
            }
            return .dict(counts)
        },
        "type_debug": JinjaFunction(["obj"], acceptsUndefined: true) { arguments, _ in
            .string(arguments.subject.typeName)
        },
        "version_compare": versionFunction,
        "json_query": JinjaFunction(["data", "expr"]) { arguments, context in
            try JMESPath.search(try arguments.text(1, "expr") ?? "", in: arguments.subject, context)
        },
    ]

    static func toBool(_ value: JinjaValue) -> JinjaValue {
        switch value {
        case .bool: return value
        case .string(let text): return .bool(["yes", "on", "1", "true"].contains(text.lowercased()))
        default: return .bool(value.isEqual(to: .int(1)))
        }
    }

    /// What Python's `item[name]` gives of a dict, or of a list by number; `nil` where it would raise.
    private static func member(_ name: JinjaValue, of item: JinjaValue) -> JinjaValue? {
        if case .dict(let dict) = item { return dict[name] }
        guard let items = item.listValue, case .int(let number)? = name.number else { return nil }
        let index = number < 0 ? number + items.count : number
        return items.indices.contains(index) ? items[index] : nil
    }

    static let versionFunction = JinjaFunction(
        ["value", "version", "operator", "strict", "version_type"]
    ) { arguments, _ in
        guard let other = arguments.value(1, "version") else { throw JinjaError.type("version needs a version") }
        let symbol = try arguments.text(2, "operator") ?? "eq"
        let comparison = try VersionType(
            strict: arguments.value(3, "strict") ?? .none, name: arguments.value(4, "version_type") ?? .none
        ).compare(arguments.subject.text, other.text)
        switch symbol {
        case "==", "=", "eq": return .bool(comparison == 0)
        case "!=", "<>", "ne": return .bool(comparison != 0)
        case "<", "lt": return .bool(comparison < 0)
        case "<=", "le": return .bool(comparison <= 0)
        case ">", "gt": return .bool(comparison > 0)
        case ">=", "ge": return .bool(comparison >= 0)
        default:
            throw JinjaError.value(
                "Invalid operator type (\(symbol)). Must be one of ==, =, eq, !=, <>, ne, <, lt, <=, le, >, gt, >=, ge")
        }
    }
}

/// Versions as Python's `LooseVersion` compares them: numbers and words in turn.
enum LooseVersion {
    private enum Part {
        case number(Int)
        case word(String)
    }

    /// Negative, zero or positive.
    static func compare(_ left: String, _ right: String) throws(JinjaError) -> Int {
        guard !left.isEmpty else { throw .value("Input version value cannot be empty") }
        guard !right.isEmpty else { throw .value("Version parameter to compare against cannot be empty") }
        let (left, right) = (parts(left), parts(right))
        for (one, two) in zip(left, right) {
            switch (one, two) {
            case (.number(let one), .number(let two)) where one != two: return one < two ? -1 : 1
            case (.word(let one), .word(let two)) where one != two:
                return one.unicodeScalars.lexicographicallyPrecedes(two.unicodeScalars) ? -1 : 1
            case (.number, .word), (.word, .number):
                throw .type("Version comparison failed: a number cannot be compared with a word")
            default: break
            }
        }
        return left.count - right.count
    }

    private static func parts(_ text: String) -> [Part] {
        var parts: [Part] = []
        var current = ""
        var isNumber = false
        func end() {
            guard !current.isEmpty else { return }
            parts.append(isNumber ? .number(Int(current) ?? Int.max) : .word(current))
            current = ""
        }
        for character in text {
            let isDigit = character.isASCII && character.isNumber
            let isLetter = ("a"..."z").contains(character)
            if character == "." {
                end()
                continue
            }
            // Runs of digits and of small letters are parts of their own; what else stands between is one too.
            let kindChanges = !current.isEmpty && (isDigit != isNumber || (!isDigit && isLetter != isWord(current)))
            if kindChanges { end() }
            isNumber = isDigit
            current.append(character)
        }
        end()
        return parts
    }

    private static func isWord(_ text: String) -> Bool { text.last.map { ("a"..."z").contains($0) } ?? false }
}

/// `combine`.
enum Combine {
    static func filter(_ arguments: JinjaArguments, _ context: JinjaContext) throws -> JinjaValue {
        let isRecursive = arguments["recursive"]?.isTrue ?? false
        let listMerge = try arguments.text(Int.max, "list_merge") ?? "replace"
        let modes = ["replace", "keep", "append", "prepend", "append_rp", "prepend_rp"]
        guard modes.contains(listMerge) else {
            throw JinjaError.value("'list_merge' in combine must be one of \(modes.joined(separator: ", "))")
        }
        if let unknown = arguments.named.first(where: { $0.name != "recursive" && $0.name != "list_merge" }) {
            throw JinjaError.type(
                "'recursive' and 'list_merge' are the only valid keyword arguments, not \(unknown.name)")
        }
        var result = JinjaDict()
        for value in arguments.positional {
            for item in flattened(value) {
                guard case .dict(let dict) = item else {
                    throw JinjaError.type("failed to combine variables, expected dicts but got a '\(item.typeName)'")
                }
                result = merge(result, dict, isRecursive, listMerge)
            }
        }
        return .dict(result)
    }

    private static func flattened(_ value: JinjaValue) -> [JinjaValue] {
        guard let items = value.listValue else { return [value] }
        return items.flatMap(flattened)
    }

    private static func merge(
        _ base: JinjaDict, _ other: JinjaDict, _ isRecursive: Bool, _ listMerge: String
    ) -> JinjaDict {
        var result = base
        for (key, value) in other {
            switch (result[key], value) {
            case (.dict(let old)?, .dict(let new)) where isRecursive:
                result[key] = .dict(merge(old, new, isRecursive, listMerge))
            case (.list(let old)?, .list(let new)): result[key] = .list(merge(old, new, listMerge))
            default: result[key] = value
            }
        }
        return result
    }

    private static func merge(_ old: [JinjaValue], _ new: [JinjaValue], _ mode: String) -> [JinjaValue] {
        func without(_ items: [JinjaValue], _ others: [JinjaValue]) -> [JinjaValue] {
            items.filter { item in !others.contains { $0.isEqual(to: item) } }
        }
        switch mode {
        case "keep": return old
        case "append": return old + new
        case "prepend": return new + old
        case "append_rp": return without(old, new) + new
        case "prepend_rp": return new + without(old, new)
        default: return new
        }
    }
}

/// `subelements`, the filter and the lookup.
enum Subelements {
    static func pairs(
        _ value: JinjaValue, path: JinjaValue, skipMissing: Bool, dropsKey: Bool = false, _ context: JinjaContext
    ) throws(JinjaError) -> [JinjaValue] {
        let elements: [JinjaValue]
        if case .dict(let dict) = value { elements = dict.values } else { elements = try context.items(of: value) }
        let keys: [JinjaValue]
        switch path {
        case .string(let text): keys = text.split(separator: ".").map { .string(String($0)) }
        case .list(let items): keys = items
        default: throw .type("subelements must be a list or a string")
        }
        var pairs: [JinjaValue] = []
        for element in elements {
            var current = element
            for key in keys {
                guard case .dict(let dict) = current, let next = dict[key] else {
                    guard skipMissing else {
                        throw .value("could not find \(key.repr) key in iterated item \(current.repr)")
                    }
                    current = .list([])
                    break
                }
                current = next
            }
            guard case .list(let items) = current else {
                throw .type("the key \(keys.last?.text ?? "") should point to a list, got \(current.repr)")
            }
            var element = element
            if dropsKey, case .dict(var dict) = element, let key = keys.first {
                dict[key] = nil
                element = .dict(dict)
            }
            for item in items {
                try context.count()
                pairs.append(.tuple([element, item]))
            }
        }
        return pairs
    }
}
