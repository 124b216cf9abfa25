extension BuiltIns {
    static let ansibleSetFilters: [String: JinjaFunction] = [
        "union": setFilter { left, right in unique(left + right) },
        "intersect": setFilter { left, right in
            let others = set(right)
            return unique(left.filter(others.contains))
        },
        "difference": setFilter { left, right in
            let others = set(right)
            return unique(left.filter { !others.contains($0) })
        },
        "symmetric_difference": setFilter { left, right in
            let (one, two) = (set(left), set(right))
            return unique(left.filter { !two.contains($0) } + right.filter { !one.contains($0) })
        },
        "flatten": JinjaFunction(["mylist", "levels", "skip_nulls"]) { arguments, context in
            let levels = try arguments.int(1, "levels")
            return .list(
                flatten(
                    try context.items(of: arguments.subject), levels: levels,
                    skipsNulls: arguments.flag(2, "skip_nulls", default: true)))
        },
        "zip": JinjaFunction(nil) { arguments, context in
            let columns = try columns(arguments, context)
            let count = columns.map(\.count).min() ?? 0
            return .list((0..<count).map { row in .tuple(columns.map { $0[row] }) })
        },
        "zip_longest": JinjaFunction(nil) { arguments, context in
            let columns = try columns(arguments, context)
            let filler = arguments["fillvalue"] ?? .none
            let count = columns.map(\.count).max() ?? 0
            return .list(
                (0..<count).map { row in .tuple(columns.map { row < $0.count ? $0[row] : filler }) })
        },
        "product": JinjaFunction(nil) { arguments, context in
            let repeats = try arguments.int(Int.max, "repeat") ?? 1
            var columns = try columns(arguments, context)
            guard (0...64).contains(repeats) else { throw JinjaError.value("repeat must be between 0 and 64") }
            columns = Array(Array(repeating: columns, count: repeats).joined())
            return .list(try product(columns, context).map(JinjaValue.tuple))
        },
        "permutations": JinjaFunction(["data", "r"]) { arguments, context in
            let items = try context.items(of: arguments.subject)
            let length = try arguments.int(1, "r") ?? items.count
            return .list(try choices(items.count, length, context, ordered: true).map { .tuple($0.map { items[$0] }) })
        },
        "combinations": JinjaFunction(["data", "r"]) { arguments, context in
            let items = try context.items(of: arguments.subject)
            let length = try arguments.int(1, "r") ?? items.count
            return .list(try choices(items.count, length, context, ordered: false).map { .tuple($0.map { items[$0] }) })
        },
    ]

    private static func setFilter(
        _ operation: @escaping @Sendable ([JinjaValue], [JinjaValue]) -> [JinjaValue]
    ) -> JinjaFunction {
        JinjaFunction(["a", "b"]) { arguments, context in
            guard let other = arguments.value(1, "b") else { throw JinjaError.type("the filter needs a second list") }
            let (left, right) = (try context.items(of: arguments.subject), try context.items(of: other))
            try context.count(left.count + right.count)
            return .list(operation(left, right))
        }
    }

    private static func set(_ items: [JinjaValue]) -> ValueSet {
        var set = ValueSet()
        for item in items { _ = set.insert(item) }
        return set
    }

    private static func unique(_ items: [JinjaValue]) -> [JinjaValue] {
        var seen = ValueSet()
        return items.filter { seen.insert($0) }
    }

    static func flatten(_ items: [JinjaValue], levels: Int?, skipsNulls: Bool) -> [JinjaValue] {
        var result: [JinjaValue] = []
        for item in items {
            if skipsNulls, item.isNone || item == .string("None") || item == .string("null") { continue }
            if let inner = item.listValue, levels.map({ $0 > 0 }) ?? true {
                result += flatten(inner, levels: levels.map { $0 - 1 }, skipsNulls: skipsNulls)
            } else {
                result.append(item)
            }
        }
        return result
    }

    private static func columns(
        _ arguments: JinjaArguments, _ context: JinjaContext
    ) throws(JinjaError) -> [[JinjaValue]] {
        var columns: [[JinjaValue]] = []
        for value in arguments.positional { columns.append(try context.items(of: value)) }
        return columns
    }

    static func product(_ columns: [[JinjaValue]], _ context: JinjaContext) throws(JinjaError) -> [[JinjaValue]] {
        var rows: [[JinjaValue]] = [[]]
        for column in columns {
            try context.count(try context.checkedSize(rows.count, times: column.count))
            rows = rows.flatMap { row in column.map { row + [$0] } }
        }
        return rows
    }

    /// Index tuples in Python's order.
    private static func choices(
        _ count: Int, _ length: Int, _ context: JinjaContext, ordered: Bool
    ) throws(JinjaError) -> [[Int]] {
        guard length >= 0 else { throw .value("r must be non-negative") }
        guard length <= count else { return [] }
        var rows: [[Int]] = [[]]
        for _ in 0..<length {
            var next: [[Int]] = []
            for row in rows {
                for index in 0..<count where ordered ? !row.contains(index) : (row.last ?? -1) < index {
                    try context.count()
                    next.append(row + [index])
                }
            }
            try context.checkSize(next.count)
            rows = next
        }
        return rows
    }
}
