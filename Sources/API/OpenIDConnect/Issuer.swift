import Authorization
import Foundation
import HTTPTransport
import Logging
import Support

/// One issuer: where its keys are, and which they are. They are kept for an hour; a token that is signed with an unknown
/// key has them fetched again, at most every ten seconds. While the issuer cannot be asked, the keys that are known stay in
/// use for a day.
actor Issuer {
    /// How long what is known is used.
    struct Patience: Sendable {
        /// Then the keys are fetched again, while the old ones are in use.
        var fresh = Duration.seconds(3600)
        /// Then they are of no use any more.
        var usable = Duration.seconds(86_400)
        /// Between two questions.
        var between = Duration.seconds(10)
    }

    private struct Known {
        var keys: KeySet
        var userInfo: String?
        var time: ContinuousClock.Instant
    }

    private let url: String
    private let client: IssuerClient
    private let patience: Patience
    private let logger: Logger
    private var known: Known?
    private var lastQuestion: ContinuousClock.Instant?
    private var lastProblem: String?
    private var question: Task<Void, Never>?
    private var people: [String: (claims: [String: [String]], time: ContinuousClock.Instant)] = [:]

    init(_ url: String, client: IssuerClient, patience: Patience = Patience(), logger: Logger) {
        self.url = url
        self.client = client
        self.patience = patience
        self.logger = logger
    }

    // MARK: Keys

    /// Whether the issuer has signed a token.
    /// - Throws: `AuthorizationError` where it has not, or nobody can tell.
    func check(_ token: Secret<String>, _ claims: TokenClaims) async throws(AuthorizationError) {
        let now = ContinuousClock.now
        if let known, known.time.duration(to: now) < patience.usable, known.keys.has(claims) {
            if known.time.duration(to: now) >= patience.fresh { ask() }
        } else if let question = ask() ?? question {
            await question.value
        }
        guard let known, known.time.duration(to: .now) < patience.usable else {
            throw .refused("The issuer cannot be asked: \(lastProblem ?? "it was just asked in vain").")
        }
        guard known.keys.has(claims) else {
            throw .refused("The token is signed with a key (\(claims.algorithm)) that the issuer does not have.")
        }
        if await known.keys.hasSigned(token.expose(), claims) { return }
        // Keys without a name may have changed.
        if let question = ask() {
            await question.value
            if let known = self.known, await known.keys.hasSigned(token.expose(), claims) { return }
        }
        throw .refused("The signature of the token is not the issuer's.")
    }

    /// Begins to ask for the keys; nil where that is under way or was so just now.
    @discardableResult
    private func ask() -> Task<Void, Never>? {
        let now = ContinuousClock.now
        guard question == nil, lastQuestion.map({ $0.duration(to: now) >= patience.between }) ?? true else {
            return nil
        }
        lastQuestion = now
        // Unstructured: several requests wait for it, and none that is cancelled takes it from the others.
        let task = Task { await self.renew() }
        question = task
        return task
    }

    private func renew() async {
        do throws(IssuerClient.Problem) {
            let description = try await object(Self.joined(url, ".well-known/openid-configuration"))
            guard let issuer = description["issuer"] as? String,
                OpenIDRules.name(issuer) == OpenIDRules.name(url), let keysURL = description["jwks_uri"] as? String
            else {
                throw IssuerClient.Problem(description: "its description names another issuer, or no keys (jwks_uri)")
            }
            let answer = try await client.get(keysURL)
            guard answer.status == 200, let keys = KeySet(answer.body) else {
                throw IssuerClient.Problem(description: "its keys are answered with \(answer.status), or are no JWKS")
            }
            known = Known(keys: keys, userInfo: description["userinfo_endpoint"] as? String, time: .now)
            lastProblem = nil
        } catch {
            lastProblem = error.description
            logger.warning("an issuer of tokens cannot be asked", metadata: ["issuer": "\(url)", "error": "\(error)"])
        }
        question = nil
    }

    private func object(_ url: String) async throws(IssuerClient.Problem) -> [String: Any] {
        let answer = try await client.get(url)
        guard answer.status == 200,
            let object = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        else { throw IssuerClient.Problem(description: "\(url) is answered with \(answer.status), or is no JSON") }
        return object
    }

    private static func joined(_ url: String, _ path: String) -> String {
        OpenIDRules.name(url) + path
    }

    // MARK: People

    private static let mostPeople = 1000
    private static let memory = Duration.seconds(300)

    /// The issuer's words about the user of a token that was checked; empty where it has none.
    func words(about claims: TokenClaims, _ token: Secret<String>) async throws(AuthorizationError) -> [String:
        [String]]
    {
        guard let url = known?.userInfo else { return [:] }
        if let person = people[claims.subject], person.time.duration(to: .now) < Self.memory { return person.claims }
        let answer: HTTPFullResponse
        do {
            answer = try await client.get(url, token: token)
        } catch {
            throw .refused("The issuer cannot be asked: \(error).")
        }
        let text = String(decoding: answer.body, as: UTF8.self)
        guard answer.status == 200 else {
            throw .refused("Code: \(answer.status). Message: \(text.prefix(200)).")
        }
        guard let object = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any],
            object["sub"] as? String == claims.subject
        else { throw .refused("The issuer tells of another user than the token.") }
        if people.count >= Self.mostPeople { people.removeAll() }
        let words = TokenClaims.texts(object)
        people[claims.subject] = (words, .now)
        return words
    }
}

extension AuthorizationError {
    /// In IM's form.
    static func refused(_ reason: String) -> AuthorizationError {
        AuthorizationError("Invalid InfrastructureManager credentials. \(reason)")
    }
}
