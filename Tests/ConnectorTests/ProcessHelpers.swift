import ConnectorAPI
import ConnectorHost
import Foundation
import Glibc
import Logging
import Synchronization

/// Lines that a test collects.
final class Collected: Sendable {
    private let list = Mutex<[String]>([])
    var lines: [String] { list.withLock { $0 } }
    var text: String { lines.joined(separator: "\n") }
    func add(_ line: String) { list.withLock { $0.append(line) } }
}

/// Collects what is logged.
struct CollectingLogHandler: LogHandler {
    let collected: Collected
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        collected.add("\(event.level) \(metadata["connector"].map { "\($0)" } ?? "-") \(event.message)")
    }
}

extension ProcessConnector.Options {
    /// Settings for tests: nothing takes long.
    static func quick(log: Collected = Collected(), tap: Collected? = nil) -> Self {
        var options = Self(logger: Logger(label: "test") { _ in CollectingLogHandler(collected: log) })
        options.startTimeout = .seconds(20)
        options.stopGrace = .seconds(2)
        options.supervision.base = .milliseconds(20)
        if let tap { options.errorTap = { tap.add($0) } }
        return options
    }
}

/// Where the executables of the build are.
let builtProducts =
    Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }
    .map { $0.bundleURL.deletingLastPathComponent().path }
    ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path

let dummyCommand = ConnectorCommand(path: builtProducts + "/connector-dummy")

/// Runs a command line off the shared pool and returns its exit status.
func shell(_ line: String) async -> Int32 {
    await withCheckedContinuation { continuation in
        Thread {
            let status = system(line)
            continuation.resume(returning: status & 0x7F == 0 ? (status >> 8) & 0xFF : -1)
        }.start()
    }
}

/// Writes a connector in shell: answers `initialize`, then runs `body` for each further line.
func shellConnector(
    _ folder: TemporaryFolder, name: String = "shell", start: String = "", body: String
) throws -> ConnectorCommand {
    let path = folder.file("connector-\(name)")
    let answer =
        #"{"protocolVersion":1,"connector":{"name":"\#(name)","version":"1"},"providerTypes":["Shell"],"capabilities":{}}"#
    let script = """
        #!/bin/sh
        answer='\(answer)'
        if [ "$1" = describe ]; then echo "$answer"; exit 0; fi
        \(start)
        while read -r line; do
            id=${line#*\\"id\\":}; id=${id%%,*}
            case "$line" in
            *'"initialize"'*) printf '{"jsonrpc":"2.0","id":%s,"result":%s}\\n' "$id" "$answer" ;;
            *'"shutdown"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{}}\\n' "$id" ;;
            *'"session.open"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"session":"s","account":"a"}}\\n' "$id" ;;
            *'"exit"'*) exit 0 ;;
            *) \(body) ;;
            esac
        done
        """
    try Data(script.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return ConnectorCommand(path: path)
}

/// Runs `body` and stops the connector in any case.
func withConnector<Value>(
    _ command: ConnectorCommand, _ options: ProcessConnector.Options = .quick(),
    _ body: (ProcessConnector) async throws -> Value
) async throws -> Value {
    let connector = try await ProcessConnector.connect(command, options: options)
    do {
        let value = try await body(connector)
        await connector.stop()
        return value
    } catch {
        await connector.stop()
        throw error
    }
}
