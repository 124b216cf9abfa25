/// What a system gets where the document says nothing.
public struct RADLDefaults: Sendable, Hashable {
    public var cpuCount: Int
    public var memory: Quantity
    public var architecture: String

    public init(
        cpuCount: Int = 1, memory: Quantity = Quantity(.integer(512), unit: "M"), architecture: String = "x86_64"
    ) {
        self.cpuCount = cpuCount
        self.memory = memory
        self.architecture = architecture
    }
}

extension RADLSystem {
    /// The system with at least so many processors and so much memory, of that architecture, each only where the
    /// document says nothing, not even in a wish.
    public func addingDefaults(_ defaults: RADLDefaults = RADLDefaults()) -> RADLSystem {
        var copy = self
        let wanted = [
            Feature("cpu.count", .number(Interval(.greaterOrEqual, Quantity(.integer(defaults.cpuCount))))),
            Feature("memory.size", .number(Interval(.greaterOrEqual, defaults.memory))),
            Feature("cpu.arch", .string(defaults.architecture, .equal)),
        ]
        for feature in wanted where !features.mentions(feature.name) { copy.features.set(feature) }
        return copy
    }

    /// What the system becomes at a provider, and how many wishes come true there.
    ///
    /// What the provider offers wins over what the document asks. Then the wishes are added in descending weight, those of
    /// equal weight in their order; a wish that conflicts is left out as a whole. The result has no wishes.
    ///
    /// - Returns: The system and the sum of the weights of the wishes that fit.
    public func resolving(with offer: Features = Features()) -> (system: RADLSystem, score: Double) {
        var copy = self
        var pending = features.softs
        copy.features.remove(Feature.softName)
        for feature in offer.all where feature.name != Feature.softName {
            // Nothing can fail: what is added replaces.
            try? copy.features.add(feature, onConflict: .replace)
        }
        pending.sort { $0.weight.doubleValue > $1.weight.doubleValue }
        var score = 0.0
        var next = 0
        while next < pending.count {
            let group = pending[next]
            next += 1
            var trial = copy.features
            var wishes = group.features
            wishes.remove(Feature.softName)
            do throws(FeatureConflict) {
                try trial.add(contentsOf: wishes)
            } catch {
                continue
            }
            copy.features = trial
            score += group.weight.doubleValue
            // Wishes within a wish count only where the outer one came true.
            pending += group.features.softs.sorted { $0.weight.doubleValue > $1.weight.doubleValue }
        }
        return (copy, score)
    }
}

extension Features {
    /// Whether a feature of this name is there, or in one of the wishes.
    public func mentions(_ name: String) -> Bool {
        contains(name) || softs.contains { $0.features.mentions(name) }
    }

    /// Removes all places.
    mutating func removePlaces() {
        map { feature in
            feature.source = nil
        } groups: { _ in
            nil
        }
    }
}
