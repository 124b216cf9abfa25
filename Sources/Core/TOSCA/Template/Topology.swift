/// Who is hosted where and depends on what, worked out once for a template.
struct Topology: Sendable {
    let nodes: [NodeTemplate]
    private let index: [String: Int]
    /// For each node the compute node (or container application) at the bottom of its chain of hosts.
    private let hosts: [Int?]
    private let chains: [Int?]

    init(_ nodes: [NodeTemplate]) {
        self.nodes = nodes
        let index = Dictionary(nodes.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.index = index
        let chains = nodes.map { node -> Int? in
            let hosted = node.requirements.first { requirement in
                requirement.target != nil && requirement.relationship?.isA("tosca.relationships.HostedOn") == true
            }
            return hosted?.target.flatMap { index[$0] }
        }
        self.chains = chains
        // Chains of any length, each node looked at once.
        var hosts: [Int?] = Array(repeating: nil, count: nodes.count)
        var isKnown = Array(repeating: false, count: nodes.count)
        for start in nodes.indices where !isKnown[start] {
            var trail: [Int] = []
            var onTrail: Set<Int> = []
            var current: Int? = start
            var found: Int?
            while let place = current {
                if isKnown[place] {
                    found = hosts[place]
                    break
                }
                guard onTrail.insert(place).inserted else { break }
                trail.append(place)
                if nodes[place].isCompute {
                    found = place
                    break
                }
                current = chains[place]
            }
            for place in trail {
                hosts[place] = found
                isKnown[place] = true
            }
        }
        self.hosts = hosts
    }

    subscript(name: String) -> NodeTemplate? { index[name].map { nodes[$0] } }

    func place(of name: String) -> Int? { index[name] }

    /// The compute node that a node runs on; itself for a compute node.
    func compute(of node: NodeTemplate) -> NodeTemplate? {
        index[node.name].flatMap { hosts[$0] }.map { nodes[$0] }
    }

    /// What hosts a node directly.
    func host(of node: NodeTemplate) -> NodeTemplate? {
        index[node.name].flatMap { chains[$0] }.map { nodes[$0] }
    }

    /// Nodes in the order of their dependencies with a level each: 1 for those that need nothing, else one more than
    /// the highest of those that they are hosted on, depend on or connect to.
    ///
    /// - Returns: The level of each node, and the names of a cycle where there is one.
    func levels() -> (levels: [Int], cycle: [String]?) {
        var levels = Array(repeating: 0, count: nodes.count)
        var state = Array(repeating: UInt8(0), count: nodes.count)
        let targets = nodes.map { node in
            node.requirements.compactMap { requirement -> Int? in
                guard requirement.isOrdering, let target = requirement.target else { return nil }
                return index[target]
            }
        }
        for start in nodes.indices where state[start] == 0 {
            var stack: [(node: Int, next: Int)] = [(start, 0)]
            state[start] = 1
            while let top = stack.last {
                if top.next < targets[top.node].count {
                    stack[stack.count - 1].next += 1
                    let target = targets[top.node][top.next]
                    if state[target] == 1 {
                        let first = stack.firstIndex { $0.node == target } ?? 0
                        return (levels, stack[first...].map { nodes[$0.node].name } + [nodes[target].name])
                    }
                    if state[target] == 0 {
                        state[target] = 1
                        stack.append((target, 0))
                    }
                } else {
                    levels[top.node] = 1 + (targets[top.node].map { levels[$0] }.max() ?? 0)
                    state[top.node] = 2
                    stack.removeLast()
                }
            }
        }
        return (levels, nil)
    }
}

extension NodeTemplate {
    /// A virtual machine.
    package var isCompute: Bool { type.isA("tosca.nodes.Compute") }
    /// A container that a provider runs by itself.
    package var isContainer: Bool { type.isA("tosca.nodes.Container.Application") }
    /// A function of a serverless platform.
    package var isFunction: Bool { type.isA("tosca.nodes.aisprint.FaaS.Function") }
    package var isNetwork: Bool { type.isA("tosca.nodes.network.Network") }
    package var isPort: Bool { type.isA("tosca.nodes.network.Port") }
    package var isBlockStorage: Bool { type.isA("tosca.nodes.BlockStorage") }
    package var isAnsibleHost: Bool { type.isA("tosca.nodes.im.AnsibleHost") }
}

extension NodeTemplate.Requirement {
    /// Whether the target has to be ready first.
    var isOrdering: Bool {
        guard let relationship else { return false }
        return ["tosca.relationships.HostedOn", "tosca.relationships.DependsOn", "tosca.relationships.ConnectsTo"]
            .contains { relationship.isA($0) }
    }
}
