public import ArgumentParser
import ConnectorAPI
public import ConnectorConformance
import ConnectorHost
import Foundation
import Glibc
import Synchronization

/// Runs the conformance kit against a connector in any language.
@main
struct ConnectorCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connector-check",
        abstract: "Check that a connector keeps the rules of the contract.",
        discussion: """
            Starts COMMAND as the server would, runs every check against it, removes what the checks created, and prints \
            a table. What failed is told with the rule that it breaks, what was sent and came back, and how to mend it. \
            Exit status: 0 when it passes, 1 when a check of the level failed or something is left at the provider, 2 when it cannot be started or a file \
            cannot be read, 64 when an option is wrong, 130 when it was interrupted: what the present check made is \
            removed before.

            Examples:
              connector-check connector-dummy
              connector-check --config ec2.json --secrets ec2-secrets.json connector-ec2
              connector-check --only launch.idempotent -- python3 ./connector-mycloud
              connector-check --built-in dummy
              connector-check --list

            A connector whose settings have a stateFile gets a temporary one where --config names none.

            The file of --config is JSON; every member may be left out:
              {"endpoint": "http://…", "config": {…}, "image": "…", "flavor": "…", "network": "…",
               "addresses": ["192.0.2.1"], "badCredentials": {"username": "x", "password": "y"},
               "provider": {…}, "waitMs": 120000, "checkMs": 300000, "promptMs": 30000, "answerMs": 20000,
               "endMs": 10000, "machines": 10}
            Times are the most until a machine runs or is gone (waitMs), of one check (checkMs), of a launch that does \
            not wait (promptMs), for one answer (answerMs), and for the end of a process (endMs).
            The file of --secrets is a JSON object of credentials, such as {"username": "…", "password": "…"}.
            """)

    @Argument(parsing: .captureForPassthrough, help: "The connector's executable and its arguments.")
    var command: [String] = []

    @Option(help: "Check a connector that is compiled in, without a process, in place of COMMAND.")
    var builtIn: BuiltInConnector?

    @Option(help: ArgumentHelp("What the checks use at the provider.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Credentials of the provider.", valueName: "file"))
    var secrets: String?

    @Option(help: "Which failures count: must, or should (all).")
    var level: ConformanceCheck.Level = .must

    @Option(help: ArgumentHelp("Write the results as JUnit XML.", valueName: "file"))
    var junit: String?

    @Option(help: ArgumentHelp("Write the table as Markdown.", valueName: "file"))
    var report: String?

    @Option(help: ArgumentHelp("Keep the result for 'gantry connector list'.", valueName: "file"))
    var record: String?

    @Option(help: ArgumentHelp("Run only this check; may be repeated.", valueName: "id"))
    var only: [String] = []

    @Flag(help: "Leave out checks that create something.")
    var readOnly = false

    @Flag(help: "Print the names of all checks and end.")
    var list = false

    mutating func run() async throws {
        if let word = command.first, command.count == 1, ["--help", "-h"].contains(word) {
            throw CleanExit.helpRequest(self)
        }
        let check = self
        do {
            let isInterrupted = try await Interruption.guarding("removing what was made; again to end at once") {
                try await check.runChecks()
            }
            if isInterrupted { throw ExitCode(130) }
        } catch let failure as Failure {
            Self.tell("connector-check: \(failure.message)")
            throw ExitCode(2)
        }
    }

    private static func tell(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data("\(line)\n".utf8))
    }

    private func runChecks() async throws {
        if list {
            for check in ConformanceSuite.checks {
                let name = check.id.padding(toLength: 26, withPad: " ", startingAt: 0)
                let level = check.level.rawValue.padding(toLength: 6, withPad: " ", startingAt: 0)
                let rules = check.rules.map(\.id).joined(separator: " ").padding(
                    toLength: 8, withPad: " ", startingAt: 0)
                print("\(name) \(level) \(rules) \(check.title)")
            }
            return
        }
        let words = command.first == "--" ? Array(command.dropFirst()) : command
        if let builtIn, let word = words.first {
            throw ValidationError(
                "--built-in \(builtIn) and the command '\(word)' are two connectors: check them one after the other")
        }
        if words.isEmpty, builtIn == nil {
            throw ValidationError("name the connector's command, such as connector-dummy, or one that is --built-in")
        }
        var checks = ConformanceSuite.checks
        if !only.isEmpty {
            guard let chosen = ConformanceSuite.checks(named: only) else {
                let known = ConformanceSuite.checks.map(\.id)
                let unknown = only.filter { !known.contains($0) }
                let group = unknown.first.map { $0.prefix { $0 != "." } + "." } ?? ""
                let alike = known.filter { $0.hasPrefix(group) }.joined(separator: ", ")
                throw ValidationError(
                    "--only names \(unknown.map { "'\($0)'" }.joined(separator: ", ")), which is no check: "
                        + (alike.isEmpty ? "" : "there are \(alike); ") + "--list shows all")
            }
            checks = chosen
        }
        for path in [junit, report].compactMap({ $0 }) { try SettingsFile.checkWritable(path) }
        if record != nil, !only.isEmpty {
            Self.tell("note: nothing is kept for 'gantry connector list': --only leaves checks out")
        }
        let passed: Bool
        if let builtIn {
            passed = try await check(
                ConnectorUnderTest(connector: builtIn.make(), settings: try settings()), checks, sha256: nil)
        } else if let executable = ConnectorCommand(commandLine: words) {
            passed = try await check(executable, try settings(), checks)
        } else {
            throw Failure("there is no executable '\(words[0])', neither as a path nor in PATH")
        }
        if !passed { throw ExitCode(1) }
    }

    private func check(
        _ executable: ConnectorCommand, _ settings: ConformanceSettings, _ checks: [ConformanceCheck]
    ) async throws -> Bool {
        let errors = ErrorText()
        let connector: ProcessConnector
        do {
            connector = try await ProcessConnector.connect(executable, options: .forConformance { errors.add($0) })
        } catch {
            let failure = Failure(
                "\(error)\(errors.text.isEmpty ? "" : "\nIts standard error:\n\(errors.text.suffix(2000))")")
            guard access(executable.path, X_OK) == 0 else { throw failure }
            Self.tell("connector-check: \(failure.message)\nOnly what can be said of such a process is checked.")
            let talking = checks.filter { $0.facilities == [.dialogue] }
            let subject = ConnectorUnderTest(
                connector: UnusableConnector(path: executable.path), settings: settings, placement: "as a process",
                dialogue: { try BareConnector(executable, $0, byHand: $1) })
            guard !talking.isEmpty, try await !check(subject, talking, sha256: nil) else { throw failure }
            return false
        }
        let memory = try KeptState(for: connector.description, settings)
        defer { memory?.remove() }
        let subject = ConnectorUnderTest(
            connector: connector, settings: memory?.settings ?? settings, placement: "as a process",
            restart: { await connector.kill() },
            raw: { try await connector.rawCall($0, $1) },
            standardError: { errors.text },
            dialogue: { try BareConnector(executable, $0, byHand: $1) })
        let passed: Bool
        do {
            passed = try await check(subject, checks, sha256: try? await executable.digest())
        } catch {
            await connector.stop()
            throw error
        }
        await connector.stop()
        return passed
    }

    private func check(
        _ subject: ConnectorUnderTest, _ checks: [ConformanceCheck], sha256: String?
    ) async throws -> Bool {
        let result = await ConformanceSuite.run(
            subject, checks: checks, readOnly: readOnly, note: { Self.tell("        … \($0)") }
        ) { result in
            let mark =
                switch result.verdict {
                case .passed: "passed "
                case .failed: "FAILED "
                case .skipped: "skipped"
                }
            Self.tell("\(mark) \(result.id)")
        }
        print(result.table(), terminator: "")
        for left in result.leftovers { Self.tell("connector-check: LEFT at the provider by \(left)") }
        if let report { try write(result.table(), to: report) }
        if let junit { try write(result.junit(), to: junit) }
        if let record, !Task.isCancelled, only.isEmpty { try keep(result, record, sha256) }
        return result.passed(level)
    }

    private func keep(_ result: ConformanceReport, _ path: String, _ sha256: String?) throws {
        let passed = result.results.count { $0.verdict == .passed }
        var records = CheckRecords(path: path)
        do {
            try records.add(
                CheckRecords.Record(
                    name: result.connector, version: result.version, time: Date(), passed: passed,
                    failed: result.failures.count, skipped: result.results.count - passed - result.failures.count),
                key: CheckRecords.key(name: result.connector, version: result.version, sha256: sha256))
        } catch {
            throw Failure("'\(path)' cannot be written: \(error.localizedDescription)")
        }
    }

    private func settings() throws -> ConformanceSettings {
        var settings = ConformanceSettings()
        if let config { settings = try SettingsFile.settings(config) }
        if let secrets { settings.credentials = try SettingsFile.credentials(secrets) }
        return settings
    }

    private func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        } catch {
            throw Failure("'\(path)' cannot be written: \(error.localizedDescription)")
        }
    }
}

