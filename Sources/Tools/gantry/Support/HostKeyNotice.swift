import Foundation
import HTTPTransport
import InfrastructureModel
import Orchestration

/// Finds in what OpenSSH says that a machine shows another host key than the one on record. Its own words advise to edit
/// a file that is gone a moment later: they are kept back, all others are passed on.
struct HostKeyNotice {
    /// Whether ssh gave up for that.
    private(set) var isFound = false
    /// `SHA256:…` of the key that was shown; nil: it was not told.
    private(set) var fingerprint: String?
    private var kept: [String] = []

    /// Takes the next line.
    /// - Returns: What is to be passed on.
    mutating func take(_ line: String) -> [String] {
        let text = line.trimmingCharacters(in: .whitespacesAndNewlines)
        if kept.isEmpty {
            let begins =
                text.hasPrefix("@@@@@@@@")
                || text.hasPrefix("No ") && text.contains(" host key is known for ") && text.contains("strict checking")
            guard begins else { return [line] }
            kept = [line]
            return []
        }
        kept.append(line)
        // Another box, such as that of a revoked key.
        if kept.count == 2, kept[0].hasPrefix("@"), !text.contains("HOST IDENTIFICATION HAS CHANGED") { return rest() }
        if text.hasPrefix("SHA256:") { fingerprint = text.hasSuffix(".") ? String(text.dropLast()) : text }
        if text.hasPrefix("Host key verification failed") {
            isFound = true
            kept = []
        }
        return []
    }

    /// What is kept back although ssh did not give up for that.
    mutating func rest() -> [String] {
        defer { kept = [] }
        return kept
    }

    /// What is told in its place, with what to do.
    func text(_ access: MachineAccess) -> String {
        let pinned = access.machine.hostKeys.compactMap(Self.fingerprint)
        let known = pinned.isEmpty ? "" : " (\(pinned.joined(separator: " or ")))"
        let number = access.machine.id.number
        return """
            machine \(number) (\(access.machine.system)) at \(access.host ?? "its address") shows another host \
            key\(fingerprint.map { " (\($0))" } ?? "") than the one on record\(known); nothing was sent to it. Either it \
            was set up anew, or something else answers in its place. If you know that it was set up anew, run \
            `gantry up` with --new-host-key \(number): it trusts the key that the machine shows then
            """
    }

    /// Of a line `TYPE BASE64`, as OpenSSH writes it.
    private static func fingerprint(_ line: String) -> String? {
        let parts = line.split(separator: " ")
        guard parts.count > 1, let key = Data(base64Encoded: String(parts[1])),
            let digest = try? Digest.sha256(Array(key))
        else { return nil }
        return "SHA256:" + Data(digest).base64EncodedString().replacing("=", with: "")
    }
}
