import Authorization
import InfrastructureModel
import Orchestration

/// The property `command`: what IM has machines without a public address run so that they are reached (im.md 6.6).
///
/// Here such machines are reached through others of their network, so that no tunnel is needed, and no key of another
/// machine goes out. Machines that came from IM, and programs that ask for it, find what they know: a program that asks
/// until there is an answer, and the answer that there is nothing to do.
extension InfrastructureCalls {
    /// - Parameters:
    ///   - step: 1: a program for bash; 2: what that asks for, `wait` or `true`.
    ///   - link: Of the property.
    /// - Returns: nil for another step.
    func command(
        _ id: String, _ number: String, step: String, link: String, login: Login
    ) async throws -> String? {
        let (snapshot, machine) = try await machine(id, number, caller: login.caller)
        switch step {
        case "1": return Self.program(asking: link, login)
        case "2": return Self.isReached(machine, in: snapshot) ? "true" : "wait"
        default: return nil
        }
    }

    /// Whether it is, or will be, reached from here: it has a public address, or a machine beside it has one.
    private static func isReached(_ machine: MachineRecord, in snapshot: InfrastructureSnapshot) -> Bool {
        snapshot.machines.contains { $0.isAlive && $0.addresses.contains(where: \.isPublic) }
    }

    /// - Parameter login: Its first line only, which the program asks with; clouds are not named.
    private static func program(asking link: String, _ login: Login) -> String {
        let keys = ["username", "password", "token"]
        let values = login.items.first(where: \.isLogin).map { item in
            keys.compactMap { key in item[key].map { "\(key) = \(value($0))" } }
        }
        let line = (["type = InfrastructureManager"] + (values ?? [])).joined(separator: "; ")
        let header = quoted("Authorization: " + line.replacing("\n", with: #"\\n"#))
        return """
            answer=wait
            while [ "$answer" = wait ]; do
                answer=$(curl -s -H \(header) -H 'Accept: text/plain' \(quoted(link + "?step=2")))
                [ "$answer" != wait ] || sleep 20
            done
            [ "$answer" = true ] || echo "no answer: $answer" >&2

            """
    }

    /// A value of the header; what would end it stands in quotes.
    private static func value(_ text: String) -> String {
        guard text.contains(where: { ";'\"#".contains($0) }) else { return text }
        return text.contains("\"") ? "'\(text)'" : "\"\(text)\""
    }

    /// A word for a shell.
    private static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: #"'\''"#))'" }
}
