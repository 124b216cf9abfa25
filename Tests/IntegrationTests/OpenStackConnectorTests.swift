import ConnectorAPI
import Foundation
import HTTPTransport
import OpenStack
import Testing

/// The connector against a whole control plane of OpenStack.
@Suite("OpenStack connector", .enabled(if: OpenStackEndpoint.isNamed), .serialized, .timeLimit(.minutes(10)))
struct OpenStackConnectorTests {
    @Test func fromNothingToNothing() async throws {
        let bench = try await OpenStackBench()
        let connector = bench.connector
        let group = try await connector.ensureSecurityGroup(
            EnsureRequest(
                session: bench.session,
                spec: SecurityGroupSpec(
                    name: bench.tag, description: "test",
                    rules: [
                        .init(transport: .tcp, fromPort: 22, toPort: 22),
                        .init(transport: .icmp, fromPort: 0, toPort: 0),
                    ]), tags: bench.tags), context: bench.context
        ).get()
        let pair = try await connector.ensureKeyPair(
            EnsureRequest(
                session: bench.session,
                spec: KeyPairSpec(
                    name: bench.tag,
                    publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJhgVwy+hvSvfmSkFDEw8D6/Qtdnvv8Vxm6KqhVIiNvB t"),
                tags: bench.tags), context: bench.context
        ).get()
        var items = bench.specs(2, public: true, groups: [group.id])
        for index in items.indices {
            items[index].keyPair = pair.id
            items[index].userData = Data("#cloud-config\n".utf8)
        }
        items[1].interfaces[0].public = false
        let made = try await bench.launch(items).map { try $0.get() }
        let first = try await bench.wait(made[0].id, "the first machine's running") {
            $0.state == .running && $0.addresses.contains { $0.public }
        }
        let second = try await bench.wait(made[1].id, "the second machine's running") { $0.state == .running }
        #expect(first.machineID == items[0].machineID)
        #expect(first.addresses.count == 2)
        #expect(second.addresses.count == 1 && second.addresses.allSatisfy { !$0.public })
        #expect(first.flavor == bench.flavors.first?.id)
        #expect(try await bench.launch(items).map { try $0.get().id } == made.map(\.id))
        // Ports and addresses go with their machines and are not listed beside them.
        #expect(Set(try await bench.list().map(\.kind)) == [.machine, .securityGroup, .keyPair])

        let gone = try await connector.terminate(
            MachinesRequest(session: bench.session, ids: made.map(\.id)), context: bench.context)
        #expect(gone == [.done(Empty()), .done(Empty())])
        try await bench.clean()
        #expect(try await OpenStackEndpoint.Direct().lasting(of: bench.tag).isEmpty)
    }

    @Test func resizedStoppedStartedAndCopied() async throws {
        let bench = try await OpenStackBench()
        let connector = bench.connector
        let id = try await bench.launch(bench.specs(1))[0].get().id
        _ = try await bench.wait(id, "running") { $0.state == .running }
        let request = MachinesRequest(session: bench.session, ids: [id])
        for _ in 0..<2 {
            _ = try await connector.stop(request, context: bench.context)[0].get()
            _ = try await bench.wait(id, "stopping") { $0.state == .stopped }
        }
        _ = try await connector.start(request, context: bench.context)[0].get()
        _ = try await bench.wait(id, "starting") { $0.state == .running }
        let larger = bench.flavors[1].id
        let resized = try await bench.finish(
            try await connector.resize(
                ResizeRequest(session: bench.session, id: id, flavor: larger), context: bench.context)
        ) { $0.machine }
        #expect(resized.flavor == larger)
        let wanted = SnapshotRequest(session: bench.session, id: id, disk: 0, name: bench.tag, tags: bench.tags)
        let image = try await bench.finish(try await connector.snapshot(wanted, context: bench.context)) { $0.image }
        #expect(try await connector.snapshot(wanted, context: bench.context).get().id == image.id)
        let volume = try await bench.finish(
            try await connector.ensureVolume(
                EnsureRequest(
                    session: bench.session, spec: VolumeSpec(name: bench.tag, sizeBytes: 1 << 30, machine: id),
                    tags: bench.tags), context: bench.context)
        ) { $0.resource }
        #expect(volume.kind == .volume)
        let quotas = try await connector.quotas(CatalogRequest(session: bench.session), context: bench.context).items
        #expect(quotas.first { $0.name == "instances" }.map { $0.used > 0 } == true)
        _ = try await connector.delete(
            DeleteResourceRequest(session: bench.session, kind: .image, id: image.id), context: bench.context)
        try await bench.clean()
        #expect(try await OpenStackEndpoint.Direct().lasting(of: bench.tag).isEmpty)
    }

    @Test func aMachineThatCannotBePlacedSaysWhy() async throws {
        let bench = try await OpenStackBench()
        var items = bench.specs(1)
        items[0].zone = "no-such-zone"
        let outcome = try await bench.launch(items)[0]
        guard case .failed(let error) = outcome else { return #expect(Bool(false), "\(outcome)") }
        #expect(error.code == .invalidArgument)
        #expect(error.provider?.requestID?.hasPrefix("req-") == true)
        try await bench.clean()
        #expect(try await OpenStackEndpoint.Direct().lasting(of: bench.tag).isEmpty)
    }

    // MARK: - Credentials

    @Test func anApplicationCredentialThatIsRevoked() async throws {
        let direct = try await OpenStackEndpoint.Direct()
        let name = "test-\(UUID().uuidString)"
        let made = try await direct.send(
            .post, "identity", "users/\(direct.user)/application_credentials",
            ["application_credential": ["name": .string(name)]])["application_credential"]
        let id = made?["id"]?.stringValue ?? ""
        let bench = try await OpenStackBench()
        let request = OpenStackEndpoint.request([
            "auth_version": "3.x_appcred", "username": id, "password": made?["secret"]?.stringValue ?? "", "tenant": "",
        ])
        let opened = try await bench.connector.openSession(request, context: bench.context)
        #expect(opened.account == bench.account)
        _ = try await bench.connector.networks(CatalogRequest(session: opened.session), context: bench.context)
        _ = try await direct.send(.delete, "identity", "users/\(direct.user)/application_credentials/\(id)")
        let again = await #expect(throws: ConnectorError.self) {
            try await bench.connector.openSession(request, context: bench.context)
        }
        #expect(again?.code == .unauthenticated || again?.code == .notFound, "\(String(describing: again))")
        #expect(again?.message.contains(id) == true)
    }

    @Test(arguments: [
        (["password": "marker-4711"], "check username, password and domain"),
        (["username": "nobody"], "check username, password and domain"),
        (["tenant": "no-such-project"], "may not work in project 'no-such-project'"),
        (["tenant": "alt"], "may not work in project 'alt'"),
    ])
    func wrongCredentials(_ change: [String: String], _ words: String) async throws {
        let connector = OpenStackConnector(http: try CurlClient(options: .init(proxy: .none)))
        let error = await #expect(throws: ConnectorError.self) {
            try await connector.openSession(
                OpenStackEndpoint.request(change), context: CallContext(deadlineMs: 60_000))
        }
        #expect(error?.code == .unauthenticated)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("marker-4711") == false)
    }
}
