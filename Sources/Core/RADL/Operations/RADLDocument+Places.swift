extension RADLDocument {
    /// Moves every place but those of includes: the text of the document stands behind others.
    mutating func movePlaces(by bytes: Int) {
        if var description {
            description.source = description.source?.moved(by: bytes)
            description.features.movePlaces(by: bytes)
            self.description = description
        }
        for position in ansibleHosts.indices {
            ansibleHosts[position].source = ansibleHosts[position].source?.moved(by: bytes)
            ansibleHosts[position].features.movePlaces(by: bytes)
        }
        for position in networks.indices {
            networks[position].source = networks[position].source?.moved(by: bytes)
            networks[position].features.movePlaces(by: bytes)
        }
        for position in systems.indices {
            systems[position].source = systems[position].source?.moved(by: bytes)
            systems[position].features.movePlaces(by: bytes)
        }
        for position in configures.indices {
            configures[position].source = configures[position].source?.moved(by: bytes)
            configures[position].recipeSource = configures[position].recipeSource?.moved(by: bytes)
            for part in configures[position].recipeParts.indices {
                let place = configures[position].recipeParts[part].place
                configures[position].recipeParts[part].place = place.moved(by: bytes)
            }
        }
        contextualize?.movePlaces(by: bytes)
        for position in deploys.indices { deploys[position].source = deploys[position].source?.moved(by: bytes) }
    }
}

extension RADLContextualize {
    fileprivate mutating func movePlaces(by bytes: Int) {
        var options = options
        options.movePlaces(by: bytes)
        self = RADLContextualize(
            maximumTime: maximumTime,
            items: items.map { item in
                var item = item
                item.source = item.source?.moved(by: bytes)
                return item
            }, options: options, source: source?.moved(by: bytes))
    }
}

extension Features {
    fileprivate mutating func movePlaces(by bytes: Int) {
        map { feature in
            feature.source = feature.source?.moved(by: bytes)
        } groups: { source in
            source?.moved(by: bytes)
        }
    }

    /// Changes every feature, also those within elements and wishes.
    ///
    /// - Parameter groups: Makes the place of elements and wishes.
    mutating func map(
        _ change: (inout Feature) -> Void, groups: (SourceRange?) -> SourceRange? = { $0 }
    ) {
        var changed = Features()
        for var feature in all {
            change(&feature)
            switch feature.value {
            case .set(let sets):
                var new = FeatureSets()
                for element in sets.elements {
                    var inner = element.features
                    inner.map(change, groups: groups)
                    // Elements of one set have different names.
                    try? new.add(FeatureSet(inner, source: groups(element.source)), onConflict: .keep)
                }
                feature.value = .set(new)
            case .softs(let wishes):
                feature.value = .softs(
                    wishes.map { wish in
                        var inner = wish.features
                        inner.map(change, groups: groups)
                        return SoftGroup(weight: wish.weight, features: inner, source: groups(wish.source))
                    })
            default: break
            }
            changed.append(feature)
        }
        self = changed
    }
}
