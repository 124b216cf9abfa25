import ConnectorAPI

/// Stands for a process with which no conversation comes about.
struct UnusableConnector: Connector {
    let path: String

    var description: ConnectorDescription {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return ConnectorDescription(name: name, version: "of unknown version", title: name, providerTypes: [])
    }

    private var failure: ConnectorError {
        ConnectorError(code: .unavailable, message: "'\(path)' cannot be talked to")
    }

    func openSession(_ request: OpenSessionRequest, context: CallContext) async throws -> OpenSessionResponse {
        throw failure
    }
    func closeSession(_ session: SessionID, context: CallContext) async throws { throw failure }
    func launch(_ request: LaunchRequest, context: CallContext) async throws -> [Outcome<Machine>] { throw failure }
    func describe(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] { throw failure }
    func list(_ request: ListRequest, context: CallContext) async throws -> Page<Resource> { throw failure }
    func terminate(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Empty>] { throw failure }
}
