/// Stable sorting by Python's order.
enum Sorting {
    static func sorted(
        _ items: [JinjaValue], isReverse: Bool = false, _ context: JinjaContext,
        key: (JinjaValue) throws(JinjaError) -> JinjaValue = { $0 }
    ) throws(JinjaError) -> [JinjaValue] {
        var keyed: [(key: JinjaValue, item: JinjaValue)] = []
        keyed.reserveCapacity(items.count)
        for item in items { keyed.append((try key(item), item)) }
        try context.count(items.count)
        do {
            // Swift's sort is stable; reversed order keeps equal items in their order, as Python does.
            try keyed.sort { left, right in
                isReverse ? try right.key.isLess(than: left.key) : try left.key.isLess(than: right.key)
            }
        } catch {
            throw JinjaError.wrapping(error)
        }
        return keyed.map(\.item)
    }
}
