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
        try merge(feature, at: position, rule)
    }

    /// Adds all features of another set in their order.
    public mutating func add(
        contentsOf other: Features, onConflict rule: ConflictRule = .fail
    ) throws(FeatureConflict) {
        for feature in other.all { try add(feature, onConflict: rule) }
    }
}

extension Feature {
    /// Takes in another feature of its name as a document does.
    ///
    /// Nothing of the existing value is held meanwhile: its array would be copied for each addition.
    mutating func merge(_ feature: Feature, _ rule: Features.ConflictRule) throws(FeatureConflict) {
        switch feature.value {
        case .set(let elements) where value.isSet: try unite(elements, rule)
        case .softs(let groups): appendSofts(groups)
        default: try mergePlain(feature, rule)
        }
    }

    private mutating func mergePlain(_ feature: Feature, _ rule: Features.ConflictRule) throws(FeatureConflict) {
        switch (value, feature.value) {
        case (.number(let old), .number(let new)):
            guard let both = old.intersection(new) else { return try resolve(.disjoint, feature, rule) }
            // The place is that of the constraint that counts.
            if value != .number(both) { source = feature.source }
            value = .number(both)
        case (.string(let old, _), .string(let new, _)) where old == new: break
        case (.list(let old, _), .list(let new, _)) where old == new: break
        default: try resolve(.different, feature, rule)
        }
    }

    private mutating func resolve(
        _ kind: FeatureConflict.Kind, _ feature: Feature, _ rule: Features.ConflictRule
    ) throws(FeatureConflict) {
        switch rule {
        case .fail: throw FeatureConflict(kind: kind, existing: self, added: feature)
        case .replace:
            value = feature.value
            takeDraw(of: feature)
        case .keep: break
        }
    }

    /// Unites the elements of a `contains` in place.
    private mutating func unite(
        _ new: FeatureSets, _ rule: Features.ConflictRule
    ) throws(FeatureConflict) {
        guard case .set(var sets) = value else { return }
        value = .softs([])
        var conflict: FeatureConflict?
        for element in new.elements where conflict == nil {
            do throws(FeatureConflict) {
                try sets.add(element, onConflict: rule)
            } catch {
                conflict = error
            }
        }
        value = .set(sets)
        if let conflict { throw conflict }
    }

    /// Gathers soft groups in place.
    mutating func appendSofts(_ new: [SoftGroup]) {
        guard case .softs(var groups) = value else { return }
        value = .softs([])
        groups.append(contentsOf: new)
        value = .softs(groups)
    }
}
