public import ConnectorAPI
import Foundation
import Synchronization

/// Makes MyCloud usable for Gantry. As written it keeps machines as files in a folder: replace what ``Store`` does by
/// requests to the cloud.
///
/// Whatever else of `Connector` is implemented here (`start`, `stop`, `ensureKeyPair`, …) belongs into the capabilities of
/// the description.
public final class MyCloudConnector: Connector {
    public let description = ConnectorDescription(
        name: "mycloud", version: "0.1.0", title: "MyCloud", providerTypes: ["MyCloud"], imageSchemes: ["mycloud"],
        capabilities: [.flavors: 1, .images: 1],
        configSchema: [
            "type": "object",
            "properties": ["folder": ["type": "string", "description": "Folder of the machines"]],
        ],
        credentialSchema: [
            "type": "object",
            "properties": ["username": ["type": "string"], "password": ["type": "string", "format": "password"]],
        ])

    private static let flavors = [
        Flavor(id: "small", name: "small", cpuCount: 1, memoryBytes: 1 << 30),
        Flavor(id: "large", name: "large", cpuCount: 4, memoryBytes: 8 << 30),
    ]

    private static let images = [
        Image(id: "debian-12", uri: "mycloud://debian-12", name: "Debian 12", loginUser: "admin")
    ]

    private let sessions = Mutex<[SessionID: Store]>([:])

    public init() {}

    // MARK: Sessions

    public func openSession(_ request: OpenSessionRequest, context: CallContext) async throws -> OpenSessionResponse {
        guard request.credentials["password"] != "wrong" else {
            throw ConnectorError(
                code: .unauthenticated, message: "MyCloud does not accept this password: correct the auth line")
        }
        let folder =
            request.config["folder"]?.stringValue
            ?? NSHomeDirectory() + "/.local/state/connector-mycloud"
        let session = SessionID(rawValue: UUID().uuidString)
        let store = try Store(folder: URL(fileURLWithPath: folder))
        sessions.withLock { $0[session] = store }
        return OpenSessionResponse(session: session, account: request.credentials["username"] ?? "nobody")
    }

    public func closeSession(_ session: SessionID, context: CallContext) async throws {
        _ = sessions.withLock { $0.removeValue(forKey: session) }
    }

    private func store(_ session: SessionID) throws -> Store {
        guard let store = sessions.withLock({ $0[session] }) else {
            throw ConnectorError(code: .unauthenticated, message: "the session is not open; open it again")
        }
        return store
    }

    // MARK: Machines

    public func launch(_ request: LaunchRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        let store = try store(request.session)
        if let other = try store.records().first(where: { $0.machine.batchToken == request.batchToken }),
            other.items != request.items
        {
            throw ConnectorError(
                code: .alreadyExists, message: "the token was used for other machines; use a new one",
                field: "batchToken")
        }
        return try request.items.enumerated().map { index, item in
            guard Self.flavors.contains(where: { $0.id == item.flavor }) else {
                return .failed(
                    ConnectorError(
                        code: .invalidArgument, message: "there is no flavor '\(item.flavor)'",
                        field: "items[\(index)].flavor"))
            }
            // By its name a repeated launch finds the machine, whoever repeats it.
            let id = "\(request.batchToken)-\(index)"
            var tags = request.tags.merging(item.tags) { $1 }
            tags[LaunchRequest.batchTag] = request.batchToken
            let machine = Machine(
                id: id, machineID: item.machineID, batchToken: request.batchToken, state: .running,
                addresses: [.init(interface: 0, address: "192.0.2.1", public: false)], flavor: item.flavor,
                image: item.image, tags: tags)
            return .done(try store.insert(Store.Record(machine: machine, items: request.items)).machine)
        }
    }

    public func describe(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        let known = Dictionary(uniqueKeysWithValues: try store(request.session).records().map { ($0.machine.id, $0) })
        return request.ids.map { id in
            if let record = known[id] { return .done(record.machine) }
            return .failed(ConnectorError(code: .notFound, message: "there is no machine '\(id)'"))
        }
    }

    public func list(_ request: ListRequest, context: CallContext) async throws -> Page<Resource> {
        guard request.kinds?.contains(.machine) ?? true else { return Page(items: []) }
        let machines = try store(request.session).records().map(\.machine).filter { machine in
            request.tags.allSatisfy { machine.tags[$0.key] == $0.value }
        }
        return Page(items: machines.map { Resource(kind: .machine, id: $0.id, tags: $0.tags, machine: $0) })
    }

    public func terminate(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Empty>] {
        let store = try store(request.session)
        let known = Set(try store.records().map(\.machine.id))
        return try request.ids.map { id in
            if known.contains(id) { try store.remove(id) }
            return .done(Empty())
        }
    }

    // MARK: Catalogs

    public func flavors(_ request: CatalogRequest, context: CallContext) async throws -> Page<Flavor> {
        _ = try store(request.session)
        return Page(items: Self.flavors)
    }

    public func images(_ request: CatalogRequest, context: CallContext) async throws -> Page<Image> {
        _ = try store(request.session)
        return Page(items: Self.images)
    }
}
