import ContextualizationAPI
import Foundation
import Jinja
import Recipes

/// `group_vars` and `host_vars` beside an inventory or a playbook: a file or a folder of files a group or host. Those of
/// the controller are read where no source lists it, too.
enum VariableFolders {
    /// - Parameter source: Whether the file is an inventory or a playbook.
    static func read(
        beside file: String, into inventory: inout Inventory,
        _ source: WritableKeyPath<Inventory.Group, JinjaDict> = \.folderVariables, vault: RecipeYAML.Vault? = nil,
        warn: ((RecipeDiagnostic) -> Void)? = nil
    ) throws {
        let folder = (URL(fileURLWithPath: file).standardizedFileURL.path as NSString).deletingLastPathComponent
        for group in inventory.groups {
            for variables in try variables(folder + "/group_vars/" + group.name, vault, warn) {
                inventory.setVariables(variables, ofGroup: group.name, source)
            }
        }
        for host in inventory.hosts {
            let group = inventory.groups.first { $0.hosts.contains(host.name) }?.name
            for variables in try variables(folder + "/host_vars/" + host.name, vault, warn) {
                inventory.addHost(host.name, to: group, variables: variables)
            }
        }
        for name in HostBuilder.controllerNames where inventory.host(name) == nil {
            for variables in try variables(folder + "/host_vars/" + name, vault, warn) {
                inventory.setVariables(variables, ofUnlisted: name)
            }
        }
    }

    private static func variables(
        _ path: String, _ vault: RecipeYAML.Vault?, _ warn: ((RecipeDiagnostic) -> Void)?
    ) throws -> [JinjaDict] {
        let manager = FileManager.default
        var files = ["", ".yml", ".yaml", ".json"].map { path + $0 }
        var isDirectory: ObjCBool = false
        if manager.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
            files = try manager.contentsOfDirectory(atPath: path).sorted()
                .filter { $0.hasSuffix(".yml") || $0.hasSuffix(".yaml") || $0.hasSuffix(".json") }
                .map { path + "/" + $0 }
        }
        return try files.compactMap { file in
            guard let data = manager.contents(atPath: file) else { return nil }
            let document = try RecipeYAML.load(String(decoding: data, as: UTF8.self), name: file, vault: vault)
            if let warn { document.warnings.forEach(warn) }
            guard let value = document.root?.value, !value.isNone else { return nil }
            guard case .dict(let dict) = value else {
                throw ContextualizationError(message: "'\(file)' must hold a mapping of variables")
            }
            return dict
        }
    }
}
