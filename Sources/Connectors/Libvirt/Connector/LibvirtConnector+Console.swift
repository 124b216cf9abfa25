package import ConnectorAPI
import Support

extension LibvirtConnector {
    /// Most of a console that is fetched.
    private static let mostBytes = 4 << 20

    /// What the machine has written to its serial port since its last start.
    package func console(_ request: MachineRequest, context: CallContext) async throws -> BulkLocation {
        let session = try sessions.session(request.session)
        let text = try await session.connection.run("the console of machine '\(request.id)'", CallBudget(context)) {
            host throws(ConnectorError) -> [UInt8] in
            guard let domain = try host.domain(request.id), let label = try domain.label() else {
                throw Self.unknown(request.id, session)
            }
            guard let pool = try host.pool(label.pool), !host.uri.isTest else { return [] }
            try? pool.refresh()
            guard let log = try pool.volume(MachineVolume.console(request.id)) else { return [] }
            return try log.download(host, upTo: Self.mostBytes)
        }
        do {
            return BulkLocation(path: try PrivateFile.write(text, folder: "gantry-consoles", name: "\(request.id).log"))
        } catch {
            throw ConnectorError(
                code: .internal, message: "the console of '\(request.id)' cannot be written to a file: \(error)")
        }
    }
}
