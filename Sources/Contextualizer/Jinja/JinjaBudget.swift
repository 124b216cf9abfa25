/// What one evaluation has used of its limits. A scope that renders templates itself shares one among all of them, so
/// that variables which refer to variables cannot multiply the bounds.
public final class JinjaBudget {
    var steps = 0
    var depth = 0
    /// How many evaluations share the budget right now; the counters start anew when none does.
    var users = 0

    public init() {}
}

extension JinjaScope {
    /// The budget that evaluations over this scope share; `nil`: each has its own.
    public var budget: JinjaBudget? { nil }
}
