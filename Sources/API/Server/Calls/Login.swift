import Authorization
import Orchestration
import Support

/// Who sent a request, and the credentials that came with it: what every interface makes of its authorization data.
struct Login: Sendable {
    let caller: Caller
    let items: [AuthorizationItem]

    /// - Throws: ``AuthorizationError`` in IM's words (im.md 2.4).
    init(_ items: [AuthorizationItem], _ access: AccessRules) throws(AuthorizationError) {
        guard let login = items.first(where: \.isLogin) else {
            throw AuthorizationError("No credentials provided for the InfrastructureManager.")
        }
        guard let username = login["username"], let password = login["password"] else {
            throw AuthorizationError("No username nor token for the InfrastructureManager.")
        }
        if username.hasPrefix("__OPENID__") {
            throw AuthorizationError("Invalid username used for the InfrastructureManager.")
        }
        let secret = Secret(password)
        guard access.knows(username, secret) else {
            throw AuthorizationError("Invalid InfrastructureManager credentials")
        }
        self.items = items
        caller =
            access.isAdministrator(username, secret)
            ? .administrator(username, .password(secret)) : .user(username, .password(secret))
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
        case .template(let text):
            let login = items.first(where: \.isLogin)
            request.template = TemplateRequest(text: text, accessToken: login?["token"].map { Secret($0) })
        }
        request.update = update
        return request
    }
}

/// A document of a request.
enum SentDocument: Sendable {
    /// RADL's text form.
    case radl(String)
    /// TOSCA in YAML.
    case template(String)
}
