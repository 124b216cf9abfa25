import ConnectorAPI
import ContextualizationAPI
import Dummy
import Foundation
import InfrastructureModel
import Logging
import Operations
import Orchestration
import Persistence
import Support

/// A manager over the in-memory store and a Dummy cloud, with a contextualizer that tests script.
struct Fixture {
    let store: any StateStore
    let dummy: any Connector
    let contextualizer: ScriptedContextualizer
    let manager: InfrastructureManager

    static let clouds = [CloudCredential(id: "dummy", type: "Dummy", values: Secret(["type": "Dummy"]))]

    init(
        store: (any StateStore)? = nil, dummy: (any Connector)? = nil,
        contextualizer: ScriptedContextualizer = ScriptedContextualizer(),
        limits: InfrastructureStateMachine.Limits = .init(firstPoll: .milliseconds(1), longestPoll: .milliseconds(5)),
        commandPoll: Duration = .milliseconds(10), callPatience: Duration = .seconds(300),
        advice: Advice = .commandLine, silence: Duration = .seconds(20)
    ) throws {
        self.store = try store ?? InMemoryStateStore()
        self.dummy = dummy ?? DummyConnector(configuration: .init())
        self.contextualizer = contextualizer
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        var configuration = ManagerConfiguration(
            limits: limits, callPatience: callPatience, commandPoll: commandPoll,
            turnPatience: .milliseconds(20), advice: advice)
        configuration.silence = silence
        configuration.demandPatience = .zero
        manager = InfrastructureManager(
            store: self.store, connectors: Directory(connectors: [self.dummy]), contextualizer: contextualizer,
            configuration: configuration, logger: logger,
            makeKeyPair: { .init(privateKey: Secret("private"), publicKey: "ssh-ed25519 AAAA") })
    }

    func request(
        _ document: String, name: String? = nil, clouds: [CloudCredential] = Fixture.clouds
    ) -> DeploymentRequest {
        DeploymentRequest(document: document, name: name, clouds: clouds, caller: .local)
    }

    /// Deploys and sees it to its end.
    func deploy(_ document: String, name: String? = nil) async throws -> (SubmittedOperation, DurableOperation) {
        let submitted = try await manager.deploy(request(document, name: name))
        return (submitted, try await manager.follow(submitted))
    }

    /// Destroys and sees it to its end.
    func destroy(_ id: InfrastructureID) async throws -> DurableOperation? {
        guard let submitted = try await manager.destroy(id, caller: .local) else { return nil }
        return try await manager.follow(submitted)
    }

    /// What is really there at the Dummy cloud for an infrastructure.
    func cloudMachines(_ id: InfrastructureID) async throws -> [Resource] {
        let session = try await dummy.openSession(
            OpenSessionRequest(credentials: Credentials([:])), context: CallContext()
        ).session
        return try await dummy.list(
            ListRequest(session: session, tags: ["gantry:infrastructure": id.rawValue]), context: CallContext()
        ).items
    }

    static func document(_ count: Int, contextualize: String = "contextualize ()", extra: String = "") -> String {
        """
        network public (outbound = 'yes' and outports = '80,443')
        system node (
            cpu.count >= 1 and memory.size >= 512M and
            net_interface.0.connection = 'public' and
            disk.0.image.url = 'dummy://image'\(extra)
        )
        deploy node \(count)
        \(contextualize)
        """
    }
}

/// The connectors of a test.
struct Directory: ConnectorDirectory {
    let connectors: [any Connector]

    func connector(forType type: String) async -> (any Connector)? {
        connectors.first { connector in
            connector.description.providerTypes.contains { $0.lowercased() == type.lowercased() }
        }
    }

    func connector(named name: String) async -> (any Connector)? {
        connectors.first { $0.description.name == name }
    }

    func descriptions() async -> [ConnectorDescription] { connectors.map(\.description) }
}

/// Says of every machine that it is configured, after the events that a test wants.
actor ScriptedContextualizer: Contextualizer {
    private(set) var requests: [ContextualizationRequest] = []
    /// Of each machine.
    private var counts = ContextualizationReport.Counts()
    /// What else it tells of each machine.
    private var bodies: [ContextualizationEvent.Body] = []
    /// Machines that never let it in: it waits for them until it is told to end.
    private var silent: Set<String> = []
    /// Machines that were left.
    private(set) var left: [ContextualizationMachine] = []
    /// The proxy on the way to each machine.
    private var proxy: (endpoint: Endpoint, hostKey: String)?
    private let result: @Sendable (ContextualizationMachine) -> ContextualizationReport.Result

    init(
        result: @escaping @Sendable (ContextualizationMachine) -> ContextualizationReport.Result = { _ in .configured }
    ) {
        self.result = result
    }

    func run(
        _ request: ContextualizationRequest,
        sink: @escaping @Sendable (ContextualizationEvent) async throws -> Void
    ) async throws -> ContextualizationReport {
        requests.append(request)
        var report = ContextualizationReport()
        for machine in request.machines where !silent.contains(machine.id) {
            let endpoint = machine.target.endpoints.first ?? Endpoint(host: "none")
            if let proxy {
                try await sink(
                    ContextualizationEvent(
                        machine: machine.id, body: .passed(endpoint: proxy.endpoint, hostKey: proxy.hostKey)))
            }
            try await sink(
                ContextualizationEvent(
                    machine: machine.id,
                    body: .reached(endpoint: endpoint, hostKey: "ssh-ed25519 KEY\(machine.id)")))
            for body in bodies { try await sink(ContextualizationEvent(machine: machine.id, body: body)) }
            report.results[machine.id] = result(machine)
            report.counts[machine.id] = counts
        }
        if request.machines.contains(where: { silent.contains($0.id) }) { try await Task.sleep(for: .seconds(600)) }
        return report
    }

    /// What it meets on the way to each machine from now on.
    func passes(_ endpoint: Endpoint, hostKey: String) { proxy = (endpoint, hostKey) }

    /// These machines let it in no more.
    func silence(_ machines: Set<String>) { silent = machines }

    /// What it tells of each machine from now on.
    func tell(_ bodies: [ContextualizationEvent.Body]) { self.bodies = bodies }

    /// What it says of the tasks of each machine from now on.
    func count(_ counts: ContextualizationReport.Counts) { self.counts = counts }

    func leave(_ machines: [ContextualizationMachine], patience: Duration) async throws -> [String: String] {
        left += machines
        return Dictionary(uniqueKeysWithValues: machines.map { ($0.id, "it is off") })
    }

    func check(recipes: [ContextualizationRecipe]) async -> [RecipeProblem] {
        recipes.filter { $0.text.contains("nonsense_module") }.map {
            RecipeProblem(recipe: $0.name, line: 3, column: 5, message: "module 'nonsense_module' is unknown")
        }
    }
}
