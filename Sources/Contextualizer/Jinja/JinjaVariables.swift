/// A variable as a scope holds it.
public enum JinjaVariable: Sendable, Hashable {
    /// Text of an author: templates in it, at any depth, are rendered when the variable is used.
    case template(JinjaValue)
    /// Data (facts, registered results, rendered values): used as it is, so that what looks like a template in it is
    /// never evaluated.
    case final(JinjaValue)
}

/// A scope whose variables may refer to each other: each is rendered when it is used, once, and a circle is an error.
/// Where the template of a variable, or of a member of one, is undefined, that variable or member is undefined itself.
///
/// One instance serves one evaluation context (a host and a task) on one thread; results are kept until
/// `forgetRendered`. Rendering happens with this scope itself, so a variable sees the same names as the task.
public final class JinjaVariables: JinjaScope {
    private let environment: JinjaEnvironment
    private let source: (String) throws -> JinjaVariable?
    private var rendered: [String: JinjaValue] = [:]
    private var inProgress: [String] = []
    /// Shared by all variables, so that the limits hold for the whole evaluation.
    public let budget: JinjaBudget? = JinjaBudget()

    /// - Parameters:
    ///   - source: the raw variable of a name, in the caller's order of precedence; asked once a name.
    public init(environment: JinjaEnvironment, source: @escaping (String) throws -> JinjaVariable?) {
        self.environment = environment
        self.source = source
    }

    public func lookup(_ name: String) throws -> JinjaValue? {
        if let known = rendered[name] { return known }
        switch try source(name) {
        case nil: return nil
        case .final(let value)?:
            rendered[name] = value
            return value
        case .template(let value)?:
            if inProgress.contains(name) {
                let circle = (inProgress.drop { $0 != name } + [name]).joined(separator: " -> ")
                throw JinjaError(.limit, "recursive loop detected in template string: variable '\(circle)'")
            }
            inProgress.append(name)
            defer { inProgress.removeLast() }
            let result = try environment.resolveLeavingUndefined(value, scope: self)
            rendered[name] = result
            return result
        }
    }

    /// Drops what was rendered, after variables have changed.
    public func forgetRendered() { rendered = [:] }
}
