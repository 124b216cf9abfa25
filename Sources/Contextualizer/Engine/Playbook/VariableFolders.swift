import ContextualizationAPI
import Foundation
import Jinja
import Recipes

/// `group_vars` and `host_vars` beside an inventory or a playbook: a file or a folder of files a group or host. Those of
/// the controller are read where no source lists it, too.
enum VariableFolders {
    /// Reads those beside an inventory.
    static func read(beside file: String, into inventory: inout Inventory, vault: RecipeYAML.Vault? = nil) throws {
        let folder = (URL(fileURLWithPath: file).standardizedFileURL.path as NSString).deletingLastPathComponent
        for group in inventory.groups {
            for variables in try variables(folder + "/group_vars/" + group.name, vault, nil) {
                inventory.setVariables(variables, ofGroup: group.name, \.folderVariables)
            }
        }
        for host in inventory.hosts {
            for variables in try variables(folder + "/host_vars/" + host.name, vault, nil) {
                inventory.setVariables(variables, ofListed: host.name)
            }
        }
        for name in HostBuilder.controllerNames where inventory.host(name) == nil {
            for variables in try variables(folder + "/host_vars/" + name, vault, nil) {
                inventory.setVariables(variables, ofUnlisted: name)
            }
        }
    }

    /// Reads those of a playbook's folder, instead of those of another one.
    static func read(
        ofPlaybookIn folder: String, into inventory: inout Inventory, vault: RecipeYAML.Vault?,
        warn: ((RecipeDiagnostic) -> Void)?
    ) throws {
        inventory.forgetPlaybook()
        for group in inventory.groups {
            for variables in try variables(folder + "/group_vars/" + group.name, vault, warn) {
                inventory.setVariables(variables, ofGroup: group.name, \.playbookVariables)
            }
        }
        let unlisted = HostBuilder.controllerNames.filter { inventory.host($0) == nil }
        for name in inventory.hosts.map(\.name) + unlisted {
            for variables in try variables(folder + "/host_vars/" + name, vault, warn) {
                inventory.setPlaybookVariables(variables, ofHost: name)
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
