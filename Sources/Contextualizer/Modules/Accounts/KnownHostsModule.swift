import Foundation
import Jinja

/// `known_hosts`: keys of hosts that are known.
package enum KnownHostsModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "known_hosts", summary: "Adds and removes keys of known hosts.",
        parameters: [
            ModuleParameter("name", .string, aliases: ["host"], required: true, "The host."),
            ModuleParameter("key", .string, "The line as `ssh-keyscan` prints it."),
            ModuleParameter("path", .path, default: "~/.ssh/known_hosts", "The file."),
            ModuleParameter("hash_host", .boolean, default: false, "Hide the name."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let name = arguments.string("name") ?? ""
        let isPresent = arguments.string("state") != "absent"
        let hides = arguments.bool("hash_host") ?? false
        let line = arguments.string("key").map { String($0.trimmingBlanks()) }
        guard !isPresent || line != nil else {
            throw ModuleError(code: .missingParameter, message: "No key specified when adding a host")
        }
        var wanted: KnownHost?
        if let line {
            guard let host = KnownHost(line) else {
                throw ModuleError(code: .invalidArgument, message: "Host key is not a line of known_hosts: \(line)")
            }
            guard host.names(name) else {
                throw ModuleError(
                    code: .invalidArgument, message: "Host parameter does not match hashed host field in supplied key")
            }
            wanted = host
        }
        let prologue = "k_=\(ShellText.path(arguments.string("path") ?? "~/.ssh/known_hosts"))\n"
        var edit = try TextEdit(
            path: arguments.string("path") ?? "~/.ssh/known_hosts", word: "$k_", context, prologue: prologue
        ) { [wanted] content in
            var lines = TextLines(content ?? []).lines
            let found = lines.indices.filter { index in
                guard let host = KnownHost(lines[index]), host.names(name) else { return false }
                return wanted.map { $0.type == host.type && $0.marker == host.marker } ?? true
            }
            if isPresent, let wanted, let line {
                if let index = found.first, KnownHost(lines[index])?.data == wanted.data,
                    lines[index].hasPrefix("|1|") == hides || line.hasPrefix("|1|")
                {
                    return .unchanged("", [:])
                }
                if let index = found.first { lines.remove(at: index) }
                lines.append(hides ? wanted.hidden(as: name) : line)
            } else {
                guard !found.isEmpty else { return .unchanged("", [:]) }
                lines = lines.indices.filter { !found.contains($0) }.map { lines[$0] }
            }
            return .changed(Array(lines.map { $0 + "\n" }.joined().utf8), "", [:])
        }
        edit.finish = { result in
            guard !result.failed else { return }
            result.message = nil
            result["name"] = .string(name)
            result["key"] = arguments.value("key") ?? JinjaValue.none
            result["hash_host"] = .bool(hides)
            result["path"] = result["path"] ?? arguments.value("path")
            result["state"] = result["state"] ?? arguments.value("state")
        }
        return edit.step
    }
}

/// A line of `known_hosts`.
private struct KnownHost: Sendable {
    var marker: String?
    var hosts: String
    var type: String
    var data: String

    init?(_ line: String) {
        var words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let first = words.first, !first.hasPrefix("#") else { return nil }
        if first.hasPrefix("@") { marker = words.removeFirst() }
        guard words.count >= 3 else { return nil }
        (hosts, type, data) = (words[0], words[1], words[2])
    }

    /// Whether the line is about the host.
    func names(_ name: String) -> Bool {
        guard hosts.hasPrefix("|1|") else { return hosts.split(separator: ",").contains { $0 == name } }
        let parts = hosts.split(separator: "|").map(String.init)
        guard parts.count == 3, let salt = Data(base64Encoded: parts[1]), let digest = Data(base64Encoded: parts[2])
        else { return false }
        return HashedName.digest(name, salt: Array(salt)) == Array(digest)
    }

    /// The line with the name hidden. The salt is made of name and key, so that the same task gives the same line.
    func hidden(as name: String) -> String {
        let salt = HashedName.digest(data, salt: Array(name.utf8))
        let digest = HashedName.digest(name, salt: salt)
        let field = "|1|\(Data(salt).base64EncodedString())|\(Data(digest).base64EncodedString())"
        return [marker, field, type, data].compactMap(\.self).joined(separator: " ")
    }
}
