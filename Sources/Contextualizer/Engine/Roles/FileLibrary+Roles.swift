import Foundation
import Jinja
import Recipes
import Support

extension FileLibrary: RoleLibrary {
    /// Where roles are looked for: `roles` beside the playbook, the folders that the user names or Ansible's own,
    /// beside the role that names them, and the playbook's folder.
    private func rolePaths(nextTo role: String?) -> [String] {
        let home = ProcessInfo.processInfo.environment["ANSIBLE_HOME"] ?? "~/.ansible"
        let usual = usualRolePaths ?? ["\(home)/roles", "/usr/share/ansible/roles", "/etc/ansible/roles"]
        return ["\(folder)/roles"] + usual.map(\.expandingHome)
            + (role.map { [($0 as NSString).deletingLastPathComponent] } ?? []) + [folder]
    }

    func role(
        named name: String, files: LoadedRole.Files, nextTo neighbour: String?
    ) throws(TaskFailure) -> LoadedRole {
        let key = RoleRequest(name: name, files: files, neighbour: neighbour)
        if let known = roles.withLock({ $0[key] }) { return known }
        let places = name.hasPrefix("/") ? [name] : rolePaths(nextTo: neighbour).map { "\($0)/\(name)" }
        var isFolder: ObjCBool = false
        guard
            let found = places.first(where: {
                FileManager.default.fileExists(atPath: $0, isDirectory: &isFolder) && isFolder.boolValue
            })
        else {
            let folders = places.map { ($0 as NSString).deletingLastPathComponent }
            throw TaskFailure(
                message: "the role '\(name)' was not found in \(folders.joined(separator: ":"))")
        }
        let path = URL(fileURLWithPath: found).standardizedFileURL.path
        let loaded = try read(name, path, files)
        roles.withLock { $0[key] = loaded }
        return loaded
    }

    private func read(_ name: String, _ path: String, _ files: LoadedRole.Files) throws(TaskFailure) -> LoadedRole {
        let meta = try dictionary(path, "meta", "main", isOptional: true)
        var specs = meta["argument_specs"]?.dictValue ?? JinjaDict()
        let apart = try dictionary(path, "meta", "argument_specs", isOptional: true)
        if let more = apart["argument_specs"]?.dictValue { specs.merge(more) }
        return LoadedRole(
            name: (path as NSString).lastPathComponent, folder: path,
            defaults: try dictionary(path, "defaults", files.defaults ?? "main", isOptional: files.defaults == nil),
            variables: try dictionary(path, "vars", files.variables ?? "main", isOptional: files.variables == nil),
            dependencies: try dependencies(meta["dependencies"] ?? .none, of: name),
            allowsDuplicates: meta["allow_duplicates"]?.isTrue ?? false, argumentSpecs: specs,
            tasks: try nodes(path, "tasks", files.tasks ?? "main", isOptional: files.tasks == nil),
            handlers: try nodes(path, "handlers", files.handlers ?? "main", isOptional: files.handlers == nil))
    }

    private func dependencies(_ value: JinjaValue, of role: String) throws(TaskFailure) -> [RecipeRole] {
        do {
            return try Recipe.roles(value, name: "\(role)/meta/main.yml")
        } catch {
            throw TaskFailure(message: error.description)
        }
    }

    /// The file of a part of a role: `NAME.yml`, `NAME.yaml`, `NAME`, or a folder of that name.
    private func file(_ role: String, _ part: String, _ name: String) -> String? {
        let base = "\(role)/\(part)/\(name)"
        let endings = [".yml", ".yaml", ".json", ""]
        return endings.map { base + $0 }.first { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
        }
    }

    private func dictionary(
        _ role: String, _ part: String, _ name: String, isOptional: Bool
    ) throws(TaskFailure) -> JinjaDict {
        var files = [file(role, part, name)].compactMap(\.self)
        if files.isEmpty, let names = try? FileManager.default.contentsOfDirectory(atPath: "\(role)/\(part)/\(name)") {
            files = names.sorted().filter { $0.hasSuffix(".yml") || $0.hasSuffix(".yaml") || $0.hasSuffix(".json") }
                .map { "\(role)/\(part)/\(name)/\($0)" }
        }
        guard !files.isEmpty || isOptional else {
            throw TaskFailure(message: "Could not find specified file in role: \(part)/\(name) (\(role))")
        }
        var result = JinjaDict()
        for file in files {
            do {
                result.merge(try variables(ofFile: file) ?? JinjaDict())
            } catch {
                throw (error as? TaskFailure) ?? TaskFailure(message: "\(error)")
            }
        }
        return result
    }

    private func nodes(
        _ role: String, _ part: String, _ name: String, isOptional: Bool
    ) throws(TaskFailure) -> [RecipeNode] {
        guard let file = file(role, part, name) else {
            guard isOptional else {
                throw TaskFailure(message: "Could not find specified file in role: \(part)/\(name) (\(role))")
            }
            return []
        }
        let title = "\((role as NSString).lastPathComponent)/\(part)/\((file as NSString).lastPathComponent)"
        return try recipe(file, title: title, files: TaskFiles(role: role, part: part)).tasks
    }
}

/// What a role was asked for by.
struct RoleRequest: Hashable, Sendable {
    var name: String
    var files: LoadedRole.Files
    var neighbour: String?
}
