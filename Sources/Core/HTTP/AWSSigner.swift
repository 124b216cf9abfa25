package import Foundation
package import Support

/// Signs requests with AWS Signature Version 4.
///
/// Source of the rules: AWS, "Create a signed AWS API request" (Reference guide of IAM); checked against AWS's own test
/// vectors.
package struct AWSSigner: Sendable {
    /// Long-lived or temporary keys of an account.
    package struct Keys: Sendable, Hashable {
        /// Public: travels in every request.
        package var accessKey: String
        package var secretKey: Secret<String>
        /// Of temporary keys.
        package var sessionToken: Secret<String>?

        package init(accessKey: String, secretKey: Secret<String>, sessionToken: Secret<String>? = nil) {
            self.accessKey = accessKey
            self.secretKey = secretKey
            self.sessionToken = sessionToken
        }
    }

    package let keys: Keys
    package let region: String
    package let service: String
    /// Every service but S3 signs the path normalized and encoded once more.
    private let encodesPathAgain: Bool

    package init(keys: Keys, region: String, service: String) {
        self.keys = keys
        self.region = region
        self.service = service
        encodesPathAgain = service != "s3"
    }

    /// Adds `X-Amz-Date`, `X-Amz-Security-Token` where the keys have one, and `Authorization`. Signs the host, the type of
    /// the body and all `X-Amz-` headers: those that no proxy changes.
    ///
    /// - Throws: ``HTTPError/Code/invalidRequest`` for a body from a file, which is not signed here.
    package func sign(_ request: inout HTTPRequest, at date: Date = Date()) throws(HTTPError) {
        let body: [UInt8]
        switch request.body {
        case .none: body = []
        case .bytes(let bytes): body = bytes
        case .file:
            throw HTTPError(code: .invalidRequest, message: "a request with a body from a file cannot be signed")
        }
        let time = Self.timestamp(date)
        request.headers.set("X-Amz-Date", time)
        if let token = keys.sessionToken { request.headers.set("X-Amz-Security-Token", token.expose()) }
        var signed = request.headers.fields.filter { field in
            let name = field.name.lowercased()
            return name == "content-type" || name.hasPrefix("x-amz-")
        }.map { ($0.name, $0.value) }
        signed.append(("Host", request.url.authority))
        let canonical = canonicalRequest(
            method: request.method.rawValue, path: request.url.path, query: request.url.queryPairs, headers: signed,
            bodyDigest: Digest.hexadecimal(try Digest.sha256(body)))
        let text = try stringToSign(canonical, time: time)
        request.headers.set("Authorization", try authorization(text, time: time, headers: signed.map(\.0)))
    }

    // MARK: - Steps

    func canonicalRequest(
        method: String, path: String, query: [(name: String, value: String)], headers: [(String, String)],
        bodyDigest: String
    ) -> String {
        let pairs = query.map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }.sorted(by: <)
        let lines = Dictionary(grouping: headers) { $0.0.lowercased() }.mapValues { lines in
            lines.map { Self.collapseBlanks($0.1) }.joined(separator: ",")
        }.sorted { $0.key < $1.key }
        return [
            method,
            encodesPathAgain ? PercentEncoding.encode(Self.normalize(path), keepingSlashes: true) : path,
            pairs.map { "\($0.0)=\($0.1)" }.joined(separator: "&"),
            lines.map { "\($0.key):\($0.value)\n" }.joined(),
            Self.names(headers.map(\.0)),
            bodyDigest,
        ].joined(separator: "\n")
    }

    func stringToSign(_ canonicalRequest: String, time: String) throws(HTTPError) -> String {
        let digest = Digest.hexadecimal(try Digest.sha256(Array(canonicalRequest.utf8)))
        return ["AWS4-HMAC-SHA256", time, scope(time), digest].joined(separator: "\n")
    }

    func authorization(_ stringToSign: String, time: String, headers: [String]) throws(HTTPError) -> String {
        var key = Array("AWS4\(keys.secretKey.expose())".utf8)
        for part in [String(time.prefix(8)), region, service, "aws4_request"] {
            key = try Digest.hmacSHA256(key: key, Array(part.utf8))
        }
        let signature = Digest.hexadecimal(try Digest.hmacSHA256(key: key, Array(stringToSign.utf8)))
        return "AWS4-HMAC-SHA256 Credential=\(keys.accessKey)/\(scope(time)), "
            + "SignedHeaders=\(Self.names(headers)), Signature=\(signature)"
    }

    private func scope(_ time: String) -> String {
        "\(time.prefix(8))/\(region)/\(service)/aws4_request"
    }

    private static func names(_ headers: [String]) -> String {
        Set(headers.map { $0.lowercased() }).sorted().joined(separator: ";")
    }

    /// Removes `.`, `..` and empty segments (RFC 3986, 6.2.2.3).
    private static func normalize(_ path: String) -> String {
        var segments: [Substring] = []
        for segment in path.split(separator: "/", omittingEmptySubsequences: true) {
            switch segment {
            case ".": break
            case "..": _ = segments.popLast()
            default: segments.append(segment)
            }
        }
        let isFolder = path.hasSuffix("/") && !segments.isEmpty
        return "/" + segments.joined(separator: "/") + (isFolder ? "/" : "")
    }

    private static func collapseBlanks(_ value: String) -> String {
        value.split(whereSeparator: { $0.isWhitespace }).joined(separator: " ")
    }

    /// `20150830T123600Z`: by the calendar's arithmetic, since formatters cost more than the signature.
    static func timestamp(_ date: Date) -> String {
        let seconds = Int(date.timeIntervalSince1970.rounded(.down))
        let (days, rest) = (seconds.dividedFloor(by: 86_400), seconds.modulo(86_400))
        // Days to a civil date (Howard Hinnant, "chrono-compatible low-level date algorithms").
        let shifted = days + 719_468
        let era = shifted.dividedFloor(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let civilMonth = month < 10 ? month + 3 : month - 9
        let year = yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0)
        func padded(_ value: Int, _ width: Int = 2) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        return padded(year, 4) + padded(civilMonth) + padded(day) + "T" + padded(rest / 3_600)
            + padded(rest / 60 % 60) + padded(rest % 60) + "Z"
    }
}

extension Int {
    fileprivate func dividedFloor(by divisor: Int) -> Int {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }

    fileprivate func modulo(_ divisor: Int) -> Int {
        self - dividedFloor(by: divisor) * divisor
    }
}
