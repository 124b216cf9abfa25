/// What went wrong while a template was read or evaluated, and where.
///
/// The position is that of the outermost statement or `{{ … }}` that was being evaluated, so that a message can show
/// the line of the author's text even where the fault lies in a filter.
public struct JinjaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure. New kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String { case syntax, undefined, type, value, limit, assertion, notFound, refused }
        private let value: Value

        /// The text is no valid template or expression.
        public static let syntax = Code(value: .syntax)
        /// A name, attribute or item that does not exist was used.
        public static let undefined = Code(value: .undefined)
        /// An operation got a value of a type it cannot work on, or wrong arguments.
        public static let type = Code(value: .type)
        /// An operation got a value of the right type that makes no sense to it.
        public static let value = Code(value: .value)
        /// A bound of `JinjaLimits` was reached: steps, depth, or size.
        public static let limit = Code(value: .limit)
        /// The template itself asked for the failure (`mandatory`).
        public static let assertion = Code(value: .assertion)
        /// A filter, test, function, lookup or template of that name does not exist.
        public static let notFound = Code(value: .notFound)
        /// The environment forbids the operation.
        public static let refused = Code(value: .refused)

        public var description: String { value.rawValue }
    }

    public var code: Code
    /// What is wrong, in Ansible's words where Ansible has words for it.
    public var message: String
    /// The name that the template was parsed under, if any.
    public var template: String?
    /// The line in the template, counted from 1.
    public var line: Int?
    /// The statement or expression that failed, shortened to one line.
    public var excerpt: String?

    public init(
        _ code: Code, _ message: String, template: String? = nil, line: Int? = nil, excerpt: String? = nil
    ) {
        self.code = code
        self.message = message
        self.template = template
        self.line = line
        self.excerpt = excerpt
    }

    public var description: String {
        var place = ""
        if let template { place += template }
        if let line, line > 1 || template != nil { place += place.isEmpty ? "line \(line)" : ":\(line)" }
        var text = place.isEmpty ? message : "\(place): \(message)"
        if let excerpt, !excerpt.isEmpty { text += " in '\(excerpt)'" }
        return text
    }

    static func type(_ message: String) -> JinjaError { JinjaError(.type, message) }
    static func value(_ message: String) -> JinjaError { JinjaError(.value, message) }
    static func undefined(_ message: String) -> JinjaError { JinjaError(.undefined, message) }
    static func limit(_ message: String) -> JinjaError { JinjaError(.limit, message) }

    /// Any error as a `JinjaError`, so that hooks of the environment may throw what they like.
    static func wrapping(_ error: any Error) -> JinjaError {
        (error as? JinjaError) ?? JinjaError(.value, "\(error)")
    }
}
