package import ConnectorAPI
import ConnectorWire
import Foundation
import Glibc
import Support

/// Finds the executables `connector-*` in folders and asks each what it is.
///
/// What they answer is kept in a file by path, size, time of change and SHA-256, so that a start of the host runs
/// nothing. All are asked at the same time. A connector that cannot be used is a problem in the list and never stops the
/// others.
package struct ConnectorDiscovery: Sendable {
    /// A connector that was found.
    package struct Found: Sendable, Hashable {
        package var command: ConnectorCommand
        package var description: ConnectorDescription
        /// Lower-case hexadecimal.
        package var sha256: String
        /// How it is to be run.
        package var entry: ConnectorConfiguration.Entry?
    }

    /// What a look through the folders gave.
    package struct Result: Sendable {
        package var found: [Found] = []
        /// For people: which file cannot be used and why.
        package var problems: [String] = []

        /// An entry that protects did not reach what it was meant for: nothing is used that no entry reaches.
        mutating func leaveOutUnnamed() {
            for left in found where left.entry == nil {
                problems.append(
                    "'\(left.command.path)' is not used: no entry of the configuration names it, and one that was to "
                        + "pin or to confine a connector names none")
            }
            found.removeAll { $0.entry == nil }
        }
    }

    /// What is kept of a file.
    private struct Entry: Codable, Hashable {
        var size: Int64
        var changed: Int64
        var sha256: String
        /// What it answered, as JSON: the answers of many connectors are read by all processors. Empty for a failure.
        var response: String
        /// Why it did not answer, and when it was asked, in seconds since 1970.
        var failure: ConnectorError?
        var failedAt: Int64?

        var isRecent: Bool {
            let now = Int64(Date().timeIntervalSince1970)
            return failedAt.map { $0 <= now && now - $0 < ConnectorDiscovery.remembered } ?? false
        }
    }

    private struct Answer {
        var entry: Entry
        /// Nil where it did not answer.
        var description: ConnectorDescription?
        /// It was asked just now.
        var isNew = false

        var parts: (Entry, ConnectorDescription?) { (entry, description) }
    }

    /// For so long a connector that took long to fail is not asked again.
    private static let remembered: Int64 = 300
    private static let slow = Duration.seconds(1)

    private let folders: [String]
    private let entries: [ConnectorConfiguration.Entry]
    private let builtIn: Set<String>
    private let cacheFile: String?
    private let asksAnew: Bool
    private let timeout: Duration

    /// - Parameters:
    ///   - folders: Looked through in this order; the first connector of a name wins.
    ///   - entries: How connectors are to be run. Those with a path are looked at before the folders; what an entry pins is
    ///     not even asked with another content.
    ///   - builtIn: Names of connectors that are not looked for.
    ///   - cacheFile: Where answers are kept; nil: nowhere.
    ///   - asksAnew: Also those are asked that did not answer a moment ago.
    package init(
        folders: [String], entries: [ConnectorConfiguration.Entry] = [], builtIn: Set<String> = [],
        cacheFile: String? = nil, asksAnew: Bool = false, timeout: Duration = .seconds(10)
    ) {
        self.folders = folders
        self.entries = entries
        self.builtIn = builtIn
        self.cacheFile = cacheFile
        self.asksAnew = asksAnew
        self.timeout = timeout
    }

    /// Looks through the folders. One that cannot be read is a problem and counts as empty.
    package func run() async -> Result {
        let before = readCache()
        var cache: [String: Entry] = [:]
        var result = Result()
        let candidates = ConnectorCandidates(
            folders: folders, entries: entries, builtIn: builtIn, problems: &result.problems)
        var names: Set<String> = []
        let answers = await answers(of: candidates.found, before)
        var isMisled = false
        for candidate in candidates.found {
            let path = candidate.path
            do {
                guard let answer = answers[path] else { continue }
                let (entry, description) = try answer.get().parts
                cache[path] = entry
                guard let description else { throw Self.failure(of: entry, isNew: try answer.get().isNew) }
                try candidate.judge(description.name, entry.sha256)
                guard names.insert(description.name).inserted else {
                    result.problems.append(
                        "'\(path)' is not used: another connector '\(description.name)' was found before it")
                    continue
                }
                var command = ConnectorCommand(path: path)
                command.sha256 = candidate.entry?.sha256?.lowercased()
                result.found.append(
                    Found(
                        command: command, description: description, sha256: entry.sha256, entry: candidate.entry))
            } catch let error as ConnectorCandidates.WrongName {
                if candidate.entry?.protects == true { isMisled = true }
                result.problems.append("'\(path)' is not used: \(error.message)")
            } catch let error as ConnectorError {
                result.problems.append("'\(path)' is not used: \(error.message)")
            } catch {
                result.problems.append("'\(path)' is not used: \(error)")
            }
        }
        if isMisled { result.leaveOutUnnamed() }
        if cache != before { writeCache(cache, &result) }
        return result
    }

    /// At most so many processes at the same time: each has a limit of time, and all of them start at once.
    private static let mostAsked = min(16, max(4, 2 * ProcessInfo.processInfo.activeProcessorCount))

    private func answers(
        of candidates: [ConnectorCandidates.Candidate], _ known: [String: Entry]
    ) async -> [String: Swift.Result<Answer, any Error>] {
        let answers = LockedValue<[String: Swift.Result<Answer, any Error>]>([:])
        // What throws is an answer, too.
        try? await forEachConcurrently(candidates, limit: Self.mostAsked) { candidate in
            let answer: Swift.Result<Answer, any Error>
            do {
                answer = .success(try await describe(candidate, known[candidate.path]))
            } catch {
                answer = .failure(error)
            }
            answers.withLock { $0[candidate.path] = answer }
        }
        return answers.withLock { $0 }
    }

    // Not on the caller's actor: all processors read.
    @concurrent private func describe(_ candidate: ConnectorCandidates.Candidate, _ known: Entry?) async throws
        -> Answer
    {
        let path = candidate.path
        var status = Glibc.stat()
        guard stat(path, &status) == 0 else {
            throw ConnectorError(code: .unavailable, message: String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IWOTH == 0 else {
            throw ConnectorError(code: .permissionDenied, message: "everybody may write to it; run chmod o-w on it")
        }
        let changed = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        let size = Int64(status.st_size)
        // What cannot be read any more, as after an update of the host, is asked for anew.
        let known = known.flatMap { entry -> Answer? in
            if entry.failure != nil { return asksAnew || !entry.isRecent ? nil : Answer(entry: entry) }
            return (try? Self.response(Array(entry.response.utf8))).map {
                Answer(entry: entry, description: $0.description)
            }
        }
        let pin = candidate.entry?.sha256?.lowercased()
        if let known, known.entry.size == size, known.entry.changed == changed {
            // A pinned connector is read anew each time: size and time can be forged.
            if pin == nil { return known }
            let sha256 = try await FileDigest.sha256(path)
            if sha256 == known.entry.sha256 { return known }
        }
        let sha256 = try await FileDigest.sha256(path)
        if var known, known.entry.failure == nil, known.entry.sha256 == sha256 {
            (known.entry.size, known.entry.changed) = (size, changed)
            return known
        }
        try candidate.judge(sha256)
        let command = try candidate.entry?.applied(to: ConnectorCommand(path: path)) ?? ConnectorCommand(path: path)
        var entry = Entry(size: size, changed: changed, sha256: sha256, response: "")
        let start = ContinuousClock.now
        do {
            let output = Array(try await CommandOutput.read(command, "describe", timeout: timeout))
            let response = try Self.response(output)
            entry.response = String(decoding: output, as: UTF8.self)
            return Answer(entry: entry, description: response.description)
        } catch let error as ConnectorError {
            // One that hangs must not hold up every command. One that answers, or fails at once, is asked each time: its
            // cause may be gone.
            let isSilent = error.code == .timeout && ContinuousClock.now - start >= Self.slow
            guard isSilent, !Task.isCancelled else { throw error }
            entry.failure = error
            entry.failedAt = Int64(Date().timeIntervalSince1970)
            return Answer(entry: entry, isNew: true)
        }
    }

    private static func failure(of entry: Entry, isNew: Bool) -> ConnectorError {
        var error = entry.failure ?? ConnectorError(code: .unavailable, message: "it did not answer")
        guard !isNew, let time = entry.failedAt else { return error }
        let age = Int64(Date().timeIntervalSince1970) - time
        error.message +=
            "; that was \(max(0, age)) s ago, and it is asked again after \(remembered) s, or by "
            + "`gantry connector list`"
        return error
    }

    private static func response(_ output: [UInt8]) throws -> InitializeResponse {
        let response: InitializeResponse
        do {
            response = try WireCodec.decode(InitializeResponse.self, from: output)
        } catch {
            throw ConnectorError(
                code: .protocolViolation, message: "what 'describe' prints is wrong: \(WireCodec.explain(error))")
        }
        guard response.protocolVersion == InitializeResponse.currentVersion else {
            throw ConnectorError(
                code: .unsupported,
                message: "it speaks protocol version \(response.protocolVersion), this host "
                    + "\(InitializeResponse.currentVersion): install a version of it that does, too")
        }
        return response
    }

    // MARK: Cache

    private func readCache() -> [String: Entry] {
        // A cache that cannot be read is no cache.
        guard let cacheFile, let data = FileManager.default.contents(atPath: cacheFile) else { return [:] }
        return (try? WireCodec.decode([String: Entry].self, from: Array(data))) ?? [:]
    }

    private func writeCache(_ cache: [String: Entry], _ result: inout Result) {
        guard let cacheFile else { return }
        do {
            try Data(WireCodec.encode(cache)).write(to: URL(fileURLWithPath: cacheFile), options: .atomic)
        } catch {
            result.problems.append("the cache of connectors '\(cacheFile)' cannot be written: \(error)")
        }
    }
}
