import ConnectorAPI
import ConnectorHost
import Foundation
import Glibc
import Logging
import Synchronization
import Testing

@Suite struct ProcessConnectorTests {
    @Test func theDummyWorksAsAProcess() async throws {
        try await withConnector(dummyCommand) { connector in
            #expect(connector.description.name == "dummy")
            #expect(connector.description.capabilities[.flavors] == 1)
            let session = try await connector.open()
            let ids = try await connector.launch(session, specs(3)).ids
            #expect(try await connector.describe(session, ids).map { try $0.get().machineID } == ["m0", "m1", "m2"])
            #expect(try await connector.list(session).count == 3)
            let error = await #expect(throws: ConnectorError.self) { try await connector.launch(session, specs(2)) }
            #expect(error?.code == .alreadyExists)
            _ = try await connector.terminate(session, ids)
            #expect(try await connector.list(session).isEmpty)
            try await connector.closeSession(session, context: noContext)
            try await connector.closeSession(session, context: noContext)
        }
    }

    @Test func manyCallsAtOnce() async throws {
        try await withConnector(dummyCommand) { connector in
            let session = try await connector.open()
            try await withThrowingTaskGroup(of: [Outcome<Machine>].self) { group in
                for index in 0..<200 {
                    group.addTask { try await connector.launch(session, token: "t\(index)", specs(2)) }
                }
                for try await outcomes in group { #expect(outcomes.count == 2) }
            }
            #expect(try await connector.list(session).count == 400)
        }
    }

    @Test func largeMessagesGoThrough() async throws {
        try await withConnector(dummyCommand) { connector in
            let session = try await connector.open()
            var items = specs(200)
            for index in items.indices { items[index].userData = Data(repeating: 65, count: 16_000) }
            #expect(try await connector.launch(session, items).ids.count == 200)
            for index in items.indices { items[index].userData = Data(repeating: 65, count: 100_000) }
            let error = await #expect(throws: ConnectorError.self) {
                try await connector.launch(session, token: "large", items)
            }
            #expect(error?.code == .invalidArgument)
        }
    }

    // MARK: Crashes

    @Test func aLostAnswerIsACrashAndTheSameTokenFindsTheMachines() async throws {
        let folder = try TemporaryFolder()
        try await withConnector(dummyCommand) { connector in
            let session = try await connector.open([
                "stateFile": .string(folder.file("cloud")),
                "faults": [["call": "machine.launch", "dieAfter": true]],
            ])
            let first = connector.processID
            let error = await #expect(throws: ConnectorError.self) { try await connector.launch(session, specs(3)) }
            #expect(error?.code == .pluginCrashed)
            #expect(error?.message.contains("signal 9") == true)
            // The same session, opened anew behind the scenes.
            let ids = try await connector.launch(session, specs(3)).ids
            #expect(ids.count == 3)
            #expect(try await connector.list(session).map(\.id) == ids)
            #expect(connector.processID != first)
        }
    }

    @Test func allPendingCallsFailWhenItDies() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("cloud")
        try await withConnector(dummyCommand) { connector in
            let session = try await connector.open([
                "stateFile": .string(path), "faults": [["call": "machine.describe", "hang": true, "times": 5]],
            ])
            let calls = (0..<5).map { _ in Task { try await connector.describe(session, ["1"]) } }
            // The cloud counts the calls that its fault script holds.
            while (try? String(contentsOfFile: path, encoding: .utf8).contains(#""calls":5"#)) != true {
                try await Task.sleep(for: .milliseconds(2))
            }
            kill(try #require(connector.processID), SIGKILL)
            for call in calls {
                let error = await #expect(throws: ConnectorError.self) { try await call.value }
                #expect(error?.code == .pluginCrashed)
            }
            #expect(try await connector.list(session).isEmpty)
        }
    }

    @Test func tooManyCrashesDegrade() async throws {
        let folder = try TemporaryFolder()
        let log = Collected()
        var options = ProcessConnector.Options.quick(log: log)
        options.supervision.base = .milliseconds(1)
        let command = try shellConnector(folder, body: "echo 'out of luck' >&2; exit 3")
        try await withConnector(command, options) { connector in
            let session = try await connector.open()
            for _ in 0..<5 {
                let error = await #expect(throws: ConnectorError.self) { try await connector.list(session) }
                #expect(error?.code == .pluginCrashed)
                #expect(error?.message.contains("status 3") == true)
                #expect(error?.message.contains("out of luck") == true)
            }
            // The thread that waits for the process counts the crash.
            while !connector.isDegraded { try await Task.sleep(for: .milliseconds(1)) }
            let error = await #expect(throws: ConnectorError.self) { try await connector.list(session) }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("degraded") == true)
            #expect(error?.retryAfterMs.map { $0 > 50_000 && $0 <= 60_000 } == true)
        }
        #expect(log.text.contains("degraded"))
    }

    @Test func anExecutableThatIsNotThereIsNamed() async throws {
        let error = await #expect(throws: ConnectorError.self) {
            try await ProcessConnector.connect(ConnectorCommand(path: "/nonexistent/connector-x"), options: .quick())
        }
        #expect(error?.code == .unsupported, "trying again would not help")
        #expect(error?.message.contains("/nonexistent/connector-x") == true)
        #expect(error?.message.contains("No such file") == true)
    }

