package import ConnectorAPI
import HTTPTransport

extension OpenStackConnector {
    private static let catalogAgeMs = 300_000

    // MARK: - Flavors

    package func flavors(_ request: CatalogRequest, context: CallContext) async throws -> Page<Flavor> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        var query = [("limit", String(Self.pageSize))]
        if let page = request.page { query.append(("marker", page)) }
        let version = try await session.microversion(.extraSpecs, budget)
        let page: NovaFlavors = try await session.client.call(
            OpenStackRequest(.compute, .get, "flavors", "detail", query: query, microversion: version), budget)
        let wanted = request.ids.map(Set.init)
        let items = page.flavors.filter { flavor in
            flavor.isDisabled != true && wanted.map { $0.contains(flavor.id) || $0.contains(flavor.name) } ?? true
        }
        return Page(items: items.map { Flavor($0) }, next: page.marker, maxAgeMs: Self.catalogAgeMs)
    }

    // MARK: - Images

    package func images(_ request: CatalogRequest, context: CallContext) async throws -> Page<Image> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        if let ids = request.ids {
            let found = await each(ids) { id throws(ConnectorError) in try await self.image(id, session, budget) }
            var items: [Image] = []
            for result in found { if let image = try result.get() { items.append(image) } }
            return Page(items: items, maxAgeMs: Self.catalogAgeMs)
        }
        var query = [("limit", "200"), ("status", "active")]
        if let page = request.page { query.append(("marker", page)) }
        let page: GlanceImages = try await session.client.call(
            OpenStackRequest(.image, .get, "images", query: query), budget)
        let filters = request.filters ?? [:]
        let items = page.images.filter { $0.status == "active" }.map { Image($0, host: session.host) }.filter {
            $0.matches(distribution: filters["distribution"], version: filters["version"])
        }
        return Page(items: items, next: page.marker, maxAgeMs: Self.catalogAgeMs)
    }

    /// What an id or URL names; nil where it names nothing here. A volume to boot from is an image whose id is its URL.
    private func image(
        _ text: String, _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> Image? {
        guard let name = try? ImageName(text, host: session.host, field: "ids") else { return nil }
        let uri = text.contains("://") ? text : nil
        do throws(ConnectorError) {
            if name.isVolume {
                let answer: CinderVolumeAnswer = try await session.client.call(
                    OpenStackRequest(.volume, .get, "volumes", name.id), budget)
                return Image(id: text, uri: text, name: answer.volume.name?.nonEmpty ?? name.id)
            }
            let image: GlanceImage = try await session.client.call(
                OpenStackRequest(.image, .get, "images", name.id), budget)
            return image.status == "active" ? Image(image, host: session.host, uri: uri) : nil
        } catch {
            guard [.notFound, .unsupported].contains(error.code) else { throw error }
            return nil
        }
    }

    /// All images that a query finds.
    func allImages(
        _ query: [(String, String)], _ session: OpenStackSession, _ budget: CallBudget
    ) async throws(ConnectorError) -> [GlanceImage] {
        var found: [GlanceImage] = []
        var marker: String?
        repeat {
            var all = query + [("limit", "200")]
            if let marker { all.append(("marker", marker)) }
            let page: GlanceImages = try await session.client.call(
                OpenStackRequest(.image, .get, "images", query: all), budget)
            found += page.images
            marker = page.marker
        } while marker != nil
        return found
    }

    // MARK: - Quotas

    package func quotas(_ request: CatalogRequest, context: CallContext) async throws -> Page<Quota> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        let nova: NovaLimits = try await session.client.call(OpenStackRequest(.compute, .get, "limits"), budget)
        let limits = nova.limits.absolute
        var items: [Quota] = []
        func add(_ name: String, _ used: Int64?, _ limit: Int64?, times: Int64 = 1) {
            guard let limit else { return }
            items.append(Quota(name: name, used: (used ?? 0) * times, limit: limit < 0 ? -1 : limit * times))
        }
        add("cores", limits["totalCoresUsed"], limits["maxTotalCores"])
        // Nova counts MiB.
        add("ram", limits["totalRAMUsed"], limits["maxTotalRAMSize"], times: 1 << 20)
        add("instances", limits["totalInstancesUsed"], limits["maxTotalInstances"])
        let neutron: NeutronQuotas = try await session.client.call(
            OpenStackRequest(.network, .get, "quotas", session.project.id, "details"), budget)
        for (name, key) in [
            ("floating_ips", "floatingip"), ("security_groups", "security_group"), ("networks", "network"),
            ("ports", "port"),
        ] {
            add(name, neutron.quota[key]?.used, neutron.quota[key]?.limit)
        }
        if session.client.catalog.has(.volume) {
            let cinder: CinderLimits = try await session.client.call(OpenStackRequest(.volume, .get, "limits"), budget)
            let limits = cinder.limits.absolute
            add("volumes", limits["totalVolumesUsed"], limits["maxTotalVolumes"])
            add(
                "volume_storage", limits["totalGigabytesUsed"], limits["maxTotalVolumeGigabytes"], times: 1 << 30)
        }
        return Page(items: items.filter { request.ids?.contains($0.name) ?? true })
    }
}
