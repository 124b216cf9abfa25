public import Jinja

/// Environments for recipes.
public enum RecipeEnvironment {
    /// A `JinjaEnvironment` with what templates need YAML for.
    ///
    /// - Parameters:
    ///   - globals: functions and constants beside the built-in ones.
    ///   - lookup: serves lookups that reach outside (`file`, `env`, `password`); pure ones are built in.
    ///   - warn: told about old syntax. May be called from any thread.
    public static func make(
        options: JinjaOptions = JinjaOptions(), limits: JinjaLimits = JinjaLimits(),
        filters: [String: JinjaFunction] = [:], tests: [String: JinjaFunction] = [:],
        globals: [String: JinjaValue] = [:], lookup: JinjaEnvironment.Lookup? = nil,
        loader: JinjaEnvironment.Loader? = nil, warn: (@Sendable (String) -> Void)? = nil
    ) -> JinjaEnvironment {
        let yaml = ["from_yaml": fromYAML, "from_yaml_all": fromYAMLAll]
        return JinjaEnvironment(
            options: options, limits: limits, filters: yaml.merging(filters) { _, own in own }, tests: tests,
            globals: globals, lookup: lookup, loader: loader, warn: warn)
    }

    private static let fromYAML = JinjaFunction(["data"]) { arguments, _ in
        guard case .string(let text) = arguments.positional[0] else { return arguments.positional[0] }
        return try RecipeYAML.value(text, name: "from_yaml")
    }

    private static let fromYAMLAll = JinjaFunction(["data"]) { arguments, _ in
        guard case .string(let text) = arguments.positional[0] else { return arguments.positional[0] }
        return .list(try RecipeYAML.values(text, name: "from_yaml_all"))
    }
}
