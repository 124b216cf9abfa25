package import ConnectorAPI
import Foundation
package import HTTPTransport
import Support

/// Virtual machines of a libvirt, here or on another host: QEMU with KVM where it works, else by emulation.
///
/// A session is one connection. Nothing is kept between calls but open sessions: identity is in the UUIDs and the metadata
/// of domains and networks, and in the names of volumes and filters. Calls of libvirt block, so each runs on a thread of
/// its own and is given up when its time is over.
package struct LibvirtConnector: Connector {
    /// Where the auth line names no host.
    static let defaultURI = "qemu:///system"

    let sessions = SessionTable()
    let lock = KeyedLock()
    let images: ImageStore
    /// Images of stopped machines that are being made.
    let copies = BackgroundWork<Image?>("libvirt-copies")

    package init() {
        let environment = ProcessInfo.processInfo.environment
        let downloads: Result<ImageDownload, ConnectorError>
        do throws(HTTPError) {
            let client = try CurlClient(
                options: .init(
                    tls: .init(certificateAuthorities: environment["SSL_CERT_FILE"]), userAgent: "gantry-libvirt"))
            downloads = .success(ImageDownload(http: client, folder: ImageDownload.cacheFolder(environment)))
        } catch {
            downloads = .failure(ConnectorError(code: .internal, message: "HTTP is not available: \(error.message)"))
        }
        images = ImageStore(downloads)
    }

    /// A connector that fetches images through the given client into a folder.
    package init(http: any HTTPClient, cacheFolder: String) {
        images = ImageStore(.success(ImageDownload(http: http, folder: cacheFolder)))
    }

    package var description: ConnectorDescription {
        ConnectorDescription(
            name: "libvirt", version: "1.0.0", title: "libvirt", providerTypes: ["LibVirt"],
            imageSchemes: ImageReference.schemes,
            capabilities: [
                .resume: 1, .plan: 1, .images: 1, .networks: 1, .quotas: 1, .start: 1, .stop: 1, .reboot: 1,
                .resize: 1, .snapshot: 1, .imageDelete: 1, .console: 1, .volumes: 1, .securityGroups: 1, .userData: 1,
                .progress: 1,
            ],
            configSchema: LibvirtSchema.config, credentialSchema: LibvirtSchema.credentials,
            requirements: .init(maxConcurrentCalls: 16, maxLaunchItems: 200))
    }

    // MARK: - Sessions

    package func openSession(_ request: OpenSessionRequest, context: CallContext) async throws -> OpenSessionResponse {
        let settings = try LibvirtSettings(request)
        let password = request.credentials["password"].flatMap { $0.isEmpty ? nil : Secret($0) }
        let connection = LibvirtConnection(
            uri: settings.uri, user: request.credentials["username"], password: password)
        let (abilities, name) = try await connection.run("the connection to \(settings.uri)", CallBudget(context)) {
            host throws(ConnectorError) in
            let abilities = HostAbilities(try host.capabilities())
            guard !abilities.guests.isEmpty else {
                throw ConnectorError(
                    code: .unsupported,
                    message: "libvirt at \(settings.uri) runs no virtual machines; install QEMU there "
                        + "(qemu-system-x86 and libvirt-daemon-driver-qemu on Debian)",
                    field: "endpoint")
            }
            return (abilities, abilities.uuid == nil ? try host.hostName() : "")
        }
        let uri = LibvirtURI(settings.uri)
        let id = SessionID(rawValue: UUID().uuidString.lowercased())
        sessions.add(LibvirtSession(connection: connection, settings: settings, abilities: abilities), id: id)
        return OpenSessionResponse(
            session: id, account: "\(uri.driver)\(uri.path)@\(abilities.uuid ?? name)")
    }

    package func closeSession(_ session: SessionID, context: CallContext) async throws {
        sessions.remove(session)
    }

    /// Without tags, "what carries all of them" would be everything.
    static func check(tags: [String: String]) throws(ConnectorError) {
        guard !tags.isEmpty else {
            throw ConnectorError(
                code: .invalidArgument, message: "at least one tag must say whose the resource is", field: "tags")
        }
    }
}

/// What a session is opened with, as JSON Schema.
enum LibvirtSchema {
    static let config: JSONValue = [
        "type": "object",
        "properties": [
            "pool": ["type": "string", "description": "Storage pool of the disks; gantry, which is made, by default"],
            "network": ["type": "string", "description": "Network of machines that name none; default by default"],
            "accelerator": [
                "type": "string", "description": "kvm or qemu (emulation), in place of what fits the host",
            ],
        ],
    ]

    static let credentials: JSONValue = [
        "type": "object",
        "properties": [
            "username": ["type": "string", "description": "User of a libvirt that asks for one (SASL)"],
            "password": ["type": "string", "description": "Password of that user", "writeOnly": true],
        ],
    ]
}

/// Where machines are made, and of what.
struct LibvirtSettings: Sendable, Hashable {
    let uri: String
    /// nil: one that is made.
    let pool: String?
    let network: String?
    let accelerator: Acceleration.Kind?

    init(_ request: OpenSessionRequest) throws(ConnectorError) {
        let named = (request.endpoint ?? "").trimmingCharacters(in: .whitespaces)
        uri = named.isEmpty ? LibvirtConnector.defaultURI : named
        guard uri.wholeMatch(of: /[a-z]+(\+[a-z0-9]+)?:\/\/[^\s"'<>\\]*/) != nil else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "'\(uri)' is no URI of libvirt; host of the auth line is like qemu:///system, qemu:///session "
                    + "or qemu+ssh://user@host/system",
                field: "endpoint")
        }
        func text(_ key: String) -> String? {
            request.config[key]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        }
        // The daemon's socket would be asked for any other, too, and say that it is not there.
        guard ["qemu", "test"].contains(LibvirtURI(uri).driver) else {
            throw ConnectorError(
                code: .invalidArgument,
                message: "'\(uri)' is not of QEMU; host of the auth line is like qemu:///system, qemu:///session or "
                    + "qemu+ssh://user@host/system",
                field: "endpoint")
        }
        pool = text("pool")
        network = text("network")
        switch text("accelerator") {
        case nil: accelerator = nil
        case "kvm"?: accelerator = .kvm
        case "qemu"?: accelerator = .qemu
        case let other?:
            throw ConnectorError(
                code: .invalidArgument, message: "accelerator is kvm or qemu, not '\(other)'",
                field: "config.accelerator")
        }
    }
}
