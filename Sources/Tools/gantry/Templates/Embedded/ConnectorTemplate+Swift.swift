// swift-format-ignore-file
// Made by scripts/embed-templates of sdk/templates/swift; do not edit.

extension ConnectorTemplate {
    static let swiftFiles: [File] = [
        File(path: "Package.swift", isExecutable: false, text: ####"""
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "connector-mycloud",
    dependencies: [
        GANTRY_DEPENDENCY
    ],
    targets: [
        .executableTarget(
            name: "connector-mycloud",
            dependencies: [.product(name: "ConnectorSDK", package: "GANTRY_PACKAGE"), "MyCloudDriver"],
            path: "Sources/connector-mycloud"),
        .target(
            name: "MyCloudDriver", dependencies: [.product(name: "ConnectorAPI", package: "GANTRY_PACKAGE")],
            path: "Sources/MyCloudDriver"),
        .testTarget(
            name: "MyCloudDriverTests",
            dependencies: [.product(name: "ConnectorConformance", package: "GANTRY_PACKAGE"), "MyCloudDriver"],
            path: "Tests/MyCloudDriverTests"),
    ],
    swiftLanguageModes: [.v6]
)

"""####),
        File(path: "README.md", isExecutable: false, text: ####"""
# connector-mycloud

Makes MyCloud usable for Gantry: a Swift package on Gantry's products `ConnectorAPI`, `ConnectorSDK` and
`ConnectorConformance`. As written, its machines are files in `~/.local/state/connector-mycloud`.

| Command | Does |
| --- | --- |
| `swift build` | makes `.build/debug/connector-mycloud` |
| `swift test` | runs the conformance kit, compiled in |
| `connector-check -- .build/debug/connector-mycloud` | runs the kit over the executable |
| `gantry connector list --connector-dir .build/debug` | shows it among the others |
| `gantry up cluster.radl --connector-dir .build/debug` | launches machines on it, with `id = mine; type = MyCloud; username = ada` in the auth file |

`GANTRY_ONLY=ConnectorSDK,ConnectorConformance` in the environment leaves out of Gantry's package what a connector does not
need, and with it most downloads.

Next: replace what `Store` does by requests to the cloud. The contract stands in `docs/connector-authors.md` of Gantry.

"""####),
        File(path: "Sources/MyCloudDriver/MyCloudConnector.swift", isExecutable: false, text: ####"""
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

"""####),
        File(path: "Sources/MyCloudDriver/Store.swift", isExecutable: false, text: ####"""
import ConnectorAPI
import Foundation

/// Machines as files. Any number of processes may use the same folder.
struct Store: Sendable {
    struct Record: Codable, Sendable {
        var machine: Machine
        /// All of the launch that the machine is of.
        var items: [MachineSpec]
    }

    private let folder: URL

    init(folder: URL) throws {
        self.folder = folder
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func file(_ id: String) throws -> URL {
        guard !id.isEmpty, id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) else {
            throw ConnectorError(code: .invalidArgument, message: "'\(id)' is no id of a machine")
        }
        return folder.appending(path: id + ".json")
    }

    func records() throws -> [Record] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
            // One that is gone meanwhile is gone.
            .compactMap { FileManager.default.contents(atPath: $0.path) }
            .map { try JSONDecoder().decode(Record.self, from: $0) }
            .sorted { $0.machine.id < $1.machine.id }
    }

    /// What is there under this id, else the given one, which is there afterwards.
    func insert(_ record: Record) throws -> Record {
        let file = try file(record.machine.id)
        let new = folder.appending(path: UUID().uuidString + ".new")
        try JSONEncoder().encode(record).write(to: new)
        defer { try? FileManager.default.removeItem(at: new) }
        // A link is made only where nothing is, and the file behind it is whole.
        do {
            try FileManager.default.linkItem(at: new, to: file)
            return record
        } catch {
            guard let data = FileManager.default.contents(atPath: file.path) else { throw error }
            return try JSONDecoder().decode(Record.self, from: data)
        }
    }

    func remove(_ id: String) throws {
        let file = try file(id)
        do {
            try FileManager.default.removeItem(at: file)
        } catch CocoaError.fileNoSuchFile {
            // Somebody else removed it.
        }
    }
}

"""####),
        File(path: "Sources/connector-mycloud/main.swift", isExecutable: false, text: ####"""
import ConnectorSDK
import MyCloudDriver

await serve(MyCloudConnector())

"""####),
        File(path: "Tests/MyCloudDriverTests/ConformanceTests.swift", isExecutable: false, text: ####"""
import ConnectorAPI
import ConnectorConformance
import Foundation
import MyCloudDriver
import Testing

/// The contract, check by check, without a process. `connector-check` runs more of them, over the executable.
@Suite struct ConformanceTests {
    @Test(arguments: ConformanceSuite.checks.map(\.id))
    func theContractIsKept(check: String) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mycloud-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let settings = ConformanceSettings(
            config: ["folder": .string(folder.path)],
            credentials: Credentials(["username": "ada", "password": "a-secret"]),
            badCredentials: Credentials(["username": "ada", "password": "wrong"]))
        let checks = try #require(ConformanceSuite.checks(named: [check]))
        let report = await ConformanceSuite.run(
            ConnectorUnderTest(connector: MyCloudConnector(), settings: settings), checks: checks)
        for failure in report.failures { Issue.record("\(failure.id): \(failure.verdict)") }
    }
}

"""####),
    ]
}
