import ContextualizationAPI
import Dispatch
import Foundation
import Glibc
import Jinja
import Modules
import Support
import Testing

/// A shell that modules are tried under.
enum TestShell: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case dash, busybox

    var words: [String] {
        switch self {
        case .dash: ["/bin/dash"]
        case .busybox: ["/bin/busybox", "sh"]
        }
    }

    var testDescription: String { rawValue }
}

/// A temporary folder in which modules work, with the means to run them.
final class Sandbox: Sendable {
    let root: String
    let shell: TestShell
    /// Folders of the machine in whose place programs get one of the sandbox.
    let binds: [String]

    /// Folders of programs, in place of those where programs look in any case.
    let search: String

    static let usualSearch = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// What a task's `environment` puts before each program.
    let exports: String

    init(
        _ shell: TestShell, binds: [String] = [],
        exports: String = "",
        search: String = usualSearch
    ) throws {
        self.binds = binds
        self.exports = exports
        self.search = search
        self.shell = shell
        root = NSTemporaryDirectory() + "gantry-modules-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func path(_ name: String) -> String { root + "/" + name }

    func write(_ name: String, _ text: String, mode: Int = 0o644) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
        chmod(path(name), mode_t(mode))
    }

    func read(_ name: String) -> String? {
        FileManager.default.contents(atPath: path(name)).map { String(decoding: $0, as: UTF8.self) }
    }

    func mode(_ name: String) -> Int? {
        var info = stat()
        return lstat(path(name), &info) == 0 ? Int(info.st_mode & 0o7777) : nil
    }

    /// Runs a module from arguments to result, all of its programs.
    ///
    /// - Parameter before: Called before each program, with its number from 1.
    func run(
        _ module: String, _ arguments: JinjaDict, check: Bool = false, difference: Bool = false,
        facts: JinjaDict = [:], sources: [SourceRequest: ModuleSource] = [:],
        expressions: [String: [ModuleArguments.Evaluated]] = [:], before: (_ program: Int) throws -> Void = { _ in }
    ) async throws -> ModuleResult {
        let type = try #require(ModuleRegistry.module(named: module))
        let parsed = try ModuleArguments(arguments, for: type.documentation, expressions: expressions)
        if check, !type.documentation.supportsCheckMode {
            return .skipped(reason: "remote module (\(type.documentation.name)) does not support check mode")
        }
        let context = ModuleContext(
            isCheckMode: check, wantsDifference: difference, facts: facts, sources: sources)
        var step = try type.plan(parsed, context)
        for number in 1...64 {
            if case .run = step { try before(number) }
            switch step {
            case .finish(let result): return result
            case .run(let invocation): step = invocation.decode(try await execute(invocation, of: module))
            case .save(let file):
                do throws(ControllerFile.Failure) {
                    return file.finish(try file.save(host: "localhost", folder: root))
                } catch {
                    return .failure(error.message)
                }
            case .sleep(_, let result): return result
            case .wait(let wait):
                // Once: a sandbox does not change by itself.
                let output = try await execute(
                    ModuleInvocation(script: wait.script) { _ in .finish(ModuleResult()) }, of: module)
                let problem = wait.problem(output)
                step = wait.next(problem, problem == nil ? .zero : wait.timeout)
            }
        }
        throw ModuleError(code: .invalidArgument, message: "the module does not come to an end")
    }

    private func execute(_ invocation: ModuleInvocation, of module: String) async throws -> ProgramOutput {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { [self] in
                continuation.resume(with: Result { try executeBlocking(invocation, of: module) })
            }
        }
    }

    private func executeBlocking(_ invocation: ModuleInvocation, of module: String) throws -> ProgramOutput {
        let folder = root + "/.files-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, bytes) in invocation.files {
            try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
        }
        var program = exports + invocation.script
        if search != Self.usualSearch { program = program.replacing(Self.usualSearch, with: search) }
        let script = binds.reduce(program) { $0.replacing($1, with: root + $1) }
        try Data(script.utf8).write(to: URL(fileURLWithPath: folder + "/.script"))
        if let kept = ProcessInfo.processInfo.environment["GANTRY_KEEP_PROGRAMS"] {
            // For shellcheck: all programs that the tests run.
            try Data(script.utf8).write(to: URL(fileURLWithPath: "\(kept)/\(module).\(UUID().uuidString).sh"))
        }
        let completed = try ChildCommand(
            shell.words + [folder + "/.script"],
            environment: [
                "PATH": root + "/bin:" + search, "HOME": root,
                "GANTRY_FILES": folder,
            ], directory: root
        ).run(input: invocation.standardInput ?? [])
        return ProgramOutput(
            status: completed.ending.status, standardOutput: completed.output, standardError: completed.errors)
    }
}
