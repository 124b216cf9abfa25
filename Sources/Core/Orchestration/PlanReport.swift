package import InfrastructureModel
package import RADL

/// A plan as clients show it: what `gantryd` answers. Holds no secret.
package struct PlanReport: Sendable, Hashable, Codable {
    /// A place that a machine can have.
    package struct Offer: Sendable, Hashable, Codable {
        package var cloud: String
        package var type: String
        package var image: String
        /// Empty where the cloud has no sizes.
        package var flavor: String
        package var cpus: Int?
        package var memoryBytes: Int64?
        package var price: Double?
        /// What the provider says of it.
        package var remark: String?

        package init(
            cloud: String, type: String, image: String = "", flavor: String = "", cpus: Int? = nil,
            memoryBytes: Int64? = nil
        ) {
            self.cloud = cloud
            self.type = type
            self.image = image
            self.flavor = flavor
            self.cpus = cpus
            self.memoryBytes = memoryBytes
        }
    }

    package struct Added: Sendable, Hashable, Codable {
        package var system: String
        package var place: Offer
        /// Others that fit, best first.
        package var alternatives: [Offer]

        package init(system: String, place: Offer, alternatives: [Offer] = []) {
            self.system = system
            self.place = place
            self.alternatives = alternatives
        }
    }

    package struct Removed: Sendable, Hashable, Codable {
        package var id: MachineID
        package var system: String
        package var reason: String
    }

    package struct Kept: Sendable, Hashable, Codable {
        package var number: Int
        package var system: String
        package var state: String

        package init(number: Int, system: String, state: String) {
            self.number = number
            self.system = system
            self.state = state
        }
    }

    package struct Rejection: Sendable, Hashable, Codable {
        package var system: String
        package var cloud: String
        package var reason: String
    }

    /// The infrastructure that has the name already; nil: a new one.
    package var existing: InfrastructureID?
    package var added: [Added]
    package var removed: [Removed]
    package var kept: [Kept]
    package var networks: [String]
    package var difference: DifferenceReport?
    package var rejections: [Rejection]
    package var recipes: [String]
    package var warnings: [String]

    /// One of a server that tells no more.
    package init(existing: InfrastructureID?, added: [Added] = [], kept: [Kept] = []) {
        self.existing = existing
        self.added = added
        self.kept = kept
        removed = []
        networks = []
        rejections = []
        recipes = []
        warnings = []
    }

    package init(_ plan: DeploymentPlan) {
        existing = plan.existing
        added = plan.added.map { machine in
            Added(
                system: machine.system, place: Offer(machine.placement),
                alternatives: machine.alternatives.map(Offer.init))
        }
        removed = plan.removed.map { Removed(id: $0.machine.id, system: $0.machine.system, reason: $0.reason) }
        kept = plan.kept.map { Kept(number: $0.id.number, system: $0.system, state: $0.state.rawValue) }
        networks = plan.networks
        difference = plan.difference.map(DifferenceReport.init)
        rejections = plan.rejections.map { Rejection(system: $0.system, cloud: $0.cloud, reason: $0.reason) }
        recipes = plan.recipes
        warnings = plan.warnings
    }

    /// Those that stay, as machines are chosen among.
    package var machines: [InfrastructureSummary.Machine] {
        kept.map { InfrastructureSummary.Machine(number: $0.number, system: $0.system, state: $0.state) }
    }
}

extension PlanReport.Offer {
    package init(_ placement: Placement) {
        cloud = placement.cloud.id
        type = placement.cloud.type
        image = placement.image
        flavor = placement.flavor
        cpus = placement.cpuCount
        memoryBytes = placement.memoryBytes
        price = placement.price
        remark = placement.remark
    }
}

/// In what two documents differ, for programs and other machines.
package struct DifferenceReport: Sendable, Hashable, Codable {
    package struct Entry: Sendable, Hashable, Codable {
        /// As of `RADLDifference`: `system`, `network`.
        package var kind: String
        package var id: String
        /// `added`, `removed`, `changed`.
        package var change: String
        package var details: [Detail]
    }

    package struct Detail: Sendable, Hashable, Codable {
        package var name: String
        package var before: String?
        package var after: String?
    }

    package struct Machines: Sendable, Hashable, Codable {
        package var system: String
        package var before: Int
        package var after: Int
    }

    package var entries: [Entry]
    package var machines: [Machines]

    package var isEmpty: Bool { entries.isEmpty }

    package init(_ difference: RADLDifference) {
        entries = difference.entries.map { entry in
            Entry(
                kind: entry.kind.rawValue, id: entry.id, change: entry.change.rawValue,
                details: entry.details.map { Detail(name: $0.name, before: $0.before, after: $0.after) })
        }
        machines = difference.machines.map {
            Machines(system: $0.system, before: $0.before, after: $0.after)
        }
    }
}
