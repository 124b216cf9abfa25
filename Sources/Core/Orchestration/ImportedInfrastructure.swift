import Foundation
import InfrastructureModel
import RADL
import Support

/// What an export becomes here: records, secrets, and the clouds whose credentials are needed.
struct ImportedInfrastructure {
    var record: InfrastructureRecord
    var secrets: InfrastructureSecrets
    var machines: [MachineRecord]
    var resources: [ResourceRecord]

    /// - Parameter connectors: Names of connectors by the types of clouds that they serve, in lower case.
    /// - Throws: ``ManagerError`` `invalidDocument`.
    init(_ export: InfrastructureExport, connectors: [String: String], now: Date) throws {
        if let records = export.records {
            record = records.infrastructure
            machines = records.machines
            resources = records.resources
            secrets = InfrastructureSecrets(
                document: Secret(export.radl), privateKey: records.privateKey.map { Secret($0) },
                publicKey: records.publicKey)
            secrets.template = records.template.map { Secret($0) }
            for login in records.logins ?? [] {
                secrets.logins[login.machine] = MachineLogin(
                    username: login.username, password: login.password.map { Secret($0) },
                    privateKey: login.privateKey.map { Secret($0) })
            }
            secrets.definitions = (records.definitions ?? [:]).mapValues { Secret($0) }
            record.powerOperation = nil
        } else {
            let id = InfrastructureID(rawValue: export.id)
            record = InfrastructureRecord(
                id: id, name: nil, owners: [],
                createdAt: export.creationDate.map { Date(timeIntervalSince1970: $0) } ?? now)
            record.configured = export.isConfigured
            secrets = InfrastructureSecrets(document: Secret(try Self.document(export)))
            if let template = export.extra?["TOSCA"] {
                secrets.template =
                    StoredTemplate(text: template, inputs: [:], salt: UUID().uuidString.lowercased(), folder: nil)
                    .secret
            }
            machines = []
            resources = []
            let index = try DocumentCache.shared.index(secrets.document.expose())
            for machine in export.machines where machine.isDestroyed != true {
                let reader = IMMachineReader(
                    machine, infrastructure: id, index: index, connectors: connectors,
                    isConfigured: export.isConfigured, now: now)
                guard let read = try reader.record() else { continue }
                machines.append(read)
                let login = reader.login
                if !login.isEmpty { secrets.logins[machine.number] = login }
                if let host = machine.cloud?.server, !host.isEmpty {
                    record.cloudHosts = (record.cloudHosts ?? [:]).merging([read.placement.cloud.id: host]) { $1 }
                }
            }
            record.nextNumber = (export.machines.map(\.number).max() ?? -1) + 1
        }
        record.clouds = []
        for cloud in machines.filter(\.isAlive).map(\.placement.cloud) + resources.map(\.cloud)
        where !record.clouds.contains(cloud) {
            record.clouds.append(cloud)
        }
    }

    /// The stored document, which has no deploys after some calls of IM; systems that only machines know come to it.
    private static func document(_ export: InfrastructureExport) throws -> String {
        var document = try DocumentReader.read(export.radl, name: "radl of the export")
        for machine in export.machines where machine.isDestroyed != true {
            guard let requested = machine.requested, let own = try? RADLDocument(parsing: requested) else {
                continue
            }
            for system in own.systems where document.system(system.id) == nil { document.systems.append(system) }
            for network in own.networks where document.network(network.id) == nil { document.networks.append(network) }
        }
        return document.text()
    }

    /// Binds everything to credentials that are stored here.
    mutating func bind(_ credentials: [CloudReference: CredentialID]) {
        func bound(_ cloud: CloudReference) -> CloudReference {
            var cloud = cloud
            if let id = credentials[cloud] { cloud.credential = id }
            return cloud
        }
        record.clouds = record.clouds.map(bound)
        for index in machines.indices {
            machines[index].placement.cloud = bound(machines[index].placement.cloud)
            // Candidates of clouds that were not asked for here.
            machines[index].alternatives.removeAll { credentials[$0.cloud] == nil }
            for place in machines[index].alternatives.indices {
                machines[index].alternatives[place].cloud = bound(machines[index].alternatives[place].cloud)
            }
        }
        for index in resources.indices { resources[index].cloud = bound(resources[index].cloud) }
    }
}

