import ConnectorAPI
import ConnectorHost
import Foundation

/// A connector in a process of its own, called as the service calls it: request to value, with all that
/// `ConnectorHost` does in between.
enum ConnectorBench {
    private struct NoCommand: Error {}

    // Off the main actor, on the pool where the service's actors are.
    @concurrent static func run(_ path: String) async throws -> [String: Double] {
        guard let command = ConnectorCommand(commandLine: [path]) else { throw NoCommand() }
        let connector = try await ProcessConnector.connect(command)
        let figures: [String: Double]
        do {
            figures = try await measure(connector)
        } catch {
            await connector.stop()
            throw error
        }
        await connector.stop()
        return figures
    }

    private static func measure(_ connector: ProcessConnector) async throws -> [String: Double] {
        let context = CallContext()
        let session = try await connector.openSession(
            OpenSessionRequest(
                credentials: Credentials(["username": "bench", "password": "bench-secret"]), config: [:]),
            context: context
        ).session
        let items = (0..<1000).map { number in
            MachineSpec(machineID: "m\(number)", name: "node-\(number)", image: "image1", flavor: "dummy.small")
        }
        let machines = try await connector.launch(
            LaunchRequest(session: session, batchToken: "bench", items: items, tags: ["infrastructure": "bench"]),
            context: context)
        let ids = try machines.map { try $0.get().id }

        let one = MachinesRequest(session: session, ids: Array(ids.prefix(1)))
        let all = MachinesRequest(session: session, ids: ids)
        func describe(_ request: MachinesRequest) async throws {
            for outcome in try await connector.describe(request, context: context) { _ = try outcome.get() }
        }
        _ = try await Measure.median(200) { try await describe(one) }
        var (host, peer) = (Measure.cpu(), Measure.cpu(of: connector.processID))
        let call = try await Measure.median(2000) { try await describe(one) }
        let callCPU = (Measure.cpu() - host, Measure.cpu(of: connector.processID) - peer)

        _ = try await Measure.median(3) { try await describe(all) }
        (host, peer) = (Measure.cpu(), Measure.cpu(of: connector.processID))
        let large = try await Measure.median(30) { try await describe(all) }
        let largeCPU = (Measure.cpu() - host, Measure.cpu(of: connector.processID) - peer)
        return [
            "call": call, "callHostCPU": callCPU.0 / 2000, "callConnectorCPU": callCPU.1 / 2000,
            "describe": large, "describeHostCPU": largeCPU.0 / 30, "describeConnectorCPU": largeCPU.1 / 30,
        ]
    }
}
