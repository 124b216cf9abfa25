import ConnectorAPI
import HTTPTransport

/// Servers as every call reads them.
extension OpenStackConnector {
    /// Most servers of a page, Nova's own limit.
    static let pageSize = 1_000

    /// One page of the project's servers.
    ///
    /// - Parameter tags: Only those with all of these tags, as far as Nova can tell; to be compared by the caller.
    func serverPage(
        tags: [String: String] = [:], marker: String?, _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> NovaServers {
        var query = [("limit", String(Self.pageSize))]
        if let marker { query.append(("marker", marker)) }
        let canTag = try await session.microversion(.tagsAtCreation, budget) != nil
        let version = canTag ? Microversion.serverTags : nil
        if canTag, !tags.isEmpty {
            let words = try LaunchIdentity.searchTags(tags)
            if !words.isEmpty { query.append(("tags", words.joined(separator: ","))) }
        }
        return try await session.client.call(
            OpenStackRequest(.compute, .get, "servers", "detail", query: query, microversion: version), budget)
    }

    /// All servers that carry the tags.
    func servers(
        tags: [String: String], _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> [NovaServer] {
        var found: [NovaServer] = []
        var marker: String?
        repeat {
            let page = try await serverPage(tags: tags, marker: marker, session, budget)
            found += page.servers.filter { $0.metadata.contains(all: tags) }
            marker = page.marker
        } while marker != nil
        return found
    }

    /// One server; nil when there is none.
    func server(
        _ id: String, _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> NovaServer? {
        guard OpenStackID.isValid(id) else { return nil }
        do throws(ConnectorError) {
            let answer: NovaServerAnswer = try await session.client.call(
                OpenStackRequest(.compute, .get, "servers", id), budget)
            return answer.server
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    /// Those of the servers that exist: one request for one id, else the pages of the project. What the pages leave out
    /// is asked for by itself, so that nothing is taken for gone that only moved from one page to another.
    func servers(
        _ ids: [String], _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> [String: NovaServer] {
        var wanted = Set(ids.filter { OpenStackID.isValid($0) })
        var found: [String: NovaServer] = [:]
        if wanted.count > 1 {
            var marker: String?
            repeat {
                let page = try await serverPage(marker: marker, session, budget)
                for server in page.servers where wanted.remove(server.id) != nil { found[server.id] = server }
                marker = page.marker
            } while marker != nil && !wanted.isEmpty
        }
        let rest = wanted.sorted()
        let answers = await each(rest) { id throws(ConnectorError) in
            try await self.server(id, session, budget)
        }
        for (id, answer) in zip(rest, answers) { found[id] = try answer.get() }
        return found
    }

    static func unknown(_ id: String, _ session: OpenStackSession) -> ConnectorError {
        ConnectorError(
            code: .notFound, message: "project '\(session.project.name)' has no server '\(id)'",
            provider: .init(code: "itemNotFound", status: 404))
    }

    /// Most requests of one call at the same time.
    private static let width = 8

    /// Does the same with each element, a few at a time; the results in the order of the elements.
    func each<Element: Sendable, Value: Sendable>(
        _ elements: [Element], _ body: @escaping @Sendable (Element) async throws(ConnectorError) -> Value
    ) async -> [Result<Value, ConnectorError>] {
        let results = await withTaskGroup(of: (Int, Result<Value, ConnectorError>).self) { group in
            var results: [Int: Result<Value, ConnectorError>] = [:]
            for (place, element) in elements.enumerated() {
                if place >= Self.width, let (done, result) = await group.next() { results[done] = result }
                group.addTask {
                    let result = await Self.result(element, body)
                    return (place, result)
                }
            }
            for await (place, result) in group { results[place] = result }
            return results
        }
        return elements.indices.map { place in
            results[place] ?? .failure(ConnectorError(code: .internal, message: "a request of the call was lost"))
        }
    }

    /// A function of its own: within the tuple of the task's closure it crashes optimized builds
    /// (docs/design/compiler.md).
    private static func result<Element: Sendable, Value: Sendable>(
        _ element: Element, _ body: @Sendable (Element) async throws(ConnectorError) -> Value
    ) async -> Result<Value, ConnectorError> {
        do throws(ConnectorError) {
            return .success(try await body(element))
        } catch {
            return .failure(error)
        }
    }
}
