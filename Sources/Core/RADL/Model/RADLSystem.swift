/// `system ID (…)`: what a kind of machine has to be.
public struct RADLSystem: RADLSection, Identifiable {
    public var id: String
    public var features: Features
    /// Written without parentheses: defined elsewhere.
    public var isReference: Bool
    /// From the keyword to the id.
    @Incidental public var source: SourceRange?

    public init(id: String, features: Features = Features(), isReference: Bool = false, source: SourceRange? = nil) {
        self.id = id
        self.features = features
        self.isReference = isReference
        self.source = source
    }

    /// Interfaces by their index.
    public var interfaces: [NetworkInterface] {
        features.indices(of: "net_interface").map { index in
            let prefix = "net_interface.\(index)."
            var names: [String] = []
            for number in 0... {
                guard let name = features.string("\(prefix)dns.\(number).name") else { break }
                names.append(name)
            }
            if names.isEmpty, let name = features.string(prefix + "dns_name") { names.append(name) }
            names += features.strings(prefix + "additional_dns_names").filter { !names.contains($0) }
            return NetworkInterface(
                index: index, connection: features.string(prefix + "connection"), ip: features.string(prefix + "ip"),
                ipv6: features.string(prefix + "ipv6"), dnsNames: names,
                additionalIP: features.string(prefix + "additional_ip"))
        }
    }

    /// Disks by their index.
    public var disks: [Disk] {
        features.indices(of: "disk").map { index in
            let prefix = "disk.\(index)."
            return Disk(
                index: index, imageURLs: features.strings(prefix + "image.url"), size: features.bytes(prefix + "size"),
                type: features.string(prefix + "type"), device: features.string(prefix + "device"),
                mountPath: features.string(prefix + "mount_path"),
                fileSystem: features.string(prefix + "fstype"))
        }
    }

    /// Images that the document names for the first disk, the preferred one first.
    public var imageURLs: [String] { features.strings("disk.0.image.url") }

    /// Applications that shall be on the machine.
    public var applications: [Application] {
        features.sets("disk.0.applications").map(Application.init)
    }

    /// Id of the `ansible` host that contextualizes it.
    public var ansibleHost: String? { features.string("ansible_host") }

    /// How to log in to the image.
    public var credentials: Credentials { Credentials(features, prefix: "disk.0.os.credentials.") }

    /// What the login shall become during contextualization.
    public var newCredentials: Credentials { Credentials(features, prefix: "disk.0.os.credentials.new.") }

    /// One network interface of a system.
    public struct NetworkInterface: Sendable, Hashable {
        public var index: Int
        /// Id of its network.
        public var connection: String?
        public var ip: String?
        public var ipv6: String?
        /// Host names, the first one its own; with `#N#` where the document has it.
        public var dnsNames: [String]
        public var additionalIP: String?
    }

    /// One disk of a system.
    public struct Disk: Sendable, Hashable {
        public var index: Int
        public var imageURLs: [String]
        /// In bytes.
        public var size: Int?
        public var type: String?
        public var device: String?
        public var mountPath: String?
        public var fileSystem: String?
    }

    /// One element of `disk.0.applications`.
    public struct Application: Sendable, Hashable {
        public var name: String
        public var version: String?
        /// How ``version`` is meant.
        public var comparison: Comparison
        public var path: String?
        public var isPreinstalled: Bool

        init(_ element: FeatureSet) {
            name = element.features.string("name") ?? element.name ?? ""
            version = element.features.string("version")
            path = element.features.string("path")
            isPreinstalled = element.features.string("preinstalled")?.lowercased() == "yes"
            if case .string(_, let sign) = element.features["version"]?.value {
                comparison = sign
            } else {
                comparison = .equal
            }
        }

        /// Name of the Ansible role that it asks for (`ansible.roles.X`), with the part behind a comma or bar.
        public var ansibleRole: String? { suffix("ansible.roles.") ?? suffix("ansible.modules.") }
        /// Name of the Ansible collection that it asks for (`ansible.collections.X`).
        public var ansibleCollection: String? { suffix("ansible.collections.") }

        private func suffix(_ prefix: String) -> String? {
            name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
        }
    }

    /// A login. Its values are secrets, except the user name and the public key.
    public struct Credentials: Sendable, Hashable {
        public var username: String?
        public var password: String?
        public var privateKey: String?
        public var publicKey: String?

        init(_ features: Features, prefix: String) {
            username = features.string(prefix + "username")
            password = features.string(prefix + "password")
            privateKey = features.string(prefix + "private_key")
            publicKey = features.string(prefix + "public_key")
        }
    }
}

extension String {
    /// A DNS name with `#N#` replaced by the number of the machine.
    public func replacingMachineNumber(with number: Int) -> String {
        guard utf8.contains(UInt8(ascii: "#")) else { return self }
        var result = ""
        var rest = self[...]
        while let mark = rest.firstIndex(of: "#") {
            result += rest[..<mark]
            if rest[mark...].hasPrefix("#N#") {
                result += String(number)
                rest = rest[mark...].dropFirst(3)
            } else {
                result += "#"
                rest = rest[mark...].dropFirst()
            }
        }
        return result + rest
    }
}
