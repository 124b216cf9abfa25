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
    /// The playbook's folder, absolute.
    let folder: String
    /// Folders of roles; nil: Ansible's own.
    let usualRolePaths: [String]?
    private let tags: TagSelection?
    private let vault: RecipeYAML.Vault?
    /// Renders names of roles and tags that are known before anything runs.
    private let render: (@Sendable (JinjaValue, _ layers: [JinjaDict], _ folder: String) -> JinjaValue)?
    private let files = LockedValue<[SourceRequest: ModuleSource]>([:])
    private let texts = LockedValue<[String: String]>([:])
    private let recipes = LockedValue<[RecipeRequest: Recipe]>([:])
    let roles = LockedValue<[RoleRequest: LoadedRole]>([:])
    /// Gets what is to be told of files of tasks. Given, those that cannot be run are passed over.
    private let notes: LockedValue<[RecipeDiagnostic]>?
    /// Those of imported playbooks in other folders.
    private let others = LockedValue<[String: FileLibrary]>([:])
    /// Told what is odd in a file when it is read.
    private let warn: (@Sendable (RecipeDiagnostic) -> Void)?

    init(
        folder: String, rolePaths: [String]? = nil, tags: TagSelection? = nil, vault: RecipeYAML.Vault? = nil,
        notes: LockedValue<[RecipeDiagnostic]>? = nil, warn: (@Sendable (RecipeDiagnostic) -> Void)? = nil,
        render: (@Sendable (JinjaValue, _ layers: [JinjaDict], _ folder: String) -> JinjaValue)? = nil
    ) {
        self.folder = folder
        usualRolePaths = rolePaths
        self.tags = tags
        self.vault = vault
        self.notes = notes
        self.warn = warn
        self.render = render
    }

    /// Turns recipes of this folder into programs.
    var compiler: RecipeCompiler {
        var compiler = RecipeCompiler(folder: folder)
        compiler.roles = self
        compiler.tags = tags
        if let render { compiler.render = { [folder] value, layers in render(value, layers, folder) } }
        return compiler
    }

    /// The library of plays whose playbook lies in another folder; nil: this one.
    func beside(_ folder: String?) -> FileLibrary {
        guard let folder, folder != self.folder else { return self }
        return others.withLock { others in
            if let known = others[folder] { return known }
            let other = FileLibrary(
                folder: folder, rolePaths: usualRolePaths, tags: tags, vault: vault, notes: notes, warn: warn,
                render: render)
            others[folder] = other
            return other
        }
    }

    /// The library of an imported playbook, by the name that it was found by; nil: of the one that imports.
    func beside(playbook: String?) -> FileLibrary {
        guard let file = playbook?.expandingHome else { return self }
        let path = URL(fileURLWithPath: file.hasPrefix("/") ? file : "\(folder)/\(file)").standardizedFileURL.path
        return beside((path as NSString).deletingLastPathComponent)
    }

    /// The plays of a playbook, each with what lies beside its own file.
    ///
    /// - Parameter base: What the caller decides for tasks that say nothing.
    func plays(
        _ recipe: Recipe, base: RecipeAttributes = RecipeAttributes()
    ) throws(TaskFailure) -> [ProgramPlay] {
        var plays: [ProgramPlay] = []
        for (index, play) in recipe.plays.enumerated() {
            var compiler = beside(playbook: play.recipe).compiler
            compiler.base = base
            plays.append(try compiler.play(play, index))
        }
        return plays
    }

    /// The first place at which the file exists: the role's folders and the file's own first.
    func path(of name: String, in subfolders: [String], for task: ProgramTask? = nil) -> String? {
        path(of: name, in: subfolders, roots: roots(for: task))
    }

    func path(of name: String, in subfolders: [String], roots: [String]) -> String? {
        let name = name.expandingHome
        let candidates = name.hasPrefix("/") ? [name] : places(subfolders, roots).map { "\($0)/\(name)" }
        return candidates.first { FileManager.default.fileExists(atPath: $0) }
    }

    private func roots(for task: ProgramTask?) -> [String] {
        var roots: [String] = []
        // A role's own files come before those beside the file that names them.
        let own = task?.role == nil ? [task?.near, task?.folder] : [task?.folder, task?.near]
        for root in (own + [folder]).compactMap(\.self) where !roots.contains(root) {
            roots.append(root)
        }
        return roots
    }

    private func places(_ subfolders: [String], _ roots: [String]) -> [String] {
        roots.flatMap { root in subfolders.map { "\(root)/\($0)" } + [root] }
    }

    private func missing(_ name: String, in subfolders: [String], for task: ProgramTask) -> TaskFailure {
        missing(name, from: places(subfolders, roots(for: task)).map { "\($0)/\(name)" })
    }

    /// In the words of Ansible.
    private func missing(_ name: String, from places: [String]) -> TaskFailure {
        TaskFailure(
            message: "Could not find or access '\(name)'"
                + (name.hasPrefix("/") ? "" : "\nSearched in:" + places.map { "\n\t\($0)" }.joined())
                + " on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, "
                + "see the remote_src option")
    }

    /// The text of a file, decrypted.
    func text(of path: String) throws -> String {
        if let known = texts.withLock({ $0[path] }) { return known }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TaskFailure(message: "'\(path)' cannot be read: look at its permissions")
        }
        guard var text = String(validating: data, as: UTF8.self) else {
            throw TaskFailure(
                message: "'\(path)' is no UTF-8: convert it (as a file to be sent as it is, copy takes any bytes)")
        }
        if Vault.isVault(text) { text = try decrypted(text, path) }
        texts.withLock { $0[path] = text }
        return text
    }

    private func decrypted(_ text: String, _ path: String) throws -> String {
        guard let vault else {
            throw TaskFailure(message: "'\(path)' is encrypted with Ansible Vault and no vault password was given")
        }
        do {
            return try vault(text)
        } catch {
            throw TaskFailure(message: "'\(path)': \(error)", bytes: (error as? Vault.Failure)?.bytes)
        }
    }

    private static func isEncrypted(_ data: Data) -> Bool { data.starts(with: Array("$ANSIBLE_VAULT;".utf8)) }

    // MARK: - Tasks and variables

    func tasks(
        named name: String, includedBy task: ProgramTask, path: String
    ) throws -> (included: IncludedTasks, place: String) {
        guard case .includeTasks(let include) = task.action else { throw missing(name, in: ["tasks"], for: task) }
        guard let file = self.file(of: name, include.files) else {
            var seen: Set<String> = []
            throw missing(name, from: places(of: name, include.files).filter { seen.insert($0).inserted })
        }
        let near = (file as NSString).deletingLastPathComponent
        let recipe = try recipe(file, title: name, files: include.files.inside(name))
        var compiler = compiler
        compiler.files = include.files.inside(name)
        if near != folder, near != (task.folder ?? "") + "/tasks" { compiler.near = near }
        return (
            try compiler.included(recipe, by: task, path: path), URL(fileURLWithPath: file).standardizedFileURL.path
        )
    }

    private struct RecipeRequest: Hashable {
        var file: String
        var files: TaskFiles
    }

    private func places(of name: String, _ files: TaskFiles, isImport: Bool = false) -> [String] {
        let current = FileManager.default.currentDirectoryPath
        return files.places(of: name, isImport: isImport, playbook: folder, current: current)
    }

    private func file(of name: String, _ files: TaskFiles, isImport: Bool = false) -> String? {
        places(of: name, files, isImport: isImport).first { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
        }
    }

    /// Finds files of tasks that are imported, with those around the recipe.
    func finder(_ files: TaskFiles = TaskFiles()) -> Recipe.TaskFinder {
        { [self] name, folders, playbook in
            var files = files
            files.folders = folders + files.folders
            guard let file = beside(playbook: playbook).file(of: name, files, isImport: true) else { return nil }
            let path = URL(fileURLWithPath: file).standardizedFileURL.path
            return (
                path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.utf8.count + 1)) : path, try text(of: path)
            )
        }
    }

    /// A recipe that can be run.
    func recipe(_ file: String, title: String, files: TaskFiles) throws(TaskFailure) -> Recipe {
        let request = RecipeRequest(file: file, files: files)
        if let known = recipes.withLock({ $0[request] }) { return known }
        let recipe: Recipe
        do {
            recipe = try Recipe.parse(
                text: try text(of: file), name: title,
                loader: loader, finder: finder(files), vault: vault)
        } catch let error as RecipeError {
            throw TaskFailure(message: error.description)
        } catch {
            throw (error as? TaskFailure) ?? TaskFailure(message: "\(error)")
        }
        let told = RecipeCheck.problems(recipe, mayUseController: true)
        let problems = told.filter { $0.severity == .error }
        tell(told)
        guard problems.isEmpty else {
            if notes != nil, let empty = try? Recipe.parse(text: "[]", name: title) { return empty }
            throw TaskFailure(
                message: "'\(title)' cannot be included: " + problems.map(\.description).joined(separator: "; "),
                problems: problems)
        }
        recipes.withLock { $0[request] = recipe }
        return recipe
    }

    /// Gives an inventory the `group_vars` and `host_vars` beside the playbook, instead of those beside another one.
    func readVariables(into inventory: inout Inventory) throws {
        try VariableFolders.read(ofPlaybookIn: folder, into: &inventory, vault: vault, warn: warn)
    }

    private func tell(_ told: [RecipeDiagnostic]) {
        notes?.withLock { $0 += told }
        for diagnostic in told where diagnostic.severity == .warning { warn?(diagnostic) }
    }

    /// Resolves imports of constant names.
    var loader: Recipe.Loader {
        { [self] name in
            guard let file = path(of: name, in: ["tasks"]) else { return nil }
            return try text(of: file)
        }
    }

    var decrypt: RecipeYAML.Vault? { vault }

    /// Where templates look for those that they include, while one is rendered.
    @TaskLocal private static var templateFolders: [String] = []

    /// The text of a template that another one includes; nil: there is none.
    func template(named name: String) throws -> String? {
        guard let file = path(of: name, in: [], roots: Self.templateFolders + [folder + "/templates", folder]) else {
            return nil
        }
        return try text(of: file)
    }

    /// A value with its templates rendered, as far as that is possible before anything runs.
    func rendered(_ value: JinjaValue, layers: [JinjaDict]) -> JinjaValue { render?(value, layers, folder) ?? value }

    func role(
        includedBy task: ProgramTask, path: String, after ran: Set<RecipeCompiler.RoleKey>
    ) throws -> IncludedTasks {
        guard case .includeRole(let include) = task.action, let name = task.arguments["name"]?.text else {
            throw TaskFailure(message: "'name' is a required field for include_role.")
        }
        guard path.utf8.count < 2000 else {
            throw TaskFailure(message: "the role '\(name)' includes itself without end")
        }
        var collection = RecipeCompiler.RoleCollection(ran: ran)
        let entry = RecipeRole(name: name, position: RecipePosition(line: task.line ?? 1, column: 1))
        let tasks = try compiler.role(
            entry, files: RecipeCompiler.files(task.arguments), inherited: include.parent, path: path,
            upper: task.includeLayers, parents: include.role.map { [$0] } ?? [], isDirect: false,
            allowsDuplicates: true, validates: task.arguments["rolespec_validate"]?.isTrue ?? true, namesParents: true,
            into: &collection)
        collection.exports.names.append(name)
        return IncludedTasks(tasks, collection)
    }

    func variables(named name: String, includedBy task: ProgramTask) throws -> JinjaDict {
        guard let file = path(of: name, in: ["vars"], for: task), let variables = try variables(ofFile: file) else {
            throw missing(name, in: ["vars"], for: task)
        }
        return variables
    }

    func isEncrypted(_ name: String, for task: ProgramTask) -> Bool {
        guard let file = path(of: name, in: ["vars"], for: task) else { return false }
        return FileManager.default.contents(atPath: file).map(Self.isEncrypted) ?? false
    }

    func variableFiles(in name: String, depth: Int, for task: ProgramTask) throws -> [String] {
        guard let folder = path(of: name, in: ["vars"], for: task) else { throw missing(name, in: ["vars"], for: task) }
        return try FolderReader { _ in Payload([]) }.entries(of: folder)
            .filter { !$0.isDirectory && $0.link == nil && (depth < 1 || $0.path.count { $0 == "/" } < depth) }
            .map { "\(folder)/\($0.path)" }
    }

    /// The variables of a YAML file; nil when there is none of that name.
    func variables(ofFile name: String) throws -> JinjaDict? {
        guard let file = path(of: name, in: ["vars"]) else { return nil }
        let value: JinjaValue
        do {
            let document = try RecipeYAML.load(try text(of: file), name: name, vault: vault)
            tell(document.warnings)
            value = document.root?.value ?? .none
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
        _ request: SourceRequest, for task: ProgramTask, render: (_ text: String, _ file: String) throws -> String
    ) throws -> ModuleSource {
        let subfolder = request.kind == .template ? "templates" : "files"
        guard let file = path(of: request.path, in: [subfolder], for: task) else {
            throw missing(request.path, in: [subfolder], for: task)
        }
        switch request.kind {
        case .template:
            let rendered = try Self.$templateFolders.withValue(
                [(file as NSString).deletingLastPathComponent] + roots(for: task).map { $0 + "/templates" }
            ) { try render(try text(of: file), URL(fileURLWithPath: file).standardizedFileURL.path) }
            return ModuleSource(.file(Payload(Array(rendered.utf8)), mode: mode(file)))
        case .file:
            var key = request
            key.path = file
            if let known = files.withLock({ $0[key] }) { return known }
            let source = try read(key)
            files.withLock { $0[key] = source }
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

    private func read(_ request: SourceRequest) throws -> ModuleSource {
        let path = request.path
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
            return ModuleSource(
                .file(try payload(path, decrypts: request.decrypts), mode: mode(path)),
                path: URL(fileURLWithPath: path).standardizedFileURL.path)
        }
        let reader = FolderReader(followsLinks: request.followsLinks) {
            try self.payload($0, decrypts: request.decrypts)
        }
        return ModuleSource(.directory(try reader.entries(of: path)))
    }

    private func payload(_ path: String, decrypts: Bool) throws -> Payload {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TaskFailure(message: "'\(path)' cannot be read: look at its permissions")
        }
        guard decrypts, Self.isEncrypted(data) else { return Payload(Array(data)) }
        do {
            return Payload(Array(try decrypted(String(decoding: data, as: UTF8.self), path).utf8))
        } catch let failure as TaskFailure {
            // What is sent need not be a text.
            guard let bytes = failure.bytes else { throw failure }
            return Payload(bytes)
        }
    }
}
