import Foundation
import Glibc
import HTTPTransport
import Support
import TestSupport

/// An issuer of tokens on the loopback address (`testbed/lib/oidc_issuer.py`). Killed with its last owner.
final class OIDCIssuer: Sendable {
    static let python = PythonEnvironment.program("python", of: "openapi")

    private let process: ChildProcess
    private let http: CurlClient
    let url: String

    init(_ scratch: Scratch) async throws {
        let port = try LoopbackPort.unusedNumber()
        url = "http://127.0.0.1:\(port)/realm"
        http = try CurlClient(options: .init(proxy: .none))
        let log = scratch.url.appending(path: "issuer.log")
        process = try Program(name: "issuer", executable: Self.python).start(
            [PythonEnvironment.script("oidc_issuer.py"), String(port)], output: log)
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            do {
                _ = try await http.fetch(HTTPRequest(.get, try HTTPURL(url + "/jwks")), upTo: 1 << 16)
                return
            } catch {
                guard ContinuousClock.now < deadline, process.isRunning else {
                    let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
                    throw Daemon.Failure(description: "the issuer does not answer (\(error)): \(text)")
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    deinit {
        process.end()
    }

    /// It is there, and answers nobody.
    func freeze() { process.signal(SIGSTOP) }
    func thaw() { process.signal(SIGCONT) }

    /// A token that is good for ten minutes.
    /// - Parameter claims: JSON of what it says else.
    func token(_ algorithm: String = "RS256", _ claims: String = "{}") async throws -> String {
        try await post("/token", #"{"alg": "\#(algorithm)", "claims": \#(claims)}"#)
    }

    func rotate() async throws { _ = try await post("/rotate", "{}") }

    private func post(_ path: String, _ body: String) async throws -> String {
        let answer = try await http.fetch(
            HTTPRequest(.post, try HTTPURL(url + path), body: .text(body)), upTo: 1 << 20)
        guard answer.status == 200 else { throw Daemon.Failure(description: "issuer: \(answer.status) \(answer.text)") }
        return answer.text
    }
}
