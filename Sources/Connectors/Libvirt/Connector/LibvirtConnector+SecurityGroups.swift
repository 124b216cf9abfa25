package import ConnectorAPI
import Support

extension LibvirtConnector {
    package func ensureSecurityGroup(
        _ request: EnsureRequest<SecurityGroupSpec>, context: CallContext
    ) async throws -> Outcome<Resource> {
        let session = try sessions.session(request.session)
        try Self.check(tags: request.tags)
        let budget = CallBudget(context)
        let lock = lock
        return try await session.connection.run("security group '\(request.spec.name)'", budget) {
            host throws(ConnectorError) in
            try lock.hold("filters", budget) { () throws(ConnectorError) in
                .done(try host.ensureFilter(request.spec, request.tags, session))
            }
        }
    }
}

extension Hypervisor {
    private static let filterKind = "group"

    /// Filters that were made here, with what they say of themselves.
    func ownFilters(_ session: LibvirtSession) throws(ConnectorError) -> [(id: String, name: TaggedName)] {
        var names: [String] = []
        if uri.isTest {
            names = try named(session, kind: Self.filterKind, ending: "").map(\.volume.name)
        } else if hasFilters {
            names = try filters().map(\.name)
        }
        return names.compactMap { id in
            guard let name = TaggedName(id), name.kind == Self.filterKind else { return nil }
            return (id, name)
        }
    }

    /// Machines that use it have its rules at once.
    func ensureFilter(
        _ spec: SecurityGroupSpec, _ tags: [String: String], _ session: LibvirtSession
    ) throws(ConnectorError) -> Resource {
        var definition = FilterDefinition(
            name: try TaggedName(kind: Self.filterKind, name: spec.name, tags: tags).text(), rules: spec.rules)
        if let there = try ownFilters(session).first(where: { $0.name.tags.contains(all: tags) }) {
            definition.name = there.id
        }
        let xml = try definition.xml()
        if uri.isTest {
            // It pretends machines, and knows no filters: a volume of that name stands for one.
            let pool = try session.pool(self)
            if try pool.volume(definition.name) == nil {
                _ = try pool.makeVolume(VolumeXML.plain(definition.name, size: 0, format: "raw"), definition.name)
            }
        } else if hasFilters {
            definition.uuid = try filter(definition.name)?.xml().child("uuid")?.text
            try defineFilter(definition.uuid == nil ? xml : try definition.xml(), definition.name)
            Failpoint.reached("libvirt.filter")
        } else {
            throw ConnectorError(
                code: .unsupported,
                message: "a session of a user has no network filters; only SSH reaches its machines from elsewhere")
        }
        return Resource(kind: .securityGroup, id: definition.name, name: spec.name, tags: tags)
    }

    /// What others have made is not touched.
    func deleteFilter(_ id: String, _ session: LibvirtSession) throws(ConnectorError) {
        guard TaggedName(id)?.kind == Self.filterKind else { return }
        if uri.isTest {
            try pool(session.settings.pool ?? LibvirtSession.ownPool)?.volume(id)?.remove()
        } else if hasFilters, let filter = try filter(id) {
            do throws(ConnectorError) {
                try filter.remove()
            } catch {
                guard error.code != .notFound else { return }
                throw error
            }
        }
    }

    /// A session of a user has none.
    var hasFilters: Bool { !uri.isSession && !uri.isTest }
}
