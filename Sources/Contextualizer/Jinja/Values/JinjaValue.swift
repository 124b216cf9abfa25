/// A value of the template language: Python's data types as far as recipes can see them.
///
/// `==` and `hash` are exact (`.int(1) != .double(1)`); the equality of the language, where `1 == 1.0 == true`,
/// is `isEqual(to:)`. Texts are equal when their code points are: to Swift's own `==` a letter with its accent and the
/// letter before an accent of its own are one.
public enum JinjaValue: Sendable, Hashable {
    /// A name or attribute that does not exist. The payload is the message of the error that using it raises.
    case undefined(String)
    case none
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case list([JinjaValue])
    case tuple([JinjaValue])
    case dict(JinjaDict)
    /// Something with behaviour: a function, a macro, `hostvars`. See `JinjaObject`.
    case object(JinjaReference)
}

// MARK: - Equality

extension JinjaValue {
    public static func == (left: JinjaValue, right: JinjaValue) -> Bool {
        switch (left, right) {
        case (.undefined(let left), .undefined(let right)), (.string(let left), .string(let right)):
            left.isSame(as: right)
        case (.none, .none): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.double(let left), .double(let right)): left == right
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)): left == right
        case (.dict(let left), .dict(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }
}

// MARK: - Undefined

extension JinjaValue {
    /// What `{{ x if condition }}` gives when the condition is false: undefined, but it prints as nothing and is false
    /// instead of raising.
    static let silentUndefined = JinjaValue.undefined(
        "the inline if-expression evaluated to false and no else section was defined.")
}

// MARK: - Access

extension JinjaValue {
    public var isUndefined: Bool {
        if case .undefined = self { return true }
        return false
    }

    public var isNone: Bool {
        if case .none = self { return true }
        return false
    }

    /// The text of a string; `nil` for every other type (see `text` for Python's `str()`).
    public var stringValue: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    public var boolValue: Bool? {
        if case .bool(let flag) = self { return flag }
        return nil
    }

    public var intValue: Int? {
        if case .int(let number) = self { return number }
        return nil
    }

    /// The items of a list or tuple.
    public var listValue: [JinjaValue]? {
        switch self {
        case .list(let items), .tuple(let items): items
        default: nil
        }
    }

    public var dictValue: JinjaDict? {
        if case .dict(let dict) = self { return dict }
        return nil
    }

    /// The value under a string key of a dict; `nil` when this is no dict or has no such key.
    public subscript(key: String) -> JinjaValue? {
        guard case .dict(let dict) = self else { return nil }
        return dict[key]
    }

    /// Python's name of the type, as `type_debug` and error messages print it.
    public var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .int: "int"
        case .double: "float"
        case .string: "str"
        case .list: "list"
        case .tuple: "tuple"
        case .dict: "dict"
        case .object(let reference): reference.object.typeName
        }
    }
}

// MARK: - Literals

extension JinjaValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JinjaValue...) { self = .list(elements) }
    public init(dictionaryLiteral elements: (String, JinjaValue)...) {
        self = .dict(JinjaDict(elements.map { (.string($0.0), $0.1) }))
    }
}

// MARK: - Omit

extension JinjaValue {
    /// The value of `omit`: `default(omit)` gives it, and whoever finalises module arguments drops it.
    public static let omit = JinjaValue.string("__omit_place_holder__")

    public var isOmitted: Bool { self == .omit }

    /// The value without the dict entries and list items that are `omit`; `nil` when the value itself is.
    public func removingOmitted() -> JinjaValue? {
        switch self {
        case .list(let items): return .list(items.compactMap { $0.removingOmitted() })
        case .tuple(let items): return .tuple(items.compactMap { $0.removingOmitted() })
        case .dict(let dict):
            var kept = JinjaDict()
            for (key, value) in dict {
                if let value = value.removingOmitted() { kept[key] = value }
            }
            return .dict(kept)
        default: return isOmitted ? nil : self
        }
    }
}
