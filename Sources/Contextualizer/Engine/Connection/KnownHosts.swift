import Foundation
import Modules
import Support

/// The host keys in `known_hosts` files: plain names, `[name]:port`, patterns, and hashed names.
struct KnownHosts: Sendable {
    private struct Entry: Sendable {
        var names: [String]
        var key: String
    }

    private var entries: [Entry] = []

    /// Reads the files that exist.
    init(files: [String]) {
        for file in files {
            guard let data = FileManager.default.contents(atPath: file.expandingHome) else {
                continue
            }
            for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
                let parts = line.split(separator: " ")
                guard parts.count >= 3, !parts[0].hasPrefix("#"), !parts[0].hasPrefix("@") else { continue }
                entries.append(
                    Entry(names: parts[0].split(separator: ",").map(String.init), key: "\(parts[1]) \(parts[2])"))
            }
        }
    }

    /// The keys of a host, each `TYPE BASE64`; none when it is unknown.
    func keys(host: String, port: Int) -> [String] {
        let name = port == 22 ? host : "[\(host)]:\(port)"
        return entries.filter { entry in
            let isRefused = entry.names.contains { $0.hasPrefix("!") && Wildcard.matches(name, String($0.dropFirst())) }
            return !isRefused && entry.names.contains { Self.matches(name, $0) }
        }.map(\.key)
    }

    private static func matches(_ name: String, _ pattern: String) -> Bool {
        guard pattern.hasPrefix("|1|") else { return Wildcard.matches(name, pattern) }
        let parts = pattern.split(separator: "|")
        guard parts.count == 3, let salt = Data(base64Encoded: String(parts[1])) else { return false }
        return Data(HashedName.digest(name, salt: Array(salt))).base64EncodedString() == parts[2]
    }
}
