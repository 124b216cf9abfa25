/// Deploys that have to go to one provider, because private networks join their systems.
public struct DeployGroup: Sendable, Hashable {
    /// In the order of the document.
    public var deploys: [RADLDeploy]
    /// Where each of ``deploys`` stands in ``RADLDocument/deploys``.
    public var positions: [Int]
    /// Whether all machines go to one provider. If not, the group is one deploy, each machine of which may go anywhere.
    public var staysTogether: Bool

    /// The cloud that the deploys name.
    ///
    /// - Throws: ``RADLError`` where they name different ones.
    public func cloud() throws(RADLError) -> String? {
        let named = deploys.filter { $0.cloud != nil }
        guard let first = named.first else { return nil }
        guard staysTogether, let other = named.first(where: { $0.cloud != first.cloud }) else { return first.cloud }
        let (one, two) = (first.cloud ?? "", other.cloud ?? "")
        throw RADLError(
            .conflict,
            "'\(first.system)' on \(one) and '\(other.system)' on \(two) share a private network",
            hint: "deploy them in one cloud, or connect them to different networks", at: other.source,
            imText: "Two deployments that have to be launched in the same cloud provider are asked to be deployed in"
                + " different cloud providers: \(one), \(two)")
    }
}

extension RADLDocument {
    /// Which deploys must share a provider: those whose systems are joined by private networks, also through a system that
    /// is in several of them. Public networks join nothing.
    public func deployGroups() -> [DeployGroup] {
        let privateIDs = Set(networks.lazy.filter { !$0.isPublic }.map(\.id))
        var privateNetworks: [String: [String]] = [:]
        for system in systems where privateNetworks[system.id] == nil {
            privateNetworks[system.id] = system.interfaces.compactMap(\.connection).filter(privateIDs.contains)
        }
        var parents: [String: String] = [:]
        func root(_ id: String) -> String {
            var top = id
            while let parent = parents[top] { top = parent }
            var step = id
            while let parent = parents[step], parent != top {
                parents[step] = top
                step = parent
            }
            return top
        }
        for deploy in deploys {
            guard let ids = privateNetworks[deploy.system], let first = ids.first else { continue }
            for id in ids.dropFirst() {
                let (one, other) = (root(first), root(id))
                if one != other { parents[other] = one }
            }
        }
        var groups: [DeployGroup] = []
        var known: [String: Int] = [:]
        for (position, deploy) in deploys.enumerated() {
            guard let id = privateNetworks[deploy.system]?.first else {
                groups.append(DeployGroup(deploys: [deploy], positions: [position], staysTogether: false))
                continue
            }
            let top = root(id)
            if let group = known[top] {
                groups[group].deploys.append(deploy)
                groups[group].positions.append(position)
            } else {
                known[top] = groups.count
                groups.append(DeployGroup(deploys: [deploy], positions: [position], staysTogether: true))
            }
        }
        return groups
    }
}
