import ConnectorAPI
import Foundation
import InfrastructureModel
import RADL
import Support

/// Finds where a system can run: images and flavors of each cloud matched against what it asks for.
///
/// For one plan: what a catalog answered once it is not asked again, be it that the cloud does not answer at all.
struct CandidateFinder {
    let sessions: ConnectorSessions
    private let preview: LaunchPreview
    private var knownImages: [ImageQuestion: [Image]] = [:]
    private var knownFlavors: [FlavorQuestion: [Flavor]] = [:]
    private var knownPlans: [PlanQuestion: PlanCandidate?] = [:]
    /// Whether a session of the site opens, and if not, why.
    private var sites: [CloudSite: Unfit?] = [:]

    init(sessions: ConnectorSessions, preview: LaunchPreview) {
        self.sessions = sessions
        self.preview = preview
    }

    /// Why a cloud cannot run a system.
    struct Unfit: Error, Sendable {
        var reason: String
        /// It can run none.
        var isOfCloud = false
        /// Where neither the document nor the credentials are wrong: what failed.
        var outage: String?
    }

    private struct ImageQuestion: Hashable {
        var site: CloudSite
        var ids: [String]?
        var filters: [String: String]?
    }

    private struct PlanQuestion: Hashable {
        var site: CloudSite
        var wish: PlanWish
    }

    private struct FlavorQuestion: Hashable {
        var site: CloudSite
        var sizes: Features
    }

    /// Placements at one cloud: those first that grant most of the system's wishes, of these the cheapest, then the
    /// smallest.
    ///
    /// - Parameter isBooted: Whether cloud-init has to do something there.
    /// - Throws: ``Unfit``.
    mutating func placements(
        of system: RADLSystem, at cloud: CloudReference, byCloudInit isBooted: Bool = false
    ) async throws -> [Placement] {
        let placements = try await matches(of: system, at: cloud, byCloudInit: isBooted)
        var usable: [Placement] = []
        var unfit: Unfit?
        for placement in placements {
            do {
                try await open(placement.cloud)
                usable.append(placement)
            } catch let error as Unfit {
                unfit = unfit ?? error
            }
        }
        if usable.isEmpty, let unfit { throw unfit }
        return usable
    }

    /// Makes sure that a session opens, without which nothing can be launched.
    private mutating func open(_ cloud: CloudReference) async throws {
        if let known = sites[cloud.site] {
            if let known { throw known }
            return
        }
        do {
            _ = try await sessions.account(of: cloud)
            sites[cloud.site] = .some(nil)
        } catch let error as ConnectorError {
            let isOutage = ![.unauthenticated, .permissionDenied, .invalidArgument, .notFound].contains(error.code)
            let unfit = Unfit(
                reason: error.description, isOfCloud: true, outage: isOutage ? error.message : nil)
            sites[cloud.site] = unfit
            throw unfit
        }
    }

