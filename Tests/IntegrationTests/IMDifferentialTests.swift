import Foundation
import Testing

/// The same calls to real Infrastructure Managers, 1.19.1 and 2.0.0, and to `gantryd`: every way in which the answers differ
/// stands in `testbed/im/Vectors/allowed.toml` with its reason, and occurs. `scripts/setup comparisons` brings the programs.
@Suite(
    "The same calls to IM", .enabled(if: PythonEnvironment.program("python", of: "im-2.0.0") != nil),
    .timeLimit(.minutes(10)))
struct IMDifferentialTests {
    private static func environment(_ version: String) throws -> String {
        try #require(PythonEnvironment.program("python", of: "im-\(version)"))
            .deletingLastPathComponent().deletingLastPathComponent().path
    }

    @Test func answersDifferWhereItIsSaid() async throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL
        let service = Program.folder.appending(path: "gantryd")
        let ended = try await Program(name: "python3", executable: URL(filePath: "/usr/bin/python3")).run(
            [
                folder.appending(path: "testbed/im/differential.py").path, "--gantryd", service.path,
                "--im-1.19.1", try Self.environment("1.19.1"), "--im-2.0.0", try Self.environment("2.0.0"),
                "--documentation", folder.appending(path: "docs/compatibility.md").path,
            ], killAfter: .seconds(500))
        #expect(ended.status == 0, "\(ended.output.suffix(30_000))\(ended.errors.suffix(4_000))")
    }
}
