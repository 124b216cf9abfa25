import Foundation
import Glibc

/// Runs the built executables as a user does, and reads what they print.
struct Program: Sendable {
    struct Ended: Sendable {
        /// Exit status; negative: the signal that ended it.
        var status: Int32
        var output: String
        var errors: String
    }

    let name: String
    /// Another program than one of ours.
    var executable: URL?
    var environment: [String: String] = [:]

    /// Folder of the executables: where this test bundle was built.
    static let folder: URL = {
        // The test bundle's executable is named by the runner's arguments or stands beside the executables.
        for argument in CommandLine.arguments {
            if let range = argument.range(of: ".xctest") {
                return URL(fileURLWithPath: String(argument[..<range.upperBound])).deletingLastPathComponent()
            }
        }
        return Bundle.main.bundleURL
    }()

    func start(_ arguments: [String], output: URL? = nil) throws -> Process {
        let process = Process()
        process.executableURL = executable ?? Self.folder.appending(path: name)
        process.arguments = arguments
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("GANTRY_") }
        environment.merge(self.environment) { $1 }
        process.environment = environment
        if let output {
            _ = FileManager.default.createFile(atPath: output.path, contents: nil)
            let handle = try FileHandle(forWritingTo: output)
            process.standardOutput = handle
            process.standardError = handle
        }
        process.standardInput = FileHandle.nullDevice
        return process
    }

    /// Runs it to its end; after `killAfter` it gets SIGKILL.
    func run(_ arguments: [String], killAfter: Duration? = nil) async throws -> Ended {
        let folder = FileManager.default.temporaryDirectory
        let outputFile = folder.appending(path: "gantry-test-\(UUID().uuidString).out")
        let errorFile = folder.appending(path: "gantry-test-\(UUID().uuidString).err")
        defer {
            try? FileManager.default.removeItem(at: outputFile)
            try? FileManager.default.removeItem(at: errorFile)
        }
        let process = try start(arguments)
        _ = FileManager.default.createFile(atPath: outputFile.path, contents: nil)
        _ = FileManager.default.createFile(atPath: errorFile.path, contents: nil)
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = try FileHandle(forWritingTo: errorFile)
        let identifier = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { ended in
                let signalled = ended.terminationReason == .uncaughtSignal
                continuation.resume(returning: signalled ? -ended.terminationStatus : ended.terminationStatus)
            }
            do {
                try process.run()
            } catch {
                continuation.resume(throwing: error)
                return
            }
            if let killAfter {
                let pid = process.processIdentifier
                // Unstructured: the continuation ends with the process.
                Task {
                    try? await Task.sleep(for: killAfter)
                    kill(pid, SIGKILL)
                }
            }
        }
        return Ended(
            status: identifier, output: (try? String(contentsOf: outputFile, encoding: .utf8)) ?? "",
            errors: (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "")
    }
}

/// A folder of a test's own, removed at its end.
final class Scratch: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "gantry-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    func path(_ name: String) -> String { url.appending(path: name).path }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
        chmod(path(name), 0o600)
        return path(name)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }
}