    @Test func aCommandThatEndsAtOnceIsReported() async throws {
        let error = await #expect(throws: ConnectorError.self) {
            try await ProcessConnector.connect(ConnectorCommand(path: "/bin/true"), options: .quick())
        }
        #expect(error?.code == .pluginCrashed)
    }

    // MARK: Hanging

    @Test func aConnectorThatNeverSpeaksTimesOut() async throws {
        let folder = try TemporaryFolder()
        var options = ProcessConnector.Options.quick()
        options.startTimeout = .milliseconds(100)
        let command = try shellConnector(folder, start: "exec sleep 100", body: ":")
        let error = await #expect(throws: ConnectorError.self) {
            try await ProcessConnector.connect(command, options: options)
        }
        #expect(error?.code == .timeout)
    }

    @Test func deadlinesAreKeptByTheConnector() async throws {
        try await withConnector(dummyCommand) { connector in
            let session = try await connector.open(["faults": [["call": "resource.list", "hang": true]]])
            let error = await #expect(throws: ConnectorError.self) {
                try await connector.list(
                    ListRequest(session: session, tags: [:]), context: CallContext(deadlineMs: 50))
            }
            #expect(error?.code == .timeout)
            #expect(error?.message.contains("50 ms") == true)
            #expect(try await connector.list(session).isEmpty)
        }
    }

    @Test func deadlinesAreKeptByTheHost() async throws {
        let folder = try TemporaryFolder()
        var options = ProcessConnector.Options.quick()
        options.deadlineGrace = .milliseconds(20)
        try await withConnector(try shellConnector(folder, body: ":"), options) { connector in
            let session = try await connector.open()
            let error = await #expect(throws: ConnectorError.self) {
                try await connector.list(
                    ListRequest(session: session, tags: [:]), context: CallContext(deadlineMs: 50))
            }
            #expect(error?.code == .timeout)
            #expect(error?.message.contains("did not answer resource.list") == true)
        }
    }

    @Test func aCancelledCallIsCancelledInTheConnector() async throws {
        try await withConnector(dummyCommand) { connector in
            let session = try await connector.open(["faults": [["call": "resource.list", "hang": true]]])
            let call = Task { try await connector.list(session) }
            try await Task.sleep(for: .milliseconds(20))
            call.cancel()
            let error = await #expect(throws: ConnectorError.self) { try await call.value }
            #expect(error?.code == .cancelled)
        }
    }

    @Test func aCancelledCallEndsWhenTheConnectorDoesNotAnswer() async throws {
        let folder = try TemporaryFolder()
        var options = ProcessConnector.Options.quick()
        options.cancelGrace = .milliseconds(30)
        try await withConnector(try shellConnector(folder, body: ":"), options) { connector in
            let session = try await connector.open()
            let call = Task { try await connector.list(session) }
            call.cancel()
            let error = await #expect(throws: ConnectorError.self) { try await call.value }
            #expect(error?.code == .cancelled)
        }
    }

    @Test func aConnectorThatDoesNotAnswerPingsIsReplaced() async throws {
        let folder = try TemporaryFolder()
        var options = ProcessConnector.Options.quick()
        options.pingInterval = .milliseconds(50)
        options.pingTimeout = .seconds(1)
        options.deadlineGrace = .milliseconds(20)
        let body = #"""
            case "$line" in
            *resource.list*) sleep 1000 ;;
            *) printf '{"jsonrpc":"2.0","id":%s,"result":{}}\n' "$id" ;;
            esac
            """#
        try await withConnector(try shellConnector(folder, body: body), options) { connector in
            let session = try await connector.open()
            let first = try #require(connector.processID)
            let error = await #expect(throws: ConnectorError.self) {
                try await connector.list(
                    ListRequest(session: session, tags: [:]), context: CallContext(deadlineMs: 10))
            }
            #expect(error?.code == .timeout)
            while connector.processID == first { try await Task.sleep(for: .milliseconds(5)) }
            _ = try await connector.open()
        }
    }

    @Test func aConnectorThatIgnoresShutdownIsKilled() async throws {
        let folder = try TemporaryFolder()
        var options = ProcessConnector.Options.quick()
        options.stopGrace = .milliseconds(50)
        let command = try shellConnector(folder, start: "trap '' TERM", body: "while :; do sleep 1; done")
        let connector = try await ProcessConnector.connect(command, options: options)
        let process = try #require(connector.processID)
        await connector.stop()
        #expect(kill(process, 0) == -1)
        let error = await #expect(throws: ConnectorError.self) { try await connector.open() }
        #expect(error?.code == .unavailable)
    }

    // MARK: Rubbish

    @Test(arguments: [
        ("echo 'Hello, world'", "no JSON object"),
        (#"echo '{"jsonrpc":"2.0","id":99999,"result":{}}'"#, "99999"),
        (#"echo '{"jsonrpc":"2.0","id":5,"method":"host.password"}'"#, "host.password"),
        (#"echo '{"jsonrpc":"2.0"}'"#, "neither method nor result"),
        ("head -c 17000000 /dev/zero | tr '\\\\0' a; echo", "larger than"),
    ])
    func rubbishIsAViolation(body: String, message: String) async throws {
        let folder = try TemporaryFolder()
        let command = try shellConnector(folder, body: body)
        try await withConnector(command) { connector in
            let session = try await connector.open()
            let error = await #expect(throws: ConnectorError.self) { try await connector.list(session) }
            #expect(error?.code == .protocolViolation)
            #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        }
    }

    @Test(arguments: [
        (#"[{"done":{}}]"#, "'[0].done' lacks the member 'id'"), (#"[]"#, "0 outcomes for 1 items"), ("7", "wrongly"),
    ])
    func aWrongAnswerFailsTheCallAlone(result: String, message: String) async throws {
        let folder = try TemporaryFolder()
        let command = try shellConnector(
            folder, body: #"printf '{"jsonrpc":"2.0","id":%s,"result":\#(result)}\n' "$id""#)
        try await withConnector(command) { connector in
            let session = try await connector.open()
            let process = connector.processID
            let error = await #expect(throws: ConnectorError.self) { try await connector.describe(session, ["1"]) }
            #expect(error?.code == .protocolViolation)
            #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
            #expect(connector.processID == process)
        }
    }

    @Test func aForeignProtocolVersionIsRefused() async throws {
        let folder = try TemporaryFolder()
        let command = try shellConnector(
            folder, start: #"answer='{"protocolVersion":2,"connector":{"name":"x","version":"1"},"providerTypes":[]}'"#,
            body: ":")
        let error = await #expect(throws: ConnectorError.self) {
            try await ProcessConnector.connect(command, options: .quick())
        }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("version 2") == true)
    }

    @Test func aFloodOfErrorsIsBounded() async throws {
        let folder = try TemporaryFolder()
        let log = Collected()
        let command = try shellConnector(
            folder, start: "yes 'a line of noise' | head -n 200000 >&2",
            body: #"printf '{"jsonrpc":"2.0","id":%s,"result":{"items":[]}}\n' "$id""#)
        try await withConnector(command, .quick(log: log)) { connector in
            let session = try await connector.open()
            #expect(try await connector.list(session).isEmpty)
        }
        #expect(log.lines.count < 1000)
        #expect(log.text.contains("lines of the connector were dropped"))
    }

    // MARK: Secrets and environment

    @Test func theEnvironmentIsAnAllowList() async throws {
        let folder = try TemporaryFolder()
        setenv("GANTRY_TEST_SECRET", "do-not-inherit", 1)
        let tap = Collected()
        let command = try shellConnector(folder, start: "env >&2; ls -l /proc/self/fd >&2; ulimit -c >&2", body: ":")
        try await withConnector(command, .quick(tap: tap)) { _ in }
        let names = tap.lines.compactMap { line in
            line.contains("=") ? line.split(separator: "=").first.map(String.init) : nil
        }
        let allowed: Set<String> = [
            "PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "CONNECTOR_COOKIE",
            "SWIFT_BACKTRACE", "http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY",
            "NO_PROXY", "ALL_PROXY", "PWD", "_", "SHLVL", "OLDPWD",
        ]
        #expect(Set(names).subtracting(allowed) == [])
        #expect(names.contains("CONNECTOR_COOKIE"))
        #expect(tap.lines.contains("SWIFT_BACKTRACE=enable=no"))
        #expect(!tap.text.contains("do-not-inherit"))
        // ls itself opens 3.
        #expect(tap.lines.filter { $0.contains(" -> ") }.count <= 4)
        #expect(tap.lines.contains("0"))
    }

    @Test func aSecretIsSeenNowhere() async throws {
        let folder = try TemporaryFolder()
        let marker = "marker-\(UUID().uuidString)"
        // As in a header of HTTP.
        let header = Data("user:\(marker)".utf8).base64EncodedString()
        let log = Collected()
        let body = """
            echo "a header \(header)" >&2
            echo "trying \(marker)" >&2; echo '{"level":"warning","message":"with \(marker)"}' >&2
            case "$line" in
            *resource.list*) printf '{"jsonrpc":"2.0","id":%s,"error":{"code":-32000,"message":"m","data":{"code":"internal","message":"no: \(marker)"}}}\\n' "$id" ;;
            *machine.describe*) printf '{"jsonrpc":"2.0","id":%s,"result":[{"error":{"code":"notFound","message":"no: \(marker), \(header)"}}]}\\n' "$id" ;;
            *) echo "\(marker)"; exit 1 ;;
            esac
            """
        let command = try shellConnector(folder, body: body)
        try await withConnector(command, .quick(log: log)) { connector in
            let request = OpenSessionRequest(credentials: Credentials(["username": "user", "password": marker]))
            #expect(!"\(request)".contains(marker))
            let session = try await connector.openSession(request, context: noContext).session
            let commandLine = try String(
                contentsOfFile: "/proc/\(try #require(connector.processID))/cmdline", encoding: .utf8)
            #expect(!commandLine.contains(marker))
            var texts: [String] = []
            let listed = await #expect(throws: ConnectorError.self) { try await connector.list(session) }
            texts.append("\(String(describing: listed))")
            texts.append("\(try await connector.describe(session, ["1"]))")
            let broken = await #expect(throws: ConnectorError.self) { try await connector.terminate(session, ["1"]) }
            texts.append("\(String(describing: broken))")
            let leaks = [marker, String(header.suffix(32))]
            #expect(texts.allSatisfy { text in text.contains("<redacted>") && !leaks.contains(where: text.contains) })
        }
        #expect(log.text.contains("trying <redacted>"))
        #expect(log.text.contains("warning shell with <redacted>"))
        #expect(log.text.contains("a header "))
        #expect(!log.text.contains(header.suffix(32)))
        #expect(!log.text.contains(marker))
    }

    @Test func progressArrives() async throws {
        try await withConnector(dummyCommand) { connector in
            let session = try await connector.open()
            let seen = Collected()
            try await CallContext.$progressSink.withValue(
                ProgressSink { seen.add("\($0.fraction ?? 0) \($0.message)") }
            ) {
                _ = try await connector.uploadImage(
                    UploadImageRequest(
                        session: session, name: "im", source: BulkLocation(path: "/x"), sha256: "00", format: "raw",
                        tags: [:]), context: noContext)
            }
            #expect(seen.lines == ["0.5 uploading im"])
        }
    }

    @Test func withoutTheCookieItExplainsItself() async throws {
        let folder = try TemporaryFolder()
        let status = await shell("env -i '\(dummyCommand.path)' serve </dev/null 2>'\(folder.file("errors"))'")
        #expect(status == 64)
        let text = try String(contentsOfFile: folder.file("errors"), encoding: .utf8)
        #expect(text.contains("this is a connector; it is started by the server"))
    }

    @Test func theProcessEndsWithItsHost() async {
        #expect(await shell("CONNECTOR_COOKIE=x '\(dummyCommand.path)' serve </dev/null") == 0)
    }
}
