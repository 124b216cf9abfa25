import ConnectorAPI
import Synchronization

/// An account in one region, with its keys.
struct EC2Session: Sendable {
    let client: EC2Client
    let region: String
    let images: ImageFacts

    init(client: EC2Client, region: String) {
        self.client = client
        self.region = region
        images = ImageFacts()
    }
}

/// What never changes of an image and need not be asked twice. Decides nothing that a restart would lose.
final class ImageFacts: Sendable {
    private let rootDevices = Mutex<[String: String]>([:])

    func rootDevice(_ image: String) -> String? {
        rootDevices.withLock { $0[image] }
    }

    func remember(_ image: String, rootDevice: String) {
        rootDevices.withLock { $0[image] = rootDevice }
    }
}

/// The open sessions of the connector. Each opening has a session of its own, so that closing one leaves the others.
final class SessionTable: Sendable {
    private let sessions = Mutex<[SessionID: EC2Session]>([:])

    func add(_ session: EC2Session, id: SessionID) {
        sessions.withLock { $0[id] = session }
    }

    func remove(_ id: SessionID) {
        sessions.withLock { $0[id] = nil }
    }

    /// - Throws: ``ConnectorError/Code/unauthenticated`` for an unknown session.
    func session(_ id: SessionID) throws(ConnectorError) -> EC2Session {
        guard let session = sessions.withLock({ $0[id] }) else {
            throw ConnectorError(
                code: .unauthenticated, message: "session '\(id.rawValue)' is not open; open a new one")
        }
        return session
    }
}
