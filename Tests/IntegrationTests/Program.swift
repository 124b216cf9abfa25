import Foundation
import Glibc
import Support

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
    /// Where it runs; nil: where the tests do.
    var workingFolder: URL?

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

    /// Starts it, with nothing to read; what it prints goes to a file, or nowhere.
    func start(_ arguments: [String], output: URL? = nil) throws -> ChildProcess {
        let nowhere = try FileHandle(forUpdating: URL(fileURLWithPath: "/dev/null"))
        var log = nowhere
        if let output {
            try Data().write(to: output)
            log = try FileHandle(forWritingTo: output)
        }
        return try command(arguments).start(
            input: nowhere.fileDescriptor, output: log.fileDescriptor, error: log.fileDescriptor)
    }

    /// Runs it to its end; after `killAfter` it gets SIGKILL.
    /// - Parameter typed: What it finds at its standard input.
    func run(_ arguments: [String], typed: String = "", killAfter: Duration? = nil) async throws -> Ended {
        let scratch = try Scratch()
        let (output, errors) = (scratch.url.appending(path: "out"), scratch.url.appending(path: "err"))
        for file in [output, errors] { try Data().write(to: file) }
        let input = try FileHandle(forReadingFrom: URL(fileURLWithPath: scratch.write("in", typed)))
        let (outputFile, errorFile) = (try FileHandle(forWritingTo: output), try FileHandle(forWritingTo: errors))
        let process = try command(arguments).start(
            input: input.fileDescriptor, output: outputFile.fileDescriptor, error: errorFile.fileDescriptor)
        let killer = killAfter.map { killAfter in
            // Unstructured: ended below, with the process.
            Task {
                try await Task.sleep(for: killAfter)
                process.signal(SIGKILL)
            }
        }
        let status = await process.status()
        killer?.cancel()
        return Ended(
            status: status, output: (try? String(contentsOf: output, encoding: .utf8)) ?? "",
            errors: (try? String(contentsOf: errors, encoding: .utf8)) ?? "")
    }

    private func command(_ arguments: [String]) -> ChildCommand {
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("GANTRY_") }
        environment.merge(self.environment) { $1 }
        return ChildCommand(
            [(executable ?? Self.folder.appending(path: name)).path] + arguments, environment: environment,
            directory: workingFolder?.path)
    }
}

extension ChildProcess {
    /// Waits until it ends. Exit status; negative: the signal that ended it.
    func status() async -> Int32 {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                switch self.wait() {
                case .exited(let status): continuation.resume(returning: status)
                case .signalled(let signal): continuation.resume(returning: -signal)
                }
            }
        }
    }

    /// Kills and collects it.
    func end() {
        signal(SIGKILL)
        wait()
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
