import ConnectorAPI
import Foundation

extension CheckRun {
    /// The connector did not answer in time.
    private struct NoAnswer: Error {
        var call: String
    }

    /// A connector that hangs is killed and started anew so often.
    private static let mostRestarts = 3

    /// Removes everything that was created, in reverse order; also what a call made whose answer never came. Tries again
    /// where the connector ends or the provider is busy; one that does not answer is killed and started anew.
    ///
    /// - Parameters:
    ///   - isInterrupted: Somebody waits for the end.
    ///   - note: Gets what is being done where it takes long.
    /// - Returns: What is left, for people.
    func cleanUp(isInterrupted: Bool, note: @escaping @Sendable (String) -> Void) async -> [String] {
        guard recording.everything.isAttempted else { return [] }
        let slow = Task {
            try await Task.sleep(for: .seconds(2))
            note("removing what \(tags["gantry-check"] ?? "the check") made")
        }
        defer { slow.cancel() }
        var problems: [String] = []
        var round = 0
        var restarts = 0
        var canList = true
        let patience = isInterrupted ? min(settings.answerMs, 5000) : settings.answerMs
        while round < 6 {
            if round > 0 { try? await Task.sleep(for: .milliseconds(200 << round)) }
            round += 1
            do {
                let session = try await answered("session.open", patience) { try await self.open() }
                problems = try await removeAll(session, canList: canList)
            } catch CheckEnd.failed(let message) {
                // Was waited for already.
                problems = [message]
                break
            } catch let silence as NoAnswer {
                problems = ["the connector does not answer \(silence.call)"]
                if silence.call == "resource.list" { canList = false }
                guard let restart = subject.restart, restarts < Self.mostRestarts else { break }
                restarts += 1
                note("the connector does not answer \(silence.call): it is killed and started anew")
                try? await restart()
            } catch {
                problems = [words(error)]
            }
            if problems.isEmpty { return [] }
        }
        return named(problems)
    }

    /// What is left with what it is found by.
    private func named(_ problems: [String]) -> [String] {
        let created = recording.everything
        let known =
            created.machines.map { "machine '\($0)'" }
            + created.resources.map { "\($0.kind.rawValue) '\($0.id)'" }
        let unnamed = known.filter { name in !problems.contains { $0.contains(name) } }
        let tag = tags["gantry-conformance"] ?? ""
        return problems
            + (unnamed.isEmpty ? [] : ["perhaps " + unnamed.joined(separator: ", ")])
            + ["look for the tag gantry-conformance=\(tag)"]
    }

    private func words(_ error: any Error) -> String {
        if case CheckEnd.failed(let reason) = error { return reason }
        return transcript.said("\(error)")
    }

    /// Makes a call, but does not wait longer for it than for any answer.
    private func answered<Value: Sendable>(
        _ call: String, _ milliseconds: Int? = nil, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        // A launch may take longer than an answer of most calls, and so may what ends it.
        try await ConformanceSuite.limited(
            milliseconds ?? settings.answerMs * 3, call, else: NoAnswer(call: call), body)
    }

    private func removeAll(_ session: SessionID, canList: Bool) async throws -> [String] {
        let created = recording.everything
        var problems: [String] = []
        var tagged: [Resource] = []
        do {
            guard canList else { throw CheckEnd.failed("it hangs in resource.list") }
            tagged = try await answered("resource.list") { try await self.list(session, tags: self.tags) }
        } catch let error where !(error is NoAnswer) {
            problems.append("what is left cannot be listed: \(words(error))")
        }
        let machines = Set(created.machines + tagged.filter { $0.kind == .machine }.map(\.id)).sorted()
        if !machines.isEmpty {
            let outcomes = try await answered("machine.terminate") {
                try await self.terminate(session, machines)
            }
            for (id, outcome) in zip(machines, outcomes) {
                if case .failed(let error) = outcome {
                    problems.append("machine '\(id)': \(transcript.said("\(error)"))")
                }
            }
            // Groups and networks can go only when they are gone.
            if !has(.existingMachines), problems.isEmpty, canList {
                _ = try await wait("the end of all machines") {
                    try await answered("resource.list") { try await self.listedMachines(session) }.isEmpty
                        ? true : nil
                }
            }
        }
        var seen: Set<Resource.Reference> = []
        for resource in tagged.filter({ $0.kind != .machine }).reversed() + created.resources.reversed()
        where seen.insert(Resource.Reference(kind: resource.kind, id: resource.id)).inserted {
            do {
                let request = DeleteResourceRequest(session: session, kind: resource.kind, id: resource.id)
                let outcome = try await answered("resource.delete") {
                    try await self.connector.delete(request, context: CallContext())
                }
                if case .failed(let error) = outcome, error.code != .notFound {
                    problems.append("\(resource.kind.rawValue) '\(resource.id)': \(transcript.said("\(error)"))")
                }
            } catch let error where !(error is NoAnswer) {
                problems.append("\(resource.kind.rawValue) '\(resource.id)': \(words(error))")
            }
        }
        return problems
    }
}
