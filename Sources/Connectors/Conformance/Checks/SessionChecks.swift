import ConnectorAPI
import Foundation

extension ConformanceSuite {
    static let sessionChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "description.valid", title: "the description is complete and constant",
            rule: "The description names the connector ([a-z0-9-]+), its version, at least one provider type, and each "
                + "capability with a version from 1; schemas are JSON objects; it is constant.",
            isDestructive: false
        ) { run in
            let description = run.connector.description
            let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789-")
            try run.expect(
                !description.name.isEmpty && description.name.allSatisfy(allowed.contains),
                "the name '\(description.name)' is not of the form [a-z0-9-]+")
            try run.expect(!description.version.isEmpty, "the version is empty")
            try run.expect(
                !description.providerTypes.isEmpty && !description.providerTypes.contains(""),
                "there is no provider type, so no auth line finds this connector")
            for (capability, version) in description.capabilities {
                try run.expect(version >= 1, "capability '\(capability.rawValue)' has version \(version)")
            }
            for (name, schema) in [("config", description.configSchema), ("credential", description.credentialSchema)] {
                guard case .object = schema else { throw CheckEnd.failed("the \(name) schema is no JSON object") }
            }
            try run.expect(run.connector.description == description, "a second look gives another description")
        },
        ConformanceCheck(
            id: "session.unknown", title: "calls in an unknown session are refused",
            rule: "Every call but session.open names an open session; an unknown one is answered with unauthenticated.",
            isDestructive: false
        ) { run in
            let unknown = SessionID(rawValue: "no-such-session")
            let item = MachineSpec(machineID: "m", name: "m", image: "i", flavor: "f")
            try await run.expectError(.unauthenticated, what: "launch in a session that was never opened") {
                try await run.launch(unknown, [item], token: run.token())
            }
            try await run.expectError(.unauthenticated, what: "list in a session that was never opened") {
                try await run.list(unknown, tags: run.tags)
            }
        },
        ConformanceCheck(
            id: "session.bad-credentials", title: "wrong credentials are refused",
            rule: "Wrong credentials are answered with unauthenticated, at session.open or at the first call.",
            isDestructive: false
        ) { run in
            guard let bad = run.settings.badCredentials else {
                throw run.skip("no badCredentials are set")
            }
            let request = OpenSessionRequest(
                credentials: bad, endpoint: run.settings.endpoint, config: run.settings.config)
            // Opening makes cheap checks only, so the first call may be what is refused.
            try await run.expectError(.unauthenticated, .permissionDenied, what: "wrong credentials") {
                let session = try await run.connector.openSession(request, context: CallContext()).session
                return try await run.list(session, tags: run.tags)
            }
        },
        ConformanceCheck(
            id: "session.reopen", title: "an account can be opened twice",
            rule: "session.open may be called again with the same credentials; both sessions are usable.",
            isDestructive: false
        ) { run in
            let first = try await run.connector.openSession(run.openRequest(), context: CallContext())
            let second = try await run.connector.openSession(run.openRequest(), context: CallContext())
            try run.expect(
                first.account == second.account,
                "the same credentials give the accounts '\(first.account)' and '\(second.account)'")
            try await run.connector.closeSession(first.session, context: CallContext())
            if first.session != second.session { _ = try await run.list(second.session, tags: run.tags) }
        },
        ConformanceCheck(
            id: "session.close-idempotent", title: "closing a session twice is no error",
            rule: "session.close is idempotent: an unknown session is no error.", isDestructive: false
        ) { run in
            let session = try await run.open()
            for _ in 0..<2 { try await run.connector.closeSession(session, context: CallContext()) }
            try await run.connector.closeSession(SessionID(rawValue: "no-such-session"), context: CallContext())
        },
        ConformanceCheck(
            id: "session.closed", title: "a closed session is unknown", level: .should,
            rule: "session.close forgets a session: later calls in it are unauthenticated.", isDestructive: false
        ) { run in
            let session = try await run.open()
            try await run.connector.closeSession(session, context: CallContext())
            try await run.expectError(.unauthenticated, what: "list in a closed session") {
                try await run.list(session, tags: run.tags)
            }
        },
        ConformanceCheck(
            id: "secret.sentinel", title: "a password is seen nowhere",
            rule: "Credentials never appear in standard error, answers or errors.", isDestructive: false
        ) { run in
            let marker = "sentinel-\(UUID().uuidString.lowercased())"
            var heard: [String] = []
            do {
                let session = try await run.open(extra: ["password": marker, "token": marker, "sentinel": marker])
                heard.append("\(try await run.list(session, tags: run.tags))")
                heard.append("\(try await run.describe(session, ["no-such-machine"]))")
                try await run.connector.closeSession(session, context: CallContext())
            } catch {
                heard.append("\(error)")
            }
            // Also as the only credentials, which most providers refuse.
            do {
                let credentials = Credentials(["username": "nobody", "password": marker])
                let request = OpenSessionRequest(
                    credentials: credentials, endpoint: run.settings.endpoint, config: run.settings.config)
                let session = try await run.connector.openSession(request, context: CallContext()).session
                heard.append("\(try await run.list(session, tags: run.tags))")
            } catch {
                heard.append("\(error)")
            }
            for text in heard {
                try run.expect(
                    !text.contains(marker),
                    "an answer holds the password: \(text.replacingOccurrences(of: marker, with: "<the password>"))")
            }
            if let errors = run.subject.standardError?() {
                try run.expect(!errors.contains(marker), "standard error holds the password")
            }
        },
    ]

    static let catalogChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "catalog.flavors", title: "flavors have sizes and ids of their own",
            rule: "Flavor: id, name, cpuCount, memoryBytes; sizes in bytes.", needs: [.flavors], isDestructive: false
        ) { run in
            let session = try await run.open()
            let flavors = try await pages(run) {
                try await run.connector.flavors(CatalogRequest(session: session, page: $0), context: CallContext())
            }
            try run.expect(!flavors.isEmpty, "the catalog is empty")
            for flavor in flavors {
                try run.expect(flavor.cpuCount > 0, "flavor '\(flavor.id)' has \(flavor.cpuCount) CPUs")
                // Smaller than 1 MiB means another unit.
                try run.expect(
                    flavor.memoryBytes >= 1 << 20, "flavor '\(flavor.id)' has \(flavor.memoryBytes) bytes of memory")
                if let price = flavor.pricePerHour {
                    try run.expect(price.amount >= 0, "flavor '\(flavor.id)' costs \(price.amount)")
                }
            }
            // One size may come once per architecture.
            let keys = flavors.map { "\($0.id)/\($0.architecture ?? "")" }
            try run.expect(Set(keys).count == keys.count, "two flavors have the same id and architecture")
        },
        ConformanceCheck(
            id: "catalog.images", title: "images have ids of their own and can be asked for",
            rule: "Image: id, uri, name. CatalogRequest.ids: ids or URLs that the answer must contain if they exist.",
            needs: [.images], isDestructive: false
        ) { run in
            let session = try await run.open()
            let images = try await pages(run) {
                try await run.connector.images(CatalogRequest(session: session, page: $0), context: CallContext())
            }
            try run.expect(Set(images.map(\.id)).count == images.count, "two images have the same id")
            guard let first = images.first else { return }
            for name in [first.id, first.uri] {
                let found = try await run.connector.images(
                    CatalogRequest(session: session, ids: [name]), context: CallContext()
                ).items
                try run.expect(
                    found.contains { $0.id == first.id }, "asked for '\(name)' alone the catalog does not contain it")
            }
        },
    ]

    /// All pages of a catalog.
    private static func pages<Item>(
        _ run: CheckRun, _ call: (String?) async throws -> Page<Item>
    ) async throws -> [Item] {
        var found: [Item] = []
        var page: String?
        for _ in 0..<10_000 {
            let answer = try await call(page)
            found += answer.items
            guard let next = answer.next else { return found }
            try run.expect(next != page, "the page '\(next)' follows itself")
            page = next
        }
        throw CheckEnd.failed("the catalog does not end after 10,000 pages")
    }
}
