/// `network ID (…)`.
public struct RADLNetwork: RADLSection, Identifiable {
    public var id: String
    public var features: Features
    /// Written without parentheses: defined elsewhere.
    public var isReference: Bool
    /// From the keyword to the id.
    @Incidental public var source: SourceRange?

    public init(id: String, features: Features = Features(), isReference: Bool = false, source: SourceRange? = nil) {
        self.id = id
        self.features = features
        self.isReference = isReference
        self.source = source
    }

    /// Whether its machines get public addresses: `outbound` is exactly `yes`, in lower case.
    public var isPublic: Bool { features.string("outbound") == "yes" }

    /// Ports to open; empty where none are asked for or where the text is not readable (``RADLDocument/check(recipeProblem:)``
    /// tells).
    public var outports: [Outport] {
        features.string("outports").flatMap { try? Outport.list(parsing: $0) } ?? []
    }

    /// Name of the network in the provider.
    public var providerID: String? { features.string("provider_id") }
    /// Whether the network shall be made.
    public var isCreated: Bool { features.string("create") == "yes" }
    /// Address range of a network that is made; may hold `*`.
    public var cidr: String? { features.string("cidr") }
    /// Name of the security group to use.
    public var securityGroupName: String? { features.string("sg_name") }
}
