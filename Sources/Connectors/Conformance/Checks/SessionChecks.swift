import ConnectorAPI

extension ConformanceSuite {
    static let sessionChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "description.valid", title: "the description is complete and constant",
            rules: ["D1"],
            mend: "Compare what `describe` prints with the example of the page, member by member.",
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
            rules: ["S1"],
            mend: "Look the session up before anything else; unknown: `unauthenticated`.",
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
            rules: ["S2"],
            mend: "Make one cheap request at session.open, and map the provider's refusal to "
                + "`unauthenticated`.",
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
            rules: ["S4", "S3"],
            mend: "Give each session.open a session of its own, and name the account by what is the same for "
                + "all its keys.",
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
            rules: ["S5"],
            mend: "Remove the session if it is there, and answer {} in any case.", isDestructive: false
        ) { run in
            let session = try await run.open()
            for _ in 0..<2 { try await run.connector.closeSession(session, context: CallContext()) }
            try await run.connector.closeSession(SessionID(rawValue: "no-such-session"), context: CallContext())
        },
        ConformanceCheck(
            id: "session.closed", title: "a closed session is unknown", level: .should,
            rules: ["S6"],
            mend: "Remove the session from the table at session.close.", isDestructive: false
        ) { run in
            let session = try await run.open()
            try await run.connector.closeSession(session, context: CallContext())
            try await run.expectError(.unauthenticated, what: "list in a closed session") {
                try await run.list(session, tags: run.tags)
            }
        },
        ConformanceCheck(
            id: "session.account", title: "the account has a name that is no secret",
            rules: ["S3"],
            mend: "Answer the provider's own number or name of the account, such as that of a project.",
            isDestructive: false
        ) { run in
            let request = run.openRequest()
            let opened = try await run.connector.openSession(request, context: CallContext())
            try run.expect(!opened.account.isEmpty, "the account has no name")
            for key in request.credentials.keys where key.lowercased().contains("password") {
                try run.expect(
                    opened.account != request.credentials[key], "the account is named by the credential '\(key)'")
            }
            if let expiry = opened.expiresAfterMs {
                try run.expect(expiry > 0, "the session is over after \(expiry) ms")
            }
        },
        ConformanceCheck(
            id: "session.many", title: "sessions at the same time do not disturb each other",
            rules: ["S4", "G4"],
            mend: "Keep what belongs to one session in that session.",
            isDestructive: false
        ) { run in
            let sessions = try await withThrowingTaskGroup(of: SessionID.self) { group in
                for _ in 0..<5 { group.addTask { try await run.open() } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for session in sessions.dropLast() {
                try await run.connector.closeSession(session, context: CallContext())
            }
            // Connectors may give the same session to the same credentials as long as all of them work.
            if let last = sessions.last, !sessions.dropLast().contains(last) {
                _ = try await run.list(last, tags: run.tags)
            }
        },
    ]
}
