import ConnectorAPI
import ConnectorHost
import Foundation
import Glibc
import Testing

/// What is found in folders is not used in a way that its owner did not mean.
@Suite struct DiscoverySafetyTests {
    private func write(_ path: String, _ script: String, mode: Int = 0o755) throws {
        try Data(script.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private func problems(
        _ configuration: ConnectorConfiguration, _ folders: [String] = []
    ) async -> (names: [String], problems: [String], registry: ConnectorRegistry) {
        let (registry, problems) = await ConnectorRegistry.discovering(
            builtIn: [], folders: folders, configuration: configuration, options: .quick())
        return (registry.all.map(\.description.name), problems, registry)
    }

    // MARK: Entries and their files

    @Test("an entry whose name is not that of its file's connector uses nothing of it")
    func aWrongNameAtAPath() async throws {
        let folder = try TemporaryFolder()
        let file = try shellConnector(folder, name: "good", body: ":")
        let entry = ConnectorConfiguration.Entry(
            name: "goood", path: file.path, sha256: nil, wrapper: ["env", "A=b"])
        // Also where a folder finds the same file, and where one finds a copy.
        let copies = try TemporaryFolder()
        _ = try shellConnector(copies, name: "good", body: ":")
        for folders in [[], [folder.path], [copies.path]] {
            let (names, problems, _) = await problems(ConnectorConfiguration(entries: [entry]), folders)
            #expect(names == [], "\(folders)")
            #expect(
                problems.contains {
                    $0.contains("'\(file.path)' in the entry 'goood', and it is the connector 'good': correct the name")
                }, "\(problems)")
        }
    }

    @Test("an entry governs its file wherever it is found, by whatever name")
    func theFileOfAnEntryInAFolder() async throws {
        let folder = try TemporaryFolder()
        let file = try shellConnector(folder, name: "good", body: ":")
        let links = try TemporaryFolder()
        symlink(file.path, links.file("connector-good"))
        symlink(file.path, links.file("connector-other"))
        let wrong = String(repeating: "0", count: 64)
        for folders in [[folder.path], [links.path], [links.path, folder.path]] {
            let pinned = await problems(
                ConnectorConfiguration(entries: [.init(name: "good", path: file.path, sha256: wrong)]), folders)
            #expect(pinned.names == [])
            #expect(pinned.problems.contains { $0.contains("the configuration wants \(wrong)") }, "\(pinned.problems)")
            let off = await problems(
                ConnectorConfiguration(entries: [.init(name: "good", enabled: false, path: file.path)]), folders)
            #expect(off.names == [])
            let fine = await problems(
                ConnectorConfiguration(entries: [.init(name: "good", path: file.path, wrapper: ["env", "A=b"])]),
                folders)
            #expect(fine.names == ["good"])
            #expect(fine.problems == [])
        }
    }

    @Test("an entry that pins or confines and reaches nothing lets nothing be used that no entry names")
    func aMistypedNameWithoutAPath() async throws {
        let folder = try TemporaryFolder()
        let marker = folder.file("ran")
        _ = try shellConnector(folder, name: "named", body: ":")
        try write(folder.file("connector-good"), "#!/bin/sh\n: > '\(marker)'\n")
        let pin = String(repeating: "0", count: 64)
        for lost in [
            ConnectorConfiguration.Entry(name: "goood", sha256: pin), .init(name: "goood", wrapper: ["env", "A=b"]),
        ] {
            let (names, problems, _) = await problems(
                ConnectorConfiguration(entries: [lost, .init(name: "named")]), [folder.path])
            #expect(names == ["named"])
            #expect(problems.contains { $0.contains("connector-good' is not used") && $0.contains("entry 'goood'") })
            #expect(problems.contains { $0.contains("names connector 'goood', which is neither built in") })
            #expect(!FileManager.default.fileExists(atPath: marker), "it was not even asked")
        }
        let harmless = await problems(ConnectorConfiguration(entries: [.init(name: "goood", calls: 3)]), [folder.path])
        #expect(harmless.names == ["named"] && FileManager.default.fileExists(atPath: marker))
    }

    // MARK: Files

    @Test("pipes, dangling links and circles are told of and hold up nothing")
    func whatIsNoFile() async throws {
        let folder = try TemporaryFolder()
        _ = try shellConnector(folder, name: "good", body: ":")
        #expect(mkfifo(folder.file("connector-pipe"), 0o755) == 0)
        symlink("/nonexistent/connector-x", folder.file("connector-dangling"))
        symlink(folder.file("connector-b"), folder.file("connector-a"))
        symlink(folder.file("connector-a"), folder.file("connector-b"))
        try FileManager.default.createDirectory(
            atPath: folder.file("connector-folder"), withIntermediateDirectories: true)
        let start = ContinuousClock.now
        let result = await ConnectorDiscovery(
            folders: [folder.path], entries: [.init(name: "named", path: folder.file("connector-pipe"))]
        ).run()
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(result.found.map(\.description.name) == ["good"])
        for (name, reason) in [
            ("pipe", "it is no regular file"), ("dangling", "it is a link to a file that does not exist"),
            ("a", "its links lead in a circle"), ("b", "its links lead in a circle"),
        ] {
            #expect(
                result.problems.contains { $0.contains("connector-\(name)' is not used: \(reason)") },
                "\(name): \(result.problems)")
        }
        #expect(!result.problems.contains { $0.contains("connector-folder") })
    }

