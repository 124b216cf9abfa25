import Foundation
import InfrastructureModel
import JSONCoding
import Operations
import Support

/// How records rest: JSON without white space, dates as seconds since 2001 as `Date` itself encodes them, so that a
/// record comes back equal to the last bit.
enum RecordCoding {
    static func text(_ value: some Encodable) throws -> String {
        String(decoding: try JSONText.encode(value), as: UTF8.self)
    }

    /// - Parameter row: Names the row in an error.
    static func value<Value: Decodable>(_ type: Value.Type, from text: String, row: String) throws -> Value {
        do {
            return try JSONText.decode(type, from: text)
        } catch {
            throw StoreError(
                code: .corrupt,
                message: "the stored \(row) is not readable (\(error)): restore the state folder from a backup")
        }
    }

    /// Machines of an infrastructure as they stand in rows. What those of a system have in common is in memory once.
    static func machines(_ rows: [String], of infrastructure: InfrastructureID) throws -> [MachineRecord] {
        var known: [String: MachineRecord] = [:]
        return try rows.map { row in
            var machine = try value(MachineRecord.self, from: row, row: "machine of infrastructure \(infrastructure)")
            if let other = known[machine.system] { machine.share(other) }
            known[machine.system] = machine
            return machine
        }
    }

    /// Secrets of an infrastructure in clear, to be sealed.
    static func plain(_ secrets: InfrastructureSecrets) throws -> Data {
        Data(
            try JSONText.encode(
                PlainSecrets(
                    document: secrets.document.expose(), privateKey: secrets.privateKey?.expose(),
                    publicKey: secrets.publicKey, template: secrets.template?.expose(),
                    token: secrets.token?.expose(),
                    logins: secrets.logins.isEmpty ? nil : secrets.logins.map(PlainLogin.init),
                    definitions: secrets.definitions.isEmpty ? nil : secrets.definitions.mapValues { $0.expose() })))
    }

    static func secrets(from plain: Data) throws -> InfrastructureSecrets {
        let value = try JSONText.decode(PlainSecrets.self, from: Array(plain))
        var secrets = InfrastructureSecrets(
            document: Secret(value.document), privateKey: value.privateKey.map { Secret($0) },
            publicKey: value.publicKey)
        secrets.template = value.template.map { Secret($0) }
        secrets.token = value.token.map { Secret($0) }
        for login in value.logins ?? [] { secrets.logins[login.machine] = login.login }
        secrets.definitions = (value.definitions ?? [:]).mapValues { Secret($0) }
        return secrets
    }

    static func plain(_ values: Secret<[String: String]>) throws -> Data {
        Data(try JSONText.encode(values.expose()))
    }

    static func values(from plain: Data) throws -> Secret<[String: String]> {
        Secret(try JSONText.decode([String: String].self, from: Array(plain)))
    }

    private struct PlainSecrets: Codable {
        var document: String
        var privateKey: String?
        var publicKey: String?
        var template: String?
        var token: String?
        var logins: [PlainLogin]?
        /// By numbers of machines.
        var definitions: [Int: String]?
    }

    private struct PlainLogin: Codable {
        /// Number.
        var machine: Int
        var username: String?
        var password: String?
        var privateKey: String?

        init(_ machine: Int, _ login: MachineLogin) {
            self.machine = machine
            username = login.username
            password = login.password?.expose()
            privateKey = login.privateKey?.expose()
        }

        var login: MachineLogin {
            MachineLogin(
                username: username, password: password.map { Secret($0) }, privateKey: privateKey.map { Secret($0) })
        }
    }
}
