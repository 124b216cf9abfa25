import ConnectorAPI
import Foundation

extension CheckRun {
    /// Removes everything that was created, in reverse order; also what a call made whose answer never came. Tries again
    /// where the connector ends or the provider is busy.
    ///
    /// - Returns: What is left, for people.
    func cleanUp() async -> [String] {
        let created = recording.everything
        guard created.isAttempted else { return [] }
        var problems: [String] = []
        for round in 0..<6 {
            if round > 0 { try? await Task.sleep(for: .milliseconds(200 << round)) }
            do {
                problems = try await removeAll(created)
            } catch CheckEnd.failed(let message) {
                // Was waited for already.
                return [message]
            } catch {
                problems = ["\(error)"]
            }
            if problems.isEmpty { break }
        }
        return problems
    }

    private func removeAll(_ created: RecordingConnector.Created) async throws -> [String] {
        let session = try await open()
        var problems: [String] = []
        var tagged: [Resource] = []
        do {
            tagged = try await list(session, tags: tags)
        } catch {
            problems.append("what is left cannot be listed: \(error)")
        }
        let machines = Set(created.machines + tagged.filter { $0.kind == .machine }.map(\.id)).sorted()
        if !machines.isEmpty {
            for (id, outcome) in zip(machines, try await terminate(session, machines)) {
                if case .failed(let error) = outcome { problems.append("machine '\(id)': \(error)") }
            }
            // Groups and networks can go only when they are gone.
            if !has(.existingMachines), problems.isEmpty {
                _ = try await wait("the end of all machines") {
                    try await listedMachines(session).isEmpty ? true : nil
                }
            }
        }
        var seen: Set<Resource.Reference> = []
        for resource in tagged.filter({ $0.kind != .machine }).reversed() + created.resources.reversed()
        where seen.insert(Resource.Reference(kind: resource.kind, id: resource.id)).inserted {
            do {
                let request = DeleteResourceRequest(session: session, kind: resource.kind, id: resource.id)
                let outcome = try await connector.delete(request, context: CallContext())
                if case .failed(let error) = outcome, error.code != .notFound {
                    problems.append("\(resource.kind.rawValue) '\(resource.id)': \(error)")
                }
            } catch {
                problems.append("\(resource.kind.rawValue) '\(resource.id)': \(error)")
            }
        }
        return problems
    }
}
