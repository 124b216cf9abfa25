/// Where names that a template does not define itself come from.
///
/// A lookup happens each time the name is evaluated, and not before: a scope may compute, template or fetch the value
/// then. It is called synchronously on the caller's thread.
public protocol JinjaScope {
    /// The value of a variable, or `nil` when there is none. May throw `JinjaError` (a variable whose own template
    /// fails) or anything else, which is wrapped.
    func lookup(_ name: String) throws -> JinjaValue?
    /// What evaluations over this scope share of their limits. Most scopes leave it at `nil`; see `JinjaBudget`.
    var budget: JinjaBudget? { get }
}

/// Plain variables without recursion.
extension JinjaDict: JinjaScope {
    public func lookup(_ name: String) -> JinjaValue? { self[name] }
}

/// A scope over another: the upper one's names win. Loop items and task variables are laid over host variables so.
public struct JinjaLayeredScope: JinjaScope {
    private let upper: any JinjaScope
    private let lower: any JinjaScope

    public init(_ upper: any JinjaScope, over lower: any JinjaScope) {
        self.upper = upper
        self.lower = lower
    }

    public func lookup(_ name: String) throws -> JinjaValue? {
        try upper.lookup(name) ?? lower.lookup(name)
    }

    public var budget: JinjaBudget? { upper.budget ?? lower.budget }
}

/// A value with behaviour of its own: `hostvars`, a function, a macro.
///
/// All requirements have defaults that answer "not supported". Implementations may be used from any thread.
public protocol JinjaObject: AnyObject, Sendable {
    /// Python's name of the type, for messages.
    var typeName: String { get }
    /// `object.name`; `nil` when there is no such attribute.
    func attribute(_ name: String, in context: JinjaContext) throws -> JinjaValue?
    /// `object[key]`; `nil` when there is no such item.
    func item(_ key: JinjaValue, in context: JinjaContext) throws -> JinjaValue?
    /// `object(arguments)`.
    func call(_ arguments: JinjaArguments, in context: JinjaContext) throws -> JinjaValue
    /// The whole content as plain data, for filters, iteration, comparison and printing; `nil` when it has none.
    func plain(in context: JinjaContext) throws -> JinjaValue?
}

extension JinjaObject {
    public func attribute(_ name: String, in context: JinjaContext) throws -> JinjaValue? {
        try item(.string(name), in: context)
    }

    public func item(_ key: JinjaValue, in context: JinjaContext) throws -> JinjaValue? { nil }

    public func call(_ arguments: JinjaArguments, in context: JinjaContext) throws -> JinjaValue {
        throw JinjaError.type("'\(typeName)' object is not callable")
    }

    public func plain(in context: JinjaContext) throws -> JinjaValue? { nil }
}

/// A `JinjaObject` inside a value; equal when it is the same object.
public struct JinjaReference: Sendable, Hashable {
    public let object: any JinjaObject

    public init(_ object: any JinjaObject) { self.object = object }

    public static func == (left: JinjaReference, right: JinjaReference) -> Bool {
        if left.object === right.object { return true }
        guard let one = left.object as? BigInteger, let two = right.object as? BigInteger else { return false }
        return one.magnitude == two.magnitude && one.isNegative == two.isNegative
    }

    public func hash(into hasher: inout Hasher) {
        if let number = object as? BigInteger {
            hasher.combine(number.magnitude)
        } else {
            hasher.combine(ObjectIdentifier(object))
        }
    }
}
