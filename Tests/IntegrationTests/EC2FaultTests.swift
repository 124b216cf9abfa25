import ConnectorAPI
import EC2
import Foundation
import HTTPTransport
import Support
import Testing

/// What a distant, busy cloud does to requests, one fault at a time: after each, the call made again ends as asked, and
/// nothing is there twice.
@Suite("EC2 connector under faults", .enabled(if: EC2Endpoint.isNamed), .serialized, .timeLimit(.minutes(5)))
struct EC2FaultTests {
    private let proxy: ChaosProxy
    private let connector: EC2Connector
    private let context = CallContext(deadlineMs: 60_000)
    private let tag = "test-\(UUID().uuidString.lowercased())"
    private var tags: [String: String] { ["gantry:infrastructure": tag] }

    init() throws {
        proxy = try ChaosProxy()
        connector = EC2Connector(http: try CurlClient(options: .init(proxy: .none)))
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        var name: String
        /// With `ACTION` in it.
        var rule: String
        var codes: Set<ConnectorError.Code>
        var testDescription: String { name }

        static let all = [
            Fault(
                name: "answer lost after the act", rule: #"[{"action": "^ACTION$", "first": 1, "reset": "after"}]"#,
                codes: [.timeout]),
            Fault(
                name: "reset before the act", rule: #"[{"action": "^ACTION$", "first": 1, "reset": "before"}]"#,
                codes: [.timeout, .unavailable]),
            Fault(
                name: "answer cut off", rule: #"[{"action": "^ACTION$", "first": 1, "truncate": 200}]"#,
                codes: [.timeout]),
            Fault(
                name: "throttled",
                rule: #"[{"action": "^ACTION$", "first": 1, "status": 503, "style": "ec2", "retry_after": 2}]"#,
                codes: [.throttled]),
            Fault(
                name: "broken gateway", rule: #"[{"action": "^ACTION$", "first": 1, "status": 502, "style": "plain"}]"#,
                codes: [.unavailable]),
        ]
    }

    /// Makes a call until it succeeds; gives the errors before.
    private func insist<Value>(_ call: () async throws -> Value) async throws -> (Value, [ConnectorError]) {
        var errors: [ConnectorError] = []
        while true {
            do {
                return (try await call(), errors)
            } catch let error as ConnectorError {
                errors.append(error)
                guard errors.count < 5 else { throw error }
            }
        }
    }

    private func open() async throws -> SessionID {
        try await connector.openSession(EC2Endpoint.request(url: proxy.url), context: context).session
    }

    private func list(_ session: SessionID, _ kinds: [Resource.Kind]? = nil) async throws -> [Resource] {
        try await connector.list(ListRequest(session: session, tags: tags, kinds: kinds), context: context).items
    }