    private mutating func matches(
        of system: RADLSystem, at cloud: CloudReference, byCloudInit isBooted: Bool
    ) async throws -> [Placement] {
        let requirements = Requirements(system: system)
        do {
            let connector = try await sessions.connector(of: cloud)
            let description = connector.description
            guard !isBooted || description.capabilities[.userData] != nil else {
                throw Unfit(
                    reason: "nothing is handed to cloud-init there, which 'with cloud_init' in 'contextualize' asks for"
                )
            }
            if description.capabilities[.existingMachines] != nil {
                return [try existing(requirements, cloud)]
            }
            let offers = try await images(requirements, cloud, description)
            guard description.capabilities[.flavors] != nil else {
                let type = requirements.features.string("instance_type") ?? ""
                let placements = offers.map { image, cloud in
                    Placement(
                        cloud: cloud, image: image.id, flavor: type,
                        cpuCount: requirements.leastCPUs, memoryBytes: requirements.leastMemory,
                        loginUser: loginUser(requirements, image), zone: zone(requirements))
                }
                guard description.capabilities[.plan] != nil else { return placements }
                return try await planned(placements, requirements)
            }
            var placements: [Placement] = []
            var unfit = Unfit(reason: "no flavor runs the architecture of the image")
            for (image, cloud) in offers {
                let flavors = try await flavors(requirements, cloud)
                guard !flavors.isEmpty else {
                    unfit = Unfit(reason: "no flavor satisfies \(requirements.summary)")
                    continue
                }
                let fitting = flavors.lazy.filter { flavor in
                    guard let wanted = image.architecture, let offered = flavor.architecture else { return true }
                    return wanted == offered
                }
                // All of them matter only to a system with wishes.
                let enough = system.features.softs.isEmpty ? Self.mostCandidates : flavors.count
                let candidates = Array(fitting.prefix(enough)).map { flavor in
                    Placement(
                        cloud: cloud, image: image.id, flavor: flavor.id, cpuCount: flavor.cpuCount,
                        memoryBytes: flavor.memoryBytes, price: flavor.pricePerHour?.amount,
                        loginUser: loginUser(requirements, image), zone: zone(requirements))
                }
                placements += Self.mostGranting(candidates, system).prefix(Self.mostCandidates)
            }
            guard !placements.isEmpty else { throw unfit }
            return placements
        } catch let error as ConnectorError {
            throw Unfit(reason: error.description)
        }
    }

    /// Where the provider chooses the size itself: what it would choose for each, with what it says of that.
    private mutating func planned(
        _ placements: [Placement], _ requirements: Requirements
    ) async throws -> [Placement] {
        var found: [Placement] = []
        for placement in placements {
            var wish = preview.complete(
                PlanWish(
                    cpus: requirements.leastCPUs, memoryBytes: requirements.leastMemory,
                    architecture: requirements.architecture, image: placement.image), requirements.system,
                at: placement)
            if !placement.flavor.isEmpty { wish.instanceType = placement.flavor }
            let question = PlanQuestion(site: placement.cloud.site, wish: wish)
            let known = knownPlans[question]
            let offer: PlanCandidate?
            if let known {
                offer = known
            } else {
                offer = try await ask(placement.cloud) { try await $0.plan(placement.cloud, wish) }
            }
            knownPlans[question] = .some(offer)
            // One that does not look at names of sizes takes them as they are, or refuses them when it launches.
            if let offer, let type = wish.instanceType, !Requirements.matches(type, offer.flavor) {
                found.append(placement)
                continue
            }
            guard let offer, requirements.isSatisfied(by: offer.flavor, isChosen: true) else {
                continue
            }
            var chosen = placement
            chosen.take(offer)
            found.append(chosen)
        }
        guard !found.isEmpty else { throw Unfit(reason: "nothing there satisfies \(requirements.summary)") }
        return found
    }

    /// Asks a site for something of its catalogs. One that does not answer is not asked again.
    private mutating func ask<Answer>(
        _ cloud: CloudReference, _ question: (ConnectorSessions) async throws -> Answer
    ) async throws -> Answer {
        try await open(cloud)
        do {
            return try await question(sessions)
        } catch let error as ConnectorError where !Self.isOfQuestion(error) {
            let unfit = Unfit(reason: error.description, isOfCloud: true)
            sites[cloud.site] = unfit
            throw unfit
        }
    }

    /// Whether another question may be answered all the same.
    private static func isOfQuestion(_ error: ConnectorError) -> Bool {
        [.invalidArgument, .unsupported, .notFound, .quotaExceeded].contains(error.code)
    }

    /// Flavors that satisfy a system, best first.
    private mutating func flavors(_ requirements: Requirements, _ cloud: CloudReference) async throws -> [Flavor] {
        let question = FlavorQuestion(site: cloud.site, sizes: requirements.sizes)
        if let known = knownFlavors[question] { return known }
        let found = try await ask(cloud) { try await Self.flavors(requirements, cloud, $0) }.sorted(by: Self.isBetter)
        knownFlavors[question] = found
        return found
    }

