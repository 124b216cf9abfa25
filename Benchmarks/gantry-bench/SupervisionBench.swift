import ConnectorAPI
import ConnectorHost
import Foundation
import Glibc

/// What supervision costs: many calls at a time, a crash, and a start with many connectors installed.
enum SupervisionBench {
    private struct NoCommand: Error {}

    // Off the main actor, on the pool where the service's actors are.
    @concurrent static func run(_ path: String) async throws -> [String: Double] {
        guard let command = ConnectorCommand(commandLine: [path]) else { throw NoCommand() }
        let connector = try await ProcessConnector.connect(command)
        var figures: [String: Double]
        do {
            figures = try await throughput(connector)
            figures["crash"] = try await crash(connector)
        } catch {
            await connector.stop()
            throw error
        }
        await connector.stop()
        figures.merge(try await discovery(path)) { $1 }
        return figures
    }

    /// Calls a second, with 32 callers.
    private static func throughput(_ connector: ProcessConnector) async throws -> [String: Double] {
        let context = CallContext()
        let session = try await connector.openSession(
            OpenSessionRequest(credentials: Credentials(["username": "bench", "password": "bench-secret"])),
            context: context
        ).session
        let item = MachineSpec(machineID: "m", name: "m", image: "image1", flavor: "dummy.small")
        let launched = try await connector.launch(
            LaunchRequest(session: session, batchToken: "bench", items: [item], tags: [:]), context: context)
        let request = MachinesRequest(session: session, ids: [try launched[0].get().id])
        let (callers, each) = (32, 1000)
        func round() async throws -> Double {
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<callers {
                    group.addTask {
                        for _ in 0..<each { _ = try await connector.describe(request, context: context) }
                    }
                }
                try await group.waitForAll()
            }
            return Double(callers * each) / seconds(ContinuousClock.now - start)
        }
        _ = try await round()
        var best = 0.0
        for _ in 0..<3 { best = max(best, try await round()) }
        return ["callsPerSecond": best]
    }

    /// Milliseconds from the end of a process to the next good answer in the same session, with the delays of the service.
    private static func crash(_ connector: ProcessConnector) async throws -> Double {
        let session = try await connector.openSession(
            OpenSessionRequest(credentials: Credentials(["username": "bench"])), context: CallContext()
        ).session
        guard let process = connector.processID else { throw NoCommand() }
        let start = ContinuousClock.now
        kill(process, SIGKILL)
        var failures = 0
        while true {
            do {
                _ = try await connector.list(ListRequest(session: session, tags: ["a": "b"]), context: CallContext())
                break
            } catch let error as ConnectorError where error.code == .pluginCrashed && failures == 0 {
                failures += 1
            }
        }
        return seconds(ContinuousClock.now - start) * 1000
    }

    /// Milliseconds to know 100 connectors: at the first start, and at the next ones.
    private static func discovery(_ path: String) async throws -> [String: Double] {
        let folder = NSTemporaryDirectory() + "gantry-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for number in 0..<100 {
            let script = """
                #!/bin/sh
                '\(path)' "$@" | sed 's/"name":"dummy"/"name":"c\(number)"/'
                """
            let file = "\(folder)/connector-c\(number)"
            try Data(script.utf8).write(to: URL(fileURLWithPath: file))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
        }
        let discovery = ConnectorDiscovery(folders: [folder], cacheFile: folder + "/cache")
        let start = ContinuousClock.now
        guard await discovery.run().found.count == 100 else { throw NoCommand() }
        let first = seconds(ContinuousClock.now - start) * 1000
        let later = try await Measure.median(15) {
            guard await discovery.run().found.count == 100 else { throw NoCommand() }
        }
        return ["discoveryFirst": first, "discovery": later]
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
}
