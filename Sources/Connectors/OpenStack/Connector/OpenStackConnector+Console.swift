package import ConnectorAPI
import HTTPTransport
import Support

extension OpenStackConnector {
    /// The screen in a browser where the cloud has one, else what the machine has written to its serial port.
    package func console(_ request: MachineRequest, context: CallContext) async throws -> BulkLocation {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        guard try await server(request.id, session, budget) != nil else { throw Self.unknown(request.id, session) }
        do throws(ConnectorError) {
            let version = try await session.microversion(.consoles, budget)
            let answer: NovaConsole = try await session.client.call(
                OpenStackRequest(
                    .compute, .post, "servers", request.id, "remote-consoles",
                    body: ["remote_console": ["protocol": "vnc", "type": "novnc"]], microversion: version), budget)
            return BulkLocation(url: answer.console.url)
        } catch {
            // No such console there, none yet, or none for this account.
            let codes: Set<ConnectorError.Code> = [
                .invalidArgument, .unsupported, .aborted, .notFound, .permissionDenied, .unavailable,
            ]
            guard codes.contains(error.code) else { throw error }
        }
        let answer: NovaConsoleOutput = try await session.client.call(
            Self.action(request.id, ["os-getConsoleOutput": [:]]), budget)
        do {
            return BulkLocation(
                path: try PrivateFile.write(
                    Array((answer.output ?? "").utf8), folder: "gantry-consoles", name: "\(request.id).log"))
        } catch {
            throw ConnectorError(
                code: .internal, message: "the console of '\(request.id)' cannot be written to a file: \(error)")
        }
    }
}