    @Test(arguments: Fault.all)
    func aLaunchIsNeverDoubled(_ fault: Fault) async throws {
        let session = try await open()
        let image = try await EC2TestImage.shared.image(connector, session)
        let items = (0..<20).map { number in
            MachineSpec(
                machineID: "\(tag).\(number)", name: "worker-\(number)", image: image.uri,
                flavor: number < 15 ? "t3.micro" : "t3.large")
        }
        let request = LaunchRequest(session: session, batchToken: tag, items: items, tags: tags)
        try await proxy.rules(fault.rule.replacing("ACTION", with: "RunInstances"))
        let first = try await connector.launch(request, context: context)
        let errors = first.compactMap { outcome in if case .failed(let error) = outcome { error } else { nil } }
        // One of the two groups was hit, if not libcurl sent it again by itself, as it may on a connection that was kept.
        #expect([0, 5, 15].contains(errors.count))
        #expect(errors.allSatisfy { fault.codes.contains($0.code) }, "\(errors.first.map { "\($0)" } ?? "")")
        if fault.name == "throttled" { #expect(errors.allSatisfy { $0.retryAfterMs == 2_000 }) }
        let second = try await connector.launch(request, context: context).map { try $0.get() }
        #expect(second.map(\.machineID) == items.map(\.machineID))
        for (before, after) in zip(first, second) {
            if case .done(let machine) = before { #expect(machine.id == after.id) }
        }
        let listed = try await list(session, [.machine])
        #expect(Set(listed.map(\.id)) == Set(second.map(\.id)))
        #expect(listed.count == 20)
        // Ending them under the same fault.
        try await proxy.rules(fault.rule.replacing("ACTION", with: "TerminateInstances"))
        let ids = MachinesRequest(session: session, ids: second.map(\.id))
        let (_, refusals) = try await insist { try await connector.terminate(ids, context: context) }
        #expect(refusals.count <= 1)
        #expect(try await list(session).isEmpty)
    }

    @Test(arguments: Fault.all)
    func resourcesAreNeverDoubled(_ fault: Fault) async throws {
        let session = try await open()
        let zone = (EC2Endpoint.environment["AWS_REGION"] ?? "us-east-1") + "a"
        let group = SecurityGroupSpec(
            name: tag, description: "test", rules: [.init(transport: .tcp, fromPort: 22, toPort: 22)])
        let key = KeyPairSpec(
            name: tag, publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJhgVwy+hvSvfmSkFDEw8D6/Qtdnvv8Vxm6KqhVIiNvB t")
        let calls: [(String, Resource.Kind, () async throws -> Resource)] = [
            (
                "CreateSecurityGroup", .securityGroup,
                {
                    try await connector.ensureSecurityGroup(
                        EnsureRequest(session: session, spec: group, tags: tags), context: context
                    ).get()
                }
            ),
            (
                "AuthorizeSecurityGroupIngress", .securityGroup,
                {
                    try await connector.ensureSecurityGroup(
                        EnsureRequest(
                            session: session,
                            spec: SecurityGroupSpec(
                                name: tag, description: "test",
                                rules: group.rules + [.init(transport: .tcp, fromPort: 80, toPort: 80)]), tags: tags),
                        context: context
                    ).get()
                }
            ),
            (
                "ImportKeyPair", .keyPair,
                {
                    try await connector.ensureKeyPair(
                        EnsureRequest(session: session, spec: key, tags: tags), context: context
                    ).get()
                }
            ),
            (
                "CreateVolume", .volume,
                {
                    try await connector.ensureVolume(
                        EnsureRequest(
                            session: session, spec: VolumeSpec(name: tag, sizeBytes: 1 << 30, zone: zone), tags: tags),
                        context: context
                    ).get()
                }
            ),
            (
                "AllocateAddress", .publicAddress,
                {
                    try await connector.ensurePublicAddress(
                        EnsureRequest(session: session, spec: PublicAddressSpec(), tags: tags), context: context
                    ).get()
                }
            ),
        ]
        for (action, kind, call) in calls {
            try await proxy.rules(fault.rule.replacing("ACTION", with: action))
            let (resource, errors) = try await insist(call)
            let isSentOnce = action == "CreateVolume" || action == "AllocateAddress"
            #expect(isSentOnce ? errors.count == 1 : errors.count <= 1, "\(action)")
            #expect(errors.allSatisfy { fault.codes.contains($0.code) }, "\(action): \(errors)")
            #expect(try await list(session, [kind]).map(\.id) == [resource.id], "\(action)")
        }
        for (action, kind) in [
            ("DeleteSecurityGroup", Resource.Kind.securityGroup), ("DeleteKeyPair", .keyPair),
            ("DeleteVolume", .volume),
            ("ReleaseAddress", .publicAddress),
        ] {
            try await proxy.rules(fault.rule.replacing("ACTION", with: action))
            let id = try #require(try await list(session, [kind]).first?.id)
            let (outcome, errors) = try await insist {
                try await connector.delete(
                    DeleteResourceRequest(session: session, kind: kind, id: id), context: context)
            }
            #expect(outcome == .done(Empty()))
            #expect(errors.count <= 1, "\(action)")
        }
        #expect(try await list(session).isEmpty)
    }

    @Test func aSilentEndpointEndsWithTheDeadline() async throws {
        let session = try await open()
        try await proxy.rules(#"[{"action": "^DescribeInstances$", "hang": 30}]"#)
        let start = ContinuousClock.now
        do {
            _ = try await connector.describe(
                MachinesRequest(session: session, ids: ["i-00000000000000000"]), context: CallContext(deadlineMs: 500))
            Issue.record("answered")
        } catch let error as ConnectorError {
            #expect(error.code == .timeout)
        }
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test func aCancelledCallEndsAtOnce() async throws {
        let session = try await open()
        try await proxy.rules(#"[{"action": "^DescribeInstances$", "hang": 30}]"#)
        let start = ContinuousClock.now
        let task = Task {
            try await connector.describe(
                MachinesRequest(session: session, ids: ["i-00000000000000000"]), context: context)
        }
        task.cancel()
        do {
            _ = try await task.value
            Issue.record("answered")
        } catch let error as ConnectorError {
            #expect(error.code == .cancelled)
        }
        #expect(ContinuousClock.now - start < .seconds(10))
    }
}
