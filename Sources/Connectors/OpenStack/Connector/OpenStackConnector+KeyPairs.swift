package import ConnectorAPI
import HTTPTransport

extension OpenStackConnector {
    /// The id of the resource is the name, by which launches take key pairs. They are the user's, not the project's.
    package func ensureKeyPair(
        _ request: EnsureRequest<KeyPairSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        try Self.check(tags: request.tags)
        let name = try KeyPairName.name(request.spec.name, tags: request.tags)
        let resource = Resource(kind: .keyPair, id: name, name: request.spec.name, tags: request.tags)
        if let pair = try await keyPairs(tags: request.tags, session, budget).min(by: { $0.name < $1.name }) {
            try Self.check(pair, request)
            var found = resource
            found.id = pair.name
            return .done(found)
        }
        do throws(ConnectorError) {
            try await session.client.call(
                OpenStackRequest(
                    .compute, .post, "os-keypairs",
                    body: ["keypair": ["name": .string(name), "public_key": .string(request.spec.publicKey)]]), budget)
        } catch {
            // Another call was faster, or the answer of an earlier one was lost.
            guard error.provider?.status == 409 else { throw error }
            guard let pair = try await keyPairs(tags: request.tags, session, budget).first else { throw error }
            try Self.check(pair, request)
        }
        return .done(resource)
    }

    /// A pair under the tags that lets another key in is not what was asked for.
    private static func check(_ pair: NovaKeyPair, _ request: EnsureRequest<KeyPairSpec>) throws(ConnectorError) {
        func material(_ line: String) -> [Substring] { Array(line.split(whereSeparator: \.isWhitespace).prefix(2)) }
        guard let there = pair.publicKey, material(there) != material(request.spec.publicKey) else { return }
        throw ConnectorError(
            code: .alreadyExists,
            message: "key pair '\(pair.name)' carries these tags but holds another public key; delete it first")
    }

    /// Those of the user's key pairs whose names hold the tags.
    func keyPairs(
        tags: [String: String], _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> [NovaKeyPair] {
        let answer: NovaKeyPairs = try await session.client.call(
            OpenStackRequest(.compute, .get, "os-keypairs"), budget)
        return answer.keypairs.map(\.keypair).filter { KeyPairName.tags($0.name)?.contains(all: tags) == true }
    }
}
