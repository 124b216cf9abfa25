/// What a document asks for, in words and as data.
public struct RADLExplanation: Sendable, Hashable, Encodable {
    /// Machines of one `deploy`.
    public struct Machines: Sendable, Hashable, Encodable {
        /// Id of their system.
        public var system: String
        public var count: Int
        /// Cloud that the document names.
        public var cloud: String?
        /// Processors, such as `2 or more`; nil where the document says nothing.
        public var processors: String?
        /// Memory, such as `at least 2 GB`; nil where the document says nothing.
        public var memory: String?
        /// Graphics processors, price, architecture and what else limits the choice, each in words.
        public var conditions: [String]
        /// Images that the document names, the preferred one first; empty where the cloud's images are searched.
        public var images: [String]
        /// The operating system that is asked for, such as `linux ubuntu 22.04`.
        public var operatingSystem: String?
        /// Disks beside the first one, in words.
        public var disks: [String]
        /// Ids of their networks, in the order of the interfaces.
        public var networks: [String]
        /// Host names, with `#N#` where the number of the machine stands.
        public var hostNames: [String]
        /// Applications and roles, in words.
        public var applications: [String]
        /// Wishes, in words, the weightiest first.
        public var wishes: [String]
        /// The document does not say what its system is: it belongs to the infrastructure that the document is added to.
        public var isReference: Bool
    }

    /// One network.
    public struct Network: Sendable, Hashable, Encodable {
        public var id: String
        /// Machines get public addresses; nil where the document does not say: the network belongs to the
        /// infrastructure that the document is added to.
        public var isPublic: Bool?
        /// Ports reached from outside, each in words: `22/tcp`, `8080/tcp led to 80`, `9000 to 9100/udp from 10.0.0.0/8`.
        public var ports: [String]
        /// Systems on it that are deployed.
        public var systems: [String]
        /// Address range, name at the provider and what else is said, in words.
        public var details: [String]
    }

    /// Recipes that run at the same time.
    public struct Step: Sendable, Hashable, Encodable {
        /// Number of the step in the document; 0 where it names none.
        public var number: Int
        public var runs: [Run]

        /// One recipe on the machines of a system.
        public struct Run: Sendable, Hashable, Encodable {
            public var system: String
            public var configure: String
            /// By cloud-init, at the first start of the machine.
            public var isCloudInit: Bool
            /// The first names of plays and tasks, or roles, that the recipe has.
            public var summary: [String]
        }
    }

    /// Name of the infrastructure.
    public var name: String?
    /// All machines together.
    public var machineCount: Int
    /// By `deploy`, in the order of the document.
    public var machines: [Machines]
    public var networks: [Network]
    /// In the order in which they run.
    public var steps: [Step]
    /// What else is to be known: systems that are not deployed, no contextualization, machines that have to share a cloud.
    public var notes: [String]

    /// The whole in plain words, without a newline at the end.
    public var text: String {
        ExplanationText(self).text
    }
}

extension RADLExplanation {
    /// Explains a document with what its systems and networks inherit; what its check would refuse is explained as far as
    /// it goes.
    public init(_ document: RADLDocument) {
        let resolved = try? document.resolvingInheritance()
        self = ExplanationBuilder(resolved ?? document).explanation()
    }
}
