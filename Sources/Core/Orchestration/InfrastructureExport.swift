import Foundation
import InfrastructureModel
import JSONCoding
import RADL
import Support

/// An owner that stands in an export of IM.
struct ExportedOwner: Sendable {
    var username: String
    var password: Secret<String>
}

/// An infrastructure as a JSON text, for another service: in IM's form (im.md 5.10), which IM reads, with our own records
/// in the member `gantry`. It holds passwords and keys of machines, and none of clouds nor of owners.
struct InfrastructureExport: Codable {
    struct Machine: Codable {
        struct Cloud: Codable {
            var id: String
            var type: String
            var server: String?
            var port: Int?
            var scheme: String?
            var path: String?

            private enum CodingKeys: String, CodingKey {
                case id, type, server, port, path
                case scheme = "protocol"
            }
        }

        /// The provider's id.
        var id: String?
        var number: Int
        var cloud: Cloud?
        /// RADL: what is known of it.
        var info: String
        /// RADL: what was asked for.
        var requested: String?
        var state: String?
        var isDestroyed: Bool?
        var creationDate: Double?
        var errorMessage: String?
        var isCreating: Bool?
        var isConfigured: Bool?

        private enum CodingKeys: String, CodingKey {
            case id, cloud, info, state
            case number = "im_id"
            case requested = "requested_radl"
            case isDestroyed = "destroy"
            case creationDate = "creation_date"
            case errorMessage = "error_msg"
            case isCreating = "creating"
            case isConfigured = "configured"
        }
    }

    /// Our own records.
    struct Records: Codable {
        var infrastructure: InfrastructureRecord
        var machines: [MachineRecord]
        var resources: [ResourceRecord]
        var template: String?
        var privateKey: String?
        var publicKey: String?
        var logins: [Login]?
        /// RADL of what machines were made of, by their numbers, where the document says otherwise by now.
        var definitions: [Int: String]?
    }

    struct Login: Codable {
        var machine: Int
        var username: String?
        var password: String?
        var privateKey: String?
    }

    var id: String
    var machines: [Machine]
    var radl: String
    var isDeleted: Bool?
    var isConfigured: Bool?
    var creationDate: Double?
    /// Of kinds that differ by version, so they are read apart.
    var extra: [String: String]?
    var records: Records?
    /// What its contextualization said at IM. Never written.
    var output: String?
    /// Who owns it at IM. Never written.
    var owners: [ExportedOwner] = []

    private enum CodingKeys: String, CodingKey {
        case id, radl
        case machines = "vm_list"
        case isDeleted = "deleted"
        case isConfigured = "configured"
        case creationDate = "creation_date"
        case extra = "extra_info"
        case records = "gantry"
        case output = "cont_out"
    }
}

// MARK: - Writing

extension InfrastructureExport {
    /// - Parameter template: The TOSCA template as it was sent.
    init(_ snapshot: InfrastructureSnapshot, template: String?) throws {
        let record = snapshot.infrastructure
        id = record.id.rawValue
        radl = try MachineDocument.document(of: snapshot).text(style: .im)
        isDeleted = false
        isConfigured = record.configured
        creationDate = record.createdAt.timeIntervalSince1970.rounded(.down)
        extra = template.map { ["TOSCA": $0] } ?? [:]
        machines = try snapshot.machines.map { machine in
            let info = try? MachineDocument.make(machine, of: snapshot)
            let index = try DocumentCache.shared.index(snapshot.secrets.document.expose())
            var requested = RADLDocument()
            requested.systems = index.system(machine.system).map { [$0] } ?? []
            requested.networks = requested.systems.first.map(index.networks) ?? []
            let endpoint = CloudEndpoint(host: record.cloudHosts?[machine.placement.cloud.id] ?? "")
            return Machine(
                id: machine.providerID, number: machine.id.number,
                cloud: .init(
                    id: machine.placement.cloud.id, type: machine.placement.cloud.type, server: endpoint.server,
                    port: endpoint.port, scheme: endpoint.scheme, path: endpoint.path),
                info: (info ?? requested).text(style: .im), requested: requested.text(style: .im),
                state: machine.state.rawValue, isDestroyed: !machine.isAlive,
                creationDate: machine.createdAt.timeIntervalSince1970.rounded(.down), errorMessage: machine.detail,
                isCreating: false,
                isConfigured: machine.state == .configured)
        }
        var own = Records(
            infrastructure: record, machines: snapshot.machines, resources: snapshot.resources,
            template: snapshot.secrets.template?.expose(), privateKey: snapshot.secrets.privateKey?.expose(),
            publicKey: snapshot.secrets.publicKey)
        // Who owns it there is who imports it.
        own.infrastructure.owners = []
        own.logins = snapshot.secrets.logins.sorted { $0.key < $1.key }.map { number, login in
            Login(
                machine: number, username: login.username, password: login.password?.expose(),
                privateKey: login.privateKey?.expose())
        }
        let definitions = snapshot.secrets.definitions
        own.definitions = definitions.isEmpty ? nil : definitions.mapValues { $0.expose() }
        records = own
    }

