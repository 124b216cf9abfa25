extension RADLDocument {
    /// Replaces references to networks, systems and `configure` sections by the definitions of a stored document.
    ///
    /// - Throws: ``RADLErrors`` with every reference that the stored document does not define either.
    public mutating func resolveReferences(in stored: RADLDocument) throws(RADLErrors) {
        var errors: [RADLError] = []
        func unknown(_ what: String, _ id: String, _ place: SourceRange?) {
            errors.append(
                RADLError(
                    .reference, "\(what) '\(id)' stands without features, and the infrastructure has none of this id",
                    hint: "write its features in parentheses, empty ones for none", at: place, in: source,
                    imText: "Unknown reference in RADL to <class 'radl.radl.\(what)'> '\(id)'"))
        }
        let knownNetworks = Self.byID(stored.networks, \.id)
        for (position, network) in networks.enumerated() where network.isReference {
            if let known = knownNetworks[network.id], !known.isReference {
                networks[position] = known.withoutPlaces()
            } else {
                unknown("network", network.id, network.source)
            }
        }
        let knownSystems = Self.byID(stored.systems, \.id)
        for (position, system) in systems.enumerated() where system.isReference {
            if let known = knownSystems[system.id], !known.isReference {
                systems[position] = known.withoutPlaces()
            } else {
                unknown("system", system.id, system.source)
            }
        }
        let knownConfigures = Self.byID(stored.configures, \.id)
        for (position, section) in configures.enumerated() where section.isReference {
            if let known = knownConfigures[section.id], !known.isReference {
                configures[position] = known.withoutPlaces()
            } else {
                unknown("configure", section.id, section.source)
            }
        }
        if let errors = RADLErrors(errors) { throw errors }
    }

    /// Adds a later document, as when resources are added to an infrastructure.
    ///
    /// The description, systems and `configure` sections replace those of the same id; networks and ansible hosts are
    /// added only where they are new; `contextualize` merges; deploys of the new document replace all earlier ones.
    /// References that the new document still has change nothing. Places refer to the new document's text afterwards.
    ///
    /// - Returns: Warnings: definitions that were ignored because the id exists.
    @discardableResult
    public mutating func update(with new: RADLDocument) -> [RADLError] {
        var warnings: [RADLError] = []
        self = withoutPlaces()
        source = new.source
        if let description = new.description { self.description = description }

        let oldNetworks = Self.byID(networks, \.id)
        for network in new.networks where !network.isReference {
            guard let old = oldNetworks[network.id] else {
                networks.append(network)
                continue
            }
            if old != network { warnings.append(Self.ignored("network", network.id, network.source, new)) }
        }
        let oldHosts = Self.byID(ansibleHosts, \.id)
        for host in new.ansibleHosts where !host.isReference {
            guard let old = oldHosts[host.id] else {
                ansibleHosts.append(host)
                continue
            }
            if old != host { warnings.append(Self.ignored("ansible host", host.id, host.source, new)) }
        }
        Self.replace(&systems, with: new.systems.filter { !$0.isReference }, \.id)
        Self.replace(&configures, with: new.configures.filter { !$0.isReference }, \.id)
        merge(new.contextualize)
        if !new.deploys.isEmpty { deploys = new.deploys }
        return warnings
    }

    /// Takes from a later document what can change on machines that run: `configure` sections, `contextualize`, new
    /// credentials and applications of systems. All else in it is ignored.
    ///
    /// An application replaces the one of the same name up to a comma.
    public mutating func reconfigure(with new: RADLDocument) {
        self = withoutPlaces()
        source = new.source
        Self.replace(&configures, with: new.configures.filter { !$0.isReference }, \.id)
        merge(new.contextualize)
        let changes = Self.byID(new.systems, \.id)
        for position in systems.indices {
            guard let change = changes[systems[position].id] else { continue }
            systems[position].reconfigure(with: change)
        }
    }

    private mutating func merge(_ new: RADLContextualize?) {
        guard let new else { return }
        if contextualize == nil {
            contextualize = new
        } else {
            contextualize?.merge(new)
        }
    }

    private static func byID<Section>(_ sections: [Section], _ id: (Section) -> String) -> [String: Section] {
        Dictionary(sections.map { (id($0), $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static func replace<Section>(
        _ old: inout [Section], with new: [Section], _ id: (Section) -> String
    ) {
        var positions = Dictionary(
            old.enumerated().map { (id($1), $0) }, uniquingKeysWith: { first, _ in first })
        for section in new {
            if let position = positions[id(section)] {
                old[position] = section
            } else {
                positions[id(section)] = old.count
                old.append(section)
            }
        }
    }

    private static func ignored(
        _ what: String, _ id: String, _ place: SourceRange?, _ document: RADLDocument
    ) -> RADLError {
        RADLError(
            .duplicate, "the infrastructure has a \(what) '\(id)' already; the new definition is ignored",
            hint: "give it another id", at: place, in: document.source, imText: "", severity: .warning)
    }

    /// The document without places: they refer to a text that is no longer at hand.
    public func withoutPlaces() -> RADLDocument {
        var copy = self
        copy.source = nil
        copy.description?.source = nil
        copy.description?.features.removePlaces()
        copy.ansibleHosts = ansibleHosts.map { host in
            var host = host
            host.source = nil
            host.features.removePlaces()
            return host
        }
        copy.networks = networks.map { $0.withoutPlaces() }
        copy.systems = systems.map { $0.withoutPlaces() }
        copy.configures = configures.map { $0.withoutPlaces() }
        copy.deploys = deploys.map { RADLDeploy(system: $0.system, count: $0.count, cloud: $0.cloud) }
        if let contextualize {
            var options = contextualize.options
            options.removePlaces()
            copy.contextualize = RADLContextualize(
                maximumTime: contextualize.maximumTime,
                items: contextualize.items.map { item in
                    var item = item
                    item.source = nil
                    return item
                }, options: options)
        }
        return copy
    }
}

extension RADLSystem {
    private static let newCredentials = "disk.0.os.credentials.new."
    private static let applications = "disk.0.applications"

    fileprivate mutating func reconfigure(with new: RADLSystem) {
        for feature in new.features.all where feature.name.hasPrefix(Self.newCredentials) { features.set(feature) }
        guard !new.applications.isEmpty else { return }
        func stem(_ element: FeatureSet) -> Substring? {
            element.name?.split(separator: ",", omittingEmptySubsequences: false).first
        }
        let added = new.features.sets(Self.applications)
        let stems = Set(added.compactMap(stem))
        var sets = FeatureSets()
        let kept = features.sets(Self.applications).filter { element in
            stem(element).map { !stems.contains($0) } ?? true
        }
        for element in kept + added {
            // Names differ, except within what each document united before.
            try? sets.add(element, onConflict: .replace)
        }
        features.set(Feature(Self.applications, .set(sets), source: features[Self.applications]?.source))
    }

    fileprivate func withoutPlaces() -> RADLSystem {
        var copy = self
        copy.source = nil
        copy.features.removePlaces()
        return copy
    }
}

extension RADLNetwork {
    fileprivate func withoutPlaces() -> RADLNetwork {
        var copy = self
        copy.source = nil
        copy.features.removePlaces()
        return copy
    }
}

extension RADLConfigure {
    fileprivate func withoutPlaces() -> RADLConfigure {
        RADLConfigure(id: id, content: content)
    }
}
