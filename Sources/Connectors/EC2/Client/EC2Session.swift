import ConnectorAPI
import HTTPTransport
import Support
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

/// The open sessions of the connector. The same account gets the same session, so that reopening costs no memory.
final class SessionTable: Sendable {
    private struct Key: Hashable {
        var keys: AWSSigner.Keys
        var region: String
        var endpoint: HTTPURL
    }

    private struct State {
        var sessions: [SessionID: EC2Session] = [:]
        var ids: [Key: SessionID] = [:]
    }

    private let state = Mutex(State())

    func add(_ session: EC2Session, id: @autoclosure () -> SessionID) -> SessionID {
        let key = Key(
            keys: session.client.signer.keys, region: session.region, endpoint: session.client.endpoint)
        let id = id()
        return state.withLock { state in
            if let known = state.ids[key] { return known }
            state.ids[key] = id
            state.sessions[id] = session
            return id
        }
    }

    func remove(_ id: SessionID) {
        state.withLock { state in
            state.sessions[id] = nil
            state.ids = state.ids.filter { $0.value != id }
        }
    }

    /// - Throws: ``ConnectorError/Code/unauthenticated`` for an unknown session.
    func session(_ id: SessionID) throws(ConnectorError) -> EC2Session {
        guard let session = state.withLock({ $0.sessions[id] }) else {
            throw ConnectorError(
                code: .unauthenticated, message: "session '\(id.rawValue)' is not open; open a new one")
        }
        return session
    }
}
