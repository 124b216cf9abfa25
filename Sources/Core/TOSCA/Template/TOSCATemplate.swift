/// A service template of the TOSCA Simple Profile in YAML: read, with its imports, and checked.
///
/// A value. Reading it throws every mistake at once; what is doubtful is in ``warnings``.
package struct TOSCATemplate: Sendable {
    /// What messages call it.
    package let name: String
    /// As it was given.
    package let text: String
    /// The document with what it imported by `template_file`.
    package let root: TOSCAValue
    /// `tosca_simple_yaml_1_0` and so on.
    package let version: String
    package let description: String?
    package let metadata: TOSCAMap
    package let inputs: [TOSCAInput]
    package let outputs: [TOSCAOutput]
    package var nodes: [NodeTemplate] { topology.nodes }
    package let relationships: NamedList<RelationshipTemplate>
    package let groups: [TOSCAGroup]
    package let policies: [TOSCAPolicy]
    /// Places that artifacts name by a word, with their URLs.
    package let repositories: [String: String]
    package let imports: [TOSCAImport]
    package let warnings: [TOSCADiagnostic]
    /// Types that the template uses, with those that they need.
    package let types: [TOSCAType]
    var topology: Topology
    var levels: [Int]
    let files: [String]
    let limits: TOSCALimits
    /// Where the template itself is, for relative references.
    let base: String?

    /// Reads a template.
    ///
    /// - Parameters:
    ///   - text: The document itself, never a path.
    ///   - name: What messages call it. Never opened.
    ///   - base: Its URL or its path within the resolver's folder: relative references start there.
    ///   - resolver: Where imports come from.
    /// - Throws: ``TOSCAErrors`` with all that is wrong.
    package init(
        text: String, name: String = "template", base: String? = nil, resolver: TOSCAResolver = .bundled,
        limits: TOSCALimits = TOSCALimits()
    ) async throws(TOSCAErrors) {
        var loader = TemplateLoader(resolver: resolver, limits: limits)
        let loaded = try await loader.load(text, name: name, base: base)
        self = TemplateReader(loaded, library: loader.library, limits: limits).read(text: text, name: name, base: base)
        if loader.report.hasErrors {
            foresee(in: loader.report)
            try loader.report.throwErrors()
        }
    }

    private static let mostForeseen = 5000

    /// What a translation would refuse in nodes that are right by themselves, so that a template with mistakes is mended
    /// once, not twice. Nothing that a mistake elsewhere may have brought about.
    private func foresee(in report: Report) {
        guard nodes.count <= Self.mostForeseen else { return }
        let wrong = Set(report.diagnostics.filter { $0.severity == .error }.map(\.path))
        let suspects = nodes.map(\.path.text).filter { node in
            wrong.contains { $0 == node || $0.hasPrefix(node + ".") }
        }
        let own = Report(files: files)
        own.secrets = TOSCASecret.texts(inputs, InputResolver.defaults(of: inputs))
        var options = TOSCAOptions()
        options.isForReading = true
        var planner = Planner(
            template: self, inputs: InputResolver.defaults(of: inputs), options: options, report: own)
        planner.plan()
        report.take(from: own) { found in
            found.severity == .error && [.translation, .constraint, .missing, .limit].contains(found.code)
                && !suspects.contains { found.path == $0 || found.path.hasPrefix($0 + ".") }
        }
    }

    init(reading parts: Parts, text: String, name: String, base: String?, limits: TOSCALimits) {
        self.name = name
        self.text = text
        self.base = base
        self.limits = limits
        root = parts.root
        version = parts.version
        description = parts.root["description"]?.scalarText
        metadata = parts.root["metadata"]?.map ?? TOSCAMap()
        inputs = parts.inputs
        outputs = parts.outputs
        relationships = parts.relationships
        groups = parts.groups
        policies = parts.policies
        repositories = parts.repositories
        imports = parts.imports
        warnings = parts.warnings
        types = parts.types
        topology = parts.topology
        levels = parts.levels
        files = parts.files
    }

    /// What the reader gathers.
    struct Parts {
        var root: TOSCAValue
        var version: String
        var inputs: [TOSCAInput]
        var outputs: [TOSCAOutput]
        var relationships: NamedList<RelationshipTemplate>
        var groups: [TOSCAGroup]
        var policies: [TOSCAPolicy]
        var repositories: [String: String]
        var imports: [TOSCAImport]
        var warnings: [TOSCADiagnostic]
        var types: [TOSCAType]
        var topology: Topology
        var levels: [Int]
        var files: [String]
    }

    /// The node of a name.
    package func node(_ name: String) -> NodeTemplate? { topology[name] }
}
