import ConnectorAPI
import Foundation
import InfrastructureModel

/// An image that a document can name.
package struct CloudImage: Sendable, Hashable, Codable {
    /// For `disk.0.image.url`.
    package var uri: String
    package var name: String
    /// Where it was asked for and was there already: when it was made, in seconds since 1970; 0: that is not known.
    package var madeEarlier: Int64?

    package init(uri: String, name: String, madeEarlier: Int64? = nil) {
        self.uri = uri
        self.name = name
        self.madeEarlier = madeEarlier
    }
}

/// A limit of an account.
package struct CloudQuota: Sendable, Hashable, Codable {
    /// `cores`, `ram` and other sizes (bytes), `instances`, `floating_ips`, `security_groups`, or the cloud's own name.
    package var name: String
    package var used: Int64
    /// -1: no limit.
    package var limit: Int64

    package init(name: String, used: Int64, limit: Int64) {
        self.name = name
        self.used = used
        self.limit = limit
    }

    /// Whether it counts bytes.
    package var isSize: Bool { name == "ram" || name.hasSuffix("_storage") }
}

/// What clouds have to offer, asked with the credentials of whoever asks.
extension InfrastructureManager {
    /// Images of a cloud in the order of its catalog.
    ///
    /// - Parameters:
    ///   - cloudID: Id of one of the clouds.
    ///   - filters: `distribution` and `version` leave images of that operating system, or with these texts in their
    ///     names; others are its connector's.
    /// - Throws: ``ManagerError``: `noCloud` for an unknown id or credentials that are not accepted, `invalidDocument`
    ///   where its connector has no such catalog, `unavailable`.
    package func images(
        of cloudID: String, among clouds: [CloudCredential], filters: [String: String] = [:]
    ) async throws -> [CloudImage] {
        try await asking(cloudID, clouds, for: .images, "tell images") { cloud in
            let found = try await sessions.images(cloud, ids: nil, filters: filters.isEmpty ? nil : filters)
            return found.filter { image in
                Self.fits(filters["distribution"], image.os?.flavour, image.name)
                    && Self.fits(filters["version"], image.os?.version, image.name)
            }.map { CloudImage(uri: $0.uri, name: $0.name) }
        }
    }

    private static func fits(_ wanted: String?, _ offered: String?, _ name: String) -> Bool {
        guard let wanted = wanted?.lowercased(), !wanted.isEmpty else { return true }
        return offered?.lowercased().hasPrefix(wanted) ?? false || name.lowercased().contains(wanted)
    }

    /// Limits and use of an account.
    /// - Throws: As ``images(of:among:filters:)``.
    package func quotas(of cloudID: String, among clouds: [CloudCredential]) async throws -> [CloudQuota] {
        try await asking(cloudID, clouds, for: .quotas, "tell quotas") { cloud in
            try await sessions.quotas(cloud).map { CloudQuota(name: $0.name, used: $0.used, limit: $0.limit) }
        }
    }

    /// Deletes an image of a cloud, and returns when it is gone. Machines that run from it may be in the way.
    ///
    /// - Parameter uri: As ``images(of:among:filters:)`` tells it.
    /// - Throws: As ``images(of:among:filters:)``; `notFound` for an image that there is not.
    package func deleteImage(_ uri: String, of cloudID: String, among clouds: [CloudCredential]) async throws {
        try await asking(cloudID, clouds, for: .imageDelete, "delete images") { cloud async throws -> Void in
            // Its region stands in its URL.
            let place = cloud.at(image: uri, try await sessions.connector(of: cloud).description)
            let images = try await sessions.images(place, ids: [uri])
            guard let image = images.first(where: { $0.uri == uri || $0.id == uri }) else {
                throw ManagerError(code: .notFound, message: "cloud '\(cloudID)' has no image '\(uri)'")
            }
            await sessions.forgetImages(place)
            let outcome = try await sessions.call(place, patience: .seconds(30)) { connector, session, context in
                try await connector.delete(
                    DeleteResourceRequest(session: session, kind: .image, id: image.id), context: context)
            }
            switch outcome {
            case .done: return
            case .failed(let error): throw error
            case .inProgress(var progress):
                let deadline = ContinuousClock.now + configuration.limits.settling
                while ContinuousClock.now < deadline {
                    try await Task.sleep(for: .milliseconds(max(10, progress.pollAfterMs)))
                    let state = progress.state
                    let next = try await sessions.call(place) { connector, session, context in
                        try await connector.resume(
                            ContinueRequest(session: session, state: state), context: context)
                    }
                    guard case .inProgress(let more) = next else {
                        _ = try next.get()
                        return
                    }
                    progress = more
                }
                throw ConnectorError(
                    code: .timeout, message: "image '\(uri)' is not gone after \(configuration.limits.settling)")
            }
        }
    }

    private func asking<Answer>(
        _ cloudID: String, _ clouds: [CloudCredential], for capability: Capability, _ call: String,
        _ ask: (CloudReference) async throws -> Answer
    ) async throws -> Answer {
        try await ManagerError.convertingErrors {
            guard let credential = clouds.first(where: { $0.id == cloudID }) else {
                throw ManagerError(code: .noCloud, message: "Cloud ID \(cloudID) not found.")
            }
            guard let connector = await connectors.connector(forType: credential.type) else {
                throw ManagerError(
                    code: .noCloud,
                    message: "no connector serves type '\(credential.type)' of cloud '\(cloudID)'; "
                        + configuration.advice.findConnector)
            }
            let description = connector.description
            guard description.capabilities[capability] != nil else {
                throw ManagerError(
                    code: .invalidDocument,
                    message: "connector '\(description.name)' of cloud '\(cloudID)' cannot \(call)")
            }
            let cloud = CloudReference(
                id: credential.id, type: credential.type, connector: description.name,
                credential: await sessions.lend(credential))
            do {
                return try await ask(cloud)
            } catch let error as ConnectorError {
                let isRefusal = [.unauthenticated, .permissionDenied, .invalidArgument].contains(error.code)
                throw ManagerError(
                    code: isRefusal ? .noCloud : .unavailable, message: "cloud '\(cloudID)': \(error.message)")
            }
        }
    }
}
