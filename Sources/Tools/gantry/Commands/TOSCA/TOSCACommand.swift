import ArgumentParser
import Assembly
import Logging
import Orchestration
import RADL
import TOSCA

struct TOSCACommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tosca", abstract: "Check, convert and explain TOSCA templates.",
        discussion: """
            `gantry up` takes templates, too. The collections of types of GRyCAP and INDIGO are part of the program; other \
            imports are read from the template's folder, or from raw.githubusercontent.com and github.com, and kept.
            """,
        subcommands: [
            TOSCACheckCommand.self, TOSCAConvertCommand.self, TOSCAExplainCommand.self, TOSCAInputsCommand.self,
        ])
}

/// What the commands about one template share.
struct TOSCASourceOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("A TOSCA template; - for standard input.", valueName: "file")) var file: String
    @OptionGroup var state: StateOptions

    func resolver(for template: TemplateFile) -> TOSCAResolver {
        var resolver = TemplateSources.resolver(stateFolder: state.folder)
        resolver.folder = template.folder.map { TOSCAFolder(path: $0) }
        return resolver
    }
}

struct TOSCACheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a template and show every mistake with its place.",
        discussion: """
            Checks the text, its imports, types, requirements and functions. With values for the inputs that have no \
            default it is translated as well, which finds what cannot be deployed, also in its recipes; those that \
            cannot be fetched are warnings.

            EXAMPLES:
              gantry tosca check cluster.yaml
              gantry tosca check cluster.yaml --input wn_num=2 --json
            """)

    @OptionGroup var source: TOSCASourceOptions
    @OptionGroup var inputs: TemplateOptions
    @Flag(help: "Print JSON.") var json = false

    private struct Result: Encodable {
        struct Diagnostic: Encodable {
            var severity: String
            var code: String
            var message: String
            var file: String?
            var line: Int?
            var column: Int?
            var path: String
            var expected: String?
            var nearest: String?
        }

        var file: String
        var isGood: Bool
        var diagnostics: [Diagnostic]
    }

    func run() async throws {
        try await reporting {
            let file = try TemplateFile(source.file)
            let (diagnostics, summary) = try await examine(file)
            let errors = diagnostics.count { $0.severity == .error }
            let warnings = diagnostics.count - errors
            if json {
                Terminal.line(
                    JSONOutput.pretty(
                        Result(
                            file: source.file, isGood: errors == 0,
                            diagnostics: diagnostics.map {
                                Result.Diagnostic(
                                    severity: $0.severity.rawValue, code: "\($0.code)", message: $0.message,
                                    file: $0.file, line: $0.line, column: $0.column, path: $0.path,
                                    expected: $0.expected, nearest: $0.nearest)
                            })))
            } else {
                for diagnostic in diagnostics { file.tell(diagnostic) }
                let more = warnings == 0 ? "" : ", \(Terminal.count(warnings, "warning"))"
                let verdict =
                    errors == 0
                    ? "\(Terminal.paint("good", "32")) (\(summary))"
                    : Terminal.paint(Terminal.count(errors, "mistake"), "31")
                Terminal.line("\(Terminal.harmless(file.name)): \(verdict)\(more)")
            }
            if errors > 0 { throw Status.refused }
        }
    }

    /// All that is found in a template, and what it holds.
    private func examine(_ file: TemplateFile) async throws -> (diagnostics: [TOSCADiagnostic], summary: String) {
        let resolver = source.resolver(for: file)
        var diagnostics: [TOSCADiagnostic] = []
        var summary = ""
        do {
            let template = try await TOSCATemplate(text: file.text, name: file.name, resolver: resolver)
            diagnostics = template.warnings
            let values = try inputs.resolve(template.inputs)
            let open = template.inputs.filter { $0.isRequired && $0.defaultValue == nil && values[$0.name] == nil }
            summary =
                "\(Terminal.count(template.nodes.count, "node")), \(Terminal.count(template.inputs.count, "input")), "
                + Terminal.count(template.outputs.count, "output")
            guard open.isEmpty || !inputs.isEmpty else {
                let names = open.map(\.name).joined(separator: ", ")
                return (diagnostics, summary + "; not translated: no value for \(names)")
            }
            var options = TOSCAOptions()
            options.isForReading = true
            let translation = try await TOSCATranslator.translate(
                template, inputs: values, options: options, resolver: resolver)
            diagnostics += translation.warnings.filter { !diagnostics.contains($0) }
            let checker = ContextualizerAssembly.checker(
                logger: StandardErrorLog.logger(label: "gantry", level: .error))
            diagnostics += await TemplateCheck(translation, contextualizer: checker).diagnostics
            summary += ", \(Terminal.count(translation.counts.values.reduce(0, +), "machine"))"
        } catch let errors as TOSCAErrors {
            diagnostics = errors.diagnostics
        }
        return (diagnostics, summary)
    }
}

