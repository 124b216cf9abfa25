public import Jinja

/// A condition with its place: the text of an expression, or a boolean.
public struct RecipeCondition: Sendable, Hashable {
    public var expression: JinjaValue
    public var position: RecipePosition

    public init(_ expression: JinjaValue, at position: RecipePosition) {
        self.expression = expression
        self.position = position
    }
}

/// The keywords that plays, blocks and tasks share. Values are as written: templates in them are rendered at run time.
/// `nil`: not given here.
public struct RecipeAttributes: Sendable, Hashable {
    public var name: String?
    public var vars: JinjaDict = [:]
    /// All must hold. On a block they stand before those of its tasks.
    public var when: [RecipeCondition] = []
    public var become: JinjaValue?
    public var becomeUser: JinjaValue?
    public var becomeMethod: JinjaValue?
    public var becomeFlags: JinjaValue?
    public var becomeExe: JinjaValue?
    /// Dicts, or templates that give dicts, outer ones first.
    public var environment: [JinjaValue] = []
    public var tags: [JinjaValue] = []
    public var ignoreErrors: JinjaValue?
    public var ignoreUnreachable: JinjaValue?
    public var noLog: JinjaValue?
    public var delegateTo: JinjaValue?
    public var delegateFacts: JinjaValue?
    public var runOnce: JinjaValue?
    public var checkMode: JinjaValue?
    public var diff: JinjaValue?
    public var remoteUser: JinjaValue?
    public var connection: JinjaValue?
    public var port: JinjaValue?
    public var anyErrorsFatal: JinjaValue?
    public var throttle: JinjaValue?
    public var timeout: JinjaValue?
    /// Names or topics of handlers.
    public var notify: [JinjaValue] = []
    public var moduleDefaults: [JinjaValue] = []

    public init() {}

    /// These attributes inside a parent's: what is not given here comes from the parent; conditions, tags, environment,
    /// notifications and variables of both count.
    public func inheriting(from parent: RecipeAttributes) -> RecipeAttributes {
        var result = self
        result.vars = parent.vars
        result.vars.merge(vars)
        result.when = parent.when + when
        result.environment = parent.environment + environment
        result.tags = parent.tags + tags.filter { !parent.tags.contains($0) }
        result.notify = parent.notify + notify
        result.moduleDefaults = parent.moduleDefaults + moduleDefaults
        result.become = become ?? parent.become
        result.becomeUser = becomeUser ?? parent.becomeUser
        result.becomeMethod = becomeMethod ?? parent.becomeMethod
        result.becomeFlags = becomeFlags ?? parent.becomeFlags
        result.becomeExe = becomeExe ?? parent.becomeExe
        result.ignoreErrors = ignoreErrors ?? parent.ignoreErrors
        result.ignoreUnreachable = ignoreUnreachable ?? parent.ignoreUnreachable
        result.noLog = noLog ?? parent.noLog
        result.delegateTo = delegateTo ?? parent.delegateTo
        result.delegateFacts = delegateFacts ?? parent.delegateFacts
        result.runOnce = runOnce ?? parent.runOnce
        result.checkMode = checkMode ?? parent.checkMode
        result.diff = diff ?? parent.diff
        result.remoteUser = remoteUser ?? parent.remoteUser
        result.connection = connection ?? parent.connection
        result.port = port ?? parent.port
        result.anyErrorsFatal = anyErrorsFatal ?? parent.anyErrorsFatal
        result.throttle = throttle ?? parent.throttle
        result.timeout = timeout ?? parent.timeout
        return result
    }
}
