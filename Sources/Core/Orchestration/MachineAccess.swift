package import InfrastructureModel
package import Support

/// How to get into a machine: what `gantry ssh`, `inventory` and `ssh-config` print.
package struct MachineAccess: Sendable, Hashable {
    package var machine: MachineRecord
    /// `<ip>_<number>`.
    package var inventoryName: String
    /// Name without domain, such as `vnode-0`.
    package var hostname: String
    package var fqdn: String
    package var host: String?
    package var port: Int
    package var user: String
    package var privateKey: Secret<String>?
    package var password: Secret<String>?
    package var groups: [String]
    /// Variables in IM's names.
    package var variables: [String: String]
    /// Number of the machine that one has to go through; nil: reached directly, or through a proxy.
    package var jump: Int?
    /// What one has to go through that is no machine of the infrastructure.
    package var proxy: ProxyHost?

    package init(
        machine: MachineRecord, inventoryName: String, hostname: String, fqdn: String, host: String?, port: Int,
        user: String, privateKey: Secret<String>?, password: Secret<String>?, groups: [String],
        variables: [String: String], jump: Int?, proxy: ProxyHost? = nil
    ) {
        self.machine = machine
        self.inventoryName = inventoryName
        self.hostname = hostname
        self.fqdn = fqdn
        self.host = host
        self.port = port
        self.user = user
        self.privateKey = privateKey
        self.password = password
        self.groups = groups
        self.variables = variables
        self.jump = jump
        self.proxy = proxy
    }
}
