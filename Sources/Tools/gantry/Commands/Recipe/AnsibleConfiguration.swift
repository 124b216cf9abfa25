import Contextualization
import Foundation
import Support

/// `ansible.cfg`: the settings that are followed, and those that are not, which are told.
struct AnsibleConfiguration {
    /// By the names that they have in the environment.
    private(set) var values: [String: String] = [:]
    private(set) var warnings: [String] = []

    /// How a setting is taken.
    private enum Form { case text, path, paths(separator: Character) }

    private static let followed: [String: (variable: String, form: Form)] = [
        "defaults.inventory": ("ANSIBLE_INVENTORY", .paths(separator: ",")),
        "defaults.roles_path": ("ANSIBLE_ROLES_PATH", .paths(separator: ":")),
        "defaults.vault_password_file": ("ANSIBLE_VAULT_PASSWORD_FILE", .path),
        "defaults.private_key_file": ("ANSIBLE_PRIVATE_KEY_FILE", .path),
        "defaults.remote_user": ("ANSIBLE_REMOTE_USER", .text), "defaults.remote_port": ("ANSIBLE_REMOTE_PORT", .text),
        "defaults.timeout": ("ANSIBLE_TIMEOUT", .text),
        "defaults.host_key_checking": ("ANSIBLE_HOST_KEY_CHECKING", .text),
        "defaults.forks": ("ANSIBLE_FORKS", .text), "defaults.gathering": ("ANSIBLE_GATHERING", .text),
        "defaults.force_handlers": ("ANSIBLE_FORCE_HANDLERS", .text), "defaults.ask_pass": ("ANSIBLE_ASK_PASS", .text),
        "defaults.connection_password_file": ("ANSIBLE_CONNECTION_PASSWORD_FILE", .path),
        "defaults.become_password_file": ("ANSIBLE_BECOME_PASSWORD_FILE", .path),
        "privilege_escalation.become": ("ANSIBLE_BECOME", .text),
        "privilege_escalation.become_user": ("ANSIBLE_BECOME_USER", .text),
        "privilege_escalation.become_method": ("ANSIBLE_BECOME_METHOD", .text),
        "privilege_escalation.become_ask_pass": ("ANSIBLE_BECOME_ASK_PASS", .text),
        "ssh_connection.ssh_args": ("ANSIBLE_SSH_ARGS", .text),
        "ssh_connection.ssh_common_args": ("ANSIBLE_SSH_COMMON_ARGS", .text),
        "ssh_connection.ssh_extra_args": ("ANSIBLE_SSH_EXTRA_ARGS", .text),
        "ssh_connection.retries": ("ANSIBLE_SSH_RETRIES", .text),
        "ssh_connection.timeout": ("ANSIBLE_SSH_TIMEOUT", .text),
    ]

    /// What changes nothing that is done on a host, only how Ansible works inside or looks.
    private static let harmless: Set<String> = [
        "defaults.nocows", "defaults.nocolor", "defaults.force_color", "defaults.retry_files_enabled",
        "defaults.retry_files_save_path", "defaults.deprecation_warnings", "defaults.system_warnings",
        "defaults.command_warnings", "defaults.localhost_warning", "defaults.interpreter_python",
        "defaults.collections_path", "defaults.collections_paths", "defaults.library", "defaults.module_utils",
        "defaults.local_tmp", "defaults.remote_tmp", "defaults.fact_caching", "defaults.fact_caching_connection",
        "defaults.fact_caching_timeout", "defaults.fact_caching_prefix", "defaults.internal_poll_interval",
        "defaults.transport", "defaults.use_persistent_connections", "defaults.display_args_to_stdout",
        "ssh_connection.pipelining", "ssh_connection.control_path", "ssh_connection.control_path_dir",
        "ssh_connection.scp_if_ssh", "ssh_connection.transfer_method", "ssh_connection.sftp_batch_mode",
        "ssh_connection.usetty", "defaults.pipelining", "connection.pipelining",
    ]

