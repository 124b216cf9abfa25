import ArgumentParser
import Foundation
import Glibc
import RADL
import RADLLanguageServer
import Support

struct RADLLanguageServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lsp", abstract: "Serve an editor as a language server over standard input and output.",
        discussion: """
            Speaks the Language Server Protocol 3.17: mistakes as they are typed, hover, completion, definitions, \
            references, renaming, symbols and formatting. editors/ has what VS Code and Vim need.

            EXAMPLES:
              gantry radl lsp
            """)

    /// Some editors add it to every server that speaks over standard streams.
    @Flag(help: .hidden) var stdio = false

    func run() async throws {
        try await reporting {
            var server = LanguageServer(version: Gantry.configuration.version) { source, uri in
                await ExaminedDocument(source, path: Self.path(of: uri), checksRecipes: true).findings
            }
            let input = StandardInputBytes()
            for await _ in input.signals {
                let bytes = input.take()
                Self.send(server.receive(bytes))
                // Documents are looked at when the editor waits: while it types, only its last word counts.
                while server.exitStatus == nil, server.hasChanges, !input.hasMore {
                    Self.send(await server.publishDiagnostics())
                }
                if server.exitStatus != nil || input.isAtEnd || Terminal.hasLostOutput { break }
            }
            // An editor that went without a word is no failure of ours.
            if let status = server.exitStatus, status != 0 { throw Status.failed }
        }
    }

    /// Where a document lies; one that lies nowhere includes nothing.
    private static func path(of uri: String) -> String {
        guard let url = URL(string: uri), url.isFileURL else { return "-" }
        return url.path(percentEncoded: false)
    }

    private static func send(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        Terminal.write(String(decoding: bytes, as: UTF8.self))
    }
}

/// Standard input, read by a thread of its own: reading blocks, and no thread of a pool may.
private final class StandardInputBytes: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isAtEnd = false
    }

    private let state = LockedValue(State())
    /// One for whatever came since the last.
    let signals: AsyncStream<Void>

    init() {
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.signals = signals
        // Ends with the process: nobody can interrupt a read.
        let thread = Thread { [state] in
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = read(STDIN_FILENO, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                state.withLock { state in
                    if count > 0 { state.bytes += buffer.prefix(count) } else { state.isAtEnd = true }
                }
                continuation.yield()
                guard count > 0 else { break }
            }
            continuation.finish()
        }
        thread.start()
    }

    func take() -> [UInt8] {
        state.withLock { state in
            defer { state.bytes = [] }
            return state.bytes
        }
    }

    var hasMore: Bool { state.withLock { !$0.bytes.isEmpty } }

    /// The editor closed its end, and everything was taken.
    var isAtEnd: Bool { state.withLock { $0.isAtEnd && $0.bytes.isEmpty } }
}