struct TOSCAConvertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert", abstract: "Print the RADL document that a template becomes.",
        discussion: """
            EXAMPLES:
              gantry tosca convert cluster.yaml --input wn_num=2
              gantry tosca convert cluster.yaml --inputs values.yaml --to json
            """)

    @OptionGroup var source: TOSCASourceOptions
    @OptionGroup var inputs: TemplateOptions
    @Option(help: "What is printed: radl or json.") var to: RADLConvertCommand.Form = .radl

    func run() async throws {
        try await reporting {
            let file = try TemplateFile(source.file)
            let resolver = source.resolver(for: file)
            let template = try await file.read(resolver)
            let translation = try await file.translate(template, try inputs.resolve(template.inputs), resolver)
            for warning in translation.warnings { file.tell(warning) }
            let text = RADLConvertCommand.text(translation.document, to)
            Terminal.write(text.hasSuffix("\n") ? text : text + "\n")
        }
    }
}

struct TOSCAExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tell in words what a template becomes, and why.",
        discussion: """
            EXAMPLES:
              gantry tosca explain cluster.yaml --input wn_num=2
            """)

    @OptionGroup var source: TOSCASourceOptions
    @OptionGroup var inputs: TemplateOptions

    func run() async throws {
        try await reporting {
            let file = try TemplateFile(source.file)
            let resolver = source.resolver(for: file)
            let template = try await file.read(resolver)
            let translation = try await file.translate(template, try inputs.resolve(template.inputs), resolver)
            for warning in translation.warnings { file.tell(warning) }
            if let description = template.description { Terminal.line(Terminal.harmless(description) + "\n") }
            Terminal.line(Terminal.harmless(RADLExplanation(translation.document).text))
            Terminal.line("Why:")
            for line in translation.explanation { Terminal.line("  " + Terminal.harmless("\(line)")) }
            if !template.outputs.isEmpty {
                Terminal.line("Outputs: " + Terminal.harmless(template.outputs.map(\.name).joined(separator: ", ")))
            }
        }
    }
}

struct TOSCAInputsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inputs", abstract: "List the inputs of a template with types, defaults and constraints.",
        discussion: """
            EXAMPLES:
              gantry tosca inputs cluster.yaml
              gantry tosca inputs cluster.yaml --json
            """)

    @OptionGroup var source: TOSCASourceOptions
    @Flag(help: "Print JSON.") var json = false

    private struct Input: Encodable {
        var name: String
        var type: String
        var required: Bool
        var defaultValue: String?
        var description: String?
        var constraints: [String]
    }

    func run() async throws {
        try await reporting {
            let file = try TemplateFile(source.file)
            let template = try await file.read(source.resolver(for: file))
            let inputs = template.inputs.map { input in
                Input(
                    name: input.name, type: input.type.name,
                    required: input.isRequired && input.defaultValue == nil,
                    defaultValue: input.defaultValue.map { input.isSecret ? "(secret)" : $0.scalarText ?? $0.json },
                    description: input.description, constraints: input.constraints.map(\.expectation))
            }
            if json { return Terminal.line(JSONOutput.pretty(inputs)) }
            guard !inputs.isEmpty else { return Terminal.note("the template has no inputs") }
            Terminal.write(
                Table.text(
                    ["NAME", "TYPE", "DEFAULT", "DESCRIPTION"],
                    inputs.map { input in
                        let notes = [input.description].compactMap(\.self) + input.constraints
                        return [
                            input.name, input.type, input.defaultValue ?? (input.required ? "(to be given)" : "-"),
                            notes.joined(separator: "; ").split(whereSeparator: \.isNewline).joined(separator: " "),
                        ]
                    }))
        }
    }
}
