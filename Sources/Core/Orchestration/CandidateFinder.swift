import ConnectorAPI
import Foundation
import InfrastructureModel
import RADL
import Support

/// Finds where a system can run: images and flavors of each cloud matched against what it asks for.
struct CandidateFinder: Sendable {
    let sessions: ConnectorSessions

    /// Why a cloud cannot run a system.
    struct Unfit: Error, Sendable {
        var reason: String
    }

    /// Placements at one cloud, cheapest first, then smallest.
    /// - Throws: ``Unfit``.
    func placements(of system: RADLSystem, at cloud: CloudReference) async throws -> [Placement] {
        let requirements = Requirements(system: system)
        do {
            let connector = try await sessions.connector(of: cloud)
            let description = connector.description
            if description.capabilities[.existingMachines] != nil {
                return [try existing(requirements, cloud)]
            }
            let images = try await images(requirements, cloud, description)
            guard description.capabilities[.flavors] != nil else {
                return images.map { image in
                    Placement(
                        cloud: cloud, image: image.id, flavor: requirements.features.string("instance_type") ?? "",
                        loginUser: loginUser(requirements, image), zone: zone(requirements))
                }
            }
            let flavors = try await sessions.flavors(cloud).filter { requirements.isSatisfied(by: $0) }
            guard !flavors.isEmpty else {
                throw Unfit(reason: "no flavor satisfies \(requirements.summary)")
            }
            var placements: [Placement] = []
            for image in images {
                let fitting = flavors.filter { flavor in
                    guard let wanted = image.architecture, let offered = flavor.architecture else { return true }
                    return wanted == offered
                }
                placements += fitting.sorted(by: Self.isBetter).prefix(Self.mostCandidates).map { flavor in
                    Placement(
                        cloud: cloud, image: image.id, flavor: flavor.id, cpuCount: flavor.cpuCount,
                        memoryBytes: flavor.memoryBytes, price: flavor.pricePerHour?.amount,
                        loginUser: loginUser(requirements, image), zone: zone(requirements))
                }
            }
            guard !placements.isEmpty else {
                throw Unfit(reason: "no flavor runs the architecture of the image")
            }
            return placements
        } catch let error as ConnectorError {
            throw Unfit(reason: error.description)
        }
    }

    /// Enough to get past sizes that are sold out, few enough to keep records small.
    private static let mostCandidates = 3

    private static func isBetter(_ left: Flavor, _ right: Flavor) -> Bool {
        let leftKey = (left.pricePerHour?.amount ?? .infinity, left.cpuCount, left.memoryBytes)
        let rightKey = (right.pricePerHour?.amount ?? .infinity, right.cpuCount, right.memoryBytes)
        return leftKey == rightKey ? left.id < right.id : leftKey < rightKey
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
        return Placement(cloud: cloud, image: requirements.images.first ?? address, flavor: "", loginUser: user)
    }

    private func images(
        _ requirements: Requirements, _ cloud: CloudReference, _ description: ConnectorDescription
    ) async throws -> [Image] {
        let wanted = requirements.images.filter { understands($0, description) }
        if !requirements.images.isEmpty, wanted.isEmpty {
            throw Unfit(
                reason: "image \(requirements.images.joined(separator: ", ")) is not for connector "
                    + "'\(description.name)', which reads "
                    + description.imageSchemes.map { "\($0)://…" }.joined(separator: ", "))
        }
        guard description.capabilities[.images] != nil else {
            guard !wanted.isEmpty else { throw Unfit(reason: "disk.0.image.url is needed") }
            return wanted.map { Image(id: $0, uri: $0, name: $0) }
        }
        if !wanted.isEmpty {
            let known = try await sessions.images(cloud, ids: wanted)
            let found = wanted.compactMap { url in known.first { $0.uri == url || $0.id == url } }
            if !found.isEmpty { return found }
            if description.imageSchemes.contains("*") { return wanted.map { Image(id: $0, uri: $0, name: $0) } }
            throw Unfit(
                reason: "image \(wanted.joined(separator: ", ")) is unknown there; "
                    + "it may be misspelt, of another region, or not shared with this account")
        }
        return [try await search(requirements, cloud)]
    }

    /// The first image of the wanted operating system, as in IM.
    private func search(_ requirements: Requirements, _ cloud: CloudReference) async throws -> Image {
        var filters: [String: String] = [:]
        filters["distribution"] = requirements.features.string("disk.0.os.flavour")
        filters["version"] = requirements.features.string("disk.0.os.version")
        let found = try await sessions.images(cloud, ids: nil, filters: filters)
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