/// A file for the machines of a connector whose cloud is its own memory unless it is given one (`stateFile`): such a cloud
/// would forget them when the checks kill the process.
private struct KeptState {
    let settings: ConformanceSettings
    private let folder: String

    /// Nil where the settings say where they are, or the connector knows no such file.
    init?(for description: ConnectorDescription, _ settings: ConformanceSettings) throws {
        guard settings.config["stateFile"] == nil, description.configSchema["properties"]?["stateFile"] != nil
        else { return nil }
        folder = NSTemporaryDirectory() + "connector-check-" + UUID().uuidString
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Failure("there is no room for a folder in '\(NSTemporaryDirectory())': set TMPDIR to another one")
        }
        var settings = settings
        settings.config["stateFile"] = .string(folder + "/cloud")
        self.settings = settings
        try? FileHandle.standardError.write(
            contentsOf: Data(
                "note: '\(description.name)' gets a temporary stateFile; name one with --config to keep it\n".utf8))
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: folder)
    }
}

extension ConformanceCheck.Level: ExpressibleByArgument {}

/// Ends the command with status 2.
struct Failure: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

/// What a connector wrote to standard error, up to a limit.
private final class ErrorText: Sendable {
    private static let limit = 4 << 20
    private let kept = Mutex("")

    var text: String { kept.withLock { $0 } }

    func add(_ line: String) {
        kept.withLock { kept in
            if kept.utf8.count < Self.limit { kept += line + "\n" }
        }
    }
}