    private static func flavors(
        _ requirements: Requirements, _ cloud: CloudReference, _ sessions: ConnectorSessions
    ) async throws -> [Flavor] {
        // The whole catalog of a large provider takes seconds. A type may also be asked for by a name that is no id.
        if let type = requirements.features.string("instance_type"), !type.contains("*") {
            let named = try await sessions.flavors(cloud, ids: [type]).filter { requirements.isSatisfied(by: $0) }
            if !named.isEmpty { return named }
        }
        return try await sessions.flavors(cloud).filter { requirements.isSatisfied(by: $0) }
    }

    /// Enough to get past sizes that are sold out, few enough to keep records small.
    private static let mostCandidates = 3

    private static func isBetter(_ left: Flavor, _ right: Flavor) -> Bool {
        let leftKey = (left.pricePerHour?.amount ?? .infinity, left.cpuCount, left.memoryBytes)
        let rightKey = (right.pricePerHour?.amount ?? .infinity, right.cpuCount, right.memoryBytes)
        return leftKey == rightKey ? left.id < right.id : leftKey < rightKey
    }

    /// Those with the highest score first, else in the order given.
    private static func mostGranting(_ placements: [Placement], _ system: RADLSystem) -> [Placement] {
        guard !system.features.softs.isEmpty else { return placements }
        let scored = placements.enumerated().map { (offset: $0, placement: $1, score: system.concrete(at: $1).score) }
        return scored.sorted { $0.score == $1.score ? $0.offset < $1.offset : $0.score > $1.score }.map(\.placement)
    }

    private func existing(_ requirements: Requirements, _ cloud: CloudReference) throws -> Placement {
        let features = requirements.features
        guard let address = features.string("net_interface.0.ip") else {
            throw Unfit(reason: "a machine that already runs needs its address in net_interface.0.ip")
        }
        guard let user = features.string("disk.0.os.credentials.username") else {
            throw Unfit(reason: "a machine that already runs needs disk.0.os.credentials.username")
        }
        guard
            features.contains("disk.0.os.credentials.password")
                || features.contains("disk.0.os.credentials.private_key")
        else {
            throw Unfit(
                reason: "a machine that already runs needs disk.0.os.credentials.password or .private_key")
        }
        return Placement(
            cloud: cloud, image: requirements.images.first ?? address, flavor: "", loginUser: user, isExisting: true)
    }

    /// An image, and the cloud in the region where the image is.
    private typealias Offer = (image: Image, cloud: CloudReference)

    private mutating func images(
        _ requirements: Requirements, _ cloud: CloudReference, _ description: ConnectorDescription
    ) async throws -> [Offer] {
        if requirements.images.isEmpty, let address = requirements.features.string("net_interface.0.ip") {
            throw Unfit(
                reason: "the document gives the address \(address) and no image: that is a machine that already runs; "
                    + "for a new one name disk.0.image.url")
        }
        let wanted = requirements.images.filter { understands($0, description) }
        if !requirements.images.isEmpty, wanted.isEmpty {
            throw Unfit(
                reason: "image \(requirements.images.joined(separator: ", ")) is not for connector "
                    + "'\(description.name)', which reads "
                    + description.imageSchemes.map { "\($0)://…" }.joined(separator: ", "))
        }
        guard description.capabilities[.images] != nil else {
            guard !wanted.isEmpty else { throw Unfit(reason: "disk.0.image.url is needed") }
            return wanted.map { (Image(id: $0, uri: $0, name: $0), cloud.at(image: $0, description)) }
        }
        if !wanted.isEmpty {
            var known: [CloudSite: [Image]] = [:]
            var sites: [CloudReference] = []
            for site in wanted.map({ cloud.at(image: $0, description) }) where !sites.contains(site) {
                sites.append(site)
                let urls = wanted.filter { cloud.at(image: $0, description) == site }
                known[site.site] = try await images(site, ids: urls)
            }
            let found = wanted.compactMap { url -> Offer? in
                let image = known[cloud.at(image: url, description).site]?.first { $0.uri == url || $0.id == url }
                return image.map { ($0, cloud.at(image: $0.uri, description)) }
            }
            if !found.isEmpty { return found }
            if description.imageSchemes.contains("*") {
                return wanted.map { (Image(id: $0, uri: $0, name: $0), cloud.at(image: $0, description)) }
            }
            // A catalog with regions is large, and none of the account's.
            let isLarge = description.capabilities[.regions] != nil
            let there = isLarge ? nil : try await images(cloud, ids: nil).map(\.uri)
            throw Unfit(reason: Self.unknown(wanted, there: there))
        }
        let image = try await search(requirements, cloud)
        return [(image, cloud.at(image: image.uri, description))]
    }

