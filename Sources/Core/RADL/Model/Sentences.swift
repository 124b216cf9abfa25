/// A section that has an id and features: `description`, `ansible`, `network`, `system`.
public protocol RADLSection: Sendable, Hashable {
    var id: String { get }
    var features: Features { get set }
    /// From the keyword to the id; nil where no text said it.
    var source: SourceRange? { get }
}

/// `description ID (…)`: name and other facts of the infrastructure.
public struct RADLDescription: RADLSection {
    public var id: String
    public var features: Features
    /// Written without parentheses.
    public var isReference: Bool
    @Incidental public var source: SourceRange?

    public init(id: String, features: Features = Features(), isReference: Bool = false, source: SourceRange? = nil) {
        self.id = id
        self.features = features
        self.isReference = isReference
        self.source = source
    }
}

/// `ansible ID (…)`: a host outside that runs the contextualization.
public struct RADLAnsibleHost: RADLSection {
    public var id: String
    public var features: Features
    /// Only JSON documents have references to these.
    public var isReference: Bool
    @Incidental public var source: SourceRange?

    public init(id: String, features: Features = Features(), isReference: Bool = false, source: SourceRange? = nil) {
        self.id = id
        self.features = features
        self.isReference = isReference
        self.source = source
    }

    /// Address of the host.
    public var host: String? { features.string("host") }
    /// User to log in as.
    public var username: String? { features.string("credentials.username") }
    /// Password of the user: a secret.
    public var password: String? { features.string("credentials.password") }
    /// Private key of the user: a secret.
    public var privateKey: String? { features.string("credentials.private_key") }
}

/// `deploy SYSTEM N [CLOUD]`: how many machines of a system are wanted.
public struct RADLDeploy: Sendable, Hashable {
    /// Most machines of one document: few bytes must not take all memory.
    public static let mostMachines = 20_000

    public var system: String
    /// Number of machines, from 0.
    public var count: Int
    /// Id of the cloud in the user's credentials; nil: any.
    public var cloud: String?
    /// The whole sentence.
    @Incidental public var source: SourceRange?

    public init(system: String, count: Int, cloud: String? = nil, source: SourceRange? = nil) {
        self.system = system
        self.count = count
        self.cloud = cloud
        self.source = source
    }
}

/// `configure ID (@begin … @end)`: a recipe.
public struct RADLConfigure: Sendable, Hashable, Identifiable {
    /// What stands behind the id.
    public enum Content: Sendable, Hashable {
        /// Nothing: the section is defined elsewhere.
        case reference
        /// Empty parentheses: do not contextualize the system of this id.
        case disabled
        /// The text between `@begin` and `@end`, as it stands: it usually begins with the newline after `@begin`.
        case recipe(String)
    }

    public var id: String
    public var content: Content
    /// From the keyword to the id.
    @Incidental public var source: SourceRange?
    /// The recipe's own text, for positions of errors in it. Nil where it was put together of several.
    @Incidental public var recipeSource: SourceRange?
    /// Of a recipe that was put together of several, where its lines come from.
    @Incidental var recipeParts: [RecipePart] = []

    public init(id: String, content: Content, source: SourceRange? = nil, recipeSource: SourceRange? = nil) {
        self.id = id
        self.content = content
        self.source = source
        self.recipeSource = recipeSource
    }

    /// The recipe; nil for a reference and for empty parentheses.
    public var recipe: String? {
        if case .recipe(let text) = content { return text }
        return nil
    }

    public var isReference: Bool { content == .reference }
}
