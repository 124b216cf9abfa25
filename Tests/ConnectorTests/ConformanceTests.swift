import ConnectorAPI
import ConnectorConformance
import ConnectorHost
import Dummy
import ExistingHosts
import Foundation
import FoundationXML
import Synchronization
import Testing

/// A Dummy whose first launch has no answer.
private final class Lossy: Connector {
    private let dummy: DummyConnector
    private let lost = Mutex(false)

    init(_ dummy: DummyConnector) { self.dummy = dummy }

    var isLost: Bool { lost.withLock { $0 } }
    var description: ConnectorDescription { dummy.description }

    func openSession(_ request: OpenSessionRequest, context: CallContext) async throws -> OpenSessionResponse {
        try await dummy.openSession(request, context: context)
    }
    func closeSession(_ session: SessionID, context: CallContext) async throws {
        try await dummy.closeSession(session, context: context)
    }
    func launch(_ request: LaunchRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        let outcomes = try await dummy.launch(request, context: context)
        let isFirst = lost.withLock { lost in
            defer { lost = true }
            return !lost
        }
        if isFirst { throw ConnectorError(code: .pluginCrashed, message: "it ended") }
        return outcomes
    }
    func describe(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Machine>] {
        try await dummy.describe(request, context: context)
    }
    func list(_ request: ListRequest, context: CallContext) async throws -> Page<Resource> {
        try await dummy.list(request, context: context)
    }
    func terminate(_ request: MachinesRequest, context: CallContext) async throws -> [Outcome<Empty>] {
        try await dummy.terminate(request, context: context)
    }
    func flavors(_ request: CatalogRequest, context: CallContext) async throws -> Page<Flavor> {
        try await dummy.flavors(request, context: context)
    }
    func images(_ request: CatalogRequest, context: CallContext) async throws -> Page<Image> {
        try await dummy.images(request, context: context)
    }
}

/// The kit is judged by connectors that are broken on purpose: each must be caught by the check that is named for it.
@Suite struct ConformanceTests {
    private func subject(_ change: @escaping @Sendable (inout Hooks) -> Void) -> ConnectorUnderTest {
        let connector = BrokenConnector(change)
        var settings = ConformanceSettings(
            config: ["rejectUsers": ["nobody"], "steps": 2], image: "dummy://image", waitMs: 250, machines: 6)
        settings.badCredentials = Credentials(["username": "nobody", "password": "x"])
        settings.promptMs = 1000
        return ConnectorUnderTest(
            connector: connector, settings: settings, restart: { try await connector.restart() },
            raw: { try await connector.rawCall($0, $1) })
    }

