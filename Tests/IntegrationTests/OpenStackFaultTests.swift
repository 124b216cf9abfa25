import ConnectorAPI
import HTTPTransport
import OpenStack
import Testing

/// What a distant, busy cloud does to requests, one fault at a time: after each, the call made again ends as asked, and
/// nothing is there twice.
@Suite(
    "OpenStack connector under faults", .enabled(if: OpenStackEndpoint.isNamed), .serialized, .timeLimit(.minutes(20)))
struct OpenStackFaultTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        var name: String
        var rule: String
        var codes: Set<ConnectorError.Code>
        var testDescription: String { name }

        static let all = [
            Fault(name: "answer lost after the act", rule: #""reset": "after""#, codes: [.timeout]),
            Fault(name: "reset before the act", rule: #""reset": "before""#, codes: [.timeout, .unavailable]),
            Fault(
                name: "throttled", rule: #""status": 429, "style": "openstack", "retry_after": 2"#,
                codes: [.throttled]),
            Fault(name: "unavailable", rule: #""status": 503, "style": "openstack""#, codes: [.unavailable]),
            Fault(name: "broken gateway", rule: #""status": 502, "style": "plain""#, codes: [.timeout, .unavailable]),
        ]
    }

    private let nova: ChaosProxy
    private let neutron: ChaosProxy
    private let direct: OpenStackEndpoint.Direct

    init() async throws {
        direct = try await OpenStackEndpoint.Direct()
        nova = try ChaosProxy(to: direct.url("compute"))
        neutron = try ChaosProxy(to: direct.url("network"))
    }

    /// A session whose requests to Nova and Neutron go through the proxies.
    private func bench() async throws -> OpenStackBench {
        try await OpenStackBench(config: [
            "base_url": .string("\(nova.url)/v2.1"), "network_url": .string(neutron.url),
        ])
    }

    private static func rule(_ fault: Fault, _ method: String, _ path: String) -> String {
        #"[{"method": "^\#(method)$", "path": "\#(path)", "first": 1, \#(fault.rule)}]"#
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

    @Test(arguments: Fault.all, ["servers", "ports", "floatingips"])
    func aLaunchIsNeverDoubled(_ fault: Fault, _ what: String) async throws {
        let bench = try await bench()
        let items = bench.specs(2, public: true)
        let proxy = what == "servers" ? nova : neutron
        try await proxy.rules(Self.rule(fault, "POST", "/\(what)$"))
        let first = try await bench.launch(items)
        let errors = first.compactMap { outcome in if case .failed(let error) = outcome { error } else { nil } }
        #expect(errors.count == (what == "ports" ? 2 : 1))
        #expect(errors.allSatisfy { fault.codes.contains($0.code) }, "\(errors)")
        if fault.name == "throttled" { #expect(errors.allSatisfy { $0.retryAfterMs == 2_000 }) }
        #expect(try await proxy.faults() == 1)
        let second = try await bench.launch(items).map { try $0.get() }
        #expect(second.map(\.machineID) == items.map(\.machineID))
        for (before, after) in zip(first, second) {
            if case .done(let machine) = before { #expect(machine.id == after.id) }
        }
        #expect(Set(try await bench.list([.machine]).map(\.id)) == Set(second.map(\.id)))
        // Ending them under the same fault.
        try await nova.rules(Self.rule(fault, "DELETE", "/servers/"))
        let request = MachinesRequest(session: bench.session, ids: second.map(\.id))
        var ended = try await bench.connector.terminate(request, context: bench.context)
        if ended.contains(where: { $0 != .done(Empty()) }) {
            ended = try await bench.connector.terminate(request, context: bench.context)
        }
        #expect(ended == [.done(Empty()), .done(Empty())])
        try await bench.clean()
        #expect(try await direct.lasting(of: bench.tag).isEmpty)
    }

    @Test(arguments: Fault.all)
    func resourcesAreNeverDoubled(_ fault: Fault) async throws {
        let bench = try await bench()
        let spec = SecurityGroupSpec(
            name: bench.tag, description: "test", rules: [.init(transport: .tcp, fromPort: 22, toPort: 22)])
        let key = KeyPairSpec(
            name: bench.tag,
            publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJhgVwy+hvSvfmSkFDEw8D6/Qtdnvv8Vxm6KqhVIiNvB t")
        let calls: [(ChaosProxy, String, Resource.Kind, () async throws -> Resource)] = [
            (
                neutron, "/security-groups$", .securityGroup,
                {
                    try await bench.connector.ensureSecurityGroup(
                        EnsureRequest(session: bench.session, spec: spec, tags: bench.tags), context: bench.context
                    ).get()
                }
            ),
            (
                nova, "/os-keypairs$", .keyPair,
                {
                    try await bench.connector.ensureKeyPair(
                        EnsureRequest(session: bench.session, spec: key, tags: bench.tags), context: bench.context
                    ).get()
                }
            ),
            (
                neutron, "/floatingips$", .publicAddress,
                {
                    try await bench.connector.ensurePublicAddress(
                        EnsureRequest(session: bench.session, spec: .init(), tags: bench.tags), context: bench.context
                    ).get()
                }
            ),
        ]
        for (proxy, path, kind, call) in calls {
            try await proxy.rules(Self.rule(fault, "POST", path))
            let (resource, errors) = try await insist(call)
            #expect(errors.count == 1, "\(path): \(errors)")
            #expect(errors.allSatisfy { fault.codes.contains($0.code) }, "\(path): \(errors)")
            #expect(try await call().id == resource.id)
            #expect(try await bench.list([kind]).map(\.id) == [resource.id], "\(path)")
            try await proxy.rules(Self.rule(fault, "DELETE", path.replacing("$", with: "/")))
            let (outcome, refusals) = try await insist {
                try await bench.connector.delete(
                    DeleteResourceRequest(session: bench.session, kind: kind, id: resource.id), context: bench.context)
            }
            #expect(outcome == .done(Empty()))
            #expect(refusals.count <= 1, "\(path)")
        }
        #expect(try await bench.list().isEmpty)
        #expect(try await direct.lasting(of: bench.tag).isEmpty)
    }

    @Test func aTokenThatIsRefusedOnceIsRenewed() async throws {
        let bench = try await bench()
        try await nova.rules(#"[{"path": "/servers", "first": 1, "status": 401, "style": "openstack"}]"#)
        #expect(try await bench.list([.machine]).isEmpty)
        #expect(try await nova.faults() == 1)
    }

    @Test func aSlowCloudEndsWithTheDeadline() async throws {
        let bench = try await bench()
        try await nova.rules(#"[{"path": "/servers", "delay": 30}]"#)
        let start = ContinuousClock.now
        let error = await #expect(throws: ConnectorError.self) {
            try await bench.connector.describe(
                MachinesRequest(session: bench.session, ids: ["00000000-0000-0000-0000-000000000000"]),
                context: CallContext(deadlineMs: 500))
        }
        #expect(error?.code == .timeout)
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test func aCancelledCallEndsAtOnce() async throws {
        let bench = try await bench()
        try await nova.rules(#"[{"path": "/servers", "hang": 30}]"#)
        let start = ContinuousClock.now
        let task = Task {
            try await bench.connector.describe(
                MachinesRequest(session: bench.session, ids: ["00000000-0000-0000-0000-000000000000"]),
                context: bench.context)
        }
        task.cancel()
        let error = await #expect(throws: ConnectorError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(ContinuousClock.now - start < .seconds(10))
    }
}
