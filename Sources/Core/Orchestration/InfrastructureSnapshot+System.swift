import InfrastructureModel
import RADL
import Support

extension InfrastructureSnapshot {
    /// The system of a machine as it became at its cloud, with the login that is the machine's own.
    /// - Parameter index: Of the infrastructure's document.
    func system(of machine: MachineRecord, in index: RADLIndex) -> RADLSystem? {
        guard var system = index.system(of: machine) else { return nil }
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
}