    @Test("a folder into which everybody may write is not used, unless each may remove their own files alone")
    func foldersOfEverybody() async throws {
        let folder = try TemporaryFolder()
        let file = try shellConnector(folder, name: "good", body: ":")
        func mode(_ mode: mode_t) { chmod(folder.path, mode) }
        mode(0o777)
        let open = await ConnectorDiscovery(folders: [folder.path]).run()
        #expect(open.found.isEmpty)
        #expect(open.problems.first?.contains("everybody may write to it; run chmod o-w") == true, "\(open.problems)")
        let named = await ConnectorDiscovery(folders: [], entries: [.init(name: "good", path: file.path)]).run()
        #expect(named.found.isEmpty && named.problems.first?.contains("is not safe") == true, "\(named.problems)")
        mode(0o1777)
        #expect(await ConnectorDiscovery(folders: [folder.path]).run().found.count == 1)
        mode(0o755)
        #expect(await ConnectorDiscovery(folders: [folder.path]).run().found.count == 1)
    }

    @Test("what cannot be started is told with what to do")
    func hintsOfStarts() async throws {
        let folder = try TemporaryFolder()
        try write(folder.file("connector-lost"), "#!/opt/no/such/python3 -u\n")
        try write(folder.file("connector-dos"), "#!/bin/sh\r\nexit 0\r\n")
        try write(folder.file("connector-text"), "hello\n")
        // The head of a program for another processor: 64 bits, little-endian, SPARC.
        var head: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 8) + [2, 0, 40, 0]
        head += [UInt8](repeating: 0, count: 100)
        try Data(head).write(to: URL(fileURLWithPath: folder.file("connector-arm")))
        chmod(folder.file("connector-arm"), 0o755)
        let problems = await ConnectorDiscovery(folders: [folder.path]).run().problems
        for (name, hint) in [
            ("lost", "its interpreter '/opt/no/such/python3' does not exist: install it"),
            ("dos", "ends with a carriage return"), ("text", "no script with a first line such as '#!/bin/sh'"),
            ("arm", "it is a program for arm, and this machine is"),
        ] {
            #expect(problems.contains { $0.contains("connector-\(name)'") && $0.contains(hint) }, "\(problems)")
        }
    }

    // MARK: Answers

    @Test("one that hangs is asked once and then remembered; the list asks anew")
    func failuresAreRemembered() async throws {
        let folder = try TemporaryFolder()
        let runs = folder.file("runs")
        let hangs = "#!/bin/sh\necho run >> '\(runs)'\nexec sleep 100\n"
        try write(folder.file("connector-hangs"), hangs)
        func count() -> Int { (try? String(contentsOfFile: runs, encoding: .utf8).split(separator: "\n").count) ?? 0 }
        func look(asksAnew: Bool = false) async -> ConnectorDiscovery.Result {
            await ConnectorDiscovery(
                folders: [folder.path], cacheFile: folder.file("cache.json"), asksAnew: asksAnew,
                timeout: .milliseconds(1500)
            ).run()
        }
        #expect(await look().problems.first?.contains("did not end") == true)
        #expect(count() == 1)
        let start = ContinuousClock.now
        let again = await look()
        #expect(ContinuousClock.now - start < .milliseconds(1500))
        #expect(again.problems.first?.contains("did not end within") == true, "\(again.problems)")
        #expect(again.problems.first?.contains("s ago, and it is asked again after 300 s") == true, "\(again.problems)")
        #expect(count() == 1)
        _ = await look(asksAnew: true)
        #expect(count() == 2)
        // Another file is asked.
        try write(folder.file("connector-hangs"), hangs + "# mended\n")
        _ = await look()
        #expect(count() == 3)
    }

    @Test("one that says another thing at its start than when it was found is told of")
    func descriptionsThatDiffer() async throws {
        let folder = try TemporaryFolder()
        let log = Collected()
        let start = #"answer=$(printf '%s' "$answer" | sed 's/"Shell"/"Shell","Other"/; s/{}}/{"quotas":1}}/')"#
        _ = try shellConnector(folder, name: "lies", start: start, body: ":")
        let (registry, _) = await ConnectorRegistry.discovering(
            builtIn: [], folders: [folder.path], options: .quick(log: log))
        _ = try await #require(registry.connector(named: "lies")).open()
        await registry.stop()
        let words = "connector 'lies' answers initialize with the"
        #expect(
            log.text.contains("error lies \(words) providerTypes Other, Shell, and describe gave Shell"), "\(log.text)")
        #expect(log.text.contains("\(words) capabilities quotas, and describe gave none"), "\(log.text)")
    }

    @Test("a message of a connector stays one line")
    func messagesAreOneLine() async throws {
        let folder = try TemporaryFolder()
        let data = #"{"code":"internal","message":"no\nerror: all is gone\u001b[2J"}"#
        let body = """
            case "$line" in
            *resource.list*) cat <<END
            {"jsonrpc":"2.0","id":$id,"error":{"code":-32000,"message":"x","data":\(data)}}
            END
            ;;
            *machine.describe*) cat <<END
            {"jsonrpc":"2.0","id":$id,"result":[{"error":\(data)}]}
            END
            ;;
            esac
            """
        try await withConnector(try shellConnector(folder, body: body)) { connector in
            let session = try await connector.open()
            let whole = await #expect(throws: ConnectorError.self) { try await connector.list(session) }
            #expect(whole?.message == #"no\nerror: all is gone\u{1B}[2J"#)
            let item = try await connector.describe(session, ["m"]).first?.error
            #expect(item?.message == #"no\nerror: all is gone\u{1B}[2J"#)
        }
    }
}