    /// The whole kit, so that the check is seen to be the one that says what is wrong and not one of many.
    @Test(arguments: BrokenOne.all)
    func aBrokenRuleIsCaught(broken: BrokenOne) async throws {
        let report = await ConformanceSuite.run(subject(broken.change))
        let failed = Set(report.failures.map(\.id))
        #expect(failed.contains(broken.check), "it passes \(broken.check)")
        #expect(
            failed.subtracting(broken.also) == [broken.check], "\(failed.subtracting(broken.also).sorted()) fail, too")
        let failure = try #require(report.failures.first { $0.id == broken.check })
        let details = report.details(failure)
        #expect(!details.contains("sentinel-"))
        #expect(details.contains("Rule ") && details.contains("To mend it: "))
        #expect(details.contains("\n> ") || broken.check == "description.valid")
        if let path = ProcessInfo.processInfo.environment["GANTRY_BROKEN_REPORT"], !path.isEmpty {
            // For people who read what authors will read.
            let text = "# \(broken.fault)\n\n\(details)\n\n"
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.seekToEnd()
            try file.write(contentsOf: Data(text.utf8))
        }
    }

    @Test func thereAreManyOfThem() {
        #expect(BrokenOne.all.count >= 50)
        #expect(Set(BrokenOne.all.map(\.fault)).count == BrokenOne.all.count)
        // Each check is shown to be able to fail: these here, what needs a process in BrokenProcessTests.
        let shown = Set(BrokenOne.all.map(\.check) + BrokenProcess.all.map(\.check))
        let left = ConformanceSuite.checks.map(\.id).filter { !shown.contains($0) }
        #expect(
            left == ["launch.concurrent-token", "process.killed-in-flight"], "they fail with others that are listed")
    }

    @Test func withoutAFaultNothingFails() async {
        let report = await ConformanceSuite.run(subject { _ in })
        #expect(report.failures.map { report.details($0) } == [])
        #expect(report.passed(.should))
        #expect(report.results.filter { $0.verdict == .passed }.count > 55)
    }

    /// Whatever the check looks for, and whatever the connector calls its secret.
    @Test(arguments: ["password", "apikey"]) func aSecretInAnyAnswerIsSeen(field: String) async throws {
        let connector = BrokenConnector { hooks in
            hooks.description = { description in
                description.credentialSchema = [
                    "type": "object", "properties": ["apikey": ["type": "string", "format": "password"]],
                ]
            }
            hooks.open = { request, memory, next in
                memory["secret"] = request.credentials[field]
                return try await next(request)
            }
            hooks.launch = { request, memory, next in
                try await next(request).map { outcome in
                    guard case .done(var machine) = outcome else { return outcome }
                    machine.provider["debug"] = .string("login with \(memory["secret"] ?? "")")
                    return .done(machine)
                }
            }
        }
        let settings = ConformanceSettings(
            credentials: Credentials([field: "a long secret"]), image: "dummy://image", waitMs: 250)
        let checks = try #require(ConformanceSuite.checks(named: ["launch.outcomes", "secret.sentinel"]))
        let report = await ConformanceSuite.run(
            ConnectorUnderTest(connector: connector, settings: settings), checks: checks)
        let failure = try #require(report.failures.first { $0.id == "launch.outcomes" })
        let details = report.details(failure)
        #expect(details.contains("the answer to machine.launch holds a secret"), "\(details)")
        #expect(!details.contains("a long secret"))
    }

    @Test func whatIsLeftOverFailsTheCheck() async throws {
        let checks = try #require(ConformanceSuite.checks(named: ["launch.outcomes"]))
        let report = await ConformanceSuite.run(
            subject { $0.terminate = { request, _, _ in request.ids.map { _ in .done(Empty()) } } }, checks: checks)
        guard case .failed(let reason, _)? = report.failures.first?.verdict else {
            Issue.record("passed")
            return
        }
        #expect(reason.contains("could not be removed"))
    }

    @Test("what a launch made whose answer was lost is removed")
    func lostAnswersLeaveNothing() async throws {
        let checks = try #require(ConformanceSuite.checks(named: ["launch.outcomes"]))
        let dummy = DummyConnector(configuration: .init())
        let lossy = Lossy(dummy)
        let report = await ConformanceSuite.run(ConnectorUnderTest(connector: lossy), checks: checks)
        #expect(report.failures.count == 1)
        #expect(lossy.isLost)
        let left = try await dummy.list(dummy.open(), [:])
        #expect(left.isEmpty)
    }

    @Test func anInterruptedRunCleansUp() async throws {
        let dummy = DummyConnector(configuration: .init())
        let (started, continuation) = AsyncStream<Void>.makeStream()
        let check = ConformanceCheck(id: "x", title: "x", rules: ["L1"], mend: "x") { run in
            _ = try await run.machines(try await run.open(), 3)
            continuation.yield()
            try await Task.sleep(for: .seconds(1000))
        }
        let task = Task { await ConformanceSuite.run(ConnectorUnderTest(connector: dummy), checks: [check, check]) }
        for await _ in started { break }
        task.cancel()
        let report = await task.value
        #expect(
            report.results.map(\.verdict) == .init(repeating: .skipped(reason: "the run was interrupted"), count: 2))
        #expect(try await dummy.list(dummy.open(), [:]).isEmpty)
    }

    @Test func theDummyPassesInProcess() async throws {
        let folder = try TemporaryFolder()
        var settings = ConformanceSettings(config: [
            "stateFile": .string(folder.file("cloud")), "pageSize": 3, "steps": 2, "rejectUsers": ["nobody"],
            "bootMs": 30,
        ])
        settings.badCredentials = Credentials(["username": "nobody"])
        let dummy = DummyConnector(configuration: .init())
        let report = await ConformanceSuite.run(ConnectorUnderTest(connector: dummy, settings: settings))
        #expect(report.failures.map { report.details($0) } == [])
        // The kit leaves nothing behind.
        let session = try await dummy.open(["stateFile": .string(folder.file("cloud"))])
        #expect(try await dummy.list(session, [:]).isEmpty)
    }

    @Test func theDummyPassesAsAProcess() async throws {
        let folder = try TemporaryFolder()
        let errors = Collected()
        let connector = try await ProcessConnector.connect(
            dummyCommand, options: .forConformance { errors.add($0) })
        var settings = ConformanceSettings(config: [
            "stateFile": .string(folder.file("cloud")), "rejectUsers": ["nobody"], "steps": 1,
        ])
        settings.badCredentials = Credentials(["username": "nobody"])
        let report = await ConformanceSuite.run(
            ConnectorUnderTest(
                connector: connector, settings: settings, placement: "as a process",
                restart: { await connector.kill() }, raw: { try await connector.rawCall($0, $1) },
                standardError: { errors.text }, dialogue: { try BareConnector(dummyCommand, $0, byHand: $1) }))
        await connector.stop()
        #expect(report.failures.map { report.details($0) } == [])
        #expect(report.results.allSatisfy { $0.verdict == .passed })
    }

    @Test func existingHostsPass() async {
        let report = await ConformanceSuite.run(ConnectorUnderTest(connector: ExistingHostsConnector()))
        #expect(report.failures.map { report.details($0) } == [])
        #expect(report.results.filter { $0.verdict == .passed }.count >= 18)
    }

    @Test func readOnlyCreatesNothing() async throws {
        let dummy = DummyConnector(configuration: .init())
        let report = await ConformanceSuite.run(ConnectorUnderTest(connector: dummy), readOnly: true)
        #expect(report.failures.isEmpty)
        let session = try await dummy.open()
        let next = try await dummy.launch(session, specs(1))
        #expect(next.count == 1)
        #expect(try await dummy.list(session, [:]).count == 1)
    }

    @Test func aCheckThatHangsIsEnded() async {
        let check = ConformanceCheck(id: "x", title: "x", rules: [], mend: "x") { _ in
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        }
        let settings = ConformanceSettings(checkMs: 50)
        let report = await ConformanceSuite.run(
            ConnectorUnderTest(connector: DummyConnector(configuration: .init()), settings: settings), checks: [check])
        #expect(report.failures.count == 1)
    }

    @Test("a connector that hangs in check after check is not asked on")
    func aConnectorThatHangs() async {
        let hanging = ConformanceCheck(id: "x", title: "x", rules: [], mend: "x") { _ in
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        }
        let good = ConformanceCheck(id: "y", title: "y", rules: [], mend: "y") { _ in }
        let settings = ConformanceSettings(checkMs: 50)
        let report = await ConformanceSuite.run(
            ConnectorUnderTest(connector: DummyConnector(configuration: .init()), settings: settings),
            checks: [hanging, good, hanging, hanging, good])
        #expect(report.failures.map(\.id) == ["x", "x", "x"])
        let reason = "the connector hangs: 2 checks in a row did not end in their time"
        #expect(report.results.map(\.verdict)[4] == .skipped(reason: reason))
    }

    @Test func reportsAreWellFormed() async throws {
        let checks = [
            ConformanceCheck(id: "a", title: "fails", rules: ["L2"], mend: "Do it right.") { run in
                _ = try await run.open()
                try run.expect(false, "because <of> \"this\" & that\u{1}\u{FFFF}\n")
            },
            ConformanceCheck(id: "b", title: "skips", rules: [], mend: "x") { run in throw run.skip("no reason") },
            ConformanceCheck(id: "c", title: "should", level: .should, rules: [], mend: "x") { _ in },
        ]
        let report = await ConformanceSuite.run(
            ConnectorUnderTest(connector: DummyConnector(configuration: .init())), checks: checks)
        #expect(report.summary == "3 checks: 1 passed, 1 failed, 1 skipped")
        #expect(!report.passed(.must))
        let table = report.table()
        #expect(table.contains("| a | must | **failed** | fails |"))
        #expect(table.contains("Rule L2 (docs/connector-authors.md#l2): The same token with other items MUST be"))
        #expect(table.contains("To mend it: Do it right."))
        #expect(table.contains("> session.open"))
        let xml = report.junit()
        #expect(xml.contains("because &lt;of&gt; &quot;this&quot; &amp; that"))
        #expect(xml.contains(#"tests="3" failures="1" errors="0" skipped="1""#))
        let parser = XMLParser(data: Data(xml.utf8))
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
    }

    @Test func checksHaveNamesOfTheirOwn() {
        let ids = ConformanceSuite.checks.map(\.id)
        #expect(Set(ids).count == ids.count)
        #expect(ids.count >= 20)
        #expect(ConformanceSuite.checks(named: ["nothing"]) == nil)
    }
}
