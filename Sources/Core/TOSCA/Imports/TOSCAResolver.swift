/// Fetches over the network. What does so is given from outside: this module speaks no protocol.
package protocol TOSCAFetching: Sendable {
    /// The content of a URL.
    ///
    /// An implementation resolves the host itself, connects only to an address that
    /// ``TOSCAFetchPolicy/permits(address:)`` allows, and to the very address that it asked about; it asks
    /// ``TOSCAFetchPolicy/refusal(of:)`` again for each redirection; it stops behind `maximumSize` bytes and when its
    /// task is cancelled. May be called concurrently.
    ///
    /// - Throws: An error whose description tells a user what is wrong, without secrets or paths of the server.
    func fetch(_ url: String, policy: TOSCAFetchPolicy, maximumSize: Int) async throws -> [UInt8]
}

/// Keeps what was fetched, so that templates work without a network. Both calls may be made concurrently.
package protocol TOSCACaching: Sendable {
    /// What was stored for a URL, the newest; nil where nothing is, or where it is damaged.
    func content(of url: String) async -> [UInt8]?
    /// Stores what a URL gave. A failure means only that nothing is kept.
    func store(_ content: [UInt8], of url: String) async
}

/// Reads files that templates name by a path.
package protocol TOSCAFileReading: Sendable {
    /// The content of a file below the folder that is meant; nil where there is none.
    ///
    /// - Parameter path: Relative, with `/`, without `..`.
    func content(of path: String, maximumSize: Int) async -> [UInt8]?
}

