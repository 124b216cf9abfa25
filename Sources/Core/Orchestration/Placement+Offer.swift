import ConnectorAPI
import InfrastructureModel
import RADL

extension Placement {
    /// What the provider gives here, as features that a document's wishes are held against. A function of what is stored
    /// alone: planning and launching come to the same system.
    var offer: Features {
        var offer = Features()
        if let cpuCount { offer.set("cpu.count", to: cpuCount) }
        if let memoryBytes { offer.set("memory.size", to: Int(memoryBytes)) }
        if let price { offer.set("price", to: price) }
        if !flavor.isEmpty { offer.set("instance_type", to: flavor) }
        return offer
    }
}

extension RADLSystem {
    /// The system as it is at a placement, and the sum of the weights of its wishes that come true there. A system
    /// without wishes stays as it is written.
    func concrete(at placement: Placement) -> (system: RADLSystem, score: Double) {
        features.softs.isEmpty ? (self, 0) : resolving(with: placement.offer)
    }
}

extension RADLIndex {
    /// The system of a machine with the wishes that came true where it was placed.
    func system(of machine: MachineRecord) -> RADLSystem? {
        system(machine.system)?.concrete(at: machine.placement).system
    }
}

extension Placement {
    /// Takes the size that a provider has chosen, with what it says of it.
    mutating func take(_ offer: PlanCandidate) {
        flavor = offer.flavor.id
        cpuCount = offer.flavor.cpuCount
        memoryBytes = offer.flavor.memoryBytes
        price = (offer.pricePerHour ?? offer.flavor.pricePerHour)?.amount
        remark = offer.flavor.name == offer.flavor.id ? nil : offer.flavor.name
    }
}
