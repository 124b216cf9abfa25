/// The filters, tests and globals that every environment has.
enum BuiltIns {
    static let filters: [String: JinjaFunction] = [
        "default": defaultFilter, "d": defaultFilter,
    ]
    static let tests: [String: JinjaFunction] = [
        "defined": JinjaFunction(["value"], acceptsUndefined: true) { arguments, _ in
            .bool(!(arguments.positional.first?.isUndefined ?? true))
        },
        "undefined": JinjaFunction(["value"], acceptsUndefined: true) { arguments, _ in
            .bool(arguments.positional.first?.isUndefined ?? true)
        },
    ]
    static let globals: [String: JinjaValue] = ["omit": .omit]

    private static let defaultFilter = JinjaFunction(
        ["value", "default_value", "boolean"], acceptsUndefined: true
    ) { arguments, context in
        let value = arguments.positional[0]
        let fallback = arguments.value(1, "default_value") ?? .string("")
        if value.isUndefined { return fallback }
        let alsoFalse = try context.plain(arguments.value(2, "boolean") ?? .bool(false)).isTrue
        return try alsoFalse && !context.plain(value).isTrue ? fallback : value
    }
}
