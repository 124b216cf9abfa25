package import ConnectorAPI

extension EC2Connector {
    /// The id of the resource is the name, by which `RunInstances` takes key pairs.
    package func ensureKeyPair(
        _ request: EnsureRequest<KeyPairSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        try Self.check(tags: request.tags)
        let found = try await keyPairs(.describeKeyPairs(tags: request.tags), session, budget)
        if let pair = found.min(by: { $0.name < $1.name }) { return .done(Resource(try Self.checked(pair, request))) }
        do throws(ConnectorError) {
            try await session.client.call(.importKeyPair(request.spec, tags: request.tags), budget)
        } catch {
            guard error.provider?.code == "InvalidKeyPair.Duplicate" else { throw error }
            // The answer of an earlier call was lost, or the name is somebody else's.
            let named = try await keyPairs(.describeKeyPairs(name: request.spec.name), session, budget)
            guard let own = named.first(where: { $0.tags.contains(all: request.tags) }) else { throw error }
            return .done(Resource(try Self.checked(own, request)))
        }
        return .done(Resource(kind: .keyPair, id: request.spec.name, name: request.spec.name, tags: request.tags))
    }

    /// A pair under the tags that lets another key in is not what was asked for.
    private static func checked(
        _ pair: EC2KeyPair, _ request: EnsureRequest<KeyPairSpec>
    ) throws(ConnectorError) -> EC2KeyPair {
        func material(_ line: String) -> [Substring] { Array(line.split(separator: " ").prefix(2)) }
        guard let there = pair.publicKey, material(there) != material(request.spec.publicKey) else { return pair }
        throw ConnectorError(
            code: .alreadyExists,
            message: "key pair '\(pair.name)' of EC2 carries these tags but holds another public key; delete it first")
    }

    func keyPairs(
        _ request: EC2Request, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> [EC2KeyPair] {
        try await session.client.call(request, budget) { reader in
            try EC2Page(reader, set: "keySet", EC2KeyPair.init)
        }.items
    }
}
