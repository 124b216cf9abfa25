/// A document whose parts are found by their ids in constant time: for who asks for many of them.
public struct RADLIndex: Sendable {
    public let document: RADLDocument
    private let systems: [String: Int]
    private let networks: [String: Int]
    private let configures: [String: Int]
    /// Items of `contextualize`, in the order in which they run.
    private let items: [String: [RADLContextualize.Item]]

    public init(_ document: RADLDocument) {
        self.document = document
        systems = Self.positions(document.systems.lazy.map(\.id))
        networks = Self.positions(document.networks.lazy.map(\.id))
        configures = Self.positions(document.configures.lazy.map(\.id))
        items = Dictionary(grouping: document.contextualize?.items ?? [], by: \.system).mapValues { items in
            items.enumerated()
                .sorted { ($0.element.step ?? 0, $0.offset) < ($1.element.step ?? 0, $1.offset) }
                .map(\.element)
        }
    }

    private static func positions(_ ids: some Sequence<String>) -> [String: Int] {
        Dictionary(ids.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    /// The system of an id.
    public func system(_ id: String) -> RADLSystem? {
        systems[id].map { document.systems[$0] }
    }

    /// The network of an id.
    public func network(_ id: String) -> RADLNetwork? {
        networks[id].map { document.networks[$0] }
    }

    /// The `configure` section of an id.
    public func configure(_ id: String) -> RADLConfigure? {
        configures[id].map { document.configures[$0] }
    }

    /// Networks of a system's interfaces that the document defines, in the order of the interfaces.
    public func networks(of system: RADLSystem) -> [RADLNetwork] {
        system.interfaces.compactMap { $0.connection.flatMap(network) }
    }

    /// Recipes that run on the machines of a system, in their order.
    ///
    /// With items in `contextualize`: those of the system. Without: the `configure` of the system's own id, as step 1.
    /// Empty where the document switches contextualization off for all or for this system.
    public func contextualizationItems(of system: String) -> [RADLContextualize.Item] {
        let own = configure(system)
        // What is in the boot data is no contextualization.
        if own?.content == .disabled { return (items[system] ?? []).filter(\.isCloudInit) }
        if let contextualize = document.contextualize {
            if contextualize.isDisabling { return [] }
            if !contextualize.items.isEmpty { return items[system] ?? [] }
        }
        guard own?.recipe != nil else { return [] }
        return [RADLContextualize.Item(system: system, configure: system, step: 1)]
    }

    /// Whether the machines of a system are contextualized at all (the basic steps, and recipes where it has some).
    public func isContextualized(_ system: String) -> Bool {
        if let contextualize = document.contextualize, contextualize.isDisabling { return false }
        return configure(system)?.content != .disabled
    }
}
