import ConnectorAPI

/// The order in which resources can be deleted: each before those that it depends on.
enum DeletionOrder {
    static func sorted(_ resources: [Resource]) -> [Resource] {
        let byReference = Dictionary(
            resources.map { (Resource.Reference(kind: $0.kind, id: $0.id), $0) },
            uniquingKeysWith: { first, _ in first })
        var done: Set<Resource.Reference> = []
        var order: [Resource] = []

        func visit(_ resource: Resource) {
            guard done.insert(Resource.Reference(kind: resource.kind, id: resource.id)).inserted else { return }
            for reference in resource.dependsOn {
                if let other = byReference[reference] { visit(other) }
            }
            order.append(resource)
        }
        for resource in resources.sorted(by: { ($0.kind.rawValue, $0.id) < ($1.kind.rawValue, $1.id) }) {
            visit(resource)
        }
        // Visited were the dependencies first: they go last.
        return order.reversed()
    }
}
