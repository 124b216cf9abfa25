import Jinja

/// Filters, tests and lookups that templates call and that there are none of: found before anything runs.
package enum UnknownCallees {
    /// Tests of files on the controller: the engine has them for playbooks that users run themselves.
    static let controllerTests: Set<String> = [
        "directory", "exists", "file", "is_dir", "is_exists", "is_file", "is_link", "is_mount", "is_same_file", "link",
        "link_exists", "mount", "same_file", "vaulted_file",
    ]

    /// Filters of the engine; `fileglob` for the same playbooks alone.
    static let engineFilters: Set<String> = ["fileglob", "unvault", "vault"]

    /// Lookups that read the controller: the engine has them for the same playbooks, and refuses them with a reason in
    /// others.
    static let controllerLookups: Set<String> = [
        "csvfile", "env", "file", "fileglob", "first_found", "ini", "inventory_hostnames", "lines", "password", "pipe",
        "template", "unvault", "url",
    ]

    /// Lookups of the engine.
    static let engineLookups: Set<String> = ["varnames"]

    /// A fault for each, in the order of their names. It is an error, as an unknown module is, where the text is evaluated
    /// when its task runs; a warning where that may never happen.
    ///
    /// - Parameters:
    ///   - isExpression: Whether the text is a bare expression, as `when` has them.
    ///   - isCertain: Whether the text is evaluated when its task runs.
    package static func problems(
        in text: String, isExpression: Bool = false, isCertain: Bool = true, recipe: String, position: RecipePosition?
    ) -> [RecipeDiagnostic] {
        let found = RecipeReader.environment.unknownNames(
            in: text, isExpression: isExpression, alsoFilters: engineFilters, alsoTests: controllerTests,
            alsoLookups: controllerLookups.union(engineLookups))
        let isError = isCertain && !found.isGuarded
        return found.messages.map { message in
            RecipeDiagnostic(
                isError ? .error : .warning, message, recipe: recipe, position: position,
                kind: message.contains("Did you mean") ? .mistake : .unsupported)
        }
    }
}
