import ConnectorAPI
package import InfrastructureModel

extension InfrastructureManager {
    /// Makes an image of a machine's disk, and returns when it is there. Found by its name, it is made once, however often it
    /// is asked for.
    ///
    /// - Parameters:
    ///   - disk: Its index; 0 is the root disk.
    ///   - name: Of the image.
    ///   - deletesWithInfrastructure: Whether the image goes when the infrastructure is destroyed. It carries a tag that
    ///     says so, so this needs no record.
    /// - Throws: ``ManagerError``: `notFound` for a machine that there is not, `invalidDocument` where its cloud cannot do it,
    ///   `unavailable`.
    package func makeImage(
        named name: String, ofDisk disk: Int, ofMachine number: Int, in id: InfrastructureID,
        deletesWithInfrastructure: Bool, caller: Caller
    ) async throws -> CloudImage {
        let snapshot = try await self.snapshot(id, caller: caller)
        let (machine, provider) = try snapshot.launched(number)
        let cloud = machine.placement.cloud
        return try await ManagerError.convertingErrors {
            let description = try await sessions.connector(of: cloud).description
            guard description.capabilities[.snapshot] != nil else {
                throw ManagerError(
                    code: .invalidDocument,
                    message: "connector '\(description.name)' cannot make images of disks")
            }
            guard !deletesWithInfrastructure || description.capabilities[.imageDelete] != nil else {
                throw ManagerError(
                    code: .invalidDocument,
                    message: "connector '\(description.name)' cannot delete images, so they cannot go with the "
                        + "infrastructure; make it without that")
            }
            let tags = deletesWithInfrastructure ? ResourceTags.infrastructure(snapshot.infrastructure) : [:]
            do {
                let outcome = try await sessions.call(cloud) { connector, session, context in
                    try await connector.snapshot(
                        SnapshotRequest(session: session, id: provider, disk: disk, name: name, tags: tags),
                        context: context)
                }
                let image: Image
                if case .inProgress(let progress) = outcome {
                    let runner = ActionRunner(manager: self, snapshot: snapshot, logger: logger)
                    guard let made = try await runner.continued(progress, cloud).image else {
                        throw ConnectorError(
                            code: .protocolViolation, message: "the connector ended the call without an image")
                    }
                    image = made
                } else {
                    image = try outcome.get()
                }
                return CloudImage(uri: image.uri, name: image.name, madeEarlier: Self.earlier(image))
            } catch let error as ConnectorError {
                let isRefusal = [
                    .invalidArgument, .unsupported, .permissionDenied, .alreadyExists,
                ].contains(error.code)
                throw ManagerError(code: isRefusal ? .invalidDocument : .unavailable, message: error.message)
            }
        }
    }

    /// When an image was made that was there before it was asked for, as its connector says in `provider.NAME.madeEarlier`:
    /// seconds since 1970, 0 where it does not know. nil: it was made, or nobody says.
    static func earlier(_ image: Image) -> Int64? {
        image.provider?.values.compactMap { $0["madeEarlier"]?.integerValue }.first
    }
}
