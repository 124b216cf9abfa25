/// One evaluation: the names in sight, the output, and what has been used of the limits. Filters and functions get it
/// to call others and to count their work. Not for use from several threads, nor after the evaluation.
public final class JinjaContext {
    public let environment: JinjaEnvironment
    public let scope: any JinjaScope
    let options: JinjaOptions
    let token = ContextToken()
    let budget: JinjaBudget
    var frame = Frame(parent: nil)
    var rootFrame: Frame
    var output: Output
    var captured: JinjaValue = .string("")
    var macros: [MacroDefinition] = []
    /// Whether the macro that was called last wrote nothing.
    var lastMacroIsEmpty = false
    /// Frames around scoped blocks.
    var scopedFrames: [Frame] = []
    var namespaces: [JinjaDict] = []
    var loops: [Int: LoopState] = [:]
    var lastLoop = 0
    var cyclers: [Int] = []
    var blocks: [String: [BlockSyntax]] = [:]
    var parentTemplate: JinjaTemplate?
    var template: JinjaTemplate?
    /// Whether undefined parts of results stay.
    var leavesUndefined = false

    init(environment: JinjaEnvironment, scope: any JinjaScope, options: JinjaOptions) {
        self.environment = environment
        self.scope = scope
        self.options = options
        budget = scope.budget ?? JinjaBudget()
        rootFrame = frame
        output = Output(noneText: options.printsNoneAsEmpty ? "" : "None")
    }

    /// Runs an evaluation under the shared limits.
    func run<Result>(
        _ body: (JinjaContext) throws(JinjaError) -> Result
    ) throws(JinjaError) -> Result {
        if budget.users == 0 {
            budget.steps = 0
            budget.depth = 0
        }
        budget.users += 1
        defer { budget.users -= 1 }
        return try deeper { () throws(JinjaError) in try body(self) }
    }

    // MARK: Limits

    /// Counts work; throws when the evaluation has done more than it may. Filters that loop call it.
    public func count(_ steps: Int = 1) throws(JinjaError) {
        budget.steps += steps
        guard budget.steps <= environment.limits.maximumSteps else {
            throw .limit("the template needs more than \(environment.limits.maximumSteps) steps")
        }
    }

    /// Throws when a text or list of this size may not be made.
    public func checkSize(_ size: Int) throws(JinjaError) {
        guard size <= environment.limits.maximumSize else {
            throw .limit("the template makes something larger than \(environment.limits.maximumSize) bytes or items")
        }
    }

    /// The product of two sizes, if it may be made.
    func checkedSize(_ size: Int, times factor: Int) throws(JinjaError) -> Int {
        let product = size.multipliedReportingOverflow(by: factor)
        try checkSize(product.overflow ? Int.max : product.partialValue)
        return product.partialValue
    }

    func deeper<Result>(_ body: () throws(JinjaError) -> Result) throws(JinjaError) -> Result {
        budget.depth += 1
        defer { budget.depth -= 1 }
        guard budget.depth <= environment.limits.maximumDepth else {
            throw .limit(
                "recursion deeper than \(environment.limits.maximumDepth) levels: recursive loop detected in template")
        }
        return try body()
    }

    // MARK: Calls

    /// Applies a filter by name. For filters that take the name of another, as `map` does.
    public func applyFilter(_ name: String, _ arguments: JinjaArguments) throws(JinjaError) -> JinjaValue {
        let short = Self.shortName(name)
        if let filter = environment.filters[short] { return try invoke(filter, name: short, arguments) }
        guard options.dialect == .lenient, environment.tests[short] != nil else {
            throw JinjaError(.notFound, "No filter named '\(name)'.\(Self.suggestion(short, environment.filters.keys))")
        }
        environment.warn?("'|\(short)' uses a test as a filter: write 'is \(short)'")
        return .bool(try applyTest(short, arguments))
    }