    /// Where Ansible looks: `$ANSIBLE_CONFIG`, here, at home, for all users.
    static func find() throws -> AnsibleConfiguration? {
        let manager = FileManager.default
        var given = ProcessInfo.processInfo.environment["ANSIBLE_CONFIG"].map { $0.expandingHome }
        var isFolder: ObjCBool = false
        if let path = given, manager.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            given = path + "/ansible.cfg"
        }
        let here = manager.currentDirectoryPath + "/ansible.cfg"
        let places = [given, here, "~/.ansible.cfg".expandingHome, "/etc/ansible/ansible.cfg"]
        for place in places.compactMap(\.self) where manager.isReadableFile(atPath: place) {
            if place == here, given != here, isOpenToAll(manager.currentDirectoryPath) {
                var none = AnsibleConfiguration()
                none.warnings = ["'\(place)' is passed over, since anybody may write into its folder"]
                return none
            }
            let text = String(decoding: manager.contents(atPath: place) ?? Data(), as: UTF8.self)
            return try AnsibleConfiguration(text, file: place)
        }
        return nil
    }

    private static func isOpenToAll(_ folder: String) -> Bool {
        let mode = (try? FileManager.default.attributesOfItem(atPath: folder))?[.posixPermissions] as? NSNumber
        return (mode?.intValue ?? 0) & 0o002 != 0
    }

    private init() {}

    /// - Parameter file: Absolute; paths in it are relative to its folder.
    init(_ text: String, file: String) throws {
        let folder = (file as NSString).deletingLastPathComponent
        var section = ""
        var settings: [(name: String, value: String)] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = line.trimmingCharacters(in: .whitespaces)
            if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
            if content.hasPrefix("["), content.hasSuffix("]") {
                section = String(content.dropFirst().dropLast())
            } else if line.first?.isWhitespace == true, !settings.isEmpty {
                settings[settings.count - 1].value += " " + content
            } else if let sign = content.firstIndex(where: { $0 == "=" || $0 == ":" }) {
                let name = content[..<sign].trimmingCharacters(in: .whitespaces).lowercased()
                var value = content[content.index(after: sign)...].trimmingCharacters(in: .whitespaces)
                // A comment behind a value begins with a blank and a semicolon.
                if let comment = value.range(of: " ;") { value = String(value[..<comment.lowerBound]) }
                settings.append(("\(section).\(name)", value.trimmingCharacters(in: .whitespaces)))
            } else {
                throw UsageError("\(file):\(number + 1): a setting is written name = value")
            }
        }
        for (name, value) in settings where !value.isEmpty {
            guard let (variable, form) = Self.followed[name] else { continue }
            values[variable] =
                switch form {
                case .text: value
                case .path: Self.absolute(value, folder)
                case .paths(let separator):
                    value.split(separator: separator)
                        .map { Self.absolute($0.trimmingCharacters(in: .whitespaces), folder) }
                        .joined(separator: String(separator))
                }
        }
        let others = settings.map(\.name).filter { Self.followed[$0] == nil && !Self.isHarmless($0) }
        if !others.isEmpty {
            var seen: Set<String> = []
            warnings = [
                "these settings of '\(file)' are not followed: "
                    + others.filter { seen.insert($0).inserted }.map { Self.written($0) }.joined(separator: ", ")
            ]
        }
    }

    private static func isHarmless(_ name: String) -> Bool {
        harmless.contains(name) || name.hasPrefix("defaults.callback") || name.hasPrefix("defaults.stdout_callback")
            || ["callback", "colors.", "galaxy", "inventory.", "persistent_connection.", "diff.", "color."]
                .contains { name.hasPrefix($0) }
    }

    /// `[section] name`.
    private static func written(_ name: String) -> String {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        return parts.count == 2 ? "[\(parts[0])] \(parts[1])" : name
    }

    private static func absolute(_ path: String, _ folder: String) -> String {
        let path = path.expandingHome.replacing(
            "{{CWD}}", with: FileManager.default.currentDirectoryPath)
        return path.hasPrefix("/") || path == "prompt" ? path : "\(folder)/\(path)"
    }
}
