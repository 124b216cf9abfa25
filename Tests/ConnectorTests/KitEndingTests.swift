import ConnectorAPI
import ConnectorConformance
import ConnectorHost
import Foundation
import Testing

/// The kit removes what its checks made also where the connector hangs, and names what it cannot remove.
@Suite struct KitEndingTests {
    /// One machine, in a file; a launch makes it and never answers.
    private func hanging(_ folder: TemporaryFolder, terminate: String) throws -> ConnectorCommand {
        let machine = folder.file("machine")
        let answer = #"printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id""#
        return try shellConnector(
            folder,
            body: """
                case "$line" in
                *machine.launch*) : > '\(machine)'; sleep 1000 ;;
                *resource.list*)
                    if [ -e '\(machine)' ]; then
                        \(answer) '{"items":[{"kind":"machine","id":"m-1","tags":{},"dependsOn":[]}]}'
                    else \(answer) '{"items":[]}'; fi ;;
                *machine.terminate*) \(terminate); \(answer) '[{"done":{}}]' ;;
                esac
                """)
    }

    /// - Parameter file: The check is interrupted once it is there.
    private func report(
        _ command: ConnectorCommand, _ notes: Collected, interruptedAt file: String? = nil
    ) async throws -> ConformanceReport {
        let connector = try await ProcessConnector.connect(command, options: .forConformance { _ in })
        var settings = ConformanceSettings(waitMs: 5000, checkMs: file == nil ? 1500 : 100_000)
        settings.answerMs = 1500
        let check = ConformanceCheck(id: "x", title: "x", rules: ["L1"], mend: "x") { run in
            _ = try await run.machines(try await run.open(), 1)
        }
        let subject = ConnectorUnderTest(
            connector: connector, settings: settings, placement: "as a process",
            restart: { await connector.kill() })
        let task = Task { await ConformanceSuite.run(subject, checks: [check], note: { notes.add($0) }) }
        if let file {
            for _ in 0..<600 where !FileManager.default.fileExists(atPath: file) {
                try await Task.sleep(for: .milliseconds(50))
            }
            task.cancel()
        }
        let report = await task.value
        await connector.stop()
        return report
    }

    @Test("a connector that hangs in a launch is killed, and what it made is removed", arguments: [false, true])
    func hangsInLaunch(isInterrupted: Bool) async throws {
        let folder = try TemporaryFolder()
        let notes = Collected()
        let command = try hanging(folder, terminate: "rm -f '\(folder.file("machine"))'")
        let report = try await report(command, notes, interruptedAt: isInterrupted ? folder.file("machine") : nil)
        #expect(!FileManager.default.fileExists(atPath: folder.file("machine")))
        #expect(report.leftovers == [])
        #expect(report.failures.count == (isInterrupted ? 0 : 1))
        #expect(
            notes.lines.contains("the connector does not answer session.open: it is killed and started anew"),
            "\(notes.lines)")
    }

    @Test("what cannot be removed is named, and the run has not passed")
    func whatIsLeft() async throws {
        let folder = try TemporaryFolder()
        let report = try await report(try hanging(folder, terminate: "sleep 1000"), Collected())
        let left = report.leftovers.joined(separator: "\n")
        #expect(left.contains("x: the connector does not answer machine.terminate"), "\(left)")
        #expect(left.contains("look for the tag gantry-conformance="), "\(left)")
        #expect(!report.passed(.must))
        #expect(report.table().contains("**Left at the provider**"))
    }

    @Test("a password that is a common word does not garble the kit's own words")
    func commonPasswords() async throws {
        let folder = try TemporaryFolder()
        let refusal = #"{"code":-32000,"message":"x","data":{"code":"internal","message":"wrong is no password"}}"#
        let command = try shellConnector(
            folder, body: #"printf '{"jsonrpc":"2.0","id":%s,"error":%s}\n' "$id" '\#(refusal)'"#)
        try await withConnector(command) { connector in
            var settings = ConformanceSettings()
            settings.badCredentials = Credentials(["password": "wrong"])
            settings.credentials = Credentials(["password": "unbelievable"])
            let checks = [
                ConformanceCheck(id: "own", title: "x", rules: ["S2"], mend: "x") { run in
                    try run.expect(false, "wrong credentials; unbelievable, unbelievably")
                },
                ConformanceCheck(id: "theirs", title: "x", rules: ["S2"], mend: "x") { run in
                    let session = try await run.open()
                    try await run.expectError(.notFound, what: "wrong credentials") {
                        try await run.list(session, tags: [:])
                    }
                },
            ]
            let report = await ConformanceSuite.run(
                ConnectorUnderTest(connector: connector, settings: settings), checks: checks)
            var reasons: [String] = []
            for case .failed(let reason, let transcript) in report.results.map(\.verdict) {
                reasons.append(reason)
                #expect(!transcript.contains("wrong is no"))
            }
            #expect(
                reasons == [
                    "wrong credentials; <the password>, unbelievably",
                    "wrong credentials: expected the error notFound, received internal: <the password> is no password",
                ])
        }
    }
}
