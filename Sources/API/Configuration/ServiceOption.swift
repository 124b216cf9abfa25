/// An option of the service: those of IM's `im.cfg` in both versions, and our own.
package struct ServiceOption: Sendable, Hashable {
    /// How the value is read.
    package enum Kind: Sendable, Hashable {
        case flag
        case integer(ClosedRange<Int>)
        /// Separated by commas.
        case list
        /// An object or a list of JSON.
        case json
        case text
    }

    /// What it does here.
    package enum Effect: Sendable, Hashable {
        /// It is kept to; what it does, for the commented file.
        case used(String)
        /// Nothing, since what it is about does not exist here.
        case meaningless(String)
        /// Nothing yet; the service warns when it is set.
        case missing(String)
        /// Nothing yet, and to go on without it would let people in who shall not: the service does not start with it.
        case refused(String)
    }

    /// The section that it stands in.
    package enum Section: String, Sendable, Hashable, CaseIterable {
        case service = "im"
        case gantry
        case openNebula = "OpenNebula"
    }

    /// In capitals, as IM writes it.
    package let name: String
    package let section: Section
    package let kind: Kind
    /// As it would stand in the file.
    package let fallback: String
    package let effect: Effect
    /// Its value is shown to nobody.
    package var isSecret = false

    init(
        _ name: String, _ kind: Kind, _ fallback: String, _ effect: Effect, section: Section = .service,
        isSecret: Bool = false
    ) {
        self.name = name
        self.section = section
        self.kind = kind
        self.fallback = fallback
        self.effect = effect
        self.isSecret = isSecret
    }

    /// The option of that name in a section, in any case of its letters.
    package static func named(_ name: String, in section: Section) -> ServiceOption? {
        byName[section]?[name.uppercased()]
    }

    private static let byName = Dictionary(grouping: all, by: \.section).mapValues { options in
        Dictionary(uniqueKeysWithValues: options.map { ($0.name, $0) })
    }
}
