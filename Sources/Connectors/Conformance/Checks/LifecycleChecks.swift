import ConnectorAPI
import Foundation

extension ConformanceSuite {
    /// What the host does with every infrastructure, from nothing to nothing.
    static let lifecycleChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "lifecycle.once", title: "from nothing to nothing",
            rules: ["M2", "M5", "R1"],
            mend: "See which step failed: the checks launch.*, describe.* and terminate.* show each by itself.",
            except: [.existingMachines]
        ) { run in
            try await lifecycle(run, try await run.open(), round: 1)
        },
        ConformanceCheck(
            id: "lifecycle.ten", title: "ten times in one session, nothing is left",
            rules: ["G2", "M5"],
            mend: "What works once and not ten times holds something: a connection, a lock, a limit of the account.",
            except: [.existingMachines]
        ) { run in
            let session = try await run.open()
            for round in 1...10 { try await lifecycle(run, session, round: round) }
        },
    ]

    private static func lifecycle(_ run: CheckRun, _ session: SessionID, round: Int) async throws {
        let id = try await run.machines(session, 1)[0].id
        _ = try await run.wait("round \(round): the machine's state running") { () -> Bool? in
            let seen = try run.done(try await run.describe(session, [id])[0], "round \(round): describing '\(id)'")
            try run.expect(
                seen.state != .failed && seen.state != .terminated,
                "round \(round): the machine is \(seen.state.rawValue): \(seen.failure?.message ?? "no reason given")")
            return seen.state == .running ? true : nil
        }
        let found = try await run.listedMachines(session).map(\.id)
        try run.expect(found == [id], "round \(round): \(found) are listed instead of \([id])")
        _ = try run.done(try await run.terminate(session, [id])[0], "round \(round): ending '\(id)'")
        _ = try await run.wait("round \(round): the end of all that was made") { () -> Bool? in
            let left = try await run.list(session, tags: run.tags)
            return left.allSatisfy { $0.machine?.state == .terminated } ? true : nil
        }
    }
}
