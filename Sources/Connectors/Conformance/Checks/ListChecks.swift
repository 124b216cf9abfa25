import ConnectorAPI
import Foundation

extension ConformanceSuite {
    static let listChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "list.tags", title: "machines are found by all of their tags",
            rule: "resource.list: everything that carries all of the tags; a machine comes with its launch identity.",
            except: [.existingMachines]
        ) { run in
            let session = try await run.open()
            let machines = try await run.machines(session, 2)
            let found = try await run.list(session, tags: run.tags, kinds: [.machine])
            try run.expect(
                Set(found.map(\.id)) == Set(machines.map(\.id)),
                "the list has \(found.map(\.id)) instead of \(machines.map(\.id))")
            for resource in found {
                try run.expect(resource.kind == .machine, "'\(resource.id)' is a \(resource.kind.rawValue)")
                for (key, value) in run.tags {
                    try run.expect(
                        resource.tags[key] == value, "'\(resource.id)' is listed without its tag \(key)=\(value)")
                }
                guard let machine = resource.machine else {
                    throw CheckEnd.failed("'\(resource.id)' is listed without its machine")
                }
                try run.expect(
                    machines.contains { $0.id == machine.id && $0.machineID == machine.machineID },
                    "'\(resource.id)' is listed with the machineID '\(machine.machineID ?? "none")'")
            }
            var other = run.tags
            other["gantry-check"] = "another"
            let wrong = try await run.list(session, tags: other)
            try run.expect(wrong.isEmpty, "tags of which one differs find \(wrong.map(\.id))")
        },
        ConformanceCheck(
            id: "list.batch", title: "machines are found by the token of their launch",
            rule:
                "The connector puts the batch token on every machine under the tag \(LaunchRequest.batchTag), so that "
                + "the host finds what a launch made whose answer it never got.",
            except: [.existingMachines]
        ) { run in
            let session = try await run.open()
            let items = try await run.specs(session, 3)
            let token = run.token()
            let first = try await ids(run, try await run.launch(session, [items[0], items[1]], token: token))
            _ = try await ids(run, try await run.launch(session, [items[2]], token: run.token()))
            var tags = run.tags
            tags[LaunchRequest.batchTag] = token
            let found = try await run.list(session, tags: tags, kinds: [.machine])
            try run.expect(
                Set(found.map(\.id)) == Set(first), "the token finds \(found.map(\.id)) instead of \(first)")
            for resource in found {
                let known = items.contains { $0.machineID == resource.machine?.machineID }
                try run.expect(known, "'\(resource.id)' is listed without the host's id of it")
            }
        },
        ConformanceCheck(
            id: "list.item-tags", title: "tags of one machine are kept beside those of the batch", level: .should,
            rule: "MachineSpec.tags: tags of this machine beside those of the batch.", except: [.existingMachines]
        ) { run in
            let session = try await run.open()
            var items = try await run.specs(session, 2)
            items[1].tags = ["gantry-conformance-item": "second"]
            let ids = try await ids(run, try await run.launch(session, items, token: run.token()))
            var tags = run.tags
            tags["gantry-conformance-item"] = "second"
            let found = try await run.list(session, tags: tags, kinds: [.machine]).map(\.id)
            try run.expect(found == [ids[1]], "the tag of the second machine finds \(found) instead of \([ids[1]])")
        },
        ConformanceCheck(
            id: "list.paging", title: "a list ends and has nothing twice",
            rule: "Paged: {items, next?}; next is given back for the following page and absent on the last one.",
            except: [.existingMachines]
        ) { run in
            let session = try await run.open()
            let machines = try await run.machines(session, run.settings.machines)
            let found = try await run.list(session, tags: run.tags, kinds: [.machine])
            try run.expect(
                found.count == machines.count && Set(found.map(\.id)) == Set(machines.map(\.id)),
                "\(found.count) entries (\(Set(found.map(\.id)).count) different) for \(machines.count) machines")
        },
        ConformanceCheck(
            id: "list.unknown-tags", title: "unknown tags find nothing",
            rule: "resource.list: everything that carries all of the tags.", isDestructive: false
        ) { run in
            let session = try await run.open()
            let found = try await run.list(session, tags: ["gantry-conformance": UUID().uuidString])
            try run.expect(found.isEmpty, "tags that nothing carries find \(found.map(\.id))")
        },
    ]

    static let resourceChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "ensure.security-group", title: "a security group is made once and deleted twice",
            rule: "ensure = return what is there under these tags, else create it; resource.delete succeeds when it is "
                + "already gone.",
            needs: [.securityGroups]
        ) { run in
            try await ensured(run, .securityGroup) { session in
                let spec = SecurityGroupSpec(
                    name: "check-\(run.tags["gantry-conformance"]?.prefix(8) ?? "")", description: "conformance check",
                    rules: [.init(transport: .tcp, fromPort: 22, toPort: 22)])
                return try await run.connector.ensureSecurityGroup(
                    EnsureRequest(session: session, spec: spec, tags: run.tags), context: CallContext())
            }
        },
        ConformanceCheck(
            id: "ensure.key-pair", title: "a key pair is made once and deleted twice",
            rule: "ensure = return what is there under these tags, else create it; resource.delete succeeds when it is "
                + "already gone.",
            needs: [.keyPairs]
        ) { run in
            let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDsH0n4pZ9P3oNqS0nvf6gq0dWqv0m8n9m3k1m0Q2b7T check"
            try await ensured(run, .keyPair) { session in
                let spec = KeyPairSpec(
                    name: "check-\(run.tags["gantry-conformance"]?.prefix(8) ?? "")", publicKey: key)
                return try await run.connector.ensureKeyPair(
                    EnsureRequest(session: session, spec: spec, tags: run.tags), context: CallContext())
            }
        },
        ConformanceCheck(
            id: "ensure.network", title: "a network is made once and deleted twice",
            rule: "ensure = return what is there under these tags, else create it; resource.delete succeeds when it is "
                + "already gone.",
            needs: [.networks]
        ) { run in
            try await ensured(run, .network) { session in
                let spec = NetworkSpec(
                    name: "check-\(run.tags["gantry-conformance"]?.prefix(8) ?? "")", cidr: "10.99.0.0/24")
                return try await run.connector.ensureNetwork(
                    EnsureRequest(session: session, spec: spec, tags: run.tags), context: CallContext())
            }
        },
    ]

    private static func ensured(
        _ run: CheckRun, _ kind: Resource.Kind, _ ensure: (SessionID) async throws -> Outcome<Resource>
    ) async throws {
        let session = try await run.open()
        var ids: Set<String> = []
        for round in 1...3 {
            let outcome: Outcome<Resource>
            do {
                outcome = try await ensure(session)
            } catch let error as ConnectorError where round == 1 && error.code == .unsupported {
                throw run.skip("lists them but does not make them")
            }
            let resource = try await run.finish(session, outcome, "ensure, round \(round)") { $0.resource }
            try run.expect(resource.kind == kind, "ensure gave a \(resource.kind.rawValue)")
            ids.insert(resource.id)
        }
        try run.expect(ids.count == 1, "three times ensure gave \(ids.sorted())")
        let listed = try await run.list(session, tags: run.tags, kinds: [kind]).map(\.id)
        try run.expect(Set(listed) == ids, "the list by its tags has \(listed) instead of \(ids.sorted())")
        for id in ids {
            for round in 1...2 {
                let outcome = try await run.connector.delete(
                    DeleteResourceRequest(session: session, kind: kind, id: id), context: CallContext())
                _ = try run.done(outcome, "deleting '\(id)', round \(round)")
            }
        }
        let left = try await run.list(session, tags: run.tags, kinds: [kind]).map(\.id)
        try run.expect(left.isEmpty, "after its deletion the list has \(left)")
    }
}
