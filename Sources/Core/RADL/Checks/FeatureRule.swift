/// What RADL knows of one feature: its name, what it may hold, and what it means.
///
/// The one table that checks, hints, documentation, hover and completion read: ``all``.
public struct FeatureRule: Sendable, Hashable {
    /// Where a feature stands.
    public enum Section: String, Sendable, Hashable, CaseIterable {
        case description, ansible, network, system
        /// Within `disk.N.applications contains (…)`.
        case application
        /// Behind `option` in `contextualize`.
        case option
    }

    /// What a feature may hold.
    public enum Kind: Sendable, Hashable {
        /// Any string, or one of some words in any case; the words in upper case.
        case string(allowed: [String]? = nil)
        /// A string that is not empty.
        case nonEmptyString
        /// A string or a list of strings.
        case stringOrList
        /// A list of strings.
        case list
        /// `yes` or `no`, also `true`, `false`, 1 and 0.
        case flag
        /// Dotted numbers; any comparison.
        case version(mayBeEmpty: Bool)
        /// A number from 0.
        case number(Units)
        /// A whole number from 0.
        case integer(Units)
        /// An IPv4 or IPv6 address.
        case address
        /// Ports to open, as ``Outport/list(parsing:)`` reads them.
        case outports
        /// A password that is hard to guess.
        case strongPassword
        /// Id of an `ansible` host of the document.
        case ansibleHost
        /// Id of a network of the document.
        case network
        /// Id of a system of the document.
        case system
        /// `contains` with features of ``Section/application``.
        case applications
        /// A section of the same kind to take features from: `system wn`.
        case inheritance
        /// Anything.
        case any
    }

    /// What may stand behind a number.
    public enum Units: Sendable, Hashable {
        case none, memory, performance

        /// Upper case, in IM's order.
        public var allowed: [String] {
            switch self {
            case .none: []
            case .performance: ["ECU", "GCEU", "HRZ"]
            case .memory:
                [
                    "", "B", "K", "M", "G", "T", "KB", "MB", "GB", "TB", "KI", "MI", "GI", "KIB", "MIB", "GIB", "TIB",
                ]
            }
        }

        func allows(_ unit: RADLUnit) -> Bool {
            switch self {
            case .none: return unit.text.isEmpty
            case .performance: return allowed.contains(unit.text.uppercased())
            case .memory:
                if unit.text.isEmpty || unit.factor > 1 { return unit.text.utf8.count != 2 || !isTebi(unit) }
                return unit.text.uppercased() == "B"
            }
        }

        /// `Ti` alone is missing in IM's list, whatever the reason.
        private func isTebi(_ unit: RADLUnit) -> Bool { unit.factor == 1 << 40 }
    }

    /// As it is written; `N` and `M` stand for numbers from 0: `net_interface.N.dns.M.name`.
    public var name: String
    public var section: Section
    public var kind: Kind
    /// In words, one or two sentences.
    public var meaning: String
    /// A feature as it could stand in a document: `cpu.count >= 2`.
    public var example: String
    /// What holds where the document says nothing, in words; nil for nothing.
    public var defaultValue: String?
    /// Set by the service on what a machine has become; documents need not hold it.
    public var isOutput: Bool
    /// Other values are errors, else warnings: IM leaves most features unchecked, and its documents stay readable.
    public var isEnforced: Bool

    init(
        _ name: String, _ section: Section, _ kind: Kind, _ meaning: String, example: String,
        default defaultValue: String? = nil, isOutput: Bool = false, isEnforced: Bool = false
    ) {
        self.name = name
        self.section = section
        self.kind = kind
        self.meaning = meaning
        self.example = example
        self.defaultValue = defaultValue
        self.isOutput = isOutput
        self.isEnforced = isEnforced
    }

    /// Whether its value is a secret, which messages never show.
    public var isSecret: Bool { Secrets.isSecret(name) }

    /// Values that it may have, in lower case; empty where there is no list of them.
    public var allowedValues: [String] {
        switch kind {
        case .string(let allowed?): allowed.map { $0.lowercased() }
        case .flag: ["yes", "no"]
        default: []
        }
    }

    /// Units that may stand behind the number, as usually written; empty where it is no number or has none.
    public var units: [String] {
        switch kind {
        case .number(.memory), .integer(.memory): ["B", "K", "M", "G", "T", "KiB", "MiB", "GiB", "TiB"]
        case .number(.performance), .integer(.performance): ["ECU", "GCEU", "HRZ"]
        default: []
        }
    }

    /// Comparisons that may stand before the value; empty for what `contains` gathers.
    public var comparisons: [Comparison] {
        switch kind {
        case .number, .integer, .version: [.equal, .greaterOrEqual, .lessOrEqual, .greater, .less]
        case .applications: []
        default: [.equal]
        }
    }
}

extension FeatureRule.Kind {
    /// What may stand there, in words: `a whole number with a unit of size`.
    public var words: String {
        switch self {
        case .string(nil): "a string"
        case .string(let allowed?):
            "one of " + allowed.map { "'\($0.lowercased())'" }.joined(separator: ", ")
        case .nonEmptyString: "a string that is not empty"
        case .stringOrList: "a string, or a list of strings"
        case .list: "a list of strings"
        case .flag: "'yes' or 'no'"
        case .version: "a version: numbers with points between"
        case .number(let units): "a number" + units.words
        case .integer(let units): "a whole number" + units.words
        case .address: "an IP address"
        case .outports: "a list of ports"
        case .strongPassword:
            "a password of 7 characters or more, with an upper case letter, a digit and a special character"
        case .ansibleHost: "the id of an ansible host"
        case .network: "the id of a network"
        case .system: "the id of a system"
        case .applications: "contains (…)"
        case .inheritance: "'system' or 'network' and an id"
        case .any: "anything"
        }
    }
}

extension FeatureRule.Units {
    fileprivate var words: String {
        switch self {
        case .none: ""
        case .memory: " with a unit of size; bytes without"
        case .performance: " with a unit of performance"
        }
    }
}
