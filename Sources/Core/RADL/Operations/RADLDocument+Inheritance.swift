extension RADLDocument {
    static let inheritanceName = "ec3_inherit_from"
    /// A chain of sections would multiply what they hold: so many features, and bytes of recipes, are taken over at most.
    private static let mostInherited = 1 << 20

    /// The document with the features that systems and networks take from others by `ec3_inherit_from`, as EC3 sends it on.
    ///
    /// A system gets the features that it does not have itself; a number that both limit has the limits of both, or its
    /// own where no number satisfies them; and it runs the recipe of the other one before its own. The
    /// word itself is gone afterwards. Without such words the document is returned as it is.
    ///
    /// - Throws: ``RADLErrors`` where the other one is not in the document, and where they inherit in a circle.
    public func resolvingInheritance() throws(RADLErrors) -> RADLDocument {
        guard hasInheritance else { return self }
        var result = self
        let systemOrder = try inherit(&result.systems, "system")
        _ = try inherit(&result.networks, "network")
        if contextualize?.items.isEmpty ?? true { try result.inheritRecipes(systemOrder) }
        return result
    }

    /// Whether a system or network inherits from another one.
    var hasInheritance: Bool {
        systems.contains { $0.features.contains(Self.inheritanceName) }
            || networks.contains { $0.features.contains(Self.inheritanceName) }
    }

    /// The id that such a feature names: `system wn`, or `wn` alone.
    static func inheritedID(_ feature: Feature) -> String? {
        guard case .string(let text, _) = feature.value else { return nil }
        let words = text.split(separator: " ")
        return words.last.map(String.init)
    }

    /// The word before the id; nil where there is none.
    private static func inheritedKind(_ feature: Feature) -> String? {
        guard case .string(let text, _) = feature.value else { return nil }
        let words = text.split(separator: " ")
        return words.count > 1 ? String(words[0]) : nil
    }

    /// - Returns: Who inherits from whom, those who are inherited from first.
    private func inherit<Section: RADLMergeableSection>(
        _ sections: inout [Section], _ what: String
    ) throws(RADLErrors) -> [(id: String, from: String)] {
        let positions = Dictionary(
            sections.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        var done: Set<Int> = []
        var order: [(id: String, from: String)] = []
        var taken = 0
        for start in sections.indices {
            var chain: [(position: Int, from: Int)] = []
            var onChain: Set<Int> = []
            var position = start
            while !done.contains(position), let feature = sections[position].features[Self.inheritanceName] {
                guard onChain.insert(position).inserted else {
                    throw refusal(feature, "\(what)s inherit from each other in a circle")
                }
                guard let id = Self.inheritedID(feature) else {
                    throw refusal(feature, "'\(Self.inheritanceName)' names no \(what)")
                }
                if let other = Self.inheritedKind(feature), other != what {
                    throw refusal(feature, "a \(what) cannot inherit from \(KnownIDs.article(other)) \(other)")
                }
                guard let next = positions[id] else {
                    throw refusal(feature, "there is no \(what) '\(id)' to inherit from")
                }
                chain.append((position, next))
                position = next
            }
            for (position, from) in chain.reversed() {
                taken += sections[from].features.count
                if taken > Self.mostInherited, let feature = sections[position].features[Self.inheritanceName] {
                    throw refusal(feature, "\(what)s inherit more than \(Self.mostInherited) features")
                }
                sections[position].features.remove(Self.inheritanceName)
                sections[position].features.inherit(sections[from].features)
                done.insert(position)
                order.append((sections[position].id, sections[from].id))
            }
            done.insert(start)
        }
        return order
    }

    private func refusal(_ feature: Feature, _ message: String) -> RADLErrors {
        RADLErrors(
            RADLError(
                .reference, message, at: feature.source, in: source,
                imText: feature.source.map { "Line \($0.line): \(message)" } ?? message))
    }

    private mutating func inheritRecipes(_ order: [(id: String, from: String)]) throws(RADLErrors) {
        var positions = Dictionary(
            configures.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        var taken = 0
        for (id, from) in order {
            guard let other = positions[from].map({ configures[$0] }), let inherited = other.recipe else { continue }
            taken += inherited.utf8.count
            guard taken <= Self.mostInherited else {
                throw RADLErrors(
                    RADLError(
                        .recipe, "systems inherit recipes of more than \(Self.mostInherited) bytes", in: source,
                        imText: "Conflict in configure \(id)"))
            }
            guard let position = positions[id] else {
                positions[id] = configures.count
                var section = other
                section.id = id
                configures.append(section)
                continue
            }
            guard configures[position].recipe != nil else { continue }
            guard let both = RecipeList.join(other, configures[position]) else {
                throw RADLErrors(
                    RADLError(
                        .recipe, "the recipes of '\(id)' and of '\(from)', which it inherits from, cannot be joined",
                        hint: "write both as lists of plays", at: configures[position].source, in: source,
                        imText: "Conflict in configure \(id)"))
            }
            configures[position] = both
        }
    }
}
