// `items[start:stop:step]`, as Python reads it.

extension JinjaContext {
    func bound(_ expression: Expression?) throws(JinjaError) -> Int? {
        guard let expression else { return nil }
        switch try plain(try evaluate(expression)) {
        case .none: return nil
        case .int(let number): return number
        case .bool(let flag): return flag ? 1 : 0
        default: throw .type("slice indices must be integers or None or have an __index__ method")
        }
    }

    func slice(
        _ base: JinjaValue, _ start: Int?, _ stop: Int?, _ step: Int?
    ) throws(JinjaError) -> JinjaValue {
        let base = try plain(base)
        let step = step ?? 1
        guard step != 0 else { throw .value("slice step cannot be zero") }
        switch base {
        case .list(let items): return .list(Self.slice(items, start, stop, step))
        case .tuple(let items): return .tuple(Self.slice(items, start, stop, step))
        case .string(let text): return .string(String(scalars: Self.slice(text.scalars, start, stop, step)))
        default: return .undefined("object of type '\(base.typeName)' cannot be sliced")
        }
    }

    static func slice<Element>(_ items: [Element], _ start: Int?, _ stop: Int?, _ step: Int) -> [Element] {
        let count = items.count
        func clamp(_ index: Int, _ low: Int, _ high: Int) -> Int {
            let index = index < 0 ? index + count : index
            return Swift.min(Swift.max(index, low), high)
        }
        if step > 0 {
            let first = start.map { clamp($0, 0, count) } ?? 0
            let last = stop.map { clamp($0, 0, count) } ?? count
            if step == 1 { return first < last ? Array(items[first..<last]) : [] }
            return stride(from: first, to: last, by: step).map { items[$0] }
        }
        let first = start.map { clamp($0, -1, count - 1) } ?? count - 1
        let last = stop.map { clamp($0, -1, count - 1) } ?? -1
        return stride(from: first, to: last, by: step).map { items[$0] }
    }
}
