import Support

/// Everything that templates have in common: options, limits, filters, tests, global functions, and hooks to the world.
///
/// An environment knows no file system, no network and no process; what it may reach comes in through `lookup` and
/// `loader`. It is immutable but for its cache of parsed templates and may be used from any thread.
public final class JinjaEnvironment: Sendable {
    /// Serves `lookup('name', terms…)` and `with_name`. Gives `nil` for a name it does not know.
    public typealias Lookup =
        @Sendable (_ name: String, _ terms: [JinjaValue], _ options: JinjaDict, JinjaContext) throws -> [JinjaValue]?
    /// Gives the text of a template that `include`, `import` or `extends` names, or `nil`.
    public typealias Loader = @Sendable (_ name: String) throws -> String?

    public let options: JinjaOptions
    public let limits: JinjaLimits
    let filters: [String: JinjaFunction]
    let tests: [String: JinjaFunction]
    let globals: [String: JinjaValue]
    let lookup: Lookup?
    let loader: Loader?
    let warn: (@Sendable (String) -> Void)?
    private let cache = LockedValue(Cache())

    private struct Cache: Sendable {
        static let capacity = 4096
        var templates: [ExactText: JinjaTemplate] = [:]
        /// Templates whose strings have Python's escapes.
        var files: [ExactText: JinjaTemplate] = [:]
        var expressions: [ExactText: Expression] = [:]
    }

    /// An environment with all built-in filters, tests and globals, and the given ones over them.
    ///
    /// - Parameters:
    ///   - warn: told about old syntax that is accepted, with the modern form. May be called from any thread.
    public init(
        options: JinjaOptions = JinjaOptions(), limits: JinjaLimits = JinjaLimits(),
        filters: [String: JinjaFunction] = [:], tests: [String: JinjaFunction] = [:],
        globals: [String: JinjaValue] = [:], lookup: Lookup? = nil, loader: Loader? = nil,
        warn: (@Sendable (String) -> Void)? = nil
    ) {
        self.options = options
        self.limits = limits
        self.filters = BuiltIns.filters.merging(filters) { _, own in own }
        self.tests = BuiltIns.tests.merging(tests) { _, own in own }
        self.globals = BuiltIns.globals.merging(globals) { _, own in own }
        self.lookup = lookup
        self.loader = loader
        self.warn = warn
    }

    // MARK: Parsing

    /// The parsed form of a text, from the cache if it was parsed before.
    ///
    /// - Parameters:
    ///   - isFile: whether the text is a template file, in whose strings backslashes are escapes, or a value in a
    ///     recipe (`JinjaOptions.keepsBackslashes`).
    public func template(
        _ text: String, name: String? = nil, isFile: Bool = false
    ) throws(JinjaError) -> JinjaTemplate {
        let place = isFile ? \Cache.files : \Cache.templates
        if let known = cache.withLock({ $0[keyPath: place][ExactText(text)] }) { return known }
        let parsed: JinjaTemplate
        do throws(JinjaError) {
            var options = options
            if isFile { options.keepsBackslashes = false }
            parsed = try JinjaTemplate(text, options: options, limits: limits)
        } catch {
            throw error.placed(in: name, excerpt: nil)
        }
        cache.withLock { cache in
            if cache[keyPath: place].count >= Cache.capacity { cache[keyPath: place] = [:] }
            cache[keyPath: place][ExactText(text)] = parsed
        }
        return parsed
    }

    private func expression(_ text: String, name: String?) throws(JinjaError) -> Expression {
        if let known = cache.withLock({ $0.expressions[ExactText(text)] }) { return known }
        let parsed: Expression
        do throws(JinjaError) {
            parsed = try Parser.expression(text, options: options)
        } catch {
            throw error.placed(in: name, excerpt: JinjaTemplate.shorten(text))
        }
        cache.withLock { cache in
            if cache.expressions.count >= Cache.capacity { cache.expressions = [:] }
            cache.expressions[ExactText(text)] = parsed
        }
        return parsed
    }

