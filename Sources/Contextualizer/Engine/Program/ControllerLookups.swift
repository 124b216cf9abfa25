import Foundation
import Jinja

/// Lookups that read the controller: allowed where the user runs a playbook as himself, refused for recipes of documents,
/// which are other people's code.
enum ControllerLookups {
    /// Refuses what would read the controller, with a reason.
    static let refused: JinjaEnvironment.Lookup = { name, _, _, _ in
        guard
            [
                "file", "env", "pipe", "url", "template", "password", "fileglob", "lines", "csvfile", "ini", "dig",
                "first_found",
            ].contains(name)
        else { return nil }
        throw JinjaError(
            .refused, "lookup('\(name)') reads the controller, which a recipe of a document may not: use a variable")
    }

    /// `file`, `env`, `first_found`, `fileglob`, `lines` over the playbook's folder.
    static func reading(_ library: FileLibrary) -> JinjaEnvironment.Lookup {
        { name, terms, options, context in
            switch name {
            case "file":
                return try terms.map { term in
                    guard let path = library.path(of: term.text, in: ["files"]) else {
                        throw JinjaError(.notFound, "The 'file' lookup had an issue accessing the file '\(term.text)'.")
                    }
                    let text = try library.text(of: path)
                    return .string(text.trimmingNewlines())
                }
            case "template":
                return try terms.map { term in
                    guard let path = library.path(of: term.text, in: ["templates"]) else {
                        throw JinjaError(.notFound, "the template file \(term.text) could not be found for the lookup")
                    }
                    return .string(
                        try context.environment.renderFile(
                            try library.text(of: path), scope: context.scope, name: term.text))
                }
            case "env":
                let environment = ProcessInfo.processInfo.environment
                return terms.map { term in
                    environment[term.text].map { .string($0) } ?? options["default"] ?? .string("")
                }
            case "first_found":
                return try firstFound(terms, library)
            default: return nil
            }
        }
    }

    private static func firstFound(_ terms: [JinjaValue], _ library: FileLibrary) throws -> [JinjaValue] {
        var skips = false
        for term in terms {
            let names: [String]
            if case .dict(let dict) = term {
                skips = dict["skip"]?.isTrue ?? skips
                let files = dict["files"]?.listValue?.map(\.text) ?? dict["files"].map { [$0.text] } ?? []
                let paths = dict["paths"]?.listValue?.map(\.text) ?? dict["paths"].map { [$0.text] } ?? []
                names = paths.isEmpty ? files : paths.flatMap { path in files.map { "\(path)/\($0)" } }
            } else {
                names = [term.text]
            }
            for name in names {
                if let path = library.path(of: name, in: ["tasks", "vars", "files", "templates"]) {
                    return [.string(path)]
                }
            }
        }
        if skips { return [] }
        throw JinjaError(.notFound, "No file was found when using first_found.")
    }
}
