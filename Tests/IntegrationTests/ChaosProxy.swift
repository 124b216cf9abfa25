import ConnectorAPI
import Foundation
import HTTPTransport
import Support
import Testing

/// `testbed/chaosproxy` before an endpoint: loses, delays and breaks answers by rules.
final class ChaosProxy: Sendable {
    let url: String
    private let admin: String
    private let process: ChildProcess
    /// Open as long as the proxy lives, which writes to it.
    private let output = Pipe()
    private let http: CurlClient

    /// Before the EC2 endpoint.
    convenience init() throws {
        try self.init(to: HTTPURL(EC2Endpoint.environment["AWS_ENDPOINT_URL"] ?? ""))
    }

    init(to endpoint: HTTPURL) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        process = try ChildCommand([
            "python3", "-u", root.appendingPathComponent("testbed/chaosproxy").path, "0=\(endpoint.authority)",
            "--admin", "0",
        ]).start(output: output.fileHandleForWriting.fileDescriptor)
        try output.fileHandleForWriting.close()
        var text = ""
        var ports: [String: String] = [:]
        while ports["listen"] == nil || ports["admin"] == nil {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw ConnectorError(code: .internal, message: "chaosproxy ended: \(text)") }
            text += String(decoding: data, as: UTF8.self)
            for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                let words = line.split(separator: " ")
                if words.count > 1 { ports[String(words[0])] = String(words[1]) }
            }
        }
        url = "http://127.0.0.1:\(ports["listen"] ?? "")"
        admin = "http://127.0.0.1:\(ports["admin"] ?? "")"
        http = try CurlClient(options: .init(proxy: .none))
    }

    deinit {
        process.end()
    }

    func rules(_ json: String) async throws {
        let answer = try await http.fetch(
            HTTPRequest(.post, HTTPURL("\(admin)/rules"), body: .text(json)), upTo: 1 << 20)
        #expect(answer.status == 200)
    }
    /// How many requests a rule has hit.
    func faults() async throws -> Int {
        let answer = try await http.fetch(HTTPRequest(.get, HTTPURL("\(admin)/stats")), upTo: 1 << 20)
        struct Statistics: Decodable { var faults: Int }
        return try JSONDecoder().decode(Statistics.self, from: Data(answer.body)).faults
    }
}
