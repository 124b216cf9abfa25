import ConnectorAPI
import ConnectorHost
import Dummy
import ExistingHosts
import Foundation
import Glibc
import Testing

@Suite struct RegistryTests {
    private func write(_ folder: TemporaryFolder, _ name: String, _ script: String, mode: Int = 0o755) throws {
        try Data(script.utf8).write(to: URL(fileURLWithPath: folder.file(name)))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.file(name))
    }

    @Test func connectorsAreFoundByNameAndProviderType() {
        let registry = ConnectorRegistry(builtIn: [DummyConnector(configuration: .init()), ExistingHostsConnector()])
        #expect(registry.all.map(\.description.name) == ["dummy", "existing-hosts"])
        #expect(registry.connector(named: "dummy")?.description.name == "dummy")
        #expect(registry.connector(named: "ec2") == nil)
        #expect(registry.connector(forProviderType: "DeployedNode")?.description.name == "existing-hosts")
        #expect(registry.connector(forProviderType: "deployednode")?.description.name == "existing-hosts")
        #expect(registry.connector(forProviderType: "Azure") == nil)
    }

    @Test func oneBrokenConnectorIsAProblemAndNoMore() async throws {
        let folder = try TemporaryFolder()
        _ = try shellConnector(folder, name: "good", body: ":")
        try write(folder, "connector-broken", "#!/bin/sh\necho 'no such library' >&2\nexit 3\n")
        try write(folder, "connector-rubbish", "#!/bin/sh\necho hello\n")
        try write(folder, "connector-slow", "#!/bin/sh\nexec sleep 100\n")
        try write(folder, "connector-open", "#!/bin/sh\n", mode: 0o757)
        try write(folder, "connector-data", "no program", mode: 0o644)
        try write(folder, "connector-check", "#!/bin/sh\nexit 9\n")
        try write(folder, "other", "#!/bin/sh\nexit 9\n")
        let result = await ConnectorDiscovery(
            folders: [folder.path, "/nonexistent"], timeout: .milliseconds(1500)
        ).run()
        #expect(result.found.map(\.description.name) == ["good"])
        #expect(result.found.first?.description.providerTypes == ["Shell"])
        #expect(result.problems.count == 6, "\(result.problems)")
        for (name, reason) in [
            ("broken", "no such library"), ("rubbish", "what 'describe' prints is wrong"), ("slow", "did not end"),
            ("open", "everybody may write"), ("data", "not executable; run chmod +x"),
        ] {
            #expect(
                result.problems.contains { $0.contains("connector-\(name)'") && $0.contains(reason) },
                "\(name): \(result.problems)")
        }
        #expect(result.problems.contains { $0.contains("'/nonexistent'") && $0.contains("does not exist") })
    }

    @Test func aConnectorHasTheNameOfItsFile() async throws {
        let folder = try TemporaryFolder()
        _ = try shellConnector(folder, name: "good", body: ":")
        try FileManager.default.moveItem(
            atPath: folder.file("connector-good"), toPath: folder.file("connector-misnamed"))
        let result = await ConnectorDiscovery(folders: [folder.path]).run()
        #expect(result.found.isEmpty)
        #expect(result.problems.first?.contains("it calls itself 'good'; rename the file to connector-good") == true)
        let named = await ConnectorDiscovery(
            folders: [], entries: [.init(name: "good", path: folder.file("connector-misnamed"))]
        ).run()
        #expect(named.found.map(\.description.name) == ["good"], "the user names the file")
    }

    @Test func twoConnectorsOfOneTypeAreTold() async throws {
        let folder = try TemporaryFolder()
        for name in ["one", "two"] { _ = try shellConnector(folder, name: name, body: ":") }
        let (registry, problems) = await ConnectorRegistry.discovering(
            builtIn: [], folders: [folder.path], options: .quick())
        #expect(registry.all.count == 2)
        #expect(problems.count == 1)
        #expect(
            problems.first?.hasPrefix(
                "connectors 'one' and 'two' both serve the type 'Shell'; auth lines of it go to 'one'") == true,
            "\(problems)")
    }

    @Test("those that hang take the time of one")
    func connectorsAreAskedAtTheSameTime() async throws {
        let folder = try TemporaryFolder()
        for number in 0..<4 { try write(folder, "connector-hangs-\(number)", "#!/bin/sh\nexec sleep 100\n") }
        _ = try shellConnector(folder, name: "good", body: ":")
        let start = ContinuousClock.now
        let result = await ConnectorDiscovery(folders: [folder.path], timeout: .seconds(3)).run()
        #expect(ContinuousClock.now - start < .seconds(11))
        #expect(result.found.map(\.description.name) == ["good"])
        #expect(result.problems.count == 4 && result.problems == result.problems.sorted(), "\(result.problems)")
    }

    @Test func answersAreCachedUntilTheFileChanges() async throws {
        let folder = try TemporaryFolder()
        let runs = folder.file("runs")
        let answer = #"{"protocolVersion":1,"connector":{"name":"x","version":"%"},"providerTypes":["X"]}"#
        func install(_ version: String) throws {
            let line = answer.replacingOccurrences(of: "%", with: version)
            try write(folder, "connector-x", "#!/bin/sh\necho run >> '\(runs)'\necho '\(line)'\n")
        }
        func count() -> Int { (try? String(contentsOfFile: runs, encoding: .utf8).split(separator: "\n").count) ?? 0 }
        let discovery = ConnectorDiscovery(folders: [folder.path], cacheFile: folder.file("cache.json"))
        try install("1")
        for _ in 0..<3 {
            #expect(await discovery.run().found.map(\.description.version) == ["1"])
            #expect(count() == 1)
        }
        try install("22")
        #expect(await discovery.run().found.map(\.description.version) == ["22"])
        #expect(count() == 2)
        // Touched only: the digest is the same.
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1_000_000)], ofItemAtPath: folder.file("connector-x"))
        #expect(await discovery.run().found.map(\.description.version) == ["22"])
        #expect(count() == 2)
        try Data("rubbish".utf8).write(to: URL(fileURLWithPath: folder.file("cache.json")))
        #expect(await discovery.run().found.count == 1)
        #expect(count() == 3)
    }

    @Test func aPinnedConnectorMustBeTheOne() async throws {
        let folder = try TemporaryFolder()
        let command = try shellConnector(
            folder, name: "good", body: #"printf '{"jsonrpc":"2.0","id":%s,"result":{"items":[]}}\n' "$id""#)
        let plain = await ConnectorDiscovery(folders: [folder.path]).run()
        let sha256 = try #require(plain.found.first?.sha256)
        #expect(sha256.count == 64)
        #expect(await shell("echo '\(sha256)  \(command.path)' | sha256sum -c --status") == 0)

        let wrong = await ConnectorDiscovery(
            folders: [folder.path], entries: [.init(name: "good", sha256: String(repeating: "0", count: 64))]
        ).run()
        #expect(wrong.found.isEmpty)
        #expect(wrong.problems.first?.contains(sha256) == true)
        // Not even run to be asked.
        let marker = folder.file("ran")
        try write(folder, "connector-evil", "#!/bin/sh\n: > '\(marker)'\n")
        _ = await ConnectorDiscovery(folders: [folder.path], entries: [.init(name: "evil", sha256: sha256)]).run()
        #expect(!FileManager.default.fileExists(atPath: marker))
        try FileManager.default.removeItem(atPath: folder.file("connector-evil"))

        let right = await ConnectorDiscovery(
            folders: [folder.path], entries: [.init(name: "good", sha256: sha256.uppercased())]
        ).run()
        let found = try #require(right.found.first)
        // Exchanged after it was found.
        #expect(await shell("echo '# changed' >> '\(command.path)'") == 0)
        let connector = ProcessConnector(
            command: found.command, description: found.description, options: .quick())
        let error = await #expect(throws: ConnectorError.self) { try await connector.open() }
        #expect(error?.code == .permissionDenied)
        #expect(error?.message.contains("SHA-256") == true)
        await connector.stop()
    }

    @Test func aFoundConnectorTakesThePlaceOfABuiltInOne() async throws {
        let folder = try TemporaryFolder()
        symlink(dummyCommand.path, folder.file("connector-dummy"))
        let (registry, problems) = await ConnectorRegistry.discovering(
            builtIn: [DummyConnector(configuration: .init())], folders: [folder.path], options: .quick())
        #expect(problems == [])
        let connector = try #require(registry.connector(forProviderType: "Dummy") as? ProcessConnector)
        #expect(connector.processID == nil)
        let session = try await connector.open()
        #expect(try await connector.launch(session, specs(2)).ids.count == 2)
        #expect(connector.processID != nil)
        await registry.stop()
        #expect(connector.processID == nil)
    }

    @Test(arguments: [["sh"], ["/bin/sh", "-c", "true"]])
    func commandsAreFound(words: [String]) throws {
        let command = try #require(ConnectorCommand(commandLine: words))
        #expect(command.path.hasSuffix("/sh"))
        #expect(command.arguments == Array(words.dropFirst()))
        #expect(ConnectorCommand(commandLine: ["no-such-program-anywhere"]) == nil)
        #expect(ConnectorCommand(commandLine: []) == nil)
    }
}
