import ConnectorAPI
import ConnectorHost
import Dummy
import ExistingHosts
import Foundation
import Glibc
import Testing

/// The configuration file of connectors and what it does to them.
@Suite struct ConfigurationTests {
    private func read(_ text: String) throws -> ConnectorConfiguration {
        let folder = try TemporaryFolder()
        let path = folder.file("connectors.json")
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return try ConnectorConfiguration(path: path)
    }

    @Test func everythingIsRead() throws {
        let configuration = try read(
            """
            {"folders": ["/a", "/b"], "connectors": [
              {"name": "x", "path": "/opt/connector-x", "sha256": "\(String(repeating: "0", count: 64))",
               "isolation": "user", "wrapper": ["nice"],
               "memoryMiB": 64, "openFiles": 32, "calls": 4, "callSeconds": 9, "environment": {"A": "b"},
               "config": {"region": "north", "n": 1}},
              {"name": "dummy", "enabled": false}]}
            """)
        #expect(configuration.folders == ["/a", "/b"])
        let first = try #require(configuration.entries.first)
        #expect(first.isolation == .user && first.memoryMiB == 64 && first.config?["n"] == 1)
        #expect(configuration.entries.last?.enabled == false)
        #expect(try read("{}") == ConnectorConfiguration())
    }

    @Test(arguments: [
        ("[]", "is no JSON object"), ("{", "is no JSON"), (#"{"folder": []}"#, "unknown member 'folder'"),
        (#"{"folders": "x"}"#, #"a wrong 'folders': it is "x" and must be a list of texts"#),
        (#"{"folders": [1]}"#, "it is a list and must be a list of texts"), (#"{"connectors": {}}"#, "no list"),
        (#"{"connectors": [{"name": "x", "memory": 1}]}"#, "unknown member 'memory' in entry 'connectors[0]'"),
        (#"{"connectors": [{"enabled": true}]}"#, "lacks the member 'name'"),
        (
            #"{"connectors": [{"name": "x", "isolation": "vm"}]}"#,
            #"a wrong 'isolation' in entry 'connectors[0]': it is "vm" and must be "connector" or "user""#
        ),
        (
            #"{"connectors": [{"name": "x", "calls": 0}]}"#,
            "wrong 'calls' in entry 'connectors[0]': it is 0 and must be"
        ),
        (#"{"connectors": [{"name": "x", "callSeconds": -5}]}"#, "it is -5 and must be a whole number from 1 on"),
        (#"{"connectors": [{"name": "x", "memoryMiB": 1.5}]}"#, "it is 1.5 and must be a whole number"),
        (#"{"connectors": [{"name": "x", "openFiles": "many"}]}"#, #"it is "many" and must be a whole number"#),
        (#"{"connectors": [{"name": "x", "wrapper": "nice"}]}"#, #"it is "nice" and must be a list of texts"#),
        (#"{"connectors": [{"name": "x", "enabled": "no"}]}"#, #"it is "no" and must be true or false"#),
        (#"{"connectors": [{"name": "x", "environment": {"A": 1}}]}"#, "must be an object whose values are texts"),
        (#"{"connectors": [{"name": "x", "sha256": "12"}]}"#, "must be 64 hexadecimal digits"),
        (#"{"connectors": ["x"]}"#, "no JSON object"),
        (
            #"{"connectors": [{"name": "x", "path": "/a"}, {"name": "y", "path": "/a"}]}"#,
            "the path '/a' of 'x' in entry 'connectors[1]' again"
        ),
        (#"{"connectors": [{"name": "x"}, {"name": "x"}]}"#, "names connector 'x' twice"),
        (#"{"connectors": [{"name": "x", "path": "connector-x"}]}"#, "not absolute"),
    ])
    func mistakesAreNamed(text: String, message: String) throws {
        let error = #expect(throws: ConnectorError.self) { try read(text) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("connectors.json") == true)
    }

    @Test func connectorsAreSwitchedOrderedAndRun() async throws {
        let folder = try TemporaryFolder()
        let tap = Collected()
        _ = try shellConnector(folder, name: "first", start: "env >&2; ulimit -n >&2; ulimit -v >&2", body: ":")
        _ = try shellConnector(folder, name: "second", body: ":")
        let elsewhere = try TemporaryFolder()
        let third = try shellConnector(elsewhere, name: "third", body: ":")
        let configuration = ConnectorConfiguration(
            folders: [folder.path],
            entries: [
                .init(name: "third", path: third.path),
                .init(
                    name: "first", wrapper: ["env", "WRAPPED=yes"], memoryMiB: 256, openFiles: 64,
                    environment: ["OWN": "value"]),
                .init(name: "second", enabled: false), .init(name: "existing-hosts", enabled: false),
                .init(name: "missing"), .init(name: "dummy", memoryMiB: 1),
            ])
        let (registry, problems) = await ConnectorRegistry.discovering(
            builtIn: [DummyConnector(configuration: .init()), ExistingHostsConnector()], folders: [],
            configuration: configuration, options: .quick(tap: tap))
        #expect(registry.all.map(\.description.name) == ["third", "first", "dummy"])
        #expect(registry.source(of: "dummy") == .builtIn)
        guard case .file(let path, let sha256) = registry.source(of: "third") else {
            Issue.record("third is no file")
            return
        }
        #expect(path == third.path && sha256.count == 64)
        #expect(problems.count == 3, "\(problems)")
        #expect(problems.contains { $0.contains("'third' and 'first' both serve the type 'Shell'") })
        #expect(problems.contains { $0.contains("'missing', which is neither built in nor in a folder") })
        #expect(problems.contains { $0.contains("'dummy' has no effect: it is built in") })
        let connector = try #require(registry.connector(named: "first"))
        _ = try await connector.open()
        await registry.stop()
        for line in ["WRAPPED=yes", "OWN=value", "64", "\(256 << 10)"] {
            #expect(tap.lines.contains(line), "\(line): \(tap.lines)")
        }
    }

    @Test func aWrapperThatIsNotThereIsAProblemAndNoMore() async throws {
        let folder = try TemporaryFolder()
        _ = try shellConnector(folder, name: "wrapped", body: ":")
        _ = try shellConnector(folder, name: "other", body: ":")
        let (registry, problems) = await ConnectorRegistry.discovering(
            builtIn: [], folders: [folder.path],
            configuration: ConnectorConfiguration(entries: [.init(name: "wrapped", wrapper: ["no-such-program"])]),
            options: .quick())
        #expect(registry.all.map(\.description.name) == ["other"])
        #expect(
            problems.contains { $0.contains("connector-wrapped' is not used") && $0.contains("'no-such-program'") },
            "\(problems)")
    }

    @Test("the digest of a wrapped connector is that of the connector")
    func wrappedConnectorsArePinned() async throws {
        let folder = try TemporaryFolder()
        var command = try shellConnector(folder, name: "pinned", body: ":")
        command.sha256 = try await command.digest()
        let wrapped = try #require(command.wrapped(by: ["env", "A=b"]))
        try await withConnector(wrapped) { _ = try await $0.open() }
        #expect(await shell("echo '# changed' >> '\(command.path)'") == 0)
        let error = await #expect(throws: ConnectorError.self) {
            try await ProcessConnector.connect(wrapped, options: .quick())
        }
        #expect(error?.code == .permissionDenied)
        #expect(error?.message.contains("connector-pinned") == true)
    }

    @Test func settingsAreDefaultsOfSessions() async throws {
        var options = ProcessConnector.Options.quick()
        options.sessionDefaults = ["rejectUsers": ["nobody"], "maxMachines": 1]
        try await withConnector(dummyCommand, options) { connector in
            await #expect(throws: ConnectorError.self) {
                try await connector.open(credentials: ["username": "nobody"])
            }
            let session = try await connector.open(["rejectUsers": []], credentials: ["username": "nobody"])
            #expect(try await connector.launch(session, specs(2)).last?.error?.code == .quotaExceeded)
        }
    }

    @Test func resultsOfTheKitAreKept() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("new/checks.json")
        var records = CheckRecords(path: path)
        let time = Date(timeIntervalSince1970: 1_700_000_000)
        let record = CheckRecords.Record(name: "x", version: "1", time: time, passed: 3, failed: 0, skipped: 1)
        try records.add(record, key: CheckRecords.key(name: "x", version: "1", sha256: nil))
        #expect(CheckRecords(path: path)["built-in:x-1"] == record)
        #expect(CheckRecords(path: path)["built-in:x-2"] == nil)
        try Data("rubbish".utf8).write(to: URL(fileURLWithPath: path))
        #expect(CheckRecords(path: path)["built-in:x-1"] == nil)
    }
}
