import ConnectorAPI
import ConnectorConformance
import ConnectorHost
import Dummy
import Foundation
import Testing

extension BareConnector: ConnectorDialogue {}

/// A shell script around the Dummy's process that breaks one rule of the process or of the wire.
struct BrokenProcess: Sendable, CustomTestStringConvertible {
    let fault: String
    let check: String
    /// Checks that fail as well.
    var also: Set<String> = []
    /// `$dummy` is the Dummy's executable; takes the place of `$dummy serve`.
    let script: String
    /// Takes the place of all that it is started for: `$1`.
    var isWhole = false

    var testDescription: String { fault }

    static let all: [BrokenProcess] = [
        BrokenProcess(
            fault: "prints before its description", check: "process.describe",
            script: #"[ "$1" = describe ] && echo "loading"; exec "$dummy" "$1""#, isWhole: true),
        BrokenProcess(
            fault: "describes another version than it is", check: "process.describe",
            script:
                #"[ "$1" = describe ] || exec "$dummy" "$1"; "$dummy" describe | sed 's/"version":"1.0.0"/"version":"0.9"/'"#,
            isWhole: true),
        BrokenProcess(
            fault: "describes itself with status 1", check: "process.describe",
            script: #"[ "$1" = describe ] || exec "$dummy" "$1"; "$dummy" describe; exit 1"#, isWhole: true),
        BrokenProcess(
            fault: "works when it is started by hand", check: "process.by-hand",
            script: #"CONNECTOR_COOKIE=none exec "$dummy" "$1""#, isWhole: true),
        BrokenProcess(
            fault: "goes on after the end of its input", check: "process.end-of-input", also: ["process.exit"],
            script: #""$dummy" "$1"; [ "$1" = describe ] || sleep 1000"#),
        BrokenProcess(
            fault: "ends with status 3", check: "process.end-of-input", also: ["process.exit"],
            script: #""$dummy" "$1"; status=$?; [ "$1" = describe ] && exit 0; [ $status = 0 ] || exit $status; exit 3"#
        ),
        BrokenProcess(
            fault: "does not know exit", check: "process.exit",
            script:
                #"stdbuf -oL sed '/"method":"exit"/d' | "$dummy" "$1""#),
        BrokenProcess(
            fault: "takes any version", check: "wire.versions",
            script: #"stdbuf -oL sed 's/\[77,78\]/[1]/;/"method":"exit"/q' | "$dummy" "$1""#),
        BrokenProcess(
            fault: "speaks a version of the future", check: "wire.versions", also: ["process.describe"],
            script:
                #""$dummy" "$1" | stdbuf -oL sed 's/"protocolVersion":1,/"protocolVersion":2,/'"#
        ),
        BrokenProcess(
            fault: "answers twice", check: "wire.ids",
            also: [
                "wire.versions", "wire.errors", "wire.stdout", "wire.rubbish", "wire.any-json",
                "wire.pieces", "process.exit", "wire.cancel", "secret.arguments", "launch.stdout",
            ],
            script: #""$dummy" "$1" | stdbuf -oL sed p"#),
        BrokenProcess(
            fault: "answers with other ids", check: "wire.ids",
            script:
                #""$dummy" "$1" | stdbuf -oL sed 's/"id":1\([0-9][0-9]\),/"id":9\1,/'"#
        ),
        BrokenProcess(
            fault: "takes what it reads for a message", check: "wire.pieces",
            script: #"""
                while chunk=$(dd bs=60000 count=1 2>/dev/null) && [ -n "$chunk" ]; do
                    printf '%s\n' "$chunk"
                    case $chunk in *'"method":"exit"'*) break ;; esac
                done | "$dummy" "$1"
                """#),
        BrokenProcess(
            fault: "looks for text", check: "wire.any-json",
            script: #"stdbuf -oL sed '/^ /d;/"method":"exit"/q' | "$dummy" "$1""#),
        BrokenProcess(
            fault: "has other codes", check: "wire.errors",
            script: #""$dummy" "$1" | stdbuf -oL sed 's/-32601/-32603/'"#),
        BrokenProcess(
            fault: "ends at wrong parameters", check: "wire.errors",
            script: #"stdbuf -oL sed '/"credentials":7/q;/"method":"exit"/q' | "$dummy" "$1""#),
        BrokenProcess(
            fault: "ends at rubbish", check: "wire.rubbish",
            script:
                #"stdbuf -oL sed '/^this/q;/"method":"exit"/q' | "$dummy" "$1""#
        ),
        BrokenProcess(
            fault: "has a small buffer", check: "wire.large",
            script: #"""
                while IFS= read -r line; do
                    [ ${#line} -gt 60000 ] || printf '%s\n' "$line"
                    case $line in *'"method":"exit"'*) break ;; esac
                done | "$dummy" "$1"
                """#),
        BrokenProcess(
            fault: "prints to standard output", check: "wire.stdout",
            also: ["secret.arguments", "wire.cancel", "launch.stdout"],
            script:
                #""$dummy" "$1" | stdbuf -oL sed '/"session"/i opened a session'"#),
        BrokenProcess(
            fault: "prints while it launches", check: "launch.stdout",
            script:
                #""$dummy" "$1" | stdbuf -oL sed '/"machineID"/i launching'"#),
        BrokenProcess(
            fault: "does not answer what is cancelled", check: "wire.cancel",
            script: #"stdbuf -oL sed '/"gantry-check":"wire.cancel"/d;/"method":"exit"/q' | "$dummy" "$1""#
        ),
        BrokenProcess(
            fault: "hands the password to a program as its argument", check: "secret.arguments",
            script: #"""
                while read -r line; do
                    case $line in *session.open*) sh -c 'sleep 2; :' curl "$line" >&2 ;; esac
                    printf '%s\n' "$line"
                    case $line in *'"method":"exit"'*) break ;; esac
                done | "$dummy" "$1"
                """#),
    ]
}

/// The kit's checks of process and wire, judged by processes that are broken on purpose.
@Suite struct BrokenProcessTests {
    private static let checks = ConformanceSuite.checks.filter { $0.facilities.contains(.dialogue) }

    private func subject(_ command: ConnectorCommand) -> ConnectorUnderTest {
        var settings = ConformanceSettings()
        settings.answerMs = 6000
        settings.endMs = 6000
        settings.credentials = Credentials(["username": "user", "password": "a-password-of-a-test"])
        return ConnectorUnderTest(
            connector: DummyConnector(configuration: .init()), settings: settings,
            dialogue: { try BareConnector(command, $0, byHand: $1) })
    }

    @Test(arguments: BrokenProcess.all)
    func aBrokenProcessIsCaught(broken: BrokenProcess) async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("connector-broken")
        let prelude =
            broken.isWhole ? "" : #"[ "$1" = describe ] || [ -z "$CONNECTOR_COOKIE" ] && exec "$dummy" "$1""# + "\n"
        try Data("#!/bin/sh\ndummy='\(dummyCommand.path)'\n\(prelude)\(broken.script)\n".utf8).write(
            to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        // 15 MiB take the shell long: only where it is what is looked for.
        let checks = Self.checks.filter { $0.id != "wire.large" || broken.check == $0.id }
        let report = await ConformanceSuite.run(subject(ConnectorCommand(path: path)), checks: checks)
        let failed = Set(report.failures.map(\.id))
        #expect(failed.contains(broken.check), "it passes \(broken.check)")
        #expect(failed.subtracting(broken.also) == [broken.check], "\(failed.subtracting(broken.also).sorted()) fail")
        let details = report.failures.map { report.details($0) }.joined()
        #expect(!details.contains("a-password-of-a-test"))
        if let path = ProcessInfo.processInfo.environment["GANTRY_BROKEN_REPORT"], !path.isEmpty,
            let failure = report.failures.first(where: { $0.id == broken.check })
        {
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.seekToEnd()
            try file.write(contentsOf: Data("# \(broken.fault)\n\n\(report.details(failure))\n\n".utf8))
        }
    }

    @Test func withoutAFaultNothingFails() async {
        let report = await ConformanceSuite.run(subject(dummyCommand), checks: Self.checks)
        #expect(report.failures.map { report.details($0) } == [])
        #expect(report.results.allSatisfy { $0.verdict == .passed })
    }
}
