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
    /// skipped.
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
        for check in checks {
            let start = ContinuousClock.now
            let (verdict, left) =
                Task.isCancelled
                ? (.skipped(reason: "the run was interrupted"), [])
                : await run(check, subject, readOnly: readOnly, note: note)
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

    private static func run(
        _ check: ConformanceCheck, _ subject: ConnectorUnderTest, readOnly: Bool,
        note: @escaping @Sendable (String) -> Void
    ) async -> (ConformanceReport.Verdict, left: [String]) {
        let announced = subject.connector.description.capabilities
        let missing = check.needs.filter { announced[$0] == nil }.map(\.rawValue)
        if !missing.isEmpty { return (.skipped(reason: "does not announce \(missing.joined(separator: ", "))"), []) }
        if let other = check.except.first(where: { announced[$0] != nil }) {
            return (.skipped(reason: "does not apply with \(other.rawValue)"), [])
        }
        if let facility = check.facilities.first(where: { !subject.has($0) }) {
            return (.skipped(reason: "needs a connector that runs as a process (\(facility.rawValue))"), [])
        }
        if readOnly, check.isDestructive { return (.skipped(reason: "creates something"), []) }

        let run = CheckRun(subject, check: check.id)
        var verdict = await judge(check, run)
        // Cleaning up goes on when the caller was cancelled.
        let isInterrupted = Task.isCancelled
        let left = await Task { await run.cleanUp(isInterrupted: isInterrupted, note: note) }.value
        if !left.isEmpty, verdict == .passed {
            verdict = .failed(
                reason: "what the check created could not be removed: \(left.joined(separator: "; "))",
                transcript: run.transcript.text)
        }
        return (verdict, left)
    }

    private static func judge(_ check: ConformanceCheck, _ run: CheckRun) async -> ConformanceReport.Verdict {
        do {
            try await limited(run.settings.checkMs, "the check") { try await check.run(run) }
            if let leak = run.transcript.leak {
                return .failed(
                    reason: "\(leak) holds a secret of the credentials, which stands in no answer (X1)",
                    transcript: run.transcript.text)
            }
            return .passed
        } catch CheckEnd.skipped(let reason) {
            return .skipped(reason: reason)
        } catch CheckEnd.failed(let reason) {
            return .failed(reason: run.transcript.safe(reason), transcript: run.transcript.text)
        } catch is CancellationError where Task.isCancelled {
            return .skipped(reason: "the run was interrupted")
        } catch {
            if Task.isCancelled { return .skipped(reason: "the run was interrupted") }
            let call = run.transcript.lastFailed ?? "a call"
            return .failed(
                reason: run.transcript.safe("\(call) failed: \(run.transcript.said("\(error)"))"),
                transcript: run.transcript.text)
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
