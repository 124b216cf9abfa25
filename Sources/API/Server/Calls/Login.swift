import Authorization
import Orchestration
import Support

/// Who sent a request, and the credentials that came with it: what every interface makes of its authorization data.
struct Login: Sendable {
    let caller: Caller
    let items: [AuthorizationItem]

    /// - Throws: ``AuthorizationError`` in IM's words (im.md 2.4), or ``TooManyRequests``.
    init(_ items: [AuthorizationItem], _ access: AccessRules) async throws {
        guard let login = items.first(where: \.isLogin) else {
            throw AuthorizationError("No credentials provided for the InfrastructureManager.")
        }
        self.items = items
        caller = try await Self.caller(login, access)
        try access.limit?.count(caller.username, caller.secret)
    }

    private init(caller: Caller, items: [AuthorizationItem]) {
        self.caller = caller
        self.items = items
    }

    /// The same with the credentials that lines of type `Vault` refer to.
    /// - Throws: ``VaultProblem``.
    func opened(_ access: AccessRules) async throws -> Login {
        guard items.contains(where: \.isVault) else { return self }
        guard let vault = access.vault else {
            throw VaultProblem("credentials from Vault are not read here", isRefusal: true)
        }
        return Login(caller: caller, items: try await vault.opened(items))
    }

    /// Users of further lines: what the first one makes is theirs, too.
    /// - Throws: ``AuthorizationError`` for one that is not let in.
    func others(_ access: AccessRules) async throws -> [Caller] {
        var others: [Caller] = []
        for item in items.filter(\.isLogin).dropFirst() {
            let other = try await Self.caller(item, access)
            // Who administrates is an owner like others.
            guard case .administrator(let name, let proof) = other else {
                others.append(other)
                continue
            }
            others.append(.user(name, proof))
        }
        return others
    }

    private static func caller(_ login: AuthorizationItem, _ access: AccessRules) async throws -> Caller {
        if let token = login["token"], access.tokens != nil || login["username"] == nil {
            return try await caller(token: Secret(token), access)
        }
        guard !access.requiresToken else {
            throw AuthorizationError("No token provided for the InfrastructureManager.")
        }
        guard let username = login["username"], let password = login["password"] else {
            throw AuthorizationError("No username nor token for the InfrastructureManager.")
        }
        // Names of those who come with a token.
        if username.hasPrefix(TokenIdentity.prefix) {
            throw AuthorizationError("Invalid username used for the InfrastructureManager.")
        }
        let secret = Secret(password)
        guard access.knows(username, secret) else {
            throw AuthorizationError("Invalid InfrastructureManager credentials")
        }
        return access.isAdministrator(username, secret)
            ? .administrator(username, .password(secret)) : .user(username, .password(secret))
    }

    /// Who a token says that it is: the issuer's word for them is in the place of their password.
    static func caller(token: Secret<String>, _ access: AccessRules) async throws(AuthorizationError) -> Caller {
        guard let tokens = access.tokens else { throw .issuerNotAccepted }
        let identity = try await tokens.identity(of: token)
        let isAdministrator =
            identity.isAdministrator || access.isAdministrator(identity.username, identity.subject)
        return isAdministrator
            ? .administrator(identity.username, .password(identity.subject))
            : .user(identity.username, .password(identity.subject))
    }

    /// Clouds in the order of their lines.
    var clouds: [CloudCredential] {
        items.filter(\.isCloud).map { CloudCredential(id: $0.id, type: $0.type, values: $0.values) }
    }

    /// What asks for a document, or for what it changes.
    /// - Parameter update: What it changes; nil: it asks for a new infrastructure.
    func deployment(_ content: SentDocument, _ update: InfrastructureUpdate? = nil) -> DeploymentRequest {
        var request = DeploymentRequest(document: "", documentName: "document", clouds: clouds, caller: caller)
        switch content {
        case .radl(let text): request.document = text
        case .template(let text): request.template = template(text)
        }
        request.update = update
        // Names of those who come with a token, and of nobody else.
        request.token = caller.username.hasPrefix(TokenIdentity.prefix) ? token : nil
        return request
    }

    /// A template as it is sent, with the token of who sends it.
    func template(_ text: String) -> TemplateRequest {
        TemplateRequest(text: text, accessToken: token)
    }

    /// What the caller logged in with, or sent beside a password.
    private var token: Secret<String>? { items.first(where: \.isLogin)?["token"].map { Secret($0) } }
}

/// A document of a request.
enum SentDocument: Sendable {
    /// RADL's text form.
    case radl(String)
    /// TOSCA in YAML.
    case template(String)
}

extension Caller {
    /// What only they know.
    fileprivate var secret: Secret<String> {
        switch self {
        case .local: Secret("")
        case .user(_, .password(let password)), .administrator(_, .password(let password)): password
        }
    }
}