/// A machine of an export that IM wrote.
private struct IMMachineReader {
    let machine: InfrastructureExport.Machine
    let infrastructure: InfrastructureID
    let connectors: [String: String]
    let now: Date
    /// What IM says of the whole.
    private let isConfigured: Bool?
    private let features: Features
    private let system: RADLSystem?
    private let index: RADLIndex

    init(
        _ machine: InfrastructureExport.Machine, infrastructure: InfrastructureID, index: RADLIndex,
        connectors: [String: String], isConfigured: Bool?, now: Date
    ) {
        self.machine = machine
        self.isConfigured = isConfigured
        self.infrastructure = infrastructure
        self.index = index
        self.connectors = connectors
        self.now = now
        let info = try? RADLDocument(parsing: machine.info)
        features = info?.systems.first?.features ?? Features()
        system = info?.systems.first.flatMap { index.system($0.id) }
    }

    var login: MachineLogin {
        func value(_ key: String) -> String? { features.string("disk.0.os.credentials.\(key)") }
        // During its contextualization IM changes the password.
        let password = value("new.password") ?? value("password")
        return MachineLogin(
            username: value("username"), password: password.map { Secret($0) },
            privateKey: value("private_key").map { Secret($0) })
    }

    /// Nil for one that ended.
    func record() throws -> MachineRecord? {
        let state = machine.state ?? "unknown"
        guard state != "off", state != "deleting" else { return nil }
        guard let system, let cloud = machine.cloud else {
            throw ManagerError(
                code: .invalidDocument,
                message: "Error importing the infrastructure, incorrect data: machine \(machine.number) has no "
                    + (machine.cloud == nil ? "cloud" : "system"))
        }
        guard let connector = connectors[cloud.type.lowercased()] else {
            throw ManagerError(
                code: .noCloud,
                message: "no connector serves type '\(cloud.type)' of cloud '\(cloud.id)', where machine "
                    + "\(machine.number) is")
        }
        // IM writes regions before ids of EC2.
        let parts = (machine.id ?? "").split(separator: ";", maxSplits: 1).map(String.init)
        var reference = CloudReference(
            id: cloud.id, type: cloud.type, connector: connector, credential: CredentialID(rawValue: ""))
        if parts.count == 2 { reference.region = parts[0] }
        let provider = parts.last.flatMap { $0.isEmpty ? nil : $0 }
        let placement = Placement(
            cloud: reference, image: features.strings("disk.0.image.url").first ?? "",
            flavor: features.string("instance_type") ?? "", cpuCount: features.integer("cpu.count"),
            memoryBytes: features.bytes("memory.size").map { Int64($0) },
            loginUser: features.string("disk.0.os.credentials.username"))
        var record = MachineRecord(
            id: MachineID(infrastructure: infrastructure, number: machine.number), system: system.id,
            placement: placement, alternatives: [],
            createdAt: machine.creationDate.map { Date(timeIntervalSince1970: $0) } ?? now,
            specification: Requirements(system: system).specification,
            configuration: configuration(state))
        record.launchedAt = record.createdAt
        record.addresses = addresses
        if let provider, state != "failed" {
            switch state {
            case "stopped":
                record.phase = .stopped(provider: provider)
                record.power = .stopped
            case "pending": record.phase = .starting(provider: provider)
            default: record.phase = .running(provider: provider)
            }
        } else {
            record.phase = .failed(message: machine.errorMessage ?? "it failed before the import", provider: provider)
        }
        return record
    }

    private func configuration(_ state: String) -> MachineRecord.Configuration {
        guard let system, index.isContextualized(system.id) else { return .disabled }
        switch state {
        case "configured": return .configured
        case "unconfigured": return failed
        // IM says of the whole alone that it failed, where it was before machines were reached.
        case "running" where isConfigured == false && machine.isConfigured != true: return failed
        case "stopped": return machine.isConfigured == true ? .configured : .pending
        default: return .pending
        }
    }

    private var failed: MachineRecord.Configuration {
        .failed(message: machine.errorMessage ?? "its contextualization failed before")
    }

    private var addresses: [MachineRecord.Address] {
        features.indices(of: "net_interface").flatMap { interface -> [MachineRecord.Address] in
            let prefix = "net_interface.\(interface)."
            let network = features.string(prefix + "connection").flatMap { index.network($0) }
            return [("ip", false), ("ipv6", true)].compactMap { key, isIPv6 in
                features.string(prefix + key).map {
                    MachineRecord.Address(
                        interface: interface, address: $0, isPublic: network?.isPublic ?? false, isIPv6: isIPv6)
                }
            }
        }
    }
}
