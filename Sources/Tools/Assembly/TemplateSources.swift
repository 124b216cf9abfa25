package import TOSCA

/// Where TOSCA templates get what they import: the collections in the program, and what published collections and
/// recipes have on the hosts that they are published on. What was fetched once is kept in the state folder.
package enum TemplateSources {
    /// - Parameter stateFolder: `:memory:` keeps nothing.
    package static func resolver(stateFolder: String) -> TOSCAResolver {
        // Made at the first fetch: most commands need none.
        let cache = stateFolder == ":memory:" ? nil : TOSCACacheFolder(path: stateFolder + "/templates")
        return TOSCAResolver(fetcher: LazyFetcher(), policy: .published, cache: cache)
    }

    private struct LazyFetcher: TOSCAFetching {
        func fetch(_ url: String, policy: TOSCAFetchPolicy, maximumSize: Int) async throws -> [UInt8] {
            guard let fetcher = TemplateFetcher.make() else {
                throw TemplateFetcher.Problem(description: "nothing can be fetched here: libcurl does not start")
            }
            return try await fetcher.fetch(url, policy: policy, maximumSize: maximumSize)
        }
    }
}
