import Foundation
import Hummingbird
import Orchestration
import RADL

/// Requests that change single machines, beside their power.
extension InfrastructureHarness {
    func alter(_ request: Request, id: String, number: String) async throws -> Response {
        let prefix = "Error modifying resources"
        let login = try await login(request, prefix)
        let form = try Accept.form(request, own: "text/plain")
        let document = try await DocumentBody(logger: logger).read(request, prefix: prefix)
        return try await failing(prefix) {
            let altered = try await calls.alter(document, id, number: number, login: login)
            switch form {
            case .json: return .rawJSON("{\"radl\":\(altered.jsonText())}")
            case .own: return .text(altered.text(style: .im))
            }
        }
    }

    /// Makes an image of a disk.
    func makeImage(_ request: Request, id: String, number: String, disk: String) async throws -> Response {
        let prefix = "Error creating snapshot"
        let login = try await login(request, prefix)
        guard let name = request.uri.queryParameters["image_name"], !name.isEmpty else {
            throw RESTError(.badRequest, "Parameter image_name required.")
        }
        let deletes = try flag(request, "auto_delete")
        // Who cannot read the answer would not know what was made. IM knows no other form of it.
        _ = try Accept.form(request, own: "text/plain")
        return try await failing(prefix) {
            guard let disk = Int(disk), disk >= 0 else {
                throw RESTError(.badRequest, "\(prefix): '\(disk)' is no number of a disk")
            }
            let url = try await calls.makeImage(
                named: String(name), ofDisk: disk, of: id, number: number, deletes: deletes, login: login)
            return .text(url)
        }
    }
}
