/// Features of one section in the order of the document, at most one of each name.
///
/// Lookup is linear for a handful of features and by hash above, so that any document takes linear time.
public struct Features: Sendable, Hashable {
    private static let indexThreshold = 24

    /// All of them, in order. The soft groups stand together where the first one stood.
    public private(set) var all: [Feature] = []
    @Incidental private var index: [String: Int]?

    /// No features.
    public init() {}

    /// - Parameter features: Later ones of the same name replace earlier ones.
    public init(_ features: [Feature]) {
        for feature in features { set(feature) }
    }

    /// - Parameter features: No two of the same name.
    init(distinct features: [Feature]) {
        all = features
        if features.count > Self.indexThreshold { rebuildIndex() }
    }

    public var isEmpty: Bool { all.isEmpty }
    public var count: Int { all.count }

    /// The feature of a name.
    public subscript(name: String) -> Feature? {
        position(of: name).map { all[$0] }
    }

    /// Whether there is a feature of this name.
    public func contains(_ name: String) -> Bool {
        position(of: name) != nil
    }

    /// Wishes, in the order of the document.
    public var softs: [SoftGroup] {
        if case .softs(let groups) = self[Feature.softName]?.value { return groups }
        return []
    }

    /// Elements of a `contains`; empty where there is none.
    public func sets(_ name: String) -> [FeatureSet] {
        if case .set(let sets) = self[name]?.value { return sets.elements }
        return []
    }

    func position(of name: String) -> Int? {
        if let index { return index[name] }
        return all.firstIndex { $0.name == name }
    }

    mutating func append(_ feature: Feature) {
        let position = all.count
        all.append(feature)
        if index != nil {
            index?[feature.name] = position
        } else if all.count > Self.indexThreshold {
            rebuildIndex()
        }
    }

    private mutating func rebuildIndex() {
        var positions: [String: Int] = [:]
        positions.reserveCapacity(all.count)
        for position in all.indices { positions[all[position].name] = position }
        index = positions
    }

    mutating func merge(_ feature: Feature, at position: Int, _ rule: ConflictRule) throws(FeatureConflict) {
        try all[position].merge(feature, rule)
    }

    /// Adds a feature or replaces the one of its name, which keeps its place.
    public mutating func set(_ feature: Feature) {
        if let position = position(of: feature.name) {
            all[position] = feature
        } else {
            append(feature)
        }
    }

    /// Removes the feature of a name, if there is one. Takes time linear in the number of features.
    public mutating func remove(_ name: String) {
        guard let position = position(of: name) else { return }
        all.remove(at: position)
        if index != nil { rebuildIndex() }
    }

    /// Removes those that do not satisfy a condition, in linear time.
    public mutating func keep(where isKept: (Feature) -> Bool) {
        all = all.filter(isKept)
        if index != nil { rebuildIndex() }
    }

    /// Gives back memory that building left over.
    mutating func shrink() {
        if all.capacity > all.count + 1 { all = all.map { $0 } }
    }
}