    /// Whether a text can be parsed as a template; throws what is wrong with it. Filters and tests that do not exist are
    /// found by `unknownNames(in:isExpression:)`: they may stand where nothing is evaluated.
    public func check(template text: String, name: String? = nil) throws(JinjaError) {
        guard JinjaTemplate.isTemplate(text, options: options) else { return }
        _ = try template(text, name: name)
    }

    /// As `check(template:)` for a bare expression.
    public func check(expression text: String, name: String? = nil) throws(JinjaError) {
        _ = try expression(text, name: name)
    }

    /// Filters, tests and lookups that a template, or a bare expression, calls by name and that there are none of, each in
    /// the words of the error that calling it would be. Empty for a text that cannot be parsed.
    ///
    /// - Parameters:
    ///   - alsoFilters: filters that another environment has.
    ///   - alsoTests: tests that another environment has.
    ///   - alsoLookups: lookups that another environment has.
    /// - Returns: the messages, and whether an `if` may keep the calls from being made.
    public func unknownNames(
        in text: String, isExpression: Bool = false, alsoFilters: Set<String> = [], alsoTests: Set<String> = [],
        alsoLookups: Set<String> = []
    ) -> (messages: [String], isGuarded: Bool) {
        let callees: Parser.Callees
        if isExpression {
            guard let parsed = try? Parser.parsed(text, options: options) else { return ([], false) }
            callees = parsed.callees
        } else {
            guard JinjaTemplate.isTemplate(text, options: options), let parsed = try? template(text) else {
                return ([], false)
            }
            callees = parsed.callees
        }
        // A test may be called as a filter in the lenient dialect.
        let isLenient = options.dialect == .lenient
        let unknownFilters = callees.filters.filter { name in
            let short = JinjaContext.shortName(name)
            return filters[short] == nil && !alsoFilters.contains(short)
                && !(isLenient && (tests[short] != nil || alsoTests.contains(short)))
        }
        let unknownTests = callees.tests.filter { name in
            let short = JinjaContext.shortName(name)
            return tests[short] == nil && !alsoTests.contains(short)
        }
        let unknownLookups = callees.lookups.filter { name in
            let short = JinjaContext.shortName(name)
            return Lookups.all[short] == nil && !alsoLookups.contains(short)
        }
        func words(_ start: String, _ name: String, _ known: some Sequence<String>) -> String {
            let nearest = NearestWord.find(JinjaContext.shortName(name), among: known)
            return start + (nearest.map { " Did you mean '\($0)'?" } ?? "")
        }
        let messages =
            unknownFilters.sorted().map { words("No filter named '\($0)'.", $0, filters.keys) }
            + unknownTests.sorted().map { words("No test named '\($0)'.", $0, tests.keys) }
            + unknownLookups.sorted().map { words("lookup plugin '\($0)' not found.", $0, Lookups.all.keys) }
        return (messages, callees.isGuarded)
    }

    // MARK: Evaluation

    /// The value of a bare expression (`a.b | default(1)`). An undefined result throws.
    public func evaluate(
        expression text: String, scope: any JinjaScope, name: String? = nil
    ) throws(JinjaError) -> JinjaValue {
        let parsed = try expression(text, name: name)
        let context = JinjaContext(environment: self, scope: scope, options: options)
        do throws(JinjaError) {
            return try context.run { (context) throws(JinjaError) in
                try context.finalize(try context.evaluate(parsed))
            }
        } catch {
            throw error.placed(in: name, excerpt: JinjaTemplate.shorten(text))
        }
    }

    /// The value of a text with templates in it: of any type when the text is one `{{ … }}`, else a string.
    /// Text without templates comes back as it is.
    public func render(
        _ text: String, scope: any JinjaScope, name: String? = nil
    ) throws(JinjaError) -> JinjaValue {
        guard JinjaTemplate.isTemplate(text, options: options) else { return .string(untouched(text)) }
        let template = try template(text, name: name)
        let output = try render(template, scope: scope, name: name)
        guard options.usesNativeTypes else { return .string(finished(output.asText, from: text, template)) }
        guard case .string(let result) = output.value else { return output.value }
        return .string(finished(result, from: text, template))
    }

