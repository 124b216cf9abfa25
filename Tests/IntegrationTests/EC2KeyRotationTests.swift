import Foundation
import Testing

/// New keys of an account take over what its old ones made.
@Suite("Rotation of EC2's keys", .enabled(if: EC2Endpoint.isNamed), .serialized, .timeLimit(.minutes(3)))
struct EC2KeyRotationTests {
    /// A user of this test's own, since one has two keys at most.
    private static let user = "rotating"

    private struct Key {
        var id: String
        var secret: String
    }

    /// Sends a request to the endpoint's IAM; contents of elements in its answer by name.
    private func identity(_ query: [(String, String)]) async throws -> (String) throws -> String {
        let text = try await EC2Endpoint.send(query, service: "iam", version: "2010-05-08", region: "us-east-1")
        return { element in try #require(EC2Endpoint.contents(of: element, in: text).first, "no \(element)") }
    }

    private func makeKey() async throws -> Key {
        let answer = try await identity([("Action", "CreateAccessKey"), ("UserName", Self.user)])
        return Key(id: try answer("AccessKeyId"), secret: try answer("SecretAccessKey"))
    }

    private func delete(_ key: Key) async throws {
        _ = try await identity([("Action", "DeleteAccessKey"), ("UserName", Self.user), ("AccessKeyId", key.id)])
    }

    private func use(_ key: Key, _ scenario: EC2Scenario) throws {
        try scenario.scratch.write(
            "auth",
            "id = aws; type = EC2; host = \(EC2Endpoint.environment["AWS_ENDPOINT_URL"] ?? ""); "
                + "username = \(key.id); password = \(key.secret)\n")
    }

    @Test func machinesThatRunTakeTheNewKey() async throws {
        let scenario = try EC2Scenario(region: "ap-northeast-2")
        _ = try await identity([("Action", "CreateUser"), ("UserName", Self.user)])
        let everything = #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
        _ = try await identity([
            ("Action", "PutUserPolicy"), ("UserName", Self.user), ("PolicyName", "all"),
            ("PolicyDocument", everything),
        ])
        let old = try await makeKey()
        try use(old, scenario)
        try scenario.document(2)
        let up = try await scenario.up()
        #expect(up.status == 0, "\(up.output)\(up.errors)")

        let new = try await makeKey()
        try await delete(old)
        try use(new, scenario)
        // One machine goes and one stays: both by the new key, since the old one is refused.
        try scenario.document(1)
        let smaller = try await scenario.up()
        #expect(smaller.status == 0, "\(smaller.output)\(smaller.errors)")
        #expect(try await scenario.cloud() == .holding(1))
        try scenario.document(3)
        let larger = try await scenario.up()
        #expect(larger.status == 0, "\(larger.output)\(larger.errors)")
        #expect(try await scenario.cloud() == .holding(3))
        let destroy = try await scenario.destroy()
        #expect(destroy.status == 0, "\(destroy.output)\(destroy.errors)")
        #expect(try await scenario.cloud() == .empty)
        try await delete(new)
    }
}
