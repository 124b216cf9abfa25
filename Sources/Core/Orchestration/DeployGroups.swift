import InfrastructureModel
import RADL

/// Deploy sentences whose machines have to be at one cloud, since they share private networks (im.md 5.3).
struct DeployGroups {
    /// Positions of deploy sentences.
    var deploys: [Int]
    /// Whether a private network ties them.
    var staysTogether: Bool

    /// All groups of a document, in the order of their first deploy.
    static func groups(of document: RADLDocument) -> [DeployGroups] {
        var parent: [String: String] = [:]
        func root(_ network: String) -> String {
            var current = network
            while let next = parent[current], next != current { current = next }
            return current
        }
        var networksOf: [Int: [String]] = [:]
        for (position, deploy) in document.deploys.enumerated() {
            guard let system = document.system(deploy.system) else { continue }
            let ids = document.networks(of: system).filter { !$0.isPublic }.map(\.id)
            networksOf[position] = ids
            for id in ids where parent[id] == nil { parent[id] = id }
            for id in ids.dropFirst() { parent[root(id)] = root(ids[0]) }
        }
        var groups: [DeployGroups] = []
        var byRoot: [String: Int] = [:]
        for position in document.deploys.indices {
            guard let first = networksOf[position]?.first else {
                groups.append(DeployGroups(deploys: [position], staysTogether: false))
                continue
            }
            let key = root(first)
            if let known = byRoot[key] {
                groups[known].deploys.append(position)
            } else {
                byRoot[key] = groups.count
                groups.append(DeployGroups(deploys: [position], staysTogether: true))
            }
        }
        return groups
    }

    /// Systems of the group, each once.
    func systems(in document: RADLDocument) -> [RADLSystem] {
        var seen: Set<String> = []
        return deploys.compactMap { document.system(document.deploys[$0].system) }.filter {
            seen.insert($0.id).inserted
        }
    }

    /// Clouds that the deploy sentences allow.
    /// - Throws: ``ManagerError`` for a cloud id that nobody gave, and for two different ones in one group.
    func allowed(_ clouds: [CloudReference], in document: RADLDocument) throws -> [CloudReference] {
        let named = Set(deploys.compactMap { document.deploys[$0].cloud })
        guard let id = named.first else { return clouds }
        guard named.count == 1 else {
            throw ManagerError(
                code: .invalidDocument,
                message: "Two deployments that have to be launched in the same cloud provider are asked to be deployed "
                    + "in different cloud providers: \(named.sorted().joined(separator: ", "))")
        }
        let found = clouds.filter { $0.id == id }
        guard !found.isEmpty else {
            throw ManagerError(code: .noCloud, message: "No auth data for cloud with ID: \(id)")
        }
        return found
    }
}
