import ConnectorAPI
import ConnectorHost
import Foundation
import Glibc
import Synchronization
import Testing

/// Connectors that misbehave: the host says what happened and goes on; others notice nothing.
@Suite struct SupervisionTests {
    /// One answers a list by its own way, and the next call finds a new process that works where `recovers`.
    private static let misdeeds: [(what: String, body: String, code: ConnectorError.Code, message: String)] = [
        ("exits in the middle", "exit 7", .pluginCrashed, "status 7"),
        ("kills itself", "kill -9 $$", .pluginCrashed, "signal 9"),
        ("prints rubbish", "echo 'Traceback (most recent call last):'", .protocolViolation, "Traceback"),
        (
            "answers 100 MB",
            #"printf '{"jsonrpc":"2.0","id":%s,"result":"' "$id"; head -c 100000000 /dev/zero | tr '\0' a"#,
            .protocolViolation, "larger than"
        ),
        ("closes its output", "exec >&-; sleep 1000", .pluginCrashed, "closed its input or output"),
        (
            "answers half a message", #"printf '{"jsonrpc":"2.0","id":'; exit 0"#, .pluginCrashed,
            "ended during the call"
        ),
    ]

    @Test(arguments: misdeeds.indices)
    func theHostSaysWhatHappenedAndGoesOn(index: Int) async throws {
        let misdeed = Self.misdeeds[index]
        let folder = try TemporaryFolder()
        let body = """
            case "$line" in
            *resource.list*) if [ -e '\(folder.file("done"))' ]; then
                printf '{"jsonrpc":"2.0","id":%s,"result":{"items":[]}}\\n' "$id"
            else
                : > '\(folder.file("done"))'
                \(misdeed.body)
            fi ;;
            esac
            """
        let other = try await ProcessConnector.connect(dummyCommand, options: .quick())
        try await withConnector(try shellConnector(folder, body: body)) { connector in
            let session = try await connector.open()
            let theirs = try await other.open()
            let neighbour = Task {
                for _ in 0..<100 { _ = try await other.list(theirs) }
            }
            let error = await #expect(throws: ConnectorError.self) { try await connector.list(session) }
            #expect(error?.code == misdeed.code, "\(misdeed.what): \(error?.message ?? "")")
            #expect(error?.message.contains(misdeed.message) == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("connector 'shell'") == true)
            #expect(try await connector.list(session).isEmpty)
            try await neighbour.value
        }
        await other.stop()
    }

    /// How long it takes is measured by gantry-bench; here others work at the same time.
    @Test("a crash costs one failed call and a short time")
    func aCrashIsSoonOver() async throws {
        var options = ProcessConnector.Options.quick()
        options.supervision = SupervisionRecord.Policy()
        try await withConnector(dummyCommand, options) { connector in
            let session = try await connector.open()
            kill(try #require(connector.processID), SIGKILL)
            let start = ContinuousClock.now
            var failures = 0
            while true {
                do {
                    _ = try await connector.list(session)
                    break
                } catch {
                    failures += 1
                }
            }
            #expect(failures <= 1)
            #expect(ContinuousClock.now - start < .seconds(20))
        }
    }

    @Test func whatItLeavesBehindIsEnded() async throws {
        let folder = try TemporaryFolder()
        let body = "sleep 1000 & echo $! > '\(folder.file("child"))'; exit 3"
        try await withConnector(try shellConnector(folder, body: body)) { connector in
            let session = try await connector.open()
            await #expect(throws: ConnectorError.self) { try await connector.list(session) }
            let text = try String(contentsOfFile: folder.file("child"), encoding: .utf8)
            let child = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
            let deadline = ContinuousClock.now + .seconds(5)
            // A zombie, where nobody reaps orphans, is over as well.
            func runs() -> Bool {
                guard kill(child, 0) == 0,
                    let state = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
                else { return false }
                return !state.contains(") Z")
            }
            while runs(), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
            #expect(!runs())
        }
    }

    @Test func whoNeedsTooMuchMemoryEndsAlone() async throws {
        let folder = try TemporaryFolder()
        var command = try shellConnector(
            folder, body: #"x=$(head -c 300000000 /dev/zero | tr '\0' a); printf '%s' "${#x}" >&2"#)
        command.memoryBytes = 64 << 20
        try await withConnector(command) { connector in
            let session = try await connector.open()
            let error = await #expect(throws: ConnectorError.self) { try await connector.list(session) }
            #expect(error?.code == .pluginCrashed, "\(error?.message ?? "")")
        }
    }

    // MARK: Lies

    @Test func anAbilityThatIsNotThereIsNamed() async throws {
        let folder = try TemporaryFolder()
        let start = #"answer=$(printf '%s' "$answer" | sed 's/"capabilities":{}/"capabilities":{"quotas":1}/')"#
        let body = #"printf '{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no such method"}}\n' "$id""#
        try await withConnector(try shellConnector(folder, start: start, body: body)) { connector in
            let session = try await connector.open()
            let error = await #expect(throws: ConnectorError.self) {
                try await connector.quotas(CatalogRequest(session: session), context: noContext)
            }
            #expect(error?.code == .unsupported)
            #expect(error?.message.contains("announces 'quotas' and does not have catalog.quotas") == true)
            // What it does not announce is not even asked for.
            let other = await #expect(throws: ConnectorError.self) {
                try await connector.flavors(CatalogRequest(session: session), context: noContext)
            }
            #expect(other?.message.contains("does not announce 'flavors'") == true)
        }
    }

