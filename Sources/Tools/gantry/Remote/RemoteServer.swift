import Foundation
import HTTPTransport
import Logging
import Orchestration
import Support
import Synchronization

/// A server that speaks IM's REST interface: requests, patience, and refusals in words that name it.
///
/// What only reads is asked again while the server cannot be reached; what changes something is sent once, unless its
/// caller knows that twice is the same as once.
struct RemoteServer: Sendable {
    struct Options: Sendable {
        var url: String
        /// PEM file with who signed its certificate; nil: whom this machine trusts.
        var authorityFile: String?
        var logger: Logger
        /// For how long a server that was there is waited for.
        var patience: Duration = .seconds(300)
        /// For how long a server that is busy is asked again.
        var busyPatience: Duration = .seconds(60)
        /// First pause before it is asked again.
        var pause: Duration = .milliseconds(250)
    }

    /// What is asked for.
    struct Call: Sendable {
        var method: HTTPRequest.Method = .get
        /// Below the URL, not encoded.
        var path: [String]
        var query: [(String, String)] = []
        var body: (text: String, type: String)?
        /// Whether it may be sent again after it may have been carried out.
        var isRepeatable: Bool
        /// For how long an answer is waited for; nil: as long as it takes.
        var limit: Duration?
        /// The first answers tell whether there is a server at all: those are not waited for.
        var isPatient = true
        /// Asked without saying who asks: nobody knows yet what answers there.
        var isOpen = false

        init(
            _ method: HTTPRequest.Method = .get, _ path: [String], query: [(String, String)] = [],
            body: (text: String, type: String)? = nil, isRepeatable: Bool? = nil, limit: Duration? = nil
        ) {
            self.method = method
            self.path = path
            self.query = query
            self.body = body
            self.isRepeatable = isRepeatable ?? (method == .get)
            self.limit = limit ?? (method == .get ? .seconds(120) : nil)
        }
    }

    /// What was asked for may have been done, and its answer is lost.
    struct LostAnswer: Error, CustomStringConvertible {
        var description: String
    }

    /// As messages name it.
    let name: String
    /// Who asks, as messages name them.
    let user: String
    private let url: HTTPURL
    private let http: any HTTPClient
    private let authorization: Secret<String>
    private let options: Options
    private let outage = Outage()

    /// Most bytes of an answer: the export of a large infrastructure.
    private static let largest = 512 << 20

    /// - Throws: ``UsageError`` for a URL or a file that cannot be used.
    init(_ options: Options, authorization: Secret<String>, user: String, http: (any HTTPClient)? = nil) throws {
        do {
            url = try HTTPURL(options.url.contains("://") ? options.url : "https://" + options.url)
        } catch {
            throw UsageError("--server is a URL such as https://im.example.org:8800: \(error.message)")
        }
        if let file = options.authorityFile { try UserFile.check(file, "file of --ca-file") }
        if let http {
            self.http = http
        } else {
            self.http = try CurlClient(
                options: .init(
                    tls: .init(
                        certificateAuthorities: options.authorityFile.map { $0.expandingHome }),
                    version: .http1), logger: options.logger)
        }
        name = url.text.hasSuffix("/") ? String(url.text.dropLast()) : url.text
        self.authorization = authorization
        self.user = user
        self.options = options
    }

    /// Whether what is sent can be read on the way.
    var isExposed: Bool {
        let host = url.host
        let isHere = host == "localhost" || host == "[::1]" || host.hasPrefix("127.")
        return url.scheme == "http" && !isHere
    }

    // MARK: Asking

    /// The answer to a call; refusals are errors.
    /// - Throws: ``ManagerError``; ``LostAnswer`` where it is not known whether it was carried out.
    func ask(_ call: Call) async throws -> HTTPFullResponse {
        let answer = try await exchange(call)
        guard (200..<300).contains(answer.status) else { throw refusal(answer, call) }
        return answer
    }

    /// The same with an answer in JSON.
    func ask<Value: Decodable>(_ call: Call, for type: Value.Type) async throws -> Value {
        try decode(try await ask(call), as: type)
    }

