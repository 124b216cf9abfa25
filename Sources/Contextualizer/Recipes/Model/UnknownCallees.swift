import Jinja

/// Filters and tests that templates call and that there are none of: found before anything runs, and warnings only, since
/// a template may call them where nothing is evaluated.
enum UnknownCallees {
    /// Tests of files on the controller: the engine has them for playbooks that users run themselves.
    static let controllerTests: Set<String> = [
        "directory", "exists", "file", "is_dir", "is_exists", "is_file", "is_link", "is_mount", "is_same_file", "link",
        "link_exists", "mount", "same_file",
    ]

    /// A message for each, in the order of their names.
    ///
    /// - Parameter isExpression: Whether the text is a bare expression, as `when` has them.
    static func messages(in text: String, isExpression: Bool = false) -> [String] {
        RecipeReader.environment.unknownNames(in: text, isExpression: isExpression, alsoTests: controllerTests)
    }
}
