import ContextualizationAPI
import Foundation
import Jinja
package import Recipes

extension RecipeRunner {
    /// Gives what a program prints that is called with these arguments; throws where it does not end well.
    package typealias InventoryProgram = (_ file: String, _ arguments: [String]) throws -> String

    /// Reads an inventory file with the `group_vars` and `host_vars` folders beside it.
    /// - Throws: `RecipeError`, ``ContextualizationError`` when the file cannot be read.
    ///
    /// - Parameter vault: For encrypted variables beside it.
    package static func inventory(file: String, vault: Vault? = nil) throws -> Inventory {
        try inventory(files: [file], vault: vault)
    }

    /// Whether a file is a program: as its first bytes say, `#!` or those of a binary one.
    package static func isProgram(_ file: String) -> Bool {
        guard let handle = FileHandle(forReadingAtPath: file) else { return false }
        let start = (try? handle.read(upToCount: 4)) ?? Data()
        return start.starts(with: Array("#!".utf8)) || start == Data([0x7f, 0x45, 0x4c, 0x46])
    }

    private static func read(_ file: String, vault: Vault?, _ run: InventoryProgram?) throws -> Inventory {
        let isList = file.contains(",") && !FileManager.default.fileExists(atPath: file)
        if isList { return try Inventory.parse(file, name: "inventory") }
        var inventory: Inventory
        if isProgram(file) {
            guard FileManager.default.isExecutableFile(atPath: file) else {
                throw ContextualizationError(
                    message: "the inventory '\(file)' is a program, but it may not be executed: chmod +x it")
            }
            guard let run else {
                throw ContextualizationError(message: "the inventory '\(file)' is a program: none is run here")
            }
            inventory = try Inventory.parse(json: try run(file, ["--list"]), name: file) { host in
                try run(file, ["--host", host])
            }
            try VariableFolders.read(beside: file, into: &inventory, vault: vault?.reader)
            return inventory
        }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw ContextualizationError(
                message: "the inventory '\(file)' cannot be read: look at its name and permissions")
        }
        inventory = try Inventory.parse(String(decoding: data, as: UTF8.self), name: file)
        try VariableFolders.read(beside: file, into: &inventory, vault: vault?.reader)
        return inventory
    }

    /// Several sources in one, the later over the earlier; a folder stands for its files. None: no machine but the
    /// controller.
    ///
    /// - Parameter run: Runs a source that is a program; nil: none is run.
    package static func inventory(
        files: [String], vault: Vault? = nil, run: InventoryProgram? = nil
    ) throws -> Inventory {
        var result = Inventory()
        /// Takes in a source; where a host was first named is known to it.
        func take(_ file: String) throws {
            let part = try read(file, vault: vault, run)
            let known = Set(result.hosts.map(\.name))
            result.merge(part)
            let origin: JinjaDict =
                FileManager.default.fileExists(atPath: file)
                ? [
                    "inventory_file": .string(path(file)),
                    "inventory_dir": .string((path(file) as NSString).deletingLastPathComponent),
                ] : ["inventory_file": .string(file), "inventory_dir": .none]
            for host in part.hosts where !known.contains(host.name) { result.setDefaults(origin, ofHost: host.name) }
        }
        func path(_ file: String) -> String { URL(fileURLWithPath: file).standardizedFileURL.path }
        for file in files {
            var isFolder: ObjCBool = false
            result.sources.append(FileManager.default.fileExists(atPath: file) ? path(file) : file)
            guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder.boolValue else {
                try take(file)
                continue
            }
            let ignored = [".orig", ".cfg", ".retry", ".bak", ".swp", ".md", ".txt", ".rst", "~"]
            for name in try FileManager.default.contentsOfDirectory(atPath: file).sorted() {
                let member = "\(file)/\(name)"
                guard !name.hasPrefix("."), !ignored.contains(where: name.hasSuffix),
                    FileManager.default.fileExists(atPath: member, isDirectory: &isFolder), !isFolder.boolValue
                else { continue }
                try take(member)
            }
        }
        return result
    }
}
