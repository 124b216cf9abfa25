import ConnectorAPI
import Foundation
import InfrastructureModel
import Support

/// What a machine that is not reached has written to its console.
extension ActionRunner {
    private static let consolePatience = Duration.seconds(5)

    /// The last lines, for a message; nil where there are none.
    ///
    /// - Parameter hasRun: Else that there are none is told, too.
    func consoleEnd(_ provider: String, at cloud: CloudReference, hasRun: Bool) async -> String? {
        do {
            let connector = try await manager.sessions.connector(of: cloud)
            guard connector.description.capabilities[.console] != nil else { return nil }
            let place = try await call(cloud, patience: Self.consolePatience) { connector, session, context in
                try await connector.console(MachineRequest(session: session, id: provider), context: context)
            }
            let console = try InfrastructureManager.console(at: place)
            return hasRun ? console.end : console.endOfStart
        } catch {
            // What is told has another reason.
            return nil
        }
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