    func decode<Value: Decodable>(_ answer: HTTPFullResponse, as type: Value.Type) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do {
            return try decoder.decode(type, from: Data(answer.body))
        } catch {
            throw ManagerError(
                code: .unavailable,
                message: "\(name) answers what no Infrastructure Manager does: "
                    + "'\(answer.text.prefix(80))'; check the URL, and what stands between")
        }
    }

    /// The answer, whatever its status.
    func exchange(_ call: Call) async throws -> HTTPFullResponse {
        let begun = ContinuousClock.now
        var pause = options.pause
        var toldBusy = false
        while true {
            let outcome = await attempt(call)
            var wait = pause
            switch outcome {
            case .success(let answer):
                if [502, 503, 504].contains(answer.status), call.method == .get, call.isPatient,
                    ContinuousClock.now - begun < options.patience
                {
                    outage.began("\(name) answers \(answer.status): \(text(answer)); asking again")
                    wait = answer.retryAfter ?? pause
                } else if isBusy(answer), call.isPatient, ContinuousClock.now - begun < options.busyPatience {
                    wait = max(options.pause, min(answer.retryAfter ?? .seconds(5), .seconds(30)))
                    if !toldBusy { Terminal.note("\(name) is busy: \(text(answer)); asking again every \(wait)") }
                    toldBusy = true
                } else {
                    outage.ended(name)
                    return answer
                }
            case .failure(let error):
                guard error.code != .cancelled else { throw CancellationError() }
                let mayRepeat = call.isRepeatable || !error.mayHaveBeenSent
                guard call.isPatient, mayRepeat, Self.passing.contains(error.code),
                    ContinuousClock.now - begun < options.patience
                else {
                    if !call.isRepeatable, error.mayHaveBeenSent, call.isPatient {
                        throw LostAnswer(description: "the answer of \(name) was lost (\(Self.reason(error)))")
                    }
                    throw failure(error)
                }
                outage.began("\(name) does not answer (\(Self.reason(error))); asking again, Ctrl-C ends that")
            }
            try await Task.sleep(for: wait)
            pause = min(pause * 2, .seconds(2))
        }
    }

    /// What may be over in a moment.
    private static let passing: Set<HTTPError.Code> = [
        .unreachable, .connectionLost, .truncated, .timeout, .closed,
    ]

    private func attempt(_ call: Call) async -> Result<HTTPFullResponse, HTTPError> {
        var target = url
        let base = url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
        target.path = base + call.path.map { "/" + PercentEncoding.encode($0, keepingSlashes: false) }.joined()
        var request = HTTPRequest(call.method, target.adding(query: call.query))
        request.headers.set("Accept", "application/json")
        if !call.isOpen { request.headers.set("Authorization", authorization.expose()) }
        request.timeouts = .init(connect: .seconds(10), total: call.limit)
        request.repetition = call.isRepeatable ? .safe : .never
        if let body = call.body {
            request.headers.set("Content-Type", body.type)
            request.body = .text(body.text)
        }
        do throws(HTTPError) {
            return .success(try await http.fetch(request, upTo: Self.largest))
        } catch {
            return .failure(error)
        }
    }

    // MARK: Words

    /// Asked again only for what passes by itself: removals that nobody agreed to do not.
    private func isBusy(_ answer: HTTPFullResponse) -> Bool {
        switch answer.status {
        case 429: true
        case 409: answer.retryAfter != nil && !text(answer).contains("more is to be removed")
        default: false
        }
    }

    private struct Refusal: Decodable { var message: String }

    /// What a refusal says, without IM's words about which request it was.
    func text(_ answer: HTTPFullResponse) -> String {
        let decoded = (try? JSONDecoder().decode(Refusal.self, from: Data(answer.body)))?.message
        var text = (decoded ?? String(answer.text.prefix(2000))).trimmingCharacters(in: .whitespacesAndNewlines)
        while text.hasPrefix("Error "), let colon = text.firstRange(of: ": "),
            !text[..<colon.lowerBound].contains(where: \.isNewline), text[..<colon.lowerBound].count < 60
        {
            text = String(text[colon.upperBound...])
        }
        return text.isEmpty ? "status \(answer.status)" : text
    }

    /// A refusal as an error of the manager.
    func refusal(_ answer: HTTPFullResponse, _ call: Call) -> ManagerError {
        let text = text(answer)
        switch answer.status {
        case 400, 413, 415, 422: return ManagerError(code: .invalidDocument, message: text)
        case 401:
            return ManagerError(
                code: .accessDenied,
                message: "\(name) does not let \(user) in: \(text); the line of type InfrastructureManager in the "
                    + "authorization file says who you are")
        case 403: return ManagerError(code: .accessDenied, message: "\(name) refuses it to \(user): \(text)")
        case 404: return ManagerError(code: .notFound, message: text)
        case 409: return ManagerError(code: .busy, message: "\(name) refuses it now: \(text)")
        case 429:
            return ManagerError(
                code: .unavailable, message: "\(name) has too many requests of \(user): \(text); try again later")
        case 300..<400:
            return ManagerError(
                code: .unavailable,
                message: "\(name) sends elsewhere (status \(answer.status)"
                    + (answer.headers["Location"].map { ", to \($0)" } ?? "") + "): give that URL with --server")
        case 500: return ManagerError(code: .internal, message: "\(name) failed: \(text)")
        default:
            return ManagerError(
                code: .unavailable, message: "\(name) answers \(answer.status): \(text); try again later")
        }
    }

    /// Without method and URL: the server is named already.
    private static func reason(_ error: HTTPError) -> String {
        guard let colon = error.message.firstRange(of: ": "), error.message[..<colon.lowerBound].contains("://") else {
            return error.message
        }
        return String(error.message[colon.upperBound...])
    }

    /// No answer.
    private func failure(_ error: HTTPError) -> ManagerError {
        let next =
            switch error.code {
            case .untrusted:
                "if an authority of your own signed its certificate, name its PEM file with --ca-file; a server without "
                    + "encryption is asked by http://"
            case .unresolved: "check the name in --server"
            case .unreachable: "check that the server runs, and the port in --server"
            case .malformed, .connectionLost:
                "check the port in --server, whether it begins with https:// there, and what stands between"
            case .timeout: "try again later"
            default: "the server or what stands between ended the connection; try again"
            }
        return ManagerError(code: .unavailable, message: "\(name) cannot be asked: \(Self.reason(error)); \(next)")
    }
}

/// That a server does not answer is told once, and that it does again.
private final class Outage: Sendable {
    private let isOut = Mutex(false)

    func began(_ text: String) {
        let isNew = isOut.withLock { isOut in
            defer { isOut = true }
            return !isOut
        }
        if isNew { Terminal.note("  \(text)") }
    }

    func ended(_ name: String) {
        let was = isOut.withLock { isOut in
            defer { isOut = false }
            return isOut
        }
        if was { Terminal.note("  \(name) answers again") }
    }
}
