package import RADL

/// What a translation needs besides template and inputs.
package struct TOSCAOptions: Sendable {
    /// What `access_token()` as the default of an input gives. Secret.
    package var accessToken: String?
    /// ``TOSCATranslation/inputs`` of an earlier translation for the same infrastructure: what was drawn then stays.
    package var earlierInputs: [String: TOSCAValue] = [:]
    /// Makes names of containers unique among infrastructures: its id. The same for each translation of one.
    package var salt = ""
    /// Nothing is deployed: recipes that cannot be read make a warning, and a recipe that fails; a token of the caller that
    /// is not at hand makes a warning, too.
    package var isForReading = false

    package init() {}
}

/// A template as an infrastructure's document.
package struct TOSCATranslation: Sendable {
    package var document: RADLDocument
    /// All values of inputs that were used, also drawn ones: to be kept, and given as
    /// ``TOSCAOptions/earlierInputs`` next time. May hold secrets.
    package var inputs: [String: TOSCAValue]
    /// Why each part of the document is there.
    package var explanation: [TOSCAExplanation]
    package var warnings: [TOSCADiagnostic]
    /// How many machines of each system are wanted.
    package var counts: [String: Int]
    /// Ids of machines that go first when a system shrinks (`removal_list`).
    package var removalLists: [String: [String]]
    /// Recipes and other files that were read for it.
    package var imports: [TOSCAImport]
    var origins: [String: RecipeOrigin]
    package let template: TOSCATemplate

    /// The template's outputs with what is known of the machines: values of any shape, null for what is not known (yet).
    /// May hold secrets.
    package func outputs(given deployment: TOSCADeployment) -> TOSCAMap {
        template.outputs(inputs: inputs, given: deployment)
    }

    /// The system that a node becomes.
    package static func system(ofNode name: String) -> String { RADLName.of(name) }

    /// Whether a system is that of a container or function node.
    static func isSystem(_ system: String, ofContainer node: String) -> Bool {
        let base = RADLName.container(node)
        if system == RADLName.of(node) { return true }
        return system.hasPrefix(base + "-") && system.utf8.count == base.utf8.count + 9
    }
}

/// Where a recipe of the document comes from.
struct RecipeOrigin: Sendable {
    /// A playbook as it was read.
    struct Source: Sendable {
        var reference: String
        var text: String
    }

    var position: TOSCAPosition
    var path: String
    var sources: [Source]
}

extension TOSCATranslation {
    /// Playbooks that recipes are made of, as they were read, each once, by their URLs or paths.
    package var playbooks: [String: String] {
        Dictionary(
            origins.values.flatMap(\.sources).map { ($0.reference, $0.text) }, uniquingKeysWith: { first, _ in first })
    }

    /// Names of the ``playbooks`` that a section of the document is made of.
    package func playbooks(ofRecipe id: String) -> [String] { origins[id]?.sources.map(\.reference) ?? [] }

    /// What somebody else found in a recipe, at the operation that names it.
    ///
    /// - Parameters:
    ///   - recipe: Id of the section of ``document``.
    ///   - place: Line and column in one of ``playbooks``, where that is known.
    package func diagnostic(
        inRecipe recipe: String, _ message: String, isWarning: Bool,
        at place: (playbook: String, line: Int, column: Int)?
    ) -> TOSCADiagnostic {
        let origin = origins[recipe]
        let names = origin?.sources.map(\.reference) ?? []
        let name =
            place.map { "\($0.playbook):\($0.line):\($0.column)" }
            ?? (names.isEmpty ? recipe : names.joined(separator: ", "))
        let position = origin?.position ?? .none
        return TOSCADiagnostic(
            code: .recipe, severity: isWarning ? .warning : .error, message: "the recipe \(name): \(message)",
            file: template.files.indices.contains(Int(position.file)) ? template.files[Int(position.file)] : nil,
            line: position.line == 0 ? nil : Int(position.line),
            column: position.line == 0 ? nil : Int(position.column),
            path: origin?.path ?? "")
    }

    /// A mistake of the document itself, which has no place in the template.
    package func diagnostic(_ error: RADLError) -> TOSCADiagnostic {
        TOSCADiagnostic(
            code: .translation, severity: error.severity == .error ? .error : .warning,
            message: "what the template becomes is no good RADL: "
                + TOSCASecret.hiding(TOSCASecret.texts(template.inputs, inputs), in: error.message),
            expected: error.hint,
            file: template.files.first, path: "")
    }
}

