import ConnectorAPI
import Foundation
import InfrastructureModel
import Support

/// What a machine that is not reached has written to its console.
extension ActionRunner {
    private static let consoleLines = 5
    /// Of a line.
    private static let mostCharacters = 160
    private static let consolePatience = Duration.seconds(5)

    /// The last lines, for a message; nil where there are none.
    func consoleEnd(_ provider: String, at cloud: CloudReference) async -> String? {
        do {
            let connector = try await manager.sessions.connector(of: cloud)
            guard connector.description.capabilities[.console] != nil else { return nil }
            let place = try await call(cloud, patience: Self.consolePatience) { connector, session, context in
                try await connector.console(MachineRequest(session: session, id: provider), context: context)
            }
            guard let path = place.path else { return nil }
            // One that was written for this question.
            let isTemporary = path.hasPrefix(FileManager.default.temporaryDirectory.path + "/")
            defer { if isTemporary { try? FileManager.default.removeItem(atPath: path) } }
            let lines = Self.lastLines(try Data(contentsOf: URL(fileURLWithPath: path)))
            return lines.isEmpty ? nil : "its console ends with: " + lines.joined(separator: " / ")
        } catch {
            // What is told has another reason.
            return nil
        }
    }

    /// Without what moves cursors and colours, and without empty lines.
    static func lastLines(_ console: Data) -> [String] {
        let text = String(decoding: console.suffix(16 << 10), as: UTF8.self)
            .replacing(/\u{1b}(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>c78])/, with: "")
        let lines = text.split(whereSeparator: \.isNewline).compactMap { line -> String? in
            let plain = String(
                String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f })
            )
            .trimmingCharacters(in: .whitespaces)
            return plain.isEmpty ? nil : String(plain.prefix(mostCharacters))
        }
        return Array(lines.suffix(consoleLines))
    }

    /// Whether a machine has had its time to run: a little early, so that what is asked then is there when it is over.
    func isLate(_ id: MachineID) -> Bool {
        let limits = manager.configuration.limits
        guard let machine = snapshot.machines.first(where: { $0.id == id }), case .starting = machine.phase,
            let launched = machine.launchedAt
        else { return false }
        return manager.now().timeIntervalSince(launched) > (limits.running - limits.longestPoll * 2).inSeconds
    }
}
