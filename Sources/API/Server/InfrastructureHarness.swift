import Authorization
import Foundation
import HTTPTypes
import Hummingbird
import InfrastructureModel
import Logging
import Operations
import Orchestration
import RADL
import Support
import TOSCA

/// Requests about infrastructures: decode, authenticate, call the manager, encode. Holds no state.
struct InfrastructureHarness: Sendable {
    let calls: InfrastructureCalls
    let version: String
    /// In front of the paths of links; empty: nothing.
    let rootPath: String
    let logger: Logger

    static let propertyPrefix = "Error Getting Inf. prop"

    // MARK: Requests

    func version(_ request: Request) throws -> Response {
        switch try Accept.form(request, own: "text/plain") {
        case .json: return .json(["version": version])
        case .own: return .text(version)
        }
    }

    func list(_ request: Request) async throws -> Response {
        let prefix = "Error Getting Inf. List"
        let caller = try await caller(request, prefix)
        return try await failing(prefix) {
            let filter = request.uri.queryParameters["filter"].map(String.init) ?? ""
            let ids = try await calls.list(filter: filter, caller: caller)
            return try links(request, ids.map { "\(base(request))/infrastructures/\($0)" })
        }
    }

    func create(_ request: Request) async throws -> Response {
        let prefix = "Error Creating Inf."
        let login = try await login(request, prefix)
        let name = request.uri.queryParameters["name"].map(String.init)
        if try flag(request, "dry_run") {
            try Accept.requireJSON(request)
            let document = try await DocumentBody(logger: logger).read(request, prefix: prefix)
            if let name {
                return try await failing(prefix) { try await plan(request, document, name: name, login: login) }
            }
            return try await failing(prefix) { .json(try await calls.estimate(document, login: login)) }
        }
        let isAsynchronous = try flag(request, "async")
        // Whoever cannot read the answer would not know what was created.
        let form = try Accept.form(request, own: "text/uri-list")
        let removals = machines(request, "removes")
        let newHostKeys = try numbers(request, "new_host_keys")
        let document = try await DocumentBody(logger: logger).read(request, prefix: prefix)
        return try await failing(prefix) {
            let id: InfrastructureID
            if let name {
                id = try await calls.converge(
                    document, name: name, removals: removals, newHostKeys: newHostKeys, login: login)
            } else {
                id = try await calls.create(document, isAsynchronous: isAsynchronous, login: login)
            }
            return link(
                request, form, "\(base(request))/infrastructures/\(id)",
                headers: [.infrastructureID: id.rawValue])
        }
    }

    func info(_ request: Request, id: String) async throws -> Response {
        let prefix = "Error Getting Inf. info"
        let caller = try await caller(request, prefix)
        return try await failing(prefix) {
            let overview = try await calls.overview(id, caller: caller)
            let form = try Accept.form(request, own: "text/uri-list")
            return try overview.links(under: "\(base(request))/infrastructures/\(id)", form: form)
        }
    }

    func destroy(_ request: Request, id: String) async throws -> Response {
        let prefix = "Error Destroying Inf"
        let login = try await login(request, prefix)
        let isAsynchronous = try flag(request, "async")
        // Not needed here; but who writes it wrongly asks for something else than what would be done.
        _ = try flag(request, "force")
        return try await failing(prefix) {
            try await calls.destroy(id, isAsynchronous: isAsynchronous, login: login)
            return .text("")
        }
    }

    func property(_ request: Request, id: String, name: String) async throws -> Response {
        let caller = try await caller(request, Self.propertyPrefix)
        let infrastructure = InfrastructureID(rawValue: id)
        return try await failing(Self.propertyPrefix) {
            switch name {
            case "data":
                return try await export(request, id: id)
            case "state":
                try Accept.requireJSON(request)
                return .json(try await calls.overview(id, caller: caller).stateBody)
            case "radl":
                return try text(request, name, try await calls.radl(id, caller: caller))
            case "contmsg":
                let header = try flag(request, "headeronly")
                return try text(
                    request, name, try await calls.contextualizationMessage(id, headerOnly: header, caller: caller))
            case "authorization":
                let names = try await calls.owners(id, caller: caller)
                switch try Accept.form(request, own: "text/plain") {
                case .json: return .json(["authorization": names])
                case .own: return .text(names.joined(separator: "\n"))
                }
            case "tosca":
                guard let template = try await calls.manager.template(of: infrastructure, caller: caller) else {
                    throw Self.noTemplate(name)
                }
                return try text(request, name, template)
            case "outputs":
                try Accept.requireJSON(request)
                guard let outputs = try await calls.manager.outputs(of: infrastructure, caller: caller) else {
                    throw Self.noTemplate(name)
                }
                return .rawJSON("{\"outputs\": \(TOSCAValue(outputs).json)}")
            default:
                throw RESTError(.notFound, "Incorrect infrastructure property")
            }
        }
    }

    func machine(_ request: Request, id: String, number: String) async throws -> Response {
        let prefix = "Error Getting VM. info"
        let caller = try await caller(request, prefix)
        return try await failing(prefix) {
            let document = try await calls.machineDocument(id, number, caller: caller)
            switch try Accept.form(request, own: "text/plain") {
            case .json: return .rawJSON("{\"radl\":\(document.jsonText())}")
            case .own: return .text(document.text(style: .im))
            }
        }
    }

