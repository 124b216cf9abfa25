import Authorization
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Support
import Testing

/// Who may use the service, and for what.
@Suite struct AccessTests {
    private static func login(_ name: String, _ password: String) -> HTTPFields {
        Served.headers(
            "type = InfrastructureManager; username = \(name); password = \(password)" + #"\nid = dummy; type = Dummy"#)
    }

    @Test(arguments: [(AccessRules.Mode.reading, 403), (.readingAndDestroying, 404)])
    func modesThatOnlyRead(mode: AccessRules.Mode, destroying: Int) async throws {
        try await Served.serve(access: AccessRules(mode: mode)) { client in
            let disabled = "Function currently disabled."
            let created = try await Served.ask(
                client, .post, "/infrastructures", Served.headers(type: "text/plain"),
                body: Array(Served.document.utf8))
            #expect(created.status == .forbidden)
            #expect(created.text.hasSuffix(disabled), "\(created.text)")
            let changes: [(HTTPRequest.Method, String)] = [
                (.put, "/infrastructures/x/start"), (.put, "/infrastructures/x/reconfigure"),
                (.delete, "/infrastructures/x/vms/0"), (.put, "/infrastructures/x/vms/0/stop"),
            ]
            for (method, path) in changes {
                let answer = try await Served.ask(client, method, path, Served.headers(type: "text/plain"))
                #expect(answer.status == .forbidden, "\(path)")
                #expect(answer.text.hasSuffix(disabled), "\(path): \(answer.text)")
            }
            #expect(try await Served.ask(client, .delete, "/infrastructures/x").status.code == destroying)
            #expect(try await Served.ask(client, .get, "/infrastructures").status == .ok)
        }
    }

    @Test func usersOfTheFileAlone() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "users-\(UUID().uuidString).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(#"{"users": [{"username": "ada", "password": "one"}]}"#.utf8).write(to: URL(filePath: path))
        let access = AccessRules(users: try UserDatabase(path: path) { _ in })
        try await Served.serve(access: access) { client in
            #expect(try await Served.ask(client, .get, "/infrastructures").status == .ok)
            let other = try await Served.ask(client, .get, "/infrastructures", Self.login("ada", "two"))
            #expect(other.status == .unauthorized)
            #expect(other.text == "Error Getting Inf. List: Invalid InfrastructureManager credentials")
        }
    }

    @Test func administratorsMayUseEverything() async throws {
        let access = AccessRules(administrators: [.init(username: "root", password: Secret("secret"))])
        try await Served.serve(access: access) { client in
            let id = try await Served.configured(client)
            let path = "/infrastructures/\(id)"
            for impostor in [Self.login("root", "one"), Self.login("bob", "secret")] {
                #expect(try await Served.ask(client, .get, path, impostor).status == .forbidden)
                #expect(try await Served.ask(client, .get, "/infrastructures", impostor).text.isEmpty)
            }
            let root = Self.login("root", "secret")
            #expect(try await Served.ask(client, .get, path, root).status == .ok)
            #expect(try await Served.ask(client, .get, "/infrastructures", root).text.hasSuffix(id))
            // It stays its owner's.
            #expect(try await Served.ask(client, .get, path + "/authorization", root).text == "ada")
            #expect(try await Served.ask(client, .delete, path, root).status == .ok)
        }
    }

    @Test(arguments: ["*", "https://dashboard.test"])
    func pagesOfAnotherOrigin(origin: String) async throws {
        try await Served.serve(origin: origin) { client in
            var headers = Served.headers()
            headers[.origin] = "https://dashboard.test"
            let answer = try await Served.ask(client, .get, "/infrastructures", headers)
            #expect(answer.headers[.accessControlAllowOrigin] == "https://dashboard.test")
            #expect(answer.headers[.accessControlAllowCredentials] == "true")
            #expect(answer.headers[.vary] == "Origin")
            headers[.authorization] = nil
            let preflight = try await Served.ask(client, .options, "/infrastructures", headers)
            #expect(preflight.status == .ok)
            #expect(preflight.text == "OK")
            #expect(preflight.headers[.accessControlMaxAge] == "600")
            #expect(preflight.headers[.accessControlAllowHeaders]?.lowercased().contains("authorization") == true)
        }
        try await Served.serve(origin: "https://other.test") { client in
            var headers = Served.headers()
            headers[.origin] = "https://dashboard.test"
            let answer = try await Served.ask(client, .get, "/infrastructures", headers)
            #expect(answer.headers[.accessControlAllowOrigin] == nil)
            #expect(answer.headers[.vary] == "Origin")
        }
        try await Served.serve { client in
            var headers = Served.headers()
            headers[.origin] = "https://dashboard.test"
            let answer = try await Served.ask(client, .get, "/infrastructures", headers)
            #expect(answer.headers[.accessControlAllowOrigin] == nil)
        }
    }
}
