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
    /// As EC3 puts templates together: an included network, system or ansible host of the same id adds the features that
    /// are missing, and of a feature that both have the own value stays; numbers have the limits of both, unless no number
    /// satisfies them; what `contains` gathers and the ports of networks
    /// are united; recipes of the same id run one after the other, the included one first. A document that is included
    /// twice counts once. Every section keeps its place in the document that it is from.
    ///
    /// - Parameters:
    ///   - limits: How much is put in at most.
    ///   - resolver: Hands over the texts; called once for each sentence, in the order of the documents.
    /// - Throws: ``RADLErrors`` with all mistakes of all documents: where one cannot be had or read, where documents include
    ///   each other in a circle, and where a limit is reached.
    public func resolvingIncludes(
        limits: RADLInclude.Limits = RADLInclude.Limits(), _ resolver: RADLIncludeResolver
    ) throws(RADLErrors) -> RADLDocument {
        var warnings: [RADLError] = []
        return try resolvingIncludes(limits: limits, warnings: &warnings, resolver)
    }

    /// As ``resolvingIncludes(limits:_:)``.
    ///
    /// - Parameter warnings: What is told of the included documents without being a mistake is added.
    public func resolvingIncludes(
        limits: RADLInclude.Limits = RADLInclude.Limits(), warnings: inout [RADLError], _ resolver: RADLIncludeResolver
    ) throws(RADLErrors) -> RADLDocument {
        var gathering = IncludeGathering(limits: limits, start: source?.bytes.count ?? 0)
        var result = gathering.resolve(self, path: [source?.file ?? ""], place: nil, resolver)
        warnings += gathering.warnings
        if let errors = RADLErrors(gathering.errors) { throw errors }
        result.source = RADLSource(source ?? RADLSource(text: ""), including: gathering.documents)
        return result
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
    private(set) var errors: [RADLError] = []
    private(set) var warnings: [RADLError] = []
    /// Those that were put in, each with the sentence of the outermost document.
    private(set) var documents: [(source: RADLSource, place: SourceRange?)] = []
    private var count = 0
    private var bytes = 0
    private var taken: Set<String> = []
    /// Where the text that is put in next begins, in all texts together.
    private var start: Int
    /// Nothing more is taken: a limit was reached.
    private var isFull = false

    /// - Parameter start: Bytes of the outermost document.
    init(limits: RADLInclude.Limits, start: Int) {
        self.limits = limits
        self.start = start + 1
    }

    /// - Parameters:
    ///   - document: With its own places.
    ///   - path: Files from the outermost document to this one. No longer than the limit, so recursion ends.
    ///   - place: The sentence of the outermost document that led here.
    /// - Returns: The document with places in all texts together.
    mutating func resolve(
        _ document: RADLDocument, path: [String], place: SourceRange?, _ resolver: RADLIncludeResolver
    ) -> RADLDocument {
        var result = document
        result.includes = []
        if path.count > 1, let source = document.source {
            result.movePlaces(by: start)
            start += source.bytes.count + 1
            documents.append((source, place))
        }
        for include in document.includes where !isFull {
            let outermost = place ?? include.source
            guard let source = text(of: include, in: document, path, place, resolver) else { continue }
            let reading = source.isJSON ? RADLDocument.readJSON(source) : RADLDocument.read(source)
            note(reading.errors, at: outermost, in: &errors)
            note(reading.warnings, at: outermost, in: &warnings)
            let inner = resolve(
                reading.document, path: path + [source.file ?? include.template], place: outermost, resolver)
            do throws(RADLError) {
                try result.absorb(inner, by: include, in: document.source)
            } catch {
                note([error], at: place, in: &errors)
            }
        }
        return result
    }

    private func note(_ found: [RADLError], at place: SourceRange?, in list: inout [RADLError]) {
        for var error in found where list.count < Parser.mostErrors {
            error.inclusion = place
            list.append(error)
        }
    }

    private mutating func text(
        of include: RADLInclude, in document: RADLDocument, _ path: [String], _ place: SourceRange?,
        _ resolver: RADLIncludeResolver
    ) -> RADLSource? {
        func refuse(_ message: String, _ hint: String? = nil) -> RADLSource? {
            let error = RADLError(
                .include, message, hint: hint, at: include.source, in: document.source,
                imText: include.source.map { "Line \($0.line): \(message)" } ?? message)
            note([error], at: place, in: &errors)
            return nil
        }
        count += 1
        guard count <= limits.count else {
            isFull = true
            return refuse("there are more than \(limits.count) includes")
        }
        guard path.count <= limits.depth else {
            isFull = true
            return refuse("documents include each other more than \(limits.depth) levels deep")
        }
        var source: RADLSource
        do {
            source = try resolver(include, document.source?.file)
        } catch {
            return refuse("the document '\(include.template)' cannot be included: \(error)")
        }
        let name = source.file ?? include.template
        source.file = name
        if path.contains(name) {
            let circle = (path.drop { $0 != name } + [name]).joined(separator: " includes ")
            return refuse("documents include each other in a circle", circle)
        }
        guard taken.insert(name).inserted else { return nil }
        bytes += source.bytes.count
        guard bytes <= limits.bytes else {
            isFull = true
            return refuse("the included documents have more than \(limits.bytes) bytes together")
        }
        return source
    }
}

extension RADLDocument {
    /// - Parameters:
    ///   - other: With places in all texts together.
    ///   - source: The text that the sentence stands in.
    fileprivate mutating func absorb(
        _ other: RADLDocument, by include: RADLInclude, in source: RADLSource?
    ) throws(RADLError) {
        Self.absorb(other.networks, into: &networks)
        Self.absorb(other.systems, into: &systems)
        Self.absorb(other.ansibleHosts, into: &ansibleHosts)
        var failure: RADLError?
        var positions = Dictionary(
            configures.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        for section in other.configures {
            guard let position = positions[section.id] else {
                positions[section.id] = configures.count
                configures.append(section)
                continue
            }
            switch (configures[position].content, section.content) {
            case (.reference, _): configures[position] = section
            case (.recipe(let own), .recipe(let included)) where own != included:
                if let both = RecipeList.join(section, configures[position]) {
                    configures[position] = both
                } else if failure == nil {
                    failure = RADLError(
                        .include,
                        "the included document '\(include.template)' has a recipe '\(section.id)' too, and the two cannot"
                            + " be joined",
                        hint: "give one of them another id", at: include.source, in: source,
                        imText: "Aspect with the same id was found.")
                }
            default: break
            }
        }
        if var included = other.contextualize {
            if let contextualize { included.merge(contextualize) }
            contextualize = included
        }
        deploys += other.deploys
        if let failure { throw failure }
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
}

/// Sections that can be completed by another one.
protocol RADLMergeableSection: RADLSection {
    var isReference: Bool { get set }
}

extension RADLNetwork: RADLMergeableSection {}
extension RADLSystem: RADLMergeableSection {}
extension RADLAnsibleHost: RADLMergeableSection {}

extension Features {
    /// Adds what is missing: of the rest, what `contains` gathers and ports of networks are united, limits of numbers that
    /// do not exclude each other are put together, as EC3 does it, and all else stays.
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
