/// Hands over the text of an included document.
///
/// - Parameters:
///   - include: The sentence.
///   - file: Name of the document that it stands in.
/// - Returns: The text; its ``RADLSource/file`` tells documents apart: one that includes itself is refused by it.
/// - Throws: Anything; the description is told to the user.
public typealias RADLIncludeResolver = (_ include: RADLInclude, _ file: String?) throws -> RADLSource

extension RADLDocument {
    /// The document with the sections of the documents that it includes.
    ///
    /// Own sections win: an included network, system or ansible host of the same id adds the features that are missing; what
    /// `contains` gathers and the ports of networks are united; recipes of the same id run one after the other, the included
    /// one first. A document that is included twice counts once. Places of included sections are those of the sentence.
    ///
    /// - Parameters:
    ///   - limits: How much is put in at most.
    ///   - resolver: Hands over the texts; called once for each sentence, in the order of the documents.
    /// - Throws: ``RADLErrors`` where one cannot be had or read, where documents include each other in a circle, and where
    ///   a limit is reached.
    public func resolvingIncludes(
        limits: RADLInclude.Limits = RADLInclude.Limits(), _ resolver: RADLIncludeResolver
    ) throws(RADLErrors) -> RADLDocument {
        var gathering = IncludeGathering(limits: limits)
        return try gathering.resolve(self, path: [source?.file ?? ""], resolver)
    }

    /// What the check says of includes that nobody resolved.
    func unresolvedIncludes() -> [RADLError] {
        includes.prefix(100).map { include in
            RADLError(
                .include, "the document '\(include.template)' is included, but nothing is opened here",
                hint: "write its sections into this document; 'gantry radl convert --to radl' does so for files",
                at: include.source, in: source,
                imText: include.source.map { "Line \($0.line): include is not allowed" } ?? "include is not allowed")
        }
    }
}

/// Puts included documents in.
private struct IncludeGathering {
    let limits: RADLInclude.Limits
    private var count = 0
    private var bytes = 0
    private var taken: Set<String> = []

    init(limits: RADLInclude.Limits) {
        self.limits = limits
    }

    /// - Parameter path: Files from the outermost document to this one. No longer than the limit, so recursion ends.
    mutating func resolve(
        _ document: RADLDocument, path: [String], _ resolver: RADLIncludeResolver
    ) throws(RADLErrors) -> RADLDocument {
        var result = document
        result.includes = []
        for include in document.includes {
            guard let source = try text(of: include, in: document, path: path, resolver) else { continue }
            let inner = try resolve(
                RADLDocument(parsing: source), path: path + [source.file ?? include.template], resolver)
            do throws(RADLError) {
                try result.absorb(inner, by: include)
            } catch {
                throw RADLErrors(error)
            }
        }
        return result
    }

    private mutating func text(
        of include: RADLInclude, in document: RADLDocument, path: [String], _ resolver: RADLIncludeResolver
    ) throws(RADLErrors) -> RADLSource? {
        func refusal(_ message: String, _ hint: String?) -> RADLErrors {
            RADLErrors(
                RADLError(
                    .include, message, hint: hint, at: include.source, in: document.source,
                    imText: include.source.map { "Line \($0.line): \(message)" } ?? message))
        }
        count += 1
        guard count <= limits.count else { throw refusal("there are more than \(limits.count) includes", nil) }
        guard path.count <= limits.depth else {
            throw refusal("documents include each other more than \(limits.depth) levels deep", nil)
        }
        var source: RADLSource
        do {
            source = try resolver(include, document.source?.file)
        } catch {
            throw refusal("the document '\(include.template)' cannot be included: \(error)", nil)
        }
        let name = source.file ?? include.template
        source.file = name
        if path.contains(name) {
            let circle = (path.drop { $0 != name } + [name]).joined(separator: " includes ")
            throw refusal("documents include each other in a circle", circle)
        }
        guard taken.insert(name).inserted else { return nil }
        bytes += source.bytes.count
        guard bytes <= limits.bytes else {
            throw refusal("the included documents have more than \(limits.bytes) bytes together", nil)
        }
        return source
    }
}

extension RADLDocument {
    fileprivate mutating func absorb(_ other: RADLDocument, by include: RADLInclude) throws(RADLError) {
        let place = include.source
        let owned = other.withoutPlaces().placed(at: place)
        Self.absorb(owned.networks, into: &networks)
        Self.absorb(owned.systems, into: &systems)
        Self.absorb(owned.ansibleHosts, into: &ansibleHosts)
        var positions = Dictionary(
            configures.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        for section in owned.configures {
            guard let position = positions[section.id] else {
                positions[section.id] = configures.count
                configures.append(section)
                continue
            }
            switch (configures[position].content, section.content) {
            case (.reference, _): configures[position].content = section.content
            case (.recipe(let own), .recipe(let included)) where own != included:
                guard let both = RecipeList.join(included, own) else {
                    throw RADLError(
                        .include,
                        "the included document '\(include.template)' has a recipe '\(section.id)' too, and the two cannot"
                            + " be joined",
                        hint: "give one of them another id", at: place, in: source,
                        imText: "Aspect with the same id was found.")
                }
                configures[position].content = .recipe(both)
                configures[position].recipeSource = nil
            default: break
            }
        }
        if var included = owned.contextualize {
            if let contextualize { included.merge(contextualize) }
            contextualize = included
        }
        deploys += owned.deploys
    }

    private static func absorb<Section: RADLMergeableSection>(_ included: [Section], into own: inout [Section]) {
        var positions = Dictionary(own.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        for section in included {
            guard let position = positions[section.id] else {
                positions[section.id] = own.count
                own.append(section)
                continue
            }
            if own[position].isReference {
                own[position].isReference = section.isReference
                own[position].features = section.features
            } else {
                own[position].features.inherit(section.features)
            }
        }
    }

    /// Every section at one place.
    private func placed(at place: SourceRange?) -> RADLDocument {
        var copy = self
        for position in copy.networks.indices { copy.networks[position].source = place }
        for position in copy.systems.indices { copy.systems[position].source = place }
        for position in copy.ansibleHosts.indices { copy.ansibleHosts[position].source = place }
        for position in copy.configures.indices { copy.configures[position].source = place }
        for position in copy.deploys.indices { copy.deploys[position].source = place }
        return copy
    }
}

/// Sections that can be completed by another one.
protocol RADLMergeableSection: RADLSection {
    var isReference: Bool { get set }
}

extension RADLNetwork: RADLMergeableSection {}
extension RADLSystem: RADLMergeableSection {}
extension RADLAnsibleHost: RADLMergeableSection {}

extension Features {
    /// Adds what is missing: of the rest, what `contains` gathers and ports of networks are united, and all else stays.
    mutating func inherit(_ other: Features) {
        for feature in other.all {
            if feature.name == Feature.portsName, let own = self[feature.name] {
                guard case .string(let text, _) = own.value, case .string(let more, _) = feature.value else { continue }
                var seen: Set<Substring> = []
                let items = (text.split(separator: ",") + more.split(separator: ",")).filter {
                    seen.insert($0).inserted
                }
                set(Feature(feature.name, .string(items.joined(separator: ","), .equal), source: own.source))
            } else {
                // Nothing can fail: what is there stays.
                try? add(feature, onConflict: .keep)
            }
        }
    }
}
