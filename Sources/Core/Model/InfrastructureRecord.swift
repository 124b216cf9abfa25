package import Foundation
package import Support

/// An infrastructure as it is stored, without its machines and without secrets.
package struct InfrastructureRecord: Sendable, Hashable, Codable {
    /// What shall become of it.
    package enum Goal: String, Sendable, Hashable, Codable {
        case present, destroyed
    }

    /// How far its removal is.
    package enum Phase: String, Sendable, Hashable, Codable {
        case active, destroying, destroyed
    }

    package var id: InfrastructureID
    /// Identity for `gantry up`; nil for those made through the API.
    package var name: String?
    package var owners: [Owner]
    package var createdAt: Date
    package var goal: Goal
    package var phase: Phase
    /// Next machine number: numbers are never used again.
    package var nextNumber: Int
    /// Counts contextualizations; events of a run carry it.
    package var generation: Int
    /// IM's flag: nil while no contextualization has ended, then whether the last one went well.
    package var configured: Bool?
    /// Why the whole infrastructure is failed, where no machine tells it.
    package var failure: String?
    /// Clouds that machines or resources of it are on.
    package var clouds: [CloudReference]
    /// The last operation whose wishes stand in the machines: gone on with after a crash, it wishes nothing twice.
    package var powerOperation: String?
    /// Name of the TOSCA template that it was made of: for statistics, which last longer than the template.
    package var templateName: String?
    /// Servers of its clouds, by the clouds' ids: for statistics.
    package var cloudHosts: [String: String]?
    /// Host keys that SSH proxies must show, `TYPE BASE64`, by their `HOST:PORT`.
    package var proxyKeys: [String: [String]]?

    package init(
        id: InfrastructureID, name: String?, owners: [Owner], createdAt: Date, goal: Goal = .present,
        phase: Phase = .active, nextNumber: Int = 0, generation: Int = 0, configured: Bool? = nil,
        failure: String? = nil, clouds: [CloudReference] = []
    ) {
        self.id = id
        self.name = name
        self.owners = owners
        self.createdAt = createdAt
        self.goal = goal
        self.phase = phase
        self.nextNumber = nextNumber
        self.generation = generation
        self.configured = configured
        self.failure = failure
        self.clouds = clouds
    }
}

/// Somebody whom an infrastructure belongs to.
package struct Owner: Sendable, Hashable, Codable {
    package var username: String
    /// Keyed digest of the password, made by the store; nil: the user of the command line on this machine.
    package var verifier: String?

    package init(username: String, verifier: String?) {
        self.username = username
        self.verifier = verifier
    }
}

/// A cloud of a user as a machine remembers it.
package struct CloudReference: Sendable, Hashable, Codable {
    /// Id in the auth lines, such as `ost1`.
    package var id: String
    /// `type` of the auth line, such as `EC2`.
    package var type: String
    /// Name of the connector.
    package var connector: String
    package var credential: CredentialID
    /// Region, at providers where an account has several and an image's URL names one; nil: the account's own.
    package var region: String?

    package init(
        id: String, type: String, connector: String, credential: CredentialID, region: String? = nil
    ) {
        self.id = id
        self.type = type
        self.connector = connector
        self.credential = credential
        self.region = region
    }

    /// What has a session, security groups and key pairs of its own.
    package var site: CloudSite { CloudSite(credential: credential, region: region) }

    /// Clouds are gone through in this order.
    var order: (String, String) { (id, region ?? "") }
}

/// One account in one region.
package struct CloudSite: Sendable, Hashable, CustomStringConvertible {
    package var credential: CredentialID
    package var region: String?

    package init(credential: CredentialID, region: String?) {
        self.credential = credential
        self.region = region
    }

    package var description: String { region.map { "\(credential) \($0)" } ?? "\(credential)" }
}

