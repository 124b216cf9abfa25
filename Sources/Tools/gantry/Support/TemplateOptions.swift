import ArgumentParser
import Assembly
import Foundation
import Orchestration
import Support
import TOSCA

/// Values of the inputs of a TOSCA template.
struct TemplateOptions: ParsableArguments {
    @Option(
        name: .customLong("input"),
        help: ArgumentHelp("Value of an input of a TOSCA template, as YAML; may be repeated.", valueName: "name=value"))
    var values: [String] = []

    @Option(
        name: .customLong("inputs"),
        help: ArgumentHelp("A YAML file with values of inputs; --input goes before it.", valueName: "file"))
    var file: String?

    func validate() throws {
        for value in values where !value.contains("=") || value.hasPrefix("=") {
            throw ValidationError("--input takes name=value, not '\(value)'")
        }
    }

    var isEmpty: Bool { values.isEmpty && file == nil }

    /// Values by the names of inputs.
    ///
    /// - Parameter declared: The inputs of the template: those of type string take the text as it stands.
    func resolve(_ declared: [TOSCAInput]) throws -> [String: TOSCAValue] {
        var inputs: [String: TOSCAValue] = [:]
        if let file {
            do {
                inputs = try TOSCAInputs.read(try DocumentFile.read(file), name: file)
            } catch let errors as TOSCAErrors {
                for error in errors.diagnostics { Terminal.note(TemplateFinding.text(error, in: nil)) }
                throw Status.refused
            }
        }
        for value in values {
            let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            inputs[name] = TOSCAInputs.value(String(parts[1]), for: declared.first { $0.name == name })
        }
        return inputs
    }
}

/// A TOSCA template that the user names.
struct TemplateFile {
    var text: String
    /// For messages.
    var name: String
    /// Absolute; files that the template names by a path are looked for in it. Nil for standard input.
    var folder: String?

    /// Whether a document is a TOSCA template: by its ending, or by the line that every template has.
    static func isTemplate(_ text: String, path: String) -> Bool {
        let ending = (path as NSString).pathExtension.lowercased()
        if ending == "yaml" || ending == "yml" { return true }
        guard ending != "radl", text.contains("tosca_definitions_version") else { return false }
        return text.split(separator: "\n").contains { $0.hasPrefix("tosca_definitions_version:") }
    }

    init(_ path: String) throws {
        self.init(try DocumentFile.read(path), path: path)
    }

    init(_ text: String, path: String) {
        self.text = text
        name = path == "-" ? "standard input" : path
        guard path != "-" else { return }
        folder =
            URL(fileURLWithPath: path.expandingHome).standardizedFileURL
            .deletingLastPathComponent().path
    }

    /// The template, checked. Its mistakes are told.
    /// - Throws: `Status.refused`.
    func read(_ resolver: TOSCAResolver) async throws -> TOSCATemplate {
        do {
            return try await TOSCATemplate(text: text, name: name, resolver: resolver)
        } catch {
            throw refusal(error)
        }
    }

    /// - Throws: `Status.refused`, after its mistakes were told.
    func translate(
        _ template: TOSCATemplate, _ inputs: [String: TOSCAValue], _ resolver: TOSCAResolver,
        isForReading: Bool = true
    ) async throws -> TOSCATranslation {
        var options = TOSCAOptions()
        options.isForReading = isForReading
        do {
            return try await TOSCATranslator.translate(
                template, inputs: inputs, options: options, resolver: resolver)
        } catch {
            throw refusal(error)
        }
    }

    func refusal(_ errors: TOSCAErrors) -> ExitCode {
        for diagnostic in errors.diagnostics { tell(diagnostic) }
        return Status.refused
    }

    func tell(_ diagnostic: TOSCADiagnostic) {
        Terminal.note(painted: TemplateFinding.text(diagnostic, in: self))
    }
}

/// A mistake in a template as it is shown: place, text, the line with a caret, and what was expected.
enum TemplateFinding {
    static func text(
        _ diagnostic: TOSCADiagnostic, in template: TemplateFile?, isColored: Bool = Terminal.hasErrorColor
    ) -> String {
        func paint(_ text: String, _ code: String) -> String {
            isColored ? "\u{1B}[\(code)m\(Terminal.harmless(text))\u{1B}[0m" : Terminal.harmless(text)
        }
        let color = diagnostic.severity == .error ? "31" : "33"
        var place = diagnostic.file ?? template?.name ?? "template"
        if let line = diagnostic.line { place += ":\(line):\(diagnostic.column ?? 1)" }
        var lines = [
            "\(paint(place + ":", "1")) \(paint(diagnostic.severity.rawValue + ":", "1;" + color)) "
                + paint(diagnostic.message, "1")
        ]
        if let template, diagnostic.file == nil || diagnostic.file == template.name, let number = diagnostic.line,
            let excerpt = excerpt(template.text, number, diagnostic)
        {
            lines.append("    " + Terminal.harmless(excerpt.line))
            lines.append("    " + paint(excerpt.marker, "1;" + color))
        }
        if !diagnostic.path.isEmpty { lines.append("    at " + Terminal.harmless(diagnostic.path)) }
        if let expected = diagnostic.expected { lines.append("    " + paint("expected \(expected)", "36")) }
        if let nearest = diagnostic.nearest { lines.append("    " + paint("did you mean '\(nearest)'?", "36")) }
        return lines.joined(separator: "\n")
    }

    /// Nothing of it is a secret.
    private static func excerpt(
        _ text: String, _ number: Int, _ diagnostic: TOSCADiagnostic
    ) -> (line: String, marker: String)? {
        let column = diagnostic.column ?? 1
        let lines = text.split(separator: "\n", maxSplits: number, omittingEmptySubsequences: false)
        guard lines.indices.contains(number - 1) else { return nil }
        guard let line = diagnostic.excerpt(of: String(lines[number - 1].prefix(160))) else { return nil }
        guard column <= line.unicodeScalars.count + 1 else { return nil }
        let lead = line.unicodeScalars.prefix(column - 1).map { $0 == "\t" ? "\t" : " " }.joined()
        return (line, lead + "^")
    }
}
