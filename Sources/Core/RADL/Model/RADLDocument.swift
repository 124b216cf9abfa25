/// A RADL document: what an infrastructure shall consist of.
///
/// A value: reading, checking, merging and printing are functions of it. Two documents are equal where they ask for the
/// same in the same order; where in a text it stood does not matter.
public struct RADLDocument: Sendable, Hashable {
    public var description: RADLDescription?
    public var ansibleHosts: [RADLAnsibleHost] = []
    public var networks: [RADLNetwork] = []
    public var systems: [RADLSystem] = []
    public var configures: [RADLConfigure] = []
    /// Nil where the document has no such sentence: then each system's own `configure` applies.
    public var contextualize: RADLContextualize?
    public var deploys: [RADLDeploy] = []
    /// Other documents that are meant to be part of this one: nothing here opens them.
    public var includes: [RADLInclude] = []
    /// The text that positions refer to.
    @Incidental public var source: RADLSource?

    /// An empty document.
    public init() {}

    /// The system of an id.
    public func system(_ id: String) -> RADLSystem? {
        systems.first { $0.id == id }
    }

    /// The network of an id.
    public func network(_ id: String) -> RADLNetwork? {
        networks.first { $0.id == id }
    }

    /// The `configure` section of an id.
    public func configure(_ id: String) -> RADLConfigure? {
        configures.first { $0.id == id }
    }

    /// The `ansible` host of an id.
    public func ansibleHost(_ id: String) -> RADLAnsibleHost? {
        ansibleHosts.first { $0.id == id }
    }

    /// The name of the infrastructure, by its `description`.
    public var name: String? {
        description?.features.string("name")
    }

    /// Networks of a system's interfaces that the document defines, in the order of the interfaces.
    public func networks(of system: RADLSystem) -> [RADLNetwork] {
        system.interfaces.compactMap { $0.connection.flatMap(network) }
    }
}
