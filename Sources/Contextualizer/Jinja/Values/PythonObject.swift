/// A value of Python that ``JinjaValue`` has no case for: it prints, compares and calculates by rules of its own.
protocol PythonObject: JinjaObject {
    /// Python's `str()` and `repr()`.
    var text: String { get }
    var repr: String { get }
    var isTrue: Bool { get }
    /// -1, 0 or 1, as the value is less than another one, equal or greater; `nil`: the two have no order.
    func order(to other: JinjaValue) -> Int?
    /// The value with another one behind the operator, or before it; `nil`: there is no such operation.
    func apply(
        _ operation: ArithmeticOperator, _ other: JinjaValue, isLeft: Bool
    ) throws(JinjaError) -> JinjaValue?
}

extension PythonObject {
    var repr: String { text }
    var isTrue: Bool { true }
    func order(to other: JinjaValue) -> Int? { nil }
    func apply(
        _ operation: ArithmeticOperator, _ other: JinjaValue, isLeft: Bool
    ) throws(JinjaError) -> JinjaValue? { nil }
}

extension JinjaValue {
    var python: (any PythonObject)? {
        guard case .object(let reference) = self else { return nil }
        return reference.object as? any PythonObject
    }

    static func python(_ object: any PythonObject) -> JinjaValue { .object(JinjaReference(object)) }

    /// -1, 0 or 1 where one of the two is a ``PythonObject`` that has an order with the other.
    func pythonOrder(to other: JinjaValue) -> Int? {
        if let object = python, let order = object.order(to: other) { return order }
        return other.python?.order(to: self).map { -$0 }
    }
}

/// `range(…)`: prints as such, and is the list of its numbers for everybody else.
final class RangeObject: PythonObject {
    private let start: Int
    private let stop: Int
    private let step: Int
    private let count: Int
    let typeName = "range"

    init(start: Int, stop: Int, step: Int, count: Int) {
        self.start = start
        self.stop = stop
        self.step = step
        self.count = count
    }

    var text: String { step == 1 ? "range(\(start), \(stop))" : "range(\(start), \(stop), \(step))" }
    var isTrue: Bool { count > 0 }
    var items: JinjaValue { .list((0..<count).map { .int(start + $0 * step) }) }

    func plain(in context: JinjaContext) -> JinjaValue? { items }

    func item(_ key: JinjaValue, in context: JinjaContext) -> JinjaValue? {
        guard case .int(let index)? = key.number?.value else { return nil }
        let position = index < 0 ? index + count : index
        return (0..<count).contains(position) ? .int(start + position * step) : nil
    }
}
