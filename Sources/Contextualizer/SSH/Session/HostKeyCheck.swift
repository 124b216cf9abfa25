import ContextualizationAPI

/// Compares the key of a server with what is known of it.
struct HostKeyCheck: Sendable {
    private let policy: HostKeyPolicy

    init(_ policy: HostKeyPolicy) {
        self.policy = policy
    }

    /// What we offer to verify, best first: the pinned types before the others. A server takes the first that it has a key
    /// of, so it shows the pinned key if it still has it, and else one whose fingerprint the error can tell.
    var algorithms: [String] {
        let all = [
            "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512",
            "rsa-sha2-256",
        ]
        guard case .pinned(let pins) = policy else { return all }
        let types = Set(pins.compactMap { $0.split(separator: " ").first.map(String.init) })
        let wanted = all.filter { types.contains($0) || ($0.hasPrefix("rsa-") && types.contains("ssh-rsa")) }
        return wanted + all.filter { !wanted.contains($0) }
    }

    /// Whether the key, `TYPE BASE64`, is accepted.
    func accepts(_ key: String) -> Bool {
        switch policy {
        case .trustOnFirstUse: true
        case .pinned(let pins): pins.contains { Self.essence($0) == Self.essence(key) }
        }
    }

    /// The error for another key than the pinned ones.
    func changed(server: String, shown: String, advice: String) -> CommunicatorError {
        let pins: [String] = if case .pinned(let pins) = policy { pins } else { [] }
        guard !pins.isEmpty else {
            return CommunicatorError(
                code: .hostKeyChanged,
                message: "the host key of \(server) is not known, and only known ones are to be accepted: it shows"
                    + " \(shown.split(separator: " ").first ?? "?") \(Self.fingerprint(shown)). If that is right, add it"
                    + " to known_hosts (ssh-keyscan)")
        }
        let expected = pins.map { "\($0.split(separator: " ").first ?? "?") \(Self.fingerprint($0))" }
            .joined(separator: " or ")
        let found = "it shows \(shown.split(separator: " ").first ?? "?") \(Self.fingerprint(shown))"
        return CommunicatorError(
            code: .hostKeyChanged,
            message: "the host key of \(server) is not the pinned one: pinned is \(expected), \(found)."
                + " Somebody may be in between; \(advice)")
    }

    private static func essence(_ line: String) -> [Substring] { Array(line.split(separator: " ").prefix(2)) }

    private static func fingerprint(_ line: String) -> String {
        KeyHandle(publicLine: line)?.fingerprint ?? "(not a key)"
    }
}
