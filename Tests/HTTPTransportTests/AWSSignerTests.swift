import Foundation
import Support
import Testing

@testable import HTTPTransport

@Suite("AWS Signature Version 4")
struct AWSSignerTests {
    static let keys = AWSSigner.Keys(accessKey: "AKIDEXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    static let time = "20150830T123600Z"
    let signer = AWSSigner(keys: keys, region: "us-east-1", service: "service")

    struct RawRequest {
        var method: String
        var path: String
        var query: [(name: String, value: String)]
        var headers: [(String, String)]
        var body: [UInt8]

        /// Reads a vector's request: its line may hold blanks and characters that no URL may.
        init(_ text: String) {
            let halves = text.split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
            var lines = halves[0].split(separator: "\n").map(String.init)
            let words = lines.removeFirst().split(separator: " ")
            method = String(words[0])
            let target = words[1..<(words.count - 1)].joined(separator: " ")
            let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            path = PercentEncoding.decode(String(parts[0]))
            query = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { pair in
                let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (
                    PercentEncoding.decode(String(sides[0])),
                    sides.count > 1 ? PercentEncoding.decode(String(sides[1])) : ""
                )
            }
            headers = []
            for line in lines {
                if line.hasPrefix(" "), let last = headers.popLast() {
                    headers.append((last.0, last.1 + line))
                } else {
                    let sides = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                    headers.append((String(sides[0]), String(sides[1])))
                }
            }
            body = halves.count > 1 ? Array(halves[1].utf8) : []
        }
    }

    @Test("AWS's vectors", arguments: AWSSignatureVector.all)
    func vector(_ vector: AWSSignatureVector) throws {
        var request = RawRequest(vector.request)
        // Of one vector the token comes from the keys, as this client adds it too.
        if vector.name == "get-vanilla-with-session-token" {
            let line = vector.canonicalRequest.split(separator: "\n").first { $0.hasPrefix("x-amz-security-token:") }
            request.headers.append(("X-Amz-Security-Token", String(line?.dropFirst(21) ?? "")))
        }
        let digest = Digest.hexadecimal(try Digest.sha256(request.body))
        let canonical = signer.canonicalRequest(
            method: request.method, path: request.path, query: request.query, headers: request.headers,
            bodyDigest: digest)
        #expect(canonical == vector.canonicalRequest)
        let text = try signer.stringToSign(canonical, time: Self.time)
        #expect(text == vector.stringToSign)
        let authorization = try signer.authorization(text, time: Self.time, headers: request.headers.map(\.0))
        #expect(authorization == vector.authorization)
    }

    @Test func thereAreAllVectors() {
        #expect(AWSSignatureVector.all.count == 34)
    }

    /// The same as the vector `post-x-www-form-urlencoded`, through the call that requests go through.
    @Test func signsARequest() throws {
        let signer = AWSSigner(
            keys: .init(accessKey: "AKIDEXAMPLE", secretKey: Self.keys.secretKey, sessionToken: "marker-token"),
            region: "us-east-1", service: "ec2")
        var request = HTTPRequest(
            .post, try HTTPURL("https://ec2.us-east-1.amazonaws.com/"),
            headers: ["Content-Type": "application/x-www-form-urlencoded", "Accept": "text/xml"],
            body: .text("Action=DescribeRegions"))
        try signer.sign(&request, at: Date(timeIntervalSince1970: 1_440_938_160))
        #expect(request.headers["x-amz-date"] == Self.time)
        let authorization = try #require(request.headers["authorization"])
        #expect(
            authorization.hasPrefix(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/ec2/aws4_request, "
                    + "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature="))
        #expect(!"\(request)".contains("marker-token"))
        #expect(!"\(request)".contains("Signature="))
        // Signing again gives the same, not a second line.
        let first = request
        try signer.sign(&request, at: Date(timeIntervalSince1970: 1_440_938_160))
        #expect(request == first)
    }

    @Test func refusesABodyFromAFile() throws {
        var request = HTTPRequest(.put, try HTTPURL("https://s3.test/a"), body: .file(path: "/dev/null"))
        #expect(throws: HTTPError.self) { try signer.sign(&request) }
    }

    @Test(arguments: [
        (0.0, "19700101T000000Z"), (951_782_400, "20000229T000000Z"), (1_709_251_199, "20240229T235959Z"),
        (4_102_444_799, "20991231T235959Z"), (-1, "19691231T235959Z"), (1_440_938_160.9, time),
    ])
    func timestamp(seconds: Double, text: String) {
        #expect(AWSSigner.timestamp(Date(timeIntervalSince1970: seconds)) == text)
    }
}
