package import ConnectorAPI

extension LibvirtConnector {
    /// Machines, then what is there beside them. What belongs to a machine goes with it and is not listed.
    package func list(_ request: ListRequest, context: CallContext) async throws -> Page<Resource> {
        let session = try sessions.session(request.session)
        try Self.check(tags: request.tags)
        func asks(_ kind: Resource.Kind) -> Bool { request.kinds?.contains(kind) ?? true }
        let (machines, volumes, images, networks) = (asks(.machine), asks(.volume), asks(.image), asks(.network))
        let groups = asks(.securityGroup)
        let items = try await session.connection.run("the look for what carries the tags", CallBudget(context)) {
            host throws(ConnectorError) in
            var items: [Resource] = []
            if machines {
                items += try host.allMachines().filter { $0.value.tags.contains(all: request.tags) }
                    .sorted { $0.key < $1.key }.map { id, machine in
                        Resource(kind: .machine, id: id, tags: machine.tags, machine: machine)
                    }
            }
            for (kind, word, isAsked) in [(Resource.Kind.volume, "volume", volumes), (.image, "image", images)]
            where isAsked {
                for (volume, name) in try host.named(session, kind: word) where name.tags.contains(all: request.tags) {
                    items.append(Resource(kind: kind, id: volume.name, name: name.name, tags: name.tags))
                }
            }
            if networks {
                for (network, label) in try host.ownNetworks() where label.tags.contains(all: request.tags) {
                    items.append(Resource(kind: .network, id: network.name, name: label.name, tags: label.tags))
                }
            }
            if groups {
                for (id, name) in try host.ownFilters(session) where name.tags.contains(all: request.tags) {
                    items.append(Resource(kind: .securityGroup, id: id, name: name.name, tags: name.tags))
                }
            }
            return items
        }
        return Page(items: items)
    }
}
