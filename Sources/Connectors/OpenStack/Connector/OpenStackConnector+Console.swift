package import ConnectorAPI
import Foundation
import HTTPTransport

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
        return BulkLocation(path: try Self.file(answer.output ?? "", of: request.id))
    }

    /// One file a machine, for nobody else to read.
    private static func file(_ text: String, of id: String) throws(ConnectorError) -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-consoles-\(getuid())")
        let file = folder.appendingPathComponent("\(id).log")
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try? FileManager.default.removeItem(at: file)
            guard
                FileManager.default.createFile(
                    atPath: file.path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
            else { throw CocoaError(.fileWriteUnknown) }
        } catch {
            throw ConnectorError(
                code: .internal, message: "the console of '\(id)' cannot be written to \(file.path): \(error)")
        }
        return file.path
    }
}