/// Why a part of a document is there: one line for each.
package struct TOSCAExplanation: Sendable, Hashable, CustomStringConvertible {
    /// `system front`, `network public_net`, `configure app_front_conf`, `deploy front`; or `node X` for a node that
    /// becomes nothing.
    package var subject: String
    /// What it is made of, in words.
    package var reason: String
    /// The path in the template.
    package var path: String
    package var line: Int?

    package var description: String {
        "\(subject): \(reason)" + (line.map { " (line \($0), \(path))" } ?? "")
    }
}

/// Names of nodes as ids of RADL.
enum RADLName {
    private static let reserved: Set<String> = [
        "network", "ansible", "system", "soft", "and", "contains", "deploy", "configure", "contextualize", "step",
        "with", "option", "description",
    ]

    /// Letters, digits, `_`, `.` and `-`, the first one no digit; no word that RADL reserves.
    static func of(_ name: String) -> String {
        var bytes: [UInt8] = []
        for byte in name.utf8 {
            let isWord = isLetter(byte) || (byte >= 0x30 && byte <= 0x39) || byte == 0x2e || byte == 0x2d
            bytes.append(isWord ? byte : UInt8(ascii: "_"))
        }
        if let first = bytes.first, !isLetter(first), first != 0x2e { bytes.insert(UInt8(ascii: "_"), at: 0) }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.isEmpty ? "_" : reserved.contains(text) ? text + "_" : text
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a) || byte == UInt8(ascii: "_")
    }

    /// A name that Kubernetes takes, without what makes it unique.
    static func container(_ name: String) -> String {
        let bytes = name.lowercased().utf8.map { byte in
            (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39) ? byte : UInt8(ascii: "-")
        }
        var text = String(decoding: bytes, as: UTF8.self)
        if let first = text.utf8.first, first < 0x61 { text = "c" + text }
        return text
    }
}

extension TOSCATemplate {
    /// Outputs with values of inputs and what is known of the machines. See ``TOSCATranslation/outputs(given:)``.
    package func outputs(inputs: [String: TOSCAValue], given deployment: TOSCADeployment) -> TOSCAMap {
        let report = Report(files: files)
        let evaluator = Evaluator(
            topology: topology, declared: self.inputs, inputs: inputs, mode: .deployed(deployment), report: report,
            limits: limits)
        var map = TOSCAMap()
        for output in outputs {
            map[output.name] = evaluator.evaluate(output.value, Evaluator.Context(), output.path)
        }
        return map
    }
}

/// Makes documents of templates.
package enum TOSCATranslator {
    /// Translates a template, reading the recipes that it needs.
    ///
    /// The same template, inputs and options give the same document; only `random()` draws, and only where
    /// ``TOSCAOptions/earlierInputs`` has nothing.
    ///
    /// - Throws: ``TOSCAErrors`` with all that is wrong.
    package static func translate(
        _ template: TOSCATemplate, inputs: [String: TOSCAValue] = [:], options: TOSCAOptions = TOSCAOptions(),
        resolver: TOSCAResolver = .bundled
    ) async throws(TOSCAErrors) -> TOSCATranslation {
        var generator = SystemRandomNumberGenerator()
        return try await translate(
            template, inputs: inputs, options: options, resolver: resolver, using: &generator)
    }

    /// As ``translate(_:inputs:options:resolver:)``, drawing from a generator of the caller's.
    package static func translate(
        _ template: TOSCATemplate, inputs: [String: TOSCAValue], options: TOSCAOptions, resolver: TOSCAResolver,
        using generator: inout some RandomNumberGenerator
    ) async throws(TOSCAErrors) -> TOSCATranslation {
        let report = Report(files: template.files)
        let values = InputResolver(template: template, options: options, report: report)
            .resolve(inputs, using: &generator)
        let template = template.choosing(by: values, report)
        var planner = Planner(template: template, inputs: values, options: options, report: report)
        planner.plan()
        try report.throwErrors()
        var recipes = RecipeBook(template: template, resolver: resolver, options: options, report: report)
        await recipes.read(planner.neededImplementations)
        planner.writeRecipes(recipes)
        try report.throwErrors()
        return planner.translation(imports: recipes.imports)
    }
}
