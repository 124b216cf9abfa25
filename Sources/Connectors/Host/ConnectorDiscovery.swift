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
    }

    /// What a look through the folders gave.
    package struct Result: Sendable {
        package var found: [Found] = []
        /// For people: which file cannot be used and why.
        package var problems: [String] = []
    }

    /// What is kept of a file.
    private struct Entry: Codable, Hashable {
        var size: Int64
        var changed: Int64
        var sha256: String
        /// What it answered, as JSON: the answers of many connectors are read by all processors.
        var response: String
    }

    private struct Answer {
        var entry: Entry
        var description: ConnectorDescription

        var parts: (Entry, ConnectorDescription) { (entry, description) }
    }

    private let folders: [String]
    private let files: [String]
    private let cacheFile: String?
    private let pins: [String: String]
    private let timeout: Duration
    private let prepare: @Sendable (ConnectorCommand) throws -> ConnectorCommand

    /// - Parameters:
    ///   - folders: Looked through in this order; the first connector of a name wins.
    ///   - files: Connectors outside of folders; before those in folders.
    ///   - cacheFile: Where answers are kept; nil: nowhere.
    ///   - pins: SHA-256 by name of connector; another content is refused, and not run where the file has that name.
    ///   - prepare: Gives how an executable is run that is asked: in its sandbox, with its limits.
    package init(
        folders: [String], files: [String] = [], cacheFile: String? = nil, pins: [String: String] = [:],
        timeout: Duration = .seconds(10),
        prepare: @escaping @Sendable (ConnectorCommand) throws -> ConnectorCommand = { $0 }
    ) {
        self.prepare = prepare
        self.folders = folders
        self.files = files
        self.cacheFile = cacheFile
        self.pins = pins
        self.timeout = timeout
    }

    /// Looks through the folders. One that cannot be read is a problem and counts as empty.
    package func run() async -> Result {
        let before = readCache()
        var cache: [String: Entry] = [:]
        var result = Result()
        let candidates = candidates(&result)
        var names: Set<String> = []
        let answers = await answers(of: candidates, before)
        for path in candidates {
            do {
                guard let answer = answers[path] else { continue }
                let (entry, description) = try answer.get().parts
                cache[path] = entry
                if let pin = pins[description.name], pin.lowercased() != entry.sha256 {
                    result.problems.append(
                        "'\(path)' is not used: its SHA-256 is \(entry.sha256), the configuration wants \(pin)")
                    continue
                }
                // Pins and settings go by the name of the file.
                guard files.contains(path) || Self.name(of: path) == description.name else {
                    result.problems.append(
                        "'\(path)' is not used: it calls itself '\(description.name)'; rename the file to "
                            + "connector-\(description.name), or have it answer the name of its file")
                    continue
                }
                guard names.insert(description.name).inserted else {
                    result.problems.append(
                        "'\(path)' is not used: another connector '\(description.name)' was found before it")
                    continue
                }
                var command = ConnectorCommand(path: path)
                command.sha256 = pins[description.name]?.lowercased()
                result.found.append(Found(command: command, description: description, sha256: entry.sha256))
            } catch let error as ConnectorError {
                result.problems.append("'\(path)' is not used: \(error.message)")
            } catch {
                result.problems.append("'\(path)' is not used: \(error)")
            }
        }
        if cache != before { writeCache(cache, &result) }
        return result
    }

    /// At most so many processes at the same time.
    private static let mostAsked = 16

    private func answers(
        of paths: [String], _ known: [String: Entry]
    ) async -> [String: Swift.Result<Answer, any Error>] {
        let answers = LockedValue<[String: Swift.Result<Answer, any Error>]>([:])
        // What throws is an answer, too.
        try? await forEachConcurrently(paths, limit: Self.mostAsked) { path in
            let answer: Swift.Result<Answer, any Error>
            do {
                answer = .success(try await describe(path, known[path]))
            } catch {
                answer = .failure(error)
            }
            answers.withLock { $0[path] = answer }
        }
        return answers.withLock { $0 }
    }

    private func candidates(_ result: inout Result) -> [String] {
        var found: [String] = []
        for file in files {
            switch access(file, X_OK) {
            case 0: found.append(file)
            default:
                let reason =
                    access(file, F_OK) == 0 ? "it is not executable; run chmod +x on it" : "it does not exist"
                result.problems.append("'\(file)' is not used: \(reason)")
            }
        }
        for folder in folders {
            let names: [String]
            do {
                names = try FileManager.default.contentsOfDirectory(atPath: folder)
            } catch {
                let reason = access(folder, F_OK) == 0 ? "it cannot be read" : "it does not exist"
                result.problems.append("the folder '\(folder)' of connectors is not used: \(reason)")
                continue
            }
            // The kit's own tool has such a name, too.
            for name in names.sorted() where name.hasPrefix("connector-") && name != "connector-check" {
                let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
                var status = Glibc.stat()
                guard stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { continue }
                if access(path, X_OK) == 0 {
                    found.append(path)
                } else if name.wholeMatch(of: /connector-[a-z0-9-]+/) != nil {
                    result.problems.append("'\(path)' is not used: it is not executable; run chmod +x on it")
                }
            }
        }
        return found
    }

    // Not on the caller's actor: all processors read.
    @concurrent private func describe(_ path: String, _ known: Entry?) async throws -> Answer {
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
        let known = known.flatMap { entry in
            (try? Self.response(Array(entry.response.utf8))).map { Answer(entry: entry, description: $0.description) }
        }
        if let known, known.entry.size == size, known.entry.changed == changed {
            // A pinned connector is read anew each time: size and time can be forged.
            if pins[known.description.name] == nil { return known }
            let sha256 = try await FileDigest.sha256(path)
            if sha256 == known.entry.sha256 { return known }
        }
        let sha256 = try await FileDigest.sha256(path)
        if var known, known.entry.sha256 == sha256 {
            (known.entry.size, known.entry.changed) = (size, changed)
            return known
        }
        if let pin = pins[Self.name(of: path)], pin.lowercased() != sha256 {
            throw ConnectorError(
                code: .permissionDenied, message: "its SHA-256 is \(sha256), the configuration wants \(pin)")
        }
        let output = Array(
            try await CommandOutput.read(try prepare(ConnectorCommand(path: path)), "describe", timeout: timeout))
        let response = try Self.response(output)
        return Answer(
            entry: Entry(
                size: size, changed: changed, sha256: sha256, response: String(decoding: output, as: UTF8.self)),
            description: response.description)
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

    /// The name that a connector should have by its file's.
    static func name(of path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        return file.hasPrefix("connector-") ? String(file.dropFirst("connector-".count)) : file
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
