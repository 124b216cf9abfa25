import ConnectorAPI

extension ConformanceSuite {
    static let catalogChecks: [ConformanceCheck] = [
        ConformanceCheck(
            id: "catalog.flavors", title: "flavors have sizes and ids of their own",
            rules: ["O2"],
            mend: "Give sizes in bytes (1 GiB is 1073741824) and each size once.", needs: [.flavors],
            isDestructive: false
        ) { run in
            let session = try await run.open()
            let flavors = try await pages(run) {
                try await run.connector.flavors(CatalogRequest(session: session, page: $0), context: CallContext())
            }
            try run.expect(!flavors.isEmpty, "the catalog is empty")
            for flavor in flavors {
                try run.expect(flavor.cpuCount > 0, "flavor '\(flavor.id)' has \(flavor.cpuCount) CPUs")
                // Smaller than 1 MiB means another unit.
                try run.expect(
                    flavor.memoryBytes >= 1 << 20, "flavor '\(flavor.id)' has \(flavor.memoryBytes) bytes of memory")
                if let price = flavor.pricePerHour {
                    try run.expect(price.amount >= 0, "flavor '\(flavor.id)' costs \(price.amount)")
                }
            }
            // One size may come once per architecture.
            let keys = flavors.map { "\($0.id)/\($0.architecture ?? "")" }
            try run.expect(Set(keys).count == keys.count, "two flavors have the same id and architecture")
        },
        ConformanceCheck(
            id: "catalog.images", title: "images have ids of their own and can be asked for",
            rules: ["O2"],
            mend: "Give each image once; with `ids`, ask the provider for those, by id or by URL.",
            needs: [.images], isDestructive: false
        ) { run in
            let session = try await run.open()
            let images = try await pages(run) {
                try await run.connector.images(CatalogRequest(session: session, page: $0), context: CallContext())
            }
            try run.expect(Set(images.map(\.id)).count == images.count, "two images have the same id")
            guard let first = images.first else { return }
            for name in [first.id, first.uri] {
                let found = try await run.connector.images(
                    CatalogRequest(session: session, ids: [name]), context: CallContext()
                ).items
                try run.expect(
                    found.contains { $0.id == first.id }, "asked for '\(name)' alone the catalog does not contain it")
            }
        },
        ConformanceCheck(
            id: "catalog.prices", title: "flavors have prices", level: .should,
            rules: ["O9"],
            mend: "Give pricePerHour {amount, currency} with each flavor whose price is known.",
            needs: [.flavors, .price], isDestructive: false
        ) { run in
            let session = try await run.open()
            let flavors = try await run.connector.flavors(CatalogRequest(session: session), context: CallContext())
            let prices = flavors.items.compactMap(\.pricePerHour)
            try run.expect(!prices.isEmpty, "no flavor has a price")
            for price in prices {
                try run.expect(
                    price.currency.count == 3 && price.currency == price.currency.uppercased(),
                    "'\(price.currency)' is no currency of ISO 4217")
            }
        },
        ConformanceCheck(
            id: "catalog.networks", title: "networks have ids of their own",
            rules: ["O2"],
            mend: "Give each network once, with its id.",
            needs: [.networks], isDestructive: false
        ) { run in
            let session = try await run.open()
            let networks = try await pages(run) {
                try await run.connector.networks(CatalogRequest(session: session, page: $0), context: CallContext())
            }
            try run.expect(!networks.contains { $0.id.isEmpty }, "a network has no id")
            try run.expect(Set(networks.map(\.id)).count == networks.count, "two networks have the same id")
            try run.expect(networks.count { $0.isDefault == true } <= 1, "more than one network is the default one")
        },
        ConformanceCheck(
            id: "catalog.quotas", title: "quotas have names of their own and limits",
            rules: ["O2"],
            mend: "Give each limit once; -1 is no limit.",
            needs: [.quotas], isDestructive: false
        ) { run in
            let session = try await run.open()
            let quotas = try await pages(run) {
                try await run.connector.quotas(CatalogRequest(session: session, page: $0), context: CallContext())
            }
            try run.expect(Set(quotas.map(\.name)).count == quotas.count, "two quotas have the same name")
            for quota in quotas {
                try run.expect(
                    quota.limit >= -1 && quota.used >= 0, "quota '\(quota.name)': \(quota.used) of \(quota.limit)")
            }
        },
        ConformanceCheck(
            id: "plan.candidates", title: "a plan keeps to what was asked for and makes nothing",
            rules: ["O3"],
            mend: "Give candidates whose CPUs and memory are within the limits of the request.",
            needs: [.plan], isDestructive: false
        ) { run in
            let session = try await run.open()
            let request = PlanRequest(
                session: session, cpuCountMin: 2, memoryBytesMin: 2 << 30,
                images: [run.settings.image].compactMap { $0 })
            let candidates = try await run.connector.plan(request, context: CallContext())
            for flavor in candidates.map(\.flavor) {
                try run.expect(
                    flavor.cpuCount >= 2 && flavor.memoryBytes >= 2 << 30,
                    "for 2 CPUs and 2 GiB it offers '\(flavor.id)' with \(flavor.cpuCount) CPUs and "
                        + "\(flavor.memoryBytes) bytes")
            }
            let made = try await run.list(session, tags: run.tags)
            try run.expect(made.isEmpty, "a plan made \(made.map(\.id))")
        },
    ]

    /// All pages of a catalog.
    private static func pages<Item>(
        _ run: CheckRun, _ call: (String?) async throws -> Page<Item>
    ) async throws -> [Item] {
        var found: [Item] = []
        var page: String?
        for _ in 0..<10_000 {
            let answer = try await call(page)
            found += answer.items
            guard let next = answer.next else { return found }
            try run.expect(next != page, "the page '\(next)' follows itself")
            page = next
        }
        throw CheckEnd.failed("the catalog does not end after 10,000 pages")
    }
}
