import Foundation
import Glibc
import Support
import TestSupport
import Testing

@testable import HTTPTransport

/// A TLS server with a certificate that no system trusts: `openssl s_server`, which the client's own library brings.
private final class TLSServer: Sendable {
    let port: Int
    let certificate: String
    private let folder: URL
    private let process: ChildProcess

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        certificate = folder.appendingPathComponent("cert.pem").path
        let key = folder.appendingPathComponent("key.pem").path
        let made = try Self.openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
        ]).run()
        try #require(made.ending == .exited(0), "\(String(decoding: made.errors, as: UTF8.self))")
        // The kernel's choice of a free port; free again when its holder is gone.
        port = try LoopbackPort.unusedNumber()
        let nowhere = try FileHandle(forUpdating: URL(fileURLWithPath: "/dev/null"))
        process = try Self.openssl([
            "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", key, "-www", "-quiet",
        ]).start(
            input: nowhere.fileDescriptor, output: nowhere.fileDescriptor, error: nowhere.fileDescriptor)
    }

    private static func openssl(_ arguments: [String]) -> ChildCommand {
        ChildCommand(["/usr/bin/openssl"] + arguments)
    }

    deinit {
        process.signal(SIGTERM)
        process.wait()
        try? FileManager.default.removeItem(at: folder)
    }
}

@Suite("TLS", .timeLimit(.minutes(1)))
struct TLSTests {
    private func fetch(_ url: String, _ tls: CurlClient.TLS) async throws -> Result<Int, HTTPError> {
        let client = try CurlClient(options: .init(tls: tls, proxy: .none))
        let request = HTTPRequest(.get, try HTTPURL(url))
        // The server needs a moment until it listens.
        for _ in 0..<200 {
            do throws(HTTPError) {
                return .success(try await client.fetch(request, upTo: 1 << 20).status)
            } catch {
                guard error.code == .unreachable else { return .failure(error) }
            }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw LoopbackServer.Failure(message: "openssl s_server does not listen")
    }

    @Test func trustsOnlyWhatItIsTold() async throws {
        let server = try TLSServer()
        let url = "https://localhost:\(server.port)/"
        #expect(try await fetch(url, .init(certificateAuthorities: server.certificate)) == .success(200))
        guard case .failure(let error) = try await fetch(url, .init()) else {
            Issue.record("an unknown certificate was trusted")
            return
        }
        #expect(error.code == .untrusted)
        #expect(!error.mayHaveBeenSent)
        // The right certificate under the wrong name.
        let byAddress = "https://127.0.0.1:\(server.port)/"
        guard case .failure(let other) = try await fetch(byAddress, .init(certificateAuthorities: server.certificate))
        else {
            Issue.record("a certificate for another name was trusted")
            return
        }
        #expect(other.code == .untrusted)
        #expect(try await fetch(byAddress, .init(verifiesPeer: false)) == .success(200))
    }
}
