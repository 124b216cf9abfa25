/// Machines that are to be launched at one cloud, those that are alike together.
package struct LaunchQueue: Sendable {
    private struct Kind: Hashable {
        var system: String
        var placement: Placement
    }

    /// A connector may need a request for each kind of a call, and the call has a time limit.
    package static let mostKinds = 100

    private var kinds: [[MachineID]] = []
    private var positions: [Kind: Int] = [:]

    mutating func add(_ machine: MachineRecord) {
        let kind = Kind(system: machine.system, placement: machine.placement)
        if let position = positions[kind] {
            kinds[position].append(machine.id)
        } else {
            positions[kind] = kinds.count
            kinds.append([machine.id])
        }
    }

    /// The machines of each launch call, in the order in which they were added; one call may have machines of several kinds.
    ///
    /// - Parameter size: Most machines of a call, at least 1.
    func batches(of size: Int) -> [[MachineID]] {
        var batches: [[MachineID]] = []
        var batch: [MachineID] = []
        var kindsInBatch = 0
        func close() {
            if !batch.isEmpty { batches.append(batch) }
            batch = []
            kindsInBatch = 0
        }
        for machines in kinds {
            var rest = machines[...]
            while !rest.isEmpty {
                if batch.count >= size || kindsInBatch >= Self.mostKinds { close() }
                let members = rest.prefix(size - batch.count)
                batch += members
                kindsInBatch += 1
                rest = rest.dropFirst(members.count)
            }
        }
        close()
        return batches
    }
}
