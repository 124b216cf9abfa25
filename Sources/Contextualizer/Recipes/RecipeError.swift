/// A place in a recipe, counted from 1.
public struct RecipePosition: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public var description: String { "\(line):\(column)" }

    public static func < (left: RecipePosition, right: RecipePosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// Something to tell the author of a recipe.
public struct RecipeDiagnostic: Sendable, Hashable, CustomStringConvertible {
    public enum Severity: String, Sendable, Hashable {
        /// The recipe cannot be run.
        case error
        /// Accepted, but old or doubtful.
        case warning
    }

    public var severity: Severity
    public var message: String
    /// The file or section that the recipe was parsed under.
    public var recipe: String
    public var position: RecipePosition?
    /// What kind of fault it is.
    public var kind: Kind

    /// Whose fault something is.
    public enum Kind: Sendable, Hashable {
        /// The author's: Ansible refuses it, too.
        case mistake
        /// Right, but not to be run here: a module that there is none of, a role, encrypted content.
        case unsupported
        /// No list of plays or tasks but a mapping, as files of variables are: right where another recipe reads it.
        case variables
    }

    public init(
        _ severity: Severity, _ message: String, recipe: String, position: RecipePosition?, kind: Kind = .mistake
    ) {
        self.kind = kind
        self.severity = severity
        self.message = message
        self.recipe = recipe
        self.position = position
    }

    public var description: String {
        let place = position.map { "\(recipe):\($0)" } ?? recipe
        return "\(place): \(severity.rawValue): \(message)"
    }
}

/// A text that cannot be read as what it should be.
public struct RecipeError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure. New kinds may be added.
    public struct Code: Sendable, Hashable {
        private enum Value { case syntax, structure, limit, inventory, vault, variables }
        private let value: Value

        /// No valid YAML.
        public static let syntax = Code(value: .syntax)
        /// YAML, but not a list of plays or tasks.
        public static let structure = Code(value: .structure)
        /// Too large, too deep, or aliases that expand too far.
        public static let limit = Code(value: .limit)
        /// A broken inventory or host pattern.
        public static let inventory = Code(value: .inventory)
        /// Encrypted content, and no way to decrypt it.
        public static let vault = Code(value: .vault)
        /// A mapping where a list of plays or tasks has to stand.
        public static let variables = Code(value: .variables)
    }

    public var code: Code
    public var message: String
    public var recipe: String
    public var position: RecipePosition?

    public init(_ code: Code, _ message: String, recipe: String, position: RecipePosition? = nil) {
        self.code = code
        self.message = message
        self.recipe = recipe
        self.position = position
    }

    public var description: String {
        let place = position.map { "\(recipe):\($0)" } ?? recipe
        return "\(place): \(message)"
    }

    /// The same as a diagnostic, for lists of what is wrong.
    public var diagnostic: RecipeDiagnostic {
        let kind: RecipeDiagnostic.Kind =
            switch code {
            case .vault: .unsupported
            case .variables: .variables
            default: .mistake
            }
        return RecipeDiagnostic(.error, message, recipe: recipe, position: position, kind: kind)
    }
}
