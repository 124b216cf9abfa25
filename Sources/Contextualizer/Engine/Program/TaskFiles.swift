import Foundation
import Support

/// Where files of tasks are looked for, in the order in which ansible-core 2.19 was seen to do it: names are relative to
/// the role or the playbook first, and only then to the file that names them, by the names through which that one was
/// reached itself.
struct TaskFiles: Hashable, Sendable {
    /// Folder of the role whose tasks name the file; nil: those of a playbook do.
    var role: String?
    /// `tasks` or `handlers`.
    var part = "tasks"
    /// Folders in the names of the files around, nearest first; empty where a name has none.
    var folders: [String] = []

    /// The places of a file, best first; files that are imported are looked for beside their own first.
    ///
    /// - Parameters:
    ///   - playbook: The playbook's folder.
    ///   - current: Where the program was started, which Ansible looks at, too.
    func places(of name: String, isImport: Bool, playbook: String, current: String) -> [String] {
        let name = name.expandingHome
        guard !name.hasPrefix("/") else { return [name] }
        var found: [String] = []
        var path: String?
        for folder in folders {
            path = path.map { $0.hasPrefix("/") ? $0 : Self.join(folder, $0) } ?? folder
            guard let path else { continue }
            if let role {
                if !isImport { found += below(role, name, playbook, current) }
                found += beside(Self.join("\(role)/\(part)", path), name, playbook, current)
            } else {
                found += [Self.join(playbook, path), Self.join(current, path)].map { "\($0)/\(name)" }
                if Self.isRole(playbook) { found.append("\(playbook)/tasks/\(name)") }
                found.append("\(playbook)/\(name)")
            }
        }
        if let role { return found + below(role, name, playbook, current) }
        // Not so Ansible: also in `tasks` beside the playbook.
        return found + ["\(playbook)/\(name)", "\(playbook)/tasks/\(name)"]
    }

    private func below(_ role: String, _ name: String, _ playbook: String, _ current: String) -> [String] {
        ["\(role)/\(part)/\(name)", "\(role)/tasks/\(name)", "\(current)/\(part)/\(name)", "\(role)/\(name)"]
            + ["\(playbook)/\(part)/\(name)", "\(playbook)/\(name)"]
    }

    private func beside(_ folder: String, _ name: String, _ playbook: String, _ current: String) -> [String] {
        ["\(folder)/\(part)/\(name)", "\(current)/\(part)/\(name)", "\(folder)/\(name)"]
            + ["\(playbook)/\(part)/\(name)", "\(playbook)/\(name)"]
    }

    private static func join(_ folder: String, _ path: String) -> String {
        path.hasPrefix("/") || folder.isEmpty ? path : path.isEmpty ? folder : "\(folder)/\(path)"
    }

    /// Whether Ansible takes a folder for a role.
    private static func isRole(_ folder: String) -> Bool {
        [".yml", ".yaml", ""].contains { ending in
            ["tasks", "meta"].contains { FileManager.default.fileExists(atPath: "\(folder)/\($0)/main\(ending)") }
        }
    }

    /// The same for tasks of a file of this name.
    func inside(_ name: String) -> TaskFiles {
        var inner = self
        inner.folders.insert((name as NSString).deletingLastPathComponent, at: 0)
        return inner
    }
}
