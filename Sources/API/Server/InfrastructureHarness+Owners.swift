import Foundation
import HTTPTypes
import Hummingbird
import Orchestration

/// Requests about whom an infrastructure belongs to, and which service keeps it.
extension InfrastructureHarness {
    /// Takes one user to the owners.
    func share(_ request: Request, id: String) async throws -> Response {
        let prefix = "Error modifying infrastructure owner"
        let caller = try await caller(request, prefix)
        let overwrites = try flag(request, "overwrite")
        let text = try await DocumentBody(logger: logger).json(request, prefix: prefix)
        return try await failing(prefix) {
            guard let user = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)) else {
                throw RESTError(
                    .badRequest,
                    "\(prefix): the body is a JSON object of texts, such as "
                        + #"{"username": "…", "password": "…"}"#)
            }
            try await calls.share(id, with: [user], overwrites: overwrites, caller: caller)
            return .text("")
        }
    }

    /// The `data` property.
    func export(_ request: Request, id: String) async throws -> Response {
        let caller = try await caller(request, Self.propertyPrefix)
        let handsOver = try flag(request, "delete")
        // Whoever cannot read the answer would lose what is handed over.
        try Accept.requireJSON(request)
        return try await failing(Self.propertyPrefix) {
            .json(["data": try await calls.export(id, handsOver: handsOver, caller: caller)])
        }
    }

    func importInfrastructure(_ request: Request) async throws -> Response {
        let prefix = "Error Importing Inf."
        let login = try await login(request, prefix)
        let name = request.uri.queryParameters["name"].map(String.init)
        let form = try Accept.form(request, own: "text/uri-list")
        let text = try await DocumentBody(logger: logger).json(request, prefix: prefix)
        return try await failing(prefix) {
            let id = try await calls.importInfrastructure(text, name: name, login: login)
            return link(request, form, "\(base(request))/infrastructures/\(id)")
        }
    }
}