    @Test func anotherConnectorInItsPlaceIsRefused() async throws {
        let folder = try TemporaryFolder()
        let command = try shellConnector(folder, name: "mine", body: ":")
        let found = await ConnectorDiscovery(folders: [folder.path]).run().found
        #expect(await shell("sed -i 's/\"name\":\"mine\"/\"name\":\"other\"/' '\(command.path)'") == 0)
        let connector = ProcessConnector(
            command: command, description: try #require(found.first).description, options: .quick())
        let error = await #expect(throws: ConnectorError.self) { try await connector.open() }
        #expect(error?.code == .protocolViolation)
        #expect(error?.message.contains("was connector 'mine' when it was found and is 'other' now") == true)
        await connector.stop()
    }

    // MARK: Users

    @Test func eachUserHasAProcess() async throws {
        var options = ProcessConnector.Options.quick()
        options.isolation = .user
        let connector = ProcessConnector(
            command: dummyCommand,
            description: ConnectorDescription(name: "dummy", version: "1", title: "Dummy", providerTypes: ["Dummy"]),
            options: options)
        let one = try await connector.open(credentials: ["username": "one", "password": "first-secret"])
        let again = try await connector.open(credentials: ["username": "one", "password": "first-secret"])
        #expect(connector.processIDs.count == 1)
        let other = try await connector.open(credentials: ["username": "other", "password": "second-secret"])
        let processes = connector.processIDs
        #expect(processes.count == 2)
        // The Dummy's cloud is its memory: each has its own.
        #expect(try await connector.launch(one, specs(2)).ids.count == 2)
        #expect(try await connector.list(again).count == 2)
        #expect(try await connector.list(other).isEmpty)
        // The end of one is nothing to the other.
        let launched = try await connector.launch(other, token: "o", specs(1)).ids
        let first = try #require(
            processes.first { id in
                kill(id, SIGKILL)
                return true
            })
        var survivors: [Int] = []
        for session in [one, other] {
            if let count = try? await connector.list(session).count { survivors.append(count) }
        }
        #expect(survivors.contains(1) || survivors.contains(2), "\(survivors), killed \(first), \(launched)")
        try await connector.closeSession(one, context: noContext)
        _ = try await connector.list(again)
        await connector.stop()
        #expect(connector.processIDs.isEmpty)
        let error = await #expect(throws: ConnectorError.self) { try await connector.open() }
        #expect(error?.code == .unavailable)
    }

    @Test func whatAUserNoLongerUsesIsEnded() async throws {
        var options = ProcessConnector.Options.quick()
        options.isolation = .user
        options.idleAfter = .milliseconds(1)
        let connector = ProcessConnector(
            command: dummyCommand,
            description: ConnectorDescription(name: "dummy", version: "1", title: "Dummy", providerTypes: ["Dummy"]),
            options: options)
        let one = try await connector.open(credentials: ["username": "one"])
        let first = try #require(connector.processID)
        try await Task.sleep(for: .milliseconds(5))
        _ = try await connector.open(credentials: ["username": "other"])
        #expect(connector.processIDs.count == 1)
        let deadline = ContinuousClock.now + .seconds(10)
        while kill(first, 0) == 0, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        #expect(kill(first, 0) == -1)
        // The session is good all the same.
        #expect(try await connector.list(one).isEmpty)
        await connector.stop()
    }
}