    /// Whether a test by name holds.
    public func applyTest(_ name: String, _ arguments: JinjaArguments) throws(JinjaError) -> Bool {
        let short = Self.shortName(name)
        guard let test = environment.tests[short] else {
            throw JinjaError(.notFound, "No test named '\(name)'.\(Self.suggestion(short, environment.tests.keys))")
        }
        return try invoke(test, name: short, arguments).isTrue
    }

    /// Calls a function with its arguments checked against its parameters.
    public func invoke(
        _ function: JinjaFunction, name: String, _ arguments: JinjaArguments
    ) throws(JinjaError) -> JinjaValue {
        try count()
        var arguments = try function.bound(arguments, name: name)
        if !function.acceptsUndefined {
            for index in arguments.positional.indices {
                arguments.positional[index] = try plain(arguments.positional[index])
            }
            for index in arguments.named.indices {
                arguments.named[index].value = try plain(arguments.named[index].value)
            }
        }
        do {
            return try function.body(arguments, self)
        } catch {
            throw JinjaError.wrapping(error)
        }
    }

    /// Calls a value.
    public func call(_ callee: JinjaValue, _ arguments: JinjaArguments) throws(JinjaError) -> JinjaValue {
        guard case .object(let reference) = callee else {
            throw .type("'\(try defined(callee).typeName)' object is not callable")
        }
        do {
            return try reference.object.call(arguments, in: self)
        } catch {
            throw JinjaError.wrapping(error)
        }
    }

    /// The value, or the error that an undefined one stands for.
    public func defined(_ value: JinjaValue) throws(JinjaError) -> JinjaValue {
        if case .undefined(let message) = value { throw .undefined(message) }
        return value
    }

    /// The value as data: undefined throws, an object with content gives that content.
    public func plain(_ value: JinjaValue) throws(JinjaError) -> JinjaValue {
        switch value {
        case .undefined(let message): throw .undefined(message)
        case .object(let reference):
            do {
                return try reference.object.plain(in: self) ?? value
            } catch {
                throw JinjaError.wrapping(error)
            }
        default: return value
        }
    }

    /// A result that leaves the template: data without undefined parts.
    func finalize(_ value: JinjaValue) throws(JinjaError) -> JinjaValue {
        let value = try plain(value)
        if !leavesUndefined { try checkDefined(value) }
        return value
    }

    /// Throws where a value, or a part of it, is undefined.
    public func checkDefined(_ value: JinjaValue) throws(JinjaError) {
        switch value {
        case .undefined(let message): throw .undefined(message)
        case .list(let items), .tuple(let items): for item in items { try checkDefined(item) }
        case .dict(let dict): for (_, item) in dict { try checkDefined(item) }
        default: break
        }
    }

    static func shortName(_ name: String) -> String {
        for prefix in ["ansible.builtin.", "ansible.legacy."] where name.hasPrefix(prefix) {
            return String(name.dropFirst(prefix.count))
        }
        return name
    }

    private static func suggestion(_ name: String, _ known: some Sequence<String>) -> String {
        NearestWord.find(name, among: known).map { " Did you mean '\($0)'?" } ?? ""
    }
}

/// Tells contexts apart; kept alive by the objects that belong to one.
final class ContextToken: Sendable {}

extension JinjaContext {
    /// The items of a lookup: the environment's hook comes first, then those that are built in.
    func lookup(_ name: String, terms: [JinjaValue], options: JinjaDict) throws(JinjaError) -> [JinjaValue] {
        let name = Self.shortName(name)
        do {
            if let items = try environment.lookup?(name, terms, options, self) { return items }
        } catch {
            throw JinjaError.wrapping(error)
        }
        guard let body = Lookups.all[name] else {
            throw JinjaError(
                .notFound, "lookup plugin '\(name)' not found.\(Self.suggestion(name, Lookups.all.keys))")
        }
        return try body(terms, options, self)
    }
}