    /// IM reads nothing without its machine that configures others, and its owners: there is no such machine here, and who
    /// owns it there is who imports it.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(machines, forKey: .machines)
        try container.encode(radl, forKey: .radl)
        try container.encodeIfPresent(isDeleted, forKey: .isDeleted)
        try container.encodeIfPresent(isConfigured, forKey: .isConfigured)
        try container.encodeIfPresent(creationDate, forKey: .creationDate)
        try container.encodeIfPresent(extra, forKey: .extra)
        try container.encodeIfPresent(records, forKey: .records)
        var others = encoder.container(keyedBy: AnyKey.self)
        if let key = AnyKey(stringValue: "vm_master") { try others.encodeNil(forKey: key) }
        if let key = AnyKey(stringValue: "auth") { try others.encode([String](), forKey: key) }
    }

    func text() throws -> String {
        String(decoding: try JSONText.encode(self), as: UTF8.self)
    }
}

// MARK: - Reading

extension InfrastructureExport {
    /// - Parameter text: The object, or a JSON string that holds it, as `im_client export` prints it.
    /// - Throws: ``ManagerError`` `invalidDocument`, which says what is wrong with it.
    init(reading text: String) throws {
        var text = text
        if text.first(where: { !$0.isWhitespace }) == "\"", let inner = try? JSONText.decode(String.self, from: text) {
            text = inner
        }
        do {
            self = try JSONText.decode(InfrastructureExport.self, from: text)
        } catch {
            throw ManagerError(
                code: .invalidDocument,
                message: "Error importing the infrastructure, incorrect data: \(Self.reason(error))")
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "'\(key.stringValue)'"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "'\(context.codingPath.map(\.stringValue).joined(separator: "."))': \(context.debugDescription)"
        case DecodingError.dataCorrupted(let context):
            "it is no export of an infrastructure: \(context.debugDescription)"
        default: "it is no export of an infrastructure"
        }
    }

    /// What a text of the member `extra_info` is; there may be others beside it.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        machines = try container.decode([Machine].self, forKey: .machines)
        radl = try container.decodeIfPresent(String.self, forKey: .radl) ?? ""
        isDeleted = try container.decodeIfPresent(Bool.self, forKey: .isDeleted)
        isConfigured = try? container.decodeIfPresent(Bool.self, forKey: .isConfigured)
        creationDate = try? container.decodeIfPresent(Double.self, forKey: .creationDate)
        records = try container.decodeIfPresent(Records.self, forKey: .records)
        output = try? container.decodeIfPresent(String.self, forKey: .output)
        owners = try Self.owners(decoder)
        extra = [:]
        if let others = try? container.nestedContainer(keyedBy: AnyKey.self, forKey: .extra) {
            for key in others.allKeys { extra?[key.stringValue] = try? others.decode(String.self, forKey: key) }
        }
    }

    /// An item of IM's authorization: `{"type": "InfrastructureManager", "username": "ada", "password": "…"}`.
    private struct OwnerItem: Decodable {
        var type: String
        var username: String?
        var password: String?
    }

    /// Those with passwords; whoever came with a token has none that would be known here.
    private static func owners(_ decoder: any Decoder) throws -> [ExportedOwner] {
        guard let key = AnyKey(stringValue: "auth"),
            let items = try? decoder.container(keyedBy: AnyKey.self).decodeIfPresent([OwnerItem].self, forKey: key)
        else { return [] }
        return items.compactMap { item in
            guard item.type == "InfrastructureManager", let name = item.username, !name.isEmpty,
                let password = item.password
            else { return nil }
            return ExportedOwner(username: Self.sent(name), password: Secret(Self.sent(password)))
        }
    }

    /// A text as it was sent: IM takes each byte of a header for a letter, so that an `á` of UTF-8 stands as two of Latin-1.
    private static func sent(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { !$0.isASCII }),
            text.unicodeScalars.allSatisfy({ $0.value < 0x100 })
        else { return text }
        return String(validating: text.unicodeScalars.map { UInt8($0.value) }, as: UTF8.self) ?? text
    }

    private struct AnyKey: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
