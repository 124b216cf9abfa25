import Foundation
import Jinja
import Modules
import Recipes
import Support

/// Files of a playbook's folder: what `copy`, `template`, `script`, includes and variable files read on the controller.
///
/// Looks where Ansible does: `files/` or `templates/` beside the playbook first, then the folder itself; absolute paths
/// as they are. What was read once is kept.
final class FileLibrary: TaskLibrary, SourceProvider {
    private let folder: String
    private let compiler: RecipeCompiler
    private let files = LockedValue<[String: ModuleSource]>([:])
    private let texts = LockedValue<[String: String]>([:])
    private let recipes = LockedValue<[String: Recipe]>([:])

    /// - Parameter folder: The playbook's folder, absolute.
    init(folder: String, compiler: RecipeCompiler) {
        self.folder = folder
        self.compiler = compiler
    }

    /// The first place at which the file exists.
    func path(of name: String, in subfolders: [String]) -> String? {
        let name = (name as NSString).expandingTildeInPath
        let candidates =
            name.hasPrefix("/") ? [name] : subfolders.map { "\(folder)/\($0)/\(name)" } + ["\(folder)/\(name)"]
        return candidates.first { FileManager.default.fileExists(atPath: $0) }
    }

    private func missing(_ name: String, in subfolders: [String]) -> TaskFailure {
        let places = subfolders.map { "\(folder)/\($0)" } + [folder]
        return TaskFailure(
            message:
                "Could not find or access '\(name)' on the controller. Searched in: \(places.joined(separator: ", "))")
    }

    /// The text of a file.
    func text(of path: String) throws -> String {
        if let known = texts.withLock({ $0[path] }) { return known }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TaskFailure(message: "'\(path)' cannot be read: look at its permissions")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw TaskFailure(
                message: "'\(path)' is no UTF-8: convert it (as a file to be sent as it is, copy takes any bytes)")
        }
        texts.withLock { $0[path] = text }
        return text
    }

    // MARK: - Tasks and variables

    func tasks(named name: String, includedBy task: ProgramTask, path: String) throws -> [ProgramNode] {
        guard let file = self.path(of: name, in: ["tasks"]) else { throw missing(name, in: ["tasks"]) }
        let recipe: Recipe
        if let known = recipes.withLock({ $0[file] }) {
            recipe = known
        } else {
            do {
                recipe = try Recipe.parse(text: try text(of: file), name: name, loader: loader)
            } catch let error as RecipeError {
                throw TaskFailure(message: error.description)
            }
            let problems = RecipeCheck.problems(recipe).filter { $0.severity == .error }
            guard problems.isEmpty else {
                throw TaskFailure(
                    message: "'\(name)' cannot be included: " + problems.map(\.description).joined(separator: "; "))
            }
            recipes.withLock { $0[file] = recipe }
        }
        return try compiler.included(recipe, by: task, path: path)
    }

    /// Resolves imports of constant names.
    var loader: Recipe.Loader {
        { [self] name in
            guard let file = path(of: name, in: ["tasks"]) else { return nil }
            return try text(of: file)
        }
    }

    func variables(named name: String, includedBy task: ProgramTask) throws -> JinjaDict {
        guard let variables = try variables(ofFile: name) else { throw missing(name, in: ["vars"]) }
        return variables
    }

    /// The variables of a YAML file; nil when there is none of that name.
    func variables(ofFile name: String) throws -> JinjaDict? {
        guard let file = path(of: name, in: ["vars"]) else { return nil }
        let value: JinjaValue
        do {
            value = try RecipeYAML.value(try text(of: file), name: name)
        } catch let error as RecipeError {
            throw TaskFailure(message: error.description)
        }
        if value.isNone { return JinjaDict() }
        guard case .dict(let dict) = value else {
            throw TaskFailure(message: "'\(name)' must hold a mapping of variables")
        }
        return dict
    }

    // MARK: - Sources

    func source(
        _ request: SourceRequest, for task: ProgramTask, render: (_ text: String, _ name: String) throws -> String
    ) throws -> ModuleSource {
        let subfolder = request.kind == .template ? "templates" : "files"
        guard let file = path(of: request.path, in: [subfolder]) else { throw missing(request.path, in: [subfolder]) }
        switch request.kind {
        case .template:
            let rendered = try render(try text(of: file), request.path)
            return ModuleSource(.file(Payload(Array(rendered.utf8)), mode: mode(file)))
        case .file:
            if let known = files.withLock({ $0[file] }) { return known }
            let source = try read(file)
            files.withLock { $0[file] = source }
            return source
        }
    }

    func save(_ file: ControllerFile, from host: String) throws -> ModuleResult {
        do throws(ControllerFile.Failure) {
            return file.finish(try file.save(host: host, folder: folder))
        } catch {
            throw TaskFailure(message: error.message)
        }
    }

    private func mode(_ path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.posixPermissions] as? NSNumber)?.intValue ?? 0o644
    }

    private func read(_ path: String) throws -> ModuleSource {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
            return ModuleSource(.file(try payload(path), mode: mode(path)))
        }
        var entries: [ModuleSource.Entry] = []
        for name in (FileManager.default.subpaths(atPath: path) ?? []).sorted() {
            let full = path.hasSuffix("/") ? path + name : path + "/" + name
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder) else { continue }
            entries.append(
                ModuleSource.Entry(
                    path: name, content: isFolder.boolValue ? Payload([]) : try payload(full), mode: mode(full),
                    isDirectory: isFolder.boolValue))
        }
        return ModuleSource(.directory(entries))
    }

    private func payload(_ path: String) throws -> Payload {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TaskFailure(message: "'\(path)' cannot be read: look at its permissions")
        }
        return Payload(Array(data))
    }
}
