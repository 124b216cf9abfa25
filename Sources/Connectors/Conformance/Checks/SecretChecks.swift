import ConnectorAPI
import Foundation

extension ConformanceSuite {
    static let secretChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "secret.sentinel", title: "a password is seen nowhere",
            rules: ["X1"],
            mend: "Search for where requests or exceptions are printed or put into messages, and leave out "
                + "headers and bodies.", isDestructive: false
        ) { run in
            let marker = "sentinel-\(UUID().uuidString.lowercased())"
            var heard: [String] = []
            // Secrets by their names, and those that the connector calls so and that are not given to it.
            let declared = Transcript.secretFields(run.connector.description.credentialSchema)
            let given = declared.compactMap { run.settings.credentials[$0] }.filter { $0.utf8.count >= 8 }
            var extra = ["password": marker, "token": marker, "sentinel": marker]
            for name in declared where run.settings.credentials[name] == nil { extra[name] = marker }
            do {
                let session = try await run.open(extra: extra)
                heard.append(Transcript.json(try await run.list(session, tags: run.tags)))
                heard.append(Transcript.json(try await run.describe(session, ["no-such-machine"])))
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
                heard.append(Transcript.json(try await run.list(session, tags: run.tags)))
            } catch {
                heard.append("\(error)")
            }
            for text in heard {
                try run.expect(
                    !text.contains(marker),
                    "an answer holds the password: \(text.replacingOccurrences(of: marker, with: "<the password>"))")
            }
            if let errors = run.subject.standardError?() {
                try run.expect(
                    !([marker] + given).contains(where: errors.contains), "standard error holds the password")
            }
        },
        ConformanceCheck(
            id: "secret.arguments", title: "a password is in no command line",
            rules: ["X2"],
            mend: "Give credentials to programs on their standard input or in an anonymous file descriptor, such as "
                + "`curl --config -`.",
            facilities: [.dialogue], isDestructive: false
        ) { run in
            let marker = "sentinel-\(UUID().uuidString.lowercased())"
            var request = run.openRequest(extra: ["sentinel": marker])
            let own = request.credentials["password"]
            if own == nil { request = run.openRequest(extra: ["sentinel": marker, "password": marker]) }
            let secrets = [marker] + [own].compactMap { $0 }.filter { $0.utf8.count >= 8 }
            let params = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(request))
            let tags = JSONValue.object(run.tags.mapValues { .string($0) })
            try await run.talk { talk in
                let wire = talk.wire
                // Looks at what runs for as long as the conversation lasts.
                let watch = Task { () -> String? in
                    while !Task.isCancelled {
                        let found = wire.commandLines.first { line in secrets.contains { line.contains($0) } }
                        if let found { return found }
                        try? await Task.sleep(for: .milliseconds(2))
                    }
                    return nil
                }
                defer { watch.cancel() }
                try await talk.initialize()
                try await talk.send(talk.request(2, "session.open", params), shown: "session.open {…}")
                let opened = try await talk.answer(2, to: "session.open")
                if let session = opened["result"]?["session"] {
                    try await talk.send(talk.request(3, "resource.list", ["session": session, "tags": tags]))
                    _ = try await talk.answer(3, to: "resource.list")
                }
                watch.cancel()
                if var line = await watch.value {
                    for secret in secrets { line = line.replacingOccurrences(of: secret, with: "<the password>") }
                    throw CheckEnd.failed("a process has the password in its arguments: \(line.prefix(300))")
                }
            }
        },
    ]
}
