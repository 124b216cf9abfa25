import Foundation
import Glibc

/// How a connector is started.
package struct ConnectorCommand: Sendable, Hashable {
    /// Absolute path of the executable.
    package var path: String
    /// Arguments before `serve` or `describe`: empty for a connector, its command line for a wrapper such as `setpriv`.
    package var arguments: [String]
    /// Variables beside those of the allow-list. Never a secret: the environment of a process can be read by others.
    package var environment: [String: String]
    /// Working folder; nil: the host's.
    package var directory: String?
    /// Most bytes of address space; nil: no limit.
    package var memoryBytes: UInt?
    /// Most open files; nil: no limit.
    package var openFiles: UInt?
    /// Digest that the executable must have at every start, in lower-case hexadecimal; nil: any.
    package var sha256: String?
    /// The file that the digest is of, where ``path`` is a wrapper's; nil: ``path``.
    package var executable: String?
    /// Without the cookie that says who starts it, as somebody would who tries it.
    var isByHand = false

    package init(
        path: String, arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil,
        memoryBytes: UInt? = nil, openFiles: UInt? = nil
    ) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.memoryBytes = memoryBytes
        self.openFiles = openFiles
    }

    /// Finds the executable of a command line, in `PATH` where its name has no slash.
    ///
    /// - Returns: nil where there is none.
    package init?(commandLine: [String]) {
        guard let first = commandLine.first, !first.isEmpty else { return nil }
        let candidates: [String]
        if first.contains("/") {
            candidates = [URL(fileURLWithPath: first).path]
        } else {
            let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")
            candidates = folders.split(separator: ":").map { "\($0)/\(first)" }
        }
        guard let found = candidates.first(where: { access($0, X_OK) == 0 }) else { return nil }
        self.init(path: found, arguments: Array(commandLine.dropFirst()))
    }

    /// The same connector, started by another program with its arguments, such as `setpriv --no-new-privs` or `bwrap …`.
    ///
    /// - Returns: nil where the first word names no executable.
    package func wrapped(by words: [String]) -> ConnectorCommand? {
        guard !words.isEmpty else { return self }
        guard let wrapper = ConnectorCommand(commandLine: words) else { return nil }
        var wrapped = self
        wrapped.executable = executable ?? path
        wrapped.path = wrapper.path
        wrapped.arguments = wrapper.arguments + [path] + arguments
        return wrapped
    }

    /// SHA-256 of the connector's executable, in lower-case hexadecimal.
    ///
    /// - Throws: ``ConnectorError`` where it cannot be read.
    package func digest() async throws -> String {
        try await FileDigest.sha256(executable ?? path)
    }

    private static let inherited = [
        "PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "http_proxy", "https_proxy",
        "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
    ]

    /// The whole environment of the child: an allow-list of the host's, the cookie that says who starts it, and no crash
    /// reports of Swift, which print memory.
    func childEnvironment(host: [String: String] = ProcessInfo.processInfo.environment) -> [String: String] {
        var values = host.filter { Self.inherited.contains($0.key) }
        values.merge(environment) { $1 }
        if !isByHand { values["CONNECTOR_COOKIE"] = UUID().uuidString }
        values["SWIFT_BACKTRACE"] = "enable=no"
        return values
    }
}
