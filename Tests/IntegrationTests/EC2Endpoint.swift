import ConnectorAPI
import Foundation
import HTTPTransport
import Support
import Testing

/// The service to test against.
enum EC2Endpoint {
    static let environment = ProcessInfo.processInfo.environment
    static var isNamed: Bool { environment["AWS_ENDPOINT_URL"] != nil }

    static func request(
        url: String? = nil, password: String? = nil
    ) -> OpenSessionRequest {
        OpenSessionRequest(
            credentials: Credentials([
                "username": environment["AWS_ACCESS_KEY_ID"] ?? "",
                "password": password ?? environment["AWS_SECRET_ACCESS_KEY"] ?? "",
            ]), endpoint: url ?? environment["AWS_ENDPOINT_URL"],
            config: ["region": .string(environment["AWS_REGION"] ?? "us-east-1")])
    }

    /// Sends a signed request and gives the text of its answer, which has to be one of success.
    ///
    /// - Parameter version: Of the service's interface.
    static func send(
        _ query: [(String, String)], service: String = "ec2", version: String = "2016-11-15", region: String
    ) async throws -> String {
        let form = (query + [("Version", version)])
            .map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
        var request = HTTPRequest(
            .post, try HTTPURL(environment["AWS_ENDPOINT_URL"] ?? ""),
            headers: ["Content-Type": "application/x-www-form-urlencoded; charset=utf-8"], body: .text(form))
        let keys = AWSSigner.Keys(
            accessKey: environment["AWS_ACCESS_KEY_ID"] ?? "",
            secretKey: Secret(environment["AWS_SECRET_ACCESS_KEY"] ?? ""))
        try AWSSigner(keys: keys, region: region, service: service).sign(&request)
        let answer = try await CurlClient(options: .init(proxy: .none)).fetch(request, upTo: 32 << 20)
        let text = String(decoding: answer.body, as: UTF8.self)
        try #require(answer.status == 200, "\(text)")
        return text
    }

    /// Contents of all elements of a name.
    static func contents(of element: String, in text: String) throws -> [String] {
        text.matches(of: try Regex("<\(element)>([^<]*)</\(element)>", as: (Substring, Substring).self))
            .map { String($0.1) }
    }
}
