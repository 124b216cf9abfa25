import Foundation
import Glibc
import HTTPTransport
import Support
import TestSupport

/// `gantryd` on a port of its own, and IM's REST calls to it. Killed with its last owner.
final class Daemon: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let process: ChildProcess
    private let http: CurlClient
    /// Where it answers on REST.
    let url: String
    /// Where it answers on XML-RPC.
    let xmlrpcURL: String
    private let authorization: String
    private let log: URL

    /// Starts it and waits for its first answer.
    /// - Parameters:
    ///   - authorization: Lines of an authorization file.
    ///   - arguments: Further ones of the command line.
    init(
        state: String, authorization: [String], log: String, environment: [String: String] = [:],
        arguments: [String] = []
    ) async throws {
        let (port, xmlrpcPort) = (try LoopbackPort.unusedNumber(), try LoopbackPort.unusedNumber())
        url = "http://127.0.0.1:\(port)"
        xmlrpcURL = "http://127.0.0.1:\(xmlrpcPort)"
        self.authorization = (["type = InfrastructureManager; username = ada; password = one"] + authorization)
            .joined(separator: "\\n")
        self.log = URL(fileURLWithPath: log)
        http = try CurlClient(options: .init(proxy: .none))
        process = try Program(name: "gantryd", environment: environment).start(
            ["--state-dir", state, "--rest-port", String(port), "--xmlrpc-port", String(xmlrpcPort)]
                + arguments,
            output: self.log)
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            do {
                _ = try await call(.get, "/version")
                _ = try await http.fetch(HTTPRequest(.get, try HTTPURL(xmlrpcURL)), upTo: 1 << 10)
                return
            } catch {
                guard ContinuousClock.now < deadline, process.isRunning else {
                    throw Failure(description: "gantryd does not answer (\(error)): \(logText)")
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    deinit {
        process.end()
    }

    var processIdentifier: Int32 { process.id }

    /// What it has logged so far.
    var logText: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// One call; answers other than 2xx are errors.
    @discardableResult
    func call(_ method: HTTPRequest.Method, _ path: String, _ body: String? = nil) async throws -> String {
        var request = HTTPRequest(method, try HTTPURL(path.hasPrefix("http") ? path : url + path))
        request.headers.set("Authorization", authorization)
        request.headers.set("Accept", path.hasSuffix("/state") ? "application/json" : "*/*")
        if let body {
            request.headers.set("Content-Type", "text/plain")
            request.body = .text(body)
        }
        let answer = try await http.fetch(request, upTo: 64 << 20)
        let text = String(decoding: answer.body, as: UTF8.self)
        guard (200..<300).contains(answer.status) else {
            throw Failure(description: "\(method) \(path): \(answer.status) \(text)")
        }
        return text
    }

    /// Sends a document and returns the id of the infrastructure.
    func create(_ document: String) async throws -> String {
        let answer = try await call(.post, "/infrastructures", document)
        return String(answer.trimmingCharacters(in: .whitespacesAndNewlines).split(separator: "/").last ?? "")
    }

    /// IM's state once it is none of those that pass.
    func settledState(_ id: String, within limit: Duration = .seconds(60)) async throws -> String {
        let deadline = ContinuousClock.now + limit
        while true {
            let answer = try await call(.get, "/infrastructures/\(id)/state")
            for state in ["configured", "unconfigured", "failed"] where answer.contains("\"state\":\"\(state)\"") {
                return state
            }
            guard ContinuousClock.now < deadline else { return answer }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