    /// - Parameter there: What there is; nil: too much to be told.
    static func unknown(_ wanted: [String], there: [String]?) -> String {
        let subject = "image \(wanted.joined(separator: ", ")) is unknown there; "
        guard let there else {
            return subject + "it may be misspelt, of another region, or not shared with this account"
        }
        guard !there.isEmpty else { return subject + "there is none in its catalog" }
        guard there.count <= 12 else { return subject + "it may be misspelt, or not shared with this account" }
        return subject + "there are: " + there.sorted().joined(separator: ", ")
    }

    private mutating func images(
        _ cloud: CloudReference, ids: [String]?, filters: [String: String]? = nil
    ) async throws -> [Image] {
        let question = ImageQuestion(site: cloud.site, ids: ids, filters: filters)
        if let known = knownImages[question] { return known }
        let found = try await ask(cloud) { try await $0.images(cloud, ids: ids, filters: filters) }
        knownImages[question] = found
        return found
    }

    /// The first image of the wanted operating system, as in IM.
    private mutating func search(_ requirements: Requirements, _ cloud: CloudReference) async throws -> Image {
        var filters: [String: String] = [:]
        filters["distribution"] = requirements.features.string("disk.0.os.flavour")
        filters["version"] = requirements.features.string("disk.0.os.version")
        let found = try await images(cloud, ids: nil, filters: filters)
        let matching = found.filter { image in
            filters.values.allSatisfy { image.name.lowercased().contains($0.lowercased()) || image.os != nil }
                && fits(image.os?.flavour, filters["distribution"]) && fits(image.os?.version, filters["version"])
        }
        guard let first = matching.first else {
            throw Unfit(reason: "no image of \(filters.values.sorted().joined(separator: " ")) is in its catalog")
        }
        return first
    }

    private func fits(_ offered: String?, _ wanted: String?) -> Bool {
        guard let offered, let wanted else { return true }
        return offered.lowercased().hasPrefix(wanted.lowercased())
    }

    private func understands(_ url: String, _ description: ConnectorDescription) -> Bool {
        if description.imageSchemes.contains("*") { return true }
        guard let separator = url.range(of: "://") else { return true }
        return description.imageSchemes.contains(String(url[..<separator.lowerBound]))
    }

    private func loginUser(_ requirements: Requirements, _ image: Image) -> String? {
        requirements.features.string("disk.0.os.credentials.username") ?? image.loginUser
    }

    private func zone(_ requirements: Requirements) -> String? {
        requirements.features.string("availability_zone")
    }
}

extension CloudReference {
    /// The cloud in the region that an image's URL names, `SCHEME://REGION/…`, where the connector keeps regions apart.
    func at(image url: String, _ description: ConnectorDescription) -> CloudReference {
        guard description.capabilities[.regions] != nil, let separator = url.range(of: "://") else { return self }
        let parts = url[separator.upperBound...].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1, let region = parts.first, !region.isEmpty else { return self }
        var there = self
        there.region = String(region)
        return there
    }
}
