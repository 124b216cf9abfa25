import Foundation
import Jinja
import Recipes
import Support

/// Lookups that read the controller: allowed where the user runs a playbook as himself, refused for recipes of documents,
/// which are other people's code.
enum ControllerLookups {
    /// All of them, with what they give.
    static let names = [
        "csvfile", "env", "file", "fileglob", "first_found", "ini", "inventory_hostnames", "lines", "password", "pipe",
        "template", "unvault", "url",
    ]
    /// Those that all recipes have.
    static let open = ["varnames"]
    /// Known to Ansible, and not here.
    static let missing = ["config", "dig"]

    /// Refuses what would read the controller, with a reason.
    static let refused: JinjaEnvironment.Lookup = { name, terms, _, context in
        if name == "varnames" { return try variableNames(terms, context) }
        guard names.contains(name) || missing.contains(name) else { return nil }
        throw JinjaError(
            .refused, "lookup('\(name)') reads the controller, which a recipe of a document may not: use a variable")
    }

    /// The names of variables that match one of the patterns.
    private static func variableNames(_ terms: [JinjaValue], _ context: JinjaContext) throws -> [JinjaValue] {
        guard let all = try context.scope.lookup("vars") else { return [] }
        let names = try context.items(of: all)
        return try terms.flatMap { term in
            guard let pattern = term.stringValue else {
                throw JinjaError(
                    .type, "Invalid setting identifier, \"\(term.text)\" is not a string, it is a \(term.typeName)")
            }
            return try names.filter { name in
                try context.environment.evaluate(
                    expression: "name is search(pattern)",
                    scope: ["name": name, "pattern": .string(pattern)] as JinjaDict
                ).isTrue
            }
        }
    }

    /// The lookups over the playbook's folder.
    ///
    /// - Parameters:
    ///   - folder: That of the playbook at work; nil: the library's own.
    ///   - hosts: The machines that a pattern means.
    static func reading(
        _ library: FileLibrary, at folder: LockedValue<String?> = LockedValue(nil),
        hosts: @escaping @Sendable (_ pattern: String) throws -> [String]
    ) -> JinjaEnvironment.Lookup {
        { name, terms, options, context in
            let library = library.beside(folder.withLock { $0 })
            let reader = LookupReader(library: library, options: options, context: context)
            switch name {
            case "varnames": return try variableNames(terms, context)
            case "url": return try terms.flatMap { try reader.fetch($0.text) }
            case "file", "unvault":
                return try terms.map { term in
                    guard let path = reader.path(term.text, in: ["files"]) else {
                        throw JinjaError(
                            .notFound,
                            "The lookup plugin 'file' failed: Unable to access the file '\(term.text)': File not found."
                        )
                    }
                    let text = try library.text(of: path)
                    var part = text.unicodeScalars[...]
                    if reader.flag("lstrip", default: false) { part = part.drop(while: \.isPythonSpace) }
                    if reader.flag("rstrip", default: name == "file") {
                        while part.last?.isPythonSpace == true { part.removeLast() }
                    }
                    return .string(String(part))
                }
            case "template": return try terms.map { try reader.template($0.text) }
            case "env":
                let environment = ProcessInfo.processInfo.environment
                return terms.map { term in
                    environment[term.text].map { .string($0) } ?? options["default"] ?? .string("")
                }
            case "first_found": return try reader.firstFound(terms)
            case "fileglob": return try terms.flatMap { try reader.glob($0.text) }
            case "lines": return try terms.flatMap { try reader.output(of: $0.text).lines }
            case "pipe": return try terms.map { .string(try reader.output(of: $0.text).trimmingNewlines()) }
            case "password": return try terms.map { try reader.password($0.text) }
            case "ini": return try terms.flatMap { try reader.ini($0.text) }
            case "csvfile": return try terms.flatMap { try reader.csv($0.text) }
            case "inventory_hostnames":
                return try hosts(terms.map(\.text).joined(separator: ",")).map { .string($0) }
            default: return nil
            }
        }
    }
}

extension String {
    /// The lines of a program's output as values.
    fileprivate var lines: [JinjaValue] {
        var lines = split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { .string(String($0)) }
    }
}
