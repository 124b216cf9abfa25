import Foundation
package import InfrastructureModel
package import Operations
package import RADL
package import Support

/// Credentials of one cloud as an auth line gives them.
package struct CloudCredential: Sendable, Hashable {
    /// Id of the line, or its type and position.
    package var id: String
    /// `type` of the line, such as `EC2`.
    package var type: String
    /// All keys of the line.
    package var values: Secret<[String: String]>

    package init(id: String, type: String, values: Secret<[String: String]>) {
        self.id = id
        self.type = type
        self.values = values
    }
}

/// Asks for an infrastructure.
package struct DeploymentRequest: Sendable {
    /// Text of a RADL document.
    package var document: String
    /// A TOSCA template in the place of ``document``.
    package var template: TemplateRequest?
    /// For messages about the document: the file's name.
    package var documentName: String
    /// Identity: with it a second request converges; nil always makes a new infrastructure.
    package var name: String?
    /// Clouds in order of preference.
    package var clouds: [CloudCredential]
    package var caller: Caller
    /// The token that the caller logged in with, which machines get as `BEARER_TOKEN`; nil: it was none.
    package var token: Secret<String>?
    /// Machines that may be removed, as a plan named them; the request is refused where others would go. Nil: any.
    package var agreedRemovals: Set<MachineID>?
    /// What changes at an infrastructure that there is, where that is not all that its document says.
    package var update: InfrastructureUpdate?
    /// Numbers of machines that may show another host key than the pinned one, since they were reinstalled.
    package var newHostKeys: Set<Int> = []

    /// Why a name cannot be one of an infrastructure; nil: it can.
    package static func problem(withName name: String) -> String? {
        if name.isEmpty { return "the name of an infrastructure cannot be empty" }
        if name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            return "the name of an infrastructure cannot hold control characters"
        }
        if UUID(uuidString: name) != nil {
            return "the name of an infrastructure cannot be like an id, '\(name)': it could not be told from one"
        }
        if name.count > longestName {
            return "the name of an infrastructure has at most \(longestName) characters, this one has \(name.count)"
        }
        return nil
    }

    private static let longestName = 128

    package init(
        document: String, documentName: String = "document", name: String? = nil, clouds: [CloudCredential],
        caller: Caller
    ) {
        self.document = document
        self.documentName = documentName
        self.name = name
        self.clouds = clouds
        self.caller = caller
    }
}

/// A change of an infrastructure by parts, as IM's clients make it (im.md 1.10, 5.5, 5.6).
package struct InfrastructureUpdate: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// The request's document is merged with the stored one; the machines that it deploys come to those there are.
        case add
        /// These machines go, by their numbers.
        case remove(Set<Int>)
        /// Recipes, applications and credentials of the request's document are taken, and machines are configured
        /// again: these, or all.
        case reconfigure(Set<Int>?)
    }

    package var infrastructure: InfrastructureID
    package var kind: Kind
    /// Whether machines are configured afterwards.
    package var contextualizes: Bool

    package init(_ infrastructure: InfrastructureID, _ kind: Kind, contextualizes: Bool = true) {
        self.infrastructure = infrastructure
        self.kind = kind
        self.contextualizes = contextualizes
    }
}

/// An operation that was stored and will be carried out, whatever happens to this process.
package struct SubmittedOperation: Sendable, Hashable {
    package var infrastructure: InfrastructureID
    package var operation: OperationID
    package var kind: OperationKind
    /// Machines that it makes, in order.
    package var added: [MachineID]

    package init(
        infrastructure: InfrastructureID, operation: OperationID, kind: OperationKind, added: [MachineID] = []
    ) {
        self.infrastructure = infrastructure
        self.operation = operation
        self.kind = kind
        self.added = added
    }
}

/// What a request would do: computed without side effects.
package struct DeploymentPlan: Sendable {
    /// A machine that would be made.
    package struct Machine: Sendable, Hashable {
        package var system: String
        /// Chosen place.
        package var placement: Placement
        /// Others that fit, best first.
        package var alternatives: [Placement]

        package init(system: String, placement: Placement, alternatives: [Placement]) {
            self.system = system
            self.placement = placement
            self.alternatives = alternatives
        }
    }

    /// A cloud that cannot be used for a system, and why.
    package struct Rejection: Sendable, Hashable {
        package var system: String
        package var cloud: String
        package var reason: String

        package init(system: String, cloud: String, reason: String) {
            self.system = system
            self.cloud = cloud
            self.reason = reason
        }
    }

    /// The infrastructure that has the name already; nil: a new one.
    package var existing: InfrastructureID?
    package var added: [Machine]
    /// Machines that would be removed, with the reason.
    package var removed: [(machine: MachineRecord, reason: String)]
    package var kept: [MachineRecord]
    /// What changes at networks of an existing infrastructure, in words.
    package var networks: [String]
    /// In what the document differs from the one that the infrastructure has; nil for a new one.
    package var difference: RADLDifference?
    package var rejections: [Rejection]
    /// Recipes that would run, in order: `step` and names.
    package var recipes: [String]
    package var warnings: [String]

    package init(
        existing: InfrastructureID?, added: [Machine], removed: [(machine: MachineRecord, reason: String)],
        kept: [MachineRecord], networks: [String] = [], rejections: [Rejection], recipes: [String], warnings: [String]
    ) {
        self.existing = existing
        self.added = added
        self.removed = removed
        self.kept = kept
        self.networks = networks
        self.rejections = rejections
        self.recipes = recipes
        self.warnings = warnings
    }
}
