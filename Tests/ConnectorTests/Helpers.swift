import ConnectorAPI
import Dummy
import Foundation

/// A folder that is removed at the end.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "connector-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { path + "/" + name }
}

let noContext = CallContext()

extension Connector {
    func open(
        _ config: [String: JSONValue] = [:], credentials: [String: String] = [:]
    ) async throws -> SessionID {
        try await openSession(
            OpenSessionRequest(credentials: Credentials(credentials), config: config), context: noContext
        ).session
    }

    func launch(
        _ session: SessionID, token: String = "token", _ items: [MachineSpec], tags: [String: String] = ["inf": "1"]
    ) async throws -> [Outcome<Machine>] {
        try await launch(
            LaunchRequest(session: session, batchToken: token, items: items, tags: tags), context: noContext)
    }

    func describe(_ session: SessionID, _ ids: [String]) async throws -> [Outcome<Machine>] {
        try await describe(MachinesRequest(session: session, ids: ids), context: noContext)
    }

    func terminate(_ session: SessionID, _ ids: [String]) async throws -> [Outcome<Empty>] {
        try await terminate(MachinesRequest(session: session, ids: ids), context: noContext)
    }

    func list(_ session: SessionID, _ tags: [String: String] = ["inf": "1"]) async throws -> [Resource] {
        try await list(ListRequest(session: session, tags: tags), context: noContext).items
    }
}

func specs(_ count: Int, image: String = "dummy://image", flavor: String = "dummy.small") -> [MachineSpec] {
    (0..<count).map { MachineSpec(machineID: "m\($0)", name: "node-\($0)", image: image, flavor: flavor) }
}

extension [Outcome<Machine>] {
    var ids: [String] { get throws { try map { try $0.get().id } } }
}

extension Outcome {
    var error: ConnectorError? {
        if case .failed(let error) = self { return error }
        return nil
    }
}
