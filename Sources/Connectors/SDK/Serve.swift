import CProcess
public import ConnectorAPI
import ConnectorWire
import Foundation
import Glibc

/// Makes this process a connector: answers the calls of the host on standard input and output until they end.
///
/// The whole `main` of a connector in Swift:
///
/// ```swift
/// import ConnectorSDK
/// await serve(MyConnector())
/// ```
///
/// `connector-NAME describe` prints what the connector is and returns. `connector-NAME serve` speaks the protocol. Any
/// other use, and a start by hand, explains itself on standard error and exits with status 64.
///
/// Standard output belongs to the protocol: it is put out of reach before the first call, and what is printed goes to
/// standard error, from where the host takes it into its log. Calls run concurrently; a call that is over its deadline
/// or that the host cancels sees its task cancelled. A call that comes alone begins on the thread that reads, up to where
/// it first waits; one that blocks that thread delays others by 40 ms, once for each method. The process holds
/// credentials, so it leaves no core dump.
public func serve(_ connector: some Connector) async {
    let arguments = CommandLine.arguments.dropFirst()
    switch arguments.first {
    case "describe":
        do {
            var line = try WireCodec.encode(InitializeResponse(connector.description))
            line.append(UInt8(ascii: "\n"))
            try FileHandle.standardOutput.write(contentsOf: Data(line))
        } catch {
            leave("the description cannot be written: \(error)", status: 74)
        }
    case "serve", nil:
        _ = gantry_process_keep_private()
        gantry_process_return_memory()
        guard let cookie = ProcessInfo.processInfo.environment[cookieVariable], !cookie.isEmpty else {
            leave(
                "this is a connector; it is started by the server. Try '\(name) describe', or test it with "
                    + "'connector-check \(name)'", status: 64)
        }
        // The stream of the protocol gets a descriptor of its own, and a stray print goes to standard error.
        let output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
        guard output >= 0, dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 else {
            leave("standard output cannot be duplicated: \(String(cString: strerror(errno)))", status: 71)
        }
        signal(SIGPIPE, SIG_IGN)
        await ConnectorServer(connector, output: PipeWriter(descriptor: output)).run(input: STDIN_FILENO)
    case let other?:
        leave("'\(other)' is not known; use 'describe' or 'serve'", status: 64)
    }
}

private let cookieVariable = "CONNECTOR_COOKIE"

private var name: String {
    CommandLine.arguments.first.map { String($0.split(separator: "/").last ?? "connector") } ?? "connector"
}

private func leave(_ message: String, status: Int32) -> Never {
    try? FileHandle.standardError.write(contentsOf: Data("\(name): \(message)\n".utf8))
    exit(status)
}
