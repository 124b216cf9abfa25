package import ConnectorAPI

extension EC2Connector {
    private static let catalogAgeMs = 6 * 3_600_000
    private static let imageAgeMs = 3_600_000

    package func flavors(_ request: CatalogRequest, context: CallContext) async throws -> Page<Flavor> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        var types: [EC2InstanceType] = []
        var next: String?
        if let ids = request.ids {
            for chunk in ids.chunked(100) {
                types += try await typePage(names: chunk, page: nil, session, budget).items
            }
        } else {
            let page = try await typePage(names: nil, page: request.page, session, budget)
            types = page.items
            next = page.nextToken
        }
        return Page(items: types.flatMap(Flavor.all), next: next, maxAgeMs: Self.catalogAgeMs)
    }

    private func typePage(
        names: [String]?, page: String?, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> EC2Page<EC2InstanceType> {
        try await session.client.call(.describeInstanceTypes(names: names, page: page), budget) { reader in
            try EC2Page(reader, set: "instanceTypeSet", EC2InstanceType.init)
        }
    }

    /// Publishers whose images are offered where no id is given, with patterns of the names of their plain images.
    private static let publishers: [(owner: String, patterns: [String])] = [
        ("amazon", ["al2023-ami-2023.*", "amzn2-ami-hvm-*"]),
        ("136693071363", ["debian-1*"]),
        ("099720109477", ["ubuntu/images/hvm-ssd*/ubuntu-*-server-*"]),
        ("792107900819", ["Rocky-*"]),
    ]

    /// Images by id, or the account's own and then those of the large publishers.
    ///
    /// Filters: `distribution` (part of the name), `architecture`, `owner`.
    package func images(_ request: CatalogRequest, context: CallContext) async throws -> Page<Image> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        let page: EC2Page<EC2Image>
        var next: String?
        if let ids = request.ids {
            // What names no image of this region does not exist here; EC2 is asked for the others alone.
            let valid = ids.compactMap { try? EC2ImageName.id($0, region: session.region, field: "ids") }
            guard !valid.isEmpty else { return Page(items: []) }
            var found = EC2Page<EC2Image>()
            for chunk in valid.chunked(Self.valuesPerFilter) {
                found.items += try await imagePage(.describeImages(ids: chunk), session, budget).items
            }
            page = found
        } else {
            var isOwn = request.page == nil || request.page?.hasPrefix("own:") == true
            let token = request.page.flatMap {
                $0.split(separator: ":", maxSplits: 1).dropFirst().first.map(String.init)
            }
            let filters = request.filters ?? [:]
            var answer = try await imagePage(Self.imageRequest(filters, own: isOwn, page: token), session, budget)
            // Most accounts have no image of their own: their first page is that of the publishers.
            if isOwn, answer.items.isEmpty, answer.nextToken == nil, filters["owner"] == nil {
                isOwn = false
                answer = try await imagePage(Self.imageRequest(filters, own: false, page: nil), session, budget)
            }
            page = answer
            if let more = page.nextToken {
                next = (isOwn ? "own:" : "public:") + more
            } else if isOwn, filters["owner"] == nil {
                next = "public:"
            }
        }
        return Page(
            items: page.items.map { Image($0, region: session.region) }, next: next, maxAgeMs: Self.imageAgeMs)
    }

    private static func imageRequest(_ filters: [String: String], own: Bool, page: String?) -> EC2Request {
        let distribution = filters["distribution"].map { ["*\($0)*"] }
        if let owner = filters["owner"] {
            return .describeImages(
                owners: [owner], names: distribution ?? [], architecture: filters["architecture"], page: page)
        }
        return .describeImages(
            owners: own ? ["self"] : publishers.map(\.owner),
            names: distribution ?? (own ? [] : publishers.flatMap(\.patterns)), architecture: filters["architecture"],
            page: page)
    }

    private func imagePage(
        _ request: EC2Request, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> EC2Page<EC2Image> {
        try await session.client.call(request, budget) { reader in
            try EC2Page(reader, set: "imagesSet", EC2Image.init)
        }
    }

    // MARK: - Networks

    /// Subnets. The default one is that of the first zone of the default VPC, as IM chooses it.
    package func networks(_ request: CatalogRequest, context: CallContext) async throws -> Page<Network> {
        let session = try sessions.session(request.session)
        let budget = CallBudget(context)
        let vpcs = try await session.client.call(.describeVPCs(), budget) { reader in
            try EC2Page(reader, set: "vpcSet", EC2VPC.init)
        }
        let subnets = try await subnetPage(.describeSubnets(page: request.page), session, budget)
        let vpc = vpcs.items.first(where: \.isDefault) ?? vpcs.items.first { $0.tags["Name"] == "default" }
        let candidates = subnets.items.filter { $0.vpc == vpc?.id }.sorted { ($0.zone, $0.id) < ($1.zone, $1.id) }
        let chosen = candidates.first(where: \.isDefaultForZone) ?? candidates.first
        // What names no subnet does not exist.
        let wanted = request.ids.map { Set($0.compactMap { try? EC2NetworkName($0, field: "ids").subnet }) }
        let items = subnets.items.filter { wanted?.contains($0.id) ?? true }.map { subnet in
            Network(
                id: subnet.id, name: subnet.tags["Name"] ?? "\(subnet.vpc).\(subnet.id)", cidr: subnet.cidr,
                public: subnet.assignsPublicAddresses, isDefault: subnet.id == chosen?.id,
                provider: ["ec2": ["vpc": .string(subnet.vpc), "zone": .string(subnet.zone)]])
        }
        return Page(items: items, next: subnets.nextToken, maxAgeMs: 60_000)
    }

    func subnetPage(
        _ request: EC2Request, _ session: EC2Session, _ budget: CallBudget
    ) async throws(ConnectorError) -> EC2Page<EC2Subnet> {
        try await session.client.call(request, budget) { reader in
            try EC2Page(reader, set: "subnetSet", EC2Subnet.init)
        }
    }
}
