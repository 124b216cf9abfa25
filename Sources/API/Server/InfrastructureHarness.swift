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
    let manager: InfrastructureManager
    let version: String
    let logger: Logger

    // MARK: Requests

    func version(_ request: Request) throws -> Response {
        switch try Accept.form(request, own: "text/plain") {
        case .json: return .json(["version": version])
        case .own: return .text(version)
        }
    }

    func list(_ request: Request) async throws -> Response {
        let caller = try caller(request).caller
        return try await failing("Error Getting Inf. List") {
            let records = try await manager.infrastructures(caller: caller)
            return try links(request, records.map { "\(base(request))/infrastructures/\($0.id)" })
        }
    }

    func create(_ request: Request) async throws -> Response {
        let (caller, items) = try caller(request)
        let prefix = "Error Creating Inf."
        if try flag(request, "dry_run") {
            throw RESTError(.badRequest, "\(prefix): dry_run is not supported yet; leave it out to create")
        }
        let isAsynchronous = try flag(request, "async")
        // Whoever cannot read the answer would not know what was created.
        let form = try Accept.form(request, own: "text/uri-list")
        let document = try await DocumentBody(logger: logger).read(request, prefix: prefix)
        return try await failing(prefix) {
            let submitted = try await manager.deploy(deployment(document, items, caller))
            if !isAsynchronous { try await manager.waitUntilLaunched(submitted, caller: caller) }
            let uri = "\(base(request))/infrastructures/\(submitted.infrastructure)"
            let headers: HTTPFields = [.infrastructureID: submitted.infrastructure.rawValue]
            switch form {
            case .json: return .json(Link(uri: uri), headers: headers)
            case .own: return .text(uri, type: "text/uri-list", headers: headers)
            }
        }
    }

    func info(_ request: Request, id: String) async throws -> Response {
        let caller = try caller(request).caller
        return try await failing("Error Getting Inf. info") {
            let snapshot = try await manager.snapshot(InfrastructureID(rawValue: id), caller: caller)
            let machines = snapshot.machines.filter { $0.isAlive && $0.goal == .present }
            return try links(
                request, machines.map { "\(base(request))/infrastructures/\(id)/vms/\($0.id.number)" })
        }
    }

    func destroy(_ request: Request, id: String) async throws -> Response {
        let caller = try caller(request).caller
        let isAsynchronous = try flag(request, "async")
        return try await failing("Error Destroying Inf") {
            let infrastructure = InfrastructureID(rawValue: id)
            guard let submitted = try await manager.destroy(infrastructure, caller: caller) else {
                throw ManagerError(code: .destroyed, message: "Deleted infrastructure.")
            }
            if !isAsynchronous {
                let operation = try await manager.waitForEnd(of: submitted)
                if operation.status != .succeeded {
                    let reason = operation.error ?? ""
                    throw RESTError(
                        .badRequest, "Error Destroying Inf: Error destroying the infrastructure: \n\(reason)")
                }
            }
            return .text("")
        }
    }

    func property(_ request: Request, id: String, name: String) async throws -> Response {
        let caller = try caller(request).caller
        let infrastructure = InfrastructureID(rawValue: id)
        return try await failing("Error Getting Inf. prop") {
            let snapshot = try await manager.snapshot(infrastructure, caller: caller)
            switch name {
            case "state":
                try Accept.requireJSON(request)
                return .json(StateBody(snapshot))
            case "radl":
                return try text(request, name, MachineDocument.document(of: snapshot).text(style: .im))
            case "contmsg":
                var events = try await allEvents(infrastructure, caller)
                if let event = snapshot.withoutDeploy(after: events.last?.time) { events.append(event) }
                let header = try flag(request, "headeronly")
                return try text(
                    request, name,
                    ContextualizationMessage.text(events, headerOnly: header))
            case "authorization":
                let names = snapshot.infrastructure.owners.map(\.username)
                switch try Accept.form(request, own: "text/plain") {
                case .json: return .json(["authorization": names])
                case .own: return .text(names.joined(separator: "\n"))
                }
            case "tosca":
                guard let template = try await manager.template(of: infrastructure, caller: caller) else {
                    throw Self.noTemplate(name)
                }
                return try text(request, name, template)
            case "outputs":
                try Accept.requireJSON(request)
                guard let outputs = try await manager.outputs(of: infrastructure, caller: caller) else {
                    throw Self.noTemplate(name)
                }
                return .rawJSON("{\"outputs\": \(TOSCAValue(outputs).json)}")
            default:
                throw RESTError(.notFound, "Incorrect infrastructure property")
            }
        }
    }

    func machine(_ request: Request, id: String, number: String) async throws -> Response {
        let caller = try caller(request).caller
        return try await failing("Error Getting VM. info") {
            let (snapshot, machine) = try await find(id, number, caller)
            let document = try MachineDocument.make(machine, of: snapshot)
            switch try Accept.form(request, own: "text/plain") {
            case .json: return .rawJSON("{\"radl\":\(document.jsonText())}")
            case .own: return .text(document.text(style: .im))
            }
        }
    }

    func machineProperty(_ request: Request, id: String, number: String, name: String) async throws -> Response {
        let caller = try caller(request).caller
        return try await failing("Error Getting VM. property") {
            let (snapshot, machine) = try await find(id, number, caller)
            if name == "contmsg" {
                let events = try await allEvents(snapshot.infrastructure.id, caller).filter { $0.machine == machine.id }
                return try text(request, name, ContextualizationMessage.machineText(events))
            }
            let features = try MachineDocument.make(machine, of: snapshot).systems.first?.features
            guard let value = features.flatMap({ PropertyValue(name, in: $0) }) else {
                throw RESTError(.notFound, "Incorrect property \(name) for VM ID \(number)")
            }
            switch try Accept.form(request, own: "text/plain") {
            case .json: return .json([name: value])
            case .own: return .text(value.text)
            }
        }
    }

    // MARK: Parts

    func find(
        _ id: String, _ number: String, _ caller: Caller
    ) async throws -> (InfrastructureSnapshot, MachineRecord) {
        let snapshot = try await manager.snapshot(InfrastructureID(rawValue: id), caller: caller)
        guard let number = Int(number), let machine = snapshot.machines.first(where: { $0.id.number == number }) else {
            throw ManagerError(code: .notFound, message: "Invalid VM ID")
        }
        guard machine.isAlive else { throw ManagerError(code: .notFound, message: "Deleted VM.") }
        return (snapshot, machine)
    }

    private func allEvents(_ id: InfrastructureID, _ caller: Caller) async throws -> [InfrastructureEvent] {
        var events: [InfrastructureEvent] = []
        while true {
            let page = try await manager.events(of: id, after: events.last?.sequence ?? 0, caller: caller)
            events += page
            if page.isEmpty { return events }
        }
    }

    private static func noTemplate(_ property: String) -> RESTError {
        RESTError(.forbidden, "'\(property)' infrastructure property is not valid in this infrastructure")
    }

    /// What a document asks for.
    /// - Parameter update: What it changes; nil: it asks for a new infrastructure.
    func deployment(
        _ content: DocumentBody.Content, _ items: [AuthorizationItem], _ caller: Caller,
        _ update: InfrastructureUpdate? = nil
    ) -> DeploymentRequest {
        var request = DeploymentRequest(
            document: "", documentName: "document", clouds: Self.clouds(items), caller: caller)
        switch content {
        case .document(let text): request.document = text
        case .template(let text):
            let login = items.first(where: \.isLogin)
            request.template = TemplateRequest(text: text, accessToken: login?["token"].map { Secret($0) })
        }
        request.update = update
        return request
    }

    private static func clouds(_ items: [AuthorizationItem]) -> [CloudCredential] {
        items.filter(\.isCloud).map { CloudCredential(id: $0.id, type: $0.type, values: $0.values) }
    }

    /// Who asks, and all items of the header.
    func caller(_ request: Request) throws -> (caller: Caller, items: [AuthorizationItem]) {
        guard let header = request.headers[.authorization], !header.isEmpty else {
            throw RESTError(.unauthorized, "No authentication data provided")
        }
        let items: [AuthorizationItem]
        do {
            items = try AuthorizationParser().items(ofHeader: header)
        } catch {
            throw RESTError(.unauthorized, "\(error)")
        }
        guard let login = items.first(where: \.isLogin) else {
            throw RESTError(.unauthorized, "No credentials provided for the InfrastructureManager.")
        }
        guard let username = login["username"], let password = login["password"] else {
            throw RESTError(.unauthorized, "No username nor token for the InfrastructureManager.")
        }
        if username.hasPrefix("__OPENID__") {
            throw RESTError(.unauthorized, "Invalid username used for the InfrastructureManager.")
        }
        return (.user(username, .password(Secret(password))), items)
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
        } catch is CancellationError {
            throw RESTError(.serviceUnavailable, "\(prefix): the service is stopping; what was asked for is on record")
        } catch {
            throw RESTError(error, prefix: prefix, logger: logger)
        }
    }

    // MARK: Answers

    func base(_ request: Request) -> String {
        let forwarded = request.headers[.forwardedProtocol]?.prefix { $0 != "," }.filter { !$0.isWhitespace }
        let scheme = forwarded?.lowercased() == "https" ? "https" : "http"
        let host = request.head.authority ?? request.headers[.hostHeader] ?? "localhost"
        return "\(scheme)://\(host)"
    }

    private struct Link: Encodable {
        var uri: String
    }

    private func links(_ request: Request, _ uris: [String]) throws -> Response {
        links(request, try Accept.form(request, own: "text/uri-list"), uris)
    }

    func links(_ request: Request, _ form: Accept.Form, _ uris: [String]) -> Response {
        switch form {
        case .json: return .json(["uri-list": uris.map { Link(uri: $0) }])
        case .own: return .text(uris.joined(separator: "\n"), type: "text/uri-list")
        }
    }

    private func text(_ request: Request, _ name: String, _ value: String) throws -> Response {
        switch try Accept.form(request, own: "text/plain") {
        case .json: return .json([name: value])
        case .own: return .text(value)
        }
    }
}
