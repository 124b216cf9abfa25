/// Why a feature cannot stand beside the one of its name that is already there.
public struct FeatureConflict: Error, Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// Two constraints on a number that no number satisfies.
        case disjoint
        /// Two values, or two kinds of values.
        case different
    }

    public var kind: Kind
    /// The one that was there.
    public var existing: Feature
    /// The one that was to be added.
    public var added: Feature
}

extension Features {
    /// What wins where two features of a name disagree.
    public enum ConflictRule: Sendable, Hashable {
        /// Nobody: the conflict is an error.
        case fail
        /// The one that is added.
        case replace
        /// The one that is there.
        case keep
    }

    /// Adds a feature as a document does: numbers are intersected, elements of `contains` are united by name, soft
    /// groups gather, equal strings and lists are kept once.
    ///
    /// - Throws: ``FeatureConflict`` with ``ConflictRule/fail``; the features are then as before, except that elements
    ///   of a `contains` that came before the conflicting one have been added.
    public mutating func add(_ feature: Feature, onConflict rule: ConflictRule = .fail) throws(FeatureConflict) {
        guard let position = position(of: feature.name) else {
            append(feature)
            return
        }
        // Nothing of the existing value may be held here: its array would be copied for each addition.
        switch feature.value {
        case .set(let elements) where all[position].value.isSet:
            try unite(elements, at: position, rule)
        case .softs(let groups):
            appendSofts(groups, at: position)
        default:
            try addPlain(feature, at: position, rule)
        }
    }

    private mutating func addPlain(
        _ feature: Feature, at position: Int, _ rule: ConflictRule
    ) throws(FeatureConflict) {
        switch (all[position].value, feature.value) {
        case (.number(let old), .number(let new)):
            if let both = old.intersection(new) {
                replaceNumber(at: position, with: both, from: feature)
            } else {
                try resolve(.disjoint, at: position, feature, rule)
            }
        case (.string(let old, _), .string(let new, _)) where old == new:
            break
        case (.list(let old, _), .list(let new, _)) where old == new:
            break
        default:
            try resolve(.different, at: position, feature, rule)
        }
    }

    /// Adds all features of another set in their order.
    public mutating func add(
        contentsOf other: Features, onConflict rule: ConflictRule = .fail
    ) throws(FeatureConflict) {
        for feature in other.all { try add(feature, onConflict: rule) }
    }

    private mutating func resolve(
        _ kind: FeatureConflict.Kind, at position: Int, _ feature: Feature, _ rule: ConflictRule
    ) throws(FeatureConflict) {
        switch rule {
        case .fail: throw FeatureConflict(kind: kind, existing: all[position], added: feature)
        case .replace: replaceValue(at: position, with: feature.value)
        case .keep: break
        }
    }
}