    /// The text that a value in a recipe makes: `render` as `str()` prints it, except that `none` may be empty
    /// (`JinjaOptions.printsNoneAsEmpty`).
    public func renderText(_ text: String, scope: any JinjaScope, name: String? = nil) throws(JinjaError) -> String {
        try renderText(text, scope: scope, name: name, isFile: false)
    }

    /// The text that a template file makes. Unlike in recipes, backslashes in strings are escapes:
    /// `{{ lines | join('\n') }}` breaks lines.
    public func renderFile(_ text: String, scope: any JinjaScope, name: String? = nil) throws(JinjaError) -> String {
        try renderText(text, scope: scope, name: name, isFile: true)
    }

    private func renderText(
        _ text: String, scope: any JinjaScope, name: String?, isFile: Bool
    ) throws(JinjaError) -> String {
        guard JinjaTemplate.isTemplate(text, options: options) else { return untouched(text) }
        let template = try template(text, name: name, isFile: isFile)
        let output = try render(template, scope: scope, name: name)
        return finished(output.asText, from: text, template)
    }

    /// A text without templates.
    private func untouched(_ text: String) -> String {
        let isCut = options.trailingNewline == .strip && text.utf8.last == UInt8(ascii: "\n")
        return isCut ? String(text.unicodeScalars.dropLast()) : text
    }

    private func finished(_ result: String, from source: String, _ template: JinjaTemplate) -> String {
        guard options.trailingNewline == .restore else { return result }
        return Self.restoringNewlines(of: source, in: result, as: template.options.newlineSequence)
    }

    /// A value with all templates in it, at any depth, rendered. Keys of dicts are rendered too.
    public func resolve(
        _ value: JinjaValue, scope: any JinjaScope, name: String? = nil
    ) throws(JinjaError) -> JinjaValue {
        switch value {
        case .string(let text): return try render(text, scope: scope, name: name)
        case .list(let items), .tuple(let items):
            var resolved: [JinjaValue] = []
            resolved.reserveCapacity(items.count)
            for item in items { resolved.append(try resolve(item, scope: scope, name: name)) }
            if case .tuple = value { return .tuple(resolved) }
            return .list(resolved)
        case .dict(let dict):
            var resolved = JinjaDict()
            resolved.reserveCapacity(dict.count)
            for (key, value) in dict {
                resolved[try resolve(key, scope: scope, name: name)] = try resolve(value, scope: scope, name: name)
            }
            return .dict(resolved)
        case .undefined(let message): throw .undefined(message)
        default: return value
        }
    }

    /// As `resolve`, but a text whose template needs something undefined becomes undefined, with the hint of what it
    /// needs; the values beside it stay usable.
    func resolveLeavingUndefined(
        _ value: JinjaValue, scope: any JinjaScope
    ) throws(JinjaError) -> JinjaValue {
        switch value {
        case .list(let items):
            var resolved: [JinjaValue] = []
            resolved.reserveCapacity(items.count)
            for item in items { resolved.append(try resolveLeavingUndefined(item, scope: scope)) }
            return .list(resolved)
        case .dict(let dict):
            var resolved = JinjaDict()
            resolved.reserveCapacity(dict.count)
            for (key, value) in dict {
                resolved[try resolve(key, scope: scope)] = try resolveLeavingUndefined(value, scope: scope)
            }
            return .dict(resolved)
        default:
            do throws(JinjaError) {
                return try resolve(value, scope: scope)
            } catch {
                guard error.code == .undefined else { throw error }
                // The place of the innermost variable says most.
                return .undefined(error.message.contains(" in '{") ? error.message : error.description)
            }
        }
    }

    /// As `resolve`, without members that need something undefined, at any depth: what `with_first_found` looks at.
    /// Throws where all of it is undefined.
    public func resolveDroppingUndefined(
        _ value: JinjaValue, scope: any JinjaScope
    ) throws(JinjaError) -> JinjaValue {
        switch value {
        case .undefined(let message): throw .undefined(message)
        case .string(let text) where JinjaTemplate.isTemplate(text, options: options):
            let output = try render(try template(text), scope: scope, name: nil, leavesUndefined: true)
            guard case .string = output.value else { return try resolveDroppingUndefined(output.value, scope: scope) }
            return output.value
        case .list(let items):
            var resolved: [JinjaValue] = []
            for item in items {
                if let kept = try resolveMember(item, scope: scope) { resolved.append(kept) }
            }
            return .list(resolved)
        case .dict(let dict):
            var resolved = JinjaDict()
            for (key, item) in dict { resolved[key] = try resolveMember(item, scope: scope) }
            return .dict(resolved)
        default: return value
        }
    }

