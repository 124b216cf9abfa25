import Authorization
import Foundation
import InfrastructureModel
import Orchestration
import Support

/// Calls about whom an infrastructure belongs to, and which service keeps it.
extension InfrastructureCalls {
    /// Shares an infrastructure.
    ///
    /// - Parameters:
    ///   - users: An authorization item each; without `type` it is one of IM's users.
    ///   - overwrites: Whether nobody else is an owner from now on.
    func share(
        _ id: String, with users: [[String: String]], overwrites: Bool, caller: Caller
    ) async throws {
        try require(.changing)
        var callers: [Caller] = []
        for item in users where (item["type"] ?? Self.loginType) == Self.loginType {
            callers.append(try await user(item))
        }
        try await manager.share(
            InfrastructureID(rawValue: id), with: callers, replacing: overwrites, caller: caller)
    }

    private static let loginType = "InfrastructureManager"

    private func user(_ item: [String: String]) async throws -> Caller {
        func refusal(_ reason: String) -> ManagerError {
            ManagerError(code: .invalidDocument, message: "Invalid new infrastructure data provided: \(reason)")
        }
        if let token = item["token"] {
            do throws(AuthorizationError) {
                // Who administrates is an owner like others.
                let new = try await Login.caller(token: Secret(token), access)
                guard case .administrator(let name, let proof) = new else { return new }
                return .user(name, proof)
            } catch {
                throw refusal(error.message)
            }
        }
        guard let username = item["username"], let password = item["password"] else {
            throw refusal("No username nor token for the InfrastructureManager.")
        }
        guard !username.hasPrefix(TokenIdentity.prefix) else {
            throw refusal("Invalid username used for the InfrastructureManager.")
        }
        return .user(username, .password(Secret(password)))
    }

    /// Has what runs already served with the credentials of a request from now on.
    func renewCredentials(_ id: String, login: Login) async throws {
        guard access.allows(.changing) else { return }
        try await manager.renewCredentials(
            of: InfrastructureID(rawValue: id), with: login.clouds, caller: login.caller)
    }

    /// An infrastructure as a JSON text, for another service.
    /// - Parameter handsOver: Whether it is forgotten here.
    func export(_ id: String, handsOver: Bool, caller: Caller) async throws -> String {
        if handsOver { try require(.changing) }
        return try await manager.export(InfrastructureID(rawValue: id), handsOver: handsOver, caller: caller)
    }

    /// Takes over what was exported here, by IM 1.19 or by IM 2.0.
    /// - Parameters:
    ///   - text: JSON.
    ///   - name: What it is called here; nil: as in the export.
    func importInfrastructure(_ text: String, name: String? = nil, login: Login) async throws -> InfrastructureID {
        try require(.changing)
        if let problem = name.flatMap(DeploymentRequest.problem(withName:)) {
            throw ManagerError(code: .invalidDocument, message: problem)
        }
        let others = try await login.others(access)
        let id = try await manager.importInfrastructure(
            text, clouds: login.clouds, name: name, caller: login.caller)
        if !others.isEmpty { try await manager.share(id, with: others, caller: login.caller) }
        return id
    }
}
