package import ConnectorAPI
import Foundation
import Synchronization

/// Machines that already run and belong to somebody: they are neither started nor removed (IM's `DeployedNode`).
///
/// A launch answers what the document says, the address of `interfaces[].fixedAddress`, and touches nothing. The id of
/// a machine holds all that a later `describe` needs, so nothing but open sessions is remembered and no network is used; whether the
/// host answers is found out by who logs in. Every call may run concurrently and is idempotent.
package final class ExistingHostsConnector: Connector {
    private let sessions = Mutex<Set<SessionID>>([])

    package init() {}

    package let description = ConnectorDescription(
        name: "existing-hosts", version: "1.0.0", title: "Machines that already run",
        providerTypes: ["ExistingHosts", "DeployedNode"], imageSchemes: ["*"], capabilities: [.existingMachines: 1],
        configSchema: ["type": "object", "properties": [:]],
        credentialSchema: ["type": "object", "properties": [:]])

    package func openSession(_ request: OpenSessionRequest, context: CallContext) async throws -> OpenSessionResponse {
        let session = SessionID(rawValue: UUID().uuidString.lowercased())
        sessions.withLock { _ = $0.insert(session) }
        return OpenSessionResponse(session: session, account: "existing-hosts")
    }

    package func closeSession(_ session: SessionID, context: CallContext) async throws {
        sessions.withLock { _ = $0.remove(session) }
    }

    package func launch(_ request: LaunchRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try check(request.session)
        return request.items.enumerated().map { index, item in
            var addresses: [Machine.Address] = []
            for interface in item.interfaces {
                guard let address = interface.fixedAddress, !address.isEmpty else { continue }
                addresses.append(
                    Machine.Address(
                        interface: interface.index, address: address, family: address.contains(":") ? .ipv6 : .ipv4,
                        public: interface.public))
            }
            guard !addresses.isEmpty else {
                return .failed(
                    ConnectorError(
                        code: .invalidArgument,
                        message: "machine '\(item.name)' has no address: a machine that already runs needs "
                            + "net_interface.0.ip in its system", field: "items[\(index)].interfaces"))
            }
            let identity = ExistingHostID(
                machineID: item.machineID, batchToken: request.batchToken,
                sshPort: Self.sshPort(item), addresses: addresses)
            var machine = identity.machine
            machine.image = item.image.isEmpty ? nil : item.image
            machine.tags = request.tags.merging(item.tags) { $1 }
            return .done(machine)
        }
    }

    package func describe(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try check(request.session)
        return request.ids.map { id in
            guard let identity = ExistingHostID(id) else {
                return .failed(
                    ConnectorError(code: .notFound, message: "'\(id)' is no id of a machine that already runs"))
            }
            return .done(identity.machine)
        }
    }

    package func list(_ request: ListRequest, context: CallContext) async throws -> Page<Resource> {
        try check(request.session)
        return Page(items: [])
    }

    package func terminate(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Empty>] {
        try check(request.session)
        return request.ids.map { _ in .done(Empty()) }
    }

    private func check(_ session: SessionID) throws {
        guard sessions.withLock({ $0.contains(session) }) else {
            throw ConnectorError(code: .unauthenticated, message: "the session is not open; open it again")
        }
    }

    private static func sshPort(_ item: MachineSpec) -> Int? {
        item.provider["existing-hosts"]?["sshPort"]?.integerValue.flatMap { port in
            (1...65_535).contains(port) ? Int(port) : nil
        }
    }
}
