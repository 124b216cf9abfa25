import RADL

/// The networks of a document while it is made.
struct NetworkPlan {
    private struct Network {
        var features = Features()
        var isPublic: Bool
        var outports: [String] = []
        var seen: Set<String> = []
        /// A node of the template, which others join only where they say so.
        var isDeclared = false
    }

    private(set) var order: [String] = []
    private var networks: [String: Network] = [:]
    private var publicCount = 0
    private var byProvider: [String: String] = [:]
    /// Made from nodes of the template, by whether they are public.
    private var declared: [Bool: String] = [:]

    /// Adds a network without features of its own, unless it is there.
    mutating func add(_ id: String, isPublic: Bool) {
        guard networks[id] == nil else { return }
        order.append(id)
        var network = Network(isPublic: isPublic)
        network.features.set(Feature("outbound", .string(isPublic ? "yes" : "no", .equal)))
        networks[id] = network
    }

    /// Adds a network that the template declares.
    mutating func declare(_ id: String, isPublic: Bool, features: Features) {
        order.append(id)
        networks[id] = Network(features: features, isPublic: isPublic, isDeclared: true)
        if declared[isPublic] == nil { declared[isPublic] = id }
    }

    func contains(_ id: String) -> Bool { networks[id] != nil }
    func isPublic(_ id: String) -> Bool { networks[id]?.isPublic ?? false }

    /// The private network that a node shares with the others that name the same network of the provider.
    mutating func privateNetwork(provider: String?) -> String {
        if let id = declared[false] { return id }
        guard let provider else {
            let id = freeName("private_net") { !$0.isDeclared && !$0.isPublic }
            add(id, isPublic: false)
            return id
        }
        if let id = byProvider[provider] { return id }
        let id = freeName("private_net") { !$0.isDeclared && !$0.features.contains("provider_id") }
        add(id, isPublic: false)
        networks[id]?.features.set(Feature("provider_id", .string(provider, .equal)))
        byProvider[provider] = id
        return id
    }

    /// A public network for one node.
    mutating func publicNetwork(provider: String?) -> String {
        if let id = declared[true] { return id }
        var id: String
        repeat {
            id = publicCount == 0 ? "public_net" : "public_net_\(publicCount)"
            publicCount += 1
        } while networks[id] != nil
        add(id, isPublic: true)
        if let provider { networks[id]?.features.set(Feature("provider_id", .string(provider, .equal))) }
        return id
    }

    /// A name with the smallest number behind it that is free, or that is of a network which will do.
    private func freeName(_ name: String, orOf isGood: (Network) -> Bool) -> String {
        var id = name
        var number = 0
        while let network = networks[id], !isGood(network) {
            number += 1
            id = "\(name)_\(number)"
        }
        return id
    }

    /// Opens ports, each once.
    mutating func open(_ ports: [String], on id: String) {
        for port in ports {
            guard networks[id]?.seen.insert(port).inserted == true else { continue }
            networks[id]?.outports.append(port)
        }
    }

    /// A private network like another one, for the machines of another cloud.
    mutating func copy(_ id: String, as new: String) {
        guard networks[new] == nil, var network = networks[id] else { return }
        order.append(new)
        network.features.remove("provider_id")
        networks[new] = network
    }

    var finished: [RADLNetwork] {
        order.compactMap { id in
            guard let network = networks[id] else { return nil }
            // IM's order: whether it is public, ports, the provider's name.
            var features = Features()
            let provider = network.features["provider_id"]
            for feature in network.features.all where feature.name != "provider_id" || network.outports.isEmpty {
                features.set(feature)
            }
            if !network.outports.isEmpty {
                features.set(Feature("outports", .string(network.outports.joined(separator: ","), .equal)))
                if let provider { features.set(provider) }
            }
            return RADLNetwork(id: id, features: features)
        }
    }
}

/// A port of a node: an interface with its network.
struct PlannedPort {
    var node: NodeTemplate
    var order: Int
    var network: String
}
