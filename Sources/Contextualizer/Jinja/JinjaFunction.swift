/// The arguments of a call of a filter, test, function or method, in Python's manner.
public struct JinjaArguments: Sendable {
    public var positional: [JinjaValue]
    public var named: [(name: String, value: JinjaValue)]

    public init(_ positional: [JinjaValue] = [], named: [(name: String, value: JinjaValue)] = []) {
        self.positional = positional
        self.named = named
    }

    /// The argument at a position or of a name.
    public func value(_ position: Int, _ name: String) -> JinjaValue? {
        if position < positional.count { return positional[position] }
        return self[name]
    }

    /// The argument of a name.
    public subscript(name: String) -> JinjaValue? { named.last { $0.name == name }?.value }
}

/// A filter, a test or a global function.
///
/// For filters and tests the value left of `|` or `is` is the first positional argument. Unless `acceptsUndefined`,
/// a first argument that is undefined raises its error before the body runs; other arguments always do, except `omit`
/// (an ordinary value). Objects with plain content arrive as that content.
public struct JinjaFunction: Sendable {
    public typealias Body = @Sendable (JinjaArguments, JinjaContext) throws -> JinjaValue

    /// Names of the parameters in order, the first being the filtered value; `nil`: any number and any names.
    public let parameters: [String]?
    public let acceptsUndefined: Bool
    public let body: Body

    /// - Parameters:
    ///   - parameters: names in order, for keyword arguments; more positional or other named arguments are an error.
    ///   - acceptsUndefined: whether undefined arguments reach the body.
    ///   - body: pure in general; runs synchronously, may be called from any thread.
    public init(_ parameters: [String]?, acceptsUndefined: Bool = false, _ body: @escaping Body) {
        self.parameters = parameters
        self.acceptsUndefined = acceptsUndefined
        self.body = body
    }

    /// The arguments with names put into their places. Missing ones in between stay named.
    func bound(_ arguments: JinjaArguments, name: String) throws(JinjaError) -> JinjaArguments {
        guard let parameters else { return arguments }
        if arguments.positional.count > parameters.count {
            throw .type("\(name)() takes \(parameters.count) arguments but \(arguments.positional.count) were given")
        }
        for (argument, _) in arguments.named {
            guard let place = parameters.firstIndex(of: argument) else {
                throw .type("\(name)() got an unexpected keyword argument '\(argument)'")
            }
            if place < arguments.positional.count {
                throw .type("\(name)() got multiple values for argument '\(argument)'")
            }
        }
        return arguments
    }
}

/// A `JinjaFunction` as a value, so that templates can call it by name.
public final class JinjaCallable: JinjaObject {
    public let name: String
    public let function: JinjaFunction
    public var typeName: String { "function" }

    public init(_ name: String, _ function: JinjaFunction) {
        self.name = name
        self.function = function
    }

    public func call(_ arguments: JinjaArguments, in context: JinjaContext) throws -> JinjaValue {
        try context.invoke(function, name: name, arguments)
    }
}

extension JinjaValue {
    /// A function that templates can call.
    public static func function(_ name: String, _ function: JinjaFunction) -> JinjaValue {
        .object(JinjaReference(JinjaCallable(name, function)))
    }
}