/// Finds the documents and recipes that templates name: in the program, in a folder, on hosts of an allow-list.
package struct TOSCAResolver: Sendable {
    /// Files that templates may name by relative paths; nil for none.
    package var folder: (any TOSCAFileReading)?
    package var fetcher: (any TOSCAFetching)?
    package var policy: TOSCAFetchPolicy
    package var cache: (any TOSCACaching)?
    /// SHA-256 by URL that content has to have; others are not checked.
    package var checksums: [String: String]
    /// Where a relative implementation of a recipe is looked for when the folder has none.
    package var artifactBase = "https://raw.githubusercontent.com/grycap/tosca/main/artifacts/"

    package init(
        folder: (any TOSCAFileReading)? = nil, fetcher: (any TOSCAFetching)? = nil,
        policy: TOSCAFetchPolicy = TOSCAFetchPolicy(), cache: (any TOSCACaching)? = nil,
        checksums: [String: String] = [:]
    ) {
        self.folder = folder
        self.fetcher = fetcher
        self.policy = policy
        self.cache = cache
        self.checksums = checksums
    }

    /// The bundled collections and nothing else.
    package static let bundled = TOSCAResolver()

    /// What was found.
    struct Found: Sendable {
        var bytes: [UInt8]
        var origin: TOSCAImport.Origin
        /// The URL or path that relative references in it start from.
        var base: String
        var collection: BundledCollection?
        var warning: String?

        /// Nil for what is no UTF-8.
        var text: String? { String(validating: bytes, as: UTF8.self) }

        /// Where the text is no UTF-8.
        var damage: String {
            do {
                _ = try UTF8Span(validating: bytes.span)
                return ""
            } catch {
                return ": byte \(error.byteOffsets.lowerBound) (counted from 0)"
            }
        }
    }

    /// Why nothing was found, for messages.
    struct Failure: Error {
        var message: String
        var expected: String?
    }

    /// - Parameter base: The URL or path of the document that names the reference; nil for the template itself.
    func find(
        _ reference: String, from base: String?, limits: TOSCALimits
    ) async throws(Failure) -> Found {
        let full = Self.absolute(reference, from: base)
        if let known = BundledCollection.known(url: full) {
            if !known.isExact, let found = try? await fetch(full, limits) { return found }
            return Found(
                bytes: known.collection.bytes, origin: .bundle, base: full, collection: known.collection,
                warning: known.isExact
                    ? nil
                    : "this branch of the \(known.collection.name) collection cannot be read: the bundled one is used")
        }
        if full.contains("://") { return try await fetch(full, limits) }
        return try await read(full, limits)
    }

    static func absolute(_ reference: String, from base: String?) -> String {
        if reference.contains("://") { return reference }
        guard let base else { return reference }
        if let url = TOSCAURL(base) { return url.resolving(reference) }
        guard let slash = base.lastIndex(of: "/"), !reference.hasPrefix("/") else { return reference }
        return String(base[...slash]) + reference
    }

    private func read(_ path: String, _ limits: TOSCALimits) async throws(Failure) -> Found {
        guard let folder else {
            throw Failure(
                message: "the file '\(path.prefix(200))' is not read here",
                expected: "the URL of a bundled collection or of an allowed host")
        }
        var steps: [Substring] = []
        for step in path.split(separator: "/") where step != "." {
            if step == ".." {
                guard steps.popLast() != nil else {
                    throw Failure(message: "the path '\(path.prefix(200))' leads out of the folder", expected: nil)
                }
            } else {
                steps.append(step)
            }
        }
        guard !path.hasPrefix("/"), !path.hasPrefix("~"), !path.unicodeScalars.contains("\0"), !steps.isEmpty else {
            throw Failure(
                message: "the path '\(path.prefix(200))' is not within the folder", expected: "a relative path")
        }
        let plain = steps.joined(separator: "/")
        guard let bytes = await folder.content(of: plain, maximumSize: limits.maximumSize) else {
            throw Failure(
                message: "there is no file '\(plain.prefix(200))' in the template's folder",
                expected: "a file of at most \(limits.maximumSize >> 20) MiB there; links out of it are not followed")
        }
        return Found(bytes: bytes, origin: .folder, base: plain)
    }

    private func fetch(_ url: String, _ limits: TOSCALimits) async throws(Failure) -> Found {
        var reason = policy.refusal(of: url)
        if reason == nil, let fetcher {
            do {
                let bytes = try await Self.inTime(limits.fetchTimeout) {
                    try await fetcher.fetch(url, policy: policy, maximumSize: limits.maximumSize)
                }
                try check(bytes, url)
                await cache?.store(bytes, of: url)
                return Found(bytes: bytes, origin: .network, base: url)
            } catch let failure as Failure {
                throw failure
            } catch is TimedOut {
                reason = "it did not answer within \(limits.fetchTimeout)"
            } catch {
                reason = "\(error)"
            }
            if let bytes = await cache?.content(of: url) {
                try check(bytes, url)
                return Found(
                    bytes: bytes, origin: .cache, base: url,
                    warning: "'\(url)' cannot be fetched (\(reason ?? "")): the copy that was fetched earlier is used")
            }
        } else if reason == nil {
            reason = "nothing is fetched here"
            if let bytes = await cache?.content(of: url) {
                try check(bytes, url)
                return Found(bytes: bytes, origin: .cache, base: url)
            }
        }
        let host = TOSCAURL(url)?.host ?? ""
        let isAllowed = policy.refusal(of: url) == nil
        throw Failure(
            message: "'\(url.prefix(300))' cannot be fetched: \(reason ?? "")",
            expected: isAllowed
                ? "a connection to \(host): what was fetched once is kept, and used without one"
                : policy.allowedHosts.isEmpty
                    ? nil : "an https URL of \(policy.allowedHosts.joined(separator: " or ")), or a file of the folder")
    }

    private func check(_ bytes: [UInt8], _ url: String) throws(Failure) {
        guard let wanted = checksums[url] else { return }
        let checksum = SHA256.hex(bytes)
        guard checksum == wanted.lowercased() else {
            throw Failure(
                message: "'\(url.prefix(300))' has the checksum \(checksum)", expected: "the checksum \(wanted)")
        }
    }

    private struct TimedOut: Error {}

    /// - Throws: ``TimedOut``, or what the operation throws. The operation is cancelled when its time is over.
    private static func inTime(
        _ limit: Duration, _ operation: @escaping @Sendable () async throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let bytes = first else { throw TimedOut() }
            return bytes
        }
    }
}
