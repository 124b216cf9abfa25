import Authorization
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Support
import Testing

/// Logins by tokens. What makes a token good is tested where tokens are looked at.
@Suite struct TokenLoginTests {
    /// Tokens that are names: `root` administrates, `bad` lets nobody in.
    private struct Names: TokenVerifier {
        func identity(of token: Secret<String>) async throws(AuthorizationError) -> TokenIdentity {
            let name = token.expose()
            guard name != "bad" else { throw .issuerNotAccepted }
            return TokenIdentity(
                username: TokenIdentity.prefix + name, subject: Secret("https://a.test/\(name)"),
                isAdministrator: name == "root")
        }
    }

    private static func access(requiresToken: Bool = false) -> AccessRules {
        var access = AccessRules()
        access.tokens = Names()
        access.requiresToken = requiresToken
        return access
    }

    private static func headers(_ token: String) -> HTTPFields {
        Served.headers("type = InfrastructureManager; token = \(token)" + #"\nid = dummy; type = Dummy"#)
    }

    /// The log of a machine stands in IM's frame, behind what happened to the machine.
    @Test func machinesGetTheToken() async throws {
        try await Served.serve(access: Self.access()) { client in
            let document = Served.document.replacing(
                "contextualize ()", with: "configure node (\n@begin\n- tasks: []\n@end\n)")
            let made = try await Served.ask(
                client, .post, "/infrastructures", Self.headers("ada"), body: Array(document.utf8))
            #expect(made.status == .ok, "\(made.text)")
            let path = "/infrastructures/" + (made.text.split(separator: "/").last ?? "") + "/contmsg"
            let stars = String(repeating: "*", count: 75)
            var text = ""
            for _ in 0..<500 where !text.contains(stars) || !text.contains("token") {
                text = try await Served.ask(client, .get, path, Self.headers("ada")).text
                try await Task.sleep(for: .milliseconds(10))
            }
            let frame =
                /(?s)(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}: [^\n]*\n)+VM 0:\n(\d{4}-[^\n]*\n)*[\d.]+_0: token ada\n(\d{4}-[^\n]*\n)*\n\*{75}\n.*/
            #expect(try frame.wholeMatch(in: text) != nil, "\(text)")
            let header = try await Served.ask(client, .get, path + "?headeronly=1", Self.headers("ada")).text
            // It may have grown since.
            let ahead = text.prefix(upTo: text.firstRange(of: "VM 0:\n")?.lowerBound ?? text.endIndex)
            #expect(!ahead.isEmpty && header.hasPrefix(ahead) && !header.contains("VM 0"), "\(header)")
            let machine = path.replacing("/contmsg", with: "/vms/0/contmsg")
            #expect(
                try await Served.ask(client, .get, machine, Self.headers("ada")).text.contains("_0: token ada\n"))
        }
    }

    @Test func whoComesWithATokenHasTheirOwn() async throws {
        try await Served.serve(access: Self.access()) { client in
            let made = try await Served.ask(
                client, .post, "/infrastructures", Self.headers("ada"), body: Array(Served.document.utf8))
            #expect(made.status == .ok, "\(made.text)")
            let path = "/infrastructures/" + (made.text.split(separator: "/").last ?? "")
            #expect(
                try await Served.ask(client, .get, path + "/authorization", Self.headers("ada")).text == "__OPENID__ada"
            )
            // As other services take it, in any case of the word.
            for word in ["Bearer ada", "bearer  ada"] {
                #expect(try await Served.ask(client, .get, path, Served.headers(word)).status == .ok)
            }
            #expect(try await Served.ask(client, .get, path, Self.headers("bob")).status == .forbidden)
            #expect(try await Served.ask(client, .get, path, Self.headers("root")).status == .ok)
            let bad = try await Served.ask(client, .get, path, Self.headers("bad"))
            #expect(bad.status == .unauthorized)
            #expect(
                bad.text == "Error Getting Inf. info: Invalid InfrastructureManager credentials. Issuer not accepted.")
            // No password opens what a token made.
            let impostor = Served.headers(
                "type = InfrastructureManager; username = __OPENID__ada; password = https://a.test/ada")
            let refused = try await Served.ask(client, .get, path, impostor)
            #expect(refused.status == .unauthorized)
            #expect(refused.text == "Error Getting Inf. info: Invalid username used for the InfrastructureManager.")
        }
    }

    @Test func itIsSharedWithWhoHasAToken() async throws {
        try await Served.serve(access: Self.access()) { client in
            let path = "/infrastructures/" + (try await Served.create(client))
            func share(_ token: String) async throws -> Served.Answer {
                try await Served.ask(
                    client, .post, path + "/authorization", Served.headers(type: "application/json"),
                    body: Array(#"{"token": "\#(token)"}"#.utf8))
            }
            #expect(try await share("bob").status == .ok)
            #expect(try await Served.ask(client, .get, path, Self.headers("bob")).status == .ok)
            #expect(try await Served.ask(client, .get, path, Self.headers("ada")).status == .forbidden)
            let bad = try await share("bad")
            #expect(bad.status == .badRequest)
            #expect(bad.text.hasSuffix("Invalid InfrastructureManager credentials. Issuer not accepted."))
        }
    }

    @Test func whereTokensAreDemanded() async throws {
        try await Served.serve(access: Self.access(requiresToken: true)) { client in
            let password = try await Served.ask(client, .get, "/infrastructures")
            #expect(password.status == .unauthorized)
            #expect(password.text == "Error Getting Inf. List: No token provided for the InfrastructureManager.")
            #expect(try await Served.ask(client, .get, "/infrastructures", Self.headers("ada")).status == .ok)
        }
    }

    @Test func whereNoIssuerIsTrusted() async throws {
        try await Served.serve { client in
            let token = try await Served.ask(client, .get, "/infrastructures", Self.headers("ada"))
            #expect(token.status == .unauthorized)
            #expect(
                token.text == "Error Getting Inf. List: Invalid InfrastructureManager credentials. Issuer not accepted."
            )
            let bearer = try await Served.ask(client, .get, "/infrastructures", Served.headers("Bearer ada"))
            #expect(bearer.status == .unauthorized)
            #expect(
                bearer.text == "Error Getting Inf. List: No credentials provided for the InfrastructureManager.",
                "\(bearer.text)")
            // A token beside a password is for templates.
            let both = Served.headers(Served.login + "; token = ada")
            #expect(try await Served.ask(client, .get, "/infrastructures", both).status == .ok)
        }
    }
}
