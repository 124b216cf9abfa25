import ConnectorAPI
import Foundation

/// The checks of the contract, and the loop that runs them. Free of any test framework.
public enum ConformanceSuite {
    /// All checks, in the order in which a failure is best understood.
    public static let checks: [ConformanceCheck] =
        processChecks + wireChecks + sessionChecks + secretChecks + catalogChecks + launchChecks + machineChecks
        + optionalMachineChecks + listChecks + resourceChecks + callChecks + crashChecks + lifecycleChecks

    /// The checks with these names; nil where one is unknown.
    public static func checks(named ids: [String]) -> [ConformanceCheck]? {
        let found = checks.filter { ids.contains($0.id) }
        return found.count == Set(ids).count ? found : nil
    }

    /// Runs checks one after another. What a check creates is removed before the next one begins, whatever happens; what
    /// cannot be removed stands in the report. Cancellation ends the present check, which cleans up; the others are
    /// skipped, as they are where a connector answers nothing: where ``mostLate`` checks in a row did not end in their
    /// time.
    ///
    /// - Parameters:
    ///   - readOnly: Leaves out checks that create something.
    ///   - note: Gets what takes long while it goes on, for people.
    ///   - progress: Called after each check.
    public static func run(
        _ subject: ConnectorUnderTest, checks: [ConformanceCheck] = checks, readOnly: Bool = false,
        note: @escaping @Sendable (String) -> Void = { _ in },
        progress: (ConformanceReport.Result) -> Void = { _ in }
    ) async -> ConformanceReport {
        let description = subject.connector.description
        var report = ConformanceReport(
            connector: description.name, version: description.version, placement: subject.placement,
            capabilities: description.capabilities.keys.map(\.rawValue).sorted(), results: [])
        var late = 0
        for check in checks {
            let start = ContinuousClock.now
            let verdict: ConformanceReport.Verdict
            var left: [String] = []
            if Task.isCancelled {
                verdict = .skipped(reason: "the run was interrupted")
            } else if late >= mostLate {
                verdict = .skipped(reason: "the connector hangs: \(late) checks in a row did not end in their time")
            } else {
                let end = await run(check, subject, readOnly: readOnly, note: note)
                (verdict, left) = (end.verdict, end.left)
                if case .skipped = verdict {} else { late = end.isLate ? late + 1 : 0 }
            }
            report.leftovers += left.map { "\(check.id): \($0)" }
            let result = ConformanceReport.Result(
                id: check.id, title: check.title, level: check.level, rules: check.rules, mend: check.mend,
                verdict: verdict,
                duration: ContinuousClock.now - start)
            report.results.append(result)
            progress(result)
        }
        return report
    }

    /// So many checks in a row that do not end show that no other would.
    static let mostLate = 2

    /// After so long a check tells that it goes on.
    private static let quiet = Duration.seconds(30)

    private struct End {
        var verdict: ConformanceReport.Verdict
        var left: [String] = []
        var isLate = false
    }

    /// Why a check is not for this connector.
    private static func obstacle(
        _ check: ConformanceCheck, _ subject: ConnectorUnderTest, readOnly: Bool
    ) -> String? {
        let announced = subject.connector.description.capabilities
        let missing = check.needs.filter { announced[$0] == nil }.map(\.rawValue)
        if !missing.isEmpty { return "does not announce \(missing.joined(separator: ", "))" }
        if let other = check.except.first(where: { announced[$0] != nil }) {
            return "does not apply with \(other.rawValue)"
        }
        if let facility = check.facilities.first(where: { !subject.has($0) }) {
            return "needs a connector that runs as a process (\(facility.rawValue))"
        }
        return readOnly && check.isDestructive ? "creates something" : nil
    }

    private static func run(
        _ check: ConformanceCheck, _ subject: ConnectorUnderTest, readOnly: Bool,
        note: @escaping @Sendable (String) -> Void
    ) async -> End {
        if let obstacle = obstacle(check, subject, readOnly: readOnly) {
            return End(verdict: .skipped(reason: obstacle))
        }
        let run = CheckRun(subject, check: check.id)
        let slow = Task {
            try await Task.sleep(for: quiet)
            note("\(check.id) still runs; it is given \(run.settings.checkMs / 1000) s (checkMs)")
        }
        var (verdict, isLate) = await judge(check, run)
        slow.cancel()
        // Cleaning up goes on when the caller was cancelled.
        let isInterrupted = Task.isCancelled
        let left = await Task { await run.cleanUp(isInterrupted: isInterrupted, note: note) }.value
        if !left.isEmpty, verdict == .passed {
            verdict = .failed(
                reason: "what the check created could not be removed: \(left.joined(separator: "; "))",
                transcript: run.transcript.text)
        }
        return End(verdict: verdict, left: left, isLate: isLate)
    }

    private static func judge(
        _ check: ConformanceCheck, _ run: CheckRun
    ) async -> (ConformanceReport.Verdict, isLate: Bool) {
        func failed(_ reason: String) -> ConformanceReport.Verdict {
            .failed(reason: run.transcript.safe(reason), transcript: run.transcript.text)
        }
        do {
            let milliseconds = run.settings.checkMs
            let late = CheckEnd.late("the check did not end within \(milliseconds) ms")
            try await limited(milliseconds, "the check", else: late) { try await check.run(run) }
            if let leak = run.transcript.leak {
                return (failed("\(leak) holds a secret of the credentials, which stands in no answer (X1)"), false)
            }
            return (.passed, false)
        } catch CheckEnd.skipped(let reason) {
            return (.skipped(reason: reason), false)
        } catch CheckEnd.failed(let reason) {
            return (failed(reason), false)
        } catch CheckEnd.late(let reason) {
            return (failed(reason), true)
        } catch {
            if Task.isCancelled { return (.skipped(reason: "the run was interrupted"), false) }
            let call = run.transcript.lastFailed ?? "a call"
            return (failed("\(call) failed: \(run.transcript.said("\(error)"))"), false)
        }
    }

    /// Runs `body`, but not longer than its time: a connector that never answers must not stop the run.
    static func limited<Value: Sendable>(
        _ milliseconds: Int, _ what: String, else failure: (any Error)? = nil,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let (results, continuation) = AsyncStream.makeStream(of: Result<Value, any Error>.self)
        // Unstructured because a call that reacts to nothing would hold a task group for ever.
        let work = Task {
            do {
                continuation.yield(.success(try await body()))
            } catch {
                continuation.yield(.failure(error))
            }
        }
        let timer = Task {
            try await Task.sleep(for: .milliseconds(milliseconds))
            continuation.yield(
                .failure(failure ?? CheckEnd.failed("\(what) did not end within \(milliseconds) ms")))
        }
        defer {
            timer.cancel()
            work.cancel()
        }
        for await result in results { return try result.get() }
        throw CancellationError()
    }
}
