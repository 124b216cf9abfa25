package import RADL

/// What a changed template changes.
package struct TOSCADifference: Sendable, Hashable {
    /// Systems that are new.
    package var added: [String] = []
    /// Systems that are gone.
    package var removed: [String] = []
    /// Systems whose description changed, with the names of the features.
    package var changed: [String: [String]] = [:]
    /// Networks that are new, gone or different.
    package var networks: [String] = []
    /// Recipes that are new, gone or different, by their ids.
    package var recipes: [String] = []
    /// The order in which recipes run, or the machines that they run on.
    package var isOrderChanged = false
    /// Outputs that are new, gone or different.
    package var outputs: [String] = []
    /// Inputs whose values changed.
    package var inputs: [String] = []

    package init() {}

    /// Nothing that machines would notice.
    package var isEmpty: Bool {
        added.isEmpty && removed.isEmpty && changed.isEmpty && networks.isEmpty && recipes.isEmpty && !isOrderChanged
    }

    /// Compares two translations for one infrastructure.
    package init(from old: TOSCATranslation, to new: TOSCATranslation) {
        let oldSystems = Dictionary(old.document.systems.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let newSystems = Dictionary(new.document.systems.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        added = new.document.systems.map(\.id).filter { oldSystems[$0] == nil }
        removed = old.document.systems.map(\.id).filter { newSystems[$0] == nil }
        for system in new.document.systems {
            guard let before = oldSystems[system.id], before.features != system.features else { continue }
            changed[system.id] = Self.names(before.features, system.features)
        }
        networks = Self.ids(
            old.document.networks.map { ($0.id, $0.features) }, new.document.networks.map { ($0.id, $0.features) })
        recipes = Self.ids(
            old.document.configures.map { ($0.id, $0.content) }, new.document.configures.map { ($0.id, $0.content) })
        isOrderChanged = old.document.contextualize != new.document.contextualize
        outputs = Self.ids(
            old.template.outputs.map { ($0.name, $0.value) }, new.template.outputs.map { ($0.name, $0.value) })
        inputs = Self.ids(
            old.inputs.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
            new.inputs.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }

    private static func names(_ old: Features, _ new: Features) -> [String] {
        ids(old.all.map { ($0.name, $0.value) }, new.all.map { ($0.name, $0.value) })
    }

    private static func ids<Value: Equatable>(_ old: [(String, Value)], _ new: [(String, Value)]) -> [String] {
        let before = Dictionary(old, uniquingKeysWith: { first, _ in first })
        let after = Dictionary(new, uniquingKeysWith: { first, _ in first })
        return new.filter { before[$0.0] != $0.1 }.map(\.0) + old.filter { after[$0.0] == nil }.map(\.0)
    }
}

/// What has to be done to machines so that an infrastructure becomes what a template says.
package struct TOSCAUpdate: Sendable {
    /// The whole new document; its deploys are all machines that are wanted.
    package var document: RADLDocument
    /// Machines to launch, in addition to those that are there.
    package var additions: [RADLDeploy]
    /// Ids of machines to remove, before others are added.
    package var removals: [String]
    /// Machines that stay have to be contextualized again.
    package var reconfigures: Bool
    /// Systems whose machines stay although their description changed in a way that only new machines get.
    package var outdated: [String]
    package var difference: TOSCADifference
    package var warnings: [TOSCADiagnostic]

    /// Features that recipes or names see, not the machine itself.
    private static let soft = ["disk.0.applications", "instance_tags", "instance_name"]

    /// - Parameters:
    ///   - old: The translation so far; nil where the infrastructure was made of something else.
    ///   - new: The changed template's.
    ///   - machines: All machines of the infrastructure, the oldest first. A machine to be removed is one of
    ///     `removal_list`, else the oldest, as in IM.
    ///   - isGone: Whether a machine of this id was there and is no more: a removal list that was carried out stays in
    ///     the template.
    package init(
        from old: TOSCATranslation?, to new: TOSCATranslation, machines: [TOSCADeployment.Machine],
        isGone: (String) -> Bool = { _ in false }
    ) {
        document = new.document
        difference = old.map { TOSCADifference(from: $0, to: new) } ?? TOSCADifference()
        additions = []
        removals = []
        warnings = []
        let existing = Dictionary(grouping: machines, by: \.system)
        let clouds = Dictionary(
            new.document.deploys.map { ($0.system, $0.cloud) }, uniquingKeysWith: { first, _ in first })
        let report = Report(files: new.template.files)
        // Launches in the order of the document's deploys.
        for deploy in new.document.deploys {
            let missing = deploy.count - (existing[deploy.system]?.count ?? 0)
            if missing > 0 {
                additions.append(
                    RADLDeploy(system: deploy.system, count: missing, cloud: clouds[deploy.system] ?? deploy.cloud))
            }
        }
        let systems = Dictionary(machines.map { ($0.id, $0.system) }, uniquingKeysWith: { first, _ in first })
        var named: [String: [String]] = [:]
        for (system, list) in new.removalLists.sorted(by: { $0.key < $1.key }) {
            let shrinks = (existing[system]?.count ?? 0) > (new.counts[system] ?? 0)
            for id in list {
                if systems[id] == system {
                    named[system, default: []].append(id)
                } else if systems[id] != nil || shrinks && !isGone(id) {
                    report.warning(
                        .unknownName, "'\(id.prefix(80))' of the removal list is no machine of '\(system)'", at: nil,
                        DocumentPath.root.key("topology_template").key("node_templates").key(system))
                }
            }
        }
        var seen: Set<String> = []
        for system in machines.map(\.system) where seen.insert(system).inserted {
            // What came by a document of another kind is none of the template's business.
            guard new.counts[system] != nil || old?.counts[system] != nil else { continue }
            let ids = (existing[system] ?? []).map(\.id)
            let surplus = ids.count - (new.counts[system] ?? 0)
            guard surplus > 0 else { continue }
            var chosen: [String] = []
            for id in named[system] ?? [] where chosen.count < surplus && !chosen.contains(id) { chosen.append(id) }
            chosen += ids.filter { !chosen.contains($0) }.prefix(surplus - chosen.count)
            removals += chosen
        }
        outdated = difference.changed.filter { system, features in
            existing[system] != nil && features.contains { !Self.soft.contains($0) }
        }.keys.sorted()
        let changesRecipes = !difference.recipes.isEmpty || difference.isOrderChanged
        let changesRoles = difference.changed.values.contains { $0.contains("disk.0.applications") }
        reconfigures = changesRecipes || changesRoles || !additions.isEmpty || !removals.isEmpty
        warnings = report.all
    }

    /// One line for each thing that is done, for people.
    package var summary: [String] {
        var lines = additions.map { "add \($0.count) of \($0.system)" }
        if !removals.isEmpty { lines.append("remove the machines \(removals.joined(separator: ", "))") }
        for (system, features) in difference.changed.sorted(by: { $0.key < $1.key }) {
            lines.append("change \(system): \(features.joined(separator: ", "))")
        }
        if !difference.networks.isEmpty {
            lines.append("change networks: \(difference.networks.joined(separator: ", "))")
        }
        if !difference.recipes.isEmpty { lines.append("change recipes: \(difference.recipes.joined(separator: ", "))") }
        for system in outdated { lines.append("machines of \(system) that are there stay as they are") }
        if reconfigures { lines.append("run the recipes again") }
        return lines
    }
}
