import ConnectorAPI
import Foundation
import HTTPTransport

/// Machines of a batch that one `RunInstances` starts: alike in everything but their identity.
struct LaunchGroup: Sendable, Hashable {
    /// Places within the request, in the order of the launch index.
    var items: [Int]
    /// What all of them are.
    var spec: MachineSpec
    /// At most 64 ASCII characters; the same for the same batch token and place of the group.
    var clientToken: String
    /// Tags of the instances.
    var tags: [String: String]
    /// Tags of their volumes.
    var volumeTags: [String: String]
}

/// Divides a batch into groups. Pure: the same request gives the same groups and tokens, on which the idempotency of
/// launches rests.
enum LaunchGroups {
    /// Most instances of one request.
    static let maximumInstances = 500

    /// - Parameter indices: The items that shall be launched; others were found to be impossible.
    static func make(_ request: LaunchRequest, _ indices: [Int]) throws(ConnectorError) -> [LaunchGroup] {
        let digest = try digest(of: request)
        var order: [MachineSpec] = []
        var members: [MachineSpec: [Int]] = [:]
        for index in indices {
            let key = anonymous(request.items[index])
            if members[key] == nil { order.append(key) }
            members[key, default: []].append(index)
        }
        var groups: [LaunchGroup] = []
        for key in order {
            var left = (members[key] ?? [])[...]
            while !left.isEmpty {
                let (items, identity) = try fitting(left, request)
                left = left.dropFirst(items.count)
                var shared = request.tags.merging(key.tags) { _, own in own }
                shared[LaunchIdentity.batchKey] = request.batchToken
                var tags = shared.merging(identity) { _, own in own }
                tags[LaunchIdentity.itemsKey] = digest
                if tags["Name"] == nil { tags["Name"] = sharedName(items.map { request.items[$0].name }) }
                groups.append(
                    LaunchGroup(
                        items: items, spec: key, clientToken: try token(request.batchToken, groups.count), tags: tags,
                        volumeTags: shared))
            }
        }
        return groups
    }

    /// The longest beginning of the items whose identity fits into tags.
    private static func fitting(
        _ items: ArraySlice<Int>, _ request: LaunchRequest
    ) throws(ConnectorError) -> ([Int], [String: String]) {
        var count = min(items.count, maximumInstances)
        while count > 0 {
            let chosen = Array(items.prefix(count))
            if let tags = LaunchIdentity.tags(for: chosen.map { request.items[$0].machineID }) { return (chosen, tags) }
            count /= 2
        }
        throw ConnectorError(
            code: .invalidArgument, message: "the machine id is too long for a tag of EC2 (256 characters)",
            field: "items[\(items.first ?? 0)].machineID")
    }

    /// A specification without what tells the machines of a group apart.
    private static func anonymous(_ item: MachineSpec) -> MachineSpec {
        var item = item
        if item.tags[LaunchIdentity.machineKey] == item.machineID { item.tags[LaunchIdentity.machineKey] = nil }
        item.machineID = ""
        item.name = ""
        return item
    }

    /// What the names have in common, for people who look at the console of AWS: `worker` of `worker-0` and `worker-1`.
    private static func sharedName(_ names: [String]) -> String? {
        guard let first = names.first, names.count > 1 else { return names.first?.nonEmpty }
        var prefix = Substring(first)
        for name in names.dropFirst() { prefix = prefix.prefix(zip(prefix, name).prefix { $0 == $1 }.count) }
        while let last = prefix.last, last.isNumber || "-_. ".contains(last) { prefix.removeLast() }
        return String(prefix).nonEmpty
    }

    private static func token(_ batch: String, _ group: Int) throws(ConnectorError) -> String {
        try hexadecimalDigest(Array("\(batch)/\(group)".utf8))
    }

    private static func digest(of request: LaunchRequest) throws(ConnectorError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do {
            return String(try hexadecimalDigest(Array(try encoder.encode(request.items))).prefix(32))
        } catch {
            throw ConnectorError(code: .internal, message: "the items of the batch cannot be encoded: \(error)")
        }
    }

    private static func hexadecimalDigest(_ bytes: [UInt8]) throws(ConnectorError) -> String {
        do throws(HTTPError) {
            return Digest.hexadecimal(try Digest.sha256(bytes))
        } catch {
            throw ConnectorError(code: .internal, message: error.message)
        }
    }
}
