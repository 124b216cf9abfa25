import ConnectorAPI
import ConnectorConformance
import ConnectorHost
import Dummy
import ExistingHosts
import Foundation
import Testing

/// The kit is judged by connectors that are broken on purpose: each must be caught by the check that is named for it.
@Suite struct ConformanceTests {
    typealias Fault = BrokenConnector.Fault

    static let caught: [(Fault, String)] = [
        (.ignoresTokens, "launch.idempotent"), (.ignoresTokens, "launch.concurrent-token"),
        (.sharesTokens, "launch.token-reuse"), (.reversesOutcomes, "launch.outcomes"),
        (.mixesLaunches, "launch.concurrent"), (.acceptsImpossible, "launch.impossible"),
        (.knowsEverything, "describe.unknown"), (.neverRuns, "describe.running"),
        (.refusesUnknownEnd, "terminate.idempotent"), (.keepsMachines, "terminate.gone"),
        (.ignoresTags, "list.tags"), (.losesItemTags, "list.item-tags"), (.hidesToken, "list.batch"),
        (.endlessPages, "list.paging"),
        (.repeatsItems, "list.paging"), (.acceptsAnySession, "session.unknown"),
        (.forgetsNoSession, "session.closed"), (.acceptsBadCredentials, "session.bad-credentials"),
        (.leaksPassword, "secret.sentinel"), (.countsMegabytes, "catalog.flavors"),
        (.ignoresDeadlines, "call.deadline"), (.hangsWhenCancelled, "call.cancel"),
        (.answersUnannounced, "call.unannounced"), (.duplicatesGroups, "ensure.security-group"),
        (.badName, "description.valid"), (.forgetful, "process.restart"),
    ]

    private func subject(_ fault: Fault) -> ConnectorUnderTest {
        let connector = BrokenConnector(fault)
        var settings = ConformanceSettings(config: ["rejectUsers": ["nobody"]], image: "dummy://image", waitMs: 200)
        settings.badCredentials = Credentials(["username": "nobody", "password": "x"])
        return ConnectorUnderTest(connector: connector, settings: settings, restart: { try await connector.restart() })
    }

    @Test(arguments: caught)
    func aBrokenRuleIsCaught(fault: Fault, id: String) async throws {
        let checks = try #require(ConformanceSuite.checks(named: [id]))
        let broken = await ConformanceSuite.run(subject(fault), checks: checks)
        let failure = try #require(broken.failures.first, "\(fault.rawValue) passed \(id)")
        #expect(failure.id == id)
        #expect(!failure.rule.isEmpty)
        guard case .failed(let reason, _) = failure.verdict else { return }
        #expect(!reason.isEmpty)
        #expect(!reason.contains("sentinel-"))
    }

    @Test func everyFaultIsCaughtBySomeCheck() {
        let covered = Set(Self.caught.map(\.0))
        #expect(Fault.allCases.filter { $0 != .none && !covered.contains($0) }.map(\.rawValue) == [])
    }

    @Test func withoutAFaultNothingFails() async {
        let report = await ConformanceSuite.run(subject(.none))
        #expect(report.failures.map { report.details($0) } == [])
        #expect(report.passed(.should))
        #expect(report.results.filter { $0.verdict == .passed }.count > 30)
    }

    @Test func whatIsLeftOverFailsTheCheck() async throws {
        let checks = try #require(ConformanceSuite.checks(named: ["launch.outcomes"]))
        let report = await ConformanceSuite.run(subject(.keepsMachines), checks: checks)
        guard case .failed(let reason, _)? = report.failures.first?.verdict else {
            Issue.record("passed")
            return
        }
        #expect(reason.contains("could not be removed"))
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
            "stateFile": .string(folder.file("cloud")), "rejectUsers": ["nobody"],
        ])
        settings.badCredentials = Credentials(["username": "nobody"])
        let report = await ConformanceSuite.run(
            ConnectorUnderTest(
                connector: connector, settings: settings, placement: "as a process",
                restart: { await connector.kill() }, raw: { try await connector.rawCall($0, $1) },
                standardError: { errors.text }))
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
        let check = ConformanceCheck(id: "x", title: "x", rule: "x") { _ in
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        }
        let settings = ConformanceSettings(checkMs: 50)
        let report = await ConformanceSuite.run(
            ConnectorUnderTest(connector: DummyConnector(configuration: .init()), settings: settings), checks: [check])
        #expect(report.failures.count == 1)
    }

    @Test func reportsAreWellFormed() async throws {
        let checks = [
            ConformanceCheck(id: "a", title: "fails", rule: "the rule") { run in
                _ = try await run.open()
                try run.expect(false, "because <of> \"this\" & that")
            },
            ConformanceCheck(id: "b", title: "skips", rule: "r") { run in throw run.skip("no reason") },
            ConformanceCheck(id: "c", title: "should", level: .should, rule: "r") { _ in },
        ]
        let report = await ConformanceSuite.run(
            ConnectorUnderTest(connector: DummyConnector(configuration: .init())), checks: checks)
        #expect(report.summary == "3 checks: 1 passed, 1 failed, 1 skipped")
        #expect(!report.passed(.must))
        let table = report.table()
        #expect(table.contains("| a | must | **failed** | fails |"))
        #expect(table.contains("Rule: the rule"))
        #expect(table.contains("> session.open"))
        let xml = report.junit()
        #expect(xml.contains("because &lt;of&gt; &quot;this&quot; &amp; that"))
        #expect(xml.contains(#"tests="3" failures="1" skipped="1""#))
    }

    @Test func checksHaveNamesOfTheirOwn() {
        let ids = ConformanceSuite.checks.map(\.id)
        #expect(Set(ids).count == ids.count)
        #expect(ids.count >= 20)
        #expect(ConformanceSuite.checks(named: ["nothing"]) == nil)
    }
}