/// What of an infrastructure must not be seen. Stored encrypted.
package struct InfrastructureSecrets: Sendable, Hashable {
    /// The RADL document: it may hold passwords and keys.
    package var document: Secret<String>
    /// The TOSCA template that the document was made of, as orchestration wrote it, with the values of its inputs.
    package var template: Secret<String>?
    /// The infrastructure's own SSH key in OpenSSH's form, where it has one.
    package var privateKey: Secret<String>?
    /// Its public half, `ssh-ed25519 …`.
    package var publicKey: String?
    /// What who made or changed it last proved with who they are, where that was a token: machines get it.
    package var token: Secret<String>?
    /// Logins of machines that have their own, by the machines' numbers.
    package var logins: [Int: MachineLogin] = [:]
    /// What machines were made of, as RADL of their system and its networks, by their numbers: of those whose system the document
    /// defines otherwise by now.
    package var definitions: [Int: Secret<String>] = [:]

    package init(document: Secret<String>, privateKey: Secret<String>? = nil, publicKey: String? = nil) {
        self.document = document
        self.privateKey = privateKey
        self.publicKey = publicKey
    }
}

/// Whose credentials they are, and for what: the same user with the same cloud id and account renews them, nobody else
/// does.
package struct CredentialKey: Sendable, Hashable {
    /// User name.
    package var owner: String
    package var cloudID: String
    package var type: String
    /// As the connector names it. Under an id that means another account from now on, machines that run keep theirs.
    package var account: String

    package init(owner: String, cloudID: String, type: String, account: String) {
        self.owner = owner
        self.cloudID = cloudID
        self.type = type
        self.account = account
    }
}

/// Credentials of one account at one cloud. The values are stored encrypted.
package struct CredentialRecord: Sendable, Hashable {
    package var key: CredentialKey
    /// The whole auth line.
    package var values: Secret<[String: String]>

    package init(key: CredentialKey, values: Secret<[String: String]>) {
        self.key = key
        self.values = values
    }
}

/// Something at a provider that belongs to the infrastructure, beside its machines.
package struct ResourceRecord: Sendable, Hashable, Codable {
    package var infrastructure: InfrastructureID
    package var cloud: CloudReference
    package var kind: String
    package var id: String
    package var name: String?
    package var dependsOn: [String]
    /// Why its removal did not succeed so far.
    package var problem: String?

    package init(
        infrastructure: InfrastructureID, cloud: CloudReference, kind: String, id: String, name: String? = nil,
        dependsOn: [String] = [], problem: String? = nil
    ) {
        self.infrastructure = infrastructure
        self.cloud = cloud
        self.kind = kind
        self.id = id
        self.name = name
        self.dependsOn = dependsOn
        self.problem = problem
    }

    /// Its kind as words: `security group` for `securityGroup`.
    package static func words(ofKind kind: String) -> String {
        kind.reduce(into: "") { $0 += $1.isUppercase ? " " + $1.lowercased() : String($1) }
    }

    /// Which it is and where, for people: `security group gantry-4711 at here`.
    package var text: String { "\(Self.words(ofKind: kind)) \(name ?? id) at \(cloud.id)" }
}

/// An infrastructure with all that belongs to it, as one transaction read it.
package struct InfrastructureSnapshot: Sendable, Hashable {
    package var infrastructure: InfrastructureRecord
    package var secrets: InfrastructureSecrets
    /// In order of their numbers, with those that ended.
    package var machines: [MachineRecord]
    package var resources: [ResourceRecord]
    /// What each launch call asks for whose results are not known yet, as orchestration wrote it; may hold secrets. A
    /// repeated call asks for the same, whatever has become of the document and of Gantry in the meantime.
    package var launches: [BatchToken: Data]

    package init(
        infrastructure: InfrastructureRecord, secrets: InfrastructureSecrets, machines: [MachineRecord],
        resources: [ResourceRecord], launches: [BatchToken: Data] = [:]
    ) {
        self.infrastructure = infrastructure
        self.secrets = secrets
        self.machines = machines
        self.resources = resources
        self.launches = launches
    }
}