    func machineProperty(_ request: Request, id: String, number: String, name: String) async throws -> Response {
        let prefix = "Error Getting VM. property"
        let login = try await lines(request, prefix)
        let caller = login.caller
        return try await failing(prefix) {
            if name == "contmsg" {
                return try text(
                    request, name, try await calls.machineContextualizationMessage(id, number, caller: caller))
            }
            if name == "console" {
                return try text(request, name, try await calls.console(id, number, caller: caller))
            }
            if name == "command" {
                let step = request.uri.queryParameters["step"].map(String.init) ?? "1"
                let link = "\(base(request))/infrastructures/\(id)/vms/\(number)/command"
                let command = try await calls.command(id, number, step: step, link: link, login: login)
                if let command { return try text(request, name, command) }
            }
            guard let value = try await calls.property(id, number, name, caller: caller) else {
                throw RESTError(.notFound, "Incorrect property \(name) for VM ID \(number)")
            }
            switch try Accept.form(request, own: "text/plain") {
            case .json: return .json([name: value])
            case .own: return .text(value.text)
            }
        }
    }

    // MARK: Parts

    private static func noTemplate(_ property: String) -> RESTError {
        RESTError(.forbidden, "'\(property)' infrastructure property is not valid in this infrastructure")
    }

    /// Who asks, and with which credentials.
    /// - Parameter prefix: What stands in front of the text of a refusal.
    func login(_ request: Request, _ prefix: String) async throws -> Login {
        let lines = try await lines(request, prefix)
        do {
            return try await lines.opened(calls.access)
        } catch {
            throw RESTError(error, prefix: prefix, logger: logger)
        }
    }

    /// Who asks.
    func caller(_ request: Request, _ prefix: String) async throws -> Caller { try await lines(request, prefix).caller }

    /// Who asks, and the lines that came with it, as they stand.
    func lines(_ request: Request, _ prefix: String) async throws -> Login {
        guard let header = request.headers[.authorization], !header.isEmpty else {
            throw RESTError(.unauthorized, "No authentication data provided")
        }
        do {
            return try await Login(try Self.items(header, calls.access), calls.access)
        } catch let error as TooManyRequests {
            throw RESTError(.tooManyRequests, "\(error)", headers: [.retryAfter: String(error.seconds)])
        } catch {
            throw RESTError(.unauthorized, "\(prefix): \(error)")
        }
    }

    private static func items(_ header: String, _ access: AccessRules) throws -> [AuthorizationItem] {
        // As other services take tokens (im.md 14, Q18); clouds are those that the user has in the service's vault.
        if header.lowercased().hasPrefix("bearer ") {
            guard access.tokens != nil else {
                throw AuthorizationError("No credentials provided for the InfrastructureManager.")
            }
            let token = header.dropFirst("bearer ".count).trimmingCharacters(in: .whitespaces)
            var lines = [["type": "InfrastructureManager", "token": token]]
            if access.vault?.isNamedByService == true { lines.append(["type": "Vault", "token": token]) }
            return try AuthorizationParser().items(of: lines)
        }
        return try AuthorizationParser().items(ofHeader: header)
    }

    /// A boolean parameter of the query as IM reads it.
    func flag(_ request: Request, _ name: String, default fallback: Bool = false) throws -> Bool {
        guard let text = request.uri.queryParameters[Substring(name)] else { return fallback }
        switch text.lowercased() {
        case "yes", "true", "1", "on", "t", "y": return true
        case "no", "false", "0", "off", "f", "n": return false
        default: throw RESTError(.badRequest, "Incorrect value in \(name) parameter")
        }
    }

    func failing(_ prefix: String, _ body: () async throws -> Response) async throws -> Response {
        do {
            return try await body()
        } catch {
            throw RESTError(error, prefix: prefix, logger: logger)
        }
    }

    // MARK: Answers

    /// What links begin with, as a proxy in front tells it (IM 1.19). It is the caller's own answer that it stands in.
    func base(_ request: Request) -> String {
        func forwarded(_ name: HTTPField.Name) -> String? {
            let value = request.headers[name]?.prefix { $0 != "," }.filter { !$0.isWhitespace }
            // No name is longer (RFC 1035, 2.3.4), and it stands in every link.
            guard let value, !value.isEmpty, value.utf8.count <= 255,
                !value.contains(where: { "<>\"'\\?#".contains($0) })
            else { return nil }
            return String(value)
        }
        let scheme = (forwarded(.forwardedProtocol) ?? request.head.scheme)?.lowercased() == "https" ? "https" : "http"
        let named = forwarded(.forwardedHost).flatMap { $0.contains("/") ? nil : $0 }
        let asked = request.head.authority ?? request.headers[.hostHeader] ?? "localhost"
        let host = named ?? (asked.utf8.count <= 255 + ":65535".count ? asked : "localhost")
        let prefix = forwarded(.forwardedPrefix)?.split(separator: "/").map { "/\($0)" }.joined() ?? ""
        // A proxy that tells the path may be the one that the service was told of.
        return "\(scheme)://\(host)\(prefix == rootPath ? "" : prefix)\(rootPath)"
    }

    struct Link: Encodable {
        var uri: String
    }

    private func links(_ request: Request, _ uris: [String]) throws -> Response {
        links(request, try Accept.form(request, own: "text/uri-list"), uris)
    }

    func link(_ request: Request, _ form: Accept.Form, _ uri: String, headers: HTTPFields = [:]) -> Response {
        switch form {
        case .json: .json(Link(uri: uri), headers: headers)
        case .own: .text(uri, type: "text/uri-list", headers: headers)
        }
    }

    func links(
        _ request: Request, _ form: Accept.Form, _ uris: [String], headers: HTTPFields = [:]
    ) -> Response {
        switch form {
        case .json: return .json(["uri-list": uris.map { Link(uri: $0) }], headers: headers)
        case .own: return .text(uris.joined(separator: "\n"), type: "text/uri-list", headers: headers)
        }
    }

    private func text(_ request: Request, _ name: String, _ value: String) throws -> Response {
        switch try Accept.form(request, own: "text/plain") {
        case .json: return .json([name: value])
        case .own: return .text(value)
        }
    }
}
