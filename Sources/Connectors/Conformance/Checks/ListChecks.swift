import ConnectorAPI
import Foundation

extension ConformanceSuite {
    static let listChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "list.tags", title: "machines are found by all of their tags",
            rules: ["R1", "L4"],
            mend: "Give machines the tags of the request when they are made, and filter by all of them; put "
                + "the machine into `machine`.",
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
            rules: ["L4", "R1"],
            mend: "Put the token on each machine under the tag gantry:batch, in the request that makes it.",
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
            rules: ["L5"],
            mend: "Give each machine the tags of its item beside those of the request.", except: [.existingMachines]
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
            rules: ["R3"],
            mend: "Hand the provider's own marker on as `next`, and leave it out on the last page.",
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
            rules: ["R1"],
            mend: "Filter by all of the tags; no match is an empty list, not everything.", isDestructive: false
        ) { run in
            let session = try await run.open()
            let found = try await run.list(session, tags: ["gantry-conformance": UUID().uuidString])
            try run.expect(found.isEmpty, "tags that nothing carries find \(found.map(\.id))")
        },
        ConformanceCheck(
            id: "list.kinds", title: "only the kinds that are asked for are listed",
            rules: ["R2"],
            mend: "Leave out what is not among `kinds`; without `kinds` give everything.",
            except: [.existingMachines]
        ) { run in
            let session = try await run.open()
            let id = try await run.machines(session, 1)[0].id
            let others = try await run.list(session, tags: run.tags, kinds: [.image, .keyPair])
            try run.expect(
                others.allSatisfy { $0.kind == .image || $0.kind == .keyPair },
                "asked for images and key pairs, the list has \(others.map { $0.kind.rawValue })")
            let all = try await run.list(session, tags: run.tags)
            try run.expect(all.contains { $0.id == id }, "without kinds, the list lacks the machine '\(id)'")
            let order = all.map { $0.kind == .machine }
            try run.expect(
                order == order.sorted { $0 && !$1 }, "machines do not come first: \(all.map { $0.kind.rawValue })")
        },
    ]

    static let resourceChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "ensure.security-group", title: "a security group is made once and deleted twice",
            rules: ["O5", "O6"],
            mend: "Look for the group by its tags first; \"not found\" at deletion is done.",
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
            rules: ["O5", "O6"],
            mend: "Look for the key by its tags, or by a name that is made of them; \"not found\" at deletion "
                + "is done.",
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
            rules: ["O5", "O6"],
            mend: "Look for the network by its tags first; \"not found\" at deletion is done.",
            needs: [.networks]
        ) { run in
            try await ensured(run, .network) { session in
                let spec = NetworkSpec(
                    name: "check-\(run.tags["gantry-conformance"]?.prefix(8) ?? "")", cidr: "10.99.0.0/24")
                return try await run.connector.ensureNetwork(
                    EnsureRequest(session: session, spec: spec, tags: run.tags), context: CallContext())
            }
        },
        ConformanceCheck(
            id: "ensure.equal", title: "a security group is made equal to what is asked for",
            rules: ["O5"],
            mend: "Compare the rules of the group that was found with those of the request: add and remove.",
            needs: [.securityGroups]
        ) { run in
            let session = try await run.open()
            var spec = SecurityGroupSpec(
                name: "check-\(run.tags["gantry-conformance"]?.prefix(8) ?? "")", description: "conformance check",
                rules: [.init(transport: .tcp, fromPort: 22, toPort: 22)])
            var ids: [String] = []
            let sets: [[SecurityGroupSpec.Rule]] = [
                spec.rules, spec.rules + [.init(transport: .udp, fromPort: 53, toPort: 53)], [], spec.rules,
            ]
            for rules in sets {
                spec.rules = rules
                let outcome = try await run.connector.ensureSecurityGroup(
                    EnsureRequest(session: session, spec: spec, tags: run.tags), context: CallContext())
                ids.append(
                    try await run.finish(session, outcome, "ensure with \(rules.count) rules") { $0.resource }.id)
            }
            try run.expect(Set(ids).count == 1, "other rules under the same tags gave \(ids)")
        },
        ConformanceCheck(
            id: "ensure.volume", title: "a volume is made once and deleted twice",
            rules: ["O5", "O6"],
            mend: "Look for the volume by its tags first; \"not found\" at deletion is done.",
            needs: [.volumes]
        ) { run in
            try await ensured(run, .volume) { session in
                let spec = VolumeSpec(
                    name: "check-\(run.tags["gantry-conformance"]?.prefix(8) ?? "")", sizeBytes: 1 << 30)
                return try await run.connector.ensureVolume(
                    EnsureRequest(session: session, spec: spec, tags: run.tags), context: CallContext())
            }
        },
        ConformanceCheck(
            id: "ensure.public-address", title: "a public address is taken once and given back twice",
            rules: ["O5", "O6"],
            mend: "Look for the address by its tags first; \"not found\" at deletion is done.",
            needs: [.publicAddresses]
        ) { run in
            try await ensured(run, .publicAddress) { session in
                try await run.connector.ensurePublicAddress(
                    EnsureRequest(session: session, spec: PublicAddressSpec(), tags: run.tags), context: CallContext())
            }
        },
        ConformanceCheck(
            id: "image.upload", title: "an image is taken once for one digest",
            rules: ["O8"],
            mend: "Look for an image with this digest before uploading.",
            needs: [.imageUpload, .imageDelete]
        ) { run in
            let path = NSTemporaryDirectory() + "connector-check-\(UUID().uuidString).raw"
            guard FileManager.default.createFile(atPath: path, contents: Data(count: 1 << 20)) else {
                throw run.skip("'\(path)' cannot be written")
            }
            defer { try? FileManager.default.removeItem(atPath: path) }
            let session = try await run.open()
            let request = UploadImageRequest(
                session: session, name: "check-\(run.tags["gantry-conformance"]?.prefix(8) ?? "")",
                source: BulkLocation(path: path),
                // Of 1 MiB of zeros.
                sha256: "30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58", format: "raw",
                tags: run.tags)
            var ids: Set<String> = []
            for round in 1...2 {
                let outcome = try await run.connector.uploadImage(request, context: CallContext())
                ids.insert(try await run.finish(session, outcome, "upload, round \(round)") { $0.image }.id)
            }
            try run.expect(ids.count == 1, "two uploads of one digest gave \(ids.sorted())")
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
