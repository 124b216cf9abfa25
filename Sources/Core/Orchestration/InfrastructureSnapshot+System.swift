import InfrastructureModel
import RADL
import Support

extension InfrastructureSnapshot {
    /// The system of a machine as it became at its cloud, with the login that is the machine's own.
    /// - Parameter index: Of the infrastructure's document.
    func system(of machine: MachineRecord, in index: RADLIndex) -> RADLSystem? {
        guard var system = definition(of: machine, in: index) else { return nil }
        guard let login = secrets.logins[machine.id.number] else { return system }
        let values = [
            ("username", login.username), ("password", login.password?.expose()),
            ("private_key", login.privateKey?.expose()),
        ]
        for (key, value) in values {
            if let value { system.features.set("disk.0.os.credentials.\(key)", to: value) }
        }
        return system
    }

    /// The system that a machine was made of, with the wishes that came true where it was placed. What the document says
    /// of it by now is for new machines.
    /// - Parameter index: Of the infrastructure's document.
    func definition(of machine: MachineRecord, in index: RADLIndex) -> RADLSystem? {
        guard let text = secrets.definitions[machine.id.number],
            let own = try? DocumentCache.shared.index(text.expose())
        else { return index.system(of: machine) }
        return own.system(of: machine)
    }
}

extension InfrastructureSecrets {
    /// Keeps what machines were made of, where the document defines their system otherwise from now on.
    ///
    /// - Parameters:
    ///   - machines: Those that there are.
    ///   - before: Of the document so far.
    ///   - after: Of the document from now on.
    mutating func keepDefinitions(of machines: [MachineRecord], before: RADLIndex, after: RADLIndex) {
        let there = machines.filter(\.isAlive)
        let numbers = Set(there.map(\.id.number))
        definitions = definitions.filter { numbers.contains($0.key) }
        var changed: [String: Secret<String>?] = [:]
        for machine in there where definitions[machine.id.number] == nil {
            let id = machine.system
            let definition =
                changed[id] ?? Self.definition(of: id, in: before, unlike: after.system(id)).map { Secret($0) }
            changed[id] = .some(definition)
            if let definition { definitions[machine.id.number] = definition }
        }
    }

    /// With the networks that it is in, so that it can be read alone.
    private static func definition(of id: String, in before: RADLIndex, unlike after: RADLSystem?) -> String? {
        guard let system = before.system(id), after.map(text) != text(system) else { return nil }
        var document = RADLDocument()
        var seen: Set<String> = []
        document.networks = before.networks(of: system).filter { seen.insert($0.id).inserted }
        document.systems = [system]
        return document.text()
    }

    private static func text(_ system: RADLSystem) -> String {
        var document = RADLDocument()
        document.systems = [system]
        return document.text()
    }

    /// New credentials and applications that a reconfiguration brought to systems count for machines with definitions of
    /// their own, too.
    mutating func reconfigureDefinitions(of machines: [MachineRecord], before: RADLIndex, after: RADLIndex) {
        guard !definitions.isEmpty else { return }
        var change = RADLDocument()
        change.systems = after.document.systems.filter { system in
            before.system(system.id).map(Self.text) != Self.text(system)
        }
        for machine in machines {
            guard let text = definitions[machine.id.number],
                var document = try? DocumentCache.shared.index(text.expose()).document
            else { continue }
            document.reconfigure(with: change)
            definitions[machine.id.number] = Secret(document.text())
        }
    }
}