    private func resolveMember(_ value: JinjaValue, scope: any JinjaScope) throws(JinjaError) -> JinjaValue? {
        do throws(JinjaError) {
            return try resolveDroppingUndefined(value, scope: scope)
        } catch {
            guard error.code == .undefined else { throw error }
            return nil
        }
    }

    /// The items that a lookup gives, as `with_<name>: terms` uses them. `terms` are rendered already.
    public func lookup(
        _ lookupName: String, terms: [JinjaValue], options: JinjaDict = [:], scope: any JinjaScope
    ) throws(JinjaError) -> [JinjaValue] {
        let context = JinjaContext(environment: self, scope: scope, options: self.options)
        return try context.run { (context) throws(JinjaError) in
            try context.lookup(lookupName, terms: terms, options: options)
        }
    }

    private func render(
        _ template: JinjaTemplate, scope: any JinjaScope, name: String?, leavesUndefined: Bool = false
    ) throws(JinjaError) -> Output {
        let context = JinjaContext(environment: self, scope: scope, options: template.options)
        context.leavesUndefined = leavesUndefined
        do throws(JinjaError) {
            return try context.run { (context) throws(JinjaError) in try context.execute(template) }
        } catch {
            throw error.placed(in: name, excerpt: nil)
        }
    }

    /// Ansible counts the newlines at both ends and puts back what a block's end swallowed.
    private static func restoringNewlines(of source: String, in result: String, as newline: String) -> String {
        func count(_ text: String) -> Int { text.utf8.reversed().prefix { $0 == UInt8(ascii: "\n") }.count }
        let missing = count(source) - count(result)
        return missing > 0 ? result + String(repeating: newline, count: missing) : result
    }
}

extension JinjaError {
    func placed(in template: String?, excerpt: String?) -> JinjaError {
        var copy = self
        copy.template = copy.template ?? template
        copy.excerpt = copy.excerpt ?? excerpt
        return copy
    }
}

// MARK: - Conditions

extension JinjaEnvironment {
    /// Whether a condition (`when`, `until`, `changed_when`, `failed_when`, `that`) holds.
    ///
    /// In the lenient dialect any value decides by Python's truth, and templates inside the condition are rendered
    /// first and their text evaluated; both with a warning. The strict dialect wants a boolean.
    public func condition(_ text: String, scope: any JinjaScope, name: String? = nil) throws(JinjaError) -> Bool {
        do throws(JinjaError) {
            var expression = text
            if JinjaTemplate.isTemplate(text, options: options) {
                warn?(
                    "conditional statements should not include templating delimiters such as {{ }} or {% %}: "
                        + JinjaTemplate.shorten(text))
                switch try render(text, scope: scope, name: name) {
                case .string(let rendered): expression = rendered
                case let value: return try decide(value, text)
                }
            }
            if expression.utf8.allSatisfy({ $0 == 0x20 || $0 == 0x0a || $0 == 0x09 }) { return true }
            return try decide(try evaluate(expression: expression, scope: scope, name: name), text)
        } catch {
            var wrapped = error
            if !wrapped.message.hasPrefix("Error while evaluating conditional") {
                wrapped.message = "Error while evaluating conditional: \(error.message)"
            }
            throw wrapped
        }
    }

    private func decide(_ value: JinjaValue, _ text: String) throws(JinjaError) -> Bool {
        if case .bool(let flag) = value { return flag }
        let message =
            "Conditional result (\(value.isTrue ? "True" : "False")) was derived from value of type "
            + "'\(value.typeName)'. Conditionals must have a boolean result."
        guard options.dialect == .lenient else { throw .type(message) }
        warn?("\(message) Condition: \(JinjaTemplate.shorten(text))")
        return value.isTrue
    }
}
